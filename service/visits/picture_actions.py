"""Putting photos to visits."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import records
from service.photos import actions as filing
from service.photos import queries as photos
from service.photos.models import SubjectKind
from service.photos.schemas import Declared, Offered
from service.photos.store import PhotoStore
from service.visits import queries
from service.visits.models import VisitPhoto


def put_photo(session: Session, visit_id: UUID, photo_id: UUID) -> tuple[VisitPhoto, bool]:
    """Put a photo to a visit; tell whether that is new. The pair is what it is known by."""
    records.take_turn(session)  # two phones may send the same pair at once
    visit = queries.standing_visit(session, visit_id)
    photo = photos.photo(session, photo_id)
    pair = {"visit_id": visit.root_id, "photo_id": photo.id}
    known = session.scalars(select(VisitPhoto).filter_by(**pair)).first()
    if known is not None:
        return known, False
    values = pair | {"area_code": visit.area_code}
    digest = records.content_digest(pair)
    made = records.write(session, VisitPhoto, values, row=None, digest=digest, action="visit.photo")
    session.flush()
    return made, True


def take_photo(
    session: Session,
    store: PhotoStore,
    visit_id: UUID,
    *,
    row: UUID,
    content: bytes,
    said: Declared,
) -> None:
    """Keep a photo of a visit in the visit's own area, and put it to the visit."""
    visit = queries.standing_visit(session, visit_id)
    subject = (SubjectKind.VISIT, visit.root_id)
    offered = Offered(content, row, visit.area_code, *subject, said)
    photo, _ = filing.file_photo(session, store, offered)
    put_photo(session, visit.root_id, photo.id)
