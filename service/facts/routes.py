"""The API of facts."""

from fastapi import APIRouter

from service import records
from service.accounts.access import ViewerDep, allow
from service.facts import linting, queries
from service.facts.lint_schemas import LintAnswer, LintCreate
from service.facts.schemas import FactRow, FactValue
from service.schemas import AreaCode, Day, Instant, Page, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["facts"], route_class=StrictRoute)
READ = [allow("fact.read")]


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
