"""How wide a polygon is, in metres, where it matters whether it is a field or a sliver."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import ellipsoid

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AT_A_TIME = 20_000
"""Geometries whose coordinates are held at once."""


def perimeters_m(geometries: Geometries) -> Floats:
    """Return the length of all rings of each polygon.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Polygons or multipolygons, EPSG:4490 degrees; None counts as empty.

    Returns
    -------
    float array, shape (n,)
        Metres, by the scale of the ellipsoid at each edge's middle latitude; 0 where empty.
    """
    slices = (geometries[at : at + AT_A_TIME] for at in range(0, len(geometries), AT_A_TIME))
    return np.concatenate([np.empty(0), *(_perimeters_m(each) for each in slices)])


def _perimeters_m(geometries: Geometries) -> Floats:
    rings, owner = shapely.get_rings(geometries, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    delta = coords[start + 1] - coords[start]
    per_lon, per_lat = ellipsoid.local_scale((coords[start, 1] + coords[start + 1, 1]) / 2)
    length = np.hypot(delta[:, 0] * per_lon, delta[:, 1] * per_lat)
    return np.bincount(owner[ring[start]], length, len(geometries)).astype(np.float64)


def widths_m(areas_m2: Floats, perimeters: Floats) -> Floats:
    """Return the width of the rectangle that has the same area and perimeter.

    For a strip that is its width, for a square its side; more compact shapes get the side of
    the square of their area.

    Parameters
    ----------
    areas_m2, perimeters : float array, shape (n,)
        Square metres and metres.

    Returns
    -------
    float array, shape (n,)
        Metres; 0 where there is no perimeter.
    """
    half = perimeters / 2
    root = np.sqrt(np.maximum(half**2 - 4 * areas_m2, 0))
    width = 2 * areas_m2 / np.where(half + root > 0, half + root, 1)
    return np.minimum(width, np.sqrt(areas_m2))


def narrower_than(geometries: Geometries, areas_m2: Floats, width_m: float) -> Flags:
    """Tell which polygons hold no circle of this diameter.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Polygons or multipolygons, EPSG:4490 degrees.
    areas_m2 : float array, shape (n,)
        Their areas, square metres.
    width_m : float
        The diameter, metres.

    Returns
    -------
    bool array, shape (n,)
        True where shrinking by half the width leaves nothing; empty geometries are narrow.

    Notes
    -----
    The circle's radius lies between area / perimeter and sqrt(area / pi), so most are told
    from two numbers; a few are shrunk, in a plane scaled at their own latitude.
    """
    perimeters = perimeters_m(geometries)
    is_wide = 2 * areas_m2 >= width_m * perimeters
    is_small = areas_m2 < np.pi * (width_m / 2) ** 2
    is_narrow = np.asarray(is_small | (perimeters == 0))
    doubtful = np.flatnonzero(~is_narrow & ~is_wide)
    if len(doubtful):
        shrunk = shapely.buffer(_in_metres(geometries[doubtful]), -width_m / 2, quad_segs=2)
        is_narrow[doubtful] = shapely.is_empty(shrunk)
    return is_narrow


def _in_metres(geometries: Geometries) -> Geometries:
    """Scale each geometry at its own south-west corner, so that its coordinates are metres."""
    bounds = shapely.bounds(geometries)
    coords, owner = shapely.get_coordinates(geometries, return_index=True)
    per_lon, per_lat = ellipsoid.local_scale(bounds[:, 1])
    scale = np.stack([per_lon, per_lat], axis=1)
    moved = (coords - bounds[owner, :2]) * scale[owner]
    return np.asarray(shapely.set_coordinates(geometries.copy(), moved))
