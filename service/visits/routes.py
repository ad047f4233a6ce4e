"""The API of visits, samples and findings."""

from typing import Any

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.record_schemas import Withdraw
from service.schemas import (
    AreaCode,
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
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep
from service.visits import (
    actions,
    counts,
    followup_actions,
    imports,
    picture_actions,
    queries,
)
from service.visits.campaign_schemas import Version
from service.visits.count_schemas import VisitCounts
from service.visits.followup_schemas import (
    FindingCreate,
    FindingEventCreate,
    FindingRead,
    SampleCreate,
    SampleEventCreate,
    SampleRead,
    VisitCard,
    VisitPhotoCreate,
    VisitPhotoRead,
)
from service.visits.models import VisitPhoto
from service.visits.schemas import ChecklistItemRead, VisitCreate, VisitRead

router = APIRouter(prefix="/api/v1", tags=["visits"], route_class=StrictRoute)
READ, WRITE = [allow("visit.read")], [allow("visit.write")]
BOOK: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {XLSX: {}}}}}


@router.get("/checklists", response_model=Page[ChecklistItemRead], dependencies=READ)
def list_checklists(session: SessionDep, version: Version | None = None) -> Page[ChecklistItemRead]:
    """List the items of the checklists, with violation type, article and consequence."""
    found = queries.checklist(session, version)
    return Page(items=[ChecklistItemRead.model_validate(each) for each in found])


@router.get("/visits", response_model=Page[VisitRead], dependencies=READ)
def list_visits(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    campaign: Id | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[VisitRead]:
    """List the visits of a period that hold, in order of time."""
    asked = queries.period(session, since, as_of, known_at, area, campaign)
    return queries.page(session, asked, cut=(cursor, limit))


@router.post(
    "/visits",
    status_code=201,
    response_model=VisitRead,
    responses=said_already(VisitRead),
    dependencies=WRITE,
)
def file_visit(session: SessionDep, response: Response, given: VisitCreate) -> VisitRead:
    """Enter a visit by two certified officers or more; with `supersedes_id`, a correction."""
    found, is_new = actions.file_visit(session, given)
    response.status_code = 201 if is_new else 200
    return queries.shown(session, [found])[0]


@router.get("/visits/counts", response_model=VisitCounts, dependencies=READ)
def count_visits(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    campaign: Id | None = None,
) -> VisitCounts:
    """Count 人次, 家次 and 家, coverage and what was checked; tell what may be said of it."""
    return counts.counts(session, queries.period(session, since, as_of, known_at, area, campaign))


@router.get("/visits/imports/template", dependencies=WRITE, **BOOK)
def read_template() -> Response:
    """Return the empty workbook of visits."""
    headers = {"Content-Disposition": 'attachment; filename="visits.xlsx"'}
    return Response(template(imports.LAYOUT), media_type=XLSX, headers=headers)


@router.post("/visits/imports", response_model=ImportReport, dependencies=WRITE)
def import_visits(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of visits: all of it, or nothing and a report by row."""
    return imports.import_visits(session, upload)


@router.get("/visits/{visit_id}", response_model=VisitCard, dependencies=READ)
def read_visit(session: SessionDep, visit_id: Id) -> VisitCard:
    """Return a visit with its answers, samples, findings, photos and versions."""
    return queries.card(session, visit_id)


@router.post(
    "/visits/{visit_id}/photos",
    status_code=201,
    response_model=VisitPhotoRead,
    responses=said_already(VisitPhotoRead),
    dependencies=WRITE,
)
def put_photo(
    session: SessionDep, response: Response, visit_id: Id, given: VisitPhotoCreate
) -> VisitPhoto:
    """Put a photo that was filed for itself to a visit."""
    found, is_new = picture_actions.put_photo(session, visit_id, given.photo_id)
    response.status_code = 201 if is_new else 200
    return found


@router.post("/visits/{visit_id}/withdraw", response_model=VisitRead, dependencies=WRITE)
def withdraw_visit(session: SessionDep, visit_id: Id, given: Withdraw) -> VisitRead:
    """Say that a visit was entered in error."""
    found = actions.withdraw_visit(session, visit_id, given.reason)
    session.flush()
    return queries.shown(session, [found])[0]


@router.get("/samples", response_model=Page[SampleRead], dependencies=READ)
def list_samples(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[SampleRead]:
    """List the samples as they stand on a day."""
    asked = queries.period(session, None, as_of, known_at, area)
    return Page(items=queries.samples(session, asked))


@router.post(
    "/samples",
    status_code=201,
    response_model=SampleRead,
    responses=said_already(SampleRead),
    dependencies=WRITE,
)
def file_sample(session: SessionDep, response: Response, given: SampleCreate) -> SampleRead:
    """Enter a sealed sample of a visit."""
    found, is_new = followup_actions.file_sample(session, given)
    response.status_code = 201 if is_new else 200
    return queries.sample_now(session, found)


@router.post(
    "/samples/{sample_id}/steps",
    status_code=201,
    response_model=SampleRead,
    responses=said_already(SampleRead),
    dependencies=WRITE,
)
def step_sample(
    session: SessionDep, response: Response, sample_id: Id, given: SampleEventCreate
) -> SampleRead:
    """Enter that a sample was sent, or its result; with `supersedes_id`, a correction."""
    _, is_new = followup_actions.step_sample(session, sample_id, given)
    response.status_code = 201 if is_new else 200
    return queries.sample_now(session, followup_actions.sample(session, sample_id))


@router.post("/samples/{sample_id}/withdraw", response_model=SampleRead, dependencies=WRITE)
def withdraw_sample(session: SessionDep, sample_id: Id, given: Withdraw) -> SampleRead:
    """Say that a sample was entered in error."""
    found = followup_actions.withdraw_sample(session, sample_id, given.reason)
    return queries.sample_now(session, found)


@router.get("/findings", response_model=Page[FindingRead], dependencies=READ)
def list_findings(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    overdue: bool = False,
) -> Page[FindingRead]:
    """List the findings as they stand on a day: all, or those past their due day."""
    asked = queries.period(session, None, as_of, known_at, area)
    found = queries.findings(session, asked)
    return Page(items=[each for each in found if each.is_overdue or not overdue])


@router.post(
    "/findings",
    status_code=201,
    response_model=FindingRead,
    responses=said_already(FindingRead),
    dependencies=WRITE,
)
def file_finding(session: SessionDep, response: Response, given: FindingCreate) -> FindingRead:
    """Enter a violation that a visit found."""
    found, is_new = followup_actions.file_finding(session, given)
    response.status_code = 201 if is_new else 200
    return queries.finding_now(session, found)


@router.post(
    "/findings/{finding_id}/steps",
    status_code=201,
    response_model=FindingRead,
    responses=said_already(FindingRead),
    dependencies=WRITE,
)
def step_finding(
    session: SessionDep, response: Response, finding_id: Id, given: FindingEventCreate
) -> FindingRead:
    """Enter an order, a recheck, a hand-over or its receipt."""
    _, is_new = followup_actions.step_finding(session, finding_id, given)
    response.status_code = 201 if is_new else 200
    return queries.finding_now(session, followup_actions.standing_finding(session, finding_id))


@router.post("/findings/{finding_id}/withdraw", response_model=FindingRead, dependencies=WRITE)
def withdraw_finding(session: SessionDep, finding_id: Id, given: Withdraw) -> FindingRead:
    """Say that a finding was entered in error."""
    found = followup_actions.withdraw_finding(session, finding_id, given.reason)
    session.flush()
    return queries.finding_now(session, found)
