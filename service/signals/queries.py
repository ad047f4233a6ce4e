"""Reading signals and tips; nothing here looks at what is sealed."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from inspections.land_uses import Claim
from inspections.signals import MatchState, Source, kinship
from service.database import thresholds_of
from service.errors import NotFound
from service.records import within
from service.schemas import CIVIL_ZONE, civil_day
from service.signals import coarse, matching
from service.signals.models import (
    Signal,
    SignalDecision,
    SignalParcel,
    SignalStage,
    Stage,
    Tip,
    TipPhoto,
)
from service.signals.recording import signal
from service.signals.schemas import RelatedRead, SignalCard, SignalParcelRead, SignalRead
from service.signals.tip_schemas import TipRead
from service.space import Box

BULK = 500
PLAIN = tuple(
    SignalRead.model_fields.keys() - {"is_coarse", "farmland_differs", "stage", "parcels"}
)
TIP_PLAIN = tuple(TipRead.model_fields.keys() - {"stage", "photos"})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """Which signals are asked for."""

    area_code: str = ""
    box: Box | None = None
    source: Source | None = None
    claim: Claim | None = None
    since: date | None = None
    as_of: date | None = None
    known_at: datetime | None = None
    parcel_uid: UUID | None = None
    grid: float | None = None
    """Of the cells in which the reader sees tips; they are asked for by cell, too."""


def end_of(day: date) -> datetime:
    """Return the instant at which a civil day is over."""
    return datetime.combine(day + ONE_DAY, time(), CIVIL_ZONE)


def signals(wanted: Wanted) -> Select[Signal]:
    """Return the query for the signals asked for."""
    query = select(Signal).where(*_of_time(wanted), *_of_place(wanted))
    if wanted.source is not None:
        query = query.where(Signal.source == wanted.source)
    if wanted.claim is not None:
        query = query.where(Signal.claim == wanted.claim)
    return query


def _of_time(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield Signal.observed_at >= end_of(wanted.since - ONE_DAY)
    if wanted.as_of is not None:
        yield Signal.observed_at < end_of(wanted.as_of)
    if wanted.known_at is not None:
        yield Signal.recorded_at <= wanted.known_at


def _of_place(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.area_code:
        yield within(Signal.area_code, wanted.area_code)
    if wanted.box is not None:
        yield coarse.meets(wanted.box, wanted.grid)
    if wanted.parcel_uid is not None:
        table = SignalParcel.__table__.c
        spoken = select(table.signal_id).where(table.parcel_uid == wanted.parcel_uid)
        yield Signal.id.in_(spoken)


def signals_page(session: Session, wanted: Wanted, *, offset: int, limit: int) -> list[SignalRead]:
    """Return one page of signals, the newest observation first."""
    asked = replace(wanted, grid=coarse.grid_of(session))
    query = signals(asked).order_by(Signal.observed_at.desc(), Signal.id)
    return shown(session, session.scalars(query.offset(offset).limit(limit)).all())


def shown(session: Session, found: Sequence[Signal]) -> list[SignalRead]:
    """Return signals with their stage and parcels, as the reader may see them."""
    ids = [each.id for each in found]
    told, lands = stages(session, ids), parcels(session, ids)
    differing = farmland_differing(session, found, lands)
    grid = coarse.grid_of(session)
    exact = (
        SignalRead(
            **{name: getattr(each, name) for name in PLAIN},
            farmland_differs=differing.get(each.id),
            stage=told.get(each.id, Stage.RECEIVED),
            parcels=lands[each.id],
        )
        for each in found
    )
    return [coarse.as_seen(each, grid) for each in exact]


def farmland_differing(
    session: Session, found: Sequence[Signal], lands: Mapping[UUID, Sequence[SignalParcelRead]]
) -> dict[UUID, bool]:
    """Tell of signals that say whether they lie in basic farmland, whether our layer differs.

    It differs from a yes where no parcel of the signal has any, from a no where all have.
    """
    sure = {
        each.id: [
            land.parcel_uid for land in lands.get(each.id, ()) if land.state is MatchState.MATCHED
        ]
        for each in found
        if each.is_farmland_told is not None
    }
    ours = matching.farmland_among(session, sorted({uid for uids in sure.values() for uid in uids}))
    return {
        each.id: (
            not any(uid in ours for uid in sure[each.id])
            if each.is_farmland_told
            else all(uid in ours for uid in sure[each.id])
        )
        for each in found
        if sure.get(each.id)
    }


def stages(session: Session, ids: Sequence[UUID]) -> dict[UUID, Stage]:
    """Return how far signals are; one without a step was only received."""
    told: dict[UUID, Stage] = {}
    for start in range(0, len(ids), BULK):
        query = select(SignalStage.signal_id, SignalStage.stage)
        part = query.where(SignalStage.signal_id.in_(ids[start : start + BULK]))
        told.update({row: stage for row, stage in session.execute(part.order_by(SignalStage.n))})
    return told


def ended_on(session: Session, ids: Sequence[UUID]) -> dict[UUID, date]:
    """Return the day on which signals were done that are done now."""
    ended: dict[UUID, date] = {}
    for start in range(0, len(ids), BULK):
        query = select(SignalStage).where(SignalStage.signal_id.in_(ids[start : start + BULK]))
        for each in session.scalars(query.order_by(SignalStage.n)):
            ended.pop(each.signal_id, None)
            if each.stage is Stage.DONE:
                ended[each.signal_id] = civil_day(each.recorded_at)
    return ended


def parcels(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[SignalParcelRead]]:
    """Return the parcels of signals, as people decided on them."""
    found: dict[UUID, list[SignalParcelRead]] = defaultdict(list)
    for start in range(0, len(ids), BULK):
        part = ids[start : start + BULK]
        decided = _decisions(session, part)
        query = select(SignalParcel).where(SignalParcel.signal_id.in_(part))
        order = (SignalParcel.match.desc(), SignalParcel.parcel_uid)
        for each in session.scalars(query.order_by(*order)):
            state = decided.get((each.signal_id, each.parcel_uid), each.state)
            read = SignalParcelRead.model_validate(each)
            found[each.signal_id].append(read.model_copy(update={"state": state}))
    return found


def _decisions(session: Session, ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], MatchState]:
    query = select(SignalDecision).where(SignalDecision.signal_id.in_(ids))
    return {
        (each.signal_id, each.parcel_uid): (
            MatchState.MATCHED if each.is_match else MatchState.REJECTED
        )
        for each in session.scalars(query.order_by(SignalDecision.n))
    }


def card(session: Session, signal_id: UUID) -> SignalCard:
    """Return one signal with its place and with what else was said of the same land."""
    found = signal(session, signal_id)
    (read,) = shown(session, [found])
    place = shapely.Point(read.lon, read.lat) if read.is_coarse else found.geometry
    geometry = json.loads(shapely.to_geojson(place)) if place else None
    related = _related(session, found, _held(read.parcels))
    return SignalCard(**read.model_dump(), geometry=geometry, related=related)


def _held(found: Iterable[SignalParcelRead]) -> list[UUID]:
    """Return the parcels that nobody said a signal is not of."""
    return [each.parcel_uid for each in found if each.state is not MatchState.REJECTED]


def _related(session: Session, own: Signal, uids: Sequence[UUID]) -> list[RelatedRead]:
    same_land = select(SignalParcel.signal_id).where(
        SignalParcel.parcel_uid.in_(uids), SignalParcel.signal_id != own.id
    )
    limits = thresholds_of(session).signals
    others = session.scalars(
        select(Signal).where(Signal.id.in_(same_land)).order_by(Signal.observed_at, Signal.id)
    ).all()
    placed = parcels(session, [each.id for each in others])
    found = [each for each in others if set(_held(placed[each.id])) & set(uids)]
    said = (own.claim, civil_day(own.observed_at))
    related = [
        RelatedRead(
            id=each.id,
            source=each.source,
            claim=each.claim,
            observed_at=each.observed_at,
            kinship=kinship(
                said, (each.claim, civil_day(each.observed_at)), window_days=limits.window_days
            ),
            is_independent=each.origin_id != own.origin_id,
        )
        for each in found
    ]
    return [each for each in related if each.kinship >= limits.candidate_score]


def tip(session: Session, tip_id: UUID) -> Tip:
    """Return one tip in view."""
    found = session.scalars(select(Tip).where(Tip.id == tip_id)).first()
    if found is None:
        raise NotFound("没有这份举报;请核对编号", id=str(tip_id))
    return found


def tips(
    session: Session, *, area_code: str = "", signal_id: UUID | None = None, cut: tuple[int, int]
) -> list[TipRead]:
    """Return one page of tips, the newest first."""
    query = select(Tip).order_by(Tip.received_at.desc(), Tip.id)
    if area_code:
        query = query.where(within(Tip.area_code, area_code))
    if signal_id is not None:
        query = query.where(Tip.signal_id == signal_id)
    offset, limit = cut
    return tips_shown(session, session.scalars(query.offset(offset).limit(limit)).all())


def tips_shown(session: Session, found: Sequence[Tip]) -> list[TipRead]:
    """Return tips with their stage and photos."""
    told = stages(session, [each.signal_id for each in found])
    photos: dict[UUID, list[UUID]] = defaultdict(list)
    query = select(TipPhoto.tip_id, TipPhoto.id).order_by(TipPhoto.n)
    for owner, photo in session.execute(query.where(TipPhoto.tip_id.in_([t.id for t in found]))):
        photos[owner].append(photo)
    return [
        TipRead(
            **{name: getattr(each, name) for name in TIP_PLAIN},
            stage=told.get(each.signal_id, Stage.RECEIVED),
            photos=photos[each.id],
        )
        for each in found
    ]


def tip_photo(session: Session, tip_id: UUID, photo_id: UUID) -> TipPhoto:
    """Return one photo of a tip in view."""
    found = session.scalars(
        select(TipPhoto).where(TipPhoto.id == photo_id, TipPhoto.tip_id == tip_id)
    ).first()
    if found is None:
        raise NotFound("没有这张照片;请核对编号", id=str(photo_id))
    return found


def counts(session: Session, wanted: Wanted) -> dict[str, Any]:
    """Return how many signals there are by source."""
    found: dict[str, int] = defaultdict(int)
    asked = replace(wanted, grid=coarse.grid_of(session))
    for source in session.scalars(signals(asked).with_only_columns(Signal.source)):
        found[source] += 1
    return dict(found)
