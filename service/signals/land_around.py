"""The land around many places at once: read in one go, then searched in memory.

A file of patches asks where thousands of places lie; on SQLite it does so while it holds the
writers' turn, which a query for each place would keep for minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.signal_matches import (
    Land,
    MatchLimits,
    ParcelMatch,
    Placed,
    match_parcels,
    reach_m,
)
from service import space
from service.areas.queries import CODE_LENGTH
from service.parcels.models import AreaOutline, ParcelVersion
from service.parcels.queries import Moment, valid
from service.security import whole_system
from service.signals import matching

MAX_PARCELS = 500
"""Of one signal; a patch over more of them speaks of those that it covers most of."""
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Layer:
    """Shapes with the area of each, and a tree to search them by."""

    areas: tuple[str, ...]
    shapes: Shapes
    tree: shapely.STRtree

    def meeting(self, place: shapely.Geometry) -> list[int]:
        """Return which shapes a place has a point in common with, in order."""
        return sorted(int(at) for at in self.tree.query(place, predicate="intersects"))

    def village_at(self, place: shapely.Point) -> str | None:
        """Return the village of a place; of two on a common edge, the lower code."""
        return min((self.areas[at] for at in self.meeting(place)), default=None)


@dataclass(frozen=True)
class LandAround:
    """Parcels and outlines of villages around some places."""

    parcels: Layer
    uids: tuple[UUID, ...]
    is_farmland: tuple[bool, ...]
    villages: Layer
    limits: MatchLimits

    def village_at(self, place: shapely.Point) -> str | None:
        """Return the village that a place lies in, by its outline or by the parcel there."""
        return self.villages.village_at(place) or self.parcels.village_at(place)

    def parcels_of(
        self, geometry: shapely.Geometry, accuracy_m: float | None
    ) -> list[tuple[ParcelMatch, str]]:
        """Return the parcels that a place speaks of, with the area of each."""
        placed = Placed(geometry, accuracy_m)
        near = self.parcels.meeting(matching.around(geometry, reach_m(placed, self.limits)))
        lands = [Land(self.uids[at], self.parcels.shapes[at], self.is_farmland[at]) for at in near]
        area_of = {self.uids[at]: self.parcels.areas[at] for at in near}
        found = match_parcels(placed, lands, self.limits)
        most = sorted(found, key=lambda each: (-each.overlap_m2, each.distance_m, each.uid))
        return [(each, area_of[each.uid]) for each in most[:MAX_PARCELS]]


def land_around(
    session: Session, places: Sequence[tuple[shapely.Geometry, float | None]]
) -> LandAround:
    """Read the land around places, each with its accuracy, whoever asks."""
    limits = matching.limits(session)
    boxes = [
        shapely.box(*matching.around(shape, reach_m(Placed(shape, accuracy), limits)).bounds)
        for shape, accuracy in places
    ]
    search = shapely.union_all(boxes) if boxes else shapely.Point(0, 0)
    moment = Moment.of(session)
    with whole_system(session):
        rows = session.execute(
            select(
                ParcelVersion.id,
                ParcelVersion.uid,
                ParcelVersion.area_code,
                space.wkb_of(ParcelVersion.geometry),
            )
            .where(valid(ParcelVersion, moment), space.intersects(ParcelVersion.geometry, search))
            .order_by(ParcelVersion.id)
        ).all()
        outlines = session.execute(
            select(AreaOutline.area_code, space.wkb_of(AreaOutline.geometry))
            .where(
                valid(AreaOutline, moment),
                func.length(AreaOutline.area_code) == CODE_LENGTH["village"],
                space.intersects(AreaOutline.geometry, search),
            )
            .order_by(AreaOutline.area_code)
        ).all()
        farmland = matching.on_farmland(session, [row[0] for row in rows])
    return LandAround(
        _layer([(row[2], row[3]) for row in rows]),
        tuple(row[1] for row in rows),
        tuple(row[0] in farmland for row in rows),
        _layer([(code, wkb) for code, wkb in outlines]),
        limits,
    )


def _layer(rows: Sequence[tuple[str, bytes]]) -> Layer:
    shapes: Shapes = np.asarray(shapely.from_wkb([wkb for _, wkb in rows]), dtype=object)
    return Layer(tuple(area for area, _ in rows), shapes, shapely.STRtree(shapes))
