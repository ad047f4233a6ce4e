"""Rules of what machines can do in the days that are left. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)


class Verdict(StrEnum):
    """Whether machines suffice for the area that is left."""

    DONE = "done"
    ENOUGH = "enough"
    TIGHT = "tight"
    SHORT = "short"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rate:
    """What one machine of a class does in a day.

    Attributes
    ----------
    class_code : str
        Class of machine.
    low_mu_per_day, high_mu_per_day : Decimal
        Mu that one machine works in a day, at least and at most.
    """

    class_code: str
    low_mu_per_day: Decimal
    high_mu_per_day: Decimal


def capacity_mu(
    n_fit: Mapping[str, int], rates: Iterable[Rate], days: int
) -> tuple[Decimal, Decimal]:
    """Return what fit machines can work in some days, at least and at most.

    Parameters
    ----------
    n_fit : mapping of str to int
        Class of machine -> how many are fit.
    rates : iterable of Rate
        Of the operation. A class may have several, where its machines are of several builds and
        the register does not tell them apart: then the lowest and the highest hold.
    days : int
        Days on which the machines can work.

    Returns
    -------
    tuple of Decimal
        Mu at the low rates and at the high ones. A class without a rate adds nothing.
    """
    lows: dict[str, Decimal] = {}
    highs: dict[str, Decimal] = {}
    for each in rates:
        code = each.class_code
        lows[code] = min(each.low_mu_per_day, lows.get(code, each.low_mu_per_day))
        highs[code] = max(each.high_mu_per_day, highs.get(code, each.high_mu_per_day))
    low = sum((n_fit.get(code, 0) * rate * days for code, rate in lows.items()), ZERO)
    high = sum((n_fit.get(code, 0) * rate * days for code, rate in highs.items()), ZERO)
    return low, high


def verdict(left_mu: Decimal | None, low_mu: Decimal, high_mu: Decimal) -> Verdict:
    """Tell whether machines suffice for the area that is left.

    Parameters
    ----------
    left_mu : Decimal or None
        Area still to be worked, mu; None where no plan says how much there is.
    low_mu, high_mu : Decimal
        What the machines can work, at least and at most, mu.

    Returns
    -------
    Verdict
        SHORT where even the high rates do not suffice, TIGHT where only they do.
    """
    if left_mu is None:
        return Verdict.UNKNOWN
    if left_mu <= 0:
        return Verdict.DONE
    if left_mu <= low_mu:
        return Verdict.ENOUGH
    return Verdict.TIGHT if left_mu <= high_mu else Verdict.SHORT


def days_between(as_of: date, starts_on: date, ends_on: date) -> int:
    """Count the days of a stage that are left after a day.

    Parameters
    ----------
    as_of : date
        The day up to which work is known; it is over.
    starts_on, ends_on : date
        First and last day of the stage.

    Returns
    -------
    int
        Days after `as_of` within the stage; 0 after its end.
    """
    first = max(as_of + ONE_DAY, starts_on)
    return max(0, (ends_on - first).days + 1)
