"""The weeks that a progress table sets beside each other: this one, the last, other years'."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from service.database import thresholds_of
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.sowing import terms

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Moment:
    """A week of a season."""

    season_code: str
    week: date


@dataclass(frozen=True)
class Moments:
    """The weeks that one progress table compares; None where there is none."""

    this: Moment | None
    last_week: Moment | None
    last_year: Moment | None
    same_term: Moment | None
    offset: terms.TermOffset
    years: Mapping[int, Moment]
    """Crop year -> the week of the same date, for the mean of years."""

    def all(self) -> set[Moment]:
        """Return every week that is needed."""
        one = (self.this, self.last_week, self.last_year, self.same_term)
        return {each for each in (*one, *self.years.values()) if each is not None}


def beside(session: Session, season: Season, as_of: date) -> Moments:
    """Find the weeks to compare with the one that stands on a day."""
    days = reporting.reference_days(season)
    week = terms.week_of(days, as_of)
    base = week or as_of
    offset = terms.term_offset(base)
    n_years = thresholds_of(session).sowing.max_years_for_mean
    earlier = reporting.earlier_seasons(session, season, n_years)
    # A season may begin in the calendar year before its crop year; years shift by the same step.
    years = {
        crop_year: moment
        for crop_year, other in earlier.items()
        if (moment := near(other, terms.years_before(base, season.crop_year - crop_year)))
    }
    return Moments(
        Moment(season.code, week) if week else None,
        Moment(season.code, week - WEEK) if week and week - WEEK in days else None,
        years.get(season.crop_year - 1),
        near(earlier.get(season.crop_year - 1), terms.day_at(offset, offset.year - 1)),
        offset,
        years,
    )


def near(season: Season | None, day: date) -> Moment | None:
    """Return the week of another season that compares with a day."""
    if season is None:
        return None
    week = terms.nearest_week(reporting.reference_days(season), day)
    return Moment(season.code, week) if week else None
