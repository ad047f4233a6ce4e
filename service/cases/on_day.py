"""Cases as they stood on a day, as was known: from their steps alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from inspections import case_steps
from inspections.case_clocks import Clocks
from inspections.case_words import Event, State
from inspections.work_calendar import MissingYear
from service import records
from service.cases import standing, terms
from service.cases.models import Case, CaseEvent, CaseEvidence, CasePause, CaseSignal
from service.workdays import work_calendar

Row = TypeVar("Row", CaseEvent, CaseSignal, CaseEvidence, CasePause)


LEFT_OUT = frozenset({State.EXCLUDED, State.DISMISSED, State.MERGED})
"""Of a round that ended so there was nothing, or another case tells: it is counted apart."""


@dataclass(frozen=True)
class RoundOn:
    """One round of a case on a day."""

    number: int
    state: State
    """Where it ended, or stood on the day."""
    opened_at: datetime
    clocks: Clocks
    accepted_at: datetime | None
    closed_at: datetime | None

    @property
    def is_counted(self) -> bool:
        """Whether statistics tell of it."""
        return self.state not in LEFT_OUT


@dataclass(frozen=True)
class CaseOn:
    """One case on a day."""

    case: Case
    state: State
    due_on: date | None
    """By whose end the step of the day is due, or a term if that is earlier; None while none is."""
    rounds: tuple[RoundOn, ...]

    @property
    def counted(self) -> tuple[RoundOn, ...]:
        """The rounds that count: a false alarm takes none of what was before it."""
        return tuple(each for each in self.rounds if each.is_counted)

    @property
    def lasting(self) -> State:
        """Where the last round that counts ended or stands."""
        return self.counted[-1].state if self.counted else self.state

    @property
    def closed_at(self) -> datetime | None:
        """When the last round that counts was closed; none while it is not."""
        return self.counted[-1].closed_at if self.counted else None


def on_day(
    session: Session, as_of: date, known_at: datetime | None = None, area: str = ""
) -> list[CaseOn]:
    """Return every case that was open by the end of a day, as it stood then."""
    end = standing.midnight(as_of + timedelta(days=1))

    def known(at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
        return at < end if known_at is None else and_(at < end, at <= known_at)

    wanted = select(Case).where(records.within(Case.area_code, area), known(Case.opened_at))
    steps = _by_case(session, CaseEvent, known(CaseEvent.at), CaseEvent.n)
    seen = _by_case(session, CaseSignal, known(CaseSignal.added_at), CaseSignal.id)
    proofs = _by_case(session, CaseEvidence, known(CaseEvidence.recorded_at), CaseEvidence.id)
    pauses = _by_case(session, CasePause, known(CasePause.recorded_at), CasePause.id)
    least, limits = standing.limits(session).min_quality, standing.workdays(session)
    of_terms = terms.first_dues(session, known)
    found = []
    for case in session.scalars(wanted.order_by(Case.opened_at, Case.id)):
        rows = steps[case.id]
        sightings: list[CaseSignal | CaseEvidence] = [*seen[case.id], *proofs[case.id]]
        try:
            due = case_steps.due(
                standing.timed(case, rows), limits, work_calendar(), _pauses(pauses[case.id])
            )
        except MissingYear:  # the nightly job says so; reading goes on
            due = None
        found.append(
            CaseOn(
                case,
                rows[-1].to_state if rows else State.LEAD,
                min((each for each in (due, of_terms.get(case.id)) if each), default=None),
                tuple(_rounds(case, rows, sightings, least)),
            )
        )
    return found


def _rounds(
    case: Case,
    rows: list[CaseEvent],
    sightings: list[CaseSignal | CaseEvidence],
    min_quality: float,
) -> Iterator[RoundOn]:
    by_round = standing.rounds(rows)
    for number in range(1, (rows[-1].round if rows else 1) + 1):
        this = by_round[number]
        yield RoundOn(
            number,
            this[-1].to_state if this else State.LEAD,
            this[0].at if number > 1 else case.opened_at,
            standing.clocks_of(rows, sightings, number=number, min_quality=min_quality),
            next((each.at for each in this if each.event is Event.ACCEPT), None),
            next((each.at for each in this if each.to_state is State.CLOSED), None),
        )


def _by_case(session: Session, model: type[Row], known: Any, order: Any) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for each in session.scalars(select(model).where(known).order_by(order)):
        found[each.case_id].append(each)
    return found


def _pauses(rows: Iterable[CasePause]) -> list[Any]:
    listed = list(rows)
    ends = {each.event_id: each.day for each in listed if each.is_end}
    return standing.as_pauses((e, ends.get(e.event_id)) for e in listed if not e.is_end)
