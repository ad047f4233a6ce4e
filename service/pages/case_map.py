"""The small map of a case: its land, where its evidence was taken, and which way photos look."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import shapely
from fastapi.responses import Response
from sqlalchemy import select

from inspections import case_photos, view_cones
from inspections.case_photos import ShotLimits
from inspections.case_words import PURPOSE_TEXT
from service.cases import proof, queries
from service.cases.schemas import CaseCard, EvidenceRead
from service.database import thresholds_of
from service.errors import Invalid
from service.pages import land_map
from service.pages.case_words import KIND_TEXT
from service.pages.content_policy import content_policy
from service.pages.page import PageFrame
from service.photos.models import Photo

MARGIN = 0.0004
"""Degrees around what is shown: some 40 m."""


@dataclass(frozen=True)
class Mark:
    """One piece of evidence on the map, and the same in words."""

    number: int
    """As in the list of evidence."""
    what: str
    lon: float
    lat: float
    distance_m: float | None
    bearing_deg: float | None
    is_qualified: bool


def show(page: PageFrame, told: dict[str, Any]) -> Response:
    """Show the page of a case with its map, for whoever may see maps."""
    found: CaseCard = told["case"]
    drawn = _drawn(page, found) if page.may("map.read") else None
    shown = page.show("case.html", told | {"on_map": drawn})
    if drawn is not None and drawn["tianditu_key"]:
        shown.headers["Content-Security-Policy"] = content_policy(*land_map.TIANDITU)
    return shown


def _drawn(page: PageFrame, found: CaseCard) -> dict[str, Any] | None:
    """Gather what is drawn; none where neither the land nor a place is known."""
    limits = thresholds_of(page.session).case_photos
    land, views = _land(page, found), _views(page, found.evidence, limits)
    marks = list(_marks(found.evidence, views))
    near = [each for each in marks if land is None or (each.distance_m or 0.0) <= limits.range_m]
    shown = [*([land] if land else []), *(shapely.Point(each.lon, each.lat) for each in near)]
    if not shown:
        return None
    box = shapely.union_all(shown).buffer(MARGIN).bounds
    known = land_map.context(page, land_map.Asked()) | {"box": [round(each, 6) for each in box]}
    features = [_feature("land", land)] if land else []
    for mark in marks:
        if mark.number in views:
            features += _seen(mark, *views[mark.number], limits)
    return {
        "marks": marks,
        "has_land": land is not None,
        "known": _json(known),
        "features": _json({"type": "FeatureCollection", "features": features}),
        "pins": _json([asdict(each) for each in marks]),
        "tianditu_key": known["tianditu_key"],
    }


def _land(page: PageFrame, found: CaseCard) -> shapely.Geometry | None:
    try:
        return proof.land_of(page.session, queries.case(page.session, found.id))
    except Invalid:
        return None


def _views(
    page: PageFrame, evidence: list[EvidenceRead], limits: ShotLimits
) -> dict[int, tuple[float, float]]:
    """Return number -> which way a photo looks, and how far that may err, degrees."""
    placed = {
        n: each.photo_id for n, each in enumerate(evidence, 1) if each.place and each.photo_id
    }
    rows = page.session.scalars(select(Photo).where(Photo.id.in_(placed.values())))
    told = {row.id: case_photos.true_bearing(proof.shot_of(row), limits) for row in rows}
    return {n: bearing for n, photo in placed.items() if (bearing := told.get(photo)) is not None}


def _marks(
    evidence: Iterable[EvidenceRead], views: Mapping[int, tuple[float, float]]
) -> Iterable[Mark]:
    for number, each in enumerate(evidence, 1):
        if each.place is not None:
            yield Mark(
                number,
                f"{PURPOSE_TEXT[each.purpose]}{KIND_TEXT[each.kind]}",
                each.place.lon,
                each.place.lat,
                each.place.distance_m,
                views[number][0] if number in views else None,
                each.is_qualified,
            )


def _seen(
    mark: Mark, bearing_deg: float, tolerance_deg: float, limits: ShotLimits
) -> list[dict[str, Any]]:
    """Return what a photo may show, and the middle of it."""
    turn = math.radians(bearing_deg)
    end = (math.sin(turn) * limits.range_m, math.cos(turn) * limits.range_m)
    cone = case_photos.view_of(bearing_deg, tolerance_deg, limits)
    shapes = {"view": cone, "ray": shapely.LineString([(0.0, 0.0), end])}
    return [
        _feature(kind, view_cones.lifted(shape, mark.lon, mark.lat))
        for kind, shape in shapes.items()
    ]


def _feature(kind: str, shape: shapely.Geometry) -> dict[str, Any]:
    geometry = shapely.geometry.mapping(shapely.set_precision(shape, 1e-7))
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind}}


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
