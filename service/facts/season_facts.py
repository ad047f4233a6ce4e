"""Facts of the season: weather for sowing, cold spells, water, and pests."""

from collections.abc import Callable
from decimal import Decimal
from itertools import groupby

from inspections.agronomy import Grade
from inspections.units import Quantity, Unit
from service.agronomy.pests import plot_of
from service.facts.definitions import Computed, Row, Rows, count, ratio
from service.facts.reading import Reading
from service.facts.reading_field import LAST_DAYS
from service.table_cells import folded

PESTS, WEATHER, WATER = "pest_surveys", "weather", "reservoirs"
A_SURVEY, A_TOWN_DAY = "一次调查", "一镇一天"
ONE, ZERO = Decimal(1), Decimal(0)


def _survey_rows(
    reading: Reading, amounts: dict[str, Decimal], said: Callable[[str], str] = lambda _: ""
) -> Rows:
    """Return every survey with what of it counts; what counts elsewhere already is nothing."""
    return Rows(
        Row(
            PESTS,
            str(each.id),
            each.surveyed_on,
            each.area_code,
            f"{each.surveyed_on} {each.plot_name}{said(str(each.id))}",
            amounts.get(str(each.id), ZERO),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.pest_surveys
    )


def _technician_times(reading: Reading) -> Computed:
    """Count people by day and plot: two pests counted in one visit are one visit."""
    amounts: dict[str, Decimal] = {}
    been: dict[object, set[str]] = {}
    for each in reading.pest_surveys:
        there = been.setdefault((each.surveyed_on, plot_of(each)), set())
        came = set(map(folded, reading.technicians[str(each.id)])) - there
        amounts[str(each.id)] = Decimal(len(came))
        there |= came
    n = reading.pest_summary.n_person_times
    return Computed(
        counted=Quantity(n, Unit.PERSON_TIME),
        rows=_survey_rows(reading, amounts, lambda key: f"({len(reading.technicians[key])} 人)"),
    )


def _technicians(reading: Reading) -> Computed:
    seen: set[str] = set()
    amounts: dict[str, Decimal] = {}
    for each in reading.pest_surveys:
        new = set(map(folded, reading.technicians[str(each.id)])) - seen
        amounts[str(each.id)] = Decimal(len(new))
        seen |= new
    n = reading.pest_summary.n_persons
    return Computed(
        counted=Quantity(n, Unit.PERSON),
        rows=_survey_rows(reading, amounts),
        text=reading.beside_towns(n, reading.technicians_of_towns, "人").removeprefix(";"),
    )


def _plots(reading: Reading) -> Computed:
    rows = _survey_rows(reading, {key: ONE for key, _ in _newest_of_plots(reading)})
    return Computed(counted=Quantity(reading.pest_summary.n_plots, Unit.ITEM), rows=rows)


def _surveyed_mu(reading: Reading) -> Computed:
    rows = _survey_rows(reading, dict(_newest_of_plots(reading)))
    return Computed(counted=Quantity(reading.pest_summary.represented_mu, Unit.MU), rows=rows)


def _newest_of_plots(reading: Reading) -> list[tuple[str, Decimal]]:
    """Return the survey that says last how much land each plot stands for."""
    newest = {plot_of(each): (str(each.id), each.plot_mu) for each in reading.pest_surveys}
    return list(newest.values())


def _density(reading: Reading) -> Computed:
    """Tell of the pest that was looked for most often."""
    items = reading.pest_summary.items
    if not items:
        return Computed(text="今年没有病虫调查")
    line = max(items, key=lambda each: (each.n_surveys, each.pest_code))
    amounts = {
        str(each.id): Decimal(each.live)
        for each in reading.pest_surveys
        if each.pest_code == line.pest_code
    }
    text = (
        f"{line.pest_name}:活虫 {line.live} 头,取样 {line.sampled_m2} 平方米,"
        f"{line.n_surveys} 次调查;{line.last_year.text}"
    )
    return Computed(ratio=line.per_mu, rows=_survey_rows(reading, amounts), text=text)


def _suitable_days(reading: Reading) -> Computed:
    """Count the days that suited sowing in more than half of the towns with a station."""
    judged = [each for each in reading.suitability if each.grade is not Grade.UNKNOWN]
    rows = Rows(
        Row(
            WEATHER,
            f"{each.station_code}/{each.day}",
            each.day,
            each.area_code,
            f"{each.day} {each.name}:{each.grade_text}",
            ONE if each.grade is Grade.SUITABLE else ZERO,
        )
        for each in judged
    )
    if not judged:
        return Computed(text=f"近 {LAST_DAYS} 天没有气象数据")
    n = 0
    for _, some in groupby(judged, key=lambda each: each.day):
        grades = [each.grade for each in some]
        n += grades.count(Grade.SUITABLE) * 2 > len(grades)
    days = {each.day for each in judged}
    text = f"近 {LAST_DAYS} 天中有数据的 {len(days)} 天;一天里过半的镇适宜才计"
    return Computed(counted=Quantity(n, Unit.DAY), rows=rows, text=text)


def _cold_days(reading: Reading) -> Computed:
    """Count the days of this spring on which a town at least was in a cold spell."""
    spells = [(town, spell) for town in reading.cold_spells.items for spell in town.spells]
    rows = Rows(
        Row(
            WEATHER,
            f"{town.area_code}/{spell.starts_on}",
            spell.starts_on,
            town.area_code,
            f"{town.name} {spell.starts_on} 至 {spell.ends_on}:{spell.criterion},"
            f"最低 {spell.lowest_c} ℃",
            Decimal(spell.n_days),
        )
        for town, spell in spells
    )
    days = {
        day
        for _, spell in spells
        for day in range(spell.starts_on.toordinal(), spell.ends_on.toordinal() + 1)
    }
    if not any(town.station_code for town in reading.cold_spells.items):
        return Computed(text="没有气象站点")
    missing = sum(each.n_days_missing for each in reading.cold_spells.items)
    text = f"缺 {missing} 个镇日的气温,可能还有" if missing else ""
    return Computed(counted=Quantity(len(days), Unit.DAY), rows=rows, text=text)


def _water(reading: Reading) -> Computed:
    found = reading.water
    rows = Rows(
        Row(
            WATER,
            each.code,
            each.observed_on,
            each.area_code,
            f"{each.name}:可用水量 {each.available_m3} 立方米,灌溉 {each.irrigates_mu} 亩",
            each.available_m3,
        )
        for each in found.items
        if each.observed_on is not None
    )
    total = found.total
    if total.m3_per_mu is None:
        return Computed(rows=rows, text="没有水库读数")
    text = f"{total.n_read}/{total.n_reservoirs} 座水库有读数;{found.need_note};{total.supply_text}"
    return Computed(
        ratio=total.m3_per_mu,
        rows=rows,
        coverage=Decimal(total.n_read) / total.n_reservoirs if total.n_reservoirs else None,
        text=text,
    )


FACTS = (
    count(
        "pests.technician_times",
        "派遣植保技术人员",
        Unit.PERSON_TIME,
        "今年各次到地块调查的技术人员人数之和;一次查两种虫计一次",
        _technician_times,
        books=(PESTS,),
        grain=A_SURVEY,
    ),
    count(
        "pests.technicians",
        "植保技术人员",
        Unit.PERSON,
        "今年参加调查的不同技术人员",
        _technicians,
        books=(PESTS,),
        grain=A_SURVEY,
    ),
    count(
        "pests.plots",
        "调查地块",
        Unit.ITEM,
        "今年调查过的不同地块",
        _plots,
        books=(PESTS,),
        grain=A_SURVEY,
    ),
    count(
        "pests.area",
        "调查面积",
        Unit.MU,
        "不同地块代表的面积之和,不是取样面积",
        _surveyed_mu,
        books=(PESTS,),
        grain=A_SURVEY,
    ),
    ratio(
        "pests.per_mu",
        "亩虫量",
        "头/亩",
        1,
        "今年调查最多的一种虫:活虫数乘 667 除以取样平方米数",
        _density,
        books=(PESTS,),
        grain=A_SURVEY,
    ),
    count(
        "weather.suitable_days",
        "早稻露地育秧适宜天数",
        Unit.DAY,
        f"近 {LAST_DAYS} 天里,过半的镇适宜露地育秧的天数",
        _suitable_days,
        books=(WEATHER,),
        grain=A_TOWN_DAY,
        is_additive=False,
    ),
    count(
        "weather.cold_days",
        "倒春寒天数",
        Unit.DAY,
        "今年春季有镇处于倒春寒过程的天数",
        _cold_days,
        books=(WEATHER,),
        grain=A_TOWN_DAY,
        is_additive=False,
    ),
    ratio(
        "water.available_per_mu",
        "每亩可用水量",
        "立方米/亩",
        1,
        "各水库死库容以上的蓄水量之和除以灌溉面积之和",
        _water,
        books=(WATER,),
        grain="一座水库的最近读数",
    ),
)
