"""The API of the terms of cases."""

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.cases import queries, term_actions, terms
from service.cases.term_schemas import TermCreate, TermRead, TermStepCreate
from service.schemas import Id, Page, StrictRoute, said_already
from service.security import SessionDep

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], route_class=StrictRoute)
WRITE = [allow("case.term")]


@router.get("/{case_id}/terms", response_model=Page[TermRead], dependencies=[allow("case.read")])
def list_terms(session: SessionDep, case_id: Id) -> Page[TermRead]:
    """List the terms of the law that run, or ran, on a case."""
    return Page(items=terms.shown(session, queries.case(session, case_id).id))


@router.post(
    "/{case_id}/terms",
    status_code=201,
    response_model=TermRead,
    responses=said_already(TermRead),
    dependencies=WRITE,
)
def begin_term(session: SessionDep, response: Response, case_id: Id, given: TermCreate) -> TermRead:
    """Begin a term: the decision, a preservation, a hearing, service, payment, withdrawal."""
    row, is_new = term_actions.begin(session, case_id, given)
    response.status_code = 201 if is_new else 200
    return terms.one_shown(session, row)


@router.post(
    "/{case_id}/terms/{term_id}/steps",
    status_code=201,
    response_model=TermRead,
    responses=said_already(TermRead),
    dependencies=WRITE,
)
def step_term(
    session: SessionDep, response: Response, case_id: Id, term_id: Id, given: TermStepCreate
) -> TermRead:
    """Take a step of a term: ask, grant, draft, review, approve, done; each by whom it may be."""
    row, is_new = term_actions.step(session, case_id, term_id, given)
    response.status_code = 201 if is_new else 200
    return terms.one_shown(session, row)
