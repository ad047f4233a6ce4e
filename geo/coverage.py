"""The exact share of each pixel that lies in each polygon, as compressed rows.

Each edge adds its signed area to the pixels that it crosses and its signed height to all on
their right, as font rasterisers do: one sum along each row then gives the exact cover of every
pixel. The weights depend on polygons and grid only; every band and every date is a sparse
product with them.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geo.rings import Rings

LEAST = 1e-9
"""Of a pixel: below is the rounding of the sums."""
BUFFER = 2**22
"""Pixels summed at a time; a larger polygon is done in bands of rows."""
CHUNKS = 64
"""Lots that the polygons are dealt to the threads in."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Window(NamedTuple):
    """Rows and columns of a grid that hold all polygons."""

    row: int
    column: int
    height: int
    width: int


class _Given(NamedTuple):
    """What the kernels read: points, rings and polygons; the window's corner and width."""

    xy: Floats
    points: Ints
    offsets: Ints
    signs: Floats
    boxes: Ints
    corner: Ints


@dataclass(frozen=True)
class Coverage:
    """Which pixels each polygon covers, and how much of each.

    Attributes
    ----------
    indptr : int64 array, shape (n + 1,)
        Where each polygon's pixels begin.
    pixel : int32 array, shape (m,)
        Row-major index in the window, rising within a polygon.
    weight : float32 or float64 array, shape (m,)
        Share of the pixel that lies in the polygon, above 0 and at most 1.
    area_px : float64 array, shape (n,)
        Area of the whole polygon in pixels, also of what lies outside the grid.
    window : Window
        The part of the grid that `pixel` counts in; empty where nothing meets the grid.
    """

    indptr: Ints
    pixel: npt.NDArray[np.int32]
    weight: npt.NDArray[Any]
    area_px: Floats
    window: Window

    def __len__(self) -> int:
        """Count the polygons."""
        return len(self.area_px)

    @property
    def inside_px(self) -> Floats:
        """Area in pixels, shape (n,), of what of each polygon lies in the grid."""
        sums = np.append(0.0, np.cumsum(self.weight, dtype=np.float64))
        return np.asarray(sums[self.indptr[1:]] - sums[self.indptr[:-1]])


def coverage(
    polygons: Rings, *, n: int, height: int, width: int, dtype: npt.DTypeLike = np.float32
) -> Coverage:
    """Compute the exact cover of the pixels of a grid.

    Parameters
    ----------
    polygons : Rings
        Valid polygons and multipolygons with holes in (column, row) of the grid; see
        `geo.grids.place`. Either orientation. Of invalid ones, what is wound twice counts once.
    n : int
        Number of polygons, those included that have no rings: they cover nothing.
    height, width : int
        Rows and columns of the grid; what lies beyond is left out of the pixels.
    dtype : dtype
        Of the weights, float32 or float64.

    Returns
    -------
    Coverage

    Raises
    ------
    ValueError
        If the window around the polygons has 2³¹ pixels or more.

    References
    ----------
    Baston, D.: exactextract, https://github.com/isciences/exactextract (the same weights, by
    traversal of each cell). Levien, R.: font-rs (accumulation of signed areas).
    """
    boxes = _boxes(polygons, height, width)
    window = _window(boxes)
    if window.height * window.width >= 2**31:
        raise ValueError(f"a window of {window.height} x {window.width} pixels is too large")
    signs, ring_areas = _signs(polygons)
    area_px = np.zeros(n)
    if len(polygons):
        area_px[polygons.source] = np.add.reduceat(ring_areas, polygons.offsets[:-1])
    room = _offsets((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    pixel, weight = np.empty(room[-1], np.int32), np.empty(room[-1], dtype)
    counts = np.zeros(len(polygons), np.int64)
    given = _Given(
        np.ascontiguousarray(polygons.xy, dtype=np.float64),
        polygons.points,
        polygons.offsets,
        signs,
        boxes,
        np.array([window.row, window.column, window.width]),
    )
    _fill(given, room, pixel, weight, counts)
    by_source = np.zeros(n, np.int64)
    by_source[polygons.source] = counts
    order = np.argsort(polygons.source, kind="stable")
    indptr = _offsets(by_source)
    packed_pixel, packed_weight = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], dtype)
    _pack(order, room, counts, pixel, weight, packed_pixel, packed_weight)
    return Coverage(indptr, packed_pixel, packed_weight, np.abs(area_px), window)


def _offsets(counts: Ints) -> Ints:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _boxes(polygons: Rings, height: int, width: int) -> Ints:
    """Return first row and column, and those after the last, of each polygon, in the grid."""
    if not len(polygons):
        return np.zeros((0, 4), np.int64)
    first = polygons.points[polygons.offsets[:-1]]
    low = np.floor(np.minimum.reduceat(polygons.xy, first))
    high = np.ceil(np.maximum.reduceat(polygons.xy, first))
    limit = np.array([width, height], dtype=float)
    low, high = np.clip(low, 0, limit), np.clip(high, 0, limit)
    boxes = np.column_stack([low[:, ::-1], high[:, ::-1]]).astype(np.int64)
    boxes[(boxes[:, 2:] <= boxes[:, :2]).any(axis=1)] = 0
    return boxes


def _window(boxes: Ints) -> Window:
    meets = boxes[boxes[:, 2] > boxes[:, 0]]
    if not len(meets):
        return Window(0, 0, 0, 0)
    row, column = (int(each) for each in meets[:, :2].min(axis=0))
    below, right = (int(each) for each in meets[:, 2:].max(axis=0))
    return Window(row, column, below - row, right - column)


def _signs(polygons: Rings) -> tuple[Floats, Floats]:
    """Return for each ring the sign that makes it add or, as a hole, take away; and its area."""
    if not len(polygons):
        return np.empty(0), np.empty(0)
    # About each ring's own first point, or the product would lose the area's digits.
    own = polygons.xy - np.repeat(
        polygons.xy[polygons.points[:-1]], np.diff(polygons.points), axis=0
    )
    step = polygons.steps()
    area = polygons.ring_sums(own[:, 0] * step[:, 1] - own[:, 1] * step[:, 0]) / 2
    wanted = np.where(polygons.is_hole, 1.0, -1.0)
    return wanted * np.sign(area), np.where(polygons.is_hole, -1.0, 1.0) * np.abs(area)


@numba.njit(cache=True, inline="always")
def _span(sums: Any, at: int, left: float, right: float, height: float) -> None:
    """Add the part of an edge that crosses a row between two columns."""
    if left > right:
        left, right = right, left
    first, last = int(left), int(right)
    if first == last:
        share = (left + right) / 2 - first
        sums[at + first] += height * (1 - share)
        sums[at + first + 1] += height * share
        return
    slope = height / (right - left)
    for column in range(first, last + 1):
        begin, end = max(left, float(column)), min(right, column + 1.0)
        part, share = slope * (end - begin), (begin + end) / 2 - column
        sums[at + column] += part * (1 - share)
        sums[at + column + 1] += part * share


@numba.njit(cache=True)
def _piece(sums: Any, at: int, width: int, xa: float, xb: float, height: float) -> None:
    """Add an edge's way through one row; beyond the left it counts in full, beyond the right not.

    Only polygons that leave the grid have edges there.
    """
    if xa > xb:
        xa, xb = xb, xa
    if xb <= 0:
        sums[at] += height
        return
    if xa >= width:
        return
    if xa < 0:
        outside = height * (0 - xa) / (xb - xa)
        sums[at] += outside
        height -= outside
        xa = 0.0
    if xb > width:
        height *= (width - xa) / (xb - xa)
        xb = float(width)
    _span(sums, at, xa, xb, height)


@numba.njit(cache=True)
def _edge(sums: Any, rows: int, width: int, ends: tuple[float, ...], sign: float) -> None:
    """Add an edge, its ends in (column, row) of the buffer, which is `width + 2` wide."""
    x0, y0, x1, y1 = ends
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    if y1 <= 0 or y0 >= rows:
        return
    slope = (x1 - x0) / (y1 - y0)
    top, bottom = max(y0, 0.0), min(y1, float(rows))
    row = int(top)
    while row < bottom:
        begin, end = max(top, float(row)), min(bottom, row + 1.0)
        xa = x0 if begin == y0 else x0 + (begin - y0) * slope
        xb = x1 if end == y1 else x0 + (end - y0) * slope
        _piece(sums, row * (width + 2), width, xa, xb, sign * (end - begin))
        row += 1


@numba.njit(cache=True)
def _band(given: Any, k: int, sums: Any, top: int, rows: int) -> None:
    """Add all edges of a polygon to a band of rows."""
    xy, box = given.xy, given.boxes[k]
    left, width = box[1], box[3] - box[1]
    for ring in range(given.offsets[k], given.offsets[k + 1]):
        for at in range(given.points[ring], given.points[ring + 1] - 1):
            ends = (xy[at, 0] - left, xy[at, 1] - top, xy[at + 1, 0] - left, xy[at + 1, 1] - top)
            _edge(sums, rows, width, ends, given.signs[ring])


@numba.njit(cache=True)
def _polygon(given: Any, k: int, sums: Any, at: int, pixel: Any, weight: Any) -> int:
    """Write the pixels of one polygon from `at` on; return where they end."""
    box, corner = given.boxes[k], given.corner
    width = box[3] - box[1]
    most = max(1, (len(sums) - 2) // (width + 2))
    for top in range(box[0], box[2], most):
        rows = min(most, box[2] - top)
        _band(given, k, sums, top, rows)
        for row in range(rows):
            total, base = 0.0, row * (width + 2)
            place = (top + row - corner[0]) * corner[2] + box[1] - corner[1]
            for column in range(width):
                total += sums[base + column]
                if total > LEAST:
                    pixel[at] = place + column
                    weight[at] = min(total, 1.0)
                    at += 1
        sums[: rows * (width + 2)] = 0.0
    return at


@numba.njit(cache=True)
def _buffer(boxes: Any, begin: int, end: int) -> Any:
    """Return a buffer that holds each polygon, or a band of its rows."""
    most = 0
    for k in range(begin, end):
        width = boxes[k, 3] - boxes[k, 1] + 2
        most = max(most, min((boxes[k, 2] - boxes[k, 0]) * width, max(BUFFER, width)))
    return np.zeros(most + 2)


@numba.njit(cache=True, parallel=True, nogil=True)
def _fill(given: Any, room: Any, pixel: Any, weight: Any, counts: Any) -> None:
    n = len(counts)
    for lot in numba.prange(CHUNKS):
        begin, end = n * lot // CHUNKS, n * (lot + 1) // CHUNKS
        sums = _buffer(given.boxes, begin, end)
        for k in range(begin, end):
            if given.boxes[k, 2] > given.boxes[k, 0]:
                counts[k] = _polygon(given, k, sums, room[k], pixel, weight) - room[k]


@numba.njit(cache=True, nogil=True)
def _pack(
    order: Any, room: Any, counts: Any, pixel: Any, weight: Any, to_pixel: Any, to_weight: Any
) -> None:
    at = 0
    for k in order:
        n = counts[k]
        to_pixel[at : at + n] = pixel[room[k] : room[k] + n]
        to_weight[at : at + n] = weight[room[k] : room[k] + n]
        at += n
