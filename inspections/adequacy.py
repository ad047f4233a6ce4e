"""Whether farm inputs last: demand by week from the plan, stock within reach, the first shortfall.

Masses are whole grams in int64, so that the same rows give the same weeks on any machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Grams = NDArray[np.int64]
WEEK_DAYS = 7
NEVER = -1
"""In place of a week: no shortfall within the weeks looked at."""


@dataclass(frozen=True)
class Need:
    """What one town will want of one commodity, and when.

    Attributes
    ----------
    town, commodity : int
        Places in the arrays.
    grams : int
        Wanted in all, from `first_day` to `last_day`.
    first_day, last_day : date
        The days over which it is wanted evenly; both count.
    """

    town: int
    commodity: int
    grams: int
    first_day: date
    last_day: date


def demand_by_week(
    needs: Sequence[Need], as_of: date, shape: tuple[int, int], n_weeks: int
) -> Grams:
    """Return what is wanted from each week on, the day asked about being the first day.

    Parameters
    ----------
    needs : sequence of Need
        What is wanted, evenly over its days. Days before `as_of` are past and add nothing.
    as_of : date
        First day of the first week.
    shape : tuple of int
        Number of towns and of commodities.
    n_weeks : int
        Number of weeks.

    Returns
    -------
    ndarray of int64, shape (n_towns, n_commodities, n_weeks)
        Grams wanted in each week.
    """
    demand = np.zeros((*shape, n_weeks), np.int64)
    edges = np.arange(n_weeks + 1, dtype=np.int64) * WEEK_DAYS
    for need in needs:
        n_days = (need.last_day - need.first_day).days + 1
        starts = (need.first_day - as_of).days
        covered = np.clip(edges - starts, 0, n_days)
        demand[need.town, need.commodity] += np.diff(need.grams * covered // n_days)
    return demand


@dataclass(frozen=True)
class Outlook:
    """How far the stock goes.

    Attributes
    ----------
    available : ndarray of int64, shape (n_towns, n_commodities)
        Grams: a town's own stock and what it takes from towns within reach.
    first_short_week : ndarray of int64, shape (n_towns, n_commodities)
        Week in which demand first exceeds what is available; `NEVER` where it does not.
    """

    available: Grams
    first_short_week: NDArray[np.int64]


def outlook(demand: Grams, stock: Grams, reach: Mapping[int, Sequence[int]]) -> Outlook:
    """Return in which week each town first lacks each commodity.

    Parameters
    ----------
    demand : ndarray of int64, shape (n_towns, n_commodities, n_weeks)
        Grams wanted in each week.
    stock : ndarray of int64, shape (n_towns, n_commodities)
        Grams that are believed to be there.
    reach : mapping of int to sequence of int
        Town -> towns whose outlets its farmers also buy at, the nearest first.

    Returns
    -------
    Outlook
        What is available, and the first week of shortfall.

    Notes
    -----
    A town lives on its own stock first. What it will not want within all weeks looked at is
    offered to the towns that reach it; they take in the order of their codes, each from the
    nearest first. So one town's shortage never causes another's.
    """
    wanted = demand.sum(axis=2)
    spare = np.maximum(stock - wanted, 0)
    lack = np.maximum(wanted - stock, 0)
    available = stock.copy()
    for town in range(len(stock)):
        for other in reach.get(town, ()):
            taken = np.minimum(lack[town], spare[other])
            spare[other] -= taken
            lack[town] -= taken
            available[town] += taken
    short = demand.cumsum(axis=2) > available[:, :, None]
    first = np.where(short.any(axis=2), short.argmax(axis=2), NEVER)
    return Outlook(available, first)


class Alert(StrEnum):
    """How urgent a shortfall is."""

    NO_DEMAND = "no_demand"
    ENOUGH = "enough"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


def alert(available: int, wanted: int, red_below: float, orange_below: float) -> Alert:
    """Return how urgent it is that a commodity does not suffice.

    Parameters
    ----------
    available, wanted : int
        Grams.
    red_below, orange_below : float
        Shares of cover below which it is red, and orange.

    Returns
    -------
    Alert
        By the share of what is wanted that is available.
    """
    if not wanted:
        return Alert.NO_DEMAND
    if available >= wanted:
        return Alert.ENOUGH
    cover = available / wanted
    if cover < red_below:
        return Alert.RED
    return Alert.ORANGE if cover < orange_below else Alert.YELLOW
