"""Keeping photos. There is no action that changes or removes one."""

import hashlib
import json
from dataclasses import replace
from datetime import timezone
from typing import Any

import shapely
from cryptography.hazmat.primitives import hashes
from sqlalchemy.orm import Session

from inspections.exif import read_exif
from inspections.photo_marks import Circumstances, distance_m, marks_of
from inspections.photos import Told, told
from service import audit, records
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Invalid, NotFound
from service.parcels import queries as parcels
from service.parcels.outlines import position
from service.parcels.queries import Moment
from service.parcels.schemas import Datum
from service.photos import headers, pictures
from service.photos.models import Photo, SubjectKind
from service.photos.schemas import Declared, Offered
from service.photos.store import PhotoStore
from service.security import Viewer, whole_system

COUNTY = areas.CODE_LENGTH["county"]


def file_photo(session: Session, store: PhotoStore, offered: Offered) -> tuple[Photo, bool]:
    """Keep a photo; tell whether it is new."""
    viewer: Viewer = session.info["viewer"]
    area_code = areas.area(session, offered.area_code or viewer.area_code).area_code
    sha256 = hashlib.sha256(offered.content).hexdigest()
    digest = _digest(offered, sha256)
    known = records.known(session, Photo, offered.id, digest)
    if known is not None:
        return known, False
    place = _place(offered.declared)
    header = headers.examine(offered.content)
    pictures.refuse_broken(header)
    records.take_turn(session)  # for the same photo may be sent twice at once
    known = records.known(session, Photo, offered.id, digest)
    if known is not None:
        return known, False
    values = _plain(offered, header) | _device(offered.declared, place)
    photo = told(read_exif(header.exif))
    around = _circumstances(session, values, area_code)
    around = replace(around, subject_distance_m=_subject_distance_m(session, values, photo))
    marks = marks_of(photo, around, thresholds_of(session).photos)
    values |= _of_exif(photo) | {
        "area_code": area_code,
        "sha256": sha256,
        "sm3": sm3(offered.content),
        "marks": json.dumps(marks, ensure_ascii=False),
    }
    store.keep(offered.content, sha256)
    made = records.write(session, Photo, values, row=offered.id, digest=digest, action="photo.file")
    session.flush()
    return made, True


def _digest(offered: Offered, sha256: str) -> str:
    said = vars(offered) | vars(offered.declared) | {"content": sha256}
    return records.content_digest({k: v for k, v in said.items() if k not in {"id", "declared"}})


def sm3(content: bytes) -> str:
    """Return the SM3 digest (GB/T 32905-2016)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def _place(declared: Declared) -> tuple[float, float] | None:
    if (declared.lon is None) != (declared.lat is None):
        raise Invalid("经度和纬度要么都填,要么都不填", field="lon")
    if declared.lon is None or declared.lat is None:
        return None
    return position(declared.lon, declared.lat, declared.datum)


def _plain(offered: Offered, header: headers.Header) -> dict[str, Any]:
    return {
        "subject_kind": offered.subject_kind,
        "subject_id": offered.subject_id,
        "size_bytes": len(offered.content),
        "media_type": header.media_type,
        "width_px": header.width_px,
        "height_px": header.height_px,
    }


def _device(declared: Declared, place: tuple[float, float] | None) -> dict[str, Any]:
    as_is = declared.datum in {Datum.CGCS2000, Datum.WGS84}
    return {
        "device_at": declared.device_time,
        "lon": place[0] if place else None,
        "lat": place[1] if place else None,
        "datum": declared.datum if place else None,
        "given_position": None if as_is or not place else f"{declared.lon} {declared.lat}",
        "accuracy_m": declared.accuracy_m,
        "bearing_deg": declared.bearing_deg,
        "is_mock": declared.is_mock,
    }


def _of_exif(photo: Told) -> dict[str, Any]:
    return {
        "make": photo.make,
        "model": photo.model,
        "orientation": photo.orientation,
        "camera_time": _camera_time(photo),
        "gps_at": photo.gps_at,
        "exif_lon": photo.lon,
        "exif_lat": photo.lat,
        "exif_accuracy_m": photo.accuracy_m,
        "exif_bearing_deg": photo.bearing_deg,
        "exif_bearing_from": photo.bearing_from,
    }


def _camera_time(photo: Told) -> str | None:
    taken = photo.camera_at
    if taken is not None and photo.camera_offset is not None:
        taken = taken.replace(tzinfo=timezone(photo.camera_offset))
    return taken.isoformat() if taken else None


def _circumstances(session: Session, values: dict[str, Any], area_code: str) -> Circumstances:
    with whole_system(session):  # the county's outline is not in a town's view
        outline = parcels.outline(session, area_code[:COUNTY], Moment.of(session))
    box = outline.geometry.bounds if outline is not None else None
    names = ("device_at", "lon", "lat", "accuracy_m", "is_mock")
    return Circumstances(audit.instant(session), **{name: values[name] for name in names}, box=box)


def _subject_distance_m(session: Session, values: dict[str, Any], photo: Told) -> float | None:
    """Return how far from its parcel a photo says that it was taken, if both are known."""
    if values["subject_kind"] is not SubjectKind.PARCEL or values["subject_id"] is None:
        return None
    try:
        parcel = parcels.parcel(session, values["subject_id"], Moment.of(session))
    except NotFound:  # a photo may come before its record
        return None
    places = ((values["lon"], values["lat"]), (photo.lon, photo.lat))
    return max(
        (_distance_m(parcel.geometry, x, y) for x, y in places if x is not None and y is not None),
        default=None,
    )


def _distance_m(land: shapely.Geometry, lon: float, lat: float) -> float:
    nearest = shapely.shortest_line(land, shapely.Point(lon, lat))
    (x, y), _ = nearest.coords
    return distance_m(x, y, lon, lat)


def view(store: PhotoStore, found: Photo) -> bytes:
    """Return how a photo looks, without anything else that its file holds."""

    def make(content: bytes) -> bytes:
        return pictures.view(headers.examine(content), found.orientation)

    return store.view(found.sha256, make)
