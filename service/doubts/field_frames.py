"""Machines, trainings, weather, pests and reservoirs as the rules read them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy.orm import Session

from inspections.doubts import field as rules
from inspections.doubts.doubt import Found
from inspections.doubts.field import Fleet, PestRow, StorageRow, TrainingRow, WeatherRow
from inspections.doubts.limits import DoubtLimits
from inspections.pests import per_mu
from service.agronomy import pests, water
from service.agronomy.models import WeatherDay
from service.agronomy.period import Period as Days
from service.database import thresholds_of
from service.doubts.question import Look
from service.doubts.sowing_frames import term_day
from service.machinery import queries as machinery
from service.machinery.models import Repair
from service.machinery.queries import TOWN, Period
from service.machinery.rules import Job, n_machines
from service.records import standing

YEAR_DAYS = 366
LEAST_YEARS_DAYS = 300
"""So many days earlier is another year, whatever the window."""


def judge_machinery(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    """Go over this year's repairs and the trainings of the days looked at."""
    yield from rules.beyond_register(fleets(session, look))
    yield from rules.beyond_planned(trainings(session, look), limits)


def fleets(session: Session, look: Look) -> list[Fleet]:
    """Return machines registered and repaired this year, by town and class."""
    asked = Period(date(look.as_of.year, 1, 1), look.as_of, None, look.area)
    names = {each.code: each.name for each in machinery.classes(session)}
    stock: dict[tuple[str, str], int] = defaultdict(int)
    for (area, code), each in machinery.registers(session, asked).items():
        stock[area[:TOWN], code] += each.n_registered
    guests = machinery.visiting(session)
    repaired: dict[tuple[str, str], list[Repair]] = defaultdict(list)
    for repair in machinery.repairs(session, asked):
        repaired[repair.area_code[:TOWN], repair.class_code].append(repair)
    return [
        Fleet(
            *(town, code, names.get(code, code), look.as_of.year),
            max(each.repaired_on for each in told),
            n_machines(
                Job(each.machine_id, each.n_machines, each.machine_id in guests) for each in told
            ),
            stock.get((town, code)),
        )
        for (town, code), told in sorted(repaired.items())
    ]


def trainings(session: Session, look: Look) -> list[TrainingRow]:
    """Return the trainings that stand."""
    found = machinery.trainings(session, Period(look.since, look.as_of, None, look.area))
    return [
        TrainingRow(
            *(str(each.id), each.area_code, each.topic, each.held_on),
            *(each.n_planned, each.n_attendees),
        )
        for each in machinery.with_attendance(session, found)
    ]


def judge_agronomy(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    """Go over weather, pest surveys and reservoirs."""
    days, history = weather_rows(session, look)
    yield from rules.disordered(days)
    yield from rules.out_of_climate(days, history, limits)
    asked = Days(look.since, look.as_of, None, look.area)
    yield from rules.unsampled(
        PestRow(
            *(str(each.id), each.area_code, each.plot_name, each.surveyed_on),
            per_mu(each.live, each.sampled_m2) if each.sampled_m2 else None,
            each.sampled_m2,
        )
        for each in pests.surveys(session, asked)
    )
    yield from rules.over_capacity(storage_rows(session, look), limits)


def weather_rows(session: Session, look: Look) -> tuple[list[WeatherRow], list[WeatherRow]]:
    """Return the days looked at, and those of earlier years that they compare with."""
    n_years = thresholds_of(session).agronomy.max_years_for_mean
    first = look.since - timedelta(days=n_years * YEAR_DAYS)
    day = WeatherDay
    wanted = standing(day).where(
        day.observed_on.between(first, look.as_of), look.within(day.area_code)
    )
    columns = (day.station_code, day.area_code, day.observed_on, day.mean_c, day.min_c)
    told = session.execute(wanted.with_only_columns(*columns, day.max_c, day.rain_mm))
    rows = [
        WeatherRow(station, area, on, term_day(on), *values) for station, area, on, *values in told
    ]
    rows.sort(key=lambda each: (each.station, each.on))
    before = look.as_of - timedelta(days=LEAST_YEARS_DAYS)
    return (
        [each for each in rows if each.on >= look.since],
        [each for each in rows if each.on < before],
    )


def storage_rows(session: Session, look: Look) -> list[StorageRow]:
    """Return the readings of reservoirs with what each holds."""
    listed = {each.code: each for each in water.reservoirs(session, area=look.area)}
    found = []
    for each in water.readings(session, Days(look.since, look.as_of, None, look.area), code=None):
        known = listed.get(each.reservoir_code)
        found.append(
            StorageRow(
                reservoir_code=each.reservoir_code,
                reservoir_name=known.name if known else each.reservoir_code,
                area_code=each.area_code,
                on=each.observed_on,
                storage_m3=each.storage_m3,
                capacity_m3=known.capacity_m3 if known else None,
            )
        )
    return found
