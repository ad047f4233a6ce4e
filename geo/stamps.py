"""Civil days of the stamps that images and tables carry."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Days = NDArray[np.datetime64]
MIN_STAMPS = 3


def civil_days(stamps: ArrayLike, *, utc_offset_hours: float) -> Days:
    """Return the civil days of instants.

    Parameters
    ----------
    stamps : array of datetime64
        Instants in UTC.
    utc_offset_hours : float
        Of the zone whose days count: 8 for Shanghai, so that 2019-12-31T16:00Z is 2020-01-01.

    Returns
    -------
    datetime64[D] array
        Of the same shape.
    """
    instants = np.asarray(stamps, dtype="datetime64[s]")
    return (instants + np.timedelta64(round(utc_offset_hours * 3600), "s")).astype("datetime64[D]")


def are_months_slipped(days: Days) -> bool:
    """Tell whether stamps of months slipped to the day before by a time zone.

    Parameters
    ----------
    days : datetime64[D] array, shape (t,)
        The stamps of a table, in any order, some of them more than once; NaT is left out.

    Returns
    -------
    bool
        True where each stamp is a month's last day, or some are and all others a first day. Fewer
        than `MIN_STAMPS` different ones tell nothing: two images may fall so.
    """
    days = np.unique(np.asarray(days, dtype="datetime64[D]"))
    days = days[~np.isnat(days)]
    is_first = _is_first(days)
    is_last = _is_first(days + np.timedelta64(1, "D"))
    return len(days) >= MIN_STAMPS and bool((is_first | is_last).all()) and bool(is_last.any())


def _is_first(days: Days) -> NDArray[np.bool_]:
    return np.asarray(days == days.astype("datetime64[M]").astype("datetime64[D]"))
