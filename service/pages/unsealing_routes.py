"""The pages on which what is sealed of a tip is asked for, answered and opened."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import unsealing_pages
from service.pages.page import PageDep, see
from service.photos.routes import StoreDep
from service.schemas import Id
from service.signals import tip_routes, unsealing
from service.signals.tip_routes import BoxDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ, UNSEAL = [allow("tip.unseal.read")], [allow("tip.unseal")]


@router.get("/unsealings", dependencies=READ)
def show_orders(page: PageDep, asked: Annotated[unsealing_pages.Asked, Query()]) -> Response:
    """Show the orders to unseal."""
    return page.show("unsealings.html", unsealing_pages.register(page, asked))


@router.get("/unsealings/{unsealing_id}", dependencies=READ)
def show_order(page: PageDep, unsealing_id: Id) -> Response:
    """Show one order."""
    return page.show("unsealing.html", unsealing_pages.card(page, unsealing_id))


@router.post("/tips/{tip_id}/unsealings", dependencies=UNSEAL)
def ask(page: PageDep, tip_id: Id, form: Annotated[unsealing_pages.OrderForm, Form()]) -> Response:
    """Order that what is sealed of a tip be opened."""
    found, _ = unsealing.ask(page.session, tip_id, form.as_order())
    return see(f"/unsealings/{found.id}?done=unseal-ask")


@router.post("/unsealings/{unsealing_id}/answer", dependencies=[allow("tip.unseal.approve")])
def answer(
    page: PageDep, unsealing_id: Id, form: Annotated[unsealing_pages.AnswerForm, Form()]
) -> Response:
    """Approve or refuse an order of another duty."""
    unsealing.answer(page.session, unsealing_id, form.as_answer())
    return see("/unsealings?done=unseal-answer")


@router.post("/unsealings/{unsealing_id}/open", dependencies=UNSEAL)
def open_informant(page: PageDep, box: BoxDep, unsealing_id: Id) -> Response:
    """Show who told, once; each time is written down."""
    shown = page.show("unsealed.html", unsealing_pages.opened(page, box, unsealing_id))
    shown.headers.update(unsealing_pages.NEVER_KEPT)
    return shown


@router.post("/unsealings/{unsealing_id}/originals/{tip_photo_id}", dependencies=UNSEAL)
def open_original(
    page: PageDep, box: BoxDep, store: StoreDep, unsealing_id: Id, tip_photo_id: Id
) -> Response:
    """Hand out a photo's file as it came; each time is written down."""
    return tip_routes.original_file(page.session, box, store, unsealing_id, tip_photo_id)
