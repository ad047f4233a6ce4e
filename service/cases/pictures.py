"""Taking photos for cases: kept, and at once judged as evidence."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from inspections.case_words import EvidenceKind, Purpose, Shows
from service.cases import evidence_actions, queries
from service.cases.models import CaseEvidence
from service.cases.schemas import EvidenceCreate
from service.photos import actions as filing
from service.photos.models import SubjectKind
from service.photos.schemas import Declared, Offered
from service.photos.store import PhotoStore


@dataclass(frozen=True)
class Taken:
    """A photo on its way in, and what it is to show; the id makes a second click harmless."""

    id: UUID
    content: bytes
    purpose: Purpose
    shows: Shows | None
    said: Declared


def take_photo(
    session: Session, store: PhotoStore, case_id: UUID, taken: Taken
) -> tuple[CaseEvidence, bool]:
    """Keep a photo in the case's own area and bring it as evidence; tell whether it is new."""
    case = queries.case(session, case_id)
    subject = (SubjectKind.PARCEL, case.parcel_uid)
    offered = Offered(taken.content, taken.id, case.area_code, *subject, taken.said)
    photo, _ = filing.file_photo(session, store, offered)
    given = EvidenceCreate(
        id=taken.id,
        kind=EvidenceKind.PHOTO,
        purpose=taken.purpose,
        photo_id=photo.id,
        shows=taken.shows,
    )
    return evidence_actions.add_evidence(session, case_id, given)
