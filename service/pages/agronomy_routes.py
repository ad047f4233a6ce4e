"""The page about the season: weather, water, pests."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import agronomy_forms, agronomy_pages
from service.pages.agronomy_forms import ReadingForm, SurveyForm
from service.pages.page import PageDep
from service.schemas import StrictRoute, Text
from service.tables import Upload

router = APIRouter(
    prefix="/agronomy",
    default_response_class=HTMLResponse,
    include_in_schema=False,
    route_class=StrictRoute,
)
MAY_WRITE = [allow("agronomy.write")]


@router.get("", dependencies=[allow("agronomy.read")])
def show_season(page: PageDep, asked: Annotated[agronomy_pages.Asked, Query()]) -> Response:
    """Show weather, water and pests as of a day."""
    return page.show("agronomy.html", agronomy_pages.season(page, asked))


@router.post("/readings", dependencies=MAY_WRITE)
def file_reading(page: PageDep, typed: Annotated[ReadingForm, Form()]) -> Response:
    """Enter what a reservoir held on a day."""
    return agronomy_forms.file_reading(page, typed, agronomy_pages.shown)


@router.post("/surveys", dependencies=MAY_WRITE)
def file_survey(page: PageDep, typed: Annotated[SurveyForm, Form()]) -> Response:
    """Enter one pest counted on one plot."""
    return agronomy_forms.file_survey(page, typed, agronomy_pages.shown)


@router.post("/tables", dependencies=MAY_WRITE)
def upload(
    page: PageDep,
    kind: Annotated[Text, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
    dry_run: Annotated[bool, Form()] = False,
) -> Response:
    """Take a table of weather, readings or surveys."""
    table = Upload(file.file.read() if file else b"", (file and file.filename) or "", dry_run)
    return agronomy_forms.upload(page, kind, table, agronomy_pages.shown)
