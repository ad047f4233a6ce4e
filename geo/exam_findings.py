"""What an exam of geometries says: findings, and the order in which they are listed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Severity = Literal["block", "warn"]

POLYGONAL = (3, 6)
"""Shapely's type numbers of Polygon and MultiPolygon."""
NO_ROW = -1
"""The row of a finding that belongs to no parcel: a gap."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one geometry.

    Attributes
    ----------
    rule : str
        Such as `geometry.overlap`.
    row : int
        Index of the parcel in the arrays that were examined, `NO_ROW` for a gap.
    other : int or None
        Index of the other parcel (overlap, duplicate) or of the outline (gap).
    severity : "block" or "warn"
        Whether an import must stop.
    numbers : dict of str to float
        What was measured; the unit ends the name.
    message_zh : str
        One sentence for the user.
    place : geometry or None
        Where it is, EPSG:4490 degrees; None where there is no place.
    """

    rule: str
    row: int
    other: int | None
    severity: Severity
    numbers: dict[str, float]
    message_zh: str
    place: shapely.Geometry | None


def block(
    rule: str,
    row: int,
    message_zh: str,
    place: shapely.Geometry | None,
    numbers: dict[str, float] | None = None,
    other: int | None = None,
) -> Finding:
    """Return a finding that stops an import.

    Parameters
    ----------
    rule, row, message_zh, place, numbers, other
        As in `Finding`.

    Returns
    -------
    Finding
        Of severity "block".
    """
    return Finding(rule, row, other, "block", numbers or {}, message_zh, place)


def warn(
    rule: str,
    row: int,
    message_zh: str,
    place: shapely.Geometry | None,
    numbers: dict[str, float] | None = None,
    other: int | None = None,
) -> Finding:
    """Return a finding that an import only shows.

    Parameters
    ----------
    rule, row, message_zh, place, numbers, other
        As in `Finding`.

    Returns
    -------
    Finding
        Of severity "warn".
    """
    return Finding(rule, row, other, "warn", numbers or {}, message_zh, place)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by parcel, rule and other parcel, so that the same file gives the same list."""
    return sorted(
        findings, key=lambda each: (each.row, each.rule, -1 if each.other is None else each.other)
    )


def polygonal(geometries: Geometries) -> Flags:
    """Tell which geometries are polygons or multipolygons; None is not.

    Parameters
    ----------
    geometries : object array, shape (n,)
        Geometries of any type.

    Returns
    -------
    bool array, shape (n,)
        True for a polygon or multipolygon, empty ones included.
    """
    return np.isin(shapely.get_type_id(geometries), POLYGONAL)


def as_array(geometries: Sequence[Any] | Geometries) -> Geometries:
    """Return a one-dimensional object array of the geometries.

    Parameters
    ----------
    geometries : sequence of geometries
        None is allowed.

    Returns
    -------
    object array, shape (n,)
        The same objects.
    """
    if isinstance(geometries, np.ndarray) and geometries.dtype == object:
        return geometries
    made = np.empty(len(geometries), dtype=object)
    made[:] = list(geometries)
    return made
