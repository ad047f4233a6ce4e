"""The API of areas."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.accounts.access import allow
from service.areas import queries
from service.areas.models import Area
from service.areas.schemas import AreaRead
from service.database import clock_of
from service.schemas import AreaCode, Day, Page, StrictRoute, civil_day
from service.security import SessionDep

router = APIRouter(prefix="/api/v1/areas", tags=["areas"], route_class=StrictRoute)


@router.get("", response_model=Page[AreaRead], dependencies=[allow("area.read")])
def list_areas(
    session: SessionDep,
    parent: AreaCode | None = None,
    on: Day | None = None,
    cursor: AreaCode | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> Page[AreaRead]:
    """List areas in view that exist on a day, all or the children of one."""
    day = on or civil_day(clock_of(session)())
    found, following = queries.areas_page(session, parent=parent, on=day, after=cursor, limit=limit)
    return Page(items=[AreaRead.model_validate(each) for each in found], next=following)


@router.get("/{area_code}", response_model=AreaRead, dependencies=[allow("area.read")])
def read_area(session: SessionDep, area_code: AreaCode) -> Area:
    """Return one area."""
    return queries.area(session, area_code)
