"""Reading the weather book: days, suitability by town-day, fieldwork days, cold spells."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from config.thresholds import AgronomyThresholds, SowingWeather
from inspections import agronomy as rules
from inspections import cold_spells as spell_rules
from inspections.agronomy import Bed, DayWeather, Grade, SowingRule, Weather, Work
from inspections.cold_spells import SpellRule
from service import records
from service.agronomy import stations
from service.agronomy.models import WeatherDay
from service.agronomy.period import Period
from service.agronomy.stations import Served
from service.agronomy.weather_schemas import (
    FieldworkTable,
    FieldworkWeek,
    SpellRead,
    SpellTable,
    SuitabilityDay,
    SuitabilityTable,
    TownSpells,
)
from service.areas import queries as areas
from service.database import thresholds_of
from service.records import standing

GRADE_TEXT = {
    Grade.SUITABLE: "适宜",
    Grade.MARGINAL: "次适宜",
    Grade.UNSUITABLE: "不适宜",
    Grade.UNKNOWN: "不明",
}
NO_STATION = "没有站点服务这个镇,请登记气象站点"
BEFORE = timedelta(days=30)
"""Days before a period that its first days are judged by."""
WEEK = 7


def days(
    session: Session, asked: Period, *, station: str | None, limit: int, offset: int
) -> list[WeatherDay]:
    """Return one page of the days that stand, newest first."""
    wanted = standing(WeatherDay, asked.known_at).where(
        WeatherDay.observed_on >= asked.starts_on,
        WeatherDay.observed_on <= asked.as_of,
        records.within(WeatherDay.area_code, asked.area)
        | WeatherDay.area_code.in_(_above(asked.area)),
    )
    if station is not None:
        wanted = wanted.where(WeatherDay.station_code == station)
    in_order = wanted.order_by(WeatherDay.observed_on.desc(), WeatherDay.station_code)
    return list(session.scalars(in_order.limit(limit).offset(offset)))


def _above(area: str) -> list[str]:
    """Return the units around an area: their stations serve it."""
    return [area[:length] for length in areas.CODE_LENGTH.values() if length < len(area)]


def measured(
    session: Session, codes: Iterable[str | None], since: date, asked: Period
) -> dict[str | None, Weather]:
    """Return station -> its days from one day to the period's last."""
    wanted = standing(WeatherDay, asked.known_at).where(
        WeatherDay.observed_on >= since,
        WeatherDay.observed_on <= asked.as_of,
        WeatherDay.station_code.in_(sorted({each for each in codes if each})),
    )
    found: dict[str | None, dict[date, DayWeather]] = defaultdict(dict)
    for each in session.scalars(wanted):
        found[each.station_code][each.observed_on] = DayWeather(
            each.mean_c, each.rain_mm, each.sun_h
        )
    return {**found}


def _served(session: Session, asked: Period, since: date) -> Iterator[tuple[Served, Weather]]:
    towns = stations.serving(session, area=asked.area, on=asked.as_of, known_at=asked.known_at)
    found = measured(session, [each.station_code for each in towns], since, asked)
    for each in towns:
        yield each, found.get(each.station_code, {})


def _each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def rule_on(limits: AgronomyThresholds, bed: Bed, day: date) -> SowingWeather:
    """Return the newest rule of a bed that is valid on a day."""
    valid = [each for each in limits.sowing if each.bed == bed and each.valid_from <= day]
    return max(valid, key=lambda each: each.valid_from)


def suitability(session: Session, asked: Period, bed: Bed) -> SuitabilityTable:
    """Judge every town and day of a period."""
    told = rule_on(thresholds_of(session).agronomy, bed, asked.as_of)
    rule = SowingRule(**told.model_dump(exclude={"version", "valid_from", "bed"}))
    return SuitabilityTable(
        starts_on=asked.starts_on,
        as_of=asked.as_of,
        known_at=asked.known_at,
        bed=bed,
        rule_version=told.version,
        items=[
            _judged(served, weather, day, rule)
            for served, weather in _served(session, asked, asked.starts_on - BEFORE)
            for day in _each_day(asked.starts_on, asked.as_of)
        ],
    )


def _judged(served: Served, weather: Weather, day: date, rule: SowingRule) -> SuitabilityDay:
    found = rules.sowing_suitability(weather, day, rule)
    return SuitabilityDay(
        **served.source.model_dump(),
        day=day,
        grade=found.grade,
        grade_text=GRADE_TEXT[found.grade],
        running_mean_c=found.mean_c,
        n_low_rain_days=found.n_low_rain_days,
        reasons=list(found.reasons) if served.station_code else [NO_STATION],
    )


def fieldwork(session: Session, asked: Period) -> FieldworkTable:
    """Count the days for fieldwork in every town's weeks, which end on the last day's weekday."""
    limits = thresholds_of(session).agronomy
    ends = [asked.as_of]
    while ends[-1] - timedelta(days=WEEK) >= asked.starts_on:
        ends.append(ends[-1] - timedelta(days=WEEK))
    return FieldworkTable(
        starts_on=asked.starts_on,
        as_of=asked.as_of,
        known_at=asked.known_at,
        items=[
            _week(
                served, weather, max(asked.starts_on, end - timedelta(days=WEEK - 1)), end, limits
            )
            for served, weather in _served(session, asked, asked.starts_on - BEFORE)
            for end in sorted(ends)
        ],
    )


def _week(
    served: Served, weather: Weather, first: date, last: date, limits: AgronomyThresholds
) -> FieldworkWeek:
    found = [
        rules.could_work(weather, day, wet_mm=limits.lost_day_mm, heavy_mm=limits.heavy_rain_mm)
        for day in _each_day(first, last)
    ]
    return FieldworkWeek(
        **served.source.model_dump(),
        week_ends_on=last,
        n_days=len(found),
        n_workable=found.count(Work.YES),
        n_lost=found.count(Work.NO),
        n_unknown=found.count(Work.UNKNOWN),
    )


def cold_spells(session: Session, as_of: date, known_at: datetime | None, area: str) -> SpellTable:
    """Find the cold spells of the late spring of a year, as far as the day that is asked for."""
    limits = thresholds_of(session).agronomy
    first = date(as_of.year, *limits.cold_window_starts)
    last = min(as_of, date(as_of.year, *limits.cold_window_ends))
    asked = Period(first, max(first, last), known_at, area)
    return SpellTable(
        starts_on=first,
        as_of=last,
        known_at=known_at,
        items=[
            TownSpells(
                **served.source.model_dump(),
                n_days_missing=sum(
                    weather.get(day, rules.NOTHING).mean_c is None for day in _each_day(first, last)
                ),
                spells=_spells(weather, first, last, limits),
            )
            for served, weather in _served(session, asked, first)
        ],
    )


def _spells(
    weather: Weather, first: date, last: date, limits: AgronomyThresholds
) -> list[SpellRead]:
    cold = SpellRule(limits.cold_mean_c, limits.cold_days)
    dull = SpellRule(limits.dull_mean_c, limits.dull_days, limits.dull_sun_h)
    told = {
        cold: f"日平均气温 ≤{cold.max_mean_c} ℃ 连续 {cold.min_days} 天以上",
        dull: f"日平均气温 ≤{dull.max_mean_c} ℃ 且日照 ≤{dull.max_sun_h} 小时"
        f"连续 {dull.min_days} 天以上",
    }
    found = [
        SpellRead(
            starts_on=each.starts_on,
            ends_on=each.ends_on,
            n_days=each.n_days,
            lowest_c=each.lowest_c,
            may_be_longer=each.may_be_longer,
            criterion=criterion,
        )
        for rule, criterion in told.items()
        for each in spell_rules.cold_spells(weather, first, last, rule)
    ]
    return sorted(found, key=lambda each: (each.starts_on, each.ends_on))
