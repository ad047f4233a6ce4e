"""Rules of water behind dams: how much a mu can have, and whether that will do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Supply(StrEnum):
    """Whether the water will do."""

    AMPLE = "ample"
    TIGHT = "tight"
    SHORT = "short"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Need:
    """What a mu of early rice needs in one stage.

    Attributes
    ----------
    code, name : str
        The stage.
    starts, ends : tuple of int
        Month and day, both of the stage.
    need_m3_per_mu : Decimal
        Irrigation water, m³ per mu of 2000/3 m².
    """

    code: str
    name: str
    starts: tuple[int, int]
    ends: tuple[int, int]
    need_m3_per_mu: Decimal


def need_on(day: date, needs: Iterable[Need]) -> Need | None:
    """Return the stage that needs most of those that fields can be in on a day.

    Parameters
    ----------
    day : date
        The day.
    needs : iterable of Need
        Stages, which overlap: fields of one county are weeks apart.

    Returns
    -------
    Need or None
        None outside the season.
    """
    at = (day.month, day.day)
    running = [each for each in needs if each.starts <= at <= each.ends]
    return max(running, key=lambda each: each.need_m3_per_mu, default=None)


def available_m3(storage_m3: Decimal, dead_m3: Decimal) -> Decimal:
    """Return what can be drawn: what lies above the dead storage, m³, never below zero."""
    return max(Decimal(0), storage_m3 - dead_m3)


def per_mu(volume_m3: Decimal, irrigates_mu: Decimal) -> Decimal | None:
    """Return the water of a mu.

    Parameters
    ----------
    volume_m3 : Decimal
        What can be drawn, m³.
    irrigates_mu : Decimal
        Land that is watered from it, mu of 2000/3 m².

    Returns
    -------
    Decimal or None
        m³ per mu, one place; None where nothing is watered.
    """
    if not irrigates_mu:
        return None
    return (volume_m3 / irrigates_mu).quantize(Decimal("0.1"), ROUND_HALF_UP)


def supply(m3_per_mu: Decimal | None, need: Decimal | None, ample_share: Decimal) -> Supply:
    """Judge whether the water of a mu covers what a stage needs.

    Parameters
    ----------
    m3_per_mu, need : Decimal or None
        Water and need, m³ per mu; None where it cannot be told.
    ample_share : Decimal
        Share of the need from which there is enough and some to spare.

    Returns
    -------
    Supply
        UNKNOWN where either is not known.
    """
    if m3_per_mu is None or need is None:
        return Supply.UNKNOWN
    if m3_per_mu >= need * ample_share:
        return Supply.AMPLE
    return Supply.TIGHT if m3_per_mu >= need else Supply.SHORT
