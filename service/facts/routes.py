"""The API of facts."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from service import records
from service.accounts.access import ViewerDep, allow
from service.facts import linting, queries, rules
from service.facts.lint_schemas import LintAnswer, LintCreate
from service.facts.schemas import DayFacts, FactRow, FactValue
from service.schemas import AreaCode, Day, Instant, Page, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["facts"], route_class=StrictRoute)
READ = [allow("fact.read")]
FactCode = Annotated[str, Field(pattern=r"^[a-z_]{1,32}(\.[a-z_]{1,32}){0,3}$")]


@router.get("/facts", response_model=Page[FactValue], dependencies=READ)
def list_facts(
    session: SessionDep,
    viewer: ViewerDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
) -> Page[FactValue]:
    """Return every fact of a day: value, coverage, doubts, age and digest."""
    day = as_of or records.today(session)
    question = queries.asked(session, area or viewer.area_code, day, known_at)
    return Page(items=list(queries.facts(session, question).values()))


@router.get("/facts/series", response_model=Page[DayFacts], dependencies=READ)
def list_series(
    session: SessionDep,
    viewer: ViewerDep,
    since: Day | None = None,
    as_of: Day | None = None,
    step_days: Annotated[int, Query(ge=1, le=366)] = 7,
    code: Annotated[list[FactCode] | None, Query(max_length=100)] = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
) -> Page[DayFacts]:
    """Return the facts of several days, from one until another in equal steps; 52 by default."""
    until = as_of or records.today(session)
    days = rules.days(since or rules.usual_start(until, step_days), until, step_days)
    questions = [queries.asked(session, area or viewer.area_code, day, known_at) for day in days]
    return Page(items=queries.series(session, questions, code))


@router.get("/facts/{code}", response_model=FactValue, dependencies=READ)
def read_fact(
    session: SessionDep,
    viewer: ViewerDep,
    code: str,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
) -> FactValue:
    """Return one fact of a day."""
    day = as_of or records.today(session)
    question = queries.asked(session, area or viewer.area_code, day, known_at)
    return queries.facts(session, question, [code])[code]


@router.get("/facts/{code}/rows", response_model=Page[FactRow], dependencies=READ)
def list_rows(
    session: SessionDep,
    viewer: ViewerDep,
    code: str,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode | None = None,
) -> Page[FactRow]:
    """Return the rows behind a fact, with who entered and who approved them."""
    day = as_of or records.today(session)
    question = queries.asked(session, area or viewer.area_code, day, known_at)
    return Page(items=queries.rows(session, question, code))


@router.post("/lint", response_model=LintAnswer, dependencies=READ)
def lint(session: SessionDep, viewer: ViewerDep, given: LintCreate) -> LintAnswer:
    """Judge every figure of a text by the facts of a day; nothing is stored."""
    day = given.as_of or records.today(session)
    area = given.area or viewer.area_code
    return linting.lint(session, given.text, queries.asked(session, area, day, given.known_at))
