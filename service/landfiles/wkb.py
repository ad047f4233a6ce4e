"""WKB looked through before Shapely sees it: depth, counts, kinds and sizes."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from service.landfiles.limits import Limits, Refusal, TooMuch

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7
CURVED = frozenset(range(8, 18))
HEADER, COUNT = 5, 4
Z_BIT, M_BIT, SRID_BIT = 0x80000000, 0x40000000, 0x20000000
DOUBLE = 8
START = HEADER + 2 * COUNT
MULTI_START = HEADER + COUNT
FEWEST = 4
"""Positions of a ring, the first one repeated."""
Geometries = npt.NDArray[np.object_]
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shapes:
    """Geometries as they stand in the file, in two dimensions."""

    geometries: Geometries
    vertices: int
    with_height: int
    """How many had Z or M, which were left out."""


def parse(column: pa.ChunkedArray, limits: Limits) -> Shapes:
    """Check each geometry's bytes and make Shapely geometries of them; null stays null."""
    array = column.combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    blobs = array.to_numpy(zero_copy_only=False)
    simple, vertices = _simple(array, limits)
    with_height = 0
    for index in np.flatnonzero(~simple):
        if blobs[index] is None:
            continue
        walk = _Walk(blobs[index], int(index) + 1, limits)
        vertices += walk.vertices
        with_height += walk.has_height
        if vertices > limits.vertices:
            raise TooMuch("vertices", f"全部图斑的顶点超过 {limits.vertices:,} 个")
    return Shapes(_geometries(blobs), vertices, with_height)


def _simple(array: Any, limits: Limits) -> tuple[npt.NDArray[np.bool_], int]:
    """Find the polygons of one ring, bare or as a multipolygon of one, whose counts hold."""
    _, offsets, data = array.buffers()
    if data is None or not data.size or not len(array):
        return np.zeros(len(array), bool), 0
    bounds: Offsets = np.frombuffer(offsets, np.int32).astype(np.int64)
    bounds = bounds[array.offset : array.offset + len(array) + 1]
    lengths, starts = np.diff(bounds), bounds[:-1]
    content = np.frombuffer(data, np.uint8)
    points = _ring_points(content, starts, lengths)
    inner = _is_head(content, starts, lengths, MULTIPOLYGON)
    inside = _ring_points(content, starts + MULTI_START, lengths - MULTI_START)
    points += np.where(inner, inside, 0)
    if array.null_count:
        points[~array.is_valid().to_numpy(zero_copy_only=False)] = 0
    if points.size and points.max() > limits.geometry_vertices:
        _too_many(int(points.argmax()) + 1, limits)
    if points.sum() > limits.vertices:
        raise TooMuch("vertices", f"全部图斑的顶点超过 {limits.vertices:,} 个")
    return points > 0, int(points.sum())


def _words(content: Bytes, at: Offsets) -> Offsets:
    gathered = content[np.clip(at[:, None] + np.arange(COUNT), 0, len(content) - 1)]
    return np.ascontiguousarray(gathered).view("<u4")[:, 0].astype(np.int64)


def _is_head(
    content: Bytes,
    starts: Offsets,
    lengths: Offsets,
    kind: int,
) -> npt.NDArray[np.bool_]:
    """Say which begin as a little-endian geometry of this kind with one part."""
    order = content[np.clip(starts, 0, len(content) - 1)] == 1
    is_kind = _words(content, starts + 1) == kind
    is_one = _words(content, starts + HEADER) == 1
    is_head: npt.NDArray[np.bool_] = order & is_kind & is_one & (lengths > START)
    return is_head


def _ring_points(content: Bytes, starts: Offsets, lengths: Offsets) -> Offsets:
    """Count the points of polygons of one ring whose counts hold; 0 for everything else."""
    points = _words(content, starts + HEADER + COUNT)
    is_true = lengths == START + points * 2 * DOUBLE
    is_simple = _is_head(content, starts, lengths, POLYGON) & is_true & (points >= FEWEST)
    return np.where(is_simple, points, 0)


def _too_many(row: int, limits: Limits) -> None:
    raise TooMuch("vertices", f"第 {row} 个图斑的顶点超过 {limits.geometry_vertices:,} 个", row=row)


class _Walk:
    """One geometry, walked without recursion; every count is held against the bytes left."""

    def __init__(self, blob: bytes, row: int, limits: Limits) -> None:
        self.blob, self.row, self.limits = blob, row, limits
        self.at = self.vertices = 0
        self.has_height = False
        waiting = [1]
        while waiting:
            depth = waiting.pop()
            if depth > limits.nesting:
                raise self._refusal("nesting", f"几何嵌套超过 {limits.nesting} 层")
            waiting += [depth + 1] * self._one(depth)
        if self.at != len(blob):
            raise self._refusal("wkb", "几何的字节数与内容不符")

    def _refusal(self, code: str, reason: str) -> Refusal:
        return Refusal(code, f"第 {self.row} 个图斑:{reason}", row=self.row)

    def _one(self, depth: int) -> int:
        """Pass one geometry's own bytes; return how many geometries follow inside it."""
        order = "<" if self.blob[self.at : self.at + 1] == b"\x01" else ">"
        self.at += 1
        code = self._word(order)
        has_z, has_m = bool(code & Z_BIT), bool(code & M_BIT)
        kind, level = code & 0x0FFFFFFF, 0
        level, kind = divmod(kind, 1000)
        dimensions = 2 + (has_z or level in (1, 3)) + (has_m or level in (2, 3))
        self.has_height |= dimensions > 2  # noqa: PLR2004
        if code & SRID_BIT:
            self.at += COUNT
        if kind in CURVED:
            raise self._refusal("curve", "是弧线或曲面,请先在 GIS 软件里转成折线面")
        if kind not in (POLYGON, MULTIPOLYGON, COLLECTION):
            raise self._refusal("geometry_type", "不是面")
        count = self._word(order)
        if kind == POLYGON:
            self._rings(order, count, dimensions)
            return 0
        self._hold(count, HEADER + COUNT)
        return count

    def _rings(self, order: str, count: int, dimensions: int) -> None:
        self._hold(count, COUNT)
        for _ in range(count):
            points = self._word(order)
            self._hold(points, dimensions * DOUBLE)
            self.at += points * dimensions * DOUBLE
            self.vertices += points
            if self.vertices > self.limits.geometry_vertices:
                _too_many(self.row, self.limits)
            if 0 < points < FEWEST:
                raise self._refusal("ring_short", "有一个环不足 3 个不同的点")

    def _word(self, order: str) -> int:
        try:
            (value,) = struct.unpack_from(order + "I", self.blob, self.at)
        except struct.error:
            raise self._refusal("wkb", "几何的字节数与内容不符") from None
        self.at += COUNT
        return int(value)

    def _hold(self, count: int, size: int) -> None:
        if count * size > len(self.blob) - self.at:
            raise self._refusal("wkb", "几何的字节数与内容不符")


def _geometries(blobs: Geometries) -> Geometries:
    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    is_lost = shapely.is_missing(shapes) & np.array([blob is not None for blob in blobs], bool)
    if is_lost.any():
        row = int(is_lost.argmax()) + 1
        raise Refusal("ring_open", f"第 {row} 个图斑的环没有闭合", row=row)
    shapes = _polygons_of(shapely.force_2d(shapes))
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    if wrong.any():
        row = int(owners[wrong.argmax()]) + 1
        raise Refusal("not_finite", f"第 {row} 个图斑有无穷大或非数的坐标", row=row)
    return shapes


def _polygons_of(shapes: Geometries) -> Geometries:
    """Take the polygons out of collections; how they were wrapped carries no meaning."""
    for index in np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION):
        parts = shapely.get_parts(shapes[index])
        while (shapely.get_type_id(parts) == COLLECTION).any():
            parts = shapely.get_parts(parts)
        shapes[index] = shapely.multipolygons(shapely.get_parts(parts))
    return shapes
