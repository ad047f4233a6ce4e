"""The API of verdicts and screenings."""

from typing import Annotated

from fastapi import APIRouter, Query

from inspections.fusion_words import VerdictClass
from service.accounts.access import ViewerDep, allow
from service.parcels.schemas import BoxText
from service.schemas import AreaCode, Code, Cursor, Day, Id, Limit, Page, StrictRoute
from service.screening import actions, queries
from service.screening.models import Screening
from service.screening.queries import Wanted
from service.screening.schemas import (
    ParcelVerdicts,
    ScreeningCreate,
    ScreeningRead,
    VerdictRead,
)
from service.security import SessionDep
from service.space import Box

router = APIRouter(prefix="/api/v1", tags=["screening"], route_class=StrictRoute)
READ = [allow("verdict.read")]
Bbox = Annotated[BoxText, Query()]
Class = Annotated[VerdictClass | None, Query(alias="class")]


@router.get("/verdicts", response_model=Page[VerdictRead], dependencies=READ)
def list_verdicts(
    session: SessionDep,
    bbox: Bbox | None = None,
    area: AreaCode = "",
    verdict_class: Class = None,
    season: Code | None = None,
    as_of: Day | None = None,
    is_urgent: bool | None = None,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[VerdictRead]:
    """List the verdicts that stand, or stood on a day, the gravest first."""
    box = Box(*bbox) if bbox else None
    wanted = Wanted(area, box, verdict_class, season, as_of, is_urgent=is_urgent)
    return queries.page(session, wanted, offset=cursor, limit=limit)


@router.get("/verdicts/{parcel}", response_model=ParcelVerdicts, dependencies=READ)
def read_verdicts(session: SessionDep, parcel: Id, season: Code | None = None) -> ParcelVerdicts:
    """Return what is and was said of a parcel, with the reasoning."""
    return queries.of_parcel(session, parcel, season)


@router.get("/screenings", response_model=Page[ScreeningRead], dependencies=READ)
def list_screenings(
    session: SessionDep, cursor: Cursor = 0, limit: Limit = 100
) -> Page[ScreeningRead]:
    """List the screenings, the newest first."""
    return queries.screenings(session, offset=cursor, limit=limit)


@router.post(
    "/screenings",
    status_code=201,
    response_model=ScreeningRead,
    dependencies=[allow("screening.run")],
)
def screen(session: SessionDep, viewer: ViewerDep, given: ScreeningCreate) -> Screening:
    """Screen an area as of a day; what has not changed stays, and a machine opens only leads."""
    wanted = actions.wanted(
        session,
        as_of=given.as_of,
        area_code=given.area_code or viewer.area_code,
        season=given.season,
    )
    return actions.screen(session, wanted)
