"""The API of the outlet register."""

from fastapi import APIRouter, Response

from service import records
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
    StrictRoute,
    said_already,
)
from service.security import SessionDep
from service.supply import outlet_actions as actions
from service.supply import outlet_findings, outlets
from service.supply import outlet_imports as imports
from service.supply.models import Category, Licence, Status
from service.supply.outlet_schemas import (
    ChangeCreate,
    LicenceCreate,
    LicenceRead,
    MergeCreate,
    OperatorCreate,
    OutletCard,
    OutletCounts,
    OutletCreate,
    OutletFinding,
    OutletRead,
)
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)


@router.get("/outlets", response_model=Page[OutletRead], dependencies=[allow("outlet.read")])
def list_outlets(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    status: Status | None = None,
    category: Category | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[OutletRead]:
    """List the outlets in view as they are on a day."""
    asked = outlets.Question(as_of or records.today(session), known_at)
    return outlets.page(
        session, asked, area=area, status=status, category=category, cut=(cursor, limit)
    )


@router.post(
    "/outlets",
    status_code=201,
    response_model=OutletRead,
    responses=said_already(OutletRead),
    dependencies=[allow("outlet.write")],
)
def open_outlet(session: SessionDep, response: Response, given: OutletCreate) -> OutletRead:
    """Enter a new outlet; 200 where it stands already."""
    found, is_new = actions.open_outlet(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/outlets/counts", response_model=OutletCounts, dependencies=[allow("outlet.count")])
def count_outlets(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> OutletCounts:
    """Count the active outlets of a day, by category and town."""
    asked = outlets.Question(as_of or records.today(session), known_at)
    return outlet_findings.counts(session, asked, area=area)


@router.get(
    "/outlets/findings", response_model=Page[OutletFinding], dependencies=[allow("outlet.count")]
)
def list_findings(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[OutletFinding]:
    """List what about the active outlets wants attention."""
    asked = outlets.Question(as_of or records.today(session), known_at)
    return Page(items=outlet_findings.findings(session, asked, area=area))


@router.get(
    "/outlets/imports/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    dependencies=[allow("outlet.write")],
)
def read_template() -> Response:
    """Return the empty workbook of the register."""
    headers = {"Content-Disposition": 'attachment; filename="outlets.xlsx"'}
    return Response(template(imports.LAYOUT), media_type=XLSX, headers=headers)


@router.post("/outlets/imports", response_model=ImportReport, dependencies=[allow("outlet.write")])
def import_outlets(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of outlets: all of it, or nothing and a report by row."""
    return imports.import_outlets(session, upload)


@router.get("/outlets/{outlet_id}", response_model=OutletCard, dependencies=[allow("outlet.read")])
def read_outlet(session: SessionDep, outlet_id: Id) -> OutletCard:
    """Return an outlet with its life and its licences."""
    return outlets.card(session, outlet_id)


@router.post(
    "/outlets/{outlet_id}/changes",
    status_code=201,
    response_model=OutletRead,
    responses=said_already(OutletRead),
    dependencies=[allow("outlet.write")],
)
def change_outlet(
    session: SessionDep, response: Response, outlet_id: Id, given: ChangeCreate
) -> OutletRead:
    """Enter what happened to an outlet on a day."""
    found, is_new = actions.change_outlet(session, outlet_id, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/outlets/{outlet_id}/merge", response_model=OutletRead, dependencies=[allow("outlet.write")]
)
def merge_outlet(session: SessionDep, outlet_id: Id, given: MergeCreate) -> OutletRead:
    """Say that an outlet is a double of another."""
    return actions.merge(session, outlet_id, given)


@router.post(
    "/outlets/{outlet_id}/operator",
    response_model=OutletRead,
    dependencies=[allow("outlet.write")],
)
def name_operator(session: SessionDep, outlet_id: Id, given: OperatorCreate) -> OutletRead:
    """Let an outlet account speak for this outlet."""
    return actions.name_operator(session, outlet_id, given)


@router.get("/licences", response_model=Page[LicenceRead], dependencies=[allow("outlet.read")])
def list_licences(
    session: SessionDep, outlet: Id | None = None, known_at: Instant | None = None
) -> Page[LicenceRead]:
    """List the licences in view that hold."""
    return outlets.licences(session, outlet, known_at)


@router.post(
    "/licences",
    status_code=201,
    response_model=LicenceRead,
    responses=said_already(LicenceRead),
    dependencies=[allow("outlet.write")],
)
def file_licence(session: SessionDep, response: Response, given: LicenceCreate) -> Licence:
    """Enter a licence, or its correction."""
    found, is_new = actions.file_licence(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/licences/{licence_id}/withdraw",
    response_model=LicenceRead,
    dependencies=[allow("outlet.write")],
)
def withdraw_licence(session: SessionDep, licence_id: Id, given: Withdraw) -> Licence:
    """Say that a licence was entered in error."""
    return actions.withdraw_licence(session, licence_id, given.reason)
