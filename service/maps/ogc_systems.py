"""The coordinate reference systems that features are served in, with their own axis order.

OGC API - Features Part 2 (18-058r1) asks for the order that a system's definition gives:
EPSG:4490 is latitude, longitude; EPSG:4526 and 4547 are northing, easting. Only CRS84 is
longitude, latitude. CRS84 and the storage (CGCS2000) differ by less than the survey's own
precision: coordinates are taken over as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from service.geopackage import SRID
from service.space import Box, place_of

Coordinates = npt.NDArray[np.float64]
DEGREE_PLACES = 9
METRE_PLACES = 4
POINTS_PER_EDGE = 32
"""Of a projected box: its edges are curves in degrees."""


@dataclass(frozen=True)
class System:
    """One coordinate reference system."""

    uri: str
    title: str
    code: int | None = None
    """In the EPSG registry; none for CRS84."""

    @property
    def is_projected(self) -> bool:
        """Whether coordinates are metres on a plane."""
        return self.code not in {None, SRID}


def _epsg(code: int, title: str) -> System:
    return System(f"http://www.opengis.net/def/crs/EPSG/0/{code}", title, code)


CRS84 = System("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "WGS 84 经度、纬度")
STORAGE = _epsg(SRID, "CGCS2000 纬度、经度")
SYSTEMS: Mapping[str, System] = MappingProxyType(
    {
        each.uri: each
        for each in (
            CRS84,
            STORAGE,
            _epsg(4526, "CGCS2000 高斯-克吕格 3 度带第 38 带,北、东(东坐标带带号)"),
            _epsg(4547, "CGCS2000 高斯-克吕格 3 度带 114°E,北、东"),
        )
    }
)


class OutsideSystem(ValueError):
    """Coordinates that the system cannot hold."""


@cache
def _transformer(code: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(SRID, code)


def _place(lon_lat: Coordinates, system: System) -> Coordinates:
    """Return lon/lat degrees in a system's own axis order."""
    if system.code is None:
        return np.round(lon_lat, DEGREE_PLACES)
    lat_lon = lon_lat[:, ::-1]
    if not system.is_projected:
        return np.round(lat_lon, DEGREE_PLACES)
    plane = _transformer(system.code).transform(lat_lon[:, 0], lat_lon[:, 1])
    return np.round(np.column_stack(plane), METRE_PLACES)


def placed(geometries: npt.NDArray[np.object_], system: System) -> npt.NDArray[np.object_]:
    """Return geometries of the book in a system; outer rings run counterclockwise on the map."""
    turned = shapely.orient_polygons(geometries)
    moved: npt.NDArray[np.object_] = shapely.transform(turned, lambda all: _place(all, system))
    return moved


def box_parts(edges: tuple[float, float, float, float], system: System) -> list[Any]:
    """Return a box, given as (min, min, max, max) in a system's axis order, in lon/lat.

    A box in degrees whose west lies east of its east crosses the antimeridian: two parts.
    """
    if system.is_projected:
        return [_unprojected(edges, system)]
    first, second, third, fourth = edges
    is_lon_lat = system.code is None
    west, south, east, north = edges if is_lon_lat else (second, first, fourth, third)
    if not (max(abs(west), abs(east)) <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004
        raise OutsideSystem
    if west <= east:
        return [place_of(Box(west, south, east, north))]
    parts = Box(west, south, 180.0, north), Box(-180.0, south, east, north)
    return [place_of(part) for part in parts]


def _unprojected(edges: tuple[float, float, float, float], system: System) -> Any:
    low_north, low_east, high_north, high_east = edges
    if low_north > high_north or low_east > high_east:
        raise OutsideSystem
    corners = [
        (low_north, low_east),
        (low_north, high_east),
        (high_north, high_east),
        (high_north, low_east),
    ]
    ring = _densified(np.array([*corners, corners[0]]))
    assert system.code is not None
    lat, lon = _transformer(system.code).transform(ring[:, 0], ring[:, 1], direction="INVERSE")
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise OutsideSystem
    return shapely.make_valid(shapely.Polygon(np.column_stack((lon, lat))))


def _densified(ring: Coordinates) -> Coordinates:
    steps = np.linspace(0, 1, POINTS_PER_EDGE, endpoint=False)[:, None]
    edges = [start + steps * (end - start) for start, end in pairwise(ring)]
    return np.vstack([*edges, ring[-1:]])
