"""The season's rules on tables worked by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections import pests, water
from inspections.agronomy import (
    DayWeather,
    Grade,
    SowingRule,
    Work,
    could_work,
    sowing_suitability,
)
from inspections.cold_spells import SpellRule, cold_spells
from inspections.water import Need, Supply

D = Decimal
FIRST = date(2023, 3, 20)
OPEN = SowingRule(5, D(12), D(10), D(12), D("0.1"), 3)
FILM = SowingRule(5, D(9), D(7), D(9), D("0.1"), None)
COLD = SpellRule(D(12), 3)
DULL = SpellRule(D(15), 7, D(2))


def season(means: str, rains: str = "", suns: str = "") -> dict[date, DayWeather]:
    """Make days from three rows of numbers; a dash was not measured."""

    def row(text: str) -> list[Decimal | None]:
        return [None if each == "-" else D(each) for each in text.split()]

    columns = [row(means), row(rains), row(suns)]
    longest = max(map(len, columns))
    filled = [each + [None] * (longest - len(each)) for each in columns]
    return {
        FIRST + timedelta(days=n): DayWeather(*values)
        for n, values in enumerate(zip(*filled, strict=True))
    }


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


@pytest.mark.parametrize(
    ("means", "rains", "grade", "mean"),
    [
        ("12 12 12 12 12", "0 0 0 0 0", Grade.SUITABLE, "12.0"),
        ("11.9 12 12 12 12", "0 0 0 0 0", Grade.MARGINAL, "12.0"),  # 11.98 is shown as 12.0
        ("10 10 10 10 10", "0 0 0 0 0", Grade.MARGINAL, "10.0"),
        ("9.9 10 10 10 10", "0 0 0 0 0", Grade.UNSUITABLE, "10.0"),
        ("20 20 20 20 -", "0 0 0 0 0", Grade.UNKNOWN, None),
        ("20 - 20 20 20", "0 0 0 0 0", Grade.UNKNOWN, None),
        ("20 20 20 20 20", "0 0 0 0 -", Grade.SUITABLE, "20.0"),  # warm: rain does not matter
        ("22 11 11 11 11", "0 0.1 5 5 5", Grade.UNSUITABLE, "13.2"),
        ("22 22 11 11 11", "0 0 5 5 5", Grade.SUITABLE, "15.4"),
        ("22 22 11 11 11", "0 0 5 0 5", Grade.SUITABLE, "15.4"),
        ("22 11 11 11 11", "0 5 - 5 5", Grade.UNKNOWN, "13.2"),
        ("- 11 11 11 11", "0 5 5 5 5", Grade.UNSUITABLE, None),  # four wet cold days suffice
    ],
)
def test_a_day_in_the_open_is_judged_as_by_hand(means, rains, grade, mean):
    found = sowing_suitability(season(means, rains), day(4), OPEN)
    assert found.grade is grade
    assert found.mean_c == (None if mean is None else D(mean))
    assert found.reasons


@pytest.mark.parametrize(
    ("mean", "grade"),
    [("9", "suitable"), ("8.9", "marginal"), ("7", "marginal"), ("6.9", "unsuitable")],
)
def test_under_film_rain_does_not_matter(mean, grade):
    weather = season(" ".join([mean] * 5), "9 9 9 9 9")
    assert sowing_suitability(weather, day(4), FILM).grade == grade
    assert sowing_suitability(season(" ".join([mean] * 5)), day(4), FILM).grade == grade


temperatures = st.one_of(st.none(), st.integers(0, 250).map(lambda n: D(n) / 10))
rains = st.one_of(st.none(), st.sampled_from([D(0), D("0.1"), D(30)]))
days = st.lists(st.builds(DayWeather, temperatures, rains), min_size=9, max_size=9)


@given(days, st.integers(0, 8))
def test_a_day_less_never_makes_a_verdict_only_takes_it_away(given_days, lost):
    weather = {day(n): each for n, each in enumerate(given_days)}
    fewer = {each: value for each, value in weather.items() if each != day(lost)}
    whole = sowing_suitability(weather, day(8), OPEN)
    less = sowing_suitability(fewer, day(8), OPEN)
    assert less.grade in {whole.grade, Grade.UNKNOWN}


def spans(weather, rule, n_days: int = 27) -> list[tuple[int, int, bool]]:
    found = cold_spells(weather, FIRST, day(n_days - 1), rule)
    return [
        ((each.starts_on - FIRST).days, (each.ends_on - FIRST).days, each.may_be_longer)
        for each in found
    ]


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ("13 12 12 12 13", [(1, 3, False)]),
        ("13 12 12 13 12", []),
        ("13 12 11 10 9 13 12 12 12 14", [(1, 4, False), (6, 8, False)]),
        ("13 12 12 - 12 12 13", []),
        ("- 12 12 12 13", [(1, 3, True)]),
        ("12 12 12 13", [(0, 2, False)]),
    ],
)
def test_cold_spells_are_those_of_the_hand_count(means, expected):
    n = len(means.split())
    assert spans(season(means), COLD, n) == expected


def test_a_spell_that_reaches_the_last_day_may_go_on():
    assert spans(season("13 12 12 12"), COLD, 4) == [(1, 3, True)]
    (found,) = cold_spells(season("13 12 9.5 12 13"), FIRST, day(4), COLD)
    assert (found.n_days, found.lowest_c) == (3, D("9.5"))


def test_a_dull_spell_needs_seven_days_with_little_sun():
    means = "16 14 14 14 14 14 14 14 16"
    assert spans(season(means, "", "0 2 2 2 2 2 2 2 0"), DULL, 9) == [(1, 7, False)]
    assert spans(season(means, "", "0 2 2 2.1 2 2 2 2 0"), DULL, 9) == []
    assert spans(season(means, "", "0 2 2 - 2 2 2 2 0"), DULL, 9) == []


@pytest.mark.parametrize(
    ("before", "today", "work"),
    [
        ("0", "0", Work.YES),
        ("24.9", "4.9", Work.YES),
        ("0", "5", Work.NO),
        ("25", "0", Work.NO),
        ("-", "0", Work.UNKNOWN),
        ("0", "-", Work.UNKNOWN),
        ("-", "5", Work.NO),
        ("25", "-", Work.NO),
    ],
)
def test_a_wet_day_and_the_day_after_heavy_rain_are_lost(before, today, work):
    weather = season("", f"{before} {today}")
    assert could_work(weather, day(1), wet_mm=D(5), heavy_mm=D(25)) is work


def test_insects_per_mu_are_those_of_the_worked_table():
    assert pests.per_mu(36, D(150)) == D("160.1")
    assert pests.per_mu(0, D(150)) == 0
    with pytest.raises(ValueError, match="size"):
        pests.per_mu(1, D(0))
    assert pests.death_share(36, 4) == D("0.1")
    assert pests.death_share(0, 3) == 1
    assert pests.death_share(0, 0) is None
    assert [pests.grade(D(n), (D(10), D(20), D(30), D(40))) for n in (0, 9, 10, 39, 40)] == [
        1,
        1,
        2,
        4,
        5,
    ]
    assert pests.change_share(D(150), D(100)) == D("0.5")
    assert pests.change_share(D(150), D(0)) is None


SOAKING = Need("E04", "办田", (3, 18), (4, 18), D(80))
PLANTING = Need("E06", "移栽", (3, 25), (4, 22), D(30))


@pytest.mark.parametrize(
    ("on", "stage"),
    [
        (date(2023, 3, 17), None),
        (date(2023, 3, 18), "E04"),
        (date(2023, 4, 18), "E04"),  # both: the one that needs more
        (date(2023, 4, 19), "E06"),
        (date(2023, 4, 23), None),
    ],
)
def test_the_need_is_that_of_the_thirstiest_stage_of_the_day(on, stage):
    found = water.need_on(on, (SOAKING, PLANTING))
    assert (found.code if found else None) == stage


def test_water_per_mu_and_whether_it_will_do():
    assert water.available_m3(D(500), D(600)) == 0
    assert water.per_mu(D(1000), D(0)) is None
    assert water.per_mu(D(1000), D(3)) == D("333.3")
    judged = [water.supply(D(each), D(80), D("1.2")) for each in ("96", "95.9", "80", "79.9")]
    assert judged == [Supply.AMPLE, Supply.TIGHT, Supply.TIGHT, Supply.SHORT]
    assert water.supply(None, D(80), D("1.2")) is Supply.UNKNOWN
    assert water.supply(D(80), None, D("1.2")) is Supply.UNKNOWN
    assert water.supply(D(0), D(0), D("1.2")) is Supply.AMPLE
