"""The pages of the bureau's land desk."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import land, land_import
from service.pages.land_export import ExportForm
from service.pages.land_options import OptionsForm
from service.pages.page import PageDep
from service.parcels.schemas import ImportChoices
from service.schemas import Id, StrictRoute, Text

router = APIRouter(
    prefix="/land",
    default_response_class=HTMLResponse,
    include_in_schema=False,
    route_class=StrictRoute,
)
MAY_IMPORT = [allow("parcel.import")]
Typed = Annotated[Text, Form()]
Ticked = Annotated[bool, Form()]


@router.get("", dependencies=MAY_IMPORT)
def show_desk(page: PageDep, cursor: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
    """Show the imports, and the forms to bring and to take a file."""
    return page.show("land.html", land.desk(page, cursor))


@router.post("", dependencies=MAY_IMPORT)
def upload(
    page: PageDep,
    file: Annotated[list[UploadFile] | None, File()] = None,
    kind: Typed = "",
    valid_from: Typed = "",
    is_complete_county: Ticked = False,
) -> Response:
    """Take a land file, or the loose parts of a shapefile."""
    asked = OptionsForm(
        kind=kind, valid_from=valid_from, is_complete_county=is_complete_county
    )  # fmt: skip
    return land.upload(page, file, asked)


@router.post("/export", dependencies=[allow("parcel.export")])
def export(page: PageDep, asked: Annotated[ExportForm, Form()]) -> Response:
    """Take a layer of the book out."""
    return land.export(page, asked)


@router.get("/{import_id}", dependencies=MAY_IMPORT)
def show_import(page: PageDep, import_id: Id) -> Response:
    """Show one import."""
    return page.show("land_import.html", land_import.opened(page, import_id))


@router.get("/{import_id}/progress", dependencies=MAY_IMPORT)
def show_progress(page: PageDep, import_id: Id) -> Response:
    """Show how far an import is, to be put into its page."""
    return page.show("land_progress.html", land_import.ongoing(page, import_id))


@router.post("/{import_id}/options", dependencies=MAY_IMPORT)
def answer(page: PageDep, import_id: Id, asked: Annotated[OptionsForm, Form()]) -> Response:
    """Take what a person says of the file."""
    return land_import.answer(page, import_id, asked)


@router.post("/{import_id}/again", dependencies=MAY_IMPORT)
def read_again(page: PageDep, import_id: Id) -> Response:
    """Have the file read once more."""
    return land_import.read_again(page, import_id)


@router.post("/{import_id}/commit", dependencies=MAY_IMPORT)
def commit(
    page: PageDep,
    import_id: Id,
    accept_repairs: Ticked = False,
    leave_out_blocked: Ticked = False,
) -> Response:
    """Have the file go into the book."""
    choices = ImportChoices(accept_repairs=accept_repairs, leave_out_blocked=leave_out_blocked)
    return land_import.decide(page, import_id, choices)


@router.post("/{import_id}/discard", dependencies=MAY_IMPORT)
def discard(page: PageDep, import_id: Id) -> Response:
    """Put the file aside."""
    return land_import.discard(page, import_id)
