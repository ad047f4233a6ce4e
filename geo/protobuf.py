"""The wire format of a vector tile's layer, written over arrays.

A feature's message holds nothing but varints (tags, lengths, ids, commands): all features of a
layer are one array of integers, turned to bytes at once.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYER, NAME, FEATURE, KEY, VALUE = 0x1A, 0x0A, 0x12, 0x1A, 0x22
EXTENT, VERSION = 0x28, 0x78
ID, TAGS, TYPE, GEOMETRY = 0x08, 0x12, 0x18, 0x22
POLYGON = 3
STRING, DOUBLE, INTEGER, SIGNED, BOOLEAN = 0x0A, 0x19, 0x20, 0x30, 0x38
BITS = 7
SHORT = 126
"""Bytes of a text whose message has a length of one byte."""

Scalar = str | int | float | bool | None
Column = Sequence[Scalar] | NDArray[Any]


@dataclass(frozen=True)
class Features:
    """Features to write.

    Attributes
    ----------
    ids : array of uint64, shape (n,)
        Their ids.
    commands : array of uint32
        The integers of all geometries, one feature after the other.
    n_commands : array of int64, shape (n,)
        How many of them each feature has.
    columns : mapping of str to column, each of shape (n,)
        Properties; None and NaN are left out.
    """

    ids: NDArray[np.uint64]
    commands: NDArray[np.uint32]
    n_commands: NDArray[np.int64]
    columns: Mapping[str, Column]


def taken(column: Column, rows: NDArray[np.int64]) -> Column:
    """Return some rows of a column."""
    if isinstance(column, np.ndarray):
        return np.asarray(column[rows])
    return [column[row] for row in rows.tolist()]


def layer(name: str, features: Features, *, extent: int) -> bytes:
    """Return a tile that holds one layer of polygons, version 2 of the format."""
    keys, values, tags, n_tags = _tags(features.columns, len(features.ids))
    body = b"".join(
        [
            bytes([VERSION, 2]),
            _text(NAME, name),
            _messages(features, tags, n_tags),
            *(_text(KEY, key) for key in keys),
            values,
            bytes([EXTENT]) + _varint(extent),
        ]
    )
    return _chunk(LAYER, body)


def _messages(features: Features, tags: NDArray[np.uint32], n_tags: NDArray[np.int64]) -> bytes:
    """Return all features: `FEATURE size ID id TAGS size tag… TYPE 3 GEOMETRY size int…`."""
    n = features.n_commands
    tag_bytes = _sums(varint_sizes(tags), n_tags)
    geometry_bytes = _sums(varint_sizes(features.commands), n)
    frame = 5 + varint_sizes(features.ids).astype(np.int64)
    size = frame + tag_bytes + geometry_bytes
    size += varint_sizes(tag_bytes) + varint_sizes(geometry_bytes)
    begins = np.cumsum(10 + n_tags + n) - (10 + n_tags + n)
    stream = np.empty(int((10 + n_tags + n).sum()), np.uint64)
    head: tuple[Any, ...] = (FEATURE, size, ID, features.ids, TAGS, tag_bytes)
    for place, value in enumerate(head):
        stream[begins + place] = value
    stream[_runs(begins + len(head), n_tags)] = tags
    after = begins + len(head) + n_tags
    tail: tuple[Any, ...] = (TYPE, POLYGON, GEOMETRY, geometry_bytes)
    for place, value in enumerate(tail):
        stream[after + place] = value
    stream[_runs(after + len(tail), n)] = features.commands
    return varints(stream)


def _runs(begins: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return begins[0], begins[0] + 1, … for each run in turn."""
    before = np.cumsum(counts) - counts
    return np.repeat(begins - before, counts) + np.arange(int(counts.sum()))


def _sums(sizes: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of each run of sizes; a run may be empty."""
    total = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=total[1:])
    ends = np.cumsum(counts)
    return np.asarray(total[ends] - total[ends - counts])


def varint_sizes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return how many bytes each non-negative integer takes, shape (n,)."""
    sizes = np.ones(len(values), np.uint8)
    longer = np.flatnonzero(values >= 1 << BITS)
    left = values[longer] >> BITS
    while len(longer):
        sizes[longer] += 1
        is_longer = left >= 1 << BITS
        longer, left = longer[is_longer], left[is_longer] >> BITS
    return sizes


def varints(values: NDArray[np.uint64]) -> bytes:
    """Return non-negative integers as varints, one after the other."""
    sizes = varint_sizes(values)
    ends = np.cumsum(sizes, dtype=np.int64)
    written = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    place, left, sizes_left = ends - sizes, values, sizes
    while len(place):
        is_longer = sizes_left > 1
        written[place] = (left & 0x7F).astype(np.uint8) | (is_longer.view(np.uint8) << BITS)
        place, left = place[is_longer] + 1, left[is_longer] >> np.uint64(BITS)
        sizes_left = sizes_left[is_longer] - 1
    return written.tobytes()


def _varint(value: int) -> bytes:
    return varints(np.array([value], np.uint64))


def _chunk(tag: int, content: bytes) -> bytes:
    size = len(content)
    return (
        bytes([tag, size]) + content
        if size < 1 << BITS
        else (bytes([tag]) + _varint(size) + content)
    )


def _text(tag: int, text: str) -> bytes:
    return _chunk(tag, text.encode())


def _tags(
    columns: Mapping[str, Column], n: int
) -> tuple[list[str], bytes, NDArray[np.uint32], NDArray[np.int64]]:
    """Return the keys, the values' messages, the pairs of their numbers, their count by row."""
    keys: list[str] = []
    messages: list[bytes] = []
    n_values = 0
    pairs = np.full((n, len(columns), 2), -1, np.int64)
    for name, column in columns.items():
        n_found, written, codes = _factorised(column)
        if n_found:
            pairs[:, len(keys), 0] = np.where(codes < 0, -1, len(keys))
            pairs[:, len(keys), 1] = np.where(codes < 0, -1, codes + n_values)
            keys.append(name)
            messages.append(written)
            n_values += n_found
    n_tags = np.asarray(2 * np.sum(pairs[:, :, 0] >= 0, axis=1, dtype=np.int64))
    return keys, b"".join(messages), pairs[pairs >= 0].astype(np.uint32), n_tags


def _factorised(column: Column) -> tuple[int, bytes, NDArray[np.int64]]:
    """Return the different values' count and messages, and each row's number or -1."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        return _numbers(column)
    kinds = set(map(type, column)) - {type(None)}
    if kinds == {float}:
        return _numbers(np.array(column, np.float64))  # None becomes NaN
    if len(kinds) > 1:
        # By type too: True, 1 and 1.0 are one key of a dictionary, and three values here.
        typed = [None if _is_missing(each) else (type(each), each) for each in column]
        found, codes = _numbered(typed)
        return len(found), b"".join([_value(each) for _, each in found]), codes
    found, codes = _numbered(column)
    return len(found), b"".join(_strings(found) if kinds == {str} else map(_value, found)), codes


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _numbered(column: Any) -> tuple[list[Any], NDArray[np.int64]]:
    found = [each for each in dict.fromkeys(column) if each is not None]
    number = dict(zip(found, range(len(found)), strict=True)) | {None: -1}
    return found, np.fromiter(map(number.__getitem__, column), np.int64, len(column))


def _numbers(column: NDArray[Any]) -> tuple[int, bytes, NDArray[np.int64]]:
    found, codes = np.unique(column, return_inverse=True)
    if column.dtype.kind == "f":
        is_there = ~np.isnan(found)
        found, codes = found[is_there], np.where(is_there[codes], codes, -1)
        message = np.zeros(len(found), np.dtype([("head", "V3"), ("value", "<f8")]))
        message["head"], message["value"] = bytes([VALUE, 9, DOUBLE]), found
        return len(found), message.tobytes(), codes.astype(np.int64)
    wide = found.astype(np.uint64)  # below zero this is the two's complement
    numbers = np.where(found < 0, 2 * ~wide + 1, wide)
    stream = np.empty((len(found), 4), np.uint64)
    stream[:, 0] = VALUE
    stream[:, 1] = varint_sizes(numbers) + 1
    stream[:, 2] = np.where(found < 0, SIGNED, INTEGER)
    stream[:, 3] = numbers
    return len(found), varints(stream.ravel()), codes.astype(np.int64)


def _strings(found: list[str]) -> list[bytes]:
    return [
        bytes((VALUE, size + 2, STRING, size)) + text
        if (size := len(text)) < SHORT
        else _chunk(VALUE, _chunk(STRING, text))
        for text in map(str.encode, found)
    ]


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return _chunk(VALUE, _text(STRING, value))
    if isinstance(value, bool | np.bool_):
        return _chunk(VALUE, bytes([BOOLEAN, int(value)]))
    if isinstance(value, int | np.integer):
        return _numbers(np.array([value]))[1]
    return _numbers(np.array([value], np.float64))[1]
