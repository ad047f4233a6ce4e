"""Accepted sums by town and county, kept beside the rows and provably equal to them.

A rollup holds every reference day of its season, later ones carrying the last figure, so that
a dashboard reads them by key. They change only when a town's week is accepted, in that
transaction; `differences` proves them against the rows.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.database import dialect_insert
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, Season
from service.sowing import standing
from service.sowing.models import SowingReport, SowingRollup
from service.sowing.standing import TOWN, Figure, Figures

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
    with _whole_system(session):
        _store(session, season, days, within=task.area_code)
        _store_counties(session, season, days, {task.area_code[:COUNTY]})


class _whole_system:  # noqa: N801 - a context manager reads as a phrase
    """See every area while sums are made: a town's acceptance changes its county's figure."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.before = session.info.get("is_system", False)

    def __enter__(self) -> None:
        self.session.info["is_system"] = True

    def __exit__(self, *_: object) -> None:
        self.session.info["is_system"] = self.before


def rebuild(session: Session, season_code: str) -> int:
    """Make a season's rollups anew from the rows; return how many rows they have."""
    season = reporting.season(session, season_code)
    days = reporting.reference_days(season)
    session.execute(delete(SowingRollup).where(SowingRollup.season_code == season_code))
    _store(session, season, days, within=NATION)
    _store_counties(session, season, days, None)
    return session.scalars(
        select(func.count())
        .select_from(SowingRollup)
        .where(SowingRollup.season_code == season_code)
    ).one()


def _store(session: Session, season: Season, days: Iterable[date], *, within: str) -> None:
    last: date | None = session.scalars(
        select(func.max(SowingReport.as_of)).where(
            SowingReport.season_code == season.code, standing.within(within)
        )
    ).one()
    if last is None:
        return
    found: Figures | None = None
    for day in days:
        if found is None or day <= last:
            found = standing.figures(session, season.code, area_code=within, as_of=day)
        else:
            found = {key: _carried(figure) for key, figure in found.items()}
        _upsert(session, season, day, found)


def _carried(figure: Figure) -> Figure:
    return Figure(**{name: getattr(figure, name) for name in SUMS} | {"n_reported": 0})


def _store_counties(
    session: Session, season: Season, days: Iterable[date], counties: set[str] | None
) -> None:
    for day in days:
        wanted = select(SowingRollup).where(
            SowingRollup.season_code == season.code,
            SowingRollup.as_of == day,
            func.length(SowingRollup.area_code) == TOWN,
        )
        if counties is not None:
            (county,) = counties
            wanted = wanted.where(
                SowingRollup.area_code > county, SowingRollup.area_code < county + ":"
            )
        towns = {
            (each.area_code, each.crop_code): figure_of(each) for each in session.scalars(wanted)
        }
        _upsert(session, season, day, standing.by_prefix(towns, COUNTY))


def figure_of(rollup: SowingRollup) -> Figure:
    """Return a rollup's sums as a figure."""
    return Figure(**{name: getattr(rollup, name) for name in SUMS})


def _upsert(session: Session, season: Season, day: date, found: Figures) -> None:
    rows = [
        {
            "season_code": season.code,
            "area_code": code,
            "crop_code": crop,
            "as_of": day,
            "sown_mu": figure.sown_mu,
            **{name: getattr(figure, name) for name in SUMS},
        }
        for (code, crop), figure in found.items()
    ]
    insert = dialect_insert(session, SowingRollup)
    update = insert.on_conflict_do_update(
        index_elements=["season_code", "area_code", "crop_code", "as_of"],
        set_={name: insert.excluded[name] for name in ("sown_mu", *SUMS)},
    )
    session.flush()
    for start in range(0, len(rows), 500):
        session.connection().execute(update, rows[start : start + 500])
    session.expire_all()


def differences(
    session: Session, season_code: str
) -> list[tuple[str, str, date, Decimal, Decimal]]:
    """Return where rollup and rows disagree: (area, crop, day, rollup's mu, rows' mu)."""
    season = reporting.season(session, season_code)
    wrong = []
    for day in reporting.reference_days(season):
        towns = standing.figures(session, season_code, area_code=NATION, as_of=day)
        truth = towns | standing.by_prefix(towns, COUNTY)
        kept = {
            (each.area_code, each.crop_code): figure_of(each)
            for each in session.scalars(
                select(SowingRollup).where(
                    SowingRollup.season_code == season_code, SowingRollup.as_of == day
                )
            )
        }
        for key in sorted(truth.keys() | kept.keys()):
            kept_one, true_one = kept.get(key, Figure()), truth.get(key, Figure())
            if kept_one != true_one:
                wrong.append((*key, day, kept_one.sown_mu, true_one.sown_mu))
    return wrong
