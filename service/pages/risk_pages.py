"""The map of what was judged of parcels, the same as a list, and the reasoning on one parcel."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import shapely
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from inspections.conversion_rules import CATEGORY_TEXT
from inspections.fusion_words import CLASS_TEXT, UNKNOWN_TEXT, VerdictClass
from inspections.land_uses import CLAIM_TEXT
from inspections.signals import SOURCE_TEXT
from service import records
from service.areas import queries as areas
from service.cases import queries as cases
from service.cases.queries import Filter
from service.pages import land_map
from service.pages.board import BLANK
from service.pages.case_words import CLASS_TAG
from service.pages.content_policy import content_policy
from service.pages.page import PageFrame
from service.pages.places import places
from service.parcels.schemas import BoxText
from service.schemas import AreaCode, Code, Cursor
from service.screening import queries
from service.screening.queries import Wanted
from service.screening.schemas import VerdictRead
from service.space import Box

AT_ONCE, DRAWN = 50, 2000
CLAIMED = (
    VerdictClass.CONFIRMED,
    VerdictClass.LIKELY,
    VerdictClass.SUSPECTED,
    VerdictClass.HINT,
)
"""What is shown where nothing else is asked for: that something is there, the gravest first."""
CHOICES = (*CLAIMED, VerdictClass.EXCLUDED, VerdictClass.UNKNOWN)


class Asked(BaseModel):
    """Which verdicts are shown; without a class, those that say that something is there."""

    town: Annotated[AreaCode | None, BLANK] = None
    verdict_class: Annotated[VerdictClass | None, BLANK] = None
    season: Annotated[Code | None, BLANK] = None
    cursor: Cursor = 0

    def query(self, **other: object) -> str:
        """Write what is asked for, with some of it changed, as a query string."""
        told = self.model_dump(mode="json") | other
        return urlencode({name: value for name, value in told.items() if value})


class Drawn(Asked):
    """A piece of the map; from afar a point stands for each parcel."""

    bbox: BoxText
    has_outlines: bool = False


def _wanted(page: PageFrame, asked: Asked) -> Wanted:
    known = queries.seasons(page.session)
    return Wanted(
        area_code=asked.town or "",
        verdict_class=asked.verdict_class,
        season=asked.season or (known[0] if known else None),
        classes=frozenset(CLAIMED),
    )


def show(page: PageFrame, asked: Asked) -> Response:
    """Show the map and the list, with leave to load the basemap where there is a key for it."""
    known = land_map.context(page, land_map.Asked())
    told = _register(page, asked) | {
        "known": known,
        "known_json": json.dumps(known, ensure_ascii=False, separators=(",", ":")),
    }
    shown = page.show("risk.html", told)
    if known["tianditu_key"]:
        shown.headers["Content-Security-Policy"] = content_policy(*land_map.TIANDITU)
    return shown


def _register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    wanted = _wanted(page, asked)
    found = queries.page(page.session, wanted, offset=asked.cursor, limit=AT_ONCE)
    today, within = records.today(page.session), page.viewer.area_code
    return _words() | {
        "asked": asked,
        "season": wanted.season,
        "seasons": queries.seasons(page.session),
        "items": found.items,
        "next": found.next,
        "earlier": max(asked.cursor - AT_ONCE, 0),
        "counts": queries.counts(page.session, wanted),
        "places": places(page, {each.area_code for each in found.items}),
        "towns": areas.unit_names(page.session, within=within, level="town", on=today),
    }


def _words() -> dict[str, Any]:
    return {
        "CATEGORY_TEXT": CATEGORY_TEXT,
        "CLASS_TAG": CLASS_TAG,
        "CLASS_TEXT": CLASS_TEXT,
        "SOURCE_TEXT": SOURCE_TEXT,
        "CHOICES": CHOICES,
    }


def drawn(page: PageFrame, asked: Drawn) -> Response:
    """Return a piece of the map as GeoJSON, the gravest as far as there is room."""
    wanted, box = _wanted(page, asked), Box(*asked.bbox)
    found = queries.outlines(page.session, wanted, box, limit=DRAWN + 1)
    lands = [land for _, land in found[:DRAWN]]
    if not asked.has_outlines:
        lands = list(shapely.point_on_surface(lands))
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(land),
            "properties": {
                "uid": str(each.parcel_uid),
                "class": each.verdict_class,
                "class_text": CLASS_TEXT[each.verdict_class],
                "claim_text": _what(each),
                "is_urgent": each.is_urgent,
            },
        }
        for (each, _), land in zip(found, lands, strict=False)
    ]
    is_cut = len(found) > DRAWN
    told = {"type": "FeatureCollection", "features": features, "is_cut": is_cut}
    return JSONResponse(told, media_type="application/geo+json")


def _what(each: VerdictRead) -> str:
    """Return what a verdict says that the land is, or why nobody knows."""
    if each.claim is not None:
        return CLAIM_TEXT[each.claim]
    return UNKNOWN_TEXT[each.unknown] if each.unknown else CATEGORY_TEXT[each.category]


def parcel(page: PageFrame, uid: UUID) -> dict[str, Any]:
    """Gather what is and was said of one parcel, and the cases that came of it."""
    found = queries.of_parcel(page.session, uid, None)
    latest = found.standing or found.earlier[0]
    told = cases.page(page.session, Filter(parcel_uid=uid)) if page.may("case.read") else None
    return _words() | {
        "uid": uid,
        "latest": latest,
        "earlier": [each for each in found.earlier if each is not latest],
        "place": places(page, [latest.area_code])[latest.area_code],
        "cases": told.items if told else [],
    }
