"""What a camera sees of a piece of land: places, distances and sectors in metres. Pure."""

import math

import numpy as np
import shapely

from geo import datum as shifted
from geo import ellipsoid

FULL_CIRCLE = 360.0
ARC_STEP_DEG = 3.0
ALL_AROUND_DEG = 179.99
"""A half width from which a camera sees all around."""
WGS84_LIKE = frozenset({"cgcs2000", "wgs84"})
"""Data that agree within what a hand-held receiver can tell."""


def converted(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Return a position in CGCS2000 degrees.

    Parameters
    ----------
    lon, lat : float
        Degrees in `datum`.
    datum : str
        cgcs2000, wgs84, gcj02 or bd09.

    Raises
    ------
    ValueError
        Where the datum is another.
    """
    if datum in WGS84_LIKE:
        return lon, lat
    if datum == "bd09":
        lon, lat = (float(each) for each in shifted.gcj02_from_bd09(lon, lat))
    elif datum != "gcj02":
        raise ValueError(f"{datum} is no datum")
    east, north = shifted.wgs84_from_gcj02(lon, lat)
    return float(east), float(north)


def view_cone(
    bearing_deg: float, half_deg: float, near_m: float, range_m: float
) -> shapely.Polygon:
    """Return what a camera at the origin sees: a sector of a ring, in metres east and north.

    Parameters
    ----------
    bearing_deg, half_deg : float
        Its axis, clockwise from true north, and its half width, degrees.
    near_m, range_m : float
        From and to where it sees, metres.
    """
    half = min(half_deg, FULL_CIRCLE / 2)
    n = max(2, math.ceil(2 * half / ARC_STEP_DEG) + 1)
    turns = np.radians(np.linspace(bearing_deg - half, bearing_deg + half, n))
    arc = np.column_stack([np.sin(turns), np.cos(turns)])
    if half > ALL_AROUND_DEG:  # its two sides would lie on each other
        disc = arc[:-1]
        return shapely.Polygon(disc * range_m, [disc * near_m] if near_m else [])
    return shapely.Polygon(np.vstack([arc * range_m, arc[::-1] * near_m]))


def laid(parcel: shapely.Geometry, lon: float, lat: float) -> shapely.Geometry:
    """Return a parcel in metres east and north of a place.

    Parameters
    ----------
    parcel : shapely geometry
        In CGCS2000 degrees.
    lon, lat : float
        The place, CGCS2000 degrees.

    Notes
    -----
    A flat map at the place's latitude: within 0.1 m over the 300 m that matter here.
    """
    east, north = (float(each) for each in ellipsoid.local_scale(lat))
    return shapely.transform(parcel, lambda lonlat: (lonlat - (lon, lat)) * (east, north))


def lifted(shape: shapely.Geometry, lon: float, lat: float) -> shapely.Geometry:
    """Return a shape in metres east and north of a place in degrees: `laid` undone.

    Parameters
    ----------
    shape : shapely geometry
        Metres.
    lon, lat : float
        The place, CGCS2000 degrees.
    """
    east, north = (float(each) for each in ellipsoid.local_scale(lat))
    return shapely.transform(shape, lambda metres: metres / (east, north) + (lon, lat))


def distance_m(parcel: shapely.Geometry, lon: float, lat: float) -> float:
    """Return how far a place is from a parcel; 0 inside.

    Parameters
    ----------
    parcel : shapely geometry
        In CGCS2000 degrees.
    lon, lat : float
        The place, CGCS2000 degrees.

    Returns
    -------
    float
        Metres.
    """
    return float(shapely.distance(laid(parcel, lon, lat), shapely.Point(0, 0)))
