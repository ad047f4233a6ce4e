"""The pages about land."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import land_map
from service.pages.page import PageDep

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/map", dependencies=[allow("map.read")])
def show_map(page: PageDep, asked: Annotated[land_map.Asked, Query()]) -> Response:
    """Show the map of the parcel book."""
    return land_map.show(page, asked)
