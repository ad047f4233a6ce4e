"""What the cases of an area came to: three clocks, who saw first, what is late or came back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.case_clocks import Clocks
from inspections.case_statistics import firsts, spread
from inspections.case_words import SOURCE_TEXT, Event, Purpose, Source, State
from inspections.cases import OPEN
from service import records
from service.cases import standing
from service.cases.models import Case, CaseEvent, CaseEvidence, CaseSignal
from service.cases.statistics_schemas import CaseStatistics, SourceShare, SpreadRead
from service.schemas import civil_day

LEFT_OUT = frozenset({State.EXCLUDED, State.DISMISSED, State.MERGED})
"""Of these there was nothing, or another case tells: they are counted apart, or not at all."""
Row = TypeVar("Row", CaseEvent, CaseSignal, CaseEvidence)


@dataclass
class _Told:
    """What the rounds of the cases came to."""

    to_accept: list[timedelta | None] = field(default_factory=list)
    to_stop: list[timedelta | None] = field(default_factory=list)
    to_settle: list[timedelta | None] = field(default_factory=list)
    first: list[tuple[str, timedelta | None]] = field(default_factory=list)
    n_unknown: int = 0
    n_ever_closed: int = 0


def statistics(
    session: Session, area: str = "", since: date | None = None, as_of: date | None = None
) -> CaseStatistics:
    """Return what the cases came to that were opened in a period; each round counts for itself."""
    last = as_of or records.today(session)
    found = [
        each
        for each in session.scalars(select(Case).where(records.within(Case.area_code, area)))
        if (since is None or civil_day(each.opened_at) >= since)
        and civil_day(each.opened_at) <= last
    ]
    told, counted = _Told(), [each for each in found if each.state not in LEFT_OUT]
    _gather(session, counted, told)
    today = records.today(session)
    late = [each for each in found if _first_due(each) < today]
    n_reopened = sum(each.round > 1 for each in counted)
    return CaseStatistics(
        n_cases=len(counted),
        n_open=sum(each.state in OPEN for each in counted),
        n_closed=sum(each.state is State.CLOSED for each in counted),
        n_excluded=sum(each.state is State.EXCLUDED for each in found),
        n_dismissed=sum(each.state is State.DISMISSED for each in found),
        n_unknown_found=told.n_unknown,
        accepted=SpreadRead(**asdict(spread(told.to_accept))),
        stopped=SpreadRead(**asdict(spread(told.to_stop))),
        settled=SpreadRead(**asdict(spread(told.to_settle))),
        by_first_source=_shares(told),
        n_reopened=n_reopened,
        reopen_rate=round(n_reopened / told.n_ever_closed, 4) if told.n_ever_closed else None,
        overdue_ids=[
            each.id for each in sorted(late, key=lambda each: (_first_due(each), each.id))
        ],
    )


def _first_due(case: Case) -> date:
    """Return by when a case's step or term is due, whichever is first; far ahead where none is."""
    return min(case.due_on or date.max, case.term_due_on or date.max)


def _gather(session: Session, cases: Sequence[Case], told: _Told) -> None:
    steps = _by_case(session.scalars(select(CaseEvent).order_by(CaseEvent.n)))
    seen = _by_case(session.scalars(select(CaseSignal)))
    wanted = select(CaseEvidence).where(CaseEvidence.purpose == Purpose.SIGHTING)
    pictures = _by_case(session.scalars(wanted))
    least = standing.limits(session).min_quality
    for case in cases:
        rows = steps[case.id]
        told.n_ever_closed += any(each.to_state is State.CLOSED for each in rows)
        for number in range(1, case.round + 1):
            sightings: list[CaseSignal | CaseEvidence] = [*seen[case.id], *pictures[case.id]]
            clocks = standing.clocks_of(rows, sightings, number=number, min_quality=least)
            _count(told, clocks, [each for each in rows if each.round == number])


def _by_case(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for each in rows:
        found[each.case_id].append(each)
    return found


def _count(told: _Told, clocks: Clocks, rows: Sequence[CaseEvent]) -> None:
    if clocks.found_at is None or clocks.found_by is None:
        told.n_unknown += 1
        return
    accepted = next((each.at for each in rows if each.event is Event.ACCEPT), None)
    told.to_accept.append(accepted - clocks.found_at if accepted else None)
    told.to_stop.append(clocks.to_stop)
    told.to_settle.append(clocks.to_settle)
    told.first.append((clocks.found_by, clocks.lead))


def _shares(told: _Told) -> list[SourceShare]:
    return [
        SourceShare(
            source=Source(each.source),
            source_text=SOURCE_TEXT[Source(each.source)],
            n=each.n,
            share=each.share,
            median_lead_days=each.median_lead_days,
        )
        for each in firsts(told.first)
    ]
