"""Rules over machines, trainings, weather, pests and reservoirs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.doubts import ranges
from inspections.doubts.catalogue import (
    ATTENDANCE,
    CLIMATE,
    REPAIRED,
    RESERVOIR,
    TEMPERATURES,
    UNSAMPLED,
)
from inspections.doubts.doubt import RANGE_TEXT, Doubt, Found, Subject, WhichRange, plain
from inspections.doubts.limits import DoubtLimits

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines of one class in one town: registered, and repaired in a year.

    Attributes
    ----------
    town_code, class_code, class_name : str
        Whose, of what.
    year : int
        Calendar year of the repairs.
    on : date
        The last repair.
    n_repaired : int
        Different machines (台) repaired.
    n_registered : int or None
        Machines of the register; None where the town has none of this class.
    """

    town_code: str
    class_code: str
    class_name: str
    year: int
    on: date
    n_repaired: int
    n_registered: int | None


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One training: persons planned for and persons attending."""

    training_id: str
    area_code: str
    topic: str
    on: date
    n_planned: int | None
    n_attended: int


@dataclass(frozen=True, slots=True)
class WeatherRow:
    """One day at one station; °C and mm, None where not measured.

    Attributes
    ----------
    station, area_code : str
        Whose.
    on : date
        The day.
    term_day : int
        Days from 立春 of that year.
    mean_c, min_c, max_c, rain_mm : Decimal or None
        Temperatures and rain.
    """

    station: str
    area_code: str
    on: date
    term_day: int
    mean_c: Decimal | None
    min_c: Decimal | None = None
    max_c: Decimal | None = None
    rain_mm: Decimal | None = None

    def subject(self, version: str) -> Subject:
        """Return it as what is doubted."""
        return Subject("weather_day", f"{self.station}/{self.on}", self.area_code, self.on, version)


@dataclass(frozen=True, slots=True)
class PestRow:
    """One pest survey: density told or counted, and the area sampled (m²)."""

    survey_id: str
    area_code: str
    plot_name: str
    on: date
    per_mu: Decimal | None
    sampled_m2: Decimal | None


@dataclass(frozen=True, slots=True)
class StorageRow:
    """One reading of a reservoir, m³; the capacity is None where the register has none."""

    reservoir_code: str
    reservoir_name: str
    area_code: str
    on: date
    storage_m3: Decimal
    capacity_m3: Decimal | None


def beyond_register(fleets: Iterable[Fleet]) -> Iterator[Found]:
    """Yield a doubt where more machines were repaired in a year than the town has.

    Parameters
    ----------
    fleets : iterable of Fleet
        One per town, class and year.

    Yields
    ------
    Doubt or Skipped
        One per town, class and year; skipped where nothing is registered.
    """
    told = list(fleets)
    bare = [each for each in told if each.n_registered is None]
    for each in told:
        if each.n_registered is not None and each.n_repaired > each.n_registered:
            name = f"{each.town_code}/{each.class_code}/{each.year}"
            version = f"{each.n_repaired}>{each.n_registered}"
            yield REPAIRED.doubt(
                Subject("fleet", name, each.town_code, each.on, version),
                observed=f"{each.class_name} {each.year} 年已检修 {each.n_repaired} 台",
                expected=f"不超过在册的 {each.n_registered} 台",
                because="检修台数超过在册台数;请核对台数与台次,或更新登记",
                evidence=(("在册(台)", each.n_registered),),
            )
    if bare:
        yield REPAIRED.skipped("没有这一类的在册台数", len(bare), is_whole=len(bare) == len(told))


def beyond_planned(trainings: Iterable[TrainingRow], limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each training attended by many times the persons planned.

    Parameters
    ----------
    trainings : iterable of TrainingRow
        Trainings that stand.
    limits : DoubtLimits
        `attendance_times`.

    Yields
    ------
    Doubt or Skipped
        One per training; skipped where no number was planned.
    """
    told = list(trainings)
    bare = [each for each in told if not each.n_planned]
    for each in told:
        if each.n_planned and each.n_attended > each.n_planned * limits.attendance_times:
            yield ATTENDANCE.doubt(
                Subject("training", each.training_id, each.area_code, each.on),
                observed=f"{each.on}“{each.topic}”参训 {each.n_attended} 人",
                expected=f"计划 {each.n_planned} 人",
                because="参训人数远超计划;请核对签到表",
                evidence=(("计划(人)", each.n_planned),),
            )
    if bare:
        reason = "没有填计划人数"
        yield ATTENDANCE.skipped(reason, len(bare), is_whole=len(bare) == len(told))


def disordered(days: Iterable[WeatherRow]) -> Iterator[Doubt]:
    """Yield a doubt for each day whose lowest, mean and highest temperature are out of order.

    Parameters
    ----------
    days : iterable of WeatherRow
        °C.

    Yields
    ------
    Doubt
        One per station and day.
    """
    for day in days:
        told = [("最低", day.min_c), ("平均", day.mean_c), ("最高", day.max_c)]
        known = [(name, value) for name, value in told if value is not None]
        values = [value for _, value in known]
        if values != sorted(values):
            said = "、".join(f"{name} {plain(value)} ℃" for name, value in known)
            yield TEMPERATURES.doubt(
                day.subject("/".join(map(plain, values))),
                observed=f"{day.on} {said}",
                expected="最低 ≤ 平均 ≤ 最高",
                because="气温次序颠倒,多半是列填错;请核对",
            )


def out_of_climate(
    days: Iterable[WeatherRow], history: Iterable[WeatherRow], limits: DoubtLimits
) -> Iterator[Doubt]:
    """Yield a doubt for each day whose mean temperature or rain is out of its range.

    Parameters
    ----------
    days : iterable of WeatherRow
        °C and mm.
    history : iterable of WeatherRow
        Days of the same stations in other years.
    limits : DoubtLimits
        `coldest_c`, `hottest_c`, `rainiest_mm`, `climate_margin_c`, and those of ranges.

    Yields
    ------
    Doubt
        At most one per station and day: the mean against other years' same week, else against
        other stations of the day, else against fixed limits; rain against a fixed limit.
    """
    told = [day for day in days if day.mean_c is not None or day.rain_mm is not None]
    past = _past_means(history)
    beside = _means_by_day(told)
    for day in told:
        if day.rain_mm is not None and not ZERO <= day.rain_mm <= limits.rainiest_mm:
            yield _rain(day, limits)
        if day.mean_c is None:
            continue
        own = [c for on, c in past[day.station] if ranges.is_same_week(day.term_day, on, limits)]
        peers = [c for station, c in beside[day.on] if station != day.station]
        fixed = (limits.coldest_c, limits.hottest_c)
        wide = ranges.expected(own, peers, fixed, limits, margin=limits.climate_margin_c)
        if not wide.holds(day.mean_c):
            yield _mean(day, day.mean_c, wide)


def _past_means(history: Iterable[WeatherRow]) -> dict[str, list[tuple[int, Decimal]]]:
    found: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for day in history:
        if day.mean_c is not None:
            found[day.station].append((day.term_day, day.mean_c))
    return found


def _means_by_day(days: Iterable[WeatherRow]) -> dict[date, list[tuple[str, Decimal]]]:
    found: dict[date, list[tuple[str, Decimal]]] = defaultdict(list)
    for day in days:
        if day.mean_c is not None:
            found[day.on].append((day.station, day.mean_c))
    return found


def _rain(day: WeatherRow, limits: DoubtLimits) -> Doubt:
    return CLIMATE.doubt(
        day.subject(f"rain {day.rain_mm}"),
        observed=f"{day.on} 雨量 {day.rain_mm} 毫米",
        expected=f"0 至 {plain(limits.rainiest_mm)} 毫米",
        because="一天的雨量超出可能的范围;请核对单位",
        which=WhichRange.STATIC,
    )


def _mean(day: WeatherRow, mean_c: Decimal, wide: ranges.Range) -> Doubt:
    return CLIMATE.doubt(
        day.subject(f"mean {plain(mean_c)}"),
        observed=f"{day.on} 平均气温 {plain(mean_c)} ℃",
        expected=f"{wide.low:.1f} 至 {wide.high:.1f} ℃({RANGE_TEXT[wide.which]})",
        because="平均气温超出常年这个时节的范围;请核对",
        evidence=(("可比的数字(个)", wide.n_values),),
        which=wide.which,
    )


def unsampled(surveys: Iterable[PestRow]) -> Iterator[Doubt]:
    """Yield a doubt for each density of pests without the area that was sampled.

    Parameters
    ----------
    surveys : iterable of PestRow
        Densities per mu, areas in m².

    Yields
    ------
    Doubt
        One per survey: a density cannot be had without an area.
    """
    for each in surveys:
        if each.per_mu is not None and not each.sampled_m2:
            yield UNSAMPLED.doubt(
                Subject("pest_survey", each.survey_id, each.area_code, each.on),
                observed=f"{each.plot_name} {each.on} 每亩 {plain(each.per_mu)} 头",
                expected="有取样面积(平方米)",
                because="虫口密度由活虫数除以取样面积而来,却没有取样面积;请补填",
            )


def over_capacity(readings: Iterable[StorageRow], limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each reading above what the reservoir holds.

    Parameters
    ----------
    readings : iterable of StorageRow
        m³.
    limits : DoubtLimits
        `storage_share` of the capacity, above which it is doubted.

    Yields
    ------
    Doubt or Skipped
        One per reading; skipped where the capacity is not known.
    """
    told = list(readings)
    bare = [each for each in told if not each.capacity_m3]
    for each in told:
        capacity = each.capacity_m3
        if capacity and each.storage_m3 > capacity * limits.storage_share:
            name = f"{each.reservoir_code}/{each.on}"
            version = plain(each.storage_m3)
            yield RESERVOIR.doubt(
                Subject("reservoir_reading", name, each.area_code, each.on, version),
                observed=f"{each.reservoir_name} {each.on} 蓄水 {plain(each.storage_m3)} 立方米",
                expected=f"库容 {plain(capacity)} 立方米",
                because="蓄水量超过库容;请核对单位(立方米、万立方米)",
                evidence=(("库容(立方米)", plain(capacity)),),
            )
    if bare:
        yield RESERVOIR.skipped("没有登记库容", len(bare), is_whole=len(bare) == len(told))
