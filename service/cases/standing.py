"""How a case stands: its rows as the pure rules need them, and what follows from them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.thresholds import CaseThresholds
from inspections import case_clocks, case_steps
from inspections.case_clocks import Clocks, Pause, Sighting
from inspections.case_held import Held, Piece
from inspections.case_steps import Move, Step, Timed
from inspections.case_words import Event, EvidenceKind, Purpose, Source, State
from inspections.cases import ENDED
from inspections.work_calendar import MissingYear
from service.cases.models import Case, CaseEvent, CaseEvidence, CaseParcel, CasePause, CaseSignal
from service.database import thresholds_of
from service.errors import NotFound
from service.parcels import queries as parcels
from service.parcels.queries import Moment
from service.photos.store import PhotoStore
from service.schemas import CIVIL_ZONE, civil_day
from service.security import whole_system
from service.workdays import work_calendar


def limits(session: Session) -> CaseThresholds:
    return thresholds_of(session).cases


def workdays(session: Session) -> dict[Step, int]:
    """Return the limit of each step."""
    told = limits(session)
    return {each: getattr(told, f"{each.value}_workdays") for each in Step}


def events(session: Session, case_id: UUID) -> list[CaseEvent]:
    """Return the steps of a case in their order."""
    wanted = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.n)
    return list(session.scalars(wanted))


def evidence(session: Session, case_id: UUID) -> list[CaseEvidence]:
    """Return the evidence of a case, the oldest first."""
    wanted = select(CaseEvidence).where(CaseEvidence.case_id == case_id)
    return list(session.scalars(wanted.order_by(CaseEvidence.recorded_at, CaseEvidence.id)))


def heir(session: Session, case: Case) -> Case:
    """Return the case that a merged one went into."""
    while case.merged_into_id is not None:
        case = session.scalars(select(Case).where(Case.id == case.merged_into_id)).one()
    return case


def signals(session: Session, case_id: UUID) -> list[CaseSignal]:
    """Return the signals of a case, the earliest seen first."""
    wanted = select(CaseSignal).where(CaseSignal.case_id == case_id)
    return list(session.scalars(wanted.order_by(CaseSignal.seen_at, CaseSignal.id)))


def parcels_of(session: Session, case_id: UUID) -> list[CaseParcel]:
    """Return the parcels that a case is about, in the order in which they came."""
    wanted = select(CaseParcel).where(CaseParcel.case_id == case_id)
    return list(session.scalars(wanted.order_by(CaseParcel.added_at, CaseParcel.parcel_uid)))


def pauses(session: Session, case_id: UUID) -> list[tuple[CasePause, date | None]]:
    """Return the pauses of a case with the day that ended each, in order."""
    wanted = select(CasePause).where(CasePause.case_id == case_id).order_by(CasePause.recorded_at)
    rows = list(session.scalars(wanted))
    ends = {each.event_id: each.day for each in rows if each.is_end}
    return [(each, ends.get(each.event_id)) for each in rows if not each.is_end]


def as_pauses(rows: Iterable[tuple[CasePause, date | None]]) -> list[Pause]:
    """Return pauses as the clocks need them."""
    return [Pause(each.day, end, each.reason, str(each.approved_by)) for each, end in rows]


def moves(rows: Iterable[CaseEvent]) -> list[Move]:
    """Return steps as the rules need them."""
    return [
        Move(
            n=each.n,
            round=each.round,
            event=each.event,
            came_from=each.from_state,
            to=each.to_state,
            by=each.actor_id,
            day=civil_day(each.at),
            receipt_due_on=each.receipt_due_on,
        )
        for each in rows
    ]


def _piece(row: CaseEvidence) -> Piece:
    return Piece(
        kind=row.kind,
        purpose=row.purpose,
        n=row.n,
        by=row.recorded_by,
        at=row.occurred_at or row.recorded_at,
        is_qualified=row.is_qualified,
        digest=row.sha256 or str(row.id),
        number=row.document_no or "",
        shows=row.shows,
    )


def held(session: Session, case: Case) -> Held:
    """Return a case as its next step sees it."""
    pieces = [_piece(each) for each in evidence(session, case.id) if each.round == case.round]
    this_round = [each for each in moves(events(session, case.id)) if each.round == case.round]
    return case_steps.held(
        case.state,
        this_round,
        pieces,
        is_basic_farmland=case.is_basic_farmland or touches_farmland(session, case.id),
        min_photos=limits(session).min_photos,
    )


def touches_farmland(session: Session, case_id: UUID) -> bool:
    """Tell whether a case's land shares more than an edge with basic farmland today."""
    uids = [each.parcel_uid for each in parcels_of(session, case_id)]
    return is_farmland(session, uids)


def is_farmland(session: Session, uids: Iterable[UUID]) -> bool:
    """Tell whether any of these parcels shares more than an edge with basic farmland today."""
    moment = Moment.of(session)
    with whole_system(session):
        for uid in uids:
            try:
                found = parcels.parcel(session, uid, moment)
            except NotFound:  # it has ended: its children tell
                continue
            shared = parcels.farmland_of(session, found.id, moment)
            if any(not overlay.is_edge_only for overlay, _ in shared):
                return True
    return False


def timed(case: Case, rows: Sequence[CaseEvent]) -> Timed:
    """Return what is being timed of a case."""
    return case_steps.timed(civil_day(case.opened_at), moves(rows))


def due_on(session: Session, case: Case) -> tuple[Timed, date | None]:
    """Return what is being timed of a case, and by when it is due: from its steps alone."""
    now = timed(case, events(session, case.id))
    stands = as_pauses(pauses(session, case.id))
    return now, case_steps.due(now, workdays(session), work_calendar(), stands)


def refresh(session: Session, case: Case) -> None:
    """Bring what a case carries of its steps and sightings up to date."""
    session.flush()
    now, case.due_on = due_on(session, case)
    case.step_n = now.n
    refresh_found(session, case)


def refresh_as_known(session: Session, case: Case) -> bool:
    """Bring a case up to date where only the system acts; False where its due day is unknown.

    A calendar that does not reach leaves it without a due day, which the nightly job tells and
    mends: one year's end must not stop the screening of a county.
    """
    try:
        refresh(session, case)
        return True
    except MissingYear:
        case.step_n, case.due_on = timed(case, events(session, case.id)).n, None
        refresh_found(session, case)
        return False


def refresh_found(session: Session, case: Case) -> None:
    """Bring 发现 up to date; it needs no calendar."""
    told = clocks(session, case)
    case.found_at = told.found_at
    case.found_by = Source(told.found_by) if told.found_by else None
    session.flush()


def rounds(rows: Iterable[CaseEvent]) -> dict[int, list[CaseEvent]]:
    """Return round -> its steps; a round without a step has none."""
    found: dict[int, list[CaseEvent]] = defaultdict(list)
    for each in rows:
        found[each.round].append(each)
    return found


def clocks(session: Session, case: Case, number: int | None = None) -> Clocks:
    """Return the three clocks of a round, by default the present one."""
    seen: list[CaseSignal | CaseEvidence] = [
        *signals(session, case.id),
        *evidence(session, case.id),
    ]
    return clocks_of(
        events(session, case.id),
        seen,
        number=number or case.round,
        min_quality=limits(session).min_quality,
    )


def clocks_of(
    rows: Sequence[CaseEvent],
    seen: Iterable[CaseSignal | CaseEvidence],
    *,
    number: int,
    min_quality: float,
) -> Clocks:
    """Return the three clocks of a round from rows that were read."""
    by_round = rounds(rows)
    this, before = by_round[number], by_round[number - 1]
    return case_clocks.clocks(
        [each for each in map(_sighting, seen) if each is not None],
        min_quality=min_quality,
        stopped_at=_at(this, Event.STOP),
        settled_at=_end(this, {State.CLOSED}),
        after=_end(before, ENDED),
    )


def _sighting(row: CaseSignal | CaseEvidence) -> Sighting | None:
    if isinstance(row, CaseSignal):
        return Sighting(row.seen_at, row.source, row.quality)
    is_one = row.purpose is Purpose.SIGHTING and row.kind is EvidenceKind.PHOTO
    if not is_one or not row.is_qualified or row.occurred_at is None:
        return None
    return Sighting(row.occurred_at, row.source or Source.PHOTO, 1.0)


def _at(rows: Iterable[CaseEvent], event: Event) -> datetime | None:
    return next((each.at for each in rows if each.event is event), None)


def _end(rows: Iterable[CaseEvent], ends: Set[State]) -> datetime | None:
    return next((each.at for each in rows if each.to_state in ends), None)


def ids_of(told: str) -> list[UUID]:
    """Return the ids of a JSON list."""
    return [UUID(each) for each in json.loads(told)]


def midnight(day: date) -> datetime:
    """Return the first instant of a civil day."""
    return datetime.combine(day, time(), CIVIL_ZONE)


def lost(session: Session, store: PhotoStore) -> list[str]:
    """Return the hashes of the papers whose originals are missing or not what they were."""
    wanted = select(CaseEvidence.sha256).where(
        CaseEvidence.sha256.is_not(None), CaseEvidence.photo_id.is_(None)
    )
    hashes = session.scalars(wanted.distinct().order_by(CaseEvidence.sha256))
    return [each for each in hashes if each is not None and not store.is_whole(each)]
