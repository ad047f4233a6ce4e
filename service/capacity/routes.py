"""The API of the machines' capacity."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.accounts.access import ViewerDep, allow
from service.capacity import queries
from service.capacity.schemas import Capacity
from service.reporting import queries as reporting
from service.schemas import AreaCode, Code, Day, Instant, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["machinery"], route_class=StrictRoute)
DaysLeft = Annotated[int | None, Query(ge=0, le=120)]


@router.get(
    "/machinery/capacity",
    response_model=Capacity,
    dependencies=[allow("machinery.capacity.read")],
)
def read_capacity(
    session: SessionDep,
    viewer: ViewerDep,
    season: Code,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
    days_left: DaysLeft = None,
) -> Capacity:
    """Return what fit machines can work in the days left, beside the area left, by town."""
    found = reporting.season(session, season)
    day = as_of or queries.default_day(session, found)
    asked = queries.Question(found, area or viewer.area_code, day, known_at, days_left)
    return queries.capacity(session, asked)
