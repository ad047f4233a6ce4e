"""What a piece of evidence is worth: photos and positions beside the land of their case."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from inspections import case_photos, case_steps, view_cones
from inspections.case_photos import Judged, Shot
from inspections.case_words import Event, Purpose
from inspections.photos import Mark
from service import audit
from service.cases import standing
from service.cases.models import Case, CaseEvidence
from service.database import thresholds_of
from service.errors import Invalid, NotFound
from service.parcels import queries as parcels
from service.parcels.queries import Moment
from service.photos.models import Photo
from service.schemas import CIVIL_ZONE
from service.security import whole_system


def land_of(session: Session, case: Case) -> shapely.Geometry:
    """Return the land that a case is about, as the newest survey has it."""
    found = []
    with whole_system(session):
        for each in standing.parcels_of(session, case.id):
            found += _outline(session, each.parcel_uid)
    if not found:
        raise Invalid("图斑账里没有本案的图斑,无法判断位置;请先导入图斑", field="lon")
    return shapely.union_all(found)


def _outline(session: Session, uid: UUID) -> list[shapely.Geometry]:
    """Return a parcel's outline today, or its last one: its children may lie elsewhere too."""
    try:
        return [parcels.parcel(session, uid, Moment.of(session)).geometry]
    except NotFound:
        pass
    try:
        return [parcels.versions(session, uid)[-1].geometry]
    except NotFound:
        return []


def photo_verdict(session: Session, case: Case, photo: Photo, purpose: Purpose) -> Judged:
    """Return what a photo is worth for a purpose; every fault is told."""
    since = None if purpose is Purpose.SIGHTING else _since(session, case, purpose)
    return case_photos.judge(
        replace(shot_of(photo), is_known=_is_known(session, case, photo, purpose)),
        land_of(session, case),
        thresholds_of(session).case_photos,
        since=since,
        until=max(photo.recorded_at, audit.instant(session)),
    )


def _since(session: Session, case: Case, purpose: Purpose) -> datetime:
    """Return since when a photo of a purpose may have been taken."""
    rows = [each for each in standing.events(session, case.id) if each.round == case.round]
    first = case_steps.began(standing.moves(rows), purpose)
    if first is not None:
        return next(each.at for each in rows if each.n == first.n)
    return rows[0].at if rows and rows[0].event is Event.REOPEN else case.opened_at


def time_fault(session: Session, case: Case, purpose: Purpose, at: datetime) -> list[Mark]:
    """Return what is wrong with a time that somebody told: proof of the past proves nothing."""
    since = _since(session, case, purpose)
    return [Mark("too_early", "时间早于任务开始")] if at < since else []


def shot_of(photo: Photo) -> Shot:
    """Return what a photo says of itself: the device first, its EXIF where that is silent."""
    is_told = photo.lon is not None
    has_device_bearing = photo.bearing_deg is not None
    return Shot(
        lon=photo.lon if is_told else photo.exif_lon,
        lat=photo.lat if is_told else photo.exif_lat,
        accuracy_m=photo.accuracy_m if photo.accuracy_m is not None else photo.exif_accuracy_m,
        bearing_deg=photo.bearing_deg if has_device_bearing else photo.exif_bearing_deg,
        bearing_from=None if has_device_bearing else photo.exif_bearing_from,
        taken_at=taken_at(photo),
        other_lon=photo.exif_lon if is_told else None,
        other_lat=photo.exif_lat if is_told else None,
        is_mock=bool(photo.is_mock),
    )


def taken_at(photo: Photo) -> datetime | None:
    """Return when a photo was taken: by the satellites, the device or a camera that has a zone."""
    if photo.gps_at is not None or photo.device_at is not None:
        return photo.gps_at or photo.device_at
    told = datetime.fromisoformat(photo.camera_time) if photo.camera_time else None
    if told is None:
        return None
    return told if told.tzinfo else told.replace(tzinfo=CIVIL_ZONE)


def _is_known(session: Session, case: Case, photo: Photo, purpose: Purpose) -> bool:
    """Tell whether the same bytes were handed in for something else, whoever may see that."""
    row, other = CaseEvidence.__table__.c, Photo.__table__.c
    elsewhere = or_(row.case_id != case.id, row.purpose != purpose)
    is_evidence = exists().where(row.sha256 == photo.sha256, elsewhere)
    is_photo = exists().where(
        other.sha256 == photo.sha256, other.id != photo.id, _of_another(other, photo)
    )
    return bool(session.scalar(select(or_(is_evidence, is_photo))))


def _of_another(other: Any, photo: Photo) -> ColumnElement[bool]:
    """Return the criterion that a photo is of another subject; one without any is a repeat."""
    criterion: ColumnElement[bool] = other.subject_id.is_not(None)
    if photo.subject_id is not None:
        criterion &= other.subject_id != photo.subject_id
    return criterion


@dataclass(frozen=True)
class Spot:
    """Where somebody says that they stand, CGCS2000 degrees."""

    lon: float
    lat: float
    accuracy_m: float | None
    is_mock: bool


def spot_verdict(
    session: Session, case: Case, spot: Spot, purpose: Purpose, at: datetime
) -> Judged:
    """Return what a position is worth: near the land, or in it where an acceptance is filed."""
    limits = thresholds_of(session).case_photos
    away = view_cones.distance_m(land_of(session, case), spot.lon, spot.lat)
    faults = time_fault(session, case, purpose, at) if purpose in case_steps.WINDOW_OF else []
    if spot.is_mock:
        faults.append(Mark("mock_position", "设备报告位置是模拟的"))
    if spot.accuracy_m is None:
        faults.append(Mark("no_accuracy", "没有定位精度"))
    elif spot.accuracy_m > limits.max_accuracy_m:
        faults.append(Mark("inaccurate", f"定位精度须在 {limits.max_accuracy_m:g} 米以内"))
    if purpose is Purpose.ACCEPTANCE:
        # In it, as far as a good fix can tell.
        most, where = min(spot.accuracy_m or 0.0, limits.good_accuracy_m), "图斑内"
    else:
        most, where = limits.max_distance_m, f"离图斑 {limits.max_distance_m:g} 米以内"
    if away > most:
        faults.append(Mark("too_far", f"定位离图斑 {away:.0f} 米,须在{where}"))
    return Judged(tuple(faults), away, None)
