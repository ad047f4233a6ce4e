"""Accepted sums by town and county, kept beside the rows and provably equal to them.

A rollup holds every reference day of its season, later ones carrying the last figure, so that
a dashboard reads them by key. They change only when a town's week is accepted, in that
transaction; `differences` proves them against the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from service.areas import actions as areas_actions
from service.areas.models import AreaSuccession
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, Season
from service.security import AFTER_ANY_DIGIT, whole_system
from service.sowing import standing
from service.sowing.models import SowingReport, SowingRollup
from service.sowing.standing import TOWN, Figure, Figures

BULK = 1000
WEEK = timedelta(days=7)
COUNTY = 6
NATION = ""
SUMS = (
    "direct_seeded_mu",
    "transplanted_mu",
    "dry_sown_mu",
    "nursery_field_mu",
    "declared_mu",
    "n_reported",
    "n_growing",
    "n_not_grown",
)


def refresh(session: Session, task: ReportingTask) -> None:
    """Bring the rollups of a town and its county up to date from an accepted week on."""
    season = reporting.season(session, task.season_code)
    days = [day for day in reporting.reference_days(season) if day >= task.period]
    with whole_system(session):
        for town in _towns_moved_by(session, task.area_code):
            _store_towns(session, season, days, within=town)
            _store_counties(session, season, days, within=town[:COUNTY])


def _towns_moved_by(session: Session, town: str) -> set[str]:
    """Return a town, and those whose merged villages it reports for from now on."""
    merged = session.scalars(
        select(AreaSuccession.predecessor_code).where(
            AreaSuccession.successor_code >= town,
            AreaSuccession.successor_code < town + AFTER_ANY_DIGIT,
        )
    )
    return {town} | {code[:TOWN] for code in merged}


def rebuild(session: Session, season_code: str) -> int:
    """Make a season's rollups anew from the rows; return how many rows they have."""
    season = reporting.season(session, season_code)
    days = reporting.reference_days(season)
    session.execute(delete(SowingRollup).where(SowingRollup.season_code == season_code))
    with whole_system(session):
        n_towns = _store_towns(session, season, days, within=NATION)
        return n_towns + _store_counties(session, season, days, within=NATION)


def rebuild_since(session: Session, day: date) -> None:
    """Make the rollups anew of every season that was not over on a day: units were merged."""
    for code in session.scalars(select(Season.code).where(Season.ends_on >= day)):
        rebuild(session, code)


areas_actions.AFTER_MERGE.append(rebuild_since)


def _store_towns(session: Session, season: Season, days: Sequence[date], *, within: str) -> int:
    last = _last_change(session, season, within)
    if last is None:
        return _replace(session, season, days, {}, within=within, digits=TOWN)
    by_day: dict[date, Figures] = {}
    found: Figures | None = None
    for day in days:
        if found is None or day <= last:
            found = standing.figures(session, season.code, area_code=within, as_of=day)
        else:
            found = {key: replace(figure, n_reported=0) for key, figure in found.items()}
        by_day[day] = found
    return _replace(session, season, days, by_day, within=within, digits=TOWN)


def _last_change(session: Session, season: Season, within: str) -> date | None:
    """Return the day after which the figures only carry on."""
    last: date | None = session.scalars(
        select(func.max(SowingReport.as_of)).where(
            SowingReport.season_code == season.code, standing.within(within)
        )
    ).one()
    merged: date | None = session.scalars(select(func.max(AreaSuccession.happened_on))).one()
    if last is None or merged is None:
        return last
    return max(last, merged + WEEK)


def _store_counties(session: Session, season: Season, days: Sequence[date], *, within: str) -> int:
    by_day = {
        day: standing.by_prefix(towns, COUNTY)
        for day, towns in _stored(session, season.code, days, within=within, digits=TOWN).items()
    }
    return _replace(session, season, days, by_day, within=within, digits=COUNTY)


def _stored(
    session: Session, season_code: str, days: Sequence[date], *, within: str, digits: int
) -> dict[date, Figures]:
    columns = [getattr(SowingRollup, name) for name in ("as_of", "area_code", "crop_code", *SUMS)]
    rows = session.execute(
        select(*columns).where(
            SowingRollup.season_code == season_code,
            SowingRollup.as_of.in_(days),
            *_units(within, digits),
        )
    )
    found: dict[date, Figures] = {}
    for day, area, crop, *values in rows:
        found.setdefault(day, {})[area, crop] = Figure(*values)
    return found


def _units(within: str, digits: int) -> list[ColumnElement[bool]]:
    return [
        SowingRollup.area_code >= within,
        SowingRollup.area_code < within + AFTER_ANY_DIGIT,
        SowingRollup.digits == digits,
    ]


def _replace(
    session: Session,
    season: Season,
    days: Sequence[date],
    by_day: Mapping[date, Figures],
    *,
    within: str,
    digits: int,
) -> int:
    session.execute(
        delete(SowingRollup).where(
            SowingRollup.season_code == season.code,
            SowingRollup.as_of.in_(days),
            *_units(within, digits),
        )
    )
    rows = [
        {
            "season_code": season.code,
            "area_code": code,
            "crop_code": crop,
            "as_of": day,
            "digits": digits,
            "sown_mu": figure.sown_mu,
            **{name: getattr(figure, name) for name in SUMS},
        }
        for day, found in by_day.items()
        for (code, crop), figure in found.items()
    ]
    for start in range(0, len(rows), BULK):
        session.execute(insert(SowingRollup), rows[start : start + BULK])
    return len(rows)


def differences(
    session: Session, season_code: str
) -> list[tuple[str, str, date, Decimal, Decimal]]:
    """Return where rollup and rows disagree: (area, crop, day, rollup's mu, rows' mu)."""
    days = reporting.reference_days(reporting.season(session, season_code))
    towns = _stored(session, season_code, days, within=NATION, digits=TOWN)
    counties = _stored(session, season_code, days, within=NATION, digits=COUNTY)
    wrong = []
    for day in days:
        rows = standing.figures(session, season_code, area_code=NATION, as_of=day)
        truth = rows | standing.by_prefix(rows, COUNTY)
        kept = towns.get(day, {}) | counties.get(day, {})
        for key in sorted(truth.keys() | kept.keys()):
            kept_one, true_one = kept.get(key, Figure()), truth.get(key, Figure())
            if kept_one != true_one:
                wrong.append((*key, day, kept_one.sown_mu, true_one.sown_mu))
    return wrong
