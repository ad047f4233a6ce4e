"""Days of other years that compare with a day: same date, same offset from a solar term. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Solar

NEAREST_DAYS = 3
"""A reference day at most this far from the wanted day is its week."""


@dataclass(frozen=True)
class TermOffset:
    """A day told as so many days after a solar term, and the year in which that term began."""

    term: str
    days: int
    year: int


@lru_cache(maxsize=512)
def term_offset(day: date) -> TermOffset:
    """Return the solar term on or before a day, and the days since."""
    term = Solar.fromYmd(day.year, day.month, day.day).getLunar().getPrevJieQi(True)
    began = date.fromisoformat(term.getSolar().toYmd())
    return TermOffset(term.getName(), (day - began).days, began.year)


@lru_cache(maxsize=512)
def day_at(offset: TermOffset, year: int) -> date:
    """Return the day that lies as far after the same solar term of another year."""
    for table_year in (year, year + 1):
        table = Solar.fromYmd(table_year, 6, 1).getLunar().getJieQiTable()
        began = date.fromisoformat(table[offset.term].toYmd())
        if began.year == year:
            return began + timedelta(days=offset.days)
    raise ValueError(f"no {offset.term} in {year}")


def years_before(day: date, n: int) -> date:
    """Return the same month and day so many years before; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - n)
    except ValueError:
        return day.replace(year=day.year - n, day=28)


def week_of(reference_days: Sequence[date], day: date) -> date | None:
    """Return the last reference day on or before a day: the week whose figures stand then."""
    return max((each for each in reference_days if each <= day), default=None)


def nearest_week(reference_days: Sequence[date], day: date) -> date | None:
    """Return the week that compares with a day of another season.

    The nearest reference day if it is within three days, the earlier of two; else the week
    that stood on that day. Standing weeks alone would compare a Thursday with a figure up to
    six days older.
    """
    near = [each for each in reference_days if abs(each - day) <= timedelta(days=NEAREST_DAYS)]
    if near:
        return min(near, key=lambda each: (abs(each - day), each))
    return week_of(reference_days, day)
