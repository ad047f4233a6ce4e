"""What many cases came to: medians, 90th percentiles, who saw it first. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

DAY = timedelta(days=1)
NINETY = 90


@dataclass(frozen=True)
class Spread:
    """A clock over many cases.

    Attributes
    ----------
    n : int
        Cases in which it has run out.
    median_days, p90_days : float or None
        Days; None of none.
    """

    n: int
    median_days: float | None
    p90_days: float | None


def spread(spans: Iterable[timedelta | None]) -> Spread:
    """Return the median and the nearest-rank 90th percentile of spans.

    Parameters
    ----------
    spans : iterable of timedelta or None
        None is not counted: a clock that still runs, or an unknown start.

    References
    ----------
    Nearest rank: the smallest value that at least 90 % of the values do not exceed; it is one of
    the cases, which a reader can look up.
    """
    days = sorted(each / DAY for each in spans if each is not None)
    if not days:
        return Spread(0, None, None)
    rank = math.ceil(NINETY * len(days) / 100)
    return Spread(len(days), round(median(days), 3), round(days[rank - 1], 3))


@dataclass(frozen=True)
class First:
    """How a source stands among the first.

    Attributes
    ----------
    source : str
        Who saw it.
    n : int
        Cases that it saw first.
    share : float
        Of all cases whose first source is known.
    median_lead_days : float or None
        Days before the next source, over the cases that had one; None without any.
    """

    source: str
    n: int
    share: float
    median_lead_days: float | None


def firsts(seen: Sequence[tuple[str, timedelta | None]]) -> list[First]:
    """Return who saw it first how often, the most frequent first.

    Parameters
    ----------
    seen : sequence of (str, timedelta or None)
        Of each case: the first source, and how long before the next one.
    """
    found = []
    for source in sorted({each for each, _ in seen}):
        leads = [lead for each, lead in seen if each == source]
        found.append(
            First(source, len(leads), round(len(leads) / len(seen), 4), spread(leads).median_days)
        )
    return sorted(found, key=lambda each: (-each.n, each.source))
