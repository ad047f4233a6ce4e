"""Rules of the price panel: what a price is per kg, and how far matched prices have moved."""

import calendar
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from statistics import median
from typing import TypeVar

import numpy as np

K = TypeVar("K")
PLACES = Decimal("0.0001")
"""Of an index, a share and a price per kg as they are shown."""
XUN_DAYS = 10
DRAWS_AT_ONCE = 2**20
"""Numbers that one turn of the bootstrap holds."""


def yuan_per_kg(price_yuan: Decimal, kg: Decimal) -> Fraction:
    """Return a price per kg, exactly.

    Parameters
    ----------
    price_yuan : Decimal
        What was asked, in yuan; more than 0.
    kg : Decimal
        For how much, in kg: the pack, 1, or 1000.

    Returns
    -------
    Fraction
        Yuan per kg; a third of a yuan stays a third.

    Raises
    ------
    ValueError
        Where the price or the mass is not above 0.
    """
    if price_yuan <= 0 or kg <= 0:
        raise ValueError("a price and a pack are more than nothing")
    return Fraction(price_yuan) / Fraction(kg)


def shown(value: Fraction) -> Decimal:
    """Return a fraction as it is shown.

    Parameters
    ----------
    value : Fraction
        Any number.

    Returns
    -------
    Decimal
        Rounded half to even at four places.
    """
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(PLACES, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Window:
    """Days from one to another, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Tell whether a day lies in the window."""
        return self.first <= day <= self.last


def window_until(day: date, days: int) -> Window:
    """Return the days that end on a day.

    Parameters
    ----------
    day : date
        The last day.
    days : int
        How many, at least 1.

    Returns
    -------
    Window
        That many days.
    """
    return Window(day - timedelta(days=days - 1), day)


def xun(day: date) -> Window:
    """Return the 旬 (third of a month) that holds a day.

    Parameters
    ----------
    day : date
        Any day.

    Returns
    -------
    Window
        The 1st to the 10th, the 11th to the 20th, or the 21st to the end of the month.
    """
    first = min((day.day - 1) // XUN_DAYS, 2) * XUN_DAYS + 1
    last = first + XUN_DAYS - 1
    if first > 2 * XUN_DAYS:
        last = calendar.monthrange(day.year, day.month)[1]
    return Window(day.replace(day=first), day.replace(day=last))


def same_xun_last_year(day: date) -> Window:
    """Return the 旬 of last year that answers to the one of a day.

    Parameters
    ----------
    day : date
        Any day; 29 February answers to the last 旬 of February.

    Returns
    -------
    Window
        Ten days, or the rest of the month.
    """
    length = calendar.monthrange(day.year - 1, day.month)[1]
    return xun(date(day.year - 1, day.month, min(day.day, length)))


def relatives(now: Mapping[K, Fraction], then: Mapping[K, Fraction]) -> dict[K, Fraction]:
    """Return how each price that was seen both times has moved.

    Parameters
    ----------
    now, then : mapping of key to Fraction
        Yuan per kg; the key tells outlet, product, brand, pack and kind of price apart. What is
        in one of them only is left out: a changed assortment moves nothing.

    Returns
    -------
    dict of key to Fraction
        The price now over the price then.
    """
    return {key: value / then[key] for key, value in now.items() if key in then}


def middle(values: Iterable[Fraction]) -> Fraction:
    """Return the median, exactly.

    Parameters
    ----------
    values : iterable of Fraction
        At least one.

    Returns
    -------
    Fraction
        The one in the middle, or the mean of the two.
    """
    return Fraction(median(values))


def band(values: Sequence[Fraction], *, draws: int, share: Decimal) -> tuple[Decimal, Decimal]:
    """Return the bootstrap band of a median.

    Parameters
    ----------
    values : sequence of Fraction
        The relatives, at least one; their order does not matter.
    draws : int
        How many samples with replacement are drawn.
    share : Decimal
        The part of the drawn medians that the band holds, as 0.95.

    Returns
    -------
    tuple of Decimal
        Lower and upper end, four places.

    Notes
    -----
    The generator's seed is the digest of the values: the same prices give the same band on any
    machine and in any year.

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap, ch. 13 (percentiles).
    """
    ordered = sorted(values)
    told = ";".join(f"{each.numerator}/{each.denominator}" for each in ordered)
    seed = int.from_bytes(hashlib.sha256(told.encode()).digest()[:16])
    generator = np.random.Generator(np.random.PCG64(seed))
    held, n = np.array([float(each) for each in ordered]), len(ordered)
    turn = max(1, DRAWS_AT_ONCE // n)
    drawn = [
        np.median(held[generator.integers(0, n, (min(turn, draws - start), n))], axis=1)
        for start in range(0, draws, turn)
    ]
    tail = (1 - float(share)) / 2
    low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail])
    return Decimal(repr(float(low))).quantize(PLACES), Decimal(repr(float(high))).quantize(PLACES)


@dataclass(frozen=True)
class IndexRule:
    """When an index may be told, and how.

    Attributes
    ----------
    min_pairs, min_outlets : int
        Fewer matched pairs or outlets tell nothing (样本不足).
    draws : int
        Samples of the bootstrap.
    band_share : Decimal
        Part of the drawn medians in the band.
    level_share, about_level_share : Decimal
        Changes up to the first are 持平, up to the second 相对持平.
    """

    min_pairs: int
    min_outlets: int
    draws: int
    band_share: Decimal
    level_share: Decimal
    about_level_share: Decimal


@dataclass(frozen=True)
class MatchedIndex:
    """The median of matched relatives; the figures are None where there are too few."""

    n_pairs: int
    n_outlets: int
    index: Decimal | None
    low: Decimal | None
    high: Decimal | None
    wording: str

    @property
    def change_share(self) -> Decimal | None:
        """How far prices have moved, as a share."""
        return None if self.index is None else self.index - 1


def matched_index(moved: Sequence[Fraction], n_outlets: int, rule: IndexRule) -> MatchedIndex:
    """Return the matched-pair median index of some relatives.

    Parameters
    ----------
    moved : sequence of Fraction
        One relative for each pair.
    n_outlets : int
        Outlets that the pairs come from.
    rule : IndexRule
        The least sample, and the words.

    Returns
    -------
    MatchedIndex
        With 样本不足 and no figure where the sample is too small.

    References
    ----------
    ILO et al. (2004). Consumer Price Index Manual, ch. 7 (matched models).
    """
    n = len(moved)
    if n < rule.min_pairs or n_outlets < rule.min_outlets:
        return MatchedIndex(n, n_outlets, None, None, None, "样本不足")
    index = shown(middle(moved))
    low, high = band(moved, draws=rule.draws, share=rule.band_share)
    return MatchedIndex(n, n_outlets, index, low, high, wording(index - 1, rule))


def wording(change: Decimal, rule: IndexRule) -> str:
    """Say how prices have moved.

    Parameters
    ----------
    change : Decimal
        The change as a share, as it is shown: what is printed and what is said must agree.
    rule : IndexRule
        The limits.

    Returns
    -------
    str
        持平, 相对持平, or 上涨 or 下降 with the percentage.
    """
    if abs(change) <= rule.level_share:
        return "持平"
    if abs(change) <= rule.about_level_share:
        return "相对持平"
    percentage = f"{abs(change) * 100:.2f}".rstrip("0").rstrip(".")
    return f"{'上涨' if change > 0 else '下降'} {percentage}%"
