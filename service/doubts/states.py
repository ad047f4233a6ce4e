"""The life of a doubt. Pure."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

from service.doubts.models import EventKind as Kind
from service.doubts.models import Verdict

LAST_WORKDAY = 5
"""Friday."""


class State(StrEnum):
    """Where a doubt stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    EXPIRED = "expired"
    UPHELD = "upheld"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    CLOSED = "closed"


STATE_TEXT = {
    State.NEW: "新",
    State.ASSIGNED: "待答复",
    State.REPLIED: "已答复",
    State.EXPIRED: "过期未答",
    State.UPHELD: "维持存疑",
    State.CONFIRMED: "确认无误",
    State.CORRECTED: "已更正",
    State.CLOSED: "系统复核",
}
OPEN = frozenset({State.NEW, State.ASSIGNED, State.REPLIED, State.EXPIRED, State.UPHELD})
"""States in which a doubt travels with the figures that it touches."""
WAITING = frozenset({State.ASSIGNED, State.EXPIRED, State.UPHELD})
"""States in which whoever keeps the record should answer."""
_OF_KIND = {
    Kind.OPEN: State.NEW,
    Kind.ASSIGN: State.ASSIGNED,
    Kind.REPLY: State.REPLIED,
    Kind.AUTO_CLOSE: State.CLOSED,
    Kind.EXPIRE: State.EXPIRED,
    Kind.REOPEN: State.ASSIGNED,
}
_OF_VERDICT = {
    Verdict.CONFIRMED: State.CONFIRMED,
    Verdict.CORRECTED: State.CORRECTED,
    Verdict.UPHELD: State.UPHELD,
}
VERDICT_TEXT = {each: STATE_TEXT[state] for each, state in _OF_VERDICT.items()}
EVENT_TEXT = {
    Kind.OPEN: "提出",
    Kind.ASSIGN: "交办",
    Kind.REPLY: "答复",
    Kind.SETTLE: "认定",
    Kind.AUTO_CLOSE: "系统复核",
    Kind.EXPIRE: "过期未答",
    Kind.REOPEN: "再次提出",
}


def state_after(kind: Kind, verdict: Verdict | None) -> State:
    """Return where a doubt stands after its last step."""
    return _OF_KIND[kind] if verdict is None else _OF_VERDICT[verdict]


def step_found_again(state: State) -> Kind | None:
    """Return the step to take when a run finds an observation that is known already.

    What was confirmed stays confirmed. What was closed because it had gone, or was said to be
    corrected, is asked again.
    """
    return Kind.REOPEN if state in {State.CLOSED, State.CORRECTED} else None


def due_on(opened_on: date, workdays: int, holidays: Collection[date]) -> date:
    """Return the day by which an answer is due: so many working days after."""
    day = opened_on
    while workdays:
        day += timedelta(days=1)
        workdays -= day.isoweekday() <= LAST_WORKDAY and day not in holidays
    return day
