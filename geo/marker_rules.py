"""What the markers compare with: limits, and the parts of the year that a crop calendar tells."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Bytes = NDArray[np.int8]
MonthDay = tuple[int, int]
Window = tuple[MonthDay, MonthDay]

OUTSIDE = -1
"""Index of a date that lies in no window."""


class Work(IntEnum):
    """What a day of the year means for bare soil."""

    FALLOW = 0
    GROWING = 1
    FIELD_WORK = 2


@dataclass(frozen=True)
class MarkerLimits:
    """What a marker compares with; each number's source stands in `config/thresholds.toml`.

    Attributes
    ----------
    min_clear_dates : int
        With fewer clear dates nothing is said of a parcel.
    gap_days : int
        Days. A flooding may hide in a longer gap between clear dates.
    spike_depth, spike_days : float, int
        An NDVI that falls so deep and rises so high again between neighbours at most so many
        days apart is haze or shadow, not the land.
    flood_margin : float
        Flooded where LSWI + margin >= EVI or NDVI.
    half_max_share, confirm_days, season_days : float, int, int
        A flooding is confirmed where EVI reaches this share of its maximum of the `season_days`
        after it within `confirm_days`.
    canopy_ndvi : float
        NDVI that a crop reaches at its height.
    rise : float
        NDVI from the trough that begins a green phase.
    trough_depth, trough_rise : float
        Of composites: fall before and rise after a trough of NDVI.
    harvest_drop, harvest_days, harvest_max_days : float, int, int
        NDVI falls by so much in so many days; up to the maximum, with less confidence.
    bare_bsi, bare_ndvi, bare_dates, bare_days : float, float, int, int
        Bare where BSI is above and NDVI below, on so many dates of the growing weeks, the first
        and the last so many days apart.
    built_days, built_dates, built_bsi_range : int, int, float
        Built where bare for so long, on so many dates, with BSI varying by no more.
    pond_share, pond_ndvi, pond_dates, pond_days : float, float, int, int
        Pond where LSWI >= NDVI on this share of a window's clear dates, NDVI always below; at
        least so many clear dates, over so many days.
    tree_low, tree_range, tree_lswi, tree_dry_share, tree_dates, tree_days
        Trees where P10(NDVI) is at least `tree_low`, P90 - P10 at most `tree_range`, LSWI below
        `tree_lswi` on no more than the share; of so many dates over so many days.
    idle_dates, idle_gap_days : int, int
        A main season is known where it has so many clear dates and no longer gap.
    weed_low, weed_high : float
        Highest NDVI of a season that weeds make.
    main_seasons, field_work, pond_windows : tuple of windows
        From and to (month, day), both included, none over the turn of the year.
    """

    min_clear_dates: int
    gap_days: int
    spike_depth: float
    spike_days: int
    flood_margin: float
    half_max_share: float
    confirm_days: int
    season_days: int
    canopy_ndvi: float
    rise: float
    trough_depth: float
    trough_rise: float
    harvest_drop: float
    harvest_days: int
    harvest_max_days: int
    bare_bsi: float
    bare_ndvi: float
    bare_dates: int
    bare_days: int
    built_days: int
    built_dates: int
    built_bsi_range: float
    pond_share: float
    pond_ndvi: float
    pond_dates: int
    pond_days: int
    tree_low: float
    tree_range: float
    tree_lswi: float
    tree_dry_share: float
    tree_dates: int
    tree_days: int
    idle_dates: int
    idle_gap_days: int
    weed_low: float
    weed_high: float
    main_seasons: tuple[Window, ...]
    field_work: tuple[Window, ...]
    pond_windows: tuple[Window, ...]


class Calendar(NamedTuple):
    """The dates of a series against the crop calendar.

    Attributes
    ----------
    day : int32 array, shape (t,)
        Days since the first date.
    season, pond : int8 array, shape (t,)
        Index of the main season and of the pond window, `OUTSIDE` where in none.
    work : int8 array, shape (t,)
        A `Work`.
    season_first, season_last : int32 array, shape (s,)
        First and last day of each main season that the series touches, as `day`.
    """

    day: NDArray[np.int32]
    season: Bytes
    pond: Bytes
    work: Bytes
    season_first: NDArray[np.int32]
    season_last: NDArray[np.int32]


def calendar_of(dates: Days, limits: MarkerLimits) -> Calendar:
    """Place the dates of a series in the crop calendar.

    Parameters
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising civil days.
    limits : MarkerLimits
        Whose windows count.

    Returns
    -------
    Calendar
        With every main season of every year that the dates meet.

    Raises
    ------
    ValueError
        Where the dates do not rise.
    """
    dates = np.asarray(dates, dtype="datetime64[D]")
    if (
        len(dates) == 0
        or bool(np.isnat(dates).any())
        or bool((np.diff(dates).astype(int) <= 0).any())
    ):
        raise ValueError("the dates of a series rise strictly, and there is at least one")
    season, spans = _placed(dates, limits.main_seasons)
    pond, _ = _placed(dates, limits.pond_windows)
    at_work, _ = _placed(dates, limits.field_work)
    work = np.where(season >= 0, Work.GROWING, Work.FALLOW)
    work = np.where(at_work >= 0, Work.FIELD_WORK, work).astype(np.int8)
    first, last = (spans[:, side] for side in (0, 1))
    day = (dates - dates[0]).astype(np.int32)
    return Calendar(day, season, pond, work, first, last)


def _placed(dates: Days, windows: tuple[Window, ...]) -> tuple[Bytes, NDArray[np.int32]]:
    """Return the number of each date's window, in order of time over all years, and the spans."""
    years = range(int(str(dates[0])[:4]), int(str(dates[-1])[:4]) + 1)
    spans = np.array(
        [
            [np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D") for month, day in window]
            for year in years
            for window in sorted(windows)
        ],
        dtype="datetime64[D]",
    ).reshape(-1, 2)
    spans = spans[(spans[:, 0] <= dates[-1]) & (spans[:, 1] >= dates[0])]
    placed = np.full(len(dates), OUTSIDE, dtype=np.int8)
    for n, (first, last) in enumerate(spans):
        placed[(dates >= first) & (dates <= last)] = n
    return placed, (spans - dates[0]).astype(np.int32)
