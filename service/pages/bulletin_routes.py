"""The pages about facts and bulletins."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.bulletins import actions
from service.bulletins.schemas import CorrectionCreate, Review, Revise
from service.pages import bulletin_pages
from service.pages.page import PageDep, see
from service.pages.visit_forms import Absent, checked
from service.schemas import Id

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ, WRITE = [allow("bulletin.read")], [allow("bulletin.write")]


@router.get("/facts", dependencies=[allow("fact.read")])
def show_facts(page: PageDep, asked: Annotated[bulletin_pages.Asked, Query()]) -> Response:
    """Show every fact of a day."""
    return page.show("facts.html", bulletin_pages.fact_table(page, asked))


@router.get("/facts/{code}", dependencies=[allow("fact.read")])
def show_rows(
    page: PageDep, code: str, asked: Annotated[bulletin_pages.Asked, Query()]
) -> Response:
    """Show the rows behind one fact."""
    return page.show("fact.html", bulletin_pages.fact_rows(page, code, asked))


@router.get("/bulletins", dependencies=READ)
def show_bulletins(page: PageDep) -> Response:
    """Show the bulletins."""
    return page.show("bulletins.html", bulletin_pages.bulletin_list(page))


@router.post("/bulletins", dependencies=WRITE)
def draft(page: PageDep, form: Annotated[bulletin_pages.DraftForm, Form()]) -> Response:
    """Enter a draft."""
    found, _ = actions.draft(page.session, form.as_draft(page.viewer.area_code))
    return see(f"/bulletins/{found.id}?done=bulletin-draft")


@router.get("/bulletins/{bulletin_id}", dependencies=READ)
def show_bulletin(page: PageDep, bulletin_id: Id) -> Response:
    """Show one bulletin."""
    return page.show("bulletin.html", bulletin_pages.bulletin_card(page, bulletin_id))


@router.post("/bulletins/{bulletin_id}/revise", dependencies=WRITE)
def revise(
    page: PageDep,
    bulletin_id: Id,
    id: Annotated[Id, Form()],
    template: Annotated[str, Form()] = "",
) -> Response:
    """Put another text in place."""
    actions.revise(page.session, bulletin_id, checked(Revise, {"id": id, "template": template}))
    return see(f"/bulletins/{bulletin_id}?done=bulletin-revise")


@router.post("/bulletins/{bulletin_id}/review", dependencies=WRITE)
def review(
    page: PageDep,
    bulletin_id: Id,
    id: Annotated[Id, Form()],
    note: Annotated[Absent, Form()] = None,
) -> Response:
    """Say that a second person has read it."""
    actions.review(page.session, bulletin_id, checked(Review, {"id": id, "note": note}))
    return see(f"/bulletins/{bulletin_id}?done=bulletin-review")


@router.post("/bulletins/{bulletin_id}/issue", dependencies=WRITE)
def issue(
    page: PageDep, bulletin_id: Id, form: Annotated[bulletin_pages.IssueForm, Form()]
) -> Response:
    """Issue it."""
    actions.issue(page.session, bulletin_id, form.as_issue())
    return see(f"/bulletins/{bulletin_id}?done=bulletin-issue")


@router.post("/bulletins/{bulletin_id}/correct", dependencies=WRITE)
def correct(
    page: PageDep,
    bulletin_id: Id,
    id: Annotated[Id, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Draft the issue that is to take its place."""
    given = checked(CorrectionCreate, {"id": id, "reason": reason})
    found, _ = actions.correct(page.session, bulletin_id, given)
    return see(f"/bulletins/{found.id}?done=bulletin-correct")
