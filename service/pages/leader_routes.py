"""The leader's page: one screen of facts, as of any day of the season."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import leader_pages
from service.pages.page import PageDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/overview", dependencies=[allow("fact.read")])
def show_overview(page: PageDep, asked: Annotated[leader_pages.Asked, Query()]) -> Response:
    """Show the facts of a day on one screen."""
    return page.show("overview.html", leader_pages.overview(page, asked))


@router.get("/overview/trends", dependencies=[allow("fact.read")])
def show_trends(page: PageDep, asked: Annotated[leader_pages.Asked, Query()]) -> Response:
    """Show the lines of the season, to be put beside the figures: they take longer to read."""
    return page.show("overview_trends.html", leader_pages.trends(page, asked))
