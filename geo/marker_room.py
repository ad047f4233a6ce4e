"""Room for what the pass over a cube writes, and its limits as machine numbers."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from geo.marker_cycles import NONE, Phases
from geo.marker_kernel import Found
from geo.marker_reading import Limits
from geo.marker_rules import MarkerLimits
from geo.marker_states import Spell
from geo.marker_words import SeasonState

GROWING = (
    "gap_days",
    "confirm_days",
    "season_days",
    "harvest_days",
    "harvest_max_days",
    "idle_gap_days",
)
"""Limits that grow by the length of a composite: a day within it is not known."""


def numbers(limits: MarkerLimits, composite_days: int) -> Limits:
    """Return limits as machine numbers.

    Parameters
    ----------
    limits : MarkerLimits
        As configured.
    composite_days : int
        Days that one date stands for, 0 for single images.

    Returns
    -------
    Limits
        Floats as float32, so that a value equal to a limit is equal; days grown by the composite.
    """
    made: dict[str, np.float32 | np.int32 | np.bool_] = {}
    for field in fields(limits):
        value = getattr(limits, field.name)
        if field.name not in Limits._fields:
            continue
        if field.type is int:
            made[field.name] = np.int32(value + composite_days * (field.name in GROWING))
        else:
            made[field.name] = np.float32(value)
    if composite_days:
        made["rise"] = np.float32(limits.trough_rise)
    return Limits(**made, is_composite=np.bool_(composite_days > 0))  # type: ignore[arg-type]


def room(n: int, n_phases: int, n_seasons: int) -> Found:
    """Return room for the markers of n parcels, nothing found yet.

    Parameters
    ----------
    n, n_phases, n_seasons : int
        Parcels, phases of each, main seasons.

    Returns
    -------
    Found
        Days are `NONE`, confidences 0, what is unknown is known.
    """
    return Found(
        phases=_phases(n, n_phases),
        bare=_spell(n),
        built=_spell(n),
        pond=_spell(n),
        trees=_spell(n),
        seasons=np.full((n, n_seasons), SeasonState.UNKNOWN, dtype=np.uint8),
        n_clear=np.zeros(n, dtype=np.int16),
        gap_days=np.zeros(n, dtype=np.int16),
        unknown=np.zeros(n, dtype=np.uint8),
    )


def _phases(n: int, n_phases: int) -> Phases:
    shape = (n, n_phases)
    return Phases(
        flooded=_days(*shape),
        transplanted=_days(*shape),
        green_up=_days(*shape),
        peak=_days(*shape),
        harvest=_days(*shape),
        kind=np.zeros(shape, dtype=np.uint8),
        flood_confidence=np.zeros(shape, dtype=np.float32),
        green_up_confidence=np.zeros(shape, dtype=np.float32),
        harvest_confidence=np.zeros(shape, dtype=np.float32),
        n=np.zeros(n, dtype=np.int16),
    )


def _days(*shape: int) -> NDArray[np.int16]:
    return np.full(shape, NONE, dtype=np.int16)


def _spell(n: int) -> Spell:
    return Spell(_days(n), _days(n), np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.uint8))
