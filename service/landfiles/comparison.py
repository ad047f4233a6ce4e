"""A file's parcels against the book's: what is new, changed, the same, and gone."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo import ellipsoid

SAME_PLACE_M = 0.01
"""Vertices nearer than this are one: what two zones of one survey leave between them."""
NEAR_DEGREES = 2e-7
SAME_LAND = 0.01
"""Less in common, as a share of the smaller one, is the play between neighbours."""
NEW, CHANGED, SAME = "new", "changed", "same"
NONE = -1
VERSION_4, VARIANT = 0x40, 0x80
Geometries = npt.NDArray[np.object_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Book:
    """The book's current parcels, as the caller laid them beside the file."""

    table: pa.Table
    geometries: Geometries

    def texts(self, column: str) -> npt.NDArray[np.object_]:
        """Return a column of text."""
        values: npt.NDArray[np.object_] = self.table.column(column).to_numpy()
        return values


@dataclass(frozen=True)
class Comparison:
    """Of each row of the file its book row (or -1), standing and uid; and the rows that went."""

    matched: Indices
    standing: npt.NDArray[np.object_]
    uids: npt.NDArray[np.object_]
    gone: Indices


def all_new(count: int) -> Comparison:
    """Return the comparison with an empty book."""
    nothing = np.zeros(0, np.intp)
    standing = np.full(count, NEW, dtype=object)
    return Comparison(np.full(count, NONE), standing, new_uids(count), nothing)


def compare(
    codes: Sequence[str | None],
    digests: npt.NDArray[np.object_],
    geometries: Geometries,
    book: Book,
    villages: Sequence[str | None] | None,
) -> Comparison:
    """Compare; without villages everything in the book that the file lacks is gone."""
    named = _by_code(codes, list(book.texts("survey_code")))
    matched = named.copy()
    coded = np.flatnonzero(named >= 0)
    matched[coded[~same_shape(geometries[coded], book.geometries[named[coded]])]] = NONE
    _by_shape(matched, geometries, book.geometries)
    _by_code_in_place(matched, named, geometries, book.geometries)
    known = np.flatnonzero(matched >= 0)
    old = matched[known]
    is_same = same_shape(geometries[known], book.geometries[old])
    is_same &= digests[known] == book.texts("digest")[old]
    standing = np.full(len(matched), NEW, dtype=object)
    standing[known] = np.where(is_same, SAME, CHANGED)
    uids = new_uids(len(matched))
    uids[known] = book.texts("uid")[old]
    return Comparison(matched, standing, uids, _gone(matched, book, villages))


def new_uids(count: int) -> npt.NDArray[np.object_]:
    """Make random UUIDs (version 4) as hexadecimal text, all from one draw."""
    draw = np.frombuffer(os.urandom(16 * count), np.uint8).reshape(count, 16).copy()
    draw[:, 6] = draw[:, 6] & 0x0F | VERSION_4
    draw[:, 8] = draw[:, 8] & 0x3F | VARIANT
    text = draw.tobytes().hex()
    return np.array([text[at : at + 32] for at in range(0, len(text), 32)], dtype=object)


def _by_code(codes: Sequence[str | None], book: Sequence[str | None]) -> Indices:
    """Match by survey code where it stands once on each side."""
    here, there = Counter(codes), Counter(book)
    place = {code: index for index, code in enumerate(book) if code and there[code] == 1}
    found = (place.get(code, NONE) if code and here[code] == 1 else NONE for code in codes)
    return np.fromiter(found, np.intp, len(codes))


def _by_code_in_place(
    matched: Indices, named: Indices, geometries: Geometries, book: Geometries
) -> None:
    """Match what is left by its code, where it is on the same land.

    A survey may number its parcels anew: what a parcel is, its land says and not its number.
    """
    left = np.flatnonzero((matched < 0) & (named >= 0))
    left = left[~np.isin(named[left], matched[matched >= 0])]
    here, there = geometries[left], book[named[left]]
    is_usable = shapely.is_valid(here) & ~_is_nothing(here)
    common = np.full(len(left), np.inf)  # where nobody can tell, the code decides
    common[is_usable] = shapely.area(shapely.intersection(here[is_usable], there[is_usable]))
    smaller = np.minimum(shapely.area(here), shapely.area(there))
    is_there = ~(common < SAME_LAND * smaller)
    matched[left[is_there]] = named[left[is_there]]


def _by_shape(matched: Indices, geometries: Geometries, book: Geometries) -> None:
    """Match what is left by equal geometry; a book row is taken once."""
    taken = np.zeros(len(book), bool)
    taken[matched[matched >= 0]] = True
    here = np.flatnonzero((matched < 0) & ~_is_nothing(geometries))
    there = np.flatnonzero(~taken & ~_is_nothing(book))
    if not here.size or not there.size:
        return
    tree = shapely.STRtree(_middles(book[there]))
    one, other = tree.query(_middles(geometries[here]), predicate="dwithin", distance=NEAR_DEGREES)
    one, other = here[one], there[other]
    is_same = same_shape(geometries[one], book[other])
    one, other = one[is_same], other[is_same]
    _, first = np.unique(one, return_index=True)
    one, other = one[first], other[first]
    _, first = np.unique(other, return_index=True)
    matched[one[first]] = other[first]


def _is_nothing(geometries: Geometries) -> npt.NDArray[np.bool_]:
    nothing: npt.NDArray[np.bool_] = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    return nothing


def _middles(geometries: Geometries) -> Geometries:
    """Return the mean vertex of each: it moves no further than its vertices do."""
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    counts = np.bincount(owners, minlength=len(geometries))
    sums = [np.bincount(owners, axis, len(geometries)) for axis in coordinates.T]
    points: Geometries = shapely.points(sums[0] / counts, sums[1] / counts)
    return points


def same_shape(one: Geometries, other: Geometries) -> npt.NDArray[np.bool_]:
    """Say which pairs have the same vertices within a centimetre, wherever their rings begin."""
    is_same = np.zeros(len(one), bool)
    is_same[_is_nothing(one) & _is_nothing(other)] = True
    counts = shapely.get_num_coordinates(one)
    alike = np.flatnonzero((counts == shapely.get_num_coordinates(other)) & (counts > 0))
    is_same[alike] = _is_near(one[alike], other[alike])
    rest = alike[~is_same[alike]]
    is_same[rest] = _is_near(shapely.normalize(one[rest]), shapely.normalize(other[rest]))
    return is_same


def _is_near(one: Geometries, other: Geometries) -> npt.NDArray[np.bool_]:
    if not len(one):
        return np.zeros(0, bool)
    here, owners = shapely.get_coordinates(one, return_index=True)
    apart = np.abs(here - shapely.get_coordinates(other))
    # The scale varies by less than the tolerance's own play over a county.
    lon_m, lat_m = ellipsoid.local_scale(float(np.median(here[:, 1])))
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    far_m = np.maximum.reduceat((apart * (lon_m, lat_m)).max(axis=1), starts)
    near: npt.NDArray[np.bool_] = far_m <= SAME_PLACE_M
    return near


def _gone(matched: Indices, book: Book, villages: Sequence[str | None] | None) -> Indices:
    is_gone = np.ones(len(book.geometries), bool)
    is_gone[matched[matched >= 0]] = False
    if villages is not None:
        present = pa.array(sorted({code for code in villages if code}), pa.string())
        is_gone &= pc.is_in(book.table.column("village_code"), present).to_numpy()
    return np.flatnonzero(is_gone)


def columns_of(comparison: Comparison) -> dict[str, Any]:
    """Return the columns that a comparison adds to the result."""
    return {
        "standing": pa.array(comparison.standing, pa.string()),
        "uid": pa.array(comparison.uids, pa.string()),
    }
