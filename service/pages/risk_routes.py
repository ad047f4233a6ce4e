"""The pages about verdicts on parcels."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import risk_pages
from service.pages.page import PageDep
from service.schemas import Id

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ = [allow("verdict.read")]


@router.get("/risk", dependencies=READ)
def show_risk(page: PageDep, asked: Annotated[risk_pages.Asked, Query()]) -> Response:
    """Show the map of verdicts, and the same as a list."""
    return risk_pages.show(page, asked)


@router.get("/risk/verdicts", dependencies=READ)
def draw_risk(page: PageDep, asked: Annotated[risk_pages.Drawn, Query()]) -> Response:
    """Return what the map draws of a box."""
    return risk_pages.drawn(page, asked)


@router.get("/risk/{uid}", dependencies=READ)
def show_parcel(page: PageDep, uid: Id) -> Response:
    """Show what was judged of one parcel, and why."""
    return page.show("risk_parcel.html", risk_pages.parcel(page, uid))
