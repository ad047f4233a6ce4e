"""The pages of farm inputs and of the stock ledger."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import supply_pages
from service.pages.page import PageDep
from service.schemas import StrictRoute

router = APIRouter(
    default_response_class=HTMLResponse, include_in_schema=False, route_class=StrictRoute
)
READ = [allow("stock.adequacy.read")]


@router.get("/supply", dependencies=READ)
def show_supply(page: PageDep, asked: Annotated[supply_pages.Asked, Query()]) -> Response:
    """Show whether farm inputs last."""
    return page.show("supply.html", supply_pages.overview(page, asked))


@router.get("/supply/rows", dependencies=READ)
def show_rows(page: PageDep, asked: Annotated[supply_pages.RowsAsked, Query()]) -> Response:
    """Show the balances behind one cell."""
    return page.show("supply_rows.html", supply_pages.rows(page, asked))
