"""Of which days a question of the agronomy book is, and as was known when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.errors import Invalid

TOWN = areas.CODE_LENGTH["town"]
MAX_DAYS = 400
"""By town and day: a year and a bit are a few thousand lines."""


@dataclass(frozen=True)
class Period:
    """From a day to another, as was known at an instant (None: all that is known)."""

    starts_on: date
    as_of: date
    known_at: datetime | None = None
    area: str = ""


def year_to(
    session: Session,
    starts_on: date | None,
    as_of: date | None,
    known_at: datetime | None,
    area: str,
) -> Period:
    """Return the period that was asked for: by default this year until today."""
    until = as_of or records.today(session)
    return Period(starts_on or date(until.year, 1, 1), until, known_at, area)


def last_days(
    session: Session,
    starts_on: date | None,
    as_of: date | None,
    known_at: datetime | None,
    area: str,
    *,
    days: int = 10,
) -> Period:
    """Return the period that was asked for: by default the last few days; refuse a long one."""
    until = as_of or records.today(session)
    since = starts_on or until - timedelta(days=days - 1)
    if (until - since).days >= MAX_DAYS:
        raise Invalid(f"一次最多查 {MAX_DAYS} 天,请缩短 from 到 as_of 的时段", field="from")
    return Period(since, until, known_at, area)
