"""Putting signals into the book: where they lie, of which origin, and what they match."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.land_uses import Claim, Use
from inspections.signal_matches import ParcelMatch
from inspections.signals import Source
from service import audit
from service.database import clock_of
from service.errors import IdTaken, Invalid, NotFound
from service.parcels.outlines import polygon, position
from service.parcels.schemas import Datum, Geometry
from service.security import Viewer, whole_system
from service.signals.land_around import LandAround, land_around
from service.signals.models import Signal, SignalParcel

AS_IS = frozenset({Datum.CGCS2000, Datum.WGS84})
SYSTEM_DIGEST = "0" * 64
BULK = 500


@dataclass(frozen=True)
class Spot:
    """Where a signal lies: CGCS2000 degrees, and how it was given if that was another datum."""

    geometry: shapely.Geometry
    accuracy_m: float | None = None
    datum: Datum = Datum.CGCS2000
    given: str | None = None


@dataclass(frozen=True)
class Said:
    """What a signal says, from whichever source."""

    source: Source
    channel: str
    area_code: str
    claim: Claim
    observed_at: datetime
    quality: float
    spot: Spot | None = None
    id: UUID | None = None
    digest: str = SYSTEM_DIGEST
    because_of: UUID | None = None
    """The signal because of which somebody looked: this one is of the same origin."""
    batch_id: UUID | None = None
    is_asked: bool = False
    use: Use | None = None
    area_m2: float | None = None
    reference_no: str | None = None
    note: str | None = None
    parcels: tuple[tuple[ParcelMatch, str], ...] | None = None
    """With the unit of each, where it is known of which it speaks: then none are looked for."""
    before_on: date | None = None
    is_farmland_told: bool | None = None


def point_spot(lon: float, lat: float, datum: Datum, accuracy_m: float | None = None) -> Spot:
    """Return the spot of a position that was given in some datum."""
    x, y = position(lon, lat, datum)
    given = None if datum in AS_IS else f"POINT ({lon!r} {lat!r})"
    return Spot(shapely.Point(x, y), accuracy_m, datum, given)


def area_spot(given: Geometry, datum: Datum) -> Spot:
    """Return the spot of an area that was given in some datum."""
    kept = None if datum in AS_IS else polygon(given, Datum.CGCS2000).wkt
    return Spot(polygon(given, datum), None, datum, kept)


def record_signal(session: Session, said: Said) -> tuple[Signal, bool]:
    """Write a signal and match it to parcels; tell whether it is new.

    The id of a signal that stands, with the same content, gives that one back.
    """
    known = _known(session, said.id, said.digest)
    if known is not None:
        return known, False
    made = _add(session, said)
    session.flush()
    if said.spot is not None:
        with whole_system(session):  # land has no eye for the borders of units
            place = said.spot.geometry, said.spot.accuracy_m
            _match(session, made, land_around(session, [place]).parcels_of(*place))
            session.flush()
    return made, True


def record_signals(
    session: Session, many: Sequence[Said], land: LandAround | None = None
) -> list[tuple[Signal, bool]]:
    """Write many signals at once, matched to land that was read for all of them."""
    before = standing(session, [each.id for each in many if each.id is not None])
    written: list[tuple[Signal, bool]] = []
    fresh: list[tuple[Signal, Said]] = []
    for said in many:
        known = before.get(said.id) if said.id else None
        if known is not None:
            written.append((known, False))
            continue
        made = _add(session, said)
        before[made.id] = made
        written.append((made, True))
        fresh.append((made, said))
    with whole_system(session):
        session.flush()
        for made, said in fresh:
            _match(session, made, _parcels(said, land))
        session.flush()
    return written


def _parcels(said: Said, land: LandAround | None) -> Sequence[tuple[ParcelMatch, str]]:
    if said.parcels is not None:
        return said.parcels
    if said.spot is None or land is None:
        return ()
    return land.parcels_of(said.spot.geometry, said.spot.accuracy_m)


def standing(session: Session, ids: Sequence[UUID]) -> dict[UUID, Signal]:
    """Return the signals that stand under ids which follow from their content."""
    found: dict[UUID, Signal] = {}
    with whole_system(session):
        for start in range(0, len(ids), BULK):
            query = select(Signal).where(Signal.id.in_(ids[start : start + BULK]))
            found |= {each.id: each for each in session.scalars(query)}
    return found


def _add(session: Session, said: Said) -> Signal:
    _refuse_future(session, said.observed_at)
    signal_id = said.id or uuid4()
    at = audit.instant(session)
    made = Signal(
        id=signal_id,
        area_code=said.area_code,
        recorded_at=at,
        recorded_by=author(session),
        content_digest=said.digest,
        source=said.source,
        channel=said.channel,
        origin_id=signal_id if said.because_of is None else origin(session, said.because_of),
        batch_id=said.batch_id,
        observed_at=said.observed_at,
        received_at=at,
        claim=said.claim,
        is_asked=said.is_asked,
        use=said.use,
        quality=said.quality,
        reference_no=said.reference_no,
        note=said.note,
        before_on=said.before_on,
        is_farmland_told=said.is_farmland_told,
        **_placed(said),
    )
    session.add(made)
    audit.record(
        session,
        "signal.file",
        str(signal_id),
        area_code=said.area_code,
        actor=None if session.info.get("viewer") else _actor(said.source),
        source=said.source,
        claim=said.claim,
    )
    return made


def _actor(source: Source) -> str:
    return "public" if source is Source.TIP else "system"


def author(session: Session) -> UUID | None:
    """Return who writes; None for the public and the system."""
    viewer: Viewer | None = session.info.get("viewer")
    return viewer.account_id if viewer else None


def _known(session: Session, row: UUID | None, digest: str) -> Signal | None:
    if row is None:
        return None
    found = session.scalars(select(Signal).where(Signal.id == row)).first()
    if found is None:
        table = Signal.__table__
        if session.scalar(select(table.c.id).where(table.c.id == row)) is None:
            return None
    if found is None or found.content_digest != digest:
        raise IdTaken("这个编号已用于别的内容,请换一个")
    return found


def _refuse_future(session: Session, observed_at: datetime) -> None:
    if observed_at > clock_of(session)():
        raise Invalid("看到的时间不能晚于现在", field="observed_at")


def _placed(said: Said) -> dict[str, Any]:
    if said.spot is None:
        return {"area_m2": said.area_m2}
    geometry = said.spot.geometry
    inside = geometry if geometry.geom_type == "Point" else geometry.representative_point()
    area = None if geometry is inside else float(ellipsoid.areas_m2([geometry])[0])
    return {
        "lon": inside.x,
        "lat": inside.y,
        "accuracy_m": said.spot.accuracy_m,
        "geometry": geometry,
        **dict(zip(("west", "south", "east", "north"), geometry.bounds, strict=True)),
        "datum": said.spot.datum,
        "given_geometry": said.spot.given,
        "area_m2": said.area_m2 if area is None else round(area, 2),
    }


def _match(session: Session, signal: Signal, found: Sequence[tuple[ParcelMatch, str]]) -> None:
    session.add_all(
        SignalParcel(
            signal_id=signal.id,
            parcel_uid=match.uid,
            area_code=area_code,
            recorded_at=signal.recorded_at,
            overlap_m2=match.overlap_m2,
            share=match.share,
            distance_m=match.distance_m,
            match=match.score,
            state=match.state,
        )
        for match, area_code in found
    )


def origin(session: Session, signal_id: UUID) -> UUID:
    """Return the first signal of a chain."""
    return signal(session, signal_id).origin_id


def signal(session: Session, signal_id: UUID) -> Signal:
    """Return one signal in view."""
    found = session.scalars(select(Signal).where(Signal.id == signal_id)).first()
    if found is None:
        raise NotFound("没有这条线索信号;请核对编号", id=str(signal_id))
    return found
