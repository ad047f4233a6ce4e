"""What signals and cases say of parcels, as evidence for a verdict."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import shapely
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from inspections.case_words import Event, EvidenceKind
from inspections.case_words import Source as SeenBy
from inspections.fusion_machine import ORIGIN
from inspections.fusion_words import Ending, Evidence
from inspections.land_uses import Claim, Use
from inspections.signals import MatchState, Source, tip_quality
from service.cases.models import Case, CaseEvent, CaseEvidence, CaseParcel, CaseSignal
from service.cases.standing import midnight
from service.parcels.queries import Moment
from service.records import within
from service.schemas import civil_day
from service.signals import queries as signals
from service.signals.models import Signal, SignalParcel, Tip
from service.signals.schemas import SignalParcelRead

CASE = "case:"
ENDINGS = {
    Event.EXCLUDE: Ending.REFUTED,
    Event.CLOSE: Ending.PUT_RIGHT,
    Event.CONCLUDE: Ending.CONCLUDED,
}
GOT_IN = (EvidenceKind.POSITION, EvidenceKind.VISIT)
"""What is only brought from the land itself; a photo may be of the locked gate."""
BULK = 500


@dataclass(frozen=True)
class Told:
    """One piece of evidence, and the land that it speaks of, where that was drawn."""

    evidence: Evidence
    geometry: shapely.Geometry | None = None
    area_m2: float | None = None
    use: Use | None = None
    """What it tells beyond its claim."""
    before_on: date | None = None
    """Of a monitoring patch: the day of the image that did not show it yet."""


def of_parcels(
    session: Session, moment: Moment, area: str, oldest_days: int
) -> dict[UUID, list[Told]]:
    """Return the evidence on each parcel of an area, as was known; imagery is not in it."""
    found: dict[UUID, list[Told]] = defaultdict(list)
    since = moment.on - timedelta(days=oldest_days)
    rows = session.scalars(_heard_since(since, moment, area)).all()
    ids = [each.id for each in rows]
    lands, tips = signals.parcels(session, ids), _tips(session, ids, moment)
    for signal in rows:
        for land in lands[signal.id]:
            if land.state is not MatchState.REJECTED:
                told = _told(signal, tips[signal.id], land)
                found[land.parcel_uid].append(told)
    for uid, told in _of_cases(session, moment, area):
        found[uid].append(told)
    return found


def _heard_since(since: date, moment: Moment, area: str) -> Select[Signal]:
    """Return the query for signals of a day or later, by any of their tips."""
    wanted = signals.Wanted(as_of=moment.on, known_at=moment.known_at)
    here = select(SignalParcel.signal_id).where(within(SignalParcel.area_code, area))
    again = select(Tip.signal_id).where(Tip.seen_on >= since)
    is_recent = (Signal.observed_at >= midnight(since)) | Signal.id.in_(again)
    # What the product itself saw is read from the images anew.
    of_people = Signal.source != Source.SCREENING
    return signals.signals(wanted).where(Signal.id.in_(here), is_recent, of_people)


def _tips(session: Session, ids: Sequence[UUID], moment: Moment) -> Mapping[UUID, Sequence[Tip]]:
    """Return the tips that were joined in each signal, as was known."""
    found: dict[UUID, list[Tip]] = defaultdict(list)
    for start in range(0, len(ids), BULK):
        query = select(Tip).where(
            Tip.signal_id.in_(ids[start : start + BULK]),
            Tip.seen_on <= moment.on,
            Tip.received_at <= moment.known_at,
        )
        for each in session.scalars(query):
            found[each.signal_id].append(each)
    return found


def _worth(tip: Tip) -> float:
    return tip_quality(
        has_position=tip.lon is not None, n_photos=tip.n_photos, has_words=bool(tip.text.strip())
    )


def _told(signal: Signal, tips: Sequence[Tip], land: SignalParcelRead) -> Told:
    """Return a signal as evidence: as fresh as its newest tip, as good as its best."""
    days = [civil_day(signal.observed_at), *(each.seen_on for each in tips)]
    evidence = Evidence(
        signal_id=str(signal.id),
        origin_id=str(signal.origin_id),
        source=signal.source,
        observed_on=max(days),
        since=min(days) if min(days) < max(days) else None,
        claim=signal.claim,
        quality=max([signal.quality, *(_worth(each) for each in tips)]),
        # A person's word that it is this parcel goes before any score.
        match=1.0 if land.state is MatchState.MATCHED else land.match or 0.0,
        is_candidate=signal.is_asked or land.state is MatchState.CANDIDATE,
        overlap_m2=land.overlap_m2,
    )
    has_area = signal.geometry is not None and signal.geometry.geom_type != "Point"
    return Told(
        evidence,
        signal.geometry if has_area else None,
        signal.area_m2,
        use=signal.use,
        before_on=signal.before_on,
    )


def _of_cases(session: Session, moment: Moment, area: str) -> Iterator[tuple[UUID, Told]]:
    """Return what officers found in cases: confirmed, excluded, put right."""
    query = (
        select(CaseEvent, Case.claim, CaseParcel.parcel_uid)
        .join(Case, Case.id == CaseEvent.case_id)
        .join(CaseParcel, CaseParcel.case_id == Case.id)
        .where(
            CaseEvent.event.in_([Event.CONFIRM, *ENDINGS]),
            *_known(CaseEvent.at, moment),
            within(CaseParcel.area_code, area),
        )
        .order_by(CaseEvent.at, CaseEvent.n)
    )
    rows = session.execute(query).all()
    origins, uses = _first_signals(session, sorted({event.case_id for event, _, _ in rows}))
    for event, claim, uid in rows:
        evidence = Evidence(
            signal_id=f"{CASE}{event.id}",
            origin_id=origins.get(event.case_id, ORIGIN),
            source=Source.ENFORCEMENT,
            observed_on=civil_day(event.at),
            claim=claim,
            ending=ENDINGS.get(event.event),
            is_lasting=True,
        )
        yield uid, Told(evidence, use=uses.get((event.case_id, claim)))


def unentered(session: Session, moment: Moment, area: str) -> set[UUID]:
    """Return the parcels of cases where nobody could enter, and nobody got in since."""
    here = select(CaseParcel.case_id).where(within(CaseParcel.area_code, area))
    pieces = select(CaseEvidence.case_id, CaseEvidence.recorded_at, CaseEvidence.kind).where(
        *_known(CaseEvidence.recorded_at, moment),
        CaseEvidence.case_id.in_(here),
        CaseEvidence.kind.in_([EvidenceKind.NO_ENTRY, *GOT_IN]),
        CaseEvidence.is_qualified,
    )
    steps = select(CaseEvent.case_id, CaseEvent.at, CaseEvent.event).where(
        *_known(CaseEvent.at, moment),
        CaseEvent.case_id.in_(here),
        CaseEvent.event.in_([Event.CONFIRM, Event.MERGE, *ENDINGS]),
    )
    told = [row for query in (pieces, steps) for row in session.execute(query)]
    last = {case_id: word for case_id, _, word in sorted(map(tuple, told))}
    shut = [case_id for case_id, word in last.items() if word == EvidenceKind.NO_ENTRY]
    found: set[UUID] = set()
    for start in range(0, len(shut), BULK):
        query = select(CaseParcel.parcel_uid).where(
            CaseParcel.case_id.in_(shut[start : start + BULK]), within(CaseParcel.area_code, area)
        )
        found.update(session.scalars(query))
    return found


def _known(at: InstrumentedAttribute[datetime], moment: Moment) -> Iterator[ColumnElement[bool]]:
    yield at <= moment.known_at
    yield at < signals.end_of(moment.on)


def _first_signals(
    session: Session, cases: Sequence[UUID]
) -> tuple[Mapping[UUID, str], Mapping[tuple[UUID, Claim], Use]]:
    """Return the origin of the first signal of each case, and the first use told of each claim.

    Whoever was sent verifies that signal.
    """
    origins: dict[UUID, str] = {}
    uses: dict[tuple[UUID, Claim], Use] = {}
    for start in range(0, len(cases), BULK):
        query = (
            select(
                CaseSignal.case_id,
                CaseSignal.source,
                Signal.origin_id,
                Signal.claim,
                Signal.use,
            )
            .join(Signal, Signal.id == CaseSignal.signal_id)
            .where(CaseSignal.case_id.in_(cases[start : start + BULK]))
            .order_by(CaseSignal.seen_at, CaseSignal.id)
        )
        for case_id, source, origin, claim, use in session.execute(query):
            origins.setdefault(case_id, ORIGIN if source is SeenBy.SCREENING else str(origin))
            if use is not None:
                uses.setdefault((case_id, claim), use)
    return origins, uses


def signal_ids(told: Sequence[str]) -> tuple[UUID, ...]:
    """Return the ids of the signals among evidence; imagery and steps of cases are none."""
    return tuple(UUID(each) for each in told if each != ORIGIN and not each.startswith(CASE))
