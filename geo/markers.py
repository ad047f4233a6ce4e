"""Markers: dated changes and lasting states that a parcel's series of indices shows."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.marker_records import (
    BARE,
    BUILT,
    IDLE,
    NEVER,
    POND,
    TREES,
    dates_of,
    numbers,
)
from geo.marker_rules import MarkerLimits, calendar_of
from geo.marker_words import PhaseBit
from geo.series import N_INDICES, Missing

if TYPE_CHECKING:
    from geo.marker_kernel import Found

Days = NDArray[np.datetime64]
Offsets = NDArray[np.int16]
Shares = NDArray[np.float32]
Codes = NDArray[np.uint8]

UNKNOWN_OF = {"flood": "flooding", "green_up": "green_up", "harvest": "harvest"}
PHASES_A_YEAR = 3
"""Two of rice and one of winter."""
YEAR_DAYS = 366
PARCELS_AT_ONCE = 2**14
"""In one turn of a thread."""
MAX_CODE = max(Missing)


@dataclass(frozen=True)
class Events:
    """A marker that may come several times in a series.

    Attributes
    ----------
    offset : int16 array, shape (n, p)
        Days since the first date of the series, `NEVER` where the phase has none.
    confidence : float32 array, shape (n, p)
        0 to 1.
    unknown : uint8 array, shape (n,)
        An `Unknown`: why events may have been missed, `KNOWN` where they were not.
    origin : datetime64[D]
        The first date of the series.
    """

    offset: Offsets
    confidence: Shares
    unknown: Codes
    origin: np.datetime64

    def days(self) -> Days:
        """Return the days, shape (n, p); NaT where there is none."""
        return _days(self.offset, self.origin)

    def count(self) -> NDArray[np.intp]:
        """Return how many events each parcel has, shape (n,)."""
        return np.asarray((self.offset != NEVER).sum(axis=1))


@dataclass(frozen=True)
class Spells:
    """A marker that lasts.

    Attributes
    ----------
    first, last : int16 array, shape (n,)
        Days since the first date of the series, `NEVER` where it was not seen.
    confidence : float32 array, shape (n,)
        0 to 1.
    unknown : uint8 array, shape (n,)
        An `Unknown`: why it cannot be told, `KNOWN` where it can.
    before : int16 array, shape (n,)
        The last day before it on which clear images show something else, as `first`: it began
        after that. Where it is `NEVER`, it may have begun at any time before the series.
    origin : datetime64[D]
        The first date of the series.
    """

    first: Offsets
    last: Offsets
    confidence: Shares
    unknown: Codes
    before: Offsets
    origin: np.datetime64

    def is_seen(self) -> NDArray[np.bool_]:
        """Tell of each parcel whether it was seen, shape (n,)."""
        return np.asarray(self.first != NEVER)

    def first_days(self) -> Days:
        """Return the first days, shape (n,); NaT where not seen."""
        return _days(self.first, self.origin)

    def last_days(self) -> Days:
        """Return the last days, shape (n,); NaT where not seen."""
        return _days(self.last, self.origin)


@dataclass(frozen=True)
class Markers:
    """What the series of n parcels show. Phases are numbered alike in all events.

    Attributes
    ----------
    dates : datetime64[D] array, shape (t,)
        Of the series.
    flooding, transplanting, green_up, harvest : Events
        First and last flooded date of a confirmed flooding; half of the maximum reached; the
        steepest fall of NDVI.
    peak : int16 array, shape (n, p)
        Offset of the highest NDVI of each phase, `NEVER` where there is no phase.
    may_be_flooded : bool array, shape (n, p)
        No flooding was seen, but a gap before green-up may hide one.
    bare, built, pond, trees, idle : Spells
        Lasting states; `idle` spans the idle main seasons.
    n_idle : int8 array, shape (n,)
        Idle main seasons in a row up to the last one that is over.
    season_spans : datetime64[D] array, shape (s, 2)
        First and last day of each main season.
    seasons : uint8 array, shape (n, s)
        A `SeasonState`.
    n_clear : int16 array, shape (n,)
        Clear dates, spikes not counted.
    gap_days : int16 array, shape (n,)
        Longest time without a clear date within the main seasons.
    unknown : uint8 array, shape (n,)
        An `Unknown` of the parcel as a whole.
    """

    dates: Days
    flooding: Events
    transplanting: Events
    green_up: Events
    harvest: Events
    peak: Offsets
    may_be_flooded: NDArray[np.bool_]
    bare: Spells
    built: Spells
    pond: Spells
    trees: Spells
    idle: Spells
    n_idle: NDArray[np.int8]
    season_spans: Days
    seasons: Codes
    n_clear: NDArray[np.int16]
    gap_days: NDArray[np.int16]
    unknown: Codes


def markers_of(
    dates: Days,
    cube: NDArray[np.floating],
    missing: Codes,
    limits: MarkerLimits,
    *,
    composite_days: int = 0,
    n_threads: int = 1,
) -> Markers:
    """Find all markers of all parcels in one pass, parallel over parcels.

    Parameters
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising civil days.
    cube : float array, shape (n, t, 4)
        NDVI, EVI, LSWI, BSI as `geo.series.clean` leaves them, NaN where missing. Without EVI,
        NDVI stands in; without LSWI there is no flooding, pond or tree; without BSI no bare soil.
    missing : uint8 array, shape (n, t)
        A `geo.series.Missing`.
    limits : MarkerLimits
        What is compared with.
    composite_days : int
        Days that one date stands for, 0 for single images. Of composites a trough of NDVI at
        which LSWI stands highest above it counts as flooding, with half the confidence, and all
        limits of days grow by so much.
    n_threads : int
        Ranges of parcels that are read at once.

    Returns
    -------
    Markers
        One row for a parcel, whatever the order of parcels.

    Raises
    ------
    ValueError
        Where shapes do not fit or the dates do not rise.

    References
    ----------
    Xiao et al. 2005, Remote Sensing of Environment 95:480; 2006, 100:95.
    """
    from geo import marker_kernel  # noqa: PLC0415 # loads numba

    dates = np.asarray(dates, dtype="datetime64[D]")
    if cube.shape != (*missing.shape, N_INDICES) or cube.shape[1] != len(dates):
        raise ValueError(f"{len(dates)} dates, {missing.shape} reasons, {cube.shape} values")
    if missing.size and missing.max() > MAX_CODE:
        raise ValueError(f"{missing.max()} is no reason for what is missing")
    calendar = calendar_of(dates, limits)
    n, last = len(cube), int(calendar.day[-1])
    spans = np.stack([calendar.season_first, calendar.season_last], axis=1)
    series = marker_kernel.Series(
        np.ascontiguousarray(cube, dtype=np.float32),
        np.ascontiguousarray(missing, dtype=np.uint8),
        dates_of(calendar),
        np.vstack([spans, [[0, last]]]).astype(np.int32),
    )
    found = marker_kernel.room(n, PHASES_A_YEAR * (1 + last // YEAR_DAYS), len(spans))
    compared = numbers(limits, composite_days)

    def fill(start: int) -> None:
        marker_kernel.fill(series, compared, found, start, min(start + PARCELS_AT_ONCE, n))

    with ThreadPoolExecutor(n_threads) as pool:
        deque(pool.map(fill, range(0, n, PARCELS_AT_ONCE)), maxlen=0)  # raises what one raised
    return _told(dates, dates[0] + spans.astype("timedelta64[D]"), found)


def _told(dates: Days, spans: Days, found: "Found") -> Markers:
    phases, parcels, origin = found.phases, found.parcels, dates[0]

    def events(day: str, of: str) -> Events:
        return Events(
            phases[day], phases[f"{of}_confidence"], parcels[f"unknown_{UNKNOWN_OF[of]}"], origin
        )

    def spells(which: int) -> Spells:
        of = found.spells[:, which]
        told = of["first"], of["last"], of["confidence"], of["unknown"], of["before"]
        return Spells(*told, origin)

    return Markers(
        dates=dates,
        flooding=events("flooded", "flood"),
        transplanting=events("transplanted", "flood"),
        green_up=events("green_up", "green_up"),
        harvest=events("harvest", "harvest"),
        peak=phases["peak"],
        may_be_flooded=(phases["kind"] & PhaseBit.MAY_BE_FLOODED) > 0,
        bare=spells(BARE),
        built=spells(BUILT),
        pond=spells(POND),
        trees=spells(TREES),
        idle=spells(IDLE),
        n_idle=parcels["n_idle"],
        season_spans=spans,
        seasons=found.seasons,
        n_clear=parcels["n_clear"],
        gap_days=parcels["gap_days"],
        unknown=parcels["unknown"],
    )


def _days(offset: Offsets, origin: np.datetime64) -> Days:
    days = origin + offset.astype("timedelta64[D]")
    days[offset == NEVER] = np.datetime64("NaT")
    return np.asarray(days)
