"""The coordinate systems that Chinese land files come in, and how to read them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo import datum

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

HOME = "EPSG:4490"
"""CGCS2000, in which the book is kept: degrees, always longitude before latitude."""
GCJ02, BD09 = "GCJ-02", "BD-09"
SWAPPED = "+swapped"
"""Ends a code whose two coordinates stand in the other order: northing or latitude first."""

_HARMLESS = re.compile(
    r"\s*(?:[A-Za-z_]+\s*[\[(]|(?:EPSG|ESRI|OGC):\w+\s*$|urn:ogc:def:crs:)", re.I
)
_READS_FILES = re.compile(r"grids=(?!@null)|init=", re.I)
_MAX_WKT = 20_000
_WHOLE_EARTH = (180.0, 90.0)
_GEOMETRIES = 50_000
"""Geometries transformed at a time, so that memory does not grow with the file."""


@dataclass(frozen=True)
class System:
    """A coordinate system by its code and its name in Chinese."""

    code: str
    name_zh: str
    datum: str = ""

    @property
    def is_degrees(self) -> bool:
        """Whether it is one of `DEGREES`, however its coordinates stand."""
        return self.code.removesuffix(SWAPPED) in {each.code for each in DEGREES}

    def swapped(self) -> "System":
        """Return the same with its coordinates in the other order."""
        return System(self.code + SWAPPED, f"{self.name_zh}(坐标两列对调)", self.datum)


@dataclass(frozen=True)
class _Series:
    """The Gauss-Krüger zones of a datum, by the EPSG code of the first of each run."""

    name_zh: str
    three: int  # zone 25, central meridian 75°, easting with the zone's number
    three_bare: int  # the same zone without
    six: int  # zone 13, central meridian 75°, with the zone's number


_SERIES = (
    _Series("CGCS2000", 4513, 4534, 4491),
    _Series("西安 1980", 2349, 2370, 2327),
    _Series("北京 1954", 2401, 2422, 21413),
)
OLD_DATUMS = frozenset(each.name_zh for each in _SERIES[1:])
"""Their shift to CGCS2000 is up to 150 m and not public."""
THREE_DEGREE_ZONES, SIX_DEGREE_ZONES = range(25, 46), range(13, 24)
DEGREES = (
    System(HOME, f"CGCS2000 经纬度({HOME})", "CGCS2000"),
    System(GCJ02, "GCJ-02 偏移经纬度(高德、腾讯地图)", GCJ02),
    System(BD09, "BD-09 偏移经纬度(百度地图)", BD09),
)


def numbered_zones(zone: int) -> list[System]:
    """Return the systems whose eastings begin with a zone's number, CGCS2000 first.

    Parameters
    ----------
    zone : int
        13 to 23 are zones of 6 degrees, 25 to 45 of 3 degrees; others have no systems.
    """
    if zone in THREE_DEGREE_ZONES:
        codes = [(each, each.three + zone - 25, 3) for each in _SERIES]
    elif zone in SIX_DEGREE_ZONES:
        codes = [(each, each.six + zone - 13, 6) for each in _SERIES]
    else:
        return []
    return [
        System(f"EPSG:{code}", f"{each.name_zh} {width} 度带 {zone} 带(EPSG:{code})", each.name_zh)
        for each, code, width in codes
    ]


def bare_zones(meridian: int, *, is_utm_too: bool = False) -> list[System]:
    """Return the systems with eastings around 500,000 m at a central meridian, CGCS2000 first.

    A zone of 6 degrees without its number is the same projection as the zone of 3 degrees at
    its central meridian, and is not listed again.

    Parameters
    ----------
    meridian : int
        Central meridian in degrees, 75 to 135, a multiple of 3.
    is_utm_too : bool
        Whether to add UTM on WGS 84, where the meridian has a zone of it.
    """
    zone = meridian // 3
    found = [
        System(
            f"EPSG:{each.three_bare + zone - 25}",
            f"{each.name_zh} 高斯投影中央经线 {meridian}° 不带带号"
            f"(EPSG:{each.three_bare + zone - 25})",
            each.name_zh,
        )
        for each in _SERIES
    ]
    utm, rest = divmod(meridian + 183, 6)
    if is_utm_too and not rest:
        code = f"EPSG:326{utm}"
        found.append(System(code, f"WGS 84 UTM {utm}N({code})", "WGS 84"))
    return found


def declared_system(wkt: str) -> System | None:
    """Return the system that a file's own text declares, or None where it makes no sense.

    Parameters
    ----------
    wkt : str
        WKT of any kind (ESRI's too), or a code ("EPSG:4526", "urn:ogc:def:crs:OGC:1.3:CRS84").
        PROJ strings are refused: they can name files for PROJ to open.

    Returns
    -------
    System or None
        Its code is the EPSG code where the text has one, the text itself otherwise.
    """
    if not _HARMLESS.match(wkt) or _READS_FILES.search(wkt) or len(wkt) > _MAX_WKT:
        return None
    try:
        crs = pyproj.CRS.from_user_input(wkt)
        epsg = crs.to_epsg()
        code = wkt if epsg is None else f"EPSG:{epsg}"
        _transformer(code)
    except pyproj.exceptions.ProjError:
        return None
    return _known().get(code) or System(code, crs.name if epsg is None else f"{crs.name}({code})")


@lru_cache(maxsize=1)
def _known() -> dict[str, System]:
    systems = [*DEGREES, System("EPSG:4326", "WGS 84 经纬度(EPSG:4326)", "WGS 84")]
    for zone in (*SIX_DEGREE_ZONES, *THREE_DEGREE_ZONES):
        systems += numbered_zones(zone)
    for zone in THREE_DEGREE_ZONES:
        systems += bare_zones(3 * zone, is_utm_too=True)
    return {each.code: each for each in systems}


@lru_cache(maxsize=256)
def _transformer(code: str) -> pyproj.Transformer:
    home = pyproj.Transformer.from_crs(code, HOME, always_xy=True)
    if not _is_ballpark(home) or code in _known():
        return home
    # To WGS 84 many foreign datums have parameters; from there to CGCS2000 nothing is to be done.
    return pyproj.Transformer.from_crs(code, "EPSG:4326", always_xy=True)


def _is_ballpark(transformer: pyproj.Transformer) -> bool:
    return "Ballpark" in transformer.description


@lru_cache(maxsize=256)
def shift_note_zh(code: str) -> str:
    """Return what changing the datum of a system to CGCS2000 leaves undone; "" if nothing.

    No parameters are published between the older Chinese datums and CGCS2000: PROJ then takes
    the degrees over as they are (a ballpark, or null, transformation) and says so only here.
    """
    base = code.removesuffix(SWAPPED)
    if base in (GCJ02, BD09):
        return "偏移坐标按通行的反算公式还原,误差在厘米级"
    change = _transformer(base)
    name = getattr(pyproj.CRS.from_user_input(base).geodetic_crs, "name", "")
    if name.startswith(("Xian", "Beijing", "New Beijing")):
        return "该基准到 CGCS2000 没有公开的转换参数,按零变换处理,位置可偏百余米"
    if not _is_ballpark(pyproj.Transformer.from_crs(base, HOME, always_xy=True)):
        return ""
    if name.startswith("WGS 84") or not _is_ballpark(change):
        return "WGS 84 到 CGCS2000 按零变换处理,经纬度原样采用,相差在 1 米以内"
    return "该基准到 CGCS2000 没有转换参数,按零变换处理,两基准之差未计"


def is_in_use(lonlat: Floats, code: str) -> npt.NDArray[np.bool_]:
    """Tell which points a system could have been used for: within 3° of its area of use.

    Parameters
    ----------
    lonlat : ndarray of float64, shape (n, 2)
        As `lonlat_of` returns them.
    code : str
        As for `transform`.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    west, south, east, north = 73.0, 3.0, 136.0, 54.0
    base = code.removesuffix(SWAPPED)
    if base not in (GCJ02, BD09):
        area = pyproj.CRS.from_user_input(base).area_of_use
        west, south, east, north = area.bounds if area else (-180.0, -90.0, 180.0, 90.0)
    lon, lat = lonlat.T
    is_between = (lon >= west - 3) & (lon <= east + 3) if west <= east else ~np.isnan(lon)
    inside: npt.NDArray[np.bool_] = is_between & (lat >= south - 3) & (lat <= north + 3)
    return inside


def lonlat_of(points: npt.ArrayLike, code: str) -> Floats:
    """Read points of a file in a coordinate system.

    Parameters
    ----------
    points : array_like of float, shape (n, 2)
        As in the file: its first coordinate, its second.
    code : str
        As for `transform`.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Longitude and latitude in degrees of EPSG:4490; nan where a point cannot be read so.
    """
    given = np.asarray(points, dtype=float).reshape(-1, 2)
    base = code.removesuffix(SWAPPED)
    first, second = given.T if base == code else given[:, ::-1].T
    lon, lat = _reader(base)(first, second)
    read = np.column_stack([lon, lat])
    read[~(np.abs(read) <= _WHOLE_EARTH).all(axis=1)] = np.nan
    return read


def _reader(base: str) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    if base == GCJ02:
        return datum.wgs84_from_gcj02
    if base == BD09:
        return lambda lon, lat: datum.wgs84_from_gcj02(*datum.gcj02_from_bd09(lon, lat))
    return _transformer(base).transform


def transform(geometries: npt.ArrayLike, code: str) -> Geometries:
    """Bring geometries into CGCS2000.

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
        In the system `code`; None stays None. Heights and measures are dropped.
    code : str
        "EPSG:4526", the WKT of any system, "GCJ-02" or "BD-09", each with "+swapped" behind it
        where northing or latitude stands first. Axes are otherwise taken as easting, northing
        and longitude, latitude, whatever the system's own definition says.

    Returns
    -------
    ndarray of shapely geometries, shape (n,)
        Longitude and latitude in degrees of EPSG:4490.

    Raises
    ------
    ValueError
        If any coordinate is not finite, or does not come to lie on the earth.

    Notes
    -----
    WGS 84 is taken over as it is (null transformation); see `shift_note_zh`.
    """
    shapes = np.asarray(geometries, dtype=object)
    starts = range(0, len(shapes), _GEOMETRIES)
    done = [
        shapely.transform(shapes[start : start + _GEOMETRIES], lambda each: _finite(each, code))
        for start in starts
    ]
    return np.concatenate([np.empty(0, dtype=object), *done])


def _finite(coords: Floats, code: str) -> Floats:
    read = lonlat_of(coords, code)
    n_lost = int(np.isnan(read[:, 0]).sum())
    if n_lost:
        raise ValueError(f"{n_lost} of {len(read)} coordinates cannot be read in {code}")
    return read
