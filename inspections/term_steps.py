"""What happens to a term of a case, and how it stands after its steps. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from inspections import penalty_terms
from inspections.case_clocks import Pause
from inspections.penalty_rules import Term, TermRule, rule_on
from inspections.penalty_terms import Extension
from inspections.work_calendar import WorkCalendar


class TermEvent(StrEnum):
    """What may happen to a term after it began."""

    ASK = "ask"
    GRANT = "grant"
    DENY = "deny"
    RESUME = "resume"
    DRAFT = "draft"
    REVIEW = "review"
    APPROVE = "approve"
    DONE = "done"


TERM_EVENT_TEXT = {
    TermEvent.ASK: "申请",
    TermEvent.GRANT: "批准申请",
    TermEvent.DENY: "不批准申请",
    TermEvent.RESUME: "恢复计时",
    TermEvent.DRAFT: "拟稿",
    TermEvent.REVIEW: "法制审核通过",
    TermEvent.APPROVE: "负责人批准",
    TermEvent.DONE: "办结",
}


class Leave(StrEnum):
    """What may be asked for, and needs another person's word."""

    EXTEND = "extend"
    PAUSE = "pause"
    DROP = "drop"


LEAVE_TEXT = {Leave.EXTEND: "延长", Leave.PAUSE: "暂停计时", Leave.DROP: "作罢"}


@dataclass(frozen=True)
class TermStep:
    """One thing that happened to a term.

    Attributes
    ----------
    event : TermEvent
        What it was.
    day : date
        Civil date on which it was entered.
    by : UUID
        Who.
    leave : Leave or None
        What is asked for.
    days : int or None
        Of an extension that is asked for.
    reason : str
        Why.
    occurred_on : date or None
        When a term was done; by default on the day of entry.
    n : int
        Its place, from 1.
    """

    event: TermEvent
    day: date
    by: UUID
    leave: Leave | None = None
    days: int | None = None
    reason: str = ""
    occurred_on: date | None = None
    n: int = 0


@dataclass(frozen=True)
class Standing:
    """How a term stands after its steps.

    Attributes
    ----------
    term, started_on, rule : Term, date, TermRule
        What is timed, since when, and by what rule.
    extensions, pauses : tuple
        What was allowed.
    asked : TermStep or None
        What is asked for and not decided.
    drafted_by, reviewed_by, approved_by : UUID or None
        Of the draft of a decision that stands; another draft begins anew.
    approved_on : date or None
        When that was.
    done_on, dropped_on : date or None
        How it ended; none while it runs.
    length_n : int
        The step that last changed its length; 0 if none did. It tells reminders apart.
    """

    term: Term
    started_on: date
    rule: TermRule
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[Pause, ...] = ()
    asked: TermStep | None = None
    drafted_by: UUID | None = None
    reviewed_by: UUID | None = None
    approved_by: UUID | None = None
    approved_on: date | None = None
    done_on: date | None = None
    dropped_on: date | None = None
    length_n: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self.done_on is None and self.dropped_on is None

    @property
    def is_paused(self) -> bool:
        """Whether its clock stands."""
        return bool(self.pauses) and self.pauses[-1].ends_on is None

    def due_on(self, calendar: WorkCalendar) -> date | None:
        """Return the day by whose end it is due; None while a pause lasts that must end first.

        Parameters
        ----------
        calendar : WorkCalendar
            Which days are worked.

        Raises
        ------
        MissingYear
            Where the calendar does not reach.
        """
        return penalty_terms.due(self.term, self.started_on, self.extensions, self.pauses, calendar)


def begun(term: Term, started_on: date) -> Standing:
    """Return a term on its first day.

    Parameters
    ----------
    term : Term
        What is timed.
    started_on : date
        The day that begins it.

    Raises
    ------
    NoRule
        Where the law was not in force on that day.
    """
    return Standing(term, started_on, rule_on(term, started_on))


def fold(standing: Standing, steps: Iterable[TermStep]) -> Standing:
    """Return how a term stands after steps that were taken.

    Parameters
    ----------
    standing : Standing
        How it stood before.
    steps : iterable of TermStep
        In order.
    """
    for each in steps:
        standing = _AFTER[each.event](standing, each)
    return standing


def _granted(held: Standing, step: TermStep) -> Standing:
    asked = held.asked
    if asked is None:
        return held
    by, reason = str(step.by), asked.reason
    if asked.leave is Leave.DROP:
        return replace(held, asked=None, dropped_on=step.day)
    if asked.leave is Leave.PAUSE:
        pause = Pause(step.day, None, reason, by)
        return replace(held, asked=None, pauses=(*held.pauses, pause))
    extension = Extension(step.day, asked.days or 0, reason, str(asked.by), by)
    extensions = (*held.extensions, extension)
    return replace(held, asked=None, extensions=extensions, length_n=step.n)


def _resumed(held: Standing, step: TermStep) -> Standing:
    if not held.is_paused:
        return held
    *earlier, last = held.pauses
    return replace(held, pauses=(*earlier, replace(last, ends_on=step.day)))


_AFTER: Mapping[TermEvent, Callable[[Standing, TermStep], Standing]] = {
    TermEvent.ASK: lambda held, step: replace(held, asked=step),
    TermEvent.GRANT: _granted,
    TermEvent.DENY: lambda held, _step: replace(held, asked=None),
    TermEvent.RESUME: _resumed,
    TermEvent.DRAFT: lambda held, step: replace(
        held, drafted_by=step.by, reviewed_by=None, approved_by=None, approved_on=None
    ),
    TermEvent.REVIEW: lambda held, step: replace(held, reviewed_by=step.by),
    TermEvent.APPROVE: lambda held, step: replace(held, approved_by=step.by, approved_on=step.day),
    TermEvent.DONE: lambda held, step: replace(held, done_on=step.occurred_on or step.day),
}
