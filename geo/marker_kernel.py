"""Compiled: all markers of a range of parcels in one pass over their series."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numba
import numpy as np
from numpy.typing import NDArray

from geo import compiled, marker_cycles, marker_reading, marker_seasons, marker_states
from geo.marker_records import (
    IDLE,
    N_SPELLS,
    NEVER,
    OBSERVATION,
    PARCEL,
    PHASE,
    POND,
    SPELL,
    TREES,
)
from geo.marker_words import Unknown
from geo.series import Missing

Records = NDArray[Any]

KNOWN, FEW, GAP = int(Unknown.KNOWN), int(Unknown.FEW_DATES), int(Unknown.GAP)
N_MISSING = len(Missing)


class Series(NamedTuple):
    """What the pass reads.

    Attributes
    ----------
    cube : float32 array, shape (n, t, 4)
        C order.
    missing : uint8 array, shape (n, t)
        Read only where too little is clear.
    dates : array of DATE, shape (t,)
        In order.
    spans : int32 array, shape (s + 1, 2)
        First and last day of each main season, at the end of the series.
    """

    cube: NDArray[np.float32]
    missing: NDArray[np.uint8]
    dates: Records
    spans: NDArray[np.int32]


class Found(NamedTuple):
    """What the pass writes: `PHASE`s (n, p), `SPELL`s (n, 5), `PARCEL`s (n,), states (n, s)."""

    phases: Records
    spells: Records
    parcels: Records
    seasons: NDArray[np.uint8]


def room(n: int, n_phases: int, n_seasons: int) -> Found:
    """Return room for the markers of n parcels; the pass writes all of it.

    Parameters
    ----------
    n, n_phases, n_seasons : int
        Parcels, phases of each, main seasons.

    Returns
    -------
    Found
        Holding nothing yet.
    """
    return Found(
        np.empty((n, n_phases), dtype=PHASE),
        np.empty((n, N_SPELLS), dtype=SPELL),
        np.empty(n, dtype=PARCEL),
        np.empty((n, n_seasons), dtype=np.uint8),
    )


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


@numba.njit(nogil=True)
def _say_unknown(parcel: Any, phases: Records, spells: Records, limits: Any) -> None:
    """Say of each marker that was not seen why it may be there all the same."""
    is_flooded = is_green = is_cut = False
    for p in range(parcel.n_phases):
        is_flooded |= phases[p].flooded != NEVER
        is_green |= phases[p].green_up != NEVER
        is_cut |= phases[p].harvest != NEVER
    whole, gap = parcel.unknown, parcel.gap_days
    hidden = GAP if whole == KNOWN else whole
    parcel.unknown_flooding = whole if is_flooded or gap <= limits.gap_days else hidden
    parcel.unknown_green_up = whole if is_green or gap <= limits.confirm_days else hidden
    parcel.unknown_harvest = whole if is_cut or gap <= limits.harvest_max_days else hidden
    for spell in spells:
        if spell.first != NEVER:
            spell.unknown = KNOWN
        elif whole != KNOWN:
            spell.unknown = whole


def _compiled(sources: int) -> Callable[[Series, Any, Found, int, int], None]:
    @numba.njit(cache=True, nogil=True)
    def fill(series: Series, limits: Any, found: Found, start: int, stop: int) -> None:
        """Write the markers of the parcels from `start` to before `stop`.

        Ranges that do not overlap may be filled at once by several threads.
        """
        if not sources:
            return
        seen = np.empty(len(series.dates), OBSERVATION)
        cube, missing, dates, spans = series.cube, series.missing, series.dates, series.spans
        all_phases, all_spells, parcels, seasons = (
            found.phases,
            found.spells,
            found.parcels,
            found.seasons,
        )
        for i in range(start, stop):
            phases, spells, parcel = all_phases[i], all_spells[i], parcels[i]
            n = marker_reading.read(cube[i], dates, limits, seen)
            parcel.n_clear = n
            parcel.unknown = KNOWN if n >= limits.min_clear_dates else _reason(missing[i], n)
            marker_cycles.find_phases(seen, n, limits, phases, parcel)
            marker_states.find_bare(seen, n, limits, spells)
            marker_states.find_pond(seen, n, limits, spells[POND])
            marker_states.find_trees(seen, n, limits, phases, parcel, spells[TREES])
            marker_seasons.judge_seasons(seen, n, spans, limits, phases, parcel, seasons[i])
            marker_seasons.count_idle(seasons[i], spans, limits, parcel, spells[IDLE])
            _say_unknown(parcel, phases, spells, limits)

    return cast("Callable[[Series, Any, Found, int, int], None]", fill)


fill = _compiled(compiled.sources())
