"""The API of adequacy."""

from fastapi import APIRouter

from service import records
from service.accounts.access import ViewerDep, allow
from service.adequacy import queries
from service.adequacy.schemas import Adequacy
from service.reporting import queries as reporting
from service.schemas import AreaCode, Code, Day, Instant, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)


@router.get("/stock/adequacy", response_model=Adequacy, dependencies=[allow("stock.adequacy.read")])
def read_adequacy(
    session: SessionDep,
    viewer: ViewerDep,
    season: Code,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
) -> Adequacy:
    """Return whether farm inputs last: the first week of shortfall by town and commodity."""
    found = reporting.season(session, season)
    day = as_of or min(records.today(session), found.ends_on)
    asked = queries.Asked(found, area or viewer.area_code, day, known_at)
    return queries.adequacy(session, asked)
