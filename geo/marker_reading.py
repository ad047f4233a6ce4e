"""Compiled: a parcel's clear observations, read once, and which of them show water."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from geo.series import BSI, EVI, LSWI, NDVI

Values = NDArray[np.float32]


class Clear(NamedTuple):
    """Room for one parcel's clear observations; the first `n` of each array count.

    Attributes
    ----------
    at : int16 array, shape (t,)
        Index of the date.
    day : int32 array, shape (t,)
        Days since the first date of the series.
    ndvi, evi, lswi, bsi : float32 array, shape (t,)
        EVI is NDVI where missing; LSWI and BSI may be NaN.
    is_wet : bool array, shape (t,)
        Standing water shows.
    """

    at: NDArray[np.int16]
    day: NDArray[np.int32]
    ndvi: Values
    evi: Values
    lswi: Values
    bsi: Values
    is_wet: NDArray[np.bool_]


class Limits(NamedTuple):
    """`MarkerLimits` as machine numbers, and how coarse the series is.

    The floats are as precise as the values, so that a value equal to a limit is equal.
    """

    min_clear_dates: np.int32
    gap_days: np.int32
    spike_depth: np.float32
    spike_days: np.int32
    flood_margin: np.float32
    half_max_share: np.float32
    confirm_days: np.int32
    season_days: np.int32
    canopy_ndvi: np.float32
    rise: np.float32
    trough_depth: np.float32
    harvest_drop: np.float32
    harvest_days: np.int32
    harvest_max_days: np.int32
    bare_bsi: np.float32
    bare_ndvi: np.float32
    bare_dates: np.int32
    bare_days: np.int32
    built_days: np.int32
    built_dates: np.int32
    built_bsi_range: np.float32
    pond_share: np.float32
    pond_ndvi: np.float32
    pond_dates: np.int32
    pond_days: np.int32
    tree_low: np.float32
    tree_range: np.float32
    tree_lswi: np.float32
    tree_dry_share: np.float32
    tree_dates: np.int32
    tree_days: np.int32
    idle_dates: np.int32
    idle_gap_days: np.int32
    weed_low: np.float32
    weed_high: np.float32
    is_composite: np.bool_


@numba.njit(nogil=True)
def room(n_dates: int) -> Clear:
    """Return room for a series of so many dates."""
    return Clear(
        np.empty(n_dates, np.int16),
        np.empty(n_dates, np.int32),
        np.empty(n_dates, np.float32),
        np.empty(n_dates, np.float32),
        np.empty(n_dates, np.float32),
        np.empty(n_dates, np.float32),
        np.empty(n_dates, np.bool_),
    )


@numba.njit(nogil=True)
def read(values: Values, day: NDArray[np.int32], limits: Limits, clear: Clear) -> int:
    """Keep what is present and no spike; return how many observations that are.

    A spike falls by `spike_depth` and rises by as much between neighbours at most `spike_days`
    apart: haze that the mask missed, which would pass for a harvest or, being moist, a flooding.

    Standing water shows where LSWI + `flood_margin` reaches EVI or NDVI (Xiao 2005).
    """
    n = 0
    for t in range(len(day)):
        ndvi = values[t, NDVI]
        if np.isnan(ndvi):
            continue
        # The one before is judged when its right neighbour is known.
        if n > 1 and _is_spike(clear, n, ndvi, day[t], limits):
            n -= 1
        evi, lswi = values[t, EVI], values[t, LSWI]
        if np.isnan(evi):
            evi = ndvi
        clear.at[n] = t
        clear.day[n] = day[t]
        clear.ndvi[n] = ndvi
        clear.evi[n] = evi
        clear.lswi[n] = lswi
        clear.bsi[n] = values[t, BSI]
        clear.is_wet[n] = lswi + limits.flood_margin >= min(evi, ndvi)
        n += 1
    if limits.is_composite:
        _mark_troughs(clear, n)
    return n


@numba.njit(nogil=True)
def _is_spike(clear: Clear, n: int, ndvi: np.float32, day: int, limits: Limits) -> bool:
    floor = clear.ndvi[n - 1] + limits.spike_depth
    return bool(
        not limits.is_composite
        and floor <= ndvi
        and floor <= clear.ndvi[n - 2]
        and day - clear.day[n - 2] <= limits.spike_days
    )


@numba.njit(nogil=True)
def _mark_troughs(clear: Clear, n: int) -> None:
    """Mark as wet the troughs of NDVI at which LSWI stands highest above it.

    In a composite of a month, or over mixed fields, water never outshines the leaves.
    """
    for j in range(1, n - 1):
        here = clear.lswi[j] - clear.ndvi[j]
        if (
            clear.ndvi[j] <= min(clear.ndvi[j - 1], clear.ndvi[j + 1])
            and here > clear.lswi[j - 1] - clear.ndvi[j - 1]
            and here > clear.lswi[j + 1] - clear.ndvi[j + 1]
        ):
            clear.is_wet[j] = True
