"""Rules of patrols (巡查): how long, how far, and how much of the basic farmland was seen. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from geo import ellipsoid

Cell = tuple[int, int]
Floats = npt.NDArray[np.float64]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class TrackPoint:
    """Where a patrol was at an instant (aware), in EPSG:4490 degrees."""

    lon: float
    lat: float
    at: datetime


@dataclass(frozen=True)
class PatrolLimits:
    """How a track is read.

    Attributes
    ----------
    longest_gap_min : float
        Minutes without a point that still count as patrolling.
    fastest_m_s : float
        A step faster than this is a slip of the receiver, and counts for nothing.
    cell_deg : float
        Side of a cell of the grid, in degrees of longitude and latitude.
    step_m : float
        A track is looked at every so many metres.
    """

    longest_gap_min: float
    fastest_m_s: float
    cell_deg: float
    step_m: float


@dataclass(frozen=True)
class Effort:
    """What a patrol took.

    Attributes
    ----------
    minutes, distance_m : float
        Time spent and way made, without gaps and slips.
    n_slips : int
        Steps that were left out as too fast.
    """

    minutes: float
    distance_m: float
    n_slips: int


def in_order(points: Sequence[TrackPoint]) -> tuple[TrackPoint, ...]:
    """Return the points by time, each instant once.

    Parameters
    ----------
    points : sequence of TrackPoint
        In any order, as phones send what they kept.

    Returns
    -------
    tuple of TrackPoint
        Of two at one instant, the first that was given.
    """
    first: dict[datetime, TrackPoint] = {}
    for each in points:
        first.setdefault(each.at, each)
    return tuple(first[at] for at in sorted(first))


def _steps(points: Sequence[TrackPoint], limits: PatrolLimits) -> tuple[Floats, Floats, Floats]:
    """Return length in m, duration in minutes, and 1 or 0 for each step: made, or a slip."""
    lon, lat = np.array([each.lon for each in points]), np.array([each.lat for each in points])
    minutes = np.array([(b.at - a.at) / MINUTE for a, b in pairwise(points)])
    east, north = ellipsoid.local_scale((lat[1:] + lat[:-1]) / 2)
    lengths = np.hypot(np.diff(lon) * east, np.diff(lat) * north)
    made = lengths <= limits.fastest_m_s * 60 * minutes
    return lengths, minutes, made.astype(float)


def effort(points: Sequence[TrackPoint], limits: PatrolLimits) -> Effort:
    """Return how long and how far a patrol went.

    Parameters
    ----------
    points : sequence of TrackPoint
        By time, as `in_order` gives them.
    limits : PatrolLimits
        The numbers.

    Returns
    -------
    Effort
        Minutes, each gap counted up to `longest_gap_min`; metres along the ellipsoid. The
        length of a step by the local scale is right within 1 in 10⁵ up to 10 km.
    """
    if len(points) < 2:  # noqa: PLR2004 - one point is no way
        return Effort(0.0, 0.0, 0)
    lengths, minutes, made = _steps(points, limits)
    spent = np.minimum(minutes, limits.longest_gap_min).sum()
    return Effort(
        round(float(spent), 2), round(float((lengths * made).sum()), 1), int((made == 0).sum())
    )


def cells_seen(points: Sequence[TrackPoint], limits: PatrolLimits) -> frozenset[Cell]:
    """Return the cells of the grid that a track went through.

    Parameters
    ----------
    points : sequence of TrackPoint
        By time, EPSG:4490.
    limits : PatrolLimits
        A step that is a slip, or longer in time than `longest_gap_min`, joins nothing.

    Returns
    -------
    frozenset of tuple of int
        Column and row: longitude and latitude over `cell_deg`, rounded down.
    """
    if not points:
        return frozenset()
    lonlat = np.array([[each.lon, each.lat] for each in points])
    if len(points) < 2:  # noqa: PLR2004 - one point is no way
        return _cells_along(lonlat, np.zeros(0), np.zeros(0, bool), limits)
    lengths, minutes, made = _steps(points, limits)
    is_whole = (made > 0) & (minutes <= limits.longest_gap_min)
    return _cells_along(lonlat, lengths, is_whole, limits)


def cells_of_track(
    lonlat: Floats, limits: PatrolLimits, *, longest_join_m: float
) -> frozenset[Cell]:
    """Return the cells that a track went through of which only the way was kept.

    Parameters
    ----------
    lonlat : ndarray of float64, shape (n, 2)
        Longitude and latitude by time, EPSG:4490; without instants.
    limits : PatrolLimits
        The grid, and how closely a track is looked at.
    longest_join_m : float
        Metres. A longer step joins nothing: it may be a gap or a slip, and nothing tells.

    Returns
    -------
    frozenset of tuple of int
        As `cells_seen`; without instants, less is joined where points lie far apart.
    """
    if not len(lonlat):
        return frozenset()
    middle = (lonlat[1:, 1] + lonlat[:-1, 1]) / 2
    east, north = ellipsoid.local_scale(middle)
    lengths = np.hypot(np.diff(lonlat[:, 0]) * east, np.diff(lonlat[:, 1]) * north)
    return _cells_along(lonlat, lengths, lengths <= longest_join_m, limits)


def _cells_along(
    lonlat: Floats, lengths: Floats, is_joined: npt.NDArray[np.bool_], limits: PatrolLimits
) -> frozenset[Cell]:
    """Return the cells of the points, and of the steps between them that are joined."""
    seen = [lonlat]
    for at in np.flatnonzero(is_joined & (lengths > limits.step_m)):
        parts = np.linspace(0, 1, int(np.ceil(lengths[at] / limits.step_m)) + 1)[:, None]
        seen.append(lonlat[at] + parts * (lonlat[at + 1] - lonlat[at]))
    cells = np.floor(np.concatenate(seen) / limits.cell_deg).astype(int)
    return frozenset(map(tuple, np.unique(cells, axis=0).tolist()))


def cells_of_land(shapes: Sequence[shapely.Geometry], limits: PatrolLimits) -> frozenset[Cell]:
    """Return the cells of the grid in which land lies.

    Parameters
    ----------
    shapes : sequence of shapely geometries
        Basic farmland, EPSG:4490 degrees.
    limits : PatrolLimits
        The grid.

    Returns
    -------
    frozenset of tuple of int
        Cells that have an area in common with any shape.
    """
    found: set[Cell] = set()
    for shape in shapes:
        if shape.is_empty:
            continue
        west, south, east, north = np.floor(np.array(shape.bounds) / limits.cell_deg).astype(int)
        spans = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
        columns, rows = (each.ravel() for each in spans)
        size = limits.cell_deg
        boxes = shapely.box(columns * size, rows * size, (columns + 1) * size, (rows + 1) * size)
        shapely.prepare(shape)
        meets = shapely.intersects(shape, boxes) & ~shapely.touches(shape, boxes)
        found.update(zip(columns[meets].tolist(), rows[meets].tolist(), strict=True))
    return frozenset(found)


@dataclass(frozen=True)
class Coverage:
    """How many cells with basic farmland there are, and how many a patrol went through."""

    n_cells: int
    n_seen: int

    @property
    def share(self) -> float | None:
        """The part that was seen; None where there is no basic farmland."""
        return self.n_seen / self.n_cells if self.n_cells else None


def coverage(seen: frozenset[Cell], farmland: frozenset[Cell]) -> Coverage:
    """Return how much of the basic farmland's grid was seen.

    Parameters
    ----------
    seen, farmland : frozenset of tuple of int
        Cells of one grid; those seen of one patrol, or of all of a week together.

    Returns
    -------
    Coverage
        Cells without farmland count for nothing.

    References
    ----------
    Domain part 3.4: coverage = patrolled cropland over the grid's cropland.
    """
    return Coverage(len(farmland), len(seen & farmland))
