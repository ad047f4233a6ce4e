"""The API of pest surveys."""

from typing import Any

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.agronomy import codes, imports, period, pests
from service.agronomy import pest_actions as actions
from service.agronomy.pest_schemas import PestRead, PestSummary, SurveyCreate, SurveyRead
from service.record_schemas import Withdraw
from service.schemas import AreaCode, Day, Id, Instant, Page, Since, StrictRoute, said_already
from service.security import SessionDep
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1/pest_surveys", tags=["agronomy"], route_class=StrictRoute)
READ, WRITE = [allow("agronomy.read")], [allow("agronomy.write")]
BOOK: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {XLSX: {}}}}}


@router.get("/pests", response_model=Page[PestRead], dependencies=READ)
def list_pests() -> Page[PestRead]:
    """List the pests that can be surveyed."""
    return Page(items=[PestRead.model_validate(each) for each in codes.pests().values()])


@router.get("", response_model=Page[SurveyRead], dependencies=READ)
def list_surveys(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[SurveyRead]:
    """List the surveys of a period that stand; by default of this year."""
    asked = period.year_to(session, since, as_of, known_at, area)
    return Page(items=pests.shown(session, pests.surveys(session, asked)))


@router.post(
    "",
    status_code=201,
    response_model=SurveyRead,
    responses=said_already(SurveyRead),
    dependencies=WRITE,
)
def file_survey(session: SessionDep, response: Response, given: SurveyCreate) -> SurveyRead:
    """Enter one pest counted on one plot; with a reason, correct it."""
    found, is_new = actions.file_survey(session, given)
    response.status_code = 201 if is_new else 200
    return pests.shown(session, [found])[0]


@router.get("/summary", response_model=PestSummary, dependencies=READ)
def read_summary(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> PestSummary:
    """Return who went, where, for how much land, and what they found, beside other years."""
    return pests.summary(session, period.year_to(session, since, as_of, known_at, area))


@router.get("/imports/template", dependencies=WRITE, **BOOK)
def read_template() -> Response:
    """Return the empty workbook of pest surveys."""
    return Response(template(imports.SURVEYS), media_type=XLSX)


@router.post("/imports", response_model=ImportReport, dependencies=WRITE)
def import_surveys(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of surveys: all of it, or nothing and a report by row."""
    return imports.import_surveys(session, upload)


@router.post("/{survey_id}/withdraw", response_model=SurveyRead, dependencies=WRITE)
def withdraw_survey(session: SessionDep, survey_id: Id, given: Withdraw) -> SurveyRead:
    """Say that a survey was entered in error."""
    found = actions.withdraw_survey(session, survey_id, given.reason)
    return pests.shown(session, [found])[0]
