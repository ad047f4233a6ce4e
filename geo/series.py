"""Cleaning of parcel series: scales, doubles, what is missing and why."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Days = NDArray[np.datetime64]
Values = NDArray[np.float32]
Codes = NDArray[np.uint8]

NDVI, EVI, LSWI, BSI = range(4)
"""Order of the indices in a cube."""
N_INDICES = 4
NORMALISED = (NDVI, LSWI, BSI)
"""Differences over sums: never beyond -1 and 1. EVI may be."""
MAX_EVI = 1.5
"""Denominators near 0, over cloud and snow, give more; no canopy does."""
SCALED_FROM = 2.0
"""A median size from here is no index: haze and noise stay near 1, the usual scale is 10,000."""


class Missing(IntEnum):
    """Why a value of a series is missing."""

    PRESENT = 0
    CLOUD = 1
    NO_IMAGE = 2
    TOO_SMALL = 3
    OUT_OF_RANGE = 4


class ScaledValues(ValueError):
    """Values that are no indices but a multiple of them."""


@dataclass(frozen=True)
class Table:
    """A long table of observations: one row for a parcel and an image.

    Attributes
    ----------
    parcel : int array, shape (m,)
        Index of the parcel, 0 to n - 1.
    day : datetime64[D] array, shape (m,)
        Civil day; see `geo.stamps.civil_days`.
    values : float array, shape (m, 4)
        NDVI, EVI, LSWI, BSI; NaN where missing.
    n_pixels : int array, shape (m,)
        Clear pixels behind the row.
    missing : uint8 array, shape (m,)
        A `Missing`.
    """

    parcel: NDArray[np.intp]
    day: Days
    values: NDArray[np.floating]
    n_pixels: NDArray[np.integer]
    missing: Codes


@dataclass(frozen=True)
class Series:
    """Series of many parcels over the same dates, and what cleaning did.

    Attributes
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising.
    cube : float32 array, shape (n, t, 4)
        NDVI, EVI, LSWI, BSI; NaN where missing.
    missing : uint8 array, shape (n, t)
        A `Missing` for each parcel and date.
    n_doubles : int
        Observations that gave way to another of the same parcel and day.
    n_out_of_range : int
        Observations refused because NDVI, LSWI or BSI lay beyond -1 and 1.
    n_evi_out_of_range : int
        EVI values dropped alone.
    """

    dates: Days
    cube: Values
    missing: Codes
    n_doubles: int = 0
    n_out_of_range: int = 0
    n_evi_out_of_range: int = 0


def indices(values: ArrayLike, *, scale: float = 1.0, nodata: float | None = None) -> Values:
    """Return indices in their own unit.

    Parameters
    ----------
    values : array, shape (..., 4)
        NDVI, EVI, LSWI, BSI, multiplied by `scale`.
    scale : float
        By which the values are divided: 10000 for indices stored as integers.
    nodata : float, optional
        The value that stands for nothing, before scaling.

    Returns
    -------
    float32 array, shape (..., 4)
        NaN where nothing was, or something infinite.

    Raises
    ------
    ScaledValues
        Where the values are still a multiple of indices: nothing is divided unasked.
    """
    given = np.asarray(values)
    result = given.astype(np.float32)
    if nodata is not None and not np.isnan(nodata):
        result[given == nodata] = np.nan
    result[~np.isfinite(result)] = np.nan
    if scale != 1.0:
        result /= np.float32(scale)
    sizes = np.abs(result[..., list(NORMALISED)])
    sizes = sizes[np.isfinite(sizes)]
    if len(sizes) and float(np.median(sizes)) >= SCALED_FROM:
        raise ScaledValues(
            f"half of the values are {float(np.median(sizes)):.0f} or more: no indices between "
            "-1 and 1. Say by what they were multiplied, for instance 10000"
        )
    return result


def from_table(table: Table, n_parcels: int, dates: Days | None = None) -> Series:
    """Lay out a long table as a cube, clean.

    Parameters
    ----------
    table : Table
        In any order. Of the same parcel and day the row with most pixels counts, present before
        missing; of equally good ones the median of each index.
    n_parcels : int
        Parcels of the cube; those without a row have no image.
    dates : datetime64[D] array, shape (t,), optional
        Strictly rising; rows of other days are left out. By default all days of the table.

    Returns
    -------
    Series
        Parcel and date without a row: `Missing.NO_IMAGE`.

    Raises
    ------
    ValueError
        Where a parcel's index lies outside.
    """
    if len(table.parcel) and not (table.parcel.min() >= 0 and table.parcel.max() < n_parcels):
        raise ValueError(f"a parcel's index is not in 0 to {n_parcels - 1}")
    days = np.asarray(table.day, dtype="datetime64[D]")
    axis = np.unique(days[~np.isnat(days)]) if dates is None else np.asarray(dates)
    at = np.searchsorted(axis, days)
    is_in = np.isin(days, axis)
    cell = (table.parcel * max(len(axis), 1) + at)[is_in]
    values = np.asarray(table.values, dtype=np.float32)[is_in]
    missing = np.asarray(table.missing, dtype=np.uint8)[is_in]
    best, values = _best(cell, values, missing, np.asarray(table.n_pixels)[is_in])
    shape = (n_parcels, len(axis))
    cube = np.full((*shape, N_INDICES), np.nan, dtype=np.float32)
    codes = np.full(shape, Missing.NO_IMAGE, dtype=np.uint8)
    cube.reshape(-1, N_INDICES)[cell[best]] = values
    codes.reshape(-1)[cell[best]] = missing[best]
    return clean(axis, cube, codes, n_doubles=len(cell) - len(best))


def _best(
    cell: NDArray[np.intp], values: Values, missing: Codes, n_pixels: NDArray[np.integer]
) -> tuple[NDArray[np.intp], Values]:
    """Return one row for each cell, and its values."""
    order = np.lexsort((-n_pixels, missing != Missing.PRESENT, cell))
    is_new = np.r_[True, np.diff(cell[order]) != 0][: len(order)]
    group = np.cumsum(is_new) - 1
    best = order[is_new]
    is_equal = (n_pixels[order] == n_pixels[best][group]) & (missing[order] == missing[best][group])
    result = values[best]
    is_tied = np.bincount(group[is_equal], minlength=len(best)) > 1
    rows = is_equal & is_tied[group]
    for index in range(N_INDICES):
        result[is_tied, index] = _medians(values[order[rows], index], group[rows])
    return best, result


def _medians(values: Values, group: NDArray[np.intp]) -> Values:
    """Return the median of each group's values, NaN where it has none; groups in rising order."""
    start = np.flatnonzero(np.diff(group, prepend=-1))
    if len(start) == 0:
        return values
    ordered = values[np.lexsort((values, group))]  # NaN last within its group
    n = np.add.reduceat(np.isfinite(values).astype(np.intp), start)
    low, high = ordered[start + np.maximum(n - 1, 0) // 2], ordered[start + n // 2 * (n > 0)]
    return np.asarray((low + high) / np.float32(2), dtype=np.float32)


def clean(dates: Days, cube: Values, missing: Codes, *, n_doubles: int = 0) -> Series:
    """Set apart what cannot be an index.

    Parameters
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising.
    cube : float array, shape (n, t, 4)
        NDVI, EVI, LSWI, BSI.
    missing : uint8 array, shape (n, t)
        A `Missing` for each parcel and date.
    n_doubles : int
        Told on.

    Returns
    -------
    Series
        What is missing is NaN; what is NaN in NDVI is missing, `NO_IMAGE` where no reason was
        given; an NDVI, LSWI or BSI beyond -1 and 1 makes the observation `OUT_OF_RANGE`; an EVI
        beyond `MAX_EVI` is dropped alone. Inputs are not changed.

    Raises
    ------
    ScaledValues
        Where the values are a multiple of indices.
    """
    cube = indices(cube)
    missing = missing.copy()
    is_outside = (np.abs(cube[..., list(NORMALISED)]) > 1).any(axis=-1)
    is_outside &= missing == Missing.PRESENT
    missing[is_outside] = Missing.OUT_OF_RANGE
    missing[(missing == Missing.PRESENT) & np.isnan(cube[..., NDVI])] = Missing.NO_IMAGE
    cube[missing != Missing.PRESENT] = np.nan
    is_wild = np.abs(cube[..., EVI]) > MAX_EVI
    cube[..., EVI][is_wild] = np.nan
    return Series(
        np.asarray(dates, dtype="datetime64[D]"),
        cube,
        missing,
        n_doubles,
        int(is_outside.sum()),
        int(is_wild.sum()),
    )


def max_gap_days(dates: Days, missing: Codes) -> NDArray[np.int32]:
    """Return the longest time without a clear date.

    Parameters
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising.
    missing : uint8 array, shape (n, t)
        A `Missing` for each parcel and date.

    Returns
    -------
    int32 array, shape (n,)
        Days between neighbouring clear dates, the first and the last of `dates` counting as
        clear; all days where no date is.
    """
    if len(dates) == 0:
        return np.zeros(len(missing), dtype=np.int32)
    day = (np.asarray(dates) - dates[0]).astype(np.int32)
    is_clear = missing == Missing.PRESENT
    is_clear[:, [0, -1]] = True
    last_clear = np.maximum.accumulate(np.where(is_clear, day, 0), axis=1)
    return np.asarray((day[1:] - last_clear[:, :-1]).max(axis=1, initial=0), dtype=np.int32)
