"""Ranges that know the season: from the same week of other years, else from peers, else fixed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from inspections.doubts.doubt import WhichRange
from inspections.doubts.limits import DoubtLimits

LOWEST, HIGHEST = Decimal("0.01"), Decimal("0.99")


@dataclass(frozen=True)
class Range:
    """What is to be expected.

    Attributes
    ----------
    low, high : Decimal
        Its ends, in the unit of the values.
    which : WhichRange
        What it was drawn from.
    n_values : int
        Of how many values; 0 for fixed limits.
    """

    low: Decimal
    high: Decimal
    which: WhichRange
    n_values: int

    def holds(self, value: Decimal) -> bool:
        """Tell whether a value is inside."""
        return self.low <= value <= self.high


def quantile(values: Iterable[Decimal], share: Decimal) -> Decimal:
    """Return a quantile, exactly.

    Parameters
    ----------
    values : iterable of Decimal
        At least one; any unit.
    share : Decimal
        From 0 to 1.

    Returns
    -------
    Decimal
        Between neighbours by linear interpolation.

    References
    ----------
    Hyndman, R. and Fan, Y. (1996). Sample Quantiles in Statistical Packages, definition 7.
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def is_same_week(day: int, other: int, limits: DoubtLimits) -> bool:
    """Tell whether two days of the solar year are in the same week, one more or less.

    Parameters
    ----------
    day, other : int
        Days since 立春 of their years.
    limits : DoubtLimits
        `term_days`.

    Returns
    -------
    bool
        True within that many days.
    """
    return abs(day - other) <= limits.term_days


def expected(
    history: Sequence[Decimal],
    peers: Sequence[Decimal],
    static: tuple[Decimal, Decimal],
    limits: DoubtLimits,
    *,
    margin: Decimal | None = None,
) -> Range:
    """Return what is to be expected by the best evidence that there is.

    Parameters
    ----------
    history : sequence of Decimal
        The subject's own values of the same week in other years, one week more or less.
    peers : sequence of Decimal
        Values of its peers of the same day.
    static : tuple of Decimal
        Fixed low and high.
    limits : DoubtLimits
        How many values give a range, and by which part it is widened.
    margin : Decimal, optional
        Widen by so much of the values' unit instead.

    Returns
    -------
    Range
        Of history (1st to 99th percentile, widened), else of peers, else the fixed one.
    """
    for values, least, which in (
        (history, limits.min_history, WhichRange.SEASON),
        (peers, limits.min_peers, WhichRange.PEERS),
    ):
        if len(values) >= least:
            low, high = quantile(values, LOWEST), quantile(values, HIGHEST)
            if margin is not None:
                return Range(low - margin, high + margin, which, len(values))
            wider = 1 + limits.margin_share
            return Range(low / wider, high * wider, which, len(values))
    return Range(*static, WhichRange.STATIC, 0)
