"""Overlaps, including containment and multipart, without trying every pair.

Neighbours touch six to eight others each, and deciding for every touching pair that it does not
overlap costs more than all other rules together. Most of it is not needed. Walk each ring with
the inside on the left; an edge that another polygon walks the other way, vertex for vertex, is
*shared*. How many polygons cover a point changes only across edges that are not shared. So a
polygon whose box no foreign unshared edge meets is covered equally often all over its inside,
and one point of it tells how often. If that is once, it overlaps nothing: no pair with it needs
a test.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import edges, ellipsoid
from geo.exam_findings import (
    Finding,
    Flags,
    Floats,
    Geometries,
    Indices,
    block,
    warn,
)
from geo.exam_repair import polygon_parts

BLOCK_PARCELS = 100_000
"""Edges are matched block by block: 10⁶ parcels have 3 · 10⁷ edges."""
QUERIES = 64
"""Boxes that are asked for at a time: each may meet every parcel, where they lie in a pile."""
TRIED_PAIRS = 20_000


@dataclass(frozen=True)
class Overlaps:
    """Pairs of polygons that have an area in common.

    Attributes
    ----------
    first, second : int array, shape (n,)
        Indices, first < second, in lexical order.
    common : object array, shape (n,)
        What they have in common, polygons or multipolygons, EPSG:4490 degrees.
    area_m2 : float array, shape (n,)
        Its area, square metres.
    is_alone : bool array, shape (m,)
        Of all m polygons searched, those that `alone` tells.
    is_complete : bool
        False if the search ended at the largest number of pairs.
    """

    first: Indices
    second: Indices
    common: Geometries
    area_m2: Floats
    is_alone: Flags
    is_complete: bool


def alone(geometries: Geometries) -> Flags:
    """Tell which polygons surely overlap no other.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Valid polygons or multipolygons, any CRS; none missing or empty.

    Returns
    -------
    bool array, shape (n,)
        True only for polygons that overlap nothing, and whose edges are each either shared as a
        whole or away from all other polygons' boxes. False says nothing.
    """
    if not len(geometries):
        return np.empty(0, dtype=bool)
    is_alone = ~_met(geometries)
    asked = np.flatnonzero(is_alone)
    points = shapely.point_on_surface(geometries[asked])
    tree = shapely.STRtree(geometries)
    for start in range(0, len(asked), QUERIES):
        some = asked[start : start + QUERIES]
        point, covering = tree.query(points[start : start + QUERIES], predicate="intersects")
        is_once = np.bincount(point, minlength=len(some)) == 1
        is_own = np.zeros(len(some), dtype=bool)
        is_own[point[covering == some[point]]] = True
        is_alone[some] = is_once & is_own
    return is_alone


def _met(geometries: Geometries) -> Flags:
    """Polygons whose box a foreign unshared edge may meet.

    Those that are met leave the tree as soon as they weigh, so that a pile of parcels, where
    every edge meets every box, costs no more than any other file.
    """
    is_met = np.zeros(len(geometries), dtype=bool)
    left, n_hits = np.arange(len(geometries)), 0
    tree = shapely.STRtree(geometries)
    for boxes, owner in _unshared_boxes(geometries):
        box, hit = tree.query(boxes)
        met = left[hit]
        is_met[met[owner[box] != met]] = True
        n_hits += len(hit)
        if n_hits > len(left):
            left, n_hits = left[~is_met[left]], 0
            tree = shapely.STRtree(geometries[left])
    return is_met


def _unshared_boxes(geometries: Geometries) -> Iterator[tuple[Geometries, Indices]]:
    for members in _blocks(geometries):
        boxes, owner = edges.boxes_of(edges.unshared(edges.edges_of(geometries[members])))
        for start in range(0, len(boxes), QUERIES):
            some = slice(start, start + QUERIES)
            yield boxes[some], members[owner[some]]


def _blocks(geometries: Geometries) -> list[Indices]:
    """Cut into strips of whole parcels, west to east; any cut is right, a compact one is fast."""
    n_blocks = -(-len(geometries) // BLOCK_PARCELS)
    west = np.argsort(shapely.bounds(geometries)[:, 0], kind="stable")
    return [part for part in np.array_split(west, max(n_blocks, 1)) if len(part)]


def overlapping(geometries: Geometries, *, max_pairs: int) -> Overlaps:
    """Find all pairs of polygons that have an area in common.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones are passed by.
    max_pairs : int
        The search ends once it has found as many.

    Returns
    -------
    Overlaps
        Partial overlaps, containment and equality alike; neighbours that only touch are none.
    """
    is_there = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    is_alone = is_there.copy()
    is_alone[is_there] = alone(geometries[is_there])
    doubtful = np.flatnonzero(is_there & ~is_alone)
    first, second = _meeting(geometries[doubtful], max_pairs=max_pairs)
    common = shapely.intersection(geometries[doubtful[first]], geometries[doubtful[second]])
    common = polygon_parts(common)
    area_m2 = ellipsoid.areas_m2(common)
    kept = np.flatnonzero(area_m2 > 0)
    return Overlaps(
        doubtful[first[kept]],
        doubtful[second[kept]],
        common[kept],
        area_m2[kept],
        is_alone,
        is_complete=len(first) < max_pairs,
    )


def _meeting(geometries: Geometries, *, max_pairs: int) -> tuple[Indices, Indices]:
    """Pairs whose insides meet, by the exact predicate, until there are max_pairs of them."""
    found: list[NDArray[np.intp]] = [np.empty((2, 0), dtype=np.intp)]
    n_found = 0
    for pairs in _near(geometries):
        meets = shapely.relate_pattern(geometries[pairs[0]], geometries[pairs[1]], "T********")
        found.append(pairs[:, meets])
        n_found += int(meets.sum())
        if n_found >= max_pairs:
            break
    pairs = np.concatenate(found, axis=1)
    pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))][:, :max_pairs]
    return pairs[0], pairs[1]


def _near(geometries: Geometries) -> Iterator[NDArray[np.intp]]:
    """Yield pairs whose boxes meet, some at a time, so that a pile of parcels ends soon."""
    tree = shapely.STRtree(geometries)
    for start in range(0, len(geometries), QUERIES):
        one, two = tree.query(geometries[start : start + QUERIES])
        pairs = np.stack([one + start, two])
        pairs = pairs[:, pairs[0] < pairs[1]]
        for at in range(0, pairs.shape[1], TRIED_PAIRS):
            yield pairs[:, at : at + TRIED_PAIRS]


def overlaps(
    areas_m2: Floats, pairs: Overlaps, *, noise_m2: float, block_m2: float
) -> list[Finding]:
    """Return a finding for each pair that has more than noise in common.

    Parameters
    ----------
    areas_m2 : float array, shape (n,)
        Areas of the polygons that were searched, square metres.
    pairs : Overlaps
        Of `overlapping`.
    noise_m2 : float
        Smaller common areas are the rounding of coordinates, square metres.
    block_m2 : float
        From this common area on an overlap blocks, square metres.

    Returns
    -------
    list of Finding
        Rule `geometry.overlap`, at the parcel that comes second, with `area_m2`, `share` of it
        and `other_share`; the place is the common part.
    """
    findings = []
    for index in np.flatnonzero(pairs.area_m2 >= noise_m2).tolist():
        other, row = int(pairs.first[index]), int(pairs.second[index])
        area = float(pairs.area_m2[index])
        share, other_share = area / float(areas_m2[row]), area / float(areas_m2[other])
        make = block if area >= block_m2 else warn
        message = (
            f"与第 {other + 1} 个图斑重叠 {area:.2f} 平方米,"
            f"占本图斑 {share:.1%},占对方 {other_share:.1%}"
        )
        numbers = {"area_m2": area, "share": share, "other_share": other_share}
        findings.append(make("geometry.overlap", row, message, pairs.common[index], numbers, other))
    return findings
