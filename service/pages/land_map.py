"""The map page: what it must know before its first tile comes."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import shapely
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator
from sqlalchemy import select

from service import space
from service.pages.content_policy import content_policy
from service.pages.page import PageFrame
from service.parcels import codes, queries
from service.parcels.models import AreaOutline, ImportState, LandImport, LandKind, ParcelVersion
from service.parcels.queries import Moment
from service.schemas import Day

TIANDITU = tuple(f"https://t{n}.tianditu.gov.cn" for n in range(8))
"""The hosts of the national basemap; asked only where a deployment has a key for it."""
BLANK = BeforeValidator(lambda value: value or None)
PLACES = 7
"""Decimals of a degree that the page is told: a centimetre."""
SAMPLE = 500
TOWN = 9


class Asked(BaseModel):
    """What the page is asked to show; the rest of its address is read in the browser."""

    on: Annotated[Day | None, BLANK] = None


def show(page: PageFrame, asked: Asked) -> Response:
    """Return the map page, with leave to load the basemap where there is a key for it."""
    known = context(page, asked)
    shown = page.show("map.html", {"known": known, "known_json": _json(known)})
    if known["tianditu_key"]:
        shown.headers["Content-Security-Policy"] = content_policy(*TIANDITU)
    return shown


def _json(known: dict[str, Any]) -> str:
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


def context(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather what the page must know."""
    moment = Moment.of(page.session, asked.on)
    places = _places(page, moment)
    own = _own(page, places)
    key = page.request.app.state.settings.tianditu_key
    return {
        "on": moment.on.isoformat(),
        "today": Moment.of(page.session).on.isoformat(),
        "area": own["name"] if own else "",
        "box": own["box"] if own else _around_some(page),
        "places": places,
        "survey_days": _survey_days(page),
        "has_parcels": page.session.scalar(select(ParcelVersion.id).limit(1)) is not None,
        "land_classes": codes.land_classes(),
        "approval_kinds": codes.APPROVAL_TEXT,
        "tianditu_key": key.get_secret_value() if key else None,
    }


def _places(page: PageFrame, moment: Moment) -> list[dict[str, Any]]:
    """Return the units in view that have an outline, the largest first: to name and to find."""
    found = page.session.execute(
        select(
            AreaOutline.area_code,
            AreaOutline.name,
            AreaOutline.level,
            space.wkb_of(AreaOutline.geometry),
        )
        .where(queries.valid(AreaOutline, moment))
        .order_by(AreaOutline.area_code)
    ).all()
    geometries = shapely.from_wkb([wkb for *_, wkb in found])
    points = shapely.get_coordinates(shapely.point_on_surface(geometries))
    names = {code: name for code, name, *_ in found}
    return [
        {
            "code": code,
            "name": name,
            "level": level,
            "town": names.get(code[:TOWN]) if len(code) > TOWN else None,
            "box": _rounded(box),
            "point": _rounded(point),
        }
        for (code, name, level, _), box, point in zip(
            found, shapely.bounds(geometries), points, strict=True
        )
    ]


def _rounded(numbers: Any) -> list[float]:
    return [round(float(each), PLACES) for each in numbers]


def _own(page: PageFrame, places: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the viewer's own unit, or the smallest around it that has an outline."""
    code = page.viewer.area_code
    around = [each for each in places if code.startswith(each["code"])]
    return max(around, key=lambda each: len(each["code"]), default=None)


def _around_some(page: PageFrame) -> list[float] | None:
    """Return a box of some parcels, to begin with where no outline is known."""
    some = page.session.scalars(select(space.wkb_of(ParcelVersion.geometry)).limit(SAMPLE)).all()
    return _rounded(shapely.total_bounds(shapely.from_wkb(some))) if some else None


def _survey_days(page: PageFrame) -> list[str]:
    """Return the days that surveys in the book speak of, newest first."""
    found = page.session.scalars(
        select(LandImport.valid_from)
        .where(
            LandImport.kind == LandKind.PARCELS,
            LandImport.state == ImportState.COMMITTED,
            LandImport.valid_from.is_not(None),
        )
        .distinct()
        .order_by(LandImport.valid_from.desc())
    )
    return [day.isoformat() for day in found if day]
