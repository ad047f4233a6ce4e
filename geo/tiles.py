"""Vector tiles (Mapbox Vector Tile 2.1) of parcels, made from arrays of coordinates.

Nothing is done by the feature: a tile's rings are one array of coordinates with offsets, from
the WKB to the bytes sent. Longitude and latitude of CGCS2000 are taken as those of WGS 84:
for display only, where the decimetre between them is below a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import protobuf, rings
from geo.rings import Rings

EXTENT = 4096
"""Units along a tile's side."""
BUFFER = 64
"""Units beyond the tile's edge that are drawn too, so that outlines meet unseen."""
MIN_WIDTH = 1.5
"""Mean width in units below which a feature is left out: see `encode`."""
MAX_LATITUDE = 85.0511287798066
SHORT_SPAN = 0.5
"""Degrees of latitude within which a polynomial stands for the Mercator projection."""

MOVE_TO_ONE, LINE_TO, CLOSE_PATH = 9, 2, 15

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Tile(NamedTuple):
    """A tile of the Web Mercator pyramid; (0, 0) is in the north-west."""

    z: int
    x: int
    y: int


def tile_bounds(z: int, x: int, y: int, buffer: int = 0) -> tuple[float, float, float, float]:
    """Return the box of a tile.

    Parameters
    ----------
    z, x, y : int
        The tile; (0, 0) is in the north-west.
    buffer : int, optional
        Units (of `EXTENT` along a side) to widen the box by on each side; give `BUFFER` to
        find the features that `encode` may draw.

    Returns
    -------
    tuple of float
        West, south, east, north in degrees of EPSG:4490, taken as WGS 84.

    Raises
    ------
    ValueError
        If there is no such tile.
    """
    n = 2**z
    if z < 0 or not (0 <= x < n and 0 <= y < n):
        raise ValueError(f"no tile {z}/{x}/{y}")
    margin = buffer / EXTENT

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))

    west, east = (x - margin) / n * 360 - 180, (x + 1 + margin) / n * 360 - 180
    return west, latitude(y + 1 + margin), east, latitude(y - margin)


def encode(
    layer_name: str,
    geometries: Sequence[bytes] | NDArray[Any],
    ids: NDArray[np.uint64] | Sequence[int],
    properties: Mapping[str, protobuf.Column],
    tile: tuple[int, int, int],
    *,
    min_width: float = MIN_WIDTH,
) -> bytes:
    """Encode polygons as a vector tile of one layer; tiles may be concatenated.

    Parameters
    ----------
    layer_name : str
        Name of the layer.
    geometries : sequence of bytes, or array of shapely geometries, shape (n,)
        Polygons or multipolygons in EPSG:4490, lon/lat degrees, as ISO WKB or as objects;
        what is None, empty or not polygonal is left out.
    ids : array of uint64, shape (n,)
        Feature ids.
    properties : mapping of str to sequence, each of shape (n,)
        Strings, integers, floats, booleans; None and NaN are left out of the feature.
    tile : (z, x, y)
        The tile of the Web Mercator pyramid.
    min_width : float, optional
        Least mean width of what is drawn, in units of `EXTENT` along the side; 0 draws all
        that does not collapse.

    Returns
    -------
    bytes
        The tile; empty if nothing is drawn.

    Raises
    ------
    ValueError
        If there is no such tile, or `ids` or a property differ in length from `geometries`.

    Notes
    -----
    One rule says on every engine which features a tile holds. With `c` the feature clipped
    to the tile widened by `BUFFER`, of area A and perimeter P (holes included) in units, it
    is drawn if ``2 * A >= min_width * P``, the mean width of a strip. In PostGIS, with `g`
    the geometry in EPSG:3857 and `u` the length of a unit (tile's side / 4096)::

        c = ST_ClipByBox2D(g, ST_Expand(ST_TileEnvelope(z, x, y), 64 * u))
        2 * ST_Area(c) >= 1.5 * u * ST_Perimeter(c)

    Rounding moves a vertex by at most 0.71 unit, and so takes at most about 0.71 * P from
    the area: what is at least 1.5 units wide never collapses, there or here. A drawn feature
    has at least 7 square units, as the disc of that width has.

    References
    ----------
    Mapbox Vector Tile Specification 2.1, 4.3 (geometry) and 4.4 (attributes).
    """
    tile_bounds(*tile)
    n = len(geometries)
    if any(len(column) != n for column in (ids, *properties.values())):
        raise ValueError("ids and properties must be as many as geometries")
    shapes = _cut(_to_tile(rings.of_geometries(geometries), Tile(*tile)))
    shapes = rings.chosen(shapes, _is_wide(shapes, min_width))
    shapes = _rounded(shapes)
    if not len(shapes):
        return b""
    features = protobuf.Features(
        ids=np.asarray(ids, dtype=np.uint64)[shapes.source],
        commands=_commands(shapes),
        n_commands=_n_commands(shapes),
        columns={name: protobuf.taken(each, shapes.source) for name, each in properties.items()},
    )
    return protobuf.layer(layer_name, features, extent=EXTENT)


def _to_tile(shapes: Rings, tile: Tile) -> Rings:
    """Project degrees to units of the tile, y southwards."""
    side = float(EXTENT * 2**tile.z)
    xy = np.empty_like(shapes.xy)
    xy[:, 0] = (shapes.xy[:, 0] + 180) * (side / 360) - tile.x * EXTENT
    xy[:, 1] = _mercator_south(shapes.xy[:, 1], side) - tile.y * EXTENT
    return shapes.moved(xy)


def _mercator_south(latitude: Floats, side: float) -> Floats:
    """Return the distance from the pyramid's north edge, in parts of `side`.

    Over half a degree a polynomial of degree 6 is the projection to 1e-13 of the side, at
    a tenth of the cost of its tangent and inverse sine.
    """

    def exact(degrees: Floats) -> Floats:
        angle = np.radians(np.clip(degrees, -MAX_LATITUDE, MAX_LATITUDE))
        return np.asarray((0.5 - np.arcsinh(np.tan(angle)) / (2 * np.pi)) * side)

    if len(latitude) == 0 or np.ptp(latitude) > SHORT_SPAN:
        return exact(latitude)
    middle = float(latitude.min() + latitude.max()) / 2
    half = max(np.ptp(latitude) / 2, 1e-6)
    fit = np.polynomial.Chebyshev.interpolate(exact, 6, domain=[middle - half, middle + half])
    *lower, top = np.polynomial.chebyshev.cheb2poly(fit.coef)
    t = (latitude - middle) / half
    south = np.full_like(t, top)
    for coefficient in reversed(lower):
        south *= t
        south += coefficient
    return south


def _cut(shapes: Rings) -> Rings:
    """Clip to the widened tile: what lies inside is left as it is."""
    if not len(shapes):
        return shapes
    low, high = -BUFFER, EXTENT + BUFFER
    begins = shapes.points[shapes.offsets[:-1]]
    least = np.minimum.reduceat(shapes.xy, begins)
    most = np.maximum.reduceat(shapes.xy, begins)
    is_inside = np.all((least >= low) & (most <= high), axis=1)
    is_crossing = np.all((least < high) & (most > low), axis=1) & ~is_inside
    crossing = rings.chosen(shapes, is_crossing)
    return rings.together(rings.chosen(shapes, is_inside), _clipped(crossing))


def _clipped(shapes: Rings) -> Rings:
    if not len(shapes):
        return shapes
    parts, source = rings.to_parts(shapes)
    box = (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    try:
        cut = shapely.clip_by_rect(parts, *box)
    except shapely.GEOSException:
        cut = shapely.intersection(shapely.make_valid(parts), shapely.box(*box))
    return rings.of_parts(cut, source)


def _is_wide(shapes: Rings, min_width: float) -> Bools:
    """Return which features are wide enough, by twice the area over the perimeter."""
    if not len(shapes):
        return np.zeros(0, bool)
    step = shapes.steps()
    areas = np.abs(shapes.ring_sums(_cross(shapes.xy, step))) / 2
    areas[shapes.is_hole] *= -1
    area = np.add.reduceat(areas, shapes.offsets[:-1])
    length = np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2)
    perimeter = np.add.reduceat(shapes.ring_sums(length), shapes.offsets[:-1])
    return np.asarray(2 * area >= min_width * perimeter)


def _cross(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _rounded(shapes: Rings) -> Rings:
    """Round to units; leave out repeated and straight points, and rings that collapse."""
    if not len(shapes):
        return shapes
    made = shapes.moved(np.rint(shapes.xy).astype(np.int32))
    # Rings are closed: the first point is new when the last but one is another.
    for is_kept in (_is_new, _is_turn, _is_new):
        if len(made):
            made = rings.with_points(made, is_kept(made))
    if not len(made):
        return made
    double = made.ring_sums(_cross(made.xy, made.steps()).astype(np.int64))
    backwards = (double < 0) != made.is_hole
    n_points = np.diff(made.points)
    order = np.arange(len(made.xy))
    mirrored = np.repeat(made.points[:-1] + made.points[1:] - 1, n_points) - order
    order = np.where(np.repeat(backwards, n_points), mirrored, order)
    return rings.with_rings(made.moved(made.xy[order]), double != 0)


def _is_new(shapes: Rings) -> Bools:
    """Return which points differ from the next of their ring; a closing point does not."""
    step = shapes.steps()
    return np.asarray((step[:, 0] != 0) | (step[:, 1] != 0))


def _is_turn(shapes: Rings) -> Bools:
    """Return at which points the ring turns; it does not where it runs straight or back."""
    leaving = shapes.steps()
    arriving = np.empty_like(leaving)
    arriving[1:] = leaving[:-1]
    arriving[shapes.points[:-1]] = leaving[shapes.points[1:] - 1]
    return np.asarray(_cross(arriving, leaving) != 0)


def _n_commands(shapes: Rings) -> NDArray[np.int64]:
    """Return how many integers the geometry of each feature takes."""
    begins = 2 * shapes.points + 3 * np.arange(len(shapes.points))
    return np.diff(begins[shapes.offsets])


def _commands(shapes: Rings) -> NDArray[np.uint32]:
    """Return the drawing of all features: move to a point, lines to the others, close."""
    n_points = np.diff(shapes.points)
    delta = np.diff(shapes.xy, axis=0, prepend=np.zeros((1, 2), np.int32))
    first = shapes.points[shapes.offsets[:-1]]
    delta[first] = shapes.xy[first]  # a feature begins at the origin, a ring where one ended
    zigzag = ((delta << 1) ^ (delta >> 31)).astype(np.uint32)
    begins = 2 * shapes.points[:-1] + 3 * np.arange(len(n_points))
    commands = np.empty(2 * len(delta) + 3 * len(n_points), np.uint32)
    place = 2 * np.arange(len(delta)) + np.repeat(3 * np.arange(len(n_points)) + 2, n_points)
    place[shapes.points[:-1]] -= 1  # the count of lines comes after the first point
    commands[place], commands[place + 1] = zigzag[:, 0], zigzag[:, 1]
    commands[begins] = MOVE_TO_ONE
    commands[begins + 3] = (n_points - 1) << 3 | LINE_TO
    commands[begins + 2 * n_points + 2] = CLOSE_PATH
    return commands
