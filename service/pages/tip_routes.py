"""The public's pages: no account, and counted before they are read."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from service.pages import tip_map, tip_pages
from service.pages.page import bare
from service.pages.tip_pages import TipForm
from service.photos.headers import MAX_BYTES
from service.photos.routes import StoreDep
from service.schemas import StrictRoute, Text
from service.security import SessionDep
from service.signals import gate
from service.signals.gate import TipRoute
from service.signals.tip_routes import BoxDep

public = APIRouter(
    default_response_class=HTMLResponse, include_in_schema=False, route_class=TipRoute
)
router = APIRouter(
    default_response_class=HTMLResponse, include_in_schema=False, route_class=StrictRoute
)
Typed = Annotated[Text, Form()]


def typed(
    id: Typed = "",
    claim: Typed = "",
    area_code: Typed = "",
    place: Typed = "",
    text: Typed = "",
    seen_on: Typed = "",
    lon: Typed = "",
    lat: Typed = "",
    accuracy_m: Typed = "",
    datum: Typed = "",
    name: Typed = "",
    contact: Typed = "",
) -> TipForm:
    """Take the form as it was typed."""
    return TipForm(**locals())


@public.get("/tip")
def show_form(request: Request, session: SessionDep) -> Response:
    """Show the form of a tip."""
    county = request.app.state.settings.county_code
    return bare(request, "tip.html", tip_pages.context(session, county, TipForm()), 200)


@public.get("/tip/outlines")
def show_outlines(request: Request, session: SessionDep) -> Response:
    """Return what the map to mark a place on shows: towns and villages."""
    return tip_map.show(request, session, request.app.state.settings.county_code)


@public.post("/tip")
def file_tip(
    request: Request,
    session: SessionDep,
    box: BoxDep,
    store: StoreDep,
    form: Annotated[TipForm, Depends(typed)],
    photos: Annotated[list[UploadFile], File()] = [],  # noqa: B006
) -> Response:
    """Take a tip and show its receipt, once."""
    read = (each.file.read(MAX_BYTES + 1) for each in photos)
    return tip_pages.file(request, session, box, store, form, tuple(each for each in read if each))


@router.get("/tip/status")
def show_status_form(request: Request) -> Response:
    """Show the field for a receipt."""
    shown = {"receipt": "", "found": None, "problem": None}
    return bare(request, "tip_status.html", shown, 200)


@router.post("/tip/status")
def show_status(request: Request, session: SessionDep, receipt: Typed = "") -> Response:
    """Show how far a tip is."""
    gate.admit(request, gate.STATUS)
    return tip_pages.told(request, session, receipt)
