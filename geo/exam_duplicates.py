"""Geometries that are there twice."""

import numpy as np
import shapely

from geo.exam_findings import Finding, Geometries, Indices, block

MULTIPART = (4, 5, 6)
"""Shapely's type numbers of MultiPoint, MultiLineString and MultiPolygon."""


def first_of_each(geometries: Geometries) -> Indices:
    """Return for each geometry the first one that is the same.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, any CRS.

    Returns
    -------
    int array, shape (n,)
        The index of the first geometry with the same points, wherever its rings start, whichever
        way they run, and whether a single polygon is written as a multipolygon. Missing and
        empty ones are only like themselves.

    Notes
    -----
    Only those with equal boxes are brought to normal form.
    """
    first = np.arange(len(geometries))
    is_there = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    there = np.flatnonzero(is_there)
    bounds = shapely.bounds(geometries[there]) + 0.0
    _, box, count = np.unique(bounds, axis=0, return_inverse=True, return_counts=True)
    suspects = there[count[box] > 1]
    seen: dict[bytes, int] = {}
    for index, blob in zip(suspects.tolist(), _normal_form(geometries[suspects]), strict=True):
        first[index] = seen.setdefault(blob, index)
    return first


def _normal_form(geometries: Geometries) -> Geometries:
    single = geometries.copy()
    is_wrapped = np.isin(shapely.get_type_id(single), MULTIPART) & (
        shapely.get_num_geometries(single) == 1
    )
    single[is_wrapped] = shapely.get_geometry(single[is_wrapped], 0)
    return np.asarray(shapely.to_wkb(shapely.normalize(single), byte_order=1))


def duplicates(geometries: Geometries, first: Indices) -> list[Finding]:
    """Return a finding for each geometry that repeats an earlier one.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type, EPSG:4490 degrees.
    first : int array, shape (n,)
        Of `first_of_each`.

    Returns
    -------
    list of Finding
        Rule `geometry.duplicate`, block, at the later of the two.
    """
    return [
        block(
            "geometry.duplicate",
            row,
            f"与第 {first[row] + 1} 个图斑的图形完全相同",
            geometries[row],
            other=int(first[row]),
        )
        for row in np.flatnonzero(first != np.arange(len(first))).tolist()
    ]
