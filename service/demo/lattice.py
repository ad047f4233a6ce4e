"""A tessellation of the county into parcels that share their vertices, at any size.

Parcels are rectangles of cells on a lattice of lines: blocks, halved again and again, between
strips of river, road and ditch. Every lattice point on a parcel's border is a vertex of it, and
every vertex is moved by one smooth function of its place. So borders are curved like the land's,
and neighbours have the very same points: no gap, no overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from service.demo.territory import Territory, rounded, to_degrees, waves

N_CELLS = 40
"""Cells along a block: parcels of a quarter of a well-farmed block then have ~31 vertices."""
MIN_CELLS = 2
MEAN_PARCELS = 18
STRIPS = 2
MARGIN_M = 2500.0
ROAD_EVERY = 8
N_RIVERS = (2, 3)
WIDTHS = {"1101": 60.0, "1003": 14.0, "1006": 6.0, "1107": 5.0}
BENDS = ((25_000.0, 0.036), (8_000.0, 0.025))
"""Wave lengths in metres and heights as a share of them; the slopes of all add up to less
than one, or the land would fold."""
LOCAL_BENDS = ((1.3, 0.02), (0.21, 0.012))
"""The same, with lengths in blocks."""
RELIEF_M = 4000.0
CHUNK = 50_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Axis:
    """The lines across one direction, and what lies in the strips between its blocks."""

    lines: Floats
    classes: NDArray[np.str_]  # (blocks): of the strip after each block

    @property
    def rivers(self) -> Floats:
        """Where the rivers run, in metres."""
        strips = np.flatnonzero(self.classes == "1101")
        return self.lines[(strips + 1) * (N_CELLS + 1) - 1]


@dataclass(frozen=True)
class Pieces:
    """Parcels before they have attributes."""

    geometry: NDArray[np.object_]  # EPSG:4490
    strip: NDArray[np.str_]  # land class of a strip, "" for others
    elevation: Floats  # 0 by the river to 1 on the hills
    metres: Floats  # (n, 2): a place of it, EPSG:4547
    block: Ints


class Relief:
    """The bends of the land and its heights, as functions of a place in metres."""

    def __init__(self, columns: Axis, rows: Axis, pitch: float, seed: int) -> None:
        self.rivers = (columns.rivers, rows.rivers)
        local = [(length * pitch, share) for length, share in LOCAL_BENDS]
        self.bends = (*BENDS, *local)
        self.seed = seed

    def bent(self, metres: Floats) -> Floats:
        """Return where lattice points, shape (n, 2), really lie."""
        random = np.random.default_rng(self.seed)
        moved = metres.copy()
        for length, share in self.bends:
            for axis in (0, 1):
                moved[:, axis] += length * share * waves(metres, length, random)
        return moved

    def elevation(self, metres: Floats) -> Floats:
        """Return heights from 0 by the rivers to 1 on the hills, at lattice points."""
        random = np.random.default_rng(self.seed + 1)
        away = np.full(len(metres), np.inf)
        for axis, rivers in enumerate(self.rivers):
            for river in rivers:
                np.minimum(away, np.abs(metres[:, axis] - river), out=away)
        return np.clip(away / RELIEF_M / 2.2 + 0.22 * waves(metres, 7000, random, 3), 0, 1)


def tessellate(territory: Territory, count: int, *, seed: int) -> Pieces:
    """Divide the county into about as many parcels as asked for."""
    random = np.random.default_rng(seed)
    pitch = float(np.sqrt(territory.plane_outline.area * (MEAN_PARCELS + STRIPS) / count))
    west, south, east, north = territory.plane_outline.bounds
    columns = _axis(west - MARGIN_M, east + MARGIN_M, pitch, N_RIVERS[0], random)
    rows = _axis(south - MARGIN_M, north + MARGIN_M, pitch, N_RIVERS[1], random)
    relief = Relief(columns, rows, pitch, seed)
    near = 1.5 * pitch
    blocks = _blocks(columns, rows)
    lattice = _middle(blocks, columns, rows)
    place = relief.bent(lattice)
    points = shapely.points(place)
    boundary = shapely.boundary(territory.plane_outline)
    shapely.prepare(boundary)
    is_near = shapely.dwithin(boundary, points, near)
    shapely.prepare(territory.plane_outline)
    is_in = shapely.contains_xy(territory.plane_outline, place)
    shown = is_in | is_near
    wanted = _wanted(is_in[shown], count, relief.elevation(lattice[shown]), random)
    rectangles = _rectangles(blocks[shown], wanted, columns, rows, random)
    touches = is_near[shown][rectangles.block]
    return _joined(_drawn(rectangles, touches, columns, rows, relief, territory))


def _axis(
    low: float, high: float, pitch: float, n_rivers: int, random: np.random.Generator
) -> Axis:
    n = int(np.ceil((high - low) / pitch))
    classes = np.where(np.arange(n) % 2, "1006", "1107")
    classes[ROAD_EVERY // 2 :: ROAD_EVERY] = "1003"
    share = (np.arange(n_rivers) + random.uniform(0.35, 0.65, n_rivers)) / n_rivers
    classes[np.minimum((share * n).astype(int), n - 1)] = "1101"
    strips = np.array([WIDTHS[each] for each in classes])
    strips = np.minimum(strips, pitch / 8)  # a river of a hamlet's land is a brook
    sizes = random.uniform(0.8, 1.2, n)
    sizes *= ((high - low) - strips.sum()) / sizes.sum()
    steps = np.empty((n, N_CELLS + 1))
    steps[:, :N_CELLS] = (sizes / N_CELLS)[:, None]
    steps[:, N_CELLS] = strips
    return Axis(low + np.concatenate([[0.0], np.cumsum(steps)]), classes)


def _blocks(columns: Axis, rows: Axis) -> Ints:
    """Return the column and row of every block."""
    grid = np.meshgrid(np.arange(len(columns.classes)), np.arange(len(rows.classes)))
    return np.column_stack([each.ravel() for each in grid])


def _middle(blocks: Ints, columns: Axis, rows: Axis) -> Floats:
    at = blocks * (N_CELLS + 1) + N_CELLS // 2
    return np.column_stack([columns.lines[at[:, 0]], rows.lines[at[:, 1]]])


@dataclass(frozen=True)
class _Rectangles:
    """Rectangles of cells: the first and last line in each direction."""

    lines: Ints  # (n, 4): west, south, east, north
    strip: NDArray[np.str_]
    block: Ints


def _wanted(
    is_in: NDArray[np.bool_], count: int, elevation: Floats, random: np.random.Generator
) -> Ints:
    """Return how many parcels each block shall hold: many by the rivers, few on the hills."""
    density = np.exp(-3.0 * elevation)
    inside = max(int(is_in.sum()), 1)
    for_fields = max(count - STRIPS * inside, inside)
    wanted = density * (for_fields / max(density[is_in].sum(), 1e-9))
    return np.asarray(np.maximum(1, wanted + random.random(len(wanted))), dtype=np.int64)


def _rectangles(
    blocks: Ints, wanted: Ints, columns: Axis, rows: Axis, random: np.random.Generator
) -> _Rectangles:
    """Return the parcels of each block, the strip east of it and the strip north of it."""
    corner = blocks * (N_CELLS + 1)
    high = corner + N_CELLS
    fields = np.hstack([corner, high])
    east = np.column_stack([high[:, 0], corner[:, 1], high[:, 0] + 1, high[:, 1]])
    north = np.column_stack([corner[:, 0], high[:, 1], high[:, 0] + 1, high[:, 1] + 1])
    number = np.arange(len(blocks))
    parts, of_block = _halved(fields, number, wanted, random)
    strips = [columns.classes[blocks[:, 0]], rows.classes[blocks[:, 1]]]
    return _Rectangles(
        np.vstack([parts, east, north]),
        np.concatenate([np.full(len(parts), ""), *strips]),
        np.concatenate([of_block, number, number]),
    )


def _halved(
    lines: Ints, block: Ints, wanted: Ints, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """Cut rectangles across their longer side until each is one parcel."""
    done: list[tuple[Ints, Ints]] = []
    while len(lines):
        size = lines[:, 2:] - lines[:, :2]
        axis = np.argmax(size * random.uniform(0.75, 1.25, size.shape), axis=1)
        row = np.arange(len(lines))
        is_whole = (wanted <= 1) | (size[row, axis] < 2 * MIN_CELLS)
        done.append((lines[is_whole], block[is_whole]))
        lines, block, wanted = lines[~is_whole], block[~is_whole], wanted[~is_whole]
        axis, row = axis[~is_whole], np.arange(len(lines))
        low, high = lines[row, axis], lines[row, axis + 2]
        cut = np.rint(low + (high - low) * random.uniform(0.34, 0.66, len(lines)))
        cut = np.clip(cut.astype(np.int64), low + MIN_CELLS, high - MIN_CELLS)
        share = (cut - low) / (high - low)
        first = np.clip(np.rint(wanted * share).astype(np.int64), 1, wanted - 1)
        lower, upper = lines.copy(), lines.copy()
        lower[row, axis + 2] = cut
        upper[row, axis] = cut
        lines, block = np.vstack([lower, upper]), np.concatenate([block, block])
        wanted = np.concatenate([first, wanted - first])
    return np.vstack([each for each, _ in done]), np.concatenate([each for _, each in done])


def _borders(lines: Ints) -> tuple[Ints, Ints, Ints]:
    """Return every lattice point of the rectangles' borders, closed: column, row, of which."""
    width, height = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    n_points = 2 * (width + height) + 1
    of = np.repeat(np.arange(len(lines)), n_points)
    step = np.arange(len(of)) - np.repeat(np.cumsum(n_points) - n_points, n_points)
    w, h = width[of], height[of]
    column = lines[of, 0] + np.clip(step, 0, w) - np.clip(step - w - h, 0, w)
    row = lines[of, 1] + np.clip(step - w, 0, h) - np.clip(step - 2 * w - h, 0, h)
    return column, row, of


def _drawn(
    rectangles: _Rectangles,
    touches: NDArray[np.bool_],
    columns: Axis,
    rows: Axis,
    relief: Relief,
    territory: Territory,
) -> Iterator[Pieces]:
    """Yield the polygons by chunks, cut at the county's outline where they may cross it."""
    # Blocks one after the other, so that neighbours in space are neighbours in the file.
    order = np.argsort(rectangles.block, kind="stable")
    for some in np.array_split(order, max(1, len(order) // CHUNK)):
        lines = rectangles.lines[some]
        column, row, of = _borders(lines)
        border = relief.bent(np.column_stack([columns.lines[column], rows.lines[row]]))
        polygons = shapely.polygons(shapely.linearrings(to_degrees(border), indices=of))
        parts, part_of = _inside(polygons, touches[some], territory.outline)
        middle = lines[:, :2] + (lines[:, 2:] - lines[:, :2]) // 2
        place = np.column_stack([columns.lines[middle[:, 0]], rows.lines[middle[:, 1]]])
        chosen = some[part_of]
        yield Pieces(
            parts,
            rectangles.strip[chosen],
            relief.elevation(place)[part_of],
            relief.bent(place)[part_of],
            rectangles.block[chosen],
        )


def _inside(
    polygons: NDArray[np.object_], touches: NDArray[np.bool_], outline: shapely.Geometry
) -> tuple[NDArray[np.object_], Ints]:
    """Return the parts inside the outline, and which polygon each is of."""
    shapely.prepare(outline)
    doubtful = np.flatnonzero(touches)
    is_out = ~shapely.intersects(outline, polygons[doubtful])
    is_cut = ~is_out & ~shapely.contains_properly(outline, polygons[doubtful])
    made = polygons.copy()
    made[doubtful[is_out]] = None
    cut = doubtful[is_cut]
    made[cut] = rounded(shapely.intersection(polygons[cut], outline))
    parts, part_of = shapely.get_parts(made, return_index=True)
    is_area = shapely.area(parts) > 0
    return parts[is_area], part_of[is_area]


def _joined(chunks: Iterator[Pieces]) -> Pieces:
    columns: list[Any] = [
        np.concatenate(each)
        for each in zip(*(vars(chunk).values() for chunk in chunks), strict=True)
    ]
    return Pieces(*columns)
