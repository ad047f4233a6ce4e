"""Bringing evidence to a case. There is no action that changes or removes one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.case_photos import Judged
from inspections.case_words import EvidenceKind, Purpose, State
from inspections.cases import OPEN
from service import audit, records
from service.cases import proof, queries, standing
from service.cases.models import Case, CaseEvidence
from service.cases.proof import Spot
from service.cases.schemas import EvidenceCreate
from service.errors import Conflict, Invalid, NotFound, TooLarge, UnsupportedType
from service.parcels.outlines import position
from service.parcels.schemas import Datum
from service.photos import queries as photos
from service.photos.models import Photo
from service.photos.store import PhotoStore

TAKES_EVIDENCE = OPEN | {State.CLOSED}
MAX_DOCUMENT_BYTES = 20 * 2**20
SIGNATURES = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
}
"""A scanned paper is one of these, by its first bytes."""
SUFFIX_OF = dict(SIGNATURES.values()) | {"image/webp": "webp"}
NOTHING: dict[str, Any] = {"is_qualified": True, "faults": "[]"}
FIELDS = (
    "kind",
    "purpose",
    "occurred_at",
    "source",
    "document_no",
    "title",
    "note",
    "no_entry",
    "shows",
    "signal_id",
)


def add_evidence(
    session: Session, case_id: UUID, given: EvidenceCreate
) -> tuple[CaseEvidence, bool]:
    """Bring a piece of evidence, and judge it; tell whether it is new."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    told = given.model_dump(exclude={"id"}) | {"case_id": case.id}
    digest = records.content_digest(told)
    known = records.known(session, CaseEvidence, given.id, digest)
    if known is not None:
        return known, False
    _refuse_ended(case)
    _refuse_unfit(session, given)
    values = {name: getattr(given, name) for name in FIELDS}
    values |= JUDGES.get(given.kind, _as_told)(session, case, given)
    return _write(session, case, values, given.id, digest), True


def _refuse_ended(case: Case) -> None:
    if case.state not in TAKES_EVIDENCE:
        raise Conflict("案件已了结,不再收证据;有新情况的,请另报线索")


def _refuse_unfit(session: Session, given: EvidenceCreate) -> None:
    """Refuse evidence that lacks what makes it one."""
    wanted = {
        EvidenceKind.PHOTO: ("photo_id", given.photo_id or given.sha256),
        EvidenceKind.POSITION: ("lon", given.lon is not None and given.lat is not None),
        EvidenceKind.DOCUMENT: ("document_no", given.document_no or given.title),
        EvidenceKind.NO_ENTRY: ("no_entry", given.no_entry),
        EvidenceKind.IMAGE: ("title", given.title and given.occurred_at),
        EvidenceKind.VISIT: ("note", given.note and given.occurred_at),
    }
    field, is_there = wanted[given.kind]
    if not is_there:
        raise Invalid(LACKING[given.kind], field=field)
    if given.shows is not None and given.purpose is not Purpose.RESTORED:
        raise Invalid("只有恢复耕种的照片写明拍到的是作物还是翻耕的土地", field="shows")
    if given.occurred_at is not None and given.occurred_at > audit.instant(session):
        raise Invalid("时间不能晚于现在", field="occurred_at")


LACKING = {
    EvidenceKind.PHOTO: "照片证据须给照片编号(photo_id)或内容哈希(sha256)",
    EvidenceKind.POSITION: "定位须有经度和纬度",
    EvidenceKind.DOCUMENT: "文书须有文号或标题",
    EvidenceKind.NO_ENTRY: "“无法进入”须选原因",
    EvidenceKind.IMAGE: "影像须写明名称(title)和时间(occurred_at)",
    EvidenceKind.VISIT: "到访须写明情况(note)和时间(occurred_at)",
}


def _as_told(_: Session, _case: Case, _given: EvidenceCreate) -> Mapping[str, Any]:
    return NOTHING


def _of_photo(session: Session, case: Case, given: EvidenceCreate) -> Mapping[str, Any]:
    photo = _photo(session, given)
    judged = proof.photo_verdict(session, case, photo, given.purpose)
    shot = proof.shot_of(photo)
    return _judged(judged) | {
        "photo_id": photo.id,
        "sha256": photo.sha256,
        "size_bytes": photo.size_bytes,
        "media_type": photo.media_type.value,
        "occurred_at": shot.taken_at,
        "lon": shot.lon,
        "lat": shot.lat,
        "accuracy_m": shot.accuracy_m,
    }


def _photo(session: Session, given: EvidenceCreate) -> Photo:
    if given.photo_id is not None:
        found = photos.photo(session, given.photo_id)
        if given.sha256 not in {None, found.sha256}:
            raise Invalid("照片编号与内容哈希不是同一张照片", field="sha256")
        return found
    wanted = select(Photo).where(Photo.sha256 == given.sha256).order_by(Photo.recorded_at, Photo.id)
    by_content = session.scalars(wanted.limit(1)).first()
    if by_content is None:
        raise NotFound("没有这个哈希的照片;请先上传原件", field="sha256")
    return by_content


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "is_qualified": judged.is_qualified,
        "faults": json.dumps(judged.faults, ensure_ascii=False),
        "distance_m": judged.distance_m,
    }


def _of_position(session: Session, case: Case, given: EvidenceCreate) -> Mapping[str, Any]:
    assert given.lon is not None
    assert given.lat is not None
    lon, lat = position(given.lon, given.lat, given.datum)
    accuracy_m = None if given.accuracy_m is None else float(given.accuracy_m)
    spot = Spot(lon, lat, accuracy_m, given.is_mock)
    is_shifted = given.datum in {Datum.GCJ02, Datum.BD09}
    at = given.occurred_at or audit.instant(session)
    return _judged(proof.spot_verdict(session, case, spot, given.purpose, at)) | {
        "lon": lon,
        "lat": lat,
        "accuracy_m": accuracy_m,
        "given_position": f"{given.lon} {given.lat}" if is_shifted else None,
        "occurred_at": at,
    }


def _of_time(session: Session, case: Case, given: EvidenceCreate) -> Mapping[str, Any]:
    """Judge an image or a visit by its day, where it is to show what came after a step."""
    assert given.occurred_at is not None
    if given.purpose not in LATER:
        return NOTHING
    faults = proof.time_fault(session, case, given.purpose, given.occurred_at)
    return _judged(Judged(tuple(faults), None, None))


LATER = frozenset({Purpose.RESTORED, Purpose.RELOOK})
"""An older image may well bear out a suspicion, but not that land was restored."""
JUDGES = {
    EvidenceKind.PHOTO: _of_photo,
    EvidenceKind.POSITION: _of_position,
    EvidenceKind.IMAGE: _of_time,
    EvidenceKind.VISIT: _of_time,
}


@dataclass(frozen=True)
class Paper:
    """A scanned document on its way in."""

    content: bytes
    purpose: Purpose
    title: str
    document_no: str | None = None
    occurred_at: datetime | None = None
    id: UUID | None = None


def add_document(
    session: Session, store: PhotoStore, case_id: UUID, paper: Paper
) -> tuple[CaseEvidence, bool]:
    """Keep a scanned document byte for byte; tell whether it is new."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    if len(paper.content) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"文书超过 {MAX_DOCUMENT_BYTES // 2**20} MiB,请分开上传")
    kind = next((SIGNATURES[each] for each in SIGNATURES if paper.content.startswith(each)), None)
    if kind is None:
        raise UnsupportedType("文书须是 PDF、JPEG 或 PNG")
    sha256 = hashlib.sha256(paper.content).hexdigest()
    told = vars(paper) | {"content": sha256, "case_id": case.id}
    digest = records.content_digest({name: value for name, value in told.items() if name != "id"})
    known = records.known(session, CaseEvidence, paper.id, digest)
    if known is not None:
        return known, False
    _refuse_ended(case)
    if paper.occurred_at is not None and paper.occurred_at > audit.instant(session):
        raise Invalid("时间不能晚于现在", field="occurred_at")
    store.keep(paper.content, sha256)
    values = NOTHING | {
        "kind": EvidenceKind.DOCUMENT,
        "purpose": paper.purpose,
        "title": paper.title,
        "document_no": paper.document_no,
        "occurred_at": paper.occurred_at,
        "sha256": sha256,
        "size_bytes": len(paper.content),
        "media_type": kind[0],
    }
    return _write(session, case, values, paper.id, digest), True


def _write(
    session: Session, case: Case, values: Mapping[str, Any], row: UUID | None, digest: str
) -> CaseEvidence:
    whole = dict(values) | {
        "case_id": case.id,
        "round": case.round,
        "n": case.n,
        "area_code": case.area_code,
    }
    made = records.write(
        session, CaseEvidence, whole, row=row, digest=digest, action="case.evidence"
    )
    session.flush()
    standing.refresh_found(session, case)
    return made
