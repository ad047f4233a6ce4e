"""The page of prices, and what its forms do."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import price_pages
from service.pages.page import PageDep, see
from service.schemas import Id, Note, StrictRoute
from service.supply import price_actions
from service.tables import UploadDep

router = APIRouter(
    default_response_class=HTMLResponse, include_in_schema=False, route_class=StrictRoute
)
MAY_WRITE = [allow("price.write")]


@router.get("/prices", dependencies=[allow("price.read")])
def show_prices(page: PageDep, asked: Annotated[price_pages.PriceQuery, Query()]) -> Response:
    """Show how prices have moved and the newest of them."""
    return page.show("prices.html", price_pages.panel(page, asked))


@router.post("/prices", dependencies=MAY_WRITE)
def enter(page: PageDep, form: Annotated[price_pages.PriceForm, Form()]) -> Response:
    """Enter a price."""
    return price_pages.enter(page, form)


@router.post("/prices/imports", dependencies=MAY_WRITE)
def take(page: PageDep, upload: UploadDep) -> Response:
    """Try or enter a table of prices."""
    return price_pages.take(page, upload)


@router.post("/prices/{price_id}/withdraw", dependencies=MAY_WRITE)
def withdraw(page: PageDep, price_id: Id, reason: Annotated[Note, Form(min_length=1)]) -> Response:
    """Say that a price was entered in error."""
    price_actions.withdraw_price(page.session, price_id, reason)
    return see("/prices?done=price-withdrawn")
