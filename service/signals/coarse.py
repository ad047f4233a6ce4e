"""Where a tip lies, as those see it who may not read tips: a cell of a grid, never the place.

Whoever stood somewhere and told of it may be known by the spot. What speaks of the spot goes with
it: how near which parcel is, and how good the position was.
"""

import math

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from inspections.signals import MatchState, Source
from service.accounts.policy import may
from service.database import thresholds_of
from service.security import Viewer
from service.signals.models import Signal
from service.signals.schemas import SignalParcelRead, SignalRead
from service.space import Box

STEP_M = 100
"""To which an accuracy is rounded up."""


def grid_of(session: Session) -> float | None:
    """Return the grid in degrees by which the reader sees tips; None where exactly."""
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is None or may(viewer.role, "tip.read"):
        return None
    return thresholds_of(session).signals.coarse_deg


def as_seen(read: SignalRead, grid: float | None) -> SignalRead:
    """Return a signal as the reader may see it: a tip by the middle of its cell."""
    if grid is None or read.source is not Source.TIP or read.lon is None or read.lat is None:
        return read
    told = read.accuracy_m
    return read.model_copy(
        update={
            "is_coarse": True,
            "lon": _middle(read.lon, grid),
            "lat": _middle(read.lat, grid),
            "accuracy_m": None if told is None else max(math.ceil(told / STEP_M), 1) * STEP_M,
            "parcels": _unmeasured(read.parcels),
        }
    )


def _middle(degrees: float, grid: float) -> float:
    return round((math.floor(degrees / grid) + 0.5) * grid, 7)


def _unmeasured(found: list[SignalParcelRead]) -> list[SignalParcelRead]:
    """Return the parcels of a signal without what measures its place, nor its order."""
    kept = sorted(found, key=lambda each: (each.state is not MatchState.MATCHED, each.parcel_uid))
    hidden = {"share": None, "distance_m": None, "match": None}
    return [each.model_copy(update=hidden) for each in kept]


def meets(box: Box, grid: float | None) -> ColumnElement[bool]:
    """Return the condition that a signal meets a box; of a tip that is seen coarsely, its cell.

    The box is widened to whole cells: what it answers depends on the cell of a tip alone.
    """
    exact = _meets(box)
    if grid is None:
        return exact
    west, south = (math.floor(each / grid) * grid for each in (box.west, box.south))
    east, north = ((math.floor(each / grid) + 1) * grid for each in (box.east, box.north))
    is_tip = Signal.source == Source.TIP
    in_cells = (Signal.lon >= west) & (Signal.lon < east)
    in_cells &= (Signal.lat >= south) & (Signal.lat < north)
    return (is_tip & in_cells) | (~is_tip & exact)


def _meets(box: Box) -> ColumnElement[bool]:
    return (
        (Signal.west <= box.east)
        & (Signal.east >= box.west)
        & (Signal.south <= box.north)
        & (Signal.north >= box.south)
    )
