"""The edges of many polygons as arrays, and which of them are the same edge.

Polygons that were cut from one map share their vertices bit for bit. So whole questions about
touching polygons are answered by comparing edges, before any geometry is computed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]
Points = NDArray[np.complex128]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]

EDGES_IN_A_BOX = 8
"""Registers without shared vertices have 3 · 10⁶ edges to ask for; so many boxes are slow."""


@dataclass(frozen=True)
class Edges:
    """Edges, ring after ring.

    Attributes
    ----------
    start, end : complex array, shape (n,)
        lon + i lat, any CRS; never equal.
    owner : int array, shape (n,)
        Index of the polygon.
    is_turned : bool array, shape (n,)
        True where the edge must be walked from its end to have the inside on its left.
    """

    start: Points
    end: Points
    owner: Indices
    is_turned: Flags

    def __getitem__(self, chosen: Flags | Indices) -> "Edges":
        """Return some of them."""
        return Edges(
            self.start[chosen], self.end[chosen], self.owner[chosen], self.is_turned[chosen]
        )

    def __len__(self) -> int:
        """Count them."""
        return len(self.start)


def edges_of(geometries: Geometries) -> Edges:
    """Return all edges of polygons.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Valid polygons and multipolygons, any CRS; None and empty ones have no edges.

    Returns
    -------
    Edges
        In order of polygons; repeated vertices make none.
    """
    parts, part_owner = shapely.get_parts(geometries, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    points = coords.view(np.complex128)[:, 0]
    is_edge = (ring[1:] == ring[:-1]) & (points[1:] != points[:-1])
    is_shell = np.diff(ring_part, prepend=-1) != 0
    is_turned = is_shell != shapely.is_ccw(rings)
    first = np.flatnonzero(is_edge)
    ring_of = ring[first]
    owner = part_owner[ring_part[ring_of]]
    return Edges(points[first], points[first + 1], owner, is_turned[ring_of])


def keys_of(edges: Edges) -> Keys:
    """Return a number that is the same for the same edge either way.

    Parameters
    ----------
    edges : Edges
        Of any polygons.

    Returns
    -------
    uint64 array, shape (n,)
        Different edges may have the same number too.
    """
    return _hash(edges.start) + _hash(edges.end)


def _hash(points: Points) -> Keys:
    """Mix the bits of both coordinates, as SplitMix64 does; adding 0 unites both zeros."""
    bits = (points + 0).view(np.uint64).reshape(-1, 2)
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed + bits[:, 1]) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(32)))


def unshared(edges: Edges) -> Edges:
    """Return the edges that no other one walks the other way, or that more than one shares.

    Parameters
    ----------
    edges : Edges
        Of all polygons that count.

    Returns
    -------
    Edges
        All but the pairs of opposite edges.
    """
    one, two = _twins(keys_of(edges))
    # Compared by value: a hash may lie. An edge that must be turned runs the other way.
    is_opposite = np.where(
        edges.is_turned[one] != edges.is_turned[two],
        (edges.start[one] == edges.start[two]) & (edges.end[one] == edges.end[two]),
        (edges.start[one] == edges.end[two]) & (edges.end[one] == edges.start[two]),
    )
    is_unshared = np.ones(len(edges), dtype=bool)
    is_unshared[one[is_opposite]] = False
    is_unshared[two[is_opposite]] = False
    return edges[is_unshared]


def _twins(keys: Keys) -> tuple[Indices, Indices]:
    """Pairs that have the same key, which no third one has.

    Key and index share a word, so that sorting moves one array. A collision in what is left of
    the key hides a pair, which costs time but tells nothing wrong.
    """
    n_bits = np.uint64(max(len(keys).bit_length(), 1))
    words = np.sort((keys << n_bits) | np.arange(len(keys), dtype=np.uint64))
    key = words >> n_bits
    is_like_next = np.r_[False, key[1:] == key[:-1], False]
    first = np.flatnonzero(is_like_next[1:-1] & ~is_like_next[:-2] & ~is_like_next[2:])
    index = (words & ((np.uint64(1) << n_bits) - np.uint64(1))).astype(np.intp)
    return index[first], index[first + 1]


def found_in(edges: Edges, others: Edges) -> Flags:
    """Tell which edges are also, either way round, edges of the others.

    Parameters
    ----------
    edges, others : Edges
        Of two layers in one CRS.

    Returns
    -------
    bool array, shape (n,)
        True where an edge of `others` has the same ends.
    """
    if not len(others):
        return np.zeros(len(edges), dtype=bool)
    ours, theirs = keys_of(edges), keys_of(others)
    asked, order = np.argsort(ours), np.argsort(theirs)
    place = np.empty(len(ours), dtype=np.intp)
    # Asked in order, each search begins where the last one ended: ten times fewer misses.
    place[asked] = np.searchsorted(theirs[order], ours[asked])
    match = order[np.minimum(place, len(order) - 1)]
    start, end = others.start[match], others.end[match]
    is_same = (edges.start == start) & (edges.end == end)
    return np.asarray(is_same | ((edges.start == end) & (edges.end == start)))


def boxes_of(edges: Edges) -> tuple[Geometries, Indices]:
    """Return boxes around a few edges at a time.

    Parameters
    ----------
    edges : Edges
        Of any polygons.

    Returns
    -------
    boxes : object array, shape (m,)
        Polygons; each box holds up to `EDGES_IN_A_BOX` edges of one owner.
    owner : int array, shape (m,)
        Whose edges they are.
    """
    position = np.arange(len(edges))
    is_first = np.diff(edges.owner, prepend=-1) != 0
    run_start = np.maximum.accumulate(np.where(is_first, position, 0))
    begins = np.flatnonzero((position - run_start) % EDGES_IN_A_BOX == 0)
    if not len(begins):
        return np.empty(0, dtype=object), begins
    low, high = np.minimum, np.maximum
    west = low.reduceat(low(edges.start.real, edges.end.real), begins)
    south = low.reduceat(low(edges.start.imag, edges.end.imag), begins)
    east = high.reduceat(high(edges.start.real, edges.end.real), begins)
    north = high.reduceat(high(edges.start.imag, edges.end.imag), begins)
    return shapely.box(west, south, east, north), edges.owner[begins]
