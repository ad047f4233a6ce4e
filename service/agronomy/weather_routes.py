"""The API of the weather."""

from typing import Any

from fastapi import APIRouter, Response

from inspections.agronomy import Bed
from service import records
from service.accounts.access import allow
from service.agronomy import imports, period, stations, weather
from service.agronomy import weather_actions as actions
from service.agronomy.models import WeatherDay
from service.agronomy.weather_schemas import (
    BatchResult,
    FieldworkTable,
    SpellTable,
    StationCreate,
    StationRead,
    SuitabilityTable,
    WeatherBatch,
    WeatherCreate,
    WeatherRead,
)
from service.record_schemas import Withdraw
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
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1/weather", tags=["agronomy"], route_class=StrictRoute)
READ, WRITE = [allow("agronomy.read")], [allow("agronomy.write")]
BOOK: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {XLSX: {}}}}}


@router.get("/stations", response_model=Page[StationRead], dependencies=READ)
def list_stations(session: SessionDep, known_at: Instant | None = None) -> Page[StationRead]:
    """List the stations and grid points that serve the viewer's area."""
    return Page(items=stations.with_towns(session, stations.stations(session, known_at)))


@router.post(
    "/stations",
    status_code=201,
    response_model=StationRead,
    responses=said_already(StationRead),
    dependencies=WRITE,
)
def file_station(session: SessionDep, response: Response, given: StationCreate) -> StationRead:
    """Enter a station or grid point; with a reason, correct it."""
    found, is_new = actions.file_station(session, given)
    response.status_code = 201 if is_new else 200
    return stations.with_towns(session, [found])[0]


@router.get("", response_model=Page[WeatherRead], dependencies=READ)
def list_weather(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    station: Code | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[WeatherRead]:
    """List the days that stand, newest first; by default of the last 31 days."""
    asked = period.last_days(session, since, as_of, known_at, area, days=31)
    found = weather.days(session, asked, station=station, limit=limit, offset=cursor)
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=[WeatherRead.model_validate(each) for each in found], next=following)


@router.post(
    "",
    status_code=201,
    response_model=WeatherRead,
    responses=said_already(WeatherRead),
    dependencies=WRITE,
)
def file_day(session: SessionDep, response: Response, given: WeatherCreate) -> WeatherDay:
    """Enter one day at one station; with a reason, correct it."""
    found, is_new = actions.file_day(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post("/batch", response_model=BatchResult, dependencies=WRITE)
def file_days(session: SessionDep, given: WeatherBatch) -> BatchResult:
    """Enter up to 500 days: all of them, or none."""
    return actions.file_days(session, given)


@router.get("/imports/template", dependencies=WRITE, **BOOK)
def read_template(session: SessionDep) -> Response:
    """Return the empty workbook of daily weather."""
    return Response(template(imports.weather_layout(session)), media_type=XLSX)


@router.post("/imports", response_model=ImportReport, dependencies=WRITE)
def import_weather(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of daily weather: all of it, or nothing and a report by row."""
    return imports.import_weather(session, upload)


@router.get("/suitability", response_model=SuitabilityTable, dependencies=READ)
def read_suitability(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    bed: Bed = Bed.OPEN,
) -> SuitabilityTable:
    """Judge by town and day whether early rice can be sown; by default of the last 10 days."""
    return weather.suitability(
        session, period.last_days(session, since, as_of, known_at, area), bed
    )


@router.get("/fieldwork_days", response_model=FieldworkTable, dependencies=READ)
def read_fieldwork_days(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> FieldworkTable:
    """Count by town and week the days for fieldwork; by default of the last four weeks."""
    return weather.fieldwork(
        session, period.last_days(session, since, as_of, known_at, area, days=28)
    )


@router.get("/cold_spells", response_model=SpellTable, dependencies=READ)
def read_cold_spells(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> SpellTable:
    """Return the late-spring cold spells of a year as far as a day."""
    return weather.cold_spells(session, as_of or records.today(session), known_at, area)


@router.post("/{weather_id}/withdraw", response_model=WeatherRead, dependencies=WRITE)
def withdraw_day(session: SessionDep, weather_id: Id, given: Withdraw) -> WeatherDay:
    """Say that a day was entered in error."""
    return actions.withdraw_day(session, weather_id, given.reason)
