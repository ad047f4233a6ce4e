"""Compiled: falls of NDVI, parcel by parcel."""

from collections.abc import Callable
from typing import Any, cast

import numba
import numpy as np
from numpy.typing import NDArray

from geo import compiled, marker_reading
from geo.marker_records import OBSERVATION

Records = NDArray[Any]

SURE_DROPS = 4.0
"""Confidence is half at the least drop and full from so many times it, if closely watched. [D]"""


@numba.njit(nogil=True)
def _dated(
    seen: Records, top: int, low: int, limits: Any, drops: tuple[np.float32, int, int]
) -> tuple[int, float]:
    """Date the steepest step: its middle, but not long before the image that shows it."""
    step, deepest = low, np.float32(0)
    for j in range(top + 1, low + 1):
        if seen[j - 1].ndvi - seen[j].ndvi > deepest:
            step, deepest = j, seen[j - 1].ndvi - seen[j].ndvi
    before, after = seen[step - 1].day, seen[step].day
    depth = (seen[top].ndvi - seen[low].ndvi - drops[0]) / ((SURE_DROPS - 1) * drops[0])
    watched = min(1.0, limits.gap_days / (after - before))
    on = max((before + after) // 2, after - drops[2])
    return on, (0.5 + 0.5 * min(depth, 1.0)) * watched


def _compiled(sources: int) -> Callable[..., None]:
    @numba.njit(cache=True, nogil=True)
    def fill(
        cube: NDArray[np.float32],
        dates: Records,
        limits: Any,
        drops: tuple[np.float32, int, int],
        offset: NDArray[np.int16],
        confidence: NDArray[np.float32],
    ) -> None:
        """Write the falls of every parcel; of more than there is room for the first are kept.

        Parameters
        ----------
        cube : float32 array, shape (n, t, 4)
            C order.
        dates : array of DATE, shape (t,)
            In order.
        limits, drops
            Of spikes and gaps; least drop, days between two events, days dated back.
        offset, confidence : arrays, shape (n, p)
            Written to.
        """
        if not sources:
            return
        seen = np.empty(len(dates), OBSERVATION)
        for i in range(len(cube)):
            n = marker_reading.read(cube[i], dates, limits, seen)
            found, top = 0, 0
            while top < n - 1 and found < offset.shape[1]:
                low = top
                while low + 1 < n and seen[low + 1].ndvi < seen[low].ndvi:
                    low += 1
                if seen[top].ndvi - seen[low].ndvi >= drops[0]:
                    on, sure = _dated(seen, top, low, limits, drops)
                    if found == 0 or on - offset[i, found - 1] >= drops[1]:
                        offset[i, found], confidence[i, found] = on, sure
                        found += 1
                top = max(low, top + 1)

    return cast("Callable[..., None]", fill)


fill = _compiled(compiled.sources())
