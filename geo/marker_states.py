"""Compiled: what a parcel is for long: bare, built, pond, trees, and its main seasons."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from geo.marker_cycles import FLOODED, HARVESTED, NONE, Phases
from geo.marker_reading import Clear, Limits
from geo.marker_rules import OUTSIDE, Calendar, Work
from geo.marker_words import SeasonState, Unknown

GROWING, FALLOW = int(Work.GROWING), int(Work.FALLOW)
YEAR_DAYS = 365
IDLE, BARE_SEASON, CROPPED, DENSE, NOT_KNOWN, NOT_OVER = (int(each) for each in SeasonState)
KNOWN, FEW, GAP, SHORT = (
    int(each) for each in (Unknown.KNOWN, Unknown.FEW_DATES, Unknown.GAP, Unknown.SHORT_SERIES)
)
LOW_DECILE, HIGH_DECILE = 0.1, 0.9


class Spell(NamedTuple):
    """Of each parcel the days between which something was seen.

    Attributes
    ----------
    first, last : int16 array, shape (n,)
        Days, `NONE` where not seen.
    confidence : float32 array, shape (n,)
        0 to 1.
    unknown : uint8 array, shape (n,)
        An `Unknown`: why it cannot be told.
    """

    first: NDArray[np.int16]
    last: NDArray[np.int16]
    confidence: NDArray[np.float32]
    unknown: NDArray[np.uint8]


@numba.njit(nogil=True)
def _write(spell: Spell, i: int, first: int, last: int, confidence: float) -> None:
    spell.first[i] = first
    spell.last[i] = last
    spell.confidence[i] = min(max(confidence, 0.0), 1.0)


@numba.njit(nogil=True)
def find_bare(
    clear: Clear, n: int, calendar: Calendar, limits: Limits, spells: tuple[Spell, Spell], i: int
) -> None:
    """Write the longest bare spell of the growing weeks, and whether it is of a built place.

    Plants and water end a spell. Days of fallow begin and end none: after the late harvest a
    field may lie bare until spring.
    """
    run, n_growing = NONE, 0
    for j in range(n):
        n_growing += calendar.work[clear.at[j]] == GROWING
        if clear.ndvi[j] >= limits.bare_ndvi or clear.is_wet[j]:
            if run != NONE:
                _keep_bare(clear, run, j, calendar, limits, spells, i)
            run = NONE
        elif run == NONE and clear.bsi[j] > limits.bare_bsi:
            run = j
    if run != NONE:
        _keep_bare(clear, run, n, calendar, limits, spells, i)
    spells[0].unknown[i] = FEW if n_growing < limits.bare_dates else KNOWN
    spells[1].unknown[i] = FEW if n_growing < limits.built_dates else KNOWN


@numba.njit(nogil=True)
def _keep_bare(
    clear: Clear,
    start: int,
    stop: int,
    calendar: Calendar,
    limits: Limits,
    spells: tuple[Spell, Spell],
    i: int,
) -> None:
    """Measure a spell and keep it if it is the longest so far."""
    first, last, first_growing, last_growing = NONE, NONE, NONE, NONE
    n_dates, n_growing = 0, 0
    lowest, highest = np.float32(np.inf), np.float32(-np.inf)
    for j in range(start, stop):
        work = calendar.work[clear.at[j]]
        if work == FALLOW or not clear.bsi[j] > limits.bare_bsi:
            continue
        n_dates += 1
        last = clear.day[j]
        first = last if first == NONE else first
        lowest, highest = min(lowest, clear.bsi[j]), max(highest, clear.bsi[j])
        if work == GROWING:
            n_growing += 1
            last_growing = last
            first_growing = last if first_growing == NONE else first_growing
    if n_growing < limits.bare_dates or last_growing - first_growing < limits.bare_days:
        return
    bare, built = spells
    span = last - first
    if span < bare.last[i] - bare.first[i]:
        return
    _write(bare, i, first, last, 0.5 + 0.5 * span / limits.built_days)
    is_steady = highest - lowest <= limits.built_bsi_range
    if span >= limits.built_days and n_dates >= limits.built_dates and is_steady:
        # Twice the shortest time is as sure as one sensor can be: a cleared site looks alike.
        _write(built, i, first, last, 0.4 + 0.25 * span / limits.built_days)


@numba.njit(nogil=True)
def find_pond(
    clear: Clear, n: int, calendar: Calendar, limits: Limits, spell: Spell, i: int
) -> None:
    """Write open water without a canopy phase: the newest pond window that can be told decides."""
    spell.unknown[i] = FEW
    begin = 0
    while begin < n:
        window = calendar.pond[clear.at[begin]]
        end = begin + 1
        while end < n and calendar.pond[clear.at[end]] == window:
            end += 1
        if window != OUTSIDE:
            _judge_pond(clear, begin, end, limits, spell, i)
        begin = end


@numba.njit(nogil=True)
def _judge_pond(clear: Clear, begin: int, end: int, limits: Limits, spell: Spell, i: int) -> None:
    first, last, n_wet, highest = NONE, NONE, 0, np.float32(-1)
    for j in range(begin, end):
        highest = max(highest, clear.ndvi[j])
        if clear.lswi[j] >= clear.ndvi[j]:
            n_wet += 1
            last = clear.day[j]
            first = last if first == NONE else first
    is_dense = highest >= limits.pond_ndvi
    is_long = clear.day[end - 1] - clear.day[begin] >= limits.pond_days
    if not is_dense and (end - begin < limits.pond_dates or not is_long):
        return  # neither pond nor land: an earlier window stands
    spell.unknown[i] = KNOWN
    share = n_wet / (end - begin)
    if is_dense or share < limits.pond_share:
        _write(spell, i, NONE, NONE, 0.0)
        return
    if spell.first[i] != NONE:
        first = spell.first[i]
    depth = (limits.pond_ndvi - highest) / limits.pond_ndvi
    _write(spell, i, first, last, 0.4 * share + 0.4 + 0.2 * float(depth))


@numba.njit(nogil=True)
def find_trees(clear: Clear, n: int, limits: Limits, phases: Phases, spell: Spell, i: int) -> None:
    """Write permanent tree cover: green all year, moist leaves, no flooding."""
    start = n - 1
    while start > 0 and clear.day[n - 1] - clear.day[start - 1] <= YEAR_DAYS:
        start -= 1
    size = n - start
    if size < limits.tree_dates:
        spell.unknown[i] = FEW
        return
    if clear.day[n - 1] - clear.day[start] < limits.tree_days:
        spell.unknown[i] = SHORT
        return
    if not _is_evergreen(clear, start, n, limits) or _has_flooding(phases, i):
        return
    rising = np.sort(clear.ndvi[start:n])
    low = rising[int(LOW_DECILE * (size - 1) + 0.5)]
    high = rising[int(HIGH_DECILE * (size - 1) + 0.5)]
    if low >= limits.tree_low and high - low <= limits.tree_range:
        sure = 0.6 + 0.4 * (1 - (high - low) / limits.tree_range)
        _write(spell, i, clear.day[start], clear.day[n - 1], sure)


@numba.njit(nogil=True)
def _is_evergreen(clear: Clear, start: int, n: int, limits: Limits) -> bool:
    n_low, n_dry, size = 0, 0, n - start
    for j in range(start, n):
        n_low += clear.ndvi[j] < limits.tree_low
        n_dry += not clear.lswi[j] >= limits.tree_lswi
    return bool(n_low <= LOW_DECILE * size and n_dry <= limits.tree_dry_share * size)


@numba.njit(nogil=True)
def _has_flooding(phases: Phases, i: int) -> bool:
    bits = 0
    for p in range(phases.n[i]):
        bits |= phases.kind[i, p]
    return bool(bits & FLOODED)


@numba.njit(nogil=True)
def judge_seasons(
    clear: Clear,
    n: int,
    calendar: Calendar,
    limits: Limits,
    phases: Phases,
    states: NDArray[np.uint8],
    i: int,
) -> int:
    """Write the state of each main season; return the longest gap in one that is over."""
    j, longest = 0, 0
    for s in range(len(calendar.season_first)):
        first, last = calendar.season_first[s], calendar.season_last[s]
        n_dates, gap, before = 0, 0, first
        highest, second = np.float32(-1), np.float32(-1)
        while j < n and clear.day[j] <= last:
            if clear.day[j] >= first:
                n_dates += 1
                gap = max(gap, clear.day[j] - before)
                before = clear.day[j]
                second = max(second, min(highest, clear.ndvi[j]))
                highest = max(highest, clear.ndvi[j])
            j += 1
        longest = max(longest, gap, min(last, calendar.day[-1]) - before)
        gap = max(gap, last - before)
        if _has_crop(phases, i, first, last):
            states[i, s] = CROPPED
        elif last - calendar.day[-1] > limits.idle_gap_days:
            states[i, s] = NOT_OVER
        elif n_dates < limits.idle_dates or gap > limits.idle_gap_days:
            states[i, s] = NOT_KNOWN
        else:
            # One date may stand out; the second highest tells what grows.
            states[i, s] = (
                BARE_SEASON
                if second < limits.weed_low
                else IDLE
                if second <= limits.weed_high
                else DENSE
            )
    return longest


@numba.njit(nogil=True)
def _has_crop(phases: Phases, i: int, first: int, last: int) -> bool:
    for p in range(phases.n[i]):
        if phases.kind[i, p] & (FLOODED | HARVESTED) and first <= phases.peak[i, p] <= last:
            return True
    return False
