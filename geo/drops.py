"""Falls of NDVI: mowing, grazing, clearing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.marker_records import NEVER, dates_of, numbers
from geo.marker_rules import MarkerLimits, calendar_of
from geo.marker_words import Unknown
from geo.markers import Events
from geo.series import Missing

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class DropLimits:
    """When a fall of NDVI is an event.

    Attributes
    ----------
    drop : float
        NDVI from a local maximum to the next minimum.
    days : int
        Two events are at least so many days apart.
    dated_back_days : int
        An event is dated at most so long before the first image that shows it.
    """

    drop: float
    days: int
    dated_back_days: int


def drops_of(
    dates: Days,
    cube: NDArray[np.floating],
    missing: NDArray[np.uint8],
    limits: MarkerLimits,
    drops: DropLimits,
    *,
    max_events: int = 8,
) -> Events:
    """Find the falls of NDVI.

    Parameters
    ----------
    dates : datetime64[D] array, shape (t,)
        Strictly rising civil days.
    cube : float array, shape (n, t, 4)
        As `geo.series.clean` leaves it; only NDVI is read.
    missing : uint8 array, shape (n, t)
        A `geo.series.Missing`.
    limits : MarkerLimits
        Of spikes, gaps and clear dates.
    drops : DropLimits
        What counts as an event.
    max_events : int
        The first so many of each parcel are kept.

    Returns
    -------
    Events
        Dated in the middle of the steepest step, but not more than `dated_back_days` before the
        image that shows it: what is long cut has grown back. Unknown with too few clear dates.

    References
    ----------
    JRC Checks by Monitoring, https://github.com/ec-jrc/cbm: marker "NDVI drop".
    """
    from geo import drop_kernel  # noqa: PLC0415 # loads numba

    dates = np.asarray(dates, dtype="datetime64[D]")
    offset = np.full((len(cube), max_events), NEVER, dtype=np.int16)
    confidence = np.zeros((len(cube), max_events), dtype=np.float32)
    drop_kernel.fill(
        np.ascontiguousarray(cube, dtype=np.float32),
        dates_of(calendar_of(dates, limits)),
        numbers(limits, 0),
        (np.float32(drops.drop), drops.days, drops.dated_back_days),
        offset,
        confidence,
    )
    n_clear = (missing == Missing.PRESENT).sum(axis=1)
    unknown = np.where(n_clear < limits.min_clear_dates, Unknown.FEW_DATES, Unknown.KNOWN)
    return Events(offset, confidence, unknown.astype(np.uint8), dates[0])
