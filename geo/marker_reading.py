"""Compiled: a parcel's clear observations, read once, and which of them show water."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo.series import BSI, EVI, LSWI, NDVI

Records = NDArray[Any]


@numba.njit(nogil=True)
def read(values: NDArray[np.float32], dates: Records, limits: Any, seen: Records) -> int:
    """Keep what is present and no spike; return how many observations that are.

    A spike falls by `spike_depth` and rises by as much between neighbours at most `spike_days`
    apart: haze that the mask missed, which would pass for a harvest or, being moist, a flooding.

    Standing water shows where LSWI + `flood_margin` reaches EVI or NDVI (Xiao 2005).
    """
    n = 0
    for t in range(len(dates)):
        ndvi = values[t, NDVI]
        if np.isnan(ndvi):
            continue
        # The one before is judged when its right neighbour is known.
        if n > 1 and _is_spike(seen, n, ndvi, dates[t].day, limits):
            n -= 1
        evi, lswi = values[t, EVI], values[t, LSWI]
        if np.isnan(evi):
            evi = ndvi
        one = seen[n]
        one.day, one.work, one.pond = dates[t].day, dates[t].work, dates[t].pond
        one.ndvi, one.evi, one.lswi, one.bsi = ndvi, evi, lswi, values[t, BSI]
        one.is_wet = lswi + limits.flood_margin >= min(evi, ndvi)
        n += 1
    if limits.is_composite:
        _mark_troughs(seen, n)
    return n


@numba.njit(nogil=True)
def _is_spike(seen: Records, n: int, ndvi: np.float32, day: int, limits: Any) -> bool:
    floor = seen[n - 1].ndvi + limits.spike_depth
    return bool(
        not limits.is_composite
        and floor <= ndvi
        and floor <= seen[n - 2].ndvi
        and day - seen[n - 2].day <= limits.spike_days
    )


@numba.njit(nogil=True)
def _mark_troughs(seen: Records, n: int) -> None:
    """Mark as wet the troughs of NDVI at which LSWI stands highest above it.

    In a composite of a month, or over mixed fields, water never outshines the leaves.
    """
    for j in range(1, n - 1):
        before, here, after = seen[j - 1], seen[j], seen[j + 1]
        excess = here.lswi - here.ndvi
        if (
            here.ndvi <= min(before.ndvi, after.ndvi)
            and excess > before.lswi - before.ndvi
            and excess > after.lswi - after.ndvi
        ):
            here.is_wet = True
