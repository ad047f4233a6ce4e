"""The photos of a visit: those that name it as their subject, and those that were put to it.

A photo that names its visit may come before the visit does: a phone sends what it has when it can.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.photos import queries as book
from service.photos.models import Photo, SubjectKind
from service.photos.schemas import PhotoRead
from service.security import Viewer
from service.visits.models import VisitPhoto


def photos_of(session: Session, rows: Iterable[UUID]) -> list[PhotoRead]:
    """Return the photos in view of one visit, which its rows name; the oldest first."""
    ids = list(rows)
    put = select(VisitPhoto.photo_id).where(VisitPhoto.visit_id.in_(ids))
    named = (Photo.subject_kind == SubjectKind.VISIT) & Photo.subject_id.in_(ids)
    wanted = select(Photo).where(or_(named, Photo.id.in_(put)))
    viewer: Viewer = session.info["viewer"]
    found = session.scalars(wanted.order_by(Photo.recorded_at, Photo.id))
    return [book.shown(session, viewer, each) for each in found]
