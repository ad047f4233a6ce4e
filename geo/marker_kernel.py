"""Compiled: all markers of a range of parcels in one pass over their series."""

from collections.abc import Callable
from typing import NamedTuple, cast

import numba
import numpy as np
from numpy.typing import NDArray

from geo import compiled, marker_cycles, marker_reading, marker_states
from geo.marker_cycles import Phases
from geo.marker_reading import Limits
from geo.marker_rules import Calendar
from geo.marker_states import Spell
from geo.marker_words import Unknown
from geo.series import Missing

FEW = int(Unknown.FEW_DATES)
N_MISSING = len(Missing)


class Found(NamedTuple):
    """What the pass writes; see `geo.markers.Markers`."""

    phases: Phases
    bare: Spell
    built: Spell
    pond: Spell
    trees: Spell
    seasons: NDArray[np.uint8]
    n_clear: NDArray[np.int16]
    gap_days: NDArray[np.int16]
    unknown: NDArray[np.uint8]


@numba.njit(nogil=True)
def _reason(missing: NDArray[np.uint8], n_clear: int) -> int:
    """Return the commonest reason of what is missing; a tie goes to the first."""
    if n_clear > 0:
        return FEW
    counts = np.zeros(N_MISSING, np.int64)
    for code in missing:
        counts[code] += 1
    counts[0] = 0
    return int(counts.argmax()) if counts.max() > 0 else FEW


def _compiled(sources: int) -> Callable[..., None]:
    @numba.njit(cache=True, nogil=True)
    def fill(
        cube: NDArray[np.float32],
        missing: NDArray[np.uint8],
        calendar: Calendar,
        limits: Limits,
        found: Found,
        start: int,
        stop: int,
    ) -> None:
        """Write the markers of the parcels from `start` to before `stop`.

        Parameters
        ----------
        cube : float32 array, shape (n, t, 4)
            C order.
        missing : uint8 array, shape (n, t)
            Read only where too little is clear.
        calendar, limits, found
            See their classes.
        start, stop : int
            Ranges that do not overlap may be filled at once by several threads.
        """
        if not sources:
            return
        clear = marker_reading.room(cube.shape[1])
        spells = (found.bare, found.built)
        for i in range(start, stop):
            n = marker_reading.read(cube[i], calendar.day, limits, clear)
            found.n_clear[i] = n
            if n < limits.min_clear_dates:
                found.unknown[i] = _reason(missing[i], n)
            marker_cycles.find_phases(clear, n, limits, found.phases, i)
            marker_states.find_bare(clear, n, calendar, limits, spells, i)
            marker_states.find_pond(clear, n, calendar, limits, found.pond, i)
            marker_states.find_trees(clear, n, limits, found.phases, found.trees, i)
            found.gap_days[i] = marker_states.judge_seasons(
                clear, n, calendar, limits, found.phases, found.seasons, i
            )

    return cast("Callable[..., None]", fill)


fill = _compiled(compiled.sources())
