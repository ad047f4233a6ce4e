"""Compiled: what a parcel is for long: bare, built, pond, trees."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo.marker_cycles import FLOODED, NONE
from geo.marker_records import BARE, BUILT, NEVER
from geo.marker_rules import OUTSIDE, Work
from geo.marker_words import Unknown

Records = NDArray[Any]

GROWING, FALLOW = int(Work.GROWING), int(Work.FALLOW)
YEAR_DAYS = 365
KNOWN, FEW, SHORT = int(Unknown.KNOWN), int(Unknown.FEW_DATES), int(Unknown.SHORT_SERIES)
LOW_DECILE, HIGH_DECILE = 0.1, 0.9


@numba.njit(nogil=True)
def write(spell: Any, first: int, last: int, confidence: float, unknown: int) -> None:
    """Write a spell; nothing is known of what was before it."""
    spell.first, spell.last = first, last
    spell.confidence = min(max(confidence, 0.0), 1.0)
    spell.unknown = unknown
    spell.before = NEVER


@numba.njit(nogil=True)
def find_bare(seen: Records, n: int, limits: Any, spells: Records) -> None:
    """Write the newest bare spell of the growing weeks, and the newest that is of a built place.

    Plants and water end a spell. Days of fallow begin and end none: after the late harvest a
    field may lie bare until spring.
    """
    write(spells[BARE], NEVER, NEVER, 0.0, KNOWN)
    write(spells[BUILT], NEVER, NEVER, 0.0, KNOWN)
    run, n_growing, green, before = NONE, 0, NEVER, NEVER
    for j in range(n):
        here = seen[j]
        n_growing += here.work == GROWING
        if here.ndvi >= limits.bare_ndvi or here.is_wet:
            if run != NONE:
                _keep_bare(seen, run, j, before, limits, spells)
            run = NONE
        elif run == NONE and here.bsi > limits.bare_bsi:
            run, before = j, green
        green = here.day if here.ndvi >= limits.bare_ndvi else green
    if run != NONE:
        _keep_bare(seen, run, n, before, limits, spells)
    spells[BARE].unknown = FEW if n_growing < limits.bare_dates else KNOWN
    spells[BUILT].unknown = FEW if n_growing < limits.built_dates else KNOWN


@numba.njit(nogil=True)
def _keep_bare(
    seen: Records, start: int, stop: int, before: int, limits: Any, spells: Records
) -> None:
    """Measure a spell and keep it if it is long enough: what stood before it is over."""
    first, last, first_growing, last_growing = NEVER, NEVER, NEVER, NEVER
    n_dates, n_growing = 0, 0
    lowest, highest = np.float32(np.inf), np.float32(-np.inf)
    for j in range(start, stop):
        here = seen[j]
        if here.work == FALLOW or not here.bsi > limits.bare_bsi:
            continue
        n_dates += 1
        last = here.day
        first = last if first == NEVER else first
        lowest, highest = min(lowest, here.bsi), max(highest, here.bsi)
        if here.work == GROWING:
            n_growing += 1
            last_growing = last
            first_growing = last if first_growing == NEVER else first_growing
    if n_growing < limits.bare_dates or last_growing - first_growing < limits.bare_days:
        return
    span = last - first
    write(spells[BARE], first, last, 0.5 + 0.5 * span / limits.built_days, KNOWN)
    spells[BARE].before = before
    is_steady = highest - lowest <= limits.built_bsi_range
    if span >= limits.built_days and n_dates >= limits.built_dates and is_steady:
        # Twice the shortest time is as sure as one sensor can be: a cleared site looks alike.
        write(spells[BUILT], first, last, 0.4 + 0.25 * span / limits.built_days, KNOWN)
        spells[BUILT].before = before


@numba.njit(nogil=True)
def find_pond(seen: Records, n: int, limits: Any, spell: Any) -> None:
    """Write open water without a canopy phase: the newest pond window that can be told decides."""
    write(spell, NEVER, NEVER, 0.0, FEW)
    begin = 0
    while begin < n:
        window = seen[begin].pond
        end = begin + 1
        while end < n and seen[end].pond == window:
            end += 1
        if window != OUTSIDE:
            _judge_pond(seen, begin, end, limits, spell)
        begin = end


@numba.njit(nogil=True)
def _judge_pond(seen: Records, begin: int, end: int, limits: Any, spell: Any) -> None:
    first, last, n_wet, highest = NEVER, NEVER, 0, np.float32(-1)
    for j in range(begin, end):
        here = seen[j]
        highest = max(highest, here.ndvi)
        if here.lswi >= here.ndvi:
            n_wet += 1
            last = here.day
            first = last if first == NEVER else first
    is_dense = highest >= limits.pond_ndvi
    is_long = seen[end - 1].day - seen[begin].day >= limits.pond_days
    if not is_dense and (end - begin < limits.pond_dates or not is_long):
        return  # neither pond nor land: an earlier window stands
    share = n_wet / (end - begin)
    if is_dense or share < limits.pond_share:
        write(spell, NEVER, NEVER, 0.0, KNOWN)
        return
    pair = _last_pair(seen, begin, limits.pond_ndvi, False)
    before = seen[pair - 1].day if pair > 0 else NEVER
    if spell.first != NEVER:
        first, before = spell.first, spell.before
    depth = (limits.pond_ndvi - highest) / limits.pond_ndvi
    write(spell, first, last, 0.4 * share + 0.4 + 0.2 * float(depth), KNOWN)
    spell.before = before


@numba.njit(nogil=True)
def _last_pair(seen: Records, n: int, bound: np.float32, is_below: bool) -> int:
    """Return how many observations end with the last two in a row on one side of an NDVI; 0 none.

    Two, not one, contradict a use: one may be haze.
    """
    for j in range(n - 1, 0, -1):
        if (seen[j].ndvi < bound) == is_below and (seen[j - 1].ndvi < bound) == is_below:
            return j + 1
    return 0


@numba.njit(nogil=True)
def find_trees(
    seen: Records, n: int, limits: Any, phases: Records, parcel: Any, spell: Any
) -> None:
    """Write permanent tree cover: green all year, moist leaves, no flooding."""
    write(spell, NEVER, NEVER, 0.0, KNOWN)
    start = 0
    while start < n and seen[n - 1].day - seen[start].day > YEAR_DAYS:
        start += 1
    size = n - start
    if size < limits.tree_dates or n == 0:
        spell.unknown = FEW
    elif seen[n - 1].day - seen[start].day < limits.tree_days:
        spell.unknown = SHORT
    elif _is_evergreen(seen, start, n, limits) and not _has_flooding(
        phases, parcel, seen[start].day
    ):
        rising = _rising(seen, start, n)
        low = rising[int(LOW_DECILE * (size - 1) + 0.5)]
        wide = rising[int(HIGH_DECILE * (size - 1) + 0.5)] - low
        if low >= limits.tree_low and wide <= limits.tree_range:
            sure = 1 - 0.4 * float(wide / limits.tree_range)
            # The last 12 months tell that these are trees, all years since when.
            while start + 1 < n and seen[n - 1].day - seen[start + 1].day >= limits.tree_days:
                start += 1
            first = _last_pair(seen, start, limits.canopy_ndvi, True)
            write(spell, seen[first].day, seen[n - 1].day, sure, KNOWN)
            if first > 0:
                spell.before = seen[first - 1].day


@numba.njit(nogil=True)
def _is_evergreen(seen: Records, start: int, n: int, limits: Any) -> bool:
    left_low, left_dry = LOW_DECILE * (n - start), limits.tree_dry_share * (n - start)
    for j in range(start, n):
        left_low -= seen[j].ndvi < limits.tree_low
        left_dry -= not seen[j].lswi >= limits.tree_lswi
        if left_low < 0 or left_dry < 0:
            return False
    return True


@numba.njit(nogil=True)
def _rising(seen: Records, start: int, n: int) -> NDArray[np.float32]:
    """Sort NDVI by insertion: of a few dozen values the quickest way."""
    rising = np.empty(n - start, np.float32)
    for j in range(start, n):
        value, at = seen[j].ndvi, j - start
        while at > 0 and rising[at - 1] > value:
            rising[at] = rising[at - 1]
            at -= 1
        rising[at] = value
    return rising


@numba.njit(nogil=True)
def _has_flooding(phases: Records, parcel: Any, since: int) -> bool:
    """Tell of the crops that stood since a day: what was paddy before may be planted with trees."""
    bits = 0
    for p in range(parcel.n_phases):
        if phases[p].peak >= since:
            bits |= phases[p].kind
    return bool(bits & FLOODED)
