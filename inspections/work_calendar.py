"""Which days are worked, as the State Council arranges them year by year. Pure."""

from dataclasses import dataclass
from datetime import date

LAST_WEEKDAY = 5
"""Friday."""


class MissingYear(ValueError):
    """The calendar does not tell the holidays of this year: nothing is guessed."""

    def __init__(self, year: int) -> None:
        super().__init__(f"没有 {year} 年的工作日历,期限算不出来;请管理员补入国办的放假安排")
        self.year = year


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked.

    Attributes
    ----------
    years : frozenset of int
        Years whose arrangement is known.
    holidays : frozenset of date
        Days off, whatever the weekday.
    workdays : frozenset of date
        Saturdays and Sundays that are worked instead.
    """

    years: frozenset[int]
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Tell whether a day is worked.

        Parameters
        ----------
        day : date
            Civil date.

        Raises
        ------
        MissingYear
            Where the arrangement of its year is not known.
        """
        if day.year not in self.years:
            raise MissingYear(day.year)
        if day in self.workdays:
            return True
        return day.isoweekday() <= LAST_WEEKDAY and day not in self.holidays
