"""The shifted coordinates of Chinese map services: GCJ-02 and BD-09, both ways."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo import ellipsoid

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]

SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north in degrees: outside it the map services do not shift."""

_SEMI_MAJOR_M, _E2 = 6378245.0, 0.00669342162296594323
"""Krassowsky 1940, as the published code has it."""
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
_BAIDU_RAD = np.pi * 3000 / 180
_TOLERANCE_DEG = 1e-11
_WHOLE_EARTH = (180.0, 90.0)
SHIFT_M = 100.0
"""Least improvement that tells a shifted outline: the shift is 300 to 700 m."""
_STEP_M = 200.0
_MAX_ROUNDS = 30


def gcj02_from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift WGS 84 as the map services do.

    Parameters
    ----------
    lon, lat : array_like of float
        WGS 84 (or CGCS2000: they agree within a metre), degrees, of one shape.

    Returns
    -------
    tuple of ndarray of float64
        Longitude and latitude in GCJ-02, degrees. Outside `SHIFTED_BOX` nothing moves; what is
        not finite stays so.

    References
    ----------
    The algorithm was never published officially; this is the form in general use (eviltransform,
    coordtransform), checked against points of the county.
    """
    return _within_box(_shift, lon, lat)


def _within_box(
    shift: Callable[[Floats, Floats], Pair], lon: npt.ArrayLike, lat: npt.ArrayLike
) -> Pair:
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    west, south, east, north = SHIFTED_BOX
    is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    # Far outside the box the formulas overflow, and there their value is not used.
    east_deg, north_deg = shift(np.where(is_inside, lon, 105.0), np.where(is_inside, lat, 35.0))
    return np.where(is_inside, lon + east_deg, lon), np.where(is_inside, lat + north_deg, lat)


def _shift(lon: Floats, lat: Floats) -> Pair:
    u, v = lon - 105.0, lat - 35.0
    root, waves = np.sqrt(np.abs(u)), 20 * np.sin(6 * np.pi * u) + 20 * np.sin(2 * np.pi * u)
    north = -100 + 2 * u + 3 * v + 0.2 * v**2 + 0.1 * u * v + 0.2 * root
    north += (waves + _ripple(v, (20, 40, 160, 320), (1, 3, 12, 30))) * 2 / 3
    east = 300 + u + 2 * v + 0.1 * u**2 + 0.1 * u * v + 0.1 * root
    east += (waves + _ripple(u, (20, 40, 150, 300), (1, 3, 12, 30))) * 2 / 3
    lat_rad = np.radians(lat)
    w2 = 1 - _E2 * np.sin(lat_rad) ** 2
    along = _SEMI_MAJOR_M / np.sqrt(w2)
    return np.degrees(east / (along * np.cos(lat_rad))), np.degrees(
        north / (along * (1 - _E2) / w2)
    )


def _ripple(w: Floats, sizes: tuple[int, ...], parts: tuple[int, ...]) -> Floats:
    waves = [size * np.sin(np.pi * w / part) for size, part in zip(sizes, parts, strict=True)]
    total: Floats = np.sum(waves, axis=0)
    return total


def wgs84_from_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Take the shift of the map services back, by iteration.

    Parameters
    ----------
    lon, lat : array_like of float
        GCJ-02, degrees, of one shape.

    Returns
    -------
    tuple of ndarray of float64
        Longitude and latitude in WGS 84, degrees; shifting them again gives the input within
        1e-7 degrees (about a centimetre). On the rim of `SHIFTED_BOX`, where the shift begins
        at a stroke, a point may have no origin: there it is left within one shift.
    """
    return _inverse(gcj02_from_wgs84, lon, lat)


def bd09_from_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift GCJ-02 once more, as Baidu does.

    Parameters
    ----------
    lon, lat : array_like of float
        GCJ-02, degrees, of one shape.

    Returns
    -------
    tuple of ndarray of float64
        Longitude and latitude in BD-09, degrees. Outside `SHIFTED_BOX` nothing moves.
    """
    return _within_box(_baidu_shift, lon, lat)


def _baidu_shift(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BAIDU_RAD)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BAIDU_RAD)
    return (
        radius * np.cos(angle) + _BAIDU_LON - lon,
        radius * np.sin(angle) + _BAIDU_LAT - lat,
    )


def gcj02_from_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Take Baidu's shift back, by iteration.

    Parameters
    ----------
    lon, lat : array_like of float
        BD-09, degrees, of one shape.

    Returns
    -------
    tuple of ndarray of float64
        Longitude and latitude in GCJ-02, degrees, within 1e-7 degrees. The closed form in
        general use is a first guess only: it misses by up to a quarter of a metre.
    """
    return _inverse(bd09_from_gcj02, lon, lat)


def _inverse(
    forward: Callable[[npt.ArrayLike, npt.ArrayLike], Pair], lon: npt.ArrayLike, lat: npt.ArrayLike
) -> Pair:
    """Iterate x ← x + (target - forward(x)): each round leaves about a hundredth of the error."""
    target = np.stack([np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)])
    guess = target.copy()
    for _ in range(_MAX_ROUNDS):
        with np.errstate(invalid="ignore"):
            step = target - np.stack(forward(guess[0], guess[1]))
        step[~np.isfinite(step)] = 0.0
        guess += step
        if not step.size or np.abs(step).max() < _TOLERANCE_DEG:
            break
    return guess[0], guess[1]


@dataclass(frozen=True)
class Shift:
    """How far an outline's boundary lies from the true one, before and after taking GCJ-02 back.

    Distances in metres: the mean over points along the boundary, and the largest (Hausdorff).
    """

    is_shifted: bool
    mean_before_m: float
    mean_after_m: float
    hausdorff_before_m: float
    hausdorff_after_m: float


def shifted_by_gcj02(geometries: npt.ArrayLike, outline: shapely.Geometry) -> Shift:
    """Tell whether an outline that passes for WGS 84 or CGCS2000 is in GCJ-02.

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
        Polygons that together cover what `outline` covers, degrees as in the file.
    outline : shapely geometry
        The true outline in EPSG:4490 degrees.

    Returns
    -------
    Shift
        Shifted where taking GCJ-02 back at least halves the mean distance of the file's outer
        boundary from the true one, and brings it `SHIFT_M` nearer.

    Raises
    ------
    ValueError
        If a coordinate is not finite or not in degrees, or there is no polygon.
    """
    given = np.asarray(geometries, dtype=object)
    true = shapely.union_all(shapely.get_parts(outline))
    coords = shapely.get_coordinates(given)
    if not (np.abs(coords) <= _WHOLE_EARTH).all():
        raise ValueError("coordinates must be finite, and degrees")
    before = _boundary_distances(given, true)
    after = _boundary_distances(shapely.transform(given, _unshifted), true)
    is_shifted = after[0] <= before[0] / 2 and before[0] - after[0] >= SHIFT_M
    return Shift(bool(is_shifted), before[0], after[0], before[1], after[1])


def _unshifted(lonlat: Floats) -> Floats:
    return np.column_stack(wgs84_from_gcj02(lonlat[:, 0], lonlat[:, 1]))


def _boundary_distances(
    shapes: npt.NDArray[np.object_], true: shapely.Geometry
) -> tuple[float, float]:
    """Return the mean and the Hausdorff distance of the outer boundary from the true one, m."""
    whole = shapely.union_all(shapes)
    if not shapely.area(whole) > 0:
        raise ValueError("no polygon to compare with the outline")
    place = true.centroid
    laid = ellipsoid.to_plane([whole, true], place.x, place.y)
    ours, theirs = shapely.boundary(laid)
    # Long edges have to count by their length, not by their two ends.
    along = shapely.points(shapely.get_coordinates(shapely.segmentize(ours, _STEP_M)))
    shapely.prepare(theirs)
    return float(shapely.distance(along, theirs).mean()), float(
        shapely.hausdorff_distance(ours, theirs)
    )
