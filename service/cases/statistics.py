"""What the cases of an area came to: three clocks, who saw first, what is late or came back."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from inspections.case_statistics import firsts, spread
from inspections.case_words import SOURCE_TEXT, Source, State
from inspections.cases import OPEN
from service import records
from service.cases.on_day import CaseOn, RoundOn, on_day
from service.cases.statistics_schemas import CaseStatistics, SourceShare, SpreadRead
from service.schemas import civil_day


@dataclass
class _Told:
    """What rounds of cases came to."""

    to_accept: list[timedelta | None] = field(default_factory=list)
    to_stop: list[timedelta | None] = field(default_factory=list)
    to_settle: list[timedelta | None] = field(default_factory=list)
    first: list[tuple[str, timedelta | None]] = field(default_factory=list)
    n_unknown: int = 0


def statistics(
    session: Session, area: str = "", since: date | None = None, as_of: date | None = None
) -> CaseStatistics:
    """Return what the rounds of cases came to that were opened in a period, as of its last day.

    Each round counts for itself: a false alarm is left out, and takes no earlier round with it.
    """
    last = as_of or records.today(session)
    rounds = [
        (case, each)
        for case in on_day(session, last, area=area)
        for each in case.rounds
        if since is None or civil_day(each.opened_at) >= since
    ]
    counted = [(case, each) for case, each in rounds if each.is_counted]
    told = _gather(each for _, each in counted)
    cases = {case.case.id: case for case, _ in counted}
    n_reopened = len({case.case.id for case, each in counted if each.number > 1})
    n_ever_closed = sum(any(each.closed_at for each in case.rounds) for case in cases.values())
    ends = [each.state for _, each in rounds]
    return CaseStatistics(
        n_cases=len(cases),
        n_open=sum(case.state in OPEN for case in cases.values()),
        n_closed=sum(case.lasting is State.CLOSED for case in cases.values()),
        n_excluded=ends.count(State.EXCLUDED),
        n_dismissed=ends.count(State.DISMISSED),
        n_unknown_found=told.n_unknown,
        accepted=SpreadRead(**asdict(spread(told.to_accept))),
        stopped=SpreadRead(**asdict(spread(told.to_stop))),
        settled=SpreadRead(**asdict(spread(told.to_settle))),
        by_first_source=_shares(told),
        n_reopened=n_reopened,
        reopen_rate=round(n_reopened / n_ever_closed, 4) if n_ever_closed else None,
        overdue_ids=[case.case.id for case in _late(cases.values(), last)],
    )


def _late(cases: Iterable[CaseOn], day: date) -> list[CaseOn]:
    due = [(case.due_on, case.case.id, case) for case in cases if case.due_on is not None]
    return [case for due_on, _, case in sorted(due, key=lambda each: each[:2]) if due_on < day]


def _gather(rounds: Iterable[RoundOn]) -> _Told:
    told = _Told()
    for each in rounds:
        clocks = each.clocks
        if clocks.found_at is None or clocks.found_by is None:
            told.n_unknown += 1
            continue
        told.to_accept.append(each.accepted_at - clocks.found_at if each.accepted_at else None)
        told.to_stop.append(clocks.to_stop)
        told.to_settle.append(clocks.to_settle)
        told.first.append((clocks.found_by, clocks.lead))
    return told


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
