"""Findings about one geometry at a time: valid, polygonal, not a sliver, as large as declared."""

import re

import numpy as np
import shapely

from geo import widths
from geo.exam_findings import (
    POLYGONAL,
    Finding,
    Flags,
    Floats,
    Geometries,
    block,
    polygonal,
    warn,
)
from geo.exam_repair import finite, valid

REASONS_ZH = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "环与自身相接",
    "Too few points in geometry component": "边界的点太少",
    "Hole lies outside shell": "洞在外边界之外",
    "Nested holes": "洞中有洞",
    "Nested shells": "各部分互相包含",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "边界重复",
    "Invalid Coordinate": "坐标不是有限的数",
    "Ring is not closed": "边界没有闭合",
}
_REASON = re.compile(r"(?P<reason>.*?)\[(?P<lon>[^ \]]+) (?P<lat>[^ \]]+)\]")


def empty(geometries: Geometries) -> list[Finding]:
    """Find geometries that are missing or empty.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, EPSG:4490 degrees.

    Returns
    -------
    list of Finding
        Rule `geometry.empty`, block, without a place.
    """
    is_gone = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    rows = np.flatnonzero(is_gone).tolist()
    return [block("geometry.empty", row, "没有图形", None) for row in rows]


def not_polygonal(geometries: Geometries) -> list[Finding]:
    """Find geometries that are there but are no polygons.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, EPSG:4490 degrees.

    Returns
    -------
    list of Finding
        Rule `geometry.type`, block, the geometry as its place.
    """
    is_other = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    rows = np.flatnonzero(is_other & ~np.isin(shapely.get_type_id(geometries), POLYGONAL))
    return [
        block(
            "geometry.type",
            row,
            f"图形是 {geometries[row].geom_type},须是面(Polygon 或 MultiPolygon)",
            geometries[row],
        )
        for row in rows.tolist()
    ]


def invalid(geometries: Geometries, is_valid: Flags | None = None) -> list[Finding]:
    """Find polygons that are not valid, with the reason and the place.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, EPSG:4490 degrees; those that are not polygons are passed by.
    is_valid : bool array, shape (n,), optional
        Of `valid`, if it is known.

    Returns
    -------
    list of Finding
        Rule `geometry.invalid`, block; the place is the point that GEOS names, None if a
        coordinate is not finite.

    References
    ----------
    OGC 06-103r4, Simple feature access, part 1, 6.1.11 and 6.1.14.
    """
    is_valid = valid(geometries) if is_valid is None else is_valid
    rows = np.flatnonzero(polygonal(geometries) & ~is_valid)
    is_finite = finite(geometries[rows])
    reasons = np.full(len(rows), "Invalid Coordinate", dtype=object)
    reasons[is_finite] = shapely.is_valid_reason(geometries[rows[is_finite]])
    return [
        _invalid(row, reason) for row, reason in zip(rows.tolist(), reasons.tolist(), strict=True)
    ]


def _invalid(row: int, reason: str) -> Finding:
    match = _REASON.fullmatch(reason)
    if match is None:
        named, numbers, place, where = reason, {}, None, ""
    else:
        lon, lat = float(match["lon"]), float(match["lat"])
        named, numbers = match["reason"], {"lon": lon, "lat": lat}
        place, where = shapely.Point(lon, lat), f",在经度 {lon:.6f} 纬度 {lat:.6f} 处"
    message = f"图形无效:{REASONS_ZH.get(named, named)}{where}"
    return block("geometry.invalid", row, message, place, numbers)


def slivers(
    geometries: Geometries, areas_m2: Floats, *, sliver_m2: float, sliver_width_m: float
) -> list[Finding]:
    """Find polygons too small or too narrow to be a parcel.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Polygons and multipolygons, EPSG:4490 degrees; None is passed by.
    areas_m2 : float array, shape (n,)
        Their areas, square metres.
    sliver_m2 : float
        Smaller ones are slivers, square metres.
    sliver_width_m : float
        Narrower ones are slivers, metres; see `geo.widths.widths_m`.

    Returns
    -------
    list of Finding
        Rule `geometry.sliver`, warn, with `area_m2` and `width_m`.
    """
    width = widths.widths_m(areas_m2, widths.perimeters_m(geometries))
    is_sliver = (areas_m2 < sliver_m2) | (width < sliver_width_m)
    rows = np.flatnonzero(is_sliver & polygonal(geometries) & ~shapely.is_empty(geometries))
    return [
        warn(
            "geometry.sliver",
            row,
            f"碎小图斑:面积 {area:.2f} 平方米,平均宽 {wide:.2f} 米"
            f"(应不小于 {sliver_m2:g} 平方米、不窄于 {sliver_width_m:g} 米)",
            geometries[row],
            {"area_m2": area, "width_m": wide},
        )
        for row, area, wide in zip(
            rows.tolist(), areas_m2[rows].tolist(), width[rows].tolist(), strict=True
        )
    ]


def too_many_vertices(geometries: Geometries, *, max_vertices: int) -> list[Finding]:
    """Find geometries with more vertices than a parcel needs.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, EPSG:4490 degrees.
    max_vertices : int
        More are too many.

    Returns
    -------
    list of Finding
        Rule `geometry.vertices`, warn, with the count `vertices`.
    """
    counts = shapely.get_num_coordinates(geometries)
    rows = np.flatnonzero(counts > max_vertices)
    return [
        warn(
            "geometry.vertices",
            row,
            f"边界有 {count} 个点,多于 {max_vertices} 个,会拖慢地图",
            geometries[row],
            {"vertices": float(count)},
        )
        for row, count in zip(rows.tolist(), counts[rows].tolist(), strict=True)
    ]


def area_differences(
    geometries: Geometries, declared_m2: Floats, ellipsoidal_m2: Floats, *, max_share: float
) -> list[Finding]:
    """Find parcels whose declared area is not the area of their geometry.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Polygons, EPSG:4490 degrees: the places.
    declared_m2, ellipsoidal_m2 : float array, shape (n,)
        Square metres. Declared NaN and ellipsoidal 0 are passed by: other rules name them.
    max_share : float
        Differences above this share of the ellipsoidal area are findings.

    Returns
    -------
    list of Finding
        Rule `geometry.area`, warn, with `declared_m2`, `ellipsoidal_m2` and `share`.
    """
    is_known = np.isfinite(declared_m2) & (ellipsoidal_m2 > 0)
    difference = np.where(is_known, declared_m2 - ellipsoidal_m2, 0.0)
    off = difference / np.where(is_known, ellipsoidal_m2, 1.0)
    rows = np.flatnonzero(np.abs(off) > max_share)
    return [
        warn(
            "geometry.area",
            row,
            f"申报面积 {declared:.2f} 平方米,按图形算得椭球面积 {measured:.2f} 平方米,"
            f"相差 {part:+.2%}(限 {max_share:.2%})",
            geometries[row],
            {"declared_m2": declared, "ellipsoidal_m2": measured, "share": part},
        )
        for row, declared, measured, part in zip(
            rows.tolist(),
            declared_m2[rows].tolist(),
            ellipsoidal_m2[rows].tolist(),
            off[rows].tolist(),
            strict=True,
        )
    ]
