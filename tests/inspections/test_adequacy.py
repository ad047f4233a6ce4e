"""Demand by week, stock within reach, the first shortfall."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspections.adequacy import NEVER, Alert, Need, alert, demand_by_week, outlook

DAY = date(2023, 4, 20)


def test_a_need_is_spread_evenly_over_its_days_and_the_past_adds_nothing():
    need = Need(0, 0, 28_000, DAY - timedelta(days=7), DAY + timedelta(days=20))
    demand = demand_by_week([need], DAY, (1, 1), 4)
    assert demand[0, 0].tolist() == [7000, 7000, 7000, 0]


@given(st.integers(0, 10**12), st.integers(0, 100), st.integers(0, 90), st.integers(14, 20))
def test_no_gram_is_lost_between_weeks(grams, starts, length, n_weeks):
    first = DAY + timedelta(days=starts % 7)
    need = Need(0, 0, grams, first, first + timedelta(days=length))
    assert demand_by_week([need], DAY, (1, 1), n_weeks).sum() == grams


def weekly(*rows):
    """Two or three towns, one commodity: kg wanted by week."""
    return np.array([[row] for row in rows], np.int64)


def test_moving_stock_from_one_town_to_another_flips_exactly_these_two():
    demand = weekly([200, 200, 200], [200, 200, 200], [200, 200, 200])
    before = outlook(demand, np.array([[600], [100], [600]], np.int64), {})
    after = outlook(demand, np.array([[100], [600], [600]], np.int64), {})
    assert before.first_short_week[:, 0].tolist() == [NEVER, 0, NEVER]
    assert after.first_short_week[:, 0].tolist() == [0, NEVER, NEVER]


def test_only_what_a_town_will_not_want_itself_is_lent():
    demand = weekly([100, 100], [100, 100])
    seen = outlook(demand, np.array([[250], [100]], np.int64), {1: [0]})
    assert seen.available[:, 0].tolist() == [250, 150]
    assert seen.first_short_week[:, 0].tolist() == [NEVER, 1]


def test_what_is_lent_once_is_not_lent_twice_and_the_nearest_lends_first():
    demand = weekly([0, 0], [100, 0], [100, 0], [0, 0])
    stock = np.array([[100], [0], [0], [60]], np.int64)
    seen = outlook(demand, stock, {1: [0, 3], 2: [0, 3]})
    assert seen.available[:, 0].tolist() == [100, 100, 60, 60]


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=3, max_size=3),
    st.lists(st.integers(0, 200), min_size=3, max_size=3),
)
def test_nobody_has_less_than_their_own_and_all_have_no_more_than_there_is(rows, stock):
    demand, there = weekly(*rows), np.array(stock, np.int64)[:, None]
    seen = outlook(demand, there, {0: [1, 2], 1: [2, 0], 2: [0, 1]})
    assert (seen.available >= there).all()
    used = np.minimum(seen.available, demand.sum(axis=2)).sum()
    assert used <= there.sum()
    own_suffices = demand.sum(axis=2) <= there
    assert (seen.first_short_week[own_suffices] == NEVER).all()


def test_alerts_by_share_of_cover():
    told = [alert(kg, 100, 0.6, 0.8) for kg in (59, 60, 79, 80, 99, 100)]
    assert told == [Alert.RED, *[Alert.ORANGE] * 2, *[Alert.YELLOW] * 2, Alert.ENOUGH]
    assert alert(0, 0, 0.6, 0.8) is Alert.NO_DEMAND
