"""Compiled: what each main season of a parcel was, and how many were idle in a row."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo.marker_cycles import FLOODED, HARVESTED
from geo.marker_records import NEVER
from geo.marker_states import write
from geo.marker_words import SeasonState, Unknown

Records = NDArray[Any]
Spans = NDArray[np.int32]

IDLE, BARE, CROPPED, DENSE, NOT_KNOWN, NOT_OVER = (int(each) for each in SeasonState)
KNOWN, GAP, SHORT = int(Unknown.KNOWN), int(Unknown.GAP), int(Unknown.SHORT_SERIES)
FULL_SEASONS = 2
"""Idle main seasons that make abandonment as sure as seasons can; domain part 5."""


@numba.njit(nogil=True)
def judge_seasons(
    seen: Records,
    n: int,
    spans: Spans,
    limits: Any,
    phases: Records,
    parcel: Any,
    states: NDArray[np.uint8],
) -> None:
    """Write the state of each main season and the longest gap in one.

    `spans` holds first and last day of each season, and at the end the first and last date.
    """
    j, longest, last_date = 0, 0, spans[-1, 1]
    for s in range(len(states)):
        first, last = spans[s, 0], spans[s, 1]
        n_dates, gap, before = 0, 0, first
        highest, second = np.float32(-1), np.float32(-1)
        while j < n and seen[j].day <= last:
            here = seen[j]
            j += 1
            if here.day >= first:
                n_dates += 1
                gap = max(gap, here.day - before)
                before = here.day
                second = max(second, min(highest, here.ndvi))
                highest = max(highest, here.ndvi)
        longest = max(longest, gap, min(last, last_date) - before)
        gap = max(gap, last - before)
        if _has_crop(phases, parcel, first, last):
            states[s] = CROPPED
        elif last - last_date > limits.idle_gap_days:
            states[s] = NOT_OVER
        elif n_dates < limits.idle_dates or gap > limits.idle_gap_days:
            states[s] = NOT_KNOWN
        else:
            states[s] = _green(second, limits)
    parcel.gap_days = longest


@numba.njit(nogil=True)
def _green(second: np.float32, limits: Any) -> int:
    """Judge by the second highest NDVI: one date may stand out."""
    if second < limits.weed_low:
        return BARE
    return IDLE if second <= limits.weed_high else DENSE


@numba.njit(nogil=True)
def _has_crop(phases: Records, parcel: Any, first: int, last: int) -> bool:
    is_crop = False
    for p in range(parcel.n_phases):
        one = phases[p]
        is_crop |= (one.kind & (FLOODED | HARVESTED)) > 0 and first <= one.peak <= last
    return is_crop


@numba.njit(nogil=True)
def count_idle(
    states: NDArray[np.uint8], spans: Spans, limits: Any, parcel: Any, spell: Any
) -> None:
    """Count idle main seasons backwards from the last that is over."""
    n_idle, first, last, unknown = 0, NEVER, NEVER, SHORT
    for s in range(len(states) - 1, -1, -1):
        if states[s] == NOT_OVER:
            continue
        if unknown == SHORT:
            unknown = GAP if states[s] == NOT_KNOWN else KNOWN
        if states[s] != IDLE:
            break
        n_idle += 1
        first = max(spans[s, 0], 0)
        last = max(last, min(spans[s, 1], spans[-1, 1]))
    parcel.n_idle = n_idle
    shown = 1 - parcel.gap_days / (2 * limits.idle_gap_days)
    sure = 0.5 * min(n_idle, FULL_SEASONS) / FULL_SEASONS + 0.5 * max(shown, 0.0)
    write(spell, first, last, sure if n_idle > 0 else 0.0, unknown)
