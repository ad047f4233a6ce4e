"""Rules that find a price which stands out: among its peers, or from its own season and trend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np

from inspections.prices import middle

NORMAL_CONSISTENCY = 0.6745
"""Makes the median absolute deviation of a normal sample its standard deviation."""
MONTHS = 12
MIN_SAME_MONTHS = 2
"""Earlier years in which the calendar month was seen; with fewer its season is not known."""


class Against(StrEnum):
    """What a price was compared with."""

    SEASON = "season"
    PEERS = "peers"


@dataclass(frozen=True)
class SpikeRule:
    """When a price stands out.

    Attributes
    ----------
    min_peers : int
        Fewer prices of the product tell nothing about one of them.
    peer_z, season_z : float
        Deviations from which a price is marked.
    least_share : Decimal
        Distance from the peers' median, as a share, below which peers that nearly agree mark
        nothing.
    median_share : Decimal
        The distance above which it is marked whatever the spread.
    min_years : int
        Years that a product's history must span before its season is used.
    min_months_share : Decimal
        Part of the months of that span that must have a price.
    """

    min_peers: int
    peer_z: float
    season_z: float
    least_share: Decimal
    median_share: Decimal
    min_years: int
    min_months_share: Decimal


@dataclass(frozen=True)
class Deviation:
    """How far a price stands from what was to be expected.

    Attributes
    ----------
    against : Against
        What was used.
    z : float or None
        Deviation in spreads of what was used; None where that has no spread.
    from_median : Fraction or None
        Share above (or below) the peers' median; None with too few peers.
    is_marked : bool
        Whether it stands out.
    """

    against: Against
    z: float | None
    from_median: Fraction | None
    is_marked: bool


def robust_z(value: Fraction, peers: Sequence[Fraction]) -> float | None:
    """Return how many spreads a price lies from the median of its peers.

    Parameters
    ----------
    value : Fraction
        Yuan per kg.
    peers : sequence of Fraction
        Current prices of the same product, itself included; at least one.

    Returns
    -------
    float or None
        The modified z; None where more than half of the peers agree, so that there is no spread.

    References
    ----------
    Iglewicz, B. and Hoaglin, D. (1993). How to Detect and Handle Outliers (marks from 3.5).
    """
    centre = middle(peers)
    spread = middle(abs(each - centre) for each in peers)
    return None if spread == 0 else NORMAL_CONSISTENCY * float((value - centre) / spread)


def knows_its_season(months: Mapping[int, float], month: int, rule: SpikeRule) -> bool:
    """Tell whether a product's history is long and full enough to know its season.

    Parameters
    ----------
    months : mapping of int to float
        Months counted from year 0 (12 x year + month - 1), before `month`, to yuan per kg.
    month : int
        The month that is asked about.
    rule : SpikeRule
        The least span and fullness.

    Returns
    -------
    bool
        True where the span and the part of its months suffice, and the calendar month was seen
        in at least two earlier years.
    """
    if not months:
        return False
    span = month - min(months)
    n_same = sum(each % MONTHS == month % MONTHS for each in months)
    is_full = len(months) >= float(rule.min_months_share) * span
    return span >= MONTHS * rule.min_years and is_full and n_same >= MIN_SAME_MONTHS


def seasonal_z(value: float, months: Mapping[int, float], month: int) -> float | None:
    """Return how many spreads a price lies from its product's trend and season.

    Parameters
    ----------
    value : float
        Yuan per kg.
    months : mapping of int to float
        Earlier months, counted from year 0, to yuan per kg.
    month : int
        The month of the price.

    Returns
    -------
    float or None
        Residual over the standard deviation of the fit's residuals; None where the past fits
        without any.

    References
    ----------
    WFP (2014). Calculation and Use of the Alert for Price Spikes (ALPS) Indicator: a linear trend
    with monthly dummies by least squares; above 2 spreads is a crisis.
    """
    known = np.array(sorted(months))
    prices = np.array([months[each] for each in known])

    def terms(at: np.ndarray) -> np.ndarray:
        seasons = (at[:, None] % MONTHS == np.arange(MONTHS)).astype(float)
        return np.column_stack([(at - month) / MONTHS, seasons])

    fit, *_ = np.linalg.lstsq(terms(known), prices, rcond=None)
    residuals = prices - terms(known) @ fit
    spread = float(np.sqrt(np.sum(residuals**2) / max(1, len(known) - MONTHS - 1)))
    expected = float((terms(np.array([month])) @ fit)[0])
    is_exact = spread <= 1e-9 * float(np.max(np.abs(prices)))
    return None if is_exact else (value - expected) / spread


def deviation(
    value: Fraction,
    peers: Sequence[Fraction],
    history: tuple[Mapping[int, float], int],
    rule: SpikeRule,
) -> Deviation:
    """Judge one current price.

    Parameters
    ----------
    value : Fraction
        Yuan per kg.
    peers : sequence of Fraction
        Current prices of the same product and kind, itself included.
    history : tuple of mapping and int
        Earlier months of the product to yuan per kg, and the present month, counted from year 0.
    rule : SpikeRule
        The limits.

    Returns
    -------
    Deviation
        Against the season where it is known, else against the peers.
    """
    has_peers = len(peers) >= rule.min_peers
    from_median = value / middle(peers) - 1 if has_peers else None
    away = abs(from_median or Fraction(0))
    if knows_its_season(*history, rule):
        z, limit, against = seasonal_z(float(value), *history), rule.season_z, Against.SEASON
    else:
        z = robust_z(value, peers) if has_peers else None
        limit, against = rule.peer_z, Against.PEERS
    is_near = against is Against.PEERS and away < Fraction(rule.least_share)
    is_spike = z is not None and abs(z) > limit and not is_near
    return Deviation(against, z, from_median, is_spike or away > Fraction(rule.median_share))
