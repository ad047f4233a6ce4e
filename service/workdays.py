"""The working calendar, from `config/codes`: whoever counts days counts by this one."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

from inspections.work_calendar import WorkCalendar

WORK_CALENDAR = Path(__file__).parents[1] / "config" / "codes" / "work_calendar.csv"


@cache
def work_calendar() -> WorkCalendar:
    """Return the working calendar: a year without a row in the table is not known."""
    with WORK_CALENDAR.open(encoding="utf-8", newline="") as file:
        days = {
            date.fromisoformat(row["day"]): row["is_workday"] == "1" for row in csv.DictReader(file)
        }
    return WorkCalendar(
        years=frozenset(day.year for day in days),
        holidays=frozenset(day for day, is_workday in days.items() if not is_workday),
        workdays=frozenset(day for day, is_workday in days.items() if is_workday),
    )
