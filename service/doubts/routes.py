"""The API of doubts."""

from fastapi import APIRouter, Response

from inspections.doubts.doubt import Book
from service import records
from service.accounts.access import ViewerDep, allow
from service.areas import queries as areas
from service.doubts import actions, quality, queries
from service.doubts.models import DoubtRun
from service.doubts.quality import TownQuality
from service.doubts.queries import Filter
from service.doubts.schemas import (
    DoubtCard,
    DoubtRead,
    ReplyCreate,
    RuleCode,
    RunCreate,
    RunRead,
    SettleCreate,
    SkippedChecks,
)
from service.doubts.states import State
from service.schemas import AreaCode, Cursor, Day, Id, Limit, Page, StrictRoute, said_already
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["doubts"], route_class=StrictRoute)
READ = [allow("doubt.read")]


@router.get("/doubts", response_model=Page[DoubtRead], dependencies=READ)
def list_doubts(
    session: SessionDep,
    state: State | None = None,
    is_open: bool | None = None,
    area: AreaCode = "",
    rule: RuleCode | None = None,
    book: Book | None = None,
    is_overdue: bool = False,
    cursor: Cursor = 0,
    limit: Limit = 500,
) -> Page[DoubtRead]:
    """List doubts, the newest first."""
    overdue_on = records.today(session) if is_overdue else None
    wanted = Filter(state, is_open, area, rule, book, overdue_on)
    return queries.page(session, wanted, offset=cursor, limit=limit)


@router.post(
    "/doubts/runs", status_code=201, response_model=RunRead, dependencies=[allow("doubt.run")]
)
def run(session: SessionDep, viewer: ViewerDep, given: RunCreate) -> DoubtRun:
    """Go over the books as of a day; open what is found, close what is gone."""
    return actions.run(session, given.as_of, given.area_code or viewer.area_code)


@router.get(
    "/doubts/quality", response_model=Page[TownQuality], dependencies=[allow("doubt.settle")]
)
def list_quality(
    session: SessionDep, viewer: ViewerDep, as_of: Day | None = None, area: AreaCode | None = None
) -> Page[TownQuality]:
    """List how towns answer, in order of code, with the villages drawn for a second look."""
    day = as_of or records.today(session)
    code = area or viewer.area_code
    areas.refuse_out_of_view(session, code)
    return Page(items=quality.towns(session, day, code))


@router.get("/doubts/skipped", response_model=SkippedChecks, dependencies=READ)
def list_skipped(session: SessionDep) -> SkippedChecks:
    """List the checks that the last run could not make, and what is missing."""
    return queries.skipped(session)


@router.get("/doubts/{doubt_id}", response_model=DoubtCard, dependencies=READ)
def read_doubt(session: SessionDep, doubt_id: Id) -> DoubtCard:
    """Return one doubt with its evidence and its life."""
    return queries.card(session, doubt_id)


@router.post(
    "/doubts/{doubt_id}/reply",
    status_code=201,
    response_model=DoubtCard,
    responses=said_already(DoubtCard),
    dependencies=[allow("doubt.reply")],
)
def reply(session: SessionDep, response: Response, doubt_id: Id, given: ReplyCreate) -> DoubtCard:
    """Answer a doubt."""
    found, is_new = actions.reply(session, doubt_id, given)
    response.status_code = 201 if is_new else 200
    return queries.card(session, found.id)


@router.post(
    "/doubts/{doubt_id}/settle",
    status_code=201,
    response_model=DoubtCard,
    responses=said_already(DoubtCard),
    dependencies=[allow("doubt.settle")],
)
def settle(session: SessionDep, response: Response, doubt_id: Id, given: SettleCreate) -> DoubtCard:
    """Decide a doubt: confirmed, corrected or upheld."""
    found, is_new = actions.settle(session, doubt_id, given)
    response.status_code = 201 if is_new else 200
    return queries.card(session, found.id)
