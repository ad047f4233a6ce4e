"""The API of cases."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import StreamingResponse

from inspections.case_words import Purpose, Source, State
from service.accounts.access import ViewerDep, allow
from service.cases import actions, evidence_actions, export, following, notices, queries
from service.cases import statistics as counts
from service.cases.evidence_actions import MAX_DOCUMENT_BYTES, Paper
from service.cases.queries import Filter
from service.cases.schemas import (
    AssigneeRead,
    CaseCard,
    CaseRead,
    EvidenceCreate,
    EvidenceRead,
    NoticeRead,
    Title,
    TransitionCreate,
)
from service.cases.statistics_schemas import CaseStatistics
from service.errors import said
from service.photos.routes import StoreDep
from service.record_schemas import Short
from service.schemas import (
    AreaCode,
    Code,
    Cursor,
    Day,
    Id,
    Instant,
    Limit,
    Page,
    Since,
    StrictRoute,
    said_already,
)
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["cases"], route_class=StrictRoute)
READ = [allow("case.read")]
ZIP = "application/zip"


@router.get("/cases", response_model=Page[CaseRead], dependencies=READ)
def list_cases(
    session: SessionDep,
    state: State | None = None,
    is_open: bool | None = None,
    area: AreaCode = "",
    overdue: bool = False,
    rule: Code | None = None,
    source: Source | None = None,
    parcel: Id | None = None,
    assigned_to: Id | None = None,
    relook: bool = False,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[CaseRead]:
    """List cases, the newest first."""
    wanted = Filter(state, is_open, area, rule, source, parcel, assigned_to, overdue, relook)
    return queries.page(session, wanted, offset=cursor, limit=limit)


@router.get("/cases/statistics", response_model=CaseStatistics, dependencies=READ)
def read_statistics(
    session: SessionDep, area: AreaCode = "", since: Since = None, as_of: Day | None = None
) -> CaseStatistics:
    """Tell how early cases were found, stopped and settled, who saw them first, what is late."""
    return counts.statistics(session, area, since, as_of)


@router.get("/cases/notices", response_model=Page[NoticeRead], dependencies=READ)
def list_notices(session: SessionDep, cursor: Cursor = 0, limit: Limit = 100) -> Page[NoticeRead]:
    """List the reminders of steps that take long and of cases to look at again."""
    return notices.page(session, offset=cursor, limit=limit)


@router.get("/cases/{case_id}", response_model=CaseCard, dependencies=READ)
def read_case(session: SessionDep, case_id: Id) -> CaseCard:
    """Return a case with its timeline, clocks, evidence, and what its next steps need."""
    return queries.card(session, case_id)


@router.get(
    "/cases/{case_id}/assignees",
    response_model=Page[AssigneeRead],
    dependencies=[allow("case.assign")],
)
def list_assignees(session: SessionDep, case_id: Id) -> Page[AssigneeRead]:
    """List the officers who may be sent to a case."""
    found = queries.assignees(session, queries.case(session, case_id))
    return Page(items=[AssigneeRead.model_validate(each) for each in found])


@router.post(
    "/cases/{case_id}/transitions",
    status_code=201,
    response_model=CaseCard,
    responses=said_already(CaseCard),
    dependencies=[allow("case.move")],
)
def move_case(
    session: SessionDep, response: Response, case_id: Id, given: TransitionCreate
) -> CaseCard:
    """Take a step of a case, if it is there, yours, and has what it needs."""
    found, is_new = actions.move(session, case_id, given)
    response.status_code = 201 if is_new else 200
    return queries.card(session, found.id)


@router.post(
    "/cases/{case_id}/evidence",
    status_code=201,
    response_model=EvidenceRead,
    responses=said_already(EvidenceRead),
    dependencies=[allow("case.evidence")],
)
def add_evidence(
    session: SessionDep, viewer: ViewerDep, response: Response, case_id: Id, given: EvidenceCreate
) -> EvidenceRead:
    """Bring a photo, a position, a document's number; the answer says whether it is 合格."""
    found, is_new = evidence_actions.add_evidence(session, case_id, given)
    response.status_code = 201 if is_new else 200
    return queries.evidence_shown(found, viewer)


def paper(
    file: Annotated[UploadFile, File()],
    purpose: Annotated[Purpose, Form()],
    title: Annotated[Title, Form(min_length=1)],
    document_no: Annotated[Short | None, Form()] = None,
    occurred_at: Annotated[Instant | None, Form()] = None,
    id: Annotated[Id | None, Form()] = None,
) -> Paper:
    """Take the form that brings a document; no more of it than a document may have."""
    content = file.file.read(MAX_DOCUMENT_BYTES + 1)
    return Paper(content, purpose, title, document_no, occurred_at, id)


@router.post(
    "/cases/{case_id}/documents",
    status_code=201,
    response_model=EvidenceRead,
    responses=said_already(EvidenceRead) | {415: said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)},
    dependencies=[allow("case.evidence")],
)
def add_document(
    session: SessionDep,
    viewer: ViewerDep,
    response: Response,
    store: StoreDep,
    case_id: Id,
    given: Annotated[Paper, Depends(paper)],
) -> EvidenceRead:
    """Keep a scanned document, byte for byte."""
    found, is_new = evidence_actions.add_document(session, store, case_id, given)
    response.status_code = 201 if is_new else 200
    return queries.evidence_shown(found, viewer)


@router.post(
    "/cases/{case_id}/follow", response_model=CaseCard, dependencies=[allow("case.follow")]
)
def follow_case(session: SessionDep, case_id: Id) -> CaseCard:
    """Follow the children of a parcel that was split or merged in a newer survey."""
    return queries.card(session, following.follow_case(session, case_id).id)


@router.get(
    "/cases/{case_id}/file",
    response_class=StreamingResponse,
    responses={200: {"content": {ZIP: {}}}},
    dependencies=[allow("case.file")],
)
def read_file(session: SessionDep, store: StoreDep, case_id: Id) -> StreamingResponse:
    """Return the case file: the case, every photo and document, and a manifest of their hashes."""
    made = export.case_file(session, store, case_id)
    headers = {"Content-Disposition": f'attachment; filename="case-{case_id}.zip"'}
    return StreamingResponse(export.chunks(made), media_type=ZIP, headers=headers)
