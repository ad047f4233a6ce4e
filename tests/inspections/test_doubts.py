"""What every rule shares: ranges that know the season, and checks that say they were skipped."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.doubts import field, ranges, sowing_series, sowing_sums, sowing_towns
from inspections.doubts.doubt import Skipped, WhichRange
from inspections.doubts.field import WeatherRow
from inspections.doubts.sowing_series import SowingRow
from tests.inspections.test_doubts_seeded import LIMITS

TOWN = "441803102"
VILLAGE = f"{TOWN}201"
DAY = date(2023, 4, 20)
numbers = st.decimals(0, 10**6, places=2)


def a_row(mu: str, week: int = 0, area: str = VILLAGE, **other) -> SowingRow:
    day = DAY - timedelta(days=7 * week)
    row = SowingRow("2023-spring", area, "RICE_E", "transplanted", day, 75 - 7 * week, Decimal(mu))
    return replace(row, recorded_on=day, **other)


def doubted(found) -> list:
    return [each for each in found if not isinstance(each, Skipped)]


@given(st.lists(numbers, min_size=1, max_size=30), st.decimals(0, 1, places=2))
def test_a_quantile_lies_within_and_does_not_know_the_order(values, share):
    found = ranges.quantile(values, share)
    assert min(values) <= found <= max(values)
    assert found == ranges.quantile(reversed(values), share)


def test_the_median_by_hand():
    assert ranges.quantile([Decimal(n) for n in (4, 1, 2, 10)], Decimal("0.5")) == 3


@pytest.mark.parametrize(
    ("n_years", "n_peers", "which"),
    [
        (3, 9, WhichRange.SEASON),
        (2, 9, WhichRange.PEERS),
        (2, 4, WhichRange.STATIC),
    ],
)
def test_a_range_is_of_the_best_evidence_and_says_which(n_years, n_peers, which):
    static = (Decimal(0), Decimal(7))
    found = ranges.expected([Decimal(5)] * n_years, [Decimal(6)] * n_peers, static, LIMITS)
    assert found.which is which
    high = {WhichRange.SEASON: "6.25", WhichRange.PEERS: "7.5", WhichRange.STATIC: "7"}
    assert found.high == Decimal(high[which])


def test_a_jump_is_judged_by_the_same_weeks_of_other_years_only():
    now = [a_row("100", 1), a_row("400")]
    years = [2020, 2021, 2022]
    same = [
        replace(row, season=f"{year}-spring", week=row.week.replace(year=year))
        for year in years
        for row in (a_row("100", 1), a_row("390"))
    ]
    plans = {(VILLAGE, "RICE_E"): Decimal(400)}
    assert doubted(sowing_series.jumps(now, same, plans, LIMITS)) == []
    other_weeks = [replace(row, term_day=row.term_day - 40) for row in same]
    (found,) = sowing_series.jumps(now, other_weeks, plans, LIMITS)
    assert found.which_range is WhichRange.STATIC
    assert "固定界限" in found.expected
    (skipped,) = sowing_series.jumps(now, [], {}, LIMITS)
    assert (skipped.rule, skipped.n_subjects, skipped.is_whole) == ("sowing.jump", 1, True)


def test_a_week_that_was_missed_allows_for_two():
    now = [a_row("100", 2), a_row("500")]
    plans = {(VILLAGE, "RICE_E"): Decimal(400)}
    assert list(sowing_series.jumps(now, [], plans, LIMITS)) == []
    assert len(list(sowing_series.jumps([a_row("100", 1), a_row("500")], [], plans, LIMITS))) == 1


def test_118_percent_of_the_land_is_one_doubt_and_two_harvests_are_none():
    rows = [a_row("90", 1), a_row("118")]
    land = {VILLAGE: Decimal(100)}
    (found,) = sowing_sums.over_land(rows, land, {}, LIMITS)
    assert "118%" in found.explanation_zh
    assert list(sowing_sums.over_land(rows, land, {VILLAGE: 2}, LIMITS)) == []
    (skipped,) = sowing_sums.over_land(rows, {}, {}, LIMITS)
    assert "图斑" in skipped.reason


def test_a_fall_with_a_reason_is_none():
    rows = [a_row("90", 1), a_row("80", is_explained=True)]
    assert list(sowing_series.falls(rows)) == []
    (found,) = sowing_series.falls([rows[0], replace(rows[1], is_explained=False)])
    (again,) = sowing_series.falls([replace(rows[1], is_explained=False), rows[0]])
    assert found.key == again.key
    (other,) = sowing_series.falls([rows[0], a_row("79")])
    assert other.key != found.key


def test_a_town_total_waits_for_all_its_villages():
    rows = [a_row("50"), a_row("60", area=f"{TOWN}202"), a_row("111", area=TOWN)]
    (found,) = sowing_towns.town_totals(rows, {TOWN: 2}, LIMITS)
    assert "110" in found.expected
    (skipped,) = sowing_towns.town_totals(rows, {TOWN: 3}, LIMITS)
    assert "还有村没有报" in skipped.reason
    within = [*rows[:2], a_row("110.01", area=TOWN)]
    assert list(sowing_towns.town_totals(within, {TOWN: 2}, LIMITS)) == []


def test_one_zero_too_many_in_a_town_of_round_numbers():
    rows = [a_row("500", area=f"{TOWN}{n}") for n in (201, 202, 203)]
    assert len(list(sowing_towns.round_towns(rows, LIMITS))) == 1
    assert list(sowing_towns.round_towns(rows[:2], LIMITS)) == []
    assert (
        list(sowing_towns.round_towns([*rows[:2], a_row("501", area=f"{TOWN}203")], LIMITS)) == []
    )


def test_a_warm_day_is_judged_by_its_own_station_in_other_years():
    day = WeatherRow("A", TOWN, DAY, 75, Decimal(33))
    past = [
        replace(day, on=DAY.replace(year=year), mean_c=Decimal(20)) for year in (2020, 2021, 2022)
    ]
    (found,) = field.out_of_climate([day], past, LIMITS)
    assert found.which_range is WhichRange.SEASON
    assert list(field.out_of_climate([day], past[:2], LIMITS)) == []  # within fixed limits
    assert list(field.out_of_climate([replace(day, mean_c=Decimal(27))], past, LIMITS)) == []
