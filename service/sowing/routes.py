"""The API of the sowing book."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile

from service.accounts.access import ViewerDep, allow
from service.reporting import queries as reporting
from service.schemas import (
    AreaCode,
    Code,
    Cursor,
    Day,
    Id,
    Instant,
    Limit,
    Page,
    StrictRoute,
    said_already,
)
from service.security import SessionDep
from service.sowing import actions, curve, imports, progress, queries, template
from service.sowing.models import SowingPlan, SowingReport
from service.sowing.schemas import (
    BatchFiled,
    CropRead,
    Curve,
    ImportReport,
    PlanCreate,
    PlanRead,
    Progress,
    ReportBatch,
    ReportCreate,
    ReportRead,
)

router = APIRouter(prefix="/api/v1", tags=["sowing"], route_class=StrictRoute)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class By(StrEnum):
    """The level of the units that progress is shown by."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"


class Status(StrEnum):
    """Which rows count: those of accepted weeks, or all that were filed."""

    ACCEPTED = "accepted"
    FILED = "filed"


@router.get("/crops", response_model=Page[CropRead], dependencies=[allow("crop.read")])
def list_crops(session: SessionDep) -> Page[CropRead]:
    """List the crops."""
    return Page(items=queries.crops(session))


@router.get(
    "/sowing/plans", response_model=Page[PlanRead], dependencies=[allow("sowing.plan.read")]
)
def list_plans(
    session: SessionDep,
    season: Code,
    area: AreaCode | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[PlanRead]:
    """List plan versions in view."""
    found, following = queries.plan_versions(
        session, season_code=season, area_code=area, limit=limit, offset=cursor
    )
    items = [PlanRead.model_validate(each) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.post(
    "/sowing/plans",
    status_code=201,
    response_model=PlanRead,
    responses=said_already(PlanRead),
    dependencies=[allow("sowing.plan.file")],
)
def file_plan(session: SessionDep, response: Response, plan_in: PlanCreate) -> SowingPlan:
    """File a new version of a plan; 200 where it stands already."""
    plan, is_new = actions.file_plan(session, plan_in)
    response.status_code = 201 if is_new else 200
    return plan


@router.get(
    "/sowing/reports",
    response_model=Page[ReportRead],
    dependencies=[allow("sowing.report.read")],
)
def list_reports(
    session: SessionDep,
    season: Code,
    area: AreaCode | None = None,
    as_of: Day | None = None,
    crop: Code | None = None,
    history: bool = False,
    known_at: Instant | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[ReportRead]:
    """List figures as they were reported; with `history` also those superseded."""
    found, following = queries.reports(
        session,
        season_code=season,
        area_code=area,
        as_of=as_of,
        crop_code=crop,
        is_history=history,
        known_at=known_at,
        limit=limit,
        offset=cursor,
    )
    items = [ReportRead.model_validate(each) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.get(
    "/sowing/reports/{report_id}",
    response_model=ReportRead,
    dependencies=[allow("sowing.report.read")],
)
def read_report(session: SessionDep, report_id: Id) -> SowingReport:
    """Return one figure."""
    return queries.report(session, report_id)


@router.post(
    "/sowing/reports",
    status_code=201,
    response_model=ReportRead,
    responses=said_already(ReportRead),
    dependencies=[allow("sowing.report.file")],
)
def file_report(session: SessionDep, response: Response, report_in: ReportCreate) -> dict[str, Any]:
    """File one figure; 200 where the book says it already."""
    filed = actions.file_report(session, report_in)
    response.status_code = 201 if filed.is_new else 200
    return filed.report | {"warning": filed.warning}


@router.post(
    "/sowing/reports/batch",
    response_model=BatchFiled,
    dependencies=[allow("sowing.report.file")],
)
def file_batch(session: SessionDep, batch: ReportBatch) -> BatchFiled:
    """File many figures: all of them, or none and a report by row."""
    return actions.summary(batch.items, actions.file_batch(session, batch.items))


@router.get(
    "/sowing/imports/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    dependencies=[allow("sowing.report.read")],
)
def read_template(session: SessionDep, season: Code, area: AreaCode, as_of: Day) -> Response:
    """Return the workbook of one town's week, with what stands in it."""
    content = template.workbook(session, season_code=season, town_code=area, as_of=as_of)
    name = f"sowing-{area}-{as_of}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=XLSX, headers=headers)


@router.post(
    "/sowing/imports",
    response_model=ImportReport,
    dependencies=[allow("sowing.report.file")],
)
def import_table(
    session: SessionDep,
    file: Annotated[UploadFile, File()],
    season: Annotated[Code, Form()],
    as_of: Annotated[Day | None, Form()] = None,
    dry_run: Annotated[bool, Form()] = False,
    partial: Annotated[bool, Form()] = False,
) -> ImportReport:
    """File a filled template (.xlsx) or a CSV in UTF-8 or GBK: all of it, or nothing."""
    return imports.import_table(
        session,
        file.file.read(),
        filename=file.filename or "",
        season_code=season,
        as_of=as_of,
        is_dry_run=dry_run,
        is_partial=partial,
    )


@router.get(
    "/sowing/progress",
    response_model=Progress,
    dependencies=[allow("sowing.progress.read")],
)
def read_progress(
    session: SessionDep,
    viewer: ViewerDep,
    season: Code,
    area: AreaCode | None = None,
    by: By | None = None,
    crop: Code = "GRAIN",
    as_of: Day | None = None,
    known_at: Instant | None = None,
    status: Status = Status.ACCEPTED,
) -> Progress:
    """Return sown area, plan, comparisons and coverage, by the next level down or another."""
    question = progress.Question(
        reporting.season(session, season),
        area or viewer.area_code,
        crop,
        known_at,
        status is Status.ACCEPTED,
    )
    return progress.progress(session, question, by=by.value if by else None, as_of=as_of)


@router.get("/sowing/curve", response_model=Curve, dependencies=[allow("sowing.progress.read")])
def read_curve(
    session: SessionDep,
    viewer: ViewerDep,
    season: Code,
    area: AreaCode | None = None,
    crop: Code = "GRAIN",
    until: Day | None = None,
    known_at: Instant | None = None,
) -> Curve:
    """Return the season's weeks beside last year's."""
    question = progress.Question(
        reporting.season(session, season), area or viewer.area_code, crop, known_at
    )
    return curve.curve(session, question, until=until)
