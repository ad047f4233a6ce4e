"""The pages about signals, patrols and patches."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.files import MAX_UPLOAD_BYTES
from service.landfiles.reader import ReadOptions
from service.pages import signal_pages
from service.pages.board import BLANK
from service.pages.page import PageDep, see
from service.parcels.schemas import Datum
from service.schemas import Id, Text
from service.signals import actions, patch_door, patrol_actions

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
READ, DECIDE = [allow("signal.read")], [allow("signal.decide")]


@router.get("/signals", dependencies=READ)
def show_signals(page: PageDep, asked: Annotated[signal_pages.Asked, Query()]) -> Response:
    """Show the signals."""
    return page.show("signals.html", signal_pages.register(page, asked))


@router.get("/signals/{signal_id}", dependencies=READ)
def show_signal(page: PageDep, signal_id: Id) -> Response:
    """Show one signal."""
    return page.show("signal.html", signal_pages.card(page, signal_id))


@router.post("/signals/{signal_id}/stage", dependencies=DECIDE)
def take_stage(
    page: PageDep, signal_id: Id, form: Annotated[signal_pages.StageForm, Form()]
) -> Response:
    """Enter how far a signal is."""
    actions.take_stage(page.session, signal_id, form.as_stage())
    return see(f"/signals/{signal_id}?done=signal-stage")


@router.post("/signals/{signal_id}/decision", dependencies=DECIDE)
def decide(
    page: PageDep, signal_id: Id, form: Annotated[signal_pages.DecisionForm, Form()]
) -> Response:
    """Decide whether a signal speaks of a parcel."""
    actions.decide(page.session, signal_id, form.as_decision())
    return see(f"/signals/{signal_id}?done=signal-decision")


@router.post("/signals/{signal_id}/parcel", dependencies=DECIDE)
def attach(
    page: PageDep, signal_id: Id, form: Annotated[signal_pages.AttachForm, Form()]
) -> Response:
    """Say that a signal speaks of a parcel that no rule proposed."""
    actions.decide(page.session, signal_id, form.as_decision(page.session))
    return see(f"/signals/{signal_id}?done=signal-decision")


@router.get("/patches", dependencies=[allow("patch.import")])
def show_patches(page: PageDep) -> Response:
    """Show the form for a file of patches."""
    return page.show("patches.html", signal_pages.imported())


@router.post("/patches", dependencies=[allow("patch.import")])
def import_patches(
    page: PageDep,
    file: Annotated[UploadFile, File()],
    step: Annotated[Text, Form()] = "try",
    datum: Annotated[Datum | None, Form(), BLANK] = None,
    crs: Annotated[Text | None, Form(), BLANK] = None,
    layer: Annotated[Text | None, Form(), BLANK] = None,
) -> Response:
    """Enter a file of patches, or only say what it would do."""
    settings = page.request.app.state.settings
    report = patch_door.take(
        page.session,
        patch_door.Brought(file.file.read(MAX_UPLOAD_BYTES + 1), file.filename or ""),
        ReadOptions(layer=layer, crs=crs, kind="parcels", mapping={}),
        directory=settings.import_directory,
        county=settings.county_code,
        declared=datum,
        is_dry_run=step != "enter",
    )
    return page.show("patches.html", signal_pages.imported(report))


@router.get("/patrols", dependencies=[allow("patrol.read")])
def show_patrols(page: PageDep, asked: Annotated[signal_pages.CoverageAsked, Query()]) -> Response:
    """Show the patrols, and how much of the basic farmland they saw."""
    return page.show("patrols.html", signal_pages.patrols(page, asked))


@router.get("/patrols/new", dependencies=[allow("patrol.write")])
def show_patrol_form(
    page: PageDep, because_of: Annotated[Id | None, Query(), BLANK] = None
) -> Response:
    """Show the form of a patrol."""
    return page.show("patrol_new.html", signal_pages.new_patrol(page, because_of))


@router.post("/patrols", dependencies=[allow("patrol.write")])
def file_patrol(page: PageDep, form: Annotated[signal_pages.PatrolForm, Form()]) -> Response:
    """Enter a patrol."""
    patrol_actions.file_patrol(page.session, form.as_patrol())
    return see("/patrols?done=patrol")
