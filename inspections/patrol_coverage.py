"""How much of the basic farmland some patrol of a period went through, town by town. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import shapely

from geo import ellipsoid
from inspections.patrols import Cell

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
CHUNK = 20_000
"""Shapes that are cut at once: their boxes are held in memory."""


@dataclass(frozen=True)
class Pieces:
    """What the grid cuts shapes into.

    Attributes
    ----------
    shape : ndarray of int64, shape (k,)
        Which of the shapes a piece is of, rising.
    column, row : ndarray of int64, shape (k,)
        Its cell: longitude and latitude over the side of a cell, rounded down.
    area_m2 : ndarray of float64, shape (k,)
        How large it is.
    """

    shape: Ints
    column: Ints
    row: Ints
    area_m2: Floats


def pieces(shapes: Sequence[shapely.Geometry], *, cell_deg: float) -> Pieces:
    """Cut land by the grid.

    Parameters
    ----------
    shapes : sequence of shapely geometries, shape (n,)
        Basic farmland, EPSG:4490 degrees; what is empty or has no area gives no piece.
    cell_deg : float
        Side of a cell in degrees of longitude and latitude.

    Returns
    -------
    Pieces
        By shape, then by cell; the areas of a shape's pieces add up to its own.
    """
    made = [
        _pieces(np.asarray(shapes[start : start + CHUNK], dtype=object), start, cell_deg)
        for start in range(0, len(shapes), CHUNK)
    ]
    none = np.zeros(0, np.int64)
    parts = [Pieces(none, none, none, np.zeros(0)), *made]
    return Pieces(
        np.concatenate([each.shape for each in parts]),
        np.concatenate([each.column for each in parts]),
        np.concatenate([each.row for each in parts]),
        np.concatenate([each.area_m2 for each in parts]),
    )


def _pieces(shapes: npt.NDArray[np.object_], first: int, size: float) -> Pieces:
    index = np.flatnonzero(~shapely.is_empty(shapes))
    low = np.floor(shapely.bounds(shapes[index]) / size).astype(np.int64).reshape(-1, 4)
    wide, high = (low[:, 2] - low[:, 0] + 1, low[:, 3] - low[:, 1] + 1)
    n = wide * high
    owner = np.repeat(np.arange(len(index)), n)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
    column = low[owner, 0] + within % wide[owner]
    row = low[owner, 1] + within // wide[owner]
    parts = shapes[index[owner]]
    # Most land lies in one cell, and needs no cutting.
    cut = np.flatnonzero(n[owner] > 1)
    boxes = shapely.box(
        column[cut] * size, row[cut] * size, (column[cut] + 1) * size, (row[cut] + 1) * size
    )
    parts[cut] = shapely.intersection(parts[cut], boxes)
    areas = ellipsoid.areas_m2(parts)
    there = areas > 0
    return Pieces(first + index[owner[there]], column[there], row[there], areas[there])


@dataclass(frozen=True)
class Grid:
    """Which cells have basic farmland, and the one town that each is counted to.

    Attributes
    ----------
    cells : list of tuple of int, shape (m,)
        Column and row, rising.
    towns : list of str, shape (m,)
        The town that has most of the cell's farmland; of equals the first by code.
    """

    cells: list[Cell]
    towns: list[str]


def grid(column: Ints, row: Ints, area_m2: Floats, towns: Sequence[str]) -> Grid:
    """Count each cell to one town, so that towns add up to their county.

    Parameters
    ----------
    column, row : ndarray of int64, shape (k,)
        Cells of pieces of farmland, in any order.
    area_m2 : ndarray of float64, shape (k,)
        Their areas.
    towns : sequence of str, shape (k,)
        The town that each piece lies in.

    Returns
    -------
    Grid
        The same whichever order the pieces come in.
    """
    if not len(column):
        return Grid([], [])
    names, town = np.unique(np.asarray(towns, str), return_inverse=True)
    keys, key = np.unique(np.column_stack([column, row, town]), axis=0, return_inverse=True)
    # Sorted first: sums of floats depend on their order, and two towns may be all but equal.
    by_size = np.argsort(area_m2, kind="stable")
    sums = np.bincount(key.ravel()[by_size], weights=area_m2[by_size], minlength=len(keys))
    order = np.lexsort((keys[:, 2], -np.round(sums, 3), keys[:, 1], keys[:, 0]))
    ranked = keys[order]
    is_first = np.ones(len(ranked), bool)
    is_first[1:] = (np.diff(ranked[:, :2], axis=0) != 0).any(axis=1)
    chosen = ranked[is_first]
    cells = [(int(c), int(r)) for c, r in chosen[:, :2]]
    return Grid(cells, [str(names[at]) for at in chosen[:, 2]])


@dataclass(frozen=True)
class TownCoverage:
    """How much of a town some patrol went through.

    Attributes
    ----------
    town : str
        Its code.
    n_cells, n_seen : int
        Cells with basic farmland, and those of them that at least one patrol went through.
    last_seen_on : date or None
        When a patrol last was in any of them.
    unseen : list of tuple of int
        The cells that none went through.
    """

    town: str
    n_cells: int
    n_seen: int
    last_seen_on: date | None
    unseen: list[Cell]

    @property
    def share(self) -> float | None:
        """The part that was seen; None where there is no basic farmland."""
        return self.n_seen / self.n_cells if self.n_cells else None


def last_seen(patrols: Sequence[tuple[date, frozenset[Cell]]]) -> dict[Cell, date]:
    """Return when each cell was last gone through, however many patrols came.

    Parameters
    ----------
    patrols : sequence of (date, frozenset of tuple of int)
        The day of each patrol of a period, and the cells it went through; in any order.

    Returns
    -------
    dict of tuple of int -> date
        A union, not a sum: a cell that ten patrols saw stands once.
    """
    last: dict[Cell, date] = {}
    for day, cells in sorted(patrols, key=lambda each: each[0]):
        last.update(dict.fromkeys(cells, day))
    return last


def by_town(farmland: Grid, seen: Mapping[Cell, date]) -> list[TownCoverage]:
    """Return how much of each town's basic farmland was seen.

    Parameters
    ----------
    farmland : Grid
        Cells with farmland, each of one town.
    seen : mapping of tuple of int -> date
        As `last_seen` gives it; cells without farmland count for nothing.

    Returns
    -------
    list of TownCoverage
        In order of the town's code. Every cell is in exactly one of them.

    References
    ----------
    Domain part 3.4: coverage = patrolled cropland over the grid's cropland.
    """
    cells: dict[str, list[Cell]] = {}
    for cell, town in zip(farmland.cells, farmland.towns, strict=True):
        cells.setdefault(town, []).append(cell)
    found = []
    for town, own in sorted(cells.items()):
        days = [seen[cell] for cell in own if cell in seen]
        unseen = [cell for cell in own if cell not in seen]
        found.append(TownCoverage(town, len(own), len(days), max(days, default=None), unseen))
    return found
