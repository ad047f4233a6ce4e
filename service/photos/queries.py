"""Reading the photo book."""

import json
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from service.accounts.policy import may
from service.errors import NotFound
from service.photos.models import Photo
from service.photos.schemas import ExifRead, MarkRead, PhotoRead, PositionRead
from service.photos.store import PhotoStore
from service.security import Viewer


def photo(session: Session, photo_id: UUID) -> Photo:
    """Return one photo in view."""
    found = session.scalars(select(Photo).where(Photo.id == photo_id)).first()
    if found is None:
        raise NotFound("没有这张照片;请核对编号", id=str(photo_id))
    return found


def photos(
    session: Session, subject_id: UUID | None, *, offset: int = 0, limit: int = 500
) -> list[Photo]:
    """Return the photos in view, of one subject if it is named; the newest first."""
    wanted = select(Photo).order_by(Photo.recorded_at.desc(), Photo.id)
    if subject_id is not None:
        wanted = wanted.where(Photo.subject_id == subject_id)
    return list(session.scalars(wanted.offset(offset).limit(limit)))


def lost(session: Session, store: PhotoStore) -> list[str]:
    """Return the hashes of the originals that are missing or not what they were."""
    hashes = session.scalars(select(Photo.sha256).distinct().order_by(Photo.sha256))
    return [each for each in hashes if not store.is_whole(each)]


def uses(session: Session, found: Photo) -> int:
    """Return how many other records have the same photo, whoever may see them.

    A photo that is sent twice for one subject is one use of it. Counted when it is read, so
    that it does not matter which of two came first.
    """
    table = Photo.__table__.c
    other = and_(table.sha256 == found.sha256, table.id != found.id)
    if found.subject_id is not None:
        other &= or_(table.subject_id.is_(None), table.subject_id != found.subject_id)
    return session.scalar(select(func.count()).where(other)) or 0


def shown(session: Session, viewer: Viewer, found: Photo) -> PhotoRead:
    """Return a photo as this viewer may see it."""
    marks = [MarkRead(code=code, text=text) for code, text in json.loads(found.marks)]
    if n := uses(session, found):
        marks.append(MarkRead(code="reused", text=f"另有 {n} 条记录用了同一张照片"))
    sees_places = may(viewer.role, "photo.original")
    return PhotoRead(
        **{name: getattr(found, name) for name in PLAIN},
        device_time=found.device_at,
        position=_position(found) if sees_places else None,
        exif=_exif(found) if sees_places else None,
        marks=marks,
    )


PLAIN = tuple(PhotoRead.model_fields.keys() - {"device_time", "position", "exif", "marks"})


def _position(found: Photo) -> PositionRead:
    return PositionRead(**{name: getattr(found, name) for name in PositionRead.model_fields})


def _exif(found: Photo) -> ExifRead:
    return ExifRead(
        make=found.make,
        model=found.model,
        orientation=found.orientation,
        camera_time=found.camera_time,
        gps_time=found.gps_at,
        lon=found.exif_lon,
        lat=found.exif_lat,
        accuracy_m=found.exif_accuracy_m,
        bearing_deg=found.exif_bearing_deg,
        bearing_from=found.exif_bearing_from,
    )
