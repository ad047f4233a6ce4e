"""From the book of parcels to the pure rules of matching, and back."""

from collections.abc import Sequence
from dataclasses import fields
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.signal_matches import MatchLimits
from service import space
from service.areas.queries import CODE_LENGTH
from service.database import thresholds_of
from service.errors import Invalid
from service.parcels import queries as parcels
from service.parcels.models import AreaOutline, FarmlandOverlay, FarmlandVersion, ParcelVersion
from service.parcels.queries import Moment, valid
from service.security import is_in_view, whole_system

BULK = 500
COUNTY = 6
EDGE_DEG = 0.01
"""About 1 km: outlines are drawn coarser than phones tell where they are."""


def limits(session: Session) -> MatchLimits:
    """Return this deployment's numbers."""
    told = thresholds_of(session).signals
    return MatchLimits(**{each.name: getattr(told, each.name) for each in fields(MatchLimits)})


def around(geometry: shapely.Geometry, metres: float) -> shapely.Geometry:
    """Return a geometry itself, or the box that reaches so far around a point."""
    if not metres:
        return geometry
    east, north = ellipsoid.local_scale(geometry.y)
    x, y = metres / float(east), metres / float(north)
    return shapely.box(geometry.x - x, geometry.y - y, geometry.x + x, geometry.y + y)


def on_farmland(session: Session, ids: Sequence[int]) -> set[int]:
    """Return which parcel versions share land with basic farmland, not only an edge."""
    found: set[int] = set()
    moment = Moment.of(session)
    for start in range(0, len(ids), BULK):
        query = (
            select(FarmlandOverlay.parcel_id)
            .join(FarmlandVersion, FarmlandVersion.id == FarmlandOverlay.farmland_id)
            .where(
                FarmlandOverlay.parcel_id.in_(ids[start : start + BULK]),
                FarmlandOverlay.is_edge_only.is_(False),
                valid(FarmlandVersion, moment),
            )
        )
        found |= set(session.scalars(query.distinct()))
    return found


def farmland_among(session: Session, uids: Sequence[UUID]) -> set[UUID]:
    """Return which parcels share land with basic farmland now."""
    versions: dict[int, UUID] = {}
    for start in range(0, len(uids), BULK):
        query = select(ParcelVersion.id, ParcelVersion.uid).where(
            ParcelVersion.uid.in_(uids[start : start + BULK]),
            valid(ParcelVersion, Moment.of(session)),
        )
        versions |= {row: uid for row, uid in session.execute(query)}
    return {versions[each] for each in on_farmland(session, list(versions))}


def in_common(place: shapely.Geometry | None, parcel: shapely.Geometry) -> tuple[float, float]:
    """Return the common area in m² of an area, and how far a place is from a parcel in metres."""
    if place is None:
        return 0.0, 0.0
    middle = place.representative_point()
    here, there = ellipsoid.to_plane(np.array([place, parcel], dtype=object), middle.x, middle.y)
    common = float(shapely.area(shapely.intersection(here, there)))
    return round(common, 2), round(float(shapely.distance(here, there)), 2)


def village_at(session: Session, lon: float, lat: float) -> str | None:
    """Return the village that a position lies in, by its outline or by the parcel there."""
    point, moment = shapely.Point(lon, lat), Moment.of(session)
    for model in (AreaOutline, ParcelVersion):
        found = session.scalars(
            select(model.area_code)
            .where(valid(model, moment), space.intersects(model.geometry, point))
            .order_by(model.area_code)
        ).all()
        villages = [code for code in found if len(code) == CODE_LENGTH["village"]]
        if villages:
            return villages[0]
    return None


def unit_at(session: Session, place: shapely.Geometry, stated: str) -> str:
    """Return the unit of a place that an officer brings: its village where that is in view.

    Land across the border of one's own unit stays with the unit that was stated.
    """
    refuse_elsewhere(session, place, stated[:COUNTY])
    inside = place.representative_point()
    with whole_system(session):  # land has no eye for the borders of units
        village = village_at(session, inside.x, inside.y)
    return village if village is not None and is_in_view(session, village) else stated


def refuse_elsewhere(session: Session, place: shapely.Geometry, county: str) -> None:
    """Refuse a place outside the county."""
    if is_elsewhere(session, place, county):
        raise Invalid("这个位置不在本区;请核对经纬度和坐标基准", field="lon")


def is_elsewhere(session: Session, place: shapely.Geometry, county: str) -> bool:
    """Tell whether a place lies outside the county, where its outline is known."""
    with whole_system(session):
        outline = parcels.outline(session, county, Moment.of(session))
    return outline is not None and shapely.distance(outline.geometry, place) > EDGE_DEG
