"""The pages of farm inputs and of the stock ledger."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import entry, stock_pages, supply_pages
from service.pages.page import PageDep, PageFrame, see
from service.pages.stock_pages import ReversalForm, Said, StockForm
from service.schemas import Id, StrictRoute
from service.tables import UploadDep

router = APIRouter(
    default_response_class=HTMLResponse, include_in_schema=False, route_class=StrictRoute
)
READ, WRITE = [allow("stock.adequacy.read")], [allow("stock.write")]


@router.get("/supply", dependencies=READ)
def show_supply(page: PageDep, asked: Annotated[supply_pages.Asked, Query()]) -> Response:
    """Show whether farm inputs last."""
    return page.show("supply.html", supply_pages.overview(page, asked))


@router.get("/supply/rows", dependencies=READ)
def show_rows(page: PageDep, asked: Annotated[supply_pages.RowsAsked, Query()]) -> Response:
    """Show the balances behind one cell."""
    return page.show("supply_rows.html", supply_pages.rows(page, asked))


def _again(page: PageFrame, outlet_id: Id | None, said: Said) -> Response:
    """Show the desk with what was sent, and what is said of it."""
    asked = stock_pages.Asked(outlet=outlet_id)
    answer = page.show("stock.html", stock_pages.desk(page, asked, said))
    is_taken = said.brought is not None and said.brought["report"] is not None
    answer.status_code = 200 if is_taken else 422
    return answer


@router.get("/stock", dependencies=WRITE)
def show_desk(page: PageDep, asked: Annotated[stock_pages.Asked, Query()]) -> Response:
    """Show the stock of an outlet, and the form to enter an event."""
    return page.show("stock.html", stock_pages.desk(page, asked))


@router.post("/stock", dependencies=WRITE)
def enter(page: PageDep, form: Annotated[StockForm, Form()]) -> Response:
    """Enter an event."""
    problem = stock_pages.enter(page, form)
    if problem is not None:
        return _again(page, form.outlet_id, Said(form=form, problem=problem))
    where = f"/stock?outlet={form.outlet_id}&kind={form.kind}&on={form.occurred_on}"
    return see(f"{where}&done=stock-event")


@router.post("/stock/events/{event_id}/reversals", dependencies=WRITE)
def reverse(page: PageDep, event_id: Id, form: Annotated[ReversalForm, Form()]) -> Response:
    """Take an event back."""
    problem = stock_pages.reverse(page, event_id, form)
    if problem is not None:
        said = Said(problem=problem, reversal=(event_id, form))
        return _again(page, form.outlet_id, said)
    return see(f"/stock?outlet={form.outlet_id}&done=stock-reversal")


@router.post("/stock/imports", dependencies=[allow("stock.import")])
def bring_table(page: PageDep, upload: UploadDep) -> Response:
    """Take a table of ledger lines, or only examine it."""
    return _again(page, None, Said(brought=entry.bring(page, "stock_events", upload)))
