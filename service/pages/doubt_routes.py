"""The pages about doubts."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.doubts import actions
from service.doubts.models import Verdict
from service.doubts.schemas import ReplyCreate, Said, SettleCreate
from service.pages import doubt_pages
from service.pages.page import PageDep, see
from service.schemas import Id

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/doubts", dependencies=[allow("doubt.read")])
def show_doubts(page: PageDep, asked: Annotated[doubt_pages.Asked, Query()]) -> Response:
    """Show what is doubted."""
    return page.show("doubts.html", doubt_pages.register(page, asked))


@router.post("/doubts/runs", dependencies=[allow("doubt.run")])
def run(page: PageDep) -> Response:
    """Go over the books as of today."""
    actions.run(page.session, None, page.viewer.area_code)
    return see("/doubts?done=doubt-run")


@router.get("/doubts/{doubt_id}", dependencies=[allow("doubt.read")])
def show_doubt(page: PageDep, doubt_id: Id) -> Response:
    """Show one doubt."""
    return page.show("doubt.html", doubt_pages.card(page, doubt_id))


@router.post("/doubts/{doubt_id}/reply", dependencies=[allow("doubt.reply")])
def reply(page: PageDep, doubt_id: Id, text: Annotated[Said, Form()]) -> Response:
    """Answer a doubt."""
    actions.reply(page.session, doubt_id, ReplyCreate(text=text))
    return see("/doubts?done=doubt-reply")


@router.post("/doubts/{doubt_id}/settle", dependencies=[allow("doubt.settle")])
def settle(
    page: PageDep,
    doubt_id: Id,
    verdict: Annotated[Verdict, Form()],
    text: Annotated[Said, Form()],
) -> Response:
    """Decide a doubt."""
    actions.settle(page.session, doubt_id, SettleCreate(verdict=verdict, text=text))
    return see("/doubts?done=doubt-settle")
