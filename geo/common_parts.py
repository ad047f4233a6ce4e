"""What two layers have in common, pair by pair, with as few overlays as can be.

A parcel that no edge of a polygon enters lies wholly inside or wholly outside it: one point
tells which. Edges that are edges of parcels as well (villages and basic farmland are cut from the
parcels' map) enter no parcel that overlaps none. What is left, pairs where an edge may cross the
parcel, is overlaid.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import edges, ellipsoid
from geo.exam_overlaps import alone
from geo.exam_repair import polygon_parts

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Pairs = NDArray[np.intp]
"""Pairs in one number each: other · number of parcels + parcel."""

PAIRS_AT_A_TIME = 5_000
SAMPLE = 1_000
"""Edges that are asked for before all are."""


@dataclass(frozen=True)
class CommonParts:
    """Pairs of a parcel and another polygon that have an area in common.

    Attributes
    ----------
    parcel, other : int array, shape (n,)
        Indices, in lexical order.
    area_m2 : float array, shape (n,)
        What they have in common, square metres on the ellipsoid.
    part : object array, shape (n,)
        The same as a polygon or multipolygon, EPSG:4490 degrees; the parcel itself where the
        whole of it lies inside.
    is_whole : bool array, shape (n,)
        True where the parcel was seen to lie inside as a whole, without an overlay.
    """

    parcel: Indices
    other: Indices
    area_m2: Floats
    part: Geometries
    is_whole: Flags


def common_parts(
    parcels: Geometries, others: Geometries, areas_m2: Floats, *, n_threads: int = 1
) -> CommonParts:
    """Find what each parcel has in common with each polygon of another layer.

    Parameters
    ----------
    parcels, others : object array, shape (n,) and (m,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones meet nothing.
    areas_m2 : float array, shape (n,)
        Areas of the parcels, square metres.
    n_threads : int
        Overlays that run at once; the answer is the same.

    Returns
    -------
    CommonParts
        Only pairs with an area in common.
    """
    crossed = _crossed(parcels, others)
    inside = _around_points(parcels, others)
    whole_parcel, whole_other = _split(inside[~np.isin(inside, crossed)], parcels)
    parcel, other = _split(crossed, parcels)
    part, area_m2 = _overlaid(parcels[parcel], others[other], n_threads)
    kept = np.flatnonzero(area_m2 > 0)
    parcel, other = np.r_[whole_parcel, parcel[kept]], np.r_[whole_other, other[kept]]
    order = np.lexsort((other, parcel))
    return CommonParts(
        parcel[order],
        other[order],
        np.r_[areas_m2[whole_parcel], area_m2[kept]][order],
        np.r_[parcels[whole_parcel], part[kept]][order],
        np.r_[np.ones(len(whole_parcel), bool), np.zeros(len(kept), bool)][order],
    )


def _crossed(parcels: Geometries, others: Geometries) -> Pairs:
    """Pairs of a parcel and a polygon that may have an edge inside it."""
    tree = shapely.STRtree(parcels)
    theirs = edges.edges_of(others)
    if not _is_cut_from(parcels, tree, theirs):
        return _meeting(_met(tree, theirs), parcels, others)
    is_own = edges.found_in(theirs, edges.edges_of(parcels))
    is_there = ~shapely.is_missing(parcels) & ~shapely.is_empty(parcels)
    is_alone = is_there.copy()
    is_alone[is_there] = alone(parcels[is_there])
    met = _met(tree, theirs[is_own])
    met = met[~is_alone[_split(met, parcels)[0]]]
    return _meeting(np.union1d(met, _met(tree, theirs[~is_own])), parcels, others)


def _is_cut_from(parcels: Geometries, tree: shapely.STRtree, theirs: edges.Edges) -> bool:
    """Ask a sample of edges whether they are the parcels' own: if none is, none is taken for one.

    To take one for foreign costs overlays, and changes nothing.
    """
    sample = theirs[np.arange(0, len(theirs), max(len(theirs) // SAMPLE, 1))]
    boxes, _ = edges.boxes_of(replace(sample, owner=np.arange(len(sample))))
    near = parcels[np.unique(tree.query(boxes)[1])]
    return bool(edges.found_in(sample, edges.edges_of(near)).any())


def _meeting(pairs: Pairs, parcels: Geometries, others: Geometries) -> Pairs:
    """Those of the pairs that meet at all; each polygon is prepared once for all its parcels."""
    asked = np.unique(_split(pairs, parcels)[0])
    other, met = shapely.STRtree(parcels[asked]).query(others, predicate="intersects")
    return np.intersect1d(pairs, other * len(parcels) + asked[met], assume_unique=True)


def _met(tree: shapely.STRtree, theirs: edges.Edges) -> Pairs:
    boxes, owner = edges.boxes_of(theirs)
    box, parcel = tree.query(boxes)
    return np.unique(owner[box] * len(tree.geometries) + parcel)


def _around_points(parcels: Geometries, others: Geometries) -> Pairs:
    """Pairs of a parcel and a polygon around a point inside it."""
    tree = shapely.STRtree(shapely.point_on_surface(parcels))
    other, point = tree.query(others, predicate="intersects")
    return np.asarray(other * len(parcels) + point)


def _split(pairs: Pairs, parcels: Geometries) -> tuple[Indices, Indices]:
    other, parcel = np.divmod(pairs, max(len(parcels), 1))
    return parcel, other


def _overlaid(one: Geometries, two: Geometries, n_threads: int) -> tuple[Geometries, Floats]:
    """Intersections and their areas; GEOS lets go of the interpreter meanwhile."""
    slices = [
        slice(start, start + PAIRS_AT_A_TIME) for start in range(0, len(one), PAIRS_AT_A_TIME)
    ]

    def overlay(at: slice) -> Geometries:
        return polygon_parts(shapely.intersection(one[at], two[at]))

    with ThreadPoolExecutor(n_threads) as pool:
        done = list(pool.map(overlay, slices))
    parts = np.concatenate([np.empty(0, dtype=object), *done])
    return parts, ellipsoid.areas_m2(parts)
