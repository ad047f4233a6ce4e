"""The life of a bulletin, its tolerances, and what stands in the way of an issue. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.thresholds import BulletinThresholds
from inspections.wording import Figure, Kind
from service.bulletins.models import State, Step

MOVES: dict[tuple[State | None, Step], State] = {
    (None, Step.DRAFT): State.DRAFT,
    (State.DRAFT, Step.REVISE): State.DRAFT,
    (State.REVIEWED, Step.REVISE): State.DRAFT,
    (State.DRAFT, Step.REVIEW): State.REVIEWED,
    (State.REVIEWED, Step.ISSUE): State.ISSUED,
    (State.ISSUED, Step.CORRECT): State.CORRECTED,
}
"""Every step that there is; what is not written here is refused."""
STATE_TEXT = {
    State.DRAFT: "草稿",
    State.REVIEWED: "已核稿",
    State.ISSUED: "已签发",
    State.CORRECTED: "已更正",
}
STEP_TEXT = {
    Step.DRAFT: "拟稿",
    Step.REVISE: "改稿",
    Step.REVIEW: "核稿",
    Step.ISSUE: "签发",
    Step.CORRECT: "更正",
}
PUBLIC = frozenset({State.ISSUED, State.CORRECTED})
"""What everybody reads; the rest is the bureau's own."""
SUBJECT_TO_SHARE_OF_VALUE = frozenset({"亩", "吨"})


class StepNotAllowed(ValueError):
    """This step does not exist from this state."""


def state_after(steps: Iterable[Step]) -> State:
    """Return where steps lead, or raise StepNotAllowed."""
    state: State | None = None
    for step in steps:
        state = next_state(state, step)
    if state is None:
        raise StepNotAllowed("还没有草稿")
    return state


def next_state(state: State | None, step: Step) -> State:
    """Return where one step leads, or raise StepNotAllowed."""
    try:
        return MOVES[state, step]
    except KeyError:
        now = STATE_TEXT[state] if state else "空白"
        raise StepNotAllowed(f"这一期现在是“{now}”,不能{STEP_TEXT[step]}") from None


def is_beyond_tolerance(then: Figure, now: Figure, limits: BulletinThresholds) -> bool:
    """Tell whether a figure has moved so far that an issued one should be corrected."""
    if then.kind is Kind.STATEMENT:
        return then.statement != now.statement
    if then.value is None or now.value is None:
        return then.value != now.value
    return abs(now.value - then.value) > _tolerance(then, then.value, limits)


def _tolerance(then: Figure, value: Decimal, limits: BulletinThresholds) -> Decimal:
    if then.kind in {Kind.SHARE, Kind.CHANGE}:
        return limits.share_tolerance
    if then.kind is Kind.RATE or then.unit in SUBJECT_TO_SHARE_OF_VALUE:
        return abs(value) * limits.area_tolerance_share
    return Decimal(limits.count_tolerance)


def is_little(coverage: Decimal | None, limits: BulletinThresholds) -> bool:
    """Tell whether too few have told of a figure for it to stand without saying so."""
    return coverage is not None and coverage < limits.least_coverage


@dataclass(frozen=True)
class Doubtful:
    """One thing that is open about a figure."""

    code: str
    title: str
    text: str


def doubts_of(
    facts: Mapping[str, tuple[str, list[str], Decimal | None]], limits: BulletinThresholds
) -> list[Doubtful]:
    """Return what is open about figures: code -> title, doubts, coverage.

    A doubt that touches several figures is one, told with the first of them.
    """
    found = []
    told: set[str] = set()
    for code, (title, texts, coverage) in facts.items():
        found += [Doubtful(code, title, text) for text in texts if text not in told]
        told.update(texts)
        if coverage is not None and is_little(coverage, limits):
            said = f"已报的只有 {coverage * 100:.0f}%,少于 {limits.least_coverage * 100:.0f}%"
            found.append(Doubtful(code, title, said))
    return found
