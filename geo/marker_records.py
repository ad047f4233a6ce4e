"""Layouts of what the compiled pass reads and writes.

Records, not tuples of arrays: a compiled function counts references to each array of a tuple each
time that it reads one, which took nine tenths of the time.
"""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.marker_rules import Calendar, MarkerLimits

NEVER = -1
"""Of a day that there is none of."""

DATE = np.dtype(
    [("day", np.int32), ("work", np.int8), ("pond", np.int8)],
    align=True,
)
"""A date of the series: days since the first, `Work`, number of its pond window."""

OBSERVATION = np.dtype(
    [
        ("day", np.int32),
        ("ndvi", np.float32),
        ("evi", np.float32),
        ("lswi", np.float32),
        ("bsi", np.float32),
        ("work", np.int8),
        ("pond", np.int8),
        ("is_wet", np.bool_),
    ],
    align=True,
)
"""A clear observation. EVI is NDVI where missing; LSWI and BSI may be NaN."""

PHASE = np.dtype(
    [
        ("flooded", np.int16),
        ("transplanted", np.int16),
        ("green_up", np.int16),
        ("peak", np.int16),
        ("harvest", np.int16),
        ("kind", np.uint8),
        ("flood_confidence", np.float32),
        ("green_up_confidence", np.float32),
        ("harvest_confidence", np.float32),
    ],
    align=True,
)
"""A green phase: days, bits of `PhaseBit`, confidences."""

SPELL = np.dtype(
    [
        ("first", np.int16),
        ("last", np.int16),
        ("confidence", np.float32),
        ("before", np.int16),
        ("unknown", np.uint8),
    ],
    align=True,
)
"""A lasting state: first and last day, confidence, last day of something else, `Unknown`."""
BARE, BUILT, POND, TREES, IDLE = range(5)
N_SPELLS = 5

PARCEL = np.dtype(
    [
        ("n_phases", np.int16),
        ("n_clear", np.int16),
        ("gap_days", np.int16),
        ("n_idle", np.int8),
        ("unknown", np.uint8),
        ("unknown_flooding", np.uint8),
        ("unknown_green_up", np.uint8),
        ("unknown_harvest", np.uint8),
    ],
    align=True,
)
"""A parcel as a whole."""

WINDOWS = ("main_seasons", "field_work", "pond_windows")
GROWING = (
    "gap_days",
    "confirm_days",
    "season_days",
    "harvest_days",
    "harvest_max_days",
    "idle_gap_days",
)
"""Limits that grow by the length of a composite: a day within it is not known."""
NUMBERS = [field for field in fields(MarkerLimits) if field.name not in WINDOWS]
LIMITS = np.dtype(
    [
        *((field.name, np.int32 if field.type is int else np.float32) for field in NUMBERS),
        ("is_composite", np.bool_),
    ],
    align=True,
)


def numbers(limits: MarkerLimits, composite_days: int) -> Any:
    """Return limits as machine numbers.

    Parameters
    ----------
    limits : MarkerLimits
        As configured.
    composite_days : int
        Days that one date stands for, 0 for single images.

    Returns
    -------
    record of LIMITS
        Floats as precise as the values, so that a value equal to a limit is equal; days grown by
        the composite.
    """
    result = np.zeros(1, dtype=LIMITS)
    for field in NUMBERS:
        grown = composite_days if field.name in GROWING else 0
        result[field.name] = getattr(limits, field.name) + grown
    if composite_days:
        result["rise"] = limits.trough_rise
        result["is_composite"] = True
    return result[0]


def dates_of(calendar: Calendar) -> NDArray[Any]:
    """Return the dates of a series as records.

    Parameters
    ----------
    calendar : Calendar
        See `geo.marker_rules.calendar_of`.

    Returns
    -------
    array of DATE, shape (t,)
        In order.
    """
    result = np.zeros(len(calendar.day), dtype=DATE)
    result["day"], result["work"], result["pond"] = calendar.day, calendar.work, calendar.pond
    return result
