"""Rules of the late-spring cold spells (倒春寒)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.agronomy import NOTHING, ONE_DAY, DayWeather, Weather


@dataclass(frozen=True)
class SpellRule:
    """What makes days on end a cold spell.

    Attributes
    ----------
    max_mean_c : Decimal
        Each day's mean is at most this, °C.
    min_days : int
        Days on end, at least.
    max_sun_h : Decimal or None
        Each day's sunshine is at most this, hours; None where it does not matter.
    """

    max_mean_c: Decimal
    min_days: int
    max_sun_h: Decimal | None = None

    def holds(self, given: DayWeather) -> bool | None:
        """Tell whether a day is of such a spell; None where that was not measured."""
        is_cold = None if given.mean_c is None else given.mean_c <= self.max_mean_c
        if self.max_sun_h is None or is_cold is False:
            return is_cold
        is_dull = None if given.sun_h is None else given.sun_h <= self.max_sun_h
        if is_dull is False:
            return False
        return None if is_cold is None or is_dull is None else True


@dataclass(frozen=True)
class Spell:
    """A cold spell of late spring (倒春寒).

    Attributes
    ----------
    starts_on, ends_on : date
        First and last day, both of it.
    lowest_c : Decimal
        Lowest daily mean, °C.
    may_be_longer : bool
        Whether a day beside it was not measured, or it goes on to the end of what was looked at.
    """

    starts_on: date
    ends_on: date
    lowest_c: Decimal
    may_be_longer: bool

    @property
    def n_days(self) -> int:
        """Days of the spell."""
        return (self.ends_on - self.starts_on).days + 1


def cold_spells(weather: Weather, starts_on: date, ends_on: date, rule: SpellRule) -> list[Spell]:
    """Find the cold spells between two days.

    Parameters
    ----------
    weather : mapping of date to DayWeather
        The days that were measured.
    starts_on, ends_on : date
        The window, both days of it; what lies outside is not looked at.
    rule : SpellRule
        What makes a spell.

    Returns
    -------
    list of Spell
        In order; a day that was not measured ends a spell, which may then have been longer.

    Notes
    -----
    Guangdong: daily mean at most 12 °C for 3 days on end or more; or at most 15 °C with at most
    2 hours of sun for 7 days on end or more.
    """
    found = []
    for first, last in _runs(starts_on, ends_on, lambda day: rule.holds(weather.get(day, NOTHING))):
        if (last - first).days + 1 < rule.min_days:
            continue
        days = [first + ONE_DAY * n for n in range((last - first).days + 1)]
        means = [weather[each].mean_c for each in days]
        beside = [each for each in (first - ONE_DAY, last + ONE_DAY) if starts_on <= each]
        is_open = any(
            each > ends_on or rule.holds(weather.get(each, NOTHING)) is None for each in beside
        )
        lowest = min(each for each in means if each is not None)
        found.append(Spell(first, last, lowest, is_open))
    return found


def _runs(
    first: date, last: date, holds: Callable[[date], bool | None]
) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each run of days of which something is certain."""
    began: date | None = None
    day = first
    while day <= last:
        if holds(day):
            began = began or day
        elif began is not None:
            yield began, day - ONE_DAY
            began = None
        day += ONE_DAY
    if began is not None:
        yield began, last
