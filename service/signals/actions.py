"""Writing signals. There is no action that changes or removes one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.land_uses import Claim
from inspections.signal_matches import ParcelMatch
from inspections.signals import Source
from service import audit, records
from service.areas import queries as areas
from service.database import clock_of, thresholds_of
from service.errors import Conflict, IdTaken, Invalid, NotFound
from service.parcels.outlines import polygon, position
from service.parcels.schemas import Datum, Geometry
from service.security import Viewer, is_in_view, whole_system
from service.signals import matching
from service.signals.land_around import LandAround
from service.signals.models import Signal, SignalDecision, SignalParcel, SignalStage, Stage
from service.signals.schemas import DecisionCreate, SignalCreate, StageCreate

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
    area_m2: float | None = None
    reference_no: str | None = None
    note: str | None = None


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
            found = matching.parcels_of(session, said.spot.geometry, said.spot.accuracy_m)
            _match(session, made, found)
            session.flush()
    return made, True


def record_signals(
    session: Session, many: Sequence[Said], land: LandAround
) -> list[tuple[Signal, bool]]:
    """Write many signals at once, matched to land that was read for all of them."""
    standing = _standing(session, [each.id for each in many if each.id is not None])
    written: list[tuple[Signal, bool]] = []
    fresh: list[tuple[Signal, Spot]] = []
    for said in many:
        known = standing.get(said.id) if said.id else None
        if known is not None:
            written.append((known, False))
            continue
        made = _add(session, said)
        standing[made.id] = made
        written.append((made, True))
        if said.spot is not None:
            fresh.append((made, said.spot))
    with whole_system(session):
        session.flush()
        for made, spot in fresh:
            _match(session, made, land.parcels_of(spot.geometry, spot.accuracy_m))
        session.flush()
    return written


def _standing(session: Session, ids: Sequence[UUID]) -> dict[UUID, Signal]:
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
        recorded_by=_author(session),
        content_digest=said.digest,
        source=said.source,
        channel=said.channel,
        origin_id=signal_id if said.because_of is None else origin(session, said.because_of),
        batch_id=said.batch_id,
        observed_at=said.observed_at,
        received_at=at,
        claim=said.claim,
        is_asked=said.is_asked,
        quality=said.quality,
        reference_no=said.reference_no,
        note=said.note,
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


def _author(session: Session) -> UUID | None:
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


def file_finding(session: Session, given: SignalCreate) -> tuple[Signal, bool]:
    """Enter what enforcement found, as a signal."""
    areas.refuse_out_of_view(session, given.area_code)
    if given.geometry is not None:
        spot = area_spot(given.geometry, given.datum)
    else:
        assert given.lon is not None  # the schema has seen to it
        assert given.lat is not None
        spot = point_spot(given.lon, given.lat, given.datum, given.accuracy_m)
    records.take_turn(session)
    said = Said(
        Source.ENFORCEMENT,
        "officer",
        given.area_code,
        given.claim,
        given.observed_at,
        thresholds_of(session).signals.enforcement_quality,
        spot,
        id=given.id,
        digest=digest_of(given.model_dump(exclude={"id"})),
        because_of=given.because_of,
        area_m2=given.area_m2,
        reference_no=given.reference_no,
        note=given.note,
    )
    return record_signal(session, said)


def digest_of(values: Mapping[str, Any]) -> str:
    """Hash what a client sent."""
    return records.content_digest(values)


def take_stage(session: Session, signal_id: UUID, given: StageCreate) -> SignalStage:
    """Enter the next step of a signal; the same step again changes nothing."""
    found = signal(session, signal_id)
    records.take_turn(session)
    return step_to(session, found, given.stage, given.reason)


def step_to(session: Session, found: Signal, stage: Stage, reason: str | None) -> SignalStage:
    """Bring a signal to a stage; for the bureau, and for the case that grew from it."""
    last = session.scalars(
        select(SignalStage).where(SignalStage.signal_id == found.id).order_by(SignalStage.n.desc())
    ).first()
    if last is not None and last.stage is stage:
        return last
    made = SignalStage(
        id=uuid4(),
        area_code=found.area_code,
        signal_id=found.id,
        n=(last.n if last else 0) + 1,
        stage=stage,
        reason=reason,
        recorded_at=audit.instant(session),
        recorded_by=_author(session),
    )
    session.add(made)
    session.flush()
    actor = None if session.info.get("viewer") else "system"
    audit.record(
        session,
        "signal.stage",
        str(found.id),
        area_code=found.area_code,
        actor=actor,
        stage=stage,
        reason=reason,
    )
    return made


def decide(session: Session, signal_id: UUID, given: DecisionCreate) -> SignalDecision:
    """Enter what a person decided about a candidate; a later decision holds."""
    found = signal(session, signal_id)
    digest = digest_of(given.model_dump(exclude={"id"}) | {"signal": signal_id})
    known = records.known(session, SignalDecision, given.id, digest)
    if known is not None:
        return known
    key = (SignalDecision.signal_id == signal_id, SignalDecision.parcel_uid == given.parcel_uid)
    proposed = session.get(SignalParcel, (signal_id, given.parcel_uid))
    if proposed is None or not is_in_view(session, proposed.area_code):
        raise Conflict("系统没有提出过这个图斑;请先核对图斑编号", parcel_uid=str(given.parcel_uid))
    records.take_turn(session)
    n = session.scalar(select(func.max(SignalDecision.n)).where(*key)) or 0
    values = {
        "area_code": found.area_code,
        "signal_id": signal_id,
        "parcel_uid": given.parcel_uid,
        "n": n + 1,
        "is_match": given.is_match,
        "reason": given.reason,
    }
    return records.write(
        session, SignalDecision, values, row=given.id, digest=digest, action="signal.decide"
    )
