"""Compiled: the green phases of a parcel, with their flooding before and their harvest after."""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from geo.marker_records import NEVER
from geo.marker_words import PhaseBit

Records = NDArray[Any]

NONE = -1
"""Index of no observation."""
FLOODED, HARVESTED, MAY_BE_FLOODED = (int(bit) for bit in PhaseBit)
FLOOD_SURE, FLOOD_TWICE, FLOOD_NO_GAP, COMPOSITE_SHARE = 0.6, 0.2, 0.2, 0.5
"""Confidence of a confirmed flooding; more if seen twice, more if no gap follows; of a composite
half of it. [D]"""
HARVEST_SURE = 0.5
"""Confidence of the least harvest, full from twice its fall. [D]"""
SENESCENT_SHARE = np.float32(0.75)
"""A phase ends where NDVI has lost this share of its rise, and no less than a harvest takes. [D]"""
RIPENING_STEP = np.float32(0.05)
"""While NDVI goes on falling by more, the harvest is not over. [D]"""


class _Open(NamedTuple):
    """A phase that is being read; indices of observations.

    `low` and `peak` are the trough before it and its height so far, `first_wet` and `last_wet`
    the flooding before it.
    """

    low: int
    peak: int
    first_wet: int
    last_wet: int


@numba.njit(nogil=True)
def find_phases(seen: Records, n: int, limits: Any, phases: Records, parcel: Any) -> None:
    """Walk over a parcel's observations once and write its green phases; of too many the last."""
    parcel.n_phases = 0
    phase = _Open(0, NONE, NONE, NONE)
    if n > 0 and seen[0].ndvi >= limits.canopy_ndvi:
        phase = _Open(NONE, 0, NONE, NONE)  # green before the first image: its rise was not seen
    for j in range(n):
        if phase.peak != NONE:
            phase = _grown(seen, j, n, phase, limits, phases, parcel)
        if phase.peak == NONE:
            phase = _waiting(seen, j, phase, limits)
    if phase.peak != NONE and seen[phase.peak].ndvi >= limits.canopy_ndvi:
        _close(seen, phase, NONE, limits, phases, parcel)
    for p in range(parcel.n_phases, len(phases)):
        _empty(phases[p])


@numba.njit(nogil=True)
def _grown(
    seen: Records, j: int, n: int, phase: _Open, limits: Any, phases: Records, parcel: Any
) -> _Open:
    """Return the green phase after one more observation; without a peak if it ended there."""
    ndvi, top = seen[j].ndvi, seen[phase.peak].ndvi
    if ndvi > top:
        return _Open(phase.low, j, phase.first_wet, phase.last_wet)
    harvest = NONE
    if top - ndvi >= limits.harvest_drop:  # no fall is deeper than the one from the peak
        harvest = _harvest(seen, j, n, phase.low, limits)
    if harvest == NONE and not _is_over(seen, j, phase, limits):
        return phase
    if harvest == NONE and top < limits.canopy_ndvi:
        return _Open(j, NONE, phase.first_wet, phase.last_wet)  # a ripple on the water
    _close(seen, phase, harvest, limits, phases, parcel)
    return _Open(j, NONE, NONE, NONE)


@numba.njit(nogil=True)
def _waiting(seen: Records, j: int, phase: _Open, limits: Any) -> _Open:
    """Return what is before a green phase after one more observation, or the phase begun."""
    low, first, last = phase.low, phase.first_wet, phase.last_wet
    here = seen[j]
    if here.ndvi < seen[low].ndvi:
        low = j
    if here.is_wet:
        if first == NONE or here.day - seen[last].day > limits.confirm_days:
            first = j
        return _Open(low, NONE, first, j)
    peak = j if here.ndvi >= seen[low].ndvi + limits.rise else NONE
    return _Open(low, peak, first, last)


@numba.njit(nogil=True)
def _harvest(seen: Records, j: int, n: int, low: int, limits: Any) -> int:
    """Return the observation that ends a fall steep enough, if there is one at `j`."""
    for before in range(j - 1, low, -1):
        if seen[j].day - seen[before].day > limits.harvest_max_days:
            return NONE
        if seen[before].ndvi - seen[j].ndvi >= limits.harvest_drop:
            end = j
            while (
                end + 1 < n
                and seen[end + 1].ndvi < seen[end].ndvi - RIPENING_STEP
                and seen[end + 1].day - seen[end].day <= limits.harvest_days
            ):
                end += 1
            return end
    return NONE


@numba.njit(nogil=True)
def _is_over(seen: Records, j: int, phase: _Open, limits: Any) -> bool:
    """Tell whether the leaves have gone, or water has come."""
    here, top = seen[j], seen[phase.peak]
    lost = top.ndvi - here.ndvi
    if here.is_wet and limits.is_composite:
        return bool(lost >= limits.trough_depth)
    if lost >= limits.harvest_drop:
        floor = np.float32(0) if phase.low == NONE else seen[phase.low].ndvi
        if lost > SENESCENT_SHARE * (top.ndvi - floor):
            return True
    return bool(here.is_wet and here.evi < limits.half_max_share * top.evi)


@numba.njit(nogil=True)
def _close(
    seen: Records, phase: _Open, harvest: int, limits: Any, phases: Records, parcel: Any
) -> None:
    """Write a phase that is over."""
    told = phases[_place(phases, parcel)]
    _empty(told)
    green = _green_up(seen, phase, limits)
    gap = seen[green].day - seen[max(green - 1, 0)].day
    told.peak = seen[phase.peak].day
    if _is_confirmed(seen, phase, green, limits):
        told.kind |= FLOODED
        told.flooded = seen[phase.first_wet].day
        told.transplanted = seen[phase.last_wet].day
        told.flood_confidence = _flood_confidence(phase, gap, limits)
    elif _may_hide(seen, green, limits):
        told.kind |= MAY_BE_FLOODED
    if phase.low != NONE:
        told.green_up = seen[green].day
        told.green_up_confidence = min(1.0, limits.gap_days / max(gap, 1))
    if harvest != NONE:
        told.kind |= HARVESTED
        _write_harvest(seen, phase, harvest, limits, told)


@numba.njit(nogil=True)
def _place(phases: Records, parcel: Any) -> int:
    """Return where the next phase goes; the oldest gives way."""
    if parcel.n_phases == len(phases):
        for p in range(len(phases) - 1):
            phases[p] = phases[p + 1]
    else:
        parcel.n_phases += 1
    return int(parcel.n_phases) - 1


@numba.njit(nogil=True)
def _empty(told: Any) -> None:
    told.flooded = told.transplanted = told.green_up = told.peak = told.harvest = NEVER
    told.kind = 0
    told.flood_confidence = told.green_up_confidence = told.harvest_confidence = 0.0


@numba.njit(nogil=True)
def _green_up(seen: Records, phase: _Open, limits: Any) -> int:
    """Return the first observation at half of the season's maximum of EVI."""
    start = max(phase.low, 0) if phase.last_wet == NONE else phase.last_wet
    half = limits.half_max_share * seen[phase.peak].evi
    for j in range(start + 1, phase.peak + 1):
        if seen[j].evi >= half:
            return j
    return phase.peak


@numba.njit(nogil=True)
def _is_confirmed(seen: Records, phase: _Open, green: int, limits: Any) -> bool:
    """Tell whether a crop grew out of the water in time."""
    if phase.last_wet == NONE:
        return False
    wet, top = seen[phase.last_wet], seen[phase.peak]
    if top.ndvi < limits.canopy_ndvi or top.day - wet.day > limits.season_days:
        return False
    was_low = wet.evi < limits.half_max_share * top.evi
    in_time = seen[green].day - wet.day <= limits.confirm_days
    return bool(in_time and (was_low or limits.is_composite))


@numba.njit(nogil=True)
def _flood_confidence(phase: _Open, gap: int, limits: Any) -> float:
    sure = FLOOD_SURE
    if phase.last_wet > phase.first_wet:
        sure += FLOOD_TWICE
    if gap <= limits.gap_days:
        sure += FLOOD_NO_GAP
    return sure * COMPOSITE_SHARE if limits.is_composite else sure


@numba.njit(nogil=True)
def _may_hide(seen: Records, green: int, limits: Any) -> bool:
    """Tell whether a gap in the weeks before green-up is long enough for a flooding."""
    if seen[green].day <= limits.confirm_days:
        return True  # the series begins too late
    for j in range(green, 0, -1):
        if seen[j].day - seen[j - 1].day > limits.gap_days:
            return True
        if seen[green].day - seen[j - 1].day > limits.confirm_days:
            return False
    return False


@numba.njit(nogil=True)
def _write_harvest(seen: Records, phase: _Open, harvest: int, limits: Any, told: Any) -> None:
    """Date the steepest step of the fall; sure where it is deep and closely watched."""
    step, deepest = harvest, np.float32(0)
    for j in range(harvest, phase.peak, -1):
        fall = seen[j - 1].ndvi - seen[j].ndvi
        if fall > deepest:
            step, deepest = j, fall
    fall = seen[phase.peak].ndvi - seen[harvest].ndvi
    gap = seen[step].day - seen[step - 1].day
    watched = 1.0 if gap <= limits.harvest_days else limits.harvest_days / gap
    told.harvest = seen[step].day
    told.harvest_confidence = min(1.0, HARVEST_SURE * fall / limits.harvest_drop) * watched
