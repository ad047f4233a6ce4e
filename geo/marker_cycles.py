"""Compiled: the green phases of a parcel, with their flooding before and their harvest after."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from geo.marker_reading import Clear, Limits
from geo.marker_words import PhaseBit

NONE = -1
FLOODED, HARVESTED, MAY_BE_FLOODED = (int(bit) for bit in PhaseBit)
FLOOD_SURE, FLOOD_TWICE, FLOOD_NO_GAP, COMPOSITE_SHARE = 0.6, 0.2, 0.2, 0.5
"""Confidence of a confirmed flooding; more if seen twice, more if no gap follows; of a composite
half of it. [D]"""
SENESCENT_SHARE = 0.75
"""A phase ends where NDVI has lost this share of its rise, and no less than a harvest takes. [D]"""
RIPENING_STEP = 0.05
"""While NDVI goes on falling by more, the harvest is not over. [D]"""


class Phases(NamedTuple):
    """Green phases of all parcels; days are those of `Clear.day`, `NONE` where not seen.

    Attributes
    ----------
    flooded, transplanted, green_up, peak, harvest : int16 array, shape (n, p)
        Days.
    kind : uint8 array, shape (n, p)
        Bits of `PhaseBit`.
    flood_confidence, green_up_confidence, harvest_confidence : float32 array, shape (n, p)
        0 to 1, 0 where not seen.
    n : int16 array, shape (n,)
        How many phases; of more than `p` the last `p` are kept.
    """

    flooded: NDArray[np.int16]
    transplanted: NDArray[np.int16]
    green_up: NDArray[np.int16]
    peak: NDArray[np.int16]
    harvest: NDArray[np.int16]
    kind: NDArray[np.uint8]
    flood_confidence: NDArray[np.float32]
    green_up_confidence: NDArray[np.float32]
    harvest_confidence: NDArray[np.float32]
    n: NDArray[np.int16]


class _Open(NamedTuple):
    """A phase that is being read; indices into `Clear`.

    `low` and `peak` are the trough before it and its height so far, `first_wet` and `last_wet`
    the flooding before it.
    """

    low: int
    peak: int
    first_wet: int
    last_wet: int


@numba.njit(nogil=True)
def find_phases(clear: Clear, n: int, limits: Limits, phases: Phases, i: int) -> None:
    """Walk over a parcel's observations once and write its green phases."""
    phase = _Open(0, NONE, NONE, NONE)
    if n > 0 and clear.ndvi[0] >= limits.canopy_ndvi:
        phase = _Open(NONE, 0, NONE, NONE)  # green before the first image: its rise was not seen
    for j in range(n):
        if phase.peak != NONE:
            phase = _grown(clear, j, n, phase, limits, phases, i)
        if phase.peak == NONE:
            phase = _waiting(clear, j, phase, limits)
    if phase.peak != NONE and clear.ndvi[phase.peak] >= limits.canopy_ndvi:
        _close(clear, phase, NONE, limits, phases, i)


@numba.njit(nogil=True)
def _grown(
    clear: Clear, j: int, n: int, phase: _Open, limits: Limits, phases: Phases, i: int
) -> _Open:
    """Return the green phase after one more observation; without a peak if it ended there."""
    harvest = _harvest(clear, j, n, phase.low, limits)
    if harvest != NONE or _is_over(clear, j, phase, limits):
        if harvest == NONE and clear.ndvi[phase.peak] < limits.canopy_ndvi:
            return _Open(j, NONE, phase.first_wet, phase.last_wet)  # a ripple on the water
        _close(clear, phase, harvest, limits, phases, i)
        return _Open(j, NONE, NONE, NONE)
    if clear.ndvi[j] > clear.ndvi[phase.peak]:
        return _Open(phase.low, j, phase.first_wet, phase.last_wet)
    return phase


@numba.njit(nogil=True)
def _waiting(clear: Clear, j: int, phase: _Open, limits: Limits) -> _Open:
    """Return what is before a green phase after one more observation, or the phase begun."""
    low, first, last = phase.low, phase.first_wet, phase.last_wet
    if clear.ndvi[j] < clear.ndvi[low]:
        low = j
    if clear.is_wet[j]:
        if first == NONE or clear.day[j] - clear.day[last] > limits.confirm_days:
            first = j
        return _Open(low, NONE, first, j)
    peak = j if clear.ndvi[j] >= clear.ndvi[low] + limits.rise else NONE
    return _Open(low, peak, first, last)


@numba.njit(nogil=True)
def _harvest(clear: Clear, j: int, n: int, low: int, limits: Limits) -> int:
    """Return the observation that follows the fall, if one has begun before `j`."""
    for before in range(j - 1, low, -1):
        if clear.day[j] - clear.day[before] > limits.harvest_max_days:
            return NONE
        if clear.ndvi[before] - clear.ndvi[j] >= limits.harvest_drop:
            end = j
            while (
                end + 1 < n
                and clear.ndvi[end + 1] < clear.ndvi[end] - RIPENING_STEP
                and clear.day[end + 1] - clear.day[end] <= limits.harvest_days
            ):
                end += 1
            return end
    return NONE


@numba.njit(nogil=True)
def _is_over(clear: Clear, j: int, phase: _Open, limits: Limits) -> bool:
    """Tell whether the leaves have gone, or water has come."""
    height = clear.ndvi[phase.peak]
    if clear.is_wet[j] and limits.is_composite:
        return bool(height - clear.ndvi[j] >= limits.trough_depth)
    floor = np.float32(0) if phase.low == NONE else clear.ndvi[phase.low]
    lost = height - clear.ndvi[j]
    if lost >= limits.harvest_drop and lost > SENESCENT_SHARE * (height - floor):
        return True
    return bool(clear.is_wet[j] and clear.evi[j] < limits.half_max_share * clear.evi[phase.peak])


@numba.njit(nogil=True)
def _close(
    clear: Clear, phase: _Open, harvest: int, limits: Limits, phases: Phases, i: int
) -> None:
    """Write a phase that is over."""
    p = _place(phases, i)
    green = _green_up(clear, phase, limits)
    is_flooded = _is_confirmed(clear, phase, green, limits)
    before = max(green - 1, 0)
    gap = clear.day[green] - clear.day[before]
    kind = 0
    if is_flooded:
        kind |= FLOODED
        phases.flooded[i, p] = clear.day[phase.first_wet]
        phases.transplanted[i, p] = clear.day[phase.last_wet]
        phases.flood_confidence[i, p] = _flood_confidence(clear, phase, gap, limits)
    elif _may_hide(clear, green, limits):
        kind |= MAY_BE_FLOODED
    if phase.low != NONE:
        phases.green_up[i, p] = clear.day[green]
        phases.green_up_confidence[i, p] = min(1.0, limits.gap_days / max(gap, 1))
    if harvest != NONE:
        kind |= HARVESTED
        _write_harvest(clear, phase, harvest, limits, phases, i, p)
    phases.peak[i, p] = clear.day[phase.peak]
    phases.kind[i, p] = kind


@numba.njit(nogil=True)
def _place(phases: Phases, i: int) -> int:
    """Return where the next phase goes; the oldest gives way."""
    size = phases.kind.shape[1]
    if phases.n[i] == size:
        for p in range(size - 1):
            for days in (
                phases.flooded,
                phases.transplanted,
                phases.green_up,
                phases.peak,
                phases.harvest,
            ):
                days[i, p] = days[i, p + 1]
            for share in (
                phases.flood_confidence,
                phases.green_up_confidence,
                phases.harvest_confidence,
            ):
                share[i, p] = share[i, p + 1]
            phases.kind[i, p] = phases.kind[i, p + 1]
        phases.n[i] -= 1
        _clear_place(phases, i, size - 1)
    phases.n[i] += 1
    return int(phases.n[i]) - 1


@numba.njit(nogil=True)
def _clear_place(phases: Phases, i: int, p: int) -> None:
    for days in (phases.flooded, phases.transplanted, phases.green_up, phases.harvest):
        days[i, p] = NONE
    for share in (phases.flood_confidence, phases.green_up_confidence, phases.harvest_confidence):
        share[i, p] = 0


@numba.njit(nogil=True)
def _green_up(clear: Clear, phase: _Open, limits: Limits) -> int:
    """Return the first observation at half of the season's maximum of EVI."""
    start = max(phase.low, 0) if phase.last_wet == NONE else phase.last_wet
    top = clear.evi[phase.peak]
    for j in range(start + 1, phase.peak + 1):
        if clear.evi[j] >= limits.half_max_share * top:
            return j
    return phase.peak


@numba.njit(nogil=True)
def _is_confirmed(clear: Clear, phase: _Open, green: int, limits: Limits) -> bool:
    """Tell whether a crop grew out of the water in time."""
    wet = phase.last_wet
    if wet == NONE or clear.ndvi[phase.peak] < limits.canopy_ndvi:
        return False
    if clear.day[phase.peak] - clear.day[wet] > limits.season_days:
        return False
    was_low = clear.evi[wet] < limits.half_max_share * clear.evi[phase.peak]
    in_time = clear.day[green] - clear.day[wet] <= limits.confirm_days
    return bool(in_time and (was_low or limits.is_composite))


@numba.njit(nogil=True)
def _flood_confidence(clear: Clear, phase: _Open, gap: int, limits: Limits) -> float:
    sure = FLOOD_SURE
    if phase.last_wet > phase.first_wet:
        sure += FLOOD_TWICE
    if gap <= limits.gap_days:
        sure += FLOOD_NO_GAP
    return sure * COMPOSITE_SHARE if limits.is_composite else sure


@numba.njit(nogil=True)
def _may_hide(clear: Clear, green: int, limits: Limits) -> bool:
    """Tell whether a gap in the weeks before green-up is long enough for a flooding."""
    if clear.day[green] <= limits.confirm_days:
        return True  # the series begins too late
    for j in range(green, 0, -1):
        if clear.day[j] - clear.day[j - 1] > limits.gap_days:
            return True
        if clear.day[green] - clear.day[j - 1] > limits.confirm_days:
            return False
    return False


@numba.njit(nogil=True)
def _write_harvest(
    clear: Clear, phase: _Open, harvest: int, limits: Limits, phases: Phases, i: int, p: int
) -> None:
    """Date the steepest step of the fall; sure where it is deep and closely watched."""
    step, deepest = harvest, np.float32(0)
    for j in range(harvest, phase.peak, -1):
        fall = clear.ndvi[j - 1] - clear.ndvi[j]
        if fall > deepest:
            step, deepest = j, fall
    depth = (clear.ndvi[phase.peak] - clear.ndvi[harvest]) / (2 * limits.harvest_drop)
    gap = clear.day[step] - clear.day[step - 1]
    watched = 1.0 if gap <= limits.harvest_days else limits.harvest_days / gap
    phases.harvest[i, p] = clear.day[step]
    phases.harvest_confidence[i, p] = min(1.0, 0.5 + 0.5 * depth) * watched
