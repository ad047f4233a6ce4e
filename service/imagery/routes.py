"""The API of observations from imagery."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.accounts.access import allow
from service.imagery import imports, queries
from service.imagery.schemas import ObservationRead
from service.schemas import FIRST_DAY, LAST_DAY, Day, Id, Instant, Page, StrictRoute
from service.security import SessionDep
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1", tags=["signals"], route_class=StrictRoute)
READ, IMPORT = [allow("observation.read")], [allow("observation.import")]


@router.get("/parcels/{uid}/observations", response_model=Page[ObservationRead], dependencies=READ)
def list_observations(
    session: SessionDep,
    uid: Id,
    since: Annotated[Day, Query(alias="from")] = FIRST_DAY,
    until: Annotated[Day, Query(alias="to")] = LAST_DAY,
    known_at: Instant | None = None,
) -> Page[ObservationRead]:
    """List the observations of a parcel, each with its values or the reason it has none."""
    found = queries.observations(session, uid, since=since, until=until, known_at=known_at)
    return Page(items=found)


@router.get(
    "/observations/imports/template",
    dependencies=IMPORT,
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
def read_observation_template() -> Response:
    """Return the empty workbook of observations."""
    headers = {"Content-Disposition": 'attachment; filename="observations.xlsx"'}
    return Response(template(imports.LAYOUT), media_type=XLSX, headers=headers)


@router.post("/observations/imports", response_model=ImportReport, dependencies=IMPORT)
def import_observations(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of observations: all of it, or nothing and a report by row."""
    return imports.import_observations(session, upload)
