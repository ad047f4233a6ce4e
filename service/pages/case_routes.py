"""The pages about leads and cases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from inspections.case_words import Purpose, Shows
from service.accounts.access import allow
from service.cases import actions, evidence_actions, pictures, term_actions
from service.cases.evidence_actions import Paper
from service.cases.pictures import Taken
from service.cases.routes import paper
from service.pages import case_forms, case_map, case_pages, case_visit, term_forms
from service.pages.board import BLANK
from service.pages.page import PageDep, see
from service.photos.headers import MAX_BYTES
from service.photos.routes import StoreDep, declared
from service.photos.schemas import Declared
from service.schemas import Id

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ, EVIDENCE = [allow("case.read")], [allow("case.evidence")]
TERM = [allow("case.term")]


@router.get("/leads", dependencies=READ)
def show_leads(page: PageDep, asked: Annotated[case_pages.Asked, Query()]) -> Response:
    """Show the leads that wait."""
    return page.show("leads.html", case_pages.leads(page, asked))


@router.get("/cases", dependencies=READ)
def show_cases(page: PageDep, asked: Annotated[case_pages.Asked, Query()]) -> Response:
    """Show the cases in hand."""
    return page.show("cases.html", case_pages.cases(page, asked))


@router.get("/cases/{case_id}", dependencies=READ)
def show_case(page: PageDep, case_id: Id) -> Response:
    """Show one case."""
    return case_map.show(page, case_pages.card(page, case_id))


@router.get("/cases/{case_id}/visit", dependencies=EVIDENCE)
def show_visit(page: PageDep, case_id: Id, asked: Annotated[case_visit.Asked, Query()]) -> Response:
    """Show what the field needs of a case."""
    return page.show("case_visit.html", case_visit.visit(page, case_id, asked))


@router.post("/cases/{case_id}/photos", dependencies=EVIDENCE)
def take_photo(
    page: PageDep,
    store: StoreDep,
    case_id: Id,
    id: Annotated[Id, Form()],
    purpose: Annotated[Purpose, Form()],
    file: Annotated[UploadFile, File()],
    said: Annotated[Declared, Depends(declared)],
    shows: Annotated[Shows | None, Form(), BLANK] = None,
) -> Response:
    """Keep a photo of a case, and judge it."""
    taken = Taken(id, file.file.read(MAX_BYTES + 1), purpose, shows, said)
    found, _ = pictures.take_photo(page.session, store, case_id, taken)
    return _back(case_id, "visit", "case-evidence", found.id)


@router.post("/cases/{case_id}/steps", dependencies=[allow("case.move")])
def take_step(page: PageDep, case_id: Id, form: Annotated[case_forms.StepForm, Form()]) -> Response:
    """Take a step of a case."""
    actions.move(page.session, case_id, form.as_step())
    return _back(case_id, form.back, "case-step")


@router.post("/cases/{case_id}/evidence", dependencies=EVIDENCE)
def bring(page: PageDep, case_id: Id, form: Annotated[case_forms.EvidenceForm, Form()]) -> Response:
    """Bring a piece of evidence that is not a file."""
    found, _ = evidence_actions.add_evidence(page.session, case_id, form.as_evidence())
    return _back(case_id, form.back, "case-evidence", found.id)


@router.post("/cases/{case_id}/documents", dependencies=EVIDENCE)
def bring_paper(
    page: PageDep, store: StoreDep, case_id: Id, given: Annotated[Paper, Depends(paper)]
) -> Response:
    """Keep a scanned document."""
    found, _ = evidence_actions.add_document(page.session, store, case_id, given)
    return _back(case_id, "", "case-evidence", found.id)


@router.post("/cases/{case_id}/terms", dependencies=TERM)
def begin_term(
    page: PageDep, case_id: Id, form: Annotated[term_forms.TermForm, Form()]
) -> Response:
    """Begin a term of a case."""
    term_actions.begin(page.session, case_id, form.as_term())
    return see(f"/cases/{case_id}?done=case-term#terms")


@router.post("/cases/{case_id}/terms/{term_id}/steps", dependencies=TERM)
def step_term(
    page: PageDep, case_id: Id, term_id: Id, form: Annotated[term_forms.TermStepForm, Form()]
) -> Response:
    """Take a step of a term."""
    term_actions.step(page.session, case_id, term_id, form.as_step())
    return see(f"/cases/{case_id}?done=case-term-step#term-{term_id}")


def _back(case_id: UUID, back: case_forms.Back, done: str, brought: UUID | None = None) -> Response:
    if back == "leads":
        return see(f"/leads?done={done}")
    where = f"/cases/{case_id}" + ("/visit" if back == "visit" else "")
    told = f"&brought={brought}#brought" if brought else ""
    return see(f"{where}?done={done}{told}")
