"""The addresses of the tiles."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from geo.tiles import Tile
from service.accounts.access import ViewerDep, allow
from service.maps import tiles
from service.schemas import Day
from service.security import SessionDep

router = APIRouter(tags=["maps"])
Zoom = Annotated[int, Path(ge=0, le=tiles.MAX_ZOOM)]
Column = Annotated[int, Path(ge=0, lt=2**tiles.MAX_ZOOM)]


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}",
    response_class=Response,
    responses={
        200: {"content": {tiles.MVT: {}}},
        204: {"description": "Nothing is there"},
        304: {"description": "Not modified"},
    },
    dependencies=[allow("map.read")],
)
def read_tile(
    request: Request,
    session: SessionDep,
    viewer: ViewerDep,
    layer: Annotated[str, Path(pattern="^[a-z]{1,16}$")],
    z: Zoom,
    x: Column,
    y: Column,
    on: Day | None = None,
) -> Response:
    """Return one vector tile of a layer of the book, as it was on a day."""
    return tiles.respond(request, session, viewer, layer, Tile(z, x, y), on)
