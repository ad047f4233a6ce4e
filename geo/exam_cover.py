"""Parcels against outlines: gaps inside a village, parcels outside the county."""

import numpy as np
import shapely

from geo import ellipsoid, widths
from geo.exam_findings import (
    NO_ROW,
    Finding,
    Flags,
    Floats,
    Geometries,
    block,
    warn,
)


def gaps(
    geometries: Geometries,
    is_alone: Flags,
    outlines: Geometries,
    *,
    gap_m2: float,
    gap_width_m: float,
) -> list[Finding]:
    """Find what no parcel covers inside each village.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones are passed by.
    is_alone : bool array, shape (n,)
        Of `geo.exam_overlaps.alone`: those that may be joined without any computation.
    outlines : object array, shape (m,)
        Valid polygons of the villages, EPSG:4490 degrees.
    gap_m2, gap_width_m : float
        Smaller or narrower gaps are the play between the two layers, square metres and metres.

    Returns
    -------
    list of Finding
        Rule `geometry.gap`, warn, without a row; `other` is the outline's index, the place the
        gap, with `area_m2` and `width_m`.
    """
    tree = shapely.STRtree(geometries)
    village, parcel = tree.query(outlines, predicate="intersects")
    ends = np.searchsorted(village, np.arange(len(outlines) + 1))
    holes = np.empty(len(outlines), dtype=object)
    for index, outline in enumerate(outlines):
        members = parcel[ends[index] : ends[index + 1]]
        covered = _union(geometries[members], is_alone[members])
        holes[index] = shapely.difference(outline, covered)
    return _gap_findings(holes, gap_m2=gap_m2, gap_width_m=gap_width_m)


def _union(geometries: Geometries, is_alone: Flags) -> shapely.Geometry:
    """Join; parcels that share whole edges and overlap nothing join by dropping those edges."""
    tiled = shapely.coverage_union_all(geometries[is_alone])
    return shapely.union_all(np.r_[geometries[~is_alone], [tiled]])


def _gap_findings(holes: Geometries, *, gap_m2: float, gap_width_m: float) -> list[Finding]:
    parts, outline = shapely.get_parts(holes, return_index=True)
    area_m2 = ellipsoid.areas_m2(parts)
    width_m = widths.widths_m(area_m2, widths.perimeters_m(parts))
    kept = np.flatnonzero((area_m2 >= gap_m2) & (width_m >= gap_width_m))
    return [
        warn(
            "geometry.gap",
            NO_ROW,
            f"村界内有 {area:.2f} 平方米没有图斑,平均宽 {width:.2f} 米",
            parts[index],
            {"area_m2": area, "width_m": width},
            other=int(outline[index]),
        )
        for index, area, width in zip(
            kept.tolist(), area_m2[kept].tolist(), width_m[kept].tolist(), strict=True
        )
    ]


def outside(
    geometries: Geometries,
    areas_m2: Floats,
    county: shapely.Geometry,
    *,
    noise_m2: float,
    block_share: float,
) -> list[Finding]:
    """Find parcels that are not inside the county.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones are passed by.
    areas_m2 : float array, shape (n,)
        Their areas, square metres.
    county : Polygon or MultiPolygon
        The county's outline, valid, EPSG:4490 degrees.
    noise_m2 : float
        Less than this outside is the play between the two layers, square metres.
    block_share : float
        From this share of the parcel on it is outside, and blocks; below it crosses the line.

    Returns
    -------
    list of Finding
        Rule `geometry.outside` (block) or `geometry.crosses_county` (warn), with `area_m2` and
        `share` outside; the place is the part outside.
    """
    shapely.prepare(county)
    # Both answers are false for None; what does not even meet the county needs no overlay.
    is_there = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    rows = np.flatnonzero(is_there & ~shapely.covers(county, geometries))
    beyond = geometries[rows]
    is_crossing = shapely.intersects(county, beyond)
    beyond[is_crossing] = shapely.difference(beyond[is_crossing], county)
    area_m2 = ellipsoid.areas_m2(beyond)
    kept = np.flatnonzero(area_m2 >= noise_m2)
    return [
        _outside(int(rows[index]), beyond[index], area, area / total, block_share)
        for index, area, total in zip(
            kept.tolist(), area_m2[kept].tolist(), areas_m2[rows[kept]].tolist(), strict=True
        )
    ]


def _outside(
    row: int, place: shapely.Geometry, area: float, share: float, block_share: float
) -> Finding:
    numbers = {"area_m2": area, "share": share}
    message = f"有 {area:.2f} 平方米({share:.1%})在县(区)界外"
    if share >= block_share:
        return block("geometry.outside", row, message, place, numbers)
    return warn("geometry.crosses_county", row, message, place, numbers)
