"""What the public may see of the land to mark a place on it: outlines of towns and villages."""

from datetime import date
from typing import Any

import numpy as np
import shapely
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.parcels import queries as parcels
from service.parcels.models import AreaOutline
from service.parcels.queries import Moment, valid
from service.security import whole_system

LEVELS = ("county", "town", "village")
TOLERANCE_DEG = 0.0003
"""About 30 m: enough to find one's village by, and a tenth of the bytes."""
PLACES = 5
GEOJSON = "application/geo+json"
Key = tuple[date, int, int]


def has_outlines(session: Session, county: str) -> bool:
    """Tell whether there is a map to mark a place on."""
    return _key(session, county)[1] > 0


def show(request: Request, session: Session, county: str) -> Response:
    """Return the outlines as GeoJSON; nothing of parcels, farmland or approvals is in it.

    They are drawn once for a state of the book: whoever asks without an account costs little.
    """
    state, key = request.app.state, _key(session, county)
    held: tuple[Key, bytes] | None = getattr(state, "tip_outlines", None)
    if held is None or held[0] != key:
        content = bytes(JSONResponse(_collection(session, county)).body)
        held = state.tip_outlines = (key, content)
    return Response(held[1], media_type=GEOJSON)


def _key(session: Session, county: str) -> Key:
    """Return what tells one state of the outlines from another."""
    moment = Moment.of(session)
    with whole_system(session):
        n, newest = session.execute(
            select(func.count(), func.coalesce(func.max(AreaOutline.id), 0)).where(
                AreaOutline.area_code.startswith(county, autoescape=True),
                valid(AreaOutline, moment),
            )
        ).one()
    return moment.on, n, newest


def _collection(session: Session, county: str) -> dict[str, Any]:
    moment = Moment.of(session)
    with whole_system(session):
        found = [
            each
            for level in LEVELS
            for each in parcels.outlines(session, within=county, level=level, moment=moment)
        ]
    towns = {each.area_code: each.name for each in found if each.level == "town"}
    return {"type": "FeatureCollection", "features": [_feature(each, towns) for each in found]}


def _feature(outline: AreaOutline, towns: dict[str, str]) -> dict[str, Any]:
    shape = outline.geometry
    code = outline.area_code
    point = shapely.point_on_surface(shape)
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(_rounded(shapely.simplify(shape, TOLERANCE_DEG))),
        "properties": {
            "code": code,
            "name": outline.name,
            "level": outline.level,
            "town": towns.get(code[: areas.CODE_LENGTH["town"]]) if code not in towns else None,
            "box": [round(float(each), PLACES) for each in shape.bounds],
            "point": [round(point.x, PLACES), round(point.y, PLACES)],
        },
    }


def _rounded(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda points: np.round(points, PLACES))
