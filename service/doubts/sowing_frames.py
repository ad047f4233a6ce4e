"""The sowing book, its plans, its land and its weather, as the rules read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.doubts import sowing_pace as pace
from inspections.doubts import sowing_series as series
from inspections.doubts import sowing_sums as sums
from inspections.doubts import sowing_towns as towns
from inspections.doubts.catalogue import FIELDWORK
from inspections.doubts.doubt import Found
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_series import SowingRow
from service.agronomy import weather
from service.agronomy.period import Period
from service.areas.models import Area
from service.areas.queries import CODE_LENGTH, exists_on, under
from service.database import thresholds_of
from service.doubts.question import Look
from service.parcels.models import ParcelVersion
from service.parcels.queries import Moment, valid
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.schemas import civil_day
from service.sowing import queries as sowing
from service.sowing import terms
from service.sowing.models import Answer, SowingReport

CROPLAND = "01"
"""First digits of the land classes of 耕地."""
M2_OF_MU = Decimal(2000) / 3
CENTIMU = Decimal("0.01")
NEW_YEAR = terms.TermOffset("立春", 0, 0)
TOWN = CODE_LENGTH["town"]
Plans = dict[tuple[str, str], Decimal]


@dataclass(frozen=True)
class SeasonBook:
    """One season as it stands on a day."""

    season: Season
    rows: list[SowingRow]
    plans: Plans


@lru_cache(maxsize=4096)
def term_day(day: date) -> int:
    """Return the days since 立春 of the day's year."""
    return (day - terms.day_at(NEW_YEAR, day.year)).days


@lru_cache(maxsize=4096)
def _day_of(instant: datetime) -> date:
    """Return the civil day; a town files its rows at one instant."""
    return civil_day(instant)


def seasons_in(session: Session, look: Look) -> list[Season]:
    """Return the seasons with days in the time that is looked at."""
    return [
        each
        for each in reporting.seasons(session)
        if each.starts_on <= look.as_of and each.ends_on >= look.since
    ]


def book(session: Session, look: Look, season: Season) -> SeasonBook:
    """Read one season."""
    rows = standing_rows(session, look, season.code, look.as_of)
    units = {row.area_code for row in rows} | {row.area_code[:TOWN] for row in rows}
    crops = {row.crop for row in rows}
    plans = sowing.latest_plans(session, season.code, crops, units=units)
    return SeasonBook(season, rows, plans)


def history(session: Session, look: Look, season: Season) -> list[SowingRow]:
    """Read as many earlier seasons of the kind as a mean takes."""
    n_years = thresholds_of(session).sowing.max_years_for_mean
    earlier = reporting.earlier_seasons(session, season, n_years).values()
    told = (standing_rows(session, look, each.code, each.ends_on) for each in earlier)
    return list(chain.from_iterable(told))


def standing_rows(session: Session, look: Look, season: str, until: date) -> list[SowingRow]:
    """Return the figures of a season that stand, whether accepted or not."""
    told = SowingReport
    newest = func.row_number().over(
        partition_by=(told.area_code, told.crop_code, told.method, told.as_of),
        order_by=told.recorded_at.desc(),
    )
    ranked = (
        select(
            *(told.area_code, told.crop_code, told.method, told.as_of, told.answer),
            *(told.cumulative_mu, told.field_equivalent_mu, told.basis, told.reason),
            told.recorded_at,
            newest.label("place"),
        )
        .where(told.season_code == season, told.as_of <= until, look.within(told.area_code))
        .subquery()
    )
    columns = [each for each in ranked.c if each.name not in {"place", "answer"}]
    wanted = select(*columns).where(ranked.c.place == 1, ranked.c.answer == Answer.AREA)
    return [
        SowingRow(
            *(season, area, crop, method.value, week, term_day(week), mu, equivalent),
            *(basis.value, reason is not None, _day_of(at)),
        )
        for area, crop, method, week, mu, equivalent, basis, reason, at in session.execute(wanted)
    ]


def land_mu(session: Session, look: Look) -> dict[str, Decimal]:
    """Return village -> net cropland of the survey, in mu."""
    parcel, moment = ParcelVersion, Moment.of(session, look.as_of)
    wanted = (
        select(parcel.area_code, func.sum(parcel.net_area_m2))
        .where(
            valid(parcel, moment),
            look.within(parcel.area_code),
            parcel.land_class.startswith(CROPLAND, autoescape=True),
            parcel.net_area_m2.is_not(None),
        )
        .group_by(parcel.area_code)
    )
    return {
        area: (Decimal(str(m2)) / M2_OF_MU).quantize(CENTIMU)
        for area, m2 in session.execute(wanted)
    }


def n_villages(session: Session, look: Look) -> dict[str, int]:
    """Return town -> its villages on the day."""
    town = func.substr(Area.area_code, 1, TOWN)
    is_village = func.length(Area.area_code) == CODE_LENGTH["village"]
    wanted = select(town, func.count()).where(under(look.area), is_village, exists_on(look.as_of))
    return {code: n for code, n in session.execute(wanted.group_by(town))}


def fieldwork_days(session: Session, look: Look, season: Season) -> dict[tuple[str, date], int]:
    """Return (town, reference day) -> days for fieldwork of the week, where all are known."""
    last = terms.week_of(reporting.reference_days(season), look.as_of)
    if last is None:
        return {}
    found = weather.fieldwork(session, Period(season.starts_on, last, None, look.area))
    return {
        (each.area_code, each.week_ends_on): each.n_workable
        for each in found.items
        if not each.n_unknown
    }


def judge(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    """Go over every season in sight."""
    for season in seasons_in(session, look):
        told = book(session, look, season)
        if told.rows:
            yield from _judge_series(session, look, told, limits)
            yield from _judge_sums(session, look, told, limits)


def _judge_series(
    session: Session, look: Look, told: SeasonBook, limits: DoubtLimits
) -> Iterable[Found]:
    past = history(session, look, told.season)
    yield from series.falls(told.rows)
    yield from series.jumps(told.rows, past, told.plans, limits)
    yield from pace.repeated(told.rows, told.plans, limits)
    yield from pace.early(told.rows, limits)
    days = fieldwork_days(session, look, told.season)
    if days:
        yield from pace.beyond_fieldwork(told.rows, told.plans, days, limits)
    else:
        yield FIELDWORK.skipped("没有气象数据", len(told.rows))


def _judge_sums(
    session: Session, look: Look, told: SeasonBook, limits: DoubtLimits
) -> Iterable[Found]:
    yield from towns.round_towns(told.rows, limits)
    yield from sums.over_plan(told.rows, told.plans, limits)
    yield from sums.over_land(told.rows, land_mu(session, look), {}, limits)
    yield from sums.over_nursery(told.rows, limits)
    yield from towns.neighbours(told.rows, told.plans, limits)
    yield from towns.town_totals(told.rows, n_villages(session, look), limits)
