"""The API of reservoirs."""

from typing import Any

from fastapi import APIRouter, Response

from service import records
from service.accounts.access import allow
from service.agronomy import imports, period, water
from service.agronomy import water_actions as actions
from service.agronomy.models import Reservoir, ReservoirReading
from service.agronomy.water_schemas import (
    ReadingCreate,
    ReadingRead,
    ReservoirCreate,
    ReservoirRead,
    ReservoirSummary,
)
from service.record_schemas import Withdraw
from service.schemas import AreaCode, Code, Day, Id, Instant, Page, Since, StrictRoute, said_already
from service.security import SessionDep
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1/reservoirs", tags=["agronomy"], route_class=StrictRoute)
READ, WRITE = [allow("agronomy.read")], [allow("agronomy.write")]
BOOK: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {XLSX: {}}}}}


@router.get("", response_model=Page[ReservoirRead], dependencies=READ)
def list_reservoirs(
    session: SessionDep, known_at: Instant | None = None, area: AreaCode = ""
) -> Page[ReservoirRead]:
    """List the reservoirs of an area."""
    found = water.reservoirs(session, area=area, known_at=known_at)
    return Page(items=[ReservoirRead.model_validate(each) for each in found])


@router.post(
    "",
    status_code=201,
    response_model=ReservoirRead,
    responses=said_already(ReservoirRead),
    dependencies=WRITE,
)
def file_reservoir(session: SessionDep, response: Response, given: ReservoirCreate) -> Reservoir:
    """Enter a reservoir; with a reason, correct it."""
    found, is_new = actions.file_reservoir(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/summary", response_model=ReservoirSummary, dependencies=READ)
def read_summary(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> ReservoirSummary:
    """Return the water of a day per mu, against what early rice needs in its stage."""
    return water.summary(session, as_of or records.today(session), known_at, area)


@router.get("/readings", response_model=Page[ReadingRead], dependencies=READ)
def list_readings(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    reservoir: Code | None = None,
) -> Page[ReadingRead]:
    """List the readings of a period that stand; by default of this year."""
    asked = period.year_to(session, since, as_of, known_at, area)
    found = water.readings(session, asked, code=reservoir)
    return Page(items=[ReadingRead.model_validate(each) for each in found])


@router.post(
    "/readings",
    status_code=201,
    response_model=ReadingRead,
    responses=said_already(ReadingRead),
    dependencies=WRITE,
)
def file_reading(session: SessionDep, response: Response, given: ReadingCreate) -> ReservoirReading:
    """Enter what a reservoir held on a day; with a reason, correct it."""
    found, is_new = actions.file_reading(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/readings/imports/template", dependencies=WRITE, **BOOK)
def read_template(session: SessionDep) -> Response:
    """Return the empty workbook of readings."""
    return Response(template(imports.reading_layout(session)), media_type=XLSX)


@router.post("/readings/imports", response_model=ImportReport, dependencies=WRITE)
def import_readings(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of readings: all of it, or nothing and a report by row."""
    return imports.import_readings(session, upload)


@router.post("/readings/{reading_id}/withdraw", response_model=ReadingRead, dependencies=WRITE)
def withdraw_reading(session: SessionDep, reading_id: Id, given: Withdraw) -> ReservoirReading:
    """Say that a reading was entered in error."""
    return actions.withdraw_reading(session, reading_id, given.reason)
