"""The pages about outlets."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import outlet_pages
from service.pages.page import PageDep, see
from service.schemas import Day, Id, Note
from service.supply import outlet_actions as actions
from service.supply.models import Change
from service.supply.outlet_schemas import ChangeCreate

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/outlets", dependencies=[allow("outlet.read")])
def show_register(page: PageDep, asked: Annotated[outlet_pages.Asked, Query()]) -> Response:
    """Show the outlets of a day."""
    return page.show("outlets.html", outlet_pages.register(page, asked))


@router.get("/outlets/{outlet_id}", dependencies=[allow("outlet.read")])
def show_card(page: PageDep, outlet_id: Id) -> Response:
    """Show one outlet."""
    return page.show("outlet.html", outlet_pages.card(page, outlet_id))


@router.post("/outlets/{outlet_id}/changes", dependencies=[allow("outlet.write")])
def change(
    page: PageDep,
    outlet_id: Id,
    what: Annotated[Change, Form()],
    valid_from: Annotated[Day, Form()],
    reason: Annotated[Note, Form(min_length=1)],
) -> Response:
    """Enter what happened to an outlet."""
    given = ChangeCreate(change=what, valid_from=valid_from, reason=reason)
    actions.change_outlet(page.session, outlet_id, given)
    return see(f"/outlets/{outlet_id}?done=outlet-change")
