"""Which step of a case is being timed, since when, and by when it is due. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from inspections.case_clocks import Pause, due_on
from inspections.case_held import Held, Piece
from inspections.case_words import Event, Purpose, State
from inspections.work_calendar import WorkCalendar


class Step(StrEnum):
    """What is being timed."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    CHECK = "check"
    STOP = "stop"
    RECTIFY = "rectify"
    VERIFY = "verify"


STEP_TEXT = {
    Step.ACCEPT: "受理",
    Step.ARRIVE: "首次到场",
    Step.CHECK: "核查",
    Step.STOP: "制止",
    Step.RECTIFY: "整改",
    Step.VERIFY: "验收",
}
STEP_OF: Mapping[State, Step] = {
    State.LEAD: Step.ACCEPT,
    State.ACCEPTED: Step.ARRIVE,
    State.ASSIGNED: Step.ARRIVE,
    State.CHECKING: Step.CHECK,
    State.CONFIRMED: Step.STOP,
    State.STOPPED: Step.RECTIFY,
    State.RECTIFYING: Step.RECTIFY,
    State.FAILED: Step.RECTIFY,
    State.AWAITING: Step.VERIFY,
}
"""What is timed in which state; in the others no clock of ours runs."""


@dataclass(frozen=True)
class Move:
    """One step that was taken.

    Attributes
    ----------
    n, round : int
        Its place in the case's life, from 1; how often the case had been opened.
    event, came_from, to : Event, State, State
        What happened.
    by : UUID or None
        Who did it; None where the system did.
    day : date
        Civil date.
    receipt_due_on : date or None
        Of a hand-over: by when the receipt is to come.
    """

    n: int
    round: int
    event: Event
    came_from: State
    to: State
    by: UUID | None
    day: date
    receipt_due_on: date | None = None


WINDOW_OF: Mapping[Purpose, frozenset[Event]] = {
    Purpose.CHECK: frozenset({Event.ASSIGN}),
    Purpose.RECTIFICATION: frozenset({Event.ORDER}),
    Purpose.ACCEPTANCE: frozenset({Event.SUBMIT}),
    Purpose.RESTORED: frozenset({Event.ORDER}),
    Purpose.RELOOK: frozenset({Event.CLOSE, Event.CONCLUDE}),
}
"""After which step evidence of a purpose begins to count; of other purposes, with the round."""
ANEW_WHEN_AWAY = frozenset({Purpose.ACCEPTANCE, Purpose.RESTORED})
"""What another organ brought about is looked at after it was asked to."""


def began(moves: Sequence[Move], purpose: Purpose) -> Move | None:
    """Return the step after which evidence of a purpose counts; none where the round itself does.

    Parameters
    ----------
    moves : sequence of Move
        Of the present round, in order.
    purpose : Purpose
        What the evidence is to show.
    """
    is_away = bool(moves) and moves[-1].to is State.HANDED_OVER
    wanted = WINDOW_OF.get(purpose, frozenset())
    if is_away and purpose in ANEW_WHEN_AWAY:
        wanted = frozenset({Event.HAND_OVER})
    return next((each for each in reversed(moves) if each.event in wanted), None)


@dataclass(frozen=True)
class Timed:
    """What is being timed.

    Attributes
    ----------
    step : Step or None
        None where no clock of ours runs.
    started_on : date
        When it began; that day does not count.
    n : int
        The place of the step that began it; 0 is the opening. It tells two runs of a step apart.
    receipt_due_on : date or None
        While a hand-over waits for its receipt: by when that is to come.
    """

    step: Step | None
    started_on: date
    n: int
    receipt_due_on: date | None = None


def timed(opened_on: date, moves: Iterable[Move]) -> Timed:
    """Return what is being timed after a history.

    Parameters
    ----------
    opened_on : date
        When the lead was opened.
    moves : iterable of Move
        All that happened, in order.

    Notes
    -----
    A hand-over that comes back goes on where it was: the same step, since the same day.
    """
    step: Step | None = Step.ACCEPT
    started_on, n = opened_on, 0
    receipt_due_on: date | None = None
    is_away = False
    for each in moves:
        is_away = each.to is State.HANDED_OVER
        if each.event is Event.HAND_OVER:
            receipt_due_on = each.receipt_due_on
        elif each.event is Event.RECEIPT:
            receipt_due_on = None
        if not is_away and STEP_OF.get(each.to) is not step:
            step, started_on, n = STEP_OF.get(each.to), each.day, each.n
    if is_away:
        return Timed(None, started_on, n, receipt_due_on)
    return Timed(step, started_on, n)


def due(
    now: Timed, workdays: Mapping[Step, int], calendar: WorkCalendar, pauses: Sequence[Pause]
) -> date | None:
    """Return the day by whose end the present step is due; None where nothing is.

    Parameters
    ----------
    now : Timed
        What is being timed.
    workdays : mapping of Step to int
        The limits.
    calendar : WorkCalendar
        Which days are worked.
    pauses : sequence of Pause
        Days that do not count.

    Raises
    ------
    MissingYear
        Where the calendar does not reach.
    """
    if now.step is None:
        return now.receipt_due_on
    return due_on(now.started_on, workdays[now.step], calendar, pauses)


def held(
    state: State,
    moves: Sequence[Move],
    pieces: Iterable[Piece],
    *,
    is_basic_farmland: bool,
    min_photos: int,
) -> Held:
    """Return a case as its next step sees it.

    Parameters
    ----------
    state : State
        Where it stands.
    moves : sequence of Move
        Of the present round, in order.
    pieces : iterable of Piece
        Evidence of the present round.
    is_basic_farmland, min_photos : bool, int
        See `Held`.
    """
    last = {each.event: each for each in moves}
    submitted, verified = last.get(Event.SUBMIT), last.get(Event.VERIFY)
    away = last.get(Event.HAND_OVER) if state is State.HANDED_OVER else None
    receipt = last.get(Event.RECEIPT)
    starts = {each: began(moves, each) for each in WINDOW_OF}
    since = {each: start.n for each, start in starts.items() if start is not None}
    is_verified = verified is not None and verified.n > since.get(Purpose.ACCEPTANCE, 0)
    return Held(
        state=state,
        state_before=away.came_from if away else None,
        pieces=tuple(pieces),
        reported_by=last[Event.REPORT].by if Event.REPORT in last else None,
        submitted_by=submitted.by if submitted else None,
        since=since,
        verified_by=verified.by if verified is not None and is_verified else None,
        handed_over_by=away.by if away else None,
        has_receipt=bool(away and receipt and receipt.n > away.n),
        is_basic_farmland=is_basic_farmland,
        min_photos=min_photos,
        round=moves[0].round if moves else 1,
    )
