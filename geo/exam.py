"""The exam of a layer of parcels: what is wrong with their geometries, and what blocks them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import shapely

from geo import ellipsoid
from geo.exam_cover import gaps, outside
from geo.exam_duplicates import duplicates, first_of_each
from geo.exam_findings import (
    NO_ROW,
    Finding,
    Flags,
    Floats,
    Geometries,
    Indices,
    as_array,
    in_order,
    polygonal,
)
from geo.exam_overlaps import Overlaps, alone, overlapping, overlaps
from geo.exam_repair import repair, valid
from geo.exam_shapes import (
    area_differences,
    empty,
    invalid,
    not_polygonal,
    slivers,
    too_many_vertices,
)

__all__ = [
    "NO_ROW",
    "RULES",
    "ExamLimits",
    "ExamResult",
    "Finding",
    "Overlaps",
    "alone",
    "area_differences",
    "duplicates",
    "empty",
    "examine",
    "first_of_each",
    "gaps",
    "invalid",
    "not_polygonal",
    "outside",
    "overlapping",
    "overlaps",
    "repair",
    "slivers",
    "too_many_vertices",
    "valid",
]

RULES = {
    "geometry.empty": "没有图形",
    "geometry.type": "不是面",
    "geometry.invalid": "图形无效",
    "geometry.duplicate": "图形重复",
    "geometry.overlap": "图斑重叠",
    "geometry.outside": "在县(区)界外",
    "geometry.crosses_county": "跨出县(区)界",
    "geometry.sliver": "碎小图斑",
    "geometry.gap": "村界内有缝隙",
    "geometry.area": "申报面积与椭球面积不符",
    "geometry.vertices": "边界点过多",
}
"""Every rule of the exam with its name."""


@dataclass(frozen=True)
class ExamLimits:
    """The numbers that the exam compares with.

    Attributes
    ----------
    sliver_m2, sliver_width_m : float
        Smaller or narrower parcels are slivers; square metres, metres.
    overlap_noise_m2 : float
        Less in common, or outside the county, is the rounding of coordinates; square metres.
    overlap_m2 : float
        From here on an overlap blocks; square metres.
    gap_m2, gap_width_m : float
        Smaller or narrower gaps are the play between layers; square metres, metres.
    area_difference_share : float
        Larger differences of declared and ellipsoidal area are findings; share of the latter.
    outside_share : float
        From this share outside the county on a parcel is outside, below it crosses the line.
    max_vertices : int
        More vertices are too many.
    max_overlaps : int
        The search for overlaps ends at as many, and says so.
    """

    sliver_m2: float
    sliver_width_m: float
    overlap_noise_m2: float
    overlap_m2: float
    gap_m2: float
    gap_width_m: float
    area_difference_share: float
    outside_share: float
    max_vertices: int
    max_overlaps: int


@dataclass(frozen=True)
class ExamResult:
    """What an exam found.

    Attributes
    ----------
    findings : list of Finding
        In order of row and rule; gaps, which have no row, first.
    skipped : dict of str to str
        Rules that were not or not wholly examined, with the reason in Chinese.
    counts : dict of str to int
        Findings of each rule that was examined, zeros included.
    repaired : object array, shape (n,)
        Proposed geometries where the given ones are invalid or not polygonal, else None.
    """

    findings: list[Finding]
    skipped: dict[str, str]
    counts: dict[str, int]
    repaired: Geometries


Outcome = dict[str, list[Finding] | str]
"""Of each rule its findings, or why it was skipped."""


@dataclass(frozen=True)
class _Layer:
    """The parcels as the rules about areas see them: repaired, or None where nothing can be."""

    given: Geometries
    is_valid: Flags
    repaired: Geometries
    usable: Geometries
    areas_m2: Floats
    first: Indices


def examine(
    geometries: Geometries,
    limits: ExamLimits,
    *,
    declared_m2: Floats | None = None,
    outlines: Geometries | None = None,
    county: shapely.Geometry | None = None,
) -> ExamResult:
    """Examine the geometries of a layer.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Of any type, EPSG:4490 degrees, lon and lat; None is allowed.
    limits : ExamLimits
        The numbers to compare with.
    declared_m2 : float array, shape (n,), optional
        Declared areas, square metres, NaN where there is none.
    outlines : object array, shape (m,), optional
        Valid outlines of the villages that the layer should fill, EPSG:4490 degrees.
    county : Polygon or MultiPolygon, optional
        Valid outline of the county, EPSG:4490 degrees.

    Returns
    -------
    ExamResult
        Findings, what was skipped and why, and proposed repairs.

    Notes
    -----
    Overlaps, areas, slivers, gaps and what lies outside are told of the repaired geometry, so
    that one crossing edge does not hide the rest. A duplicate is not listed as an overlap too.
    """
    layer = _layer(as_array(geometries))
    pairs = _pairs(layer, limits)
    optional = {
        **_area_findings(layer, declared_m2, limits),
        **_gap_findings(layer, pairs, outlines, limits),
        **_outside_findings(layer, county, limits),
    }
    findings = [
        *_shape_findings(layer, limits),
        *duplicates(layer.given, layer.first),
        *_overlap_findings(layer, pairs, limits),
        *(each for found in optional.values() if not isinstance(found, str) for each in found),
    ]
    skipped = {rule: found for rule, found in optional.items() if isinstance(found, str)}
    tally = Counter(each.rule for each in findings)
    counts = {rule: tally[rule] for rule in RULES if rule not in skipped}
    if not pairs.is_complete:
        skipped["geometry.overlap"] = f"重叠太多,只查出 {limits.max_overlaps} 对"
    return ExamResult(in_order(findings), skipped, counts, layer.repaired)


def _layer(given: Geometries) -> _Layer:
    is_valid = valid(given)
    repaired = repair(given, is_valid)
    usable = repaired.copy()
    # What could not be repaired has no area to speak of; its own finding says so.
    is_sound = is_valid & polygonal(given) & ~shapely.is_empty(given)
    usable[is_sound] = given[is_sound]
    areas_m2 = ellipsoid.areas_m2(usable)
    return _Layer(given, is_valid, repaired, usable, areas_m2, first_of_each(given))


def _pairs(layer: _Layer, limits: ExamLimits) -> Overlaps:
    """Overlaps among the first of each set of duplicates: n copies would be n² / 2 pairs."""
    is_copy = layer.first != np.arange(len(layer.first))
    unique = layer.usable.copy()
    unique[is_copy] = None
    return overlapping(unique, max_pairs=limits.max_overlaps)


def _shape_findings(layer: _Layer, limits: ExamLimits) -> list[Finding]:
    return [
        *empty(layer.given),
        *not_polygonal(layer.given),
        *invalid(layer.given, layer.is_valid),
        *slivers(
            layer.usable,
            layer.areas_m2,
            sliver_m2=limits.sliver_m2,
            sliver_width_m=limits.sliver_width_m,
        ),
        *too_many_vertices(layer.given, max_vertices=limits.max_vertices),
    ]


def _overlap_findings(layer: _Layer, pairs: Overlaps, limits: ExamLimits) -> list[Finding]:
    return overlaps(
        layer.areas_m2, pairs, noise_m2=limits.overlap_noise_m2, block_m2=limits.overlap_m2
    )


def _area_findings(layer: _Layer, declared_m2: Floats | None, limits: ExamLimits) -> Outcome:
    if declared_m2 is None or np.isnan(declared_m2).all():
        return {"geometry.area": "没有申报面积"}
    share = limits.area_difference_share
    return {
        "geometry.area": area_differences(
            layer.usable, declared_m2, layer.areas_m2, max_share=share
        )
    }


def _gap_findings(
    layer: _Layer, pairs: Overlaps, outlines: Geometries | None, limits: ExamLimits
) -> Outcome:
    if outlines is None or not len(outlines):
        return {"geometry.gap": "没有村界"}
    found = gaps(
        layer.usable,
        pairs.is_alone,
        as_array(outlines),
        gap_m2=limits.gap_m2,
        gap_width_m=limits.gap_width_m,
    )
    return {"geometry.gap": found}


def _outside_findings(
    layer: _Layer, county: shapely.Geometry | None, limits: ExamLimits
) -> Outcome:
    if county is None:
        return dict.fromkeys(("geometry.outside", "geometry.crosses_county"), "没有县(区)界")
    found = outside(
        layer.usable,
        layer.areas_m2,
        county,
        noise_m2=limits.overlap_noise_m2,
        block_share=limits.outside_share,
    )
    return {
        rule: [each for each in found if each.rule == rule]
        for rule in ("geometry.outside", "geometry.crosses_county")
    }
