"""Polygons as arrays: features of rings of points, by offsets into offsets into coordinates.

What is only measured or drawn never becomes an object: polygons of one ring are read straight
from the bytes of their WKB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

HEAD = np.dtype([("order", "u1"), ("kind", "<u4"), ("rings", "<u4"), ("points", "<u4")])
POLYGON = 3
MIN_POINTS = 3

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Rings:
    """Features of rings of points.

    Attributes
    ----------
    xy : array, shape (n, 2)
        Coordinates, in whatever plane they are in.
    points : array of int64, shape (rings + 1,)
        Where each ring's points begin.
    offsets : array of int64, shape (features + 1,)
        Where each feature's rings begin; a feature has at least one.
    is_hole : array of bool, shape (rings,)
        Whether a ring is a hole of the nearest ring before it that is none.
    source : array of int64, shape (features,)
        Place of each feature in what was given.
    """

    xy: NDArray[Any]
    points: Ints
    offsets: Ints
    is_hole: Bools
    source: Ints

    def __len__(self) -> int:
        return len(self.source)

    @property
    def part(self) -> Ints:
        """Number of the polygon that each ring belongs to."""
        return np.cumsum(~self.is_hole) - 1

    def moved(self, xy: NDArray[Any]) -> Rings:
        """Return the same rings with other coordinates, shape (n, 2)."""
        return replace(self, xy=xy)

    def ring_sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of values of the points, shape (n,), by ring."""
        return np.asarray(np.add.reduceat(values, self.points[:-1]))

    def steps(self) -> NDArray[Any]:
        """Return the way from each point to the next of its ring, shape (n, 2)."""
        step = np.empty_like(self.xy)
        np.subtract(self.xy[1:], self.xy[:-1], out=step[:-1])
        last = self.points[1:] - 1
        step[last] = self.xy[self.points[:-1]] - self.xy[last]
        return step


def of_geometries(geometries: Sequence[bytes | None] | NDArray[Any]) -> Rings:
    """Read the rings of polygons and multipolygons.

    Parameters
    ----------
    geometries : sequence of bytes, or array of shapely geometries, shape (n,)
        In any CRS, as ISO WKB or as objects. None, empty ones and what is not polygonal are
        passed over.

    Returns
    -------
    Rings
        In the same CRS; rings are closed, their last point is their first.
    """
    first = next((each for each in geometries if each is not None), None)
    everyone = np.arange(len(geometries))
    if not isinstance(first, bytes):
        return _of_objects(np.asarray(geometries, dtype=object), everyone)
    blobs = [blob or b"" for blob in geometries]
    joined = b"".join([blob[: HEAD.itemsize].ljust(HEAD.itemsize) for blob in blobs])
    heads = np.frombuffer(joined, HEAD)
    sizes = np.fromiter(map(len, blobs), np.int64, len(blobs))
    is_plain = (heads["order"] == 1) & (heads["kind"] == POLYGON) & (heads["rings"] == 1)
    is_plain &= sizes == HEAD.itemsize + 16 * heads["points"].astype(np.int64)
    is_plain &= heads["points"] > MIN_POINTS
    if is_plain.all():
        return _of_plain(blobs, heads["points"], everyone)
    plain, others = np.flatnonzero(is_plain), np.flatnonzero(~is_plain & (sizes > 0))
    objects = shapely.from_wkb(np.array([blobs[n] for n in others], dtype=object))
    chosen = [blobs[n] for n in plain]
    return together(_of_plain(chosen, heads["points"][plain], plain), _of_objects(objects, others))


def of_parts(parts: NDArray[Any], source: Ints) -> Rings:
    """Read the rings of geometries, of which those in a row of one `source` are one feature."""
    return _of_objects(parts, source)


def to_parts(rings: Rings) -> tuple[NDArray[Any], Ints]:
    """Return a shapely polygon for each part, and the place in the source it belongs to."""
    of_ring = np.repeat(np.arange(len(rings.is_hole)), np.diff(rings.points))
    lines = shapely.linearrings(rings.xy, indices=of_ring)
    source = np.repeat(rings.source, np.diff(rings.offsets))
    return shapely.polygons(lines, indices=rings.part), source[~rings.is_hole]


def _of_plain(blobs: list[bytes], n_points: NDArray[Any], source: Ints) -> Rings:
    joined = b"".join([blob[HEAD.itemsize :] for blob in blobs])
    xy = np.frombuffer(joined, "<f8").reshape(-1, 2)
    n = len(blobs)
    return Rings(xy, _offsets(n_points), np.arange(n + 1), np.zeros(n, bool), source)


def _of_objects(geometries: NDArray[Any], source: Ints) -> Rings:
    parts, part_of = shapely.get_parts(geometries, return_index=True)
    is_polygon = (shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)
    rings, ring_of = shapely.get_rings(parts[is_polygon], return_index=True)
    xy, point_of = shapely.get_coordinates(rings, return_index=True)
    n_points = np.bincount(point_of, minlength=len(rings))
    is_hole = np.diff(ring_of, prepend=-1) == 0
    ring_source = source[part_of[is_polygon]][ring_of]
    begins = np.flatnonzero(np.diff(ring_source, prepend=-1))
    offsets = np.append(begins, len(rings))
    return Rings(xy, _offsets(n_points), offsets, is_hole, ring_source[begins])


def _offsets(counts: NDArray[Any]) -> Ints:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def together(a: Rings, b: Rings) -> Rings:
    """Return the features of both, in that order."""
    if not len(a) or not len(b):
        return a if len(a) else b
    return Rings(
        np.concatenate([a.xy, b.xy]),
        np.concatenate([a.points, b.points[1:] + a.points[-1]]),
        np.concatenate([a.offsets, b.offsets[1:] + a.offsets[-1]]),
        np.concatenate([a.is_hole, b.is_hole]),
        np.concatenate([a.source, b.source]),
    )


def chosen(rings: Rings, is_chosen: Bools) -> Rings:
    """Return some of the features; `is_chosen` has shape (features,)."""
    if is_chosen.all():
        return rings
    kept = np.repeat(is_chosen, np.diff(rings.offsets))
    return _compressed(rings, kept, np.repeat(kept, np.diff(rings.points)))


def with_rings(rings: Rings, kept: Bools) -> Rings:
    """Return some of the rings; holes go with their polygon, features with their last ring."""
    kept = kept & (kept[~rings.is_hole][rings.part])
    return _compressed(rings, kept, np.repeat(kept, np.diff(rings.points)))


def with_points(rings: Rings, kept_points: Bools) -> Rings:
    """Return some of the points; rings left with fewer than three go."""
    if kept_points.all():
        return rings
    kept = rings.ring_sums(kept_points.astype(np.int64)) >= MIN_POINTS
    if kept.all():
        return _compressed(rings, kept, kept_points)
    kept &= kept[~rings.is_hole][rings.part]
    return _compressed(rings, kept, kept_points & np.repeat(kept, np.diff(rings.points)))


def _compressed(rings: Rings, kept: Bools, kept_points: Bools) -> Rings:
    if not len(rings):
        return rings
    n_points = rings.ring_sums(kept_points.astype(np.int64))[kept]
    n_rings = np.add.reduceat(kept.astype(np.int64), rings.offsets[:-1])
    left = n_rings > 0
    # A pair of numbers is picked as one: twice as fast as a row of two.
    pair = np.complex128 if rings.xy.dtype == np.float64 else np.int64
    return Rings(
        np.ascontiguousarray(rings.xy)
        .view(pair)[:, 0][kept_points]
        .view(rings.xy.dtype)
        .reshape(-1, 2),
        _offsets(n_points),
        _offsets(n_rings[left]),
        rings.is_hole[kept],
        rings.source[left],
    )
