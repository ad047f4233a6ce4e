"""GeoJSON polygons that come in a request: looked at before Shapely sees them."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import datum
from service.errors import Invalid
from service.parcels.schemas import Datum, Geometry

MAX_VERTICES = 20_000
MIN_RING = 4
LON_LAT = 2
MAX_LON, MAX_LAT = 180, 90
Coordinates = npt.NDArray[np.float64]


def polygon(given: Geometry, measured_in: Datum) -> shapely.Geometry:
    """Return the polygon in CGCS2000 degrees; refuse what is no valid area on earth."""
    parts = given.coordinates if given.type == "MultiPolygon" else [given.coordinates]
    left = [MAX_VERTICES]
    made = [_part(part, left) for part in parts]
    if not made:
        raise Invalid("图形是空的", field="geometry")
    whole = shapely.MultiPolygon(made) if len(made) > 1 else made[0]
    whole = shapely.transform(whole, lambda points: _moved(points, measured_in))
    if not whole.is_valid:
        raise Invalid(f"图形不合格:{shapely.is_valid_reason(whole)};请改好再交", field="geometry")
    if not whole.area:
        raise Invalid("图形没有面积", field="geometry")
    return whole


def position(lon: float, lat: float, measured_in: Datum) -> tuple[float, float]:
    """Return a position in CGCS2000 degrees."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Invalid("经纬度须是有限的数字", field="lon")
    (point,) = _moved(np.array([[lon, lat]]), measured_in)
    return float(point[0]), float(point[1])


def _moved(points: Coordinates, measured_in: Datum) -> Coordinates:
    # WGS 84 and CGCS2000 agree within what any hand-held receiver can tell.
    if measured_in is Datum.GCJ02:
        return np.column_stack(datum.wgs84_from_gcj02(points[:, 0], points[:, 1]))
    if measured_in is Datum.BD09:
        lon, lat = datum.gcj02_from_bd09(points[:, 0], points[:, 1])
        return np.column_stack(datum.wgs84_from_gcj02(lon, lat))
    return points


def _part(rings: Any, left: list[int]) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise Invalid("面至少要有一个环", field="geometry")
    shell, *holes = [_ring(ring, left) for ring in rings]
    return shapely.Polygon(shell, holes)


def _ring(points: Any, left: list[int]) -> Coordinates:
    if not isinstance(points, list) or len(points) < MIN_RING:
        raise Invalid("环至少要有 4 个点,首尾相同", field="geometry")
    left[0] -= len(points)
    if left[0] < 0:
        raise Invalid(f"图形超过 {MAX_VERTICES} 个点", field="geometry")
    ring = np.array([_point(each) for each in points])
    if (ring[0] != ring[-1]).any():
        raise Invalid("环没有闭合,首尾两点须相同", field="geometry")
    return ring


def _point(given: Any) -> tuple[float, float]:
    is_pair = isinstance(given, list) and len(given) >= LON_LAT
    try:
        lon, lat = (float(each) for each in given[:LON_LAT]) if is_pair else (math.nan, math.nan)
    except (TypeError, ValueError):
        lon = lat = math.nan
    if not (abs(lon) <= MAX_LON and abs(lat) <= MAX_LAT):
        raise Invalid("点须写成 [经度, 纬度];请检查两者是否颠倒", field="geometry")
    return lon, lat
