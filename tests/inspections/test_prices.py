"""Laws of the price rules."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.price_spikes import (
    Against,
    SpikeRule,
    deviation,
    knows_its_season,
    robust_z,
    seasonal_z,
)
from inspections.prices import (
    IndexRule,
    Window,
    band,
    matched_index,
    middle,
    relatives,
    same_xun_last_year,
    shown,
    window_until,
    wording,
    xun,
    yuan_per_kg,
)

RULE = IndexRule(20, 5, 200, Decimal("0.95"), Decimal("0.01"), Decimal("0.03"))
SPIKE = SpikeRule(5, 3.5, 2.0, Decimal("0.10"), Decimal("0.30"), 3, Decimal("0.70"))
prices = st.decimals(Decimal("0.0001"), Decimal("9999999.9999"), places=4)
packs = st.decimals(Decimal("0.001"), Decimal("2000"), places=3)
factors = st.fractions(Fraction(1, 100), 100)
seen = st.dictionaries(st.integers(0, 60), st.fractions(Fraction(1, 10), 1000), min_size=1)
panels = st.lists(st.fractions(Fraction(1, 2), 2), min_size=20, max_size=60)
days = st.dates(date(1991, 1, 1), date(2100, 12, 31))


@given(prices, packs)
def test_a_pack_and_a_tonne_of_the_same_price_cost_the_same_per_kg(price, pack):
    per_kg = yuan_per_kg(price, pack)
    assert per_kg * Fraction(pack) == Fraction(price)
    assert yuan_per_kg(price, pack) * 1000 == Fraction(price) / (Fraction(pack) / 1000)


@pytest.mark.parametrize(("price", "kg"), [("0", "50"), ("-1", "50"), ("1", "0")])
def test_nothing_has_no_price_per_kg(price, kg):
    with pytest.raises(ValueError, match="more than nothing"):
        yuan_per_kg(Decimal(price), Decimal(kg))


def test_a_third_is_kept_and_shown_rounded():
    third = yuan_per_kg(Decimal(100), Decimal(30))
    assert third * 3 == 10
    assert shown(third) == Decimal("3.3333")
    assert shown(Fraction(1, 20000)) == Decimal("0.0000"), "half to even"


@given(seen, st.data())
def test_an_index_of_unchanged_prices_is_one_whatever_comes_and_goes(now, data):
    then = dict(now)
    for gone in data.draw(st.sets(st.sampled_from(sorted(now)))):
        then.pop(gone)
    then |= data.draw(st.dictionaries(st.integers(100, 160), st.fractions(1, 1000)))
    moved = relatives(now, then)
    assert moved.keys() == now.keys() & then.keys()
    assert set(moved.values()) <= {1}


@given(seen, seen, factors)
def test_the_unit_of_the_prices_does_not_matter(now, then, factor):
    def times(held):
        return {key: value * factor for key, value in held.items()}

    assert relatives(times(now), times(then)) == relatives(now, then)


@given(panels, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(panel, random):
    mixed = list(panel)
    random.shuffle(mixed)
    assert matched_index(panel, 5, RULE) == matched_index(mixed, 5, RULE)


@given(panels)
def test_the_band_holds_the_index_and_lies_within_the_prices(panel):
    found = matched_index(panel, 5, RULE)
    assert min(map(shown, panel)) <= found.low <= found.high <= max(map(shown, panel))
    assert found.low - Decimal("0.0001") <= found.index <= found.high + Decimal("0.0001")


@given(panels, factors)
def test_prices_that_all_move_together_move_the_index_as_much(panel, factor):
    assert middle(each * factor for each in panel) == middle(panel) * factor


def test_the_band_is_the_same_every_time_and_narrows_with_more_pairs():
    random = Random(7)
    few = [Fraction(random.randrange(950, 1050), 1000) for _ in range(30)]
    many = few * 20
    told = {"draws": 500, "share": Decimal("0.95")}
    assert band(few, **told) == band(list(reversed(few)), **told)
    (low, high), (lower, higher) = band(few, **told), band(many, **told)
    assert higher - lower < high - low
    assert low <= shown(middle(few)) <= high


def test_one_outlet_that_lies_moves_the_median_by_less_than_half_a_percent():
    random = Random(20230420)
    panel = [Fraction(random.randrange(990, 1011), 1000) for _ in range(40)]
    honest = middle(panel)
    for lie in (Fraction(1, 100), Fraction(100)):
        lying = middle([lie, *panel[1:]])
        assert abs(lying / honest - 1) < Fraction(5, 1000)
        mean = sum([lie, *panel[1:]]) / 40
        assert abs(mean / honest - 1) > Fraction(5, 1000), "a mean would not have held"


def test_too_few_pairs_or_outlets_tell_nothing():
    panel = [Fraction(1)] * 20
    assert matched_index(panel, 5, RULE).wording == "持平"
    for short in (matched_index(panel[1:], 5, RULE), matched_index(panel, 4, RULE)):
        assert (short.index, short.low, short.high, short.change_share) == (None,) * 4
        assert short.wording == "样本不足"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("0", "持平"),
        ("0.01", "持平"),
        ("-0.01", "持平"),
        ("0.0101", "相对持平"),
        ("-0.03", "相对持平"),
        ("0.0301", "上涨 3.01%"),
        ("-0.127", "下降 12.7%"),
        ("1", "上涨 100%"),
    ],
)
def test_the_words_of_a_change(change, said):
    assert wording(Decimal(change), RULE) == said


@given(days)
def test_a_day_lies_in_its_xun_and_last_years_has_the_same_place(day):
    own, last = xun(day), same_xun_last_year(day)
    assert own.holds(day)
    assert (last.first.year, last.first.month) == (day.year - 1, day.month)
    assert last.first.day == own.first.day
    assert (last.last + timedelta(days=1)).day in {1, 11, 21}


def test_a_leap_day_answers_to_the_end_of_february():
    assert same_xun_last_year(date(2024, 2, 29)) == Window(date(2023, 2, 21), date(2023, 2, 28))
    assert xun(date(2023, 3, 31)) == Window(date(2023, 3, 21), date(2023, 3, 31))


@given(days, st.integers(1, 60))
def test_a_window_holds_its_days_and_no_more(day, n):
    window = window_until(day, n)
    assert (window.last - window.first).days == n - 1
    assert window.holds(day)
    assert not window.holds(day + timedelta(days=1))


@given(st.lists(st.fractions(1, 100), min_size=5, max_size=30), factors, st.randoms())
def test_a_deviation_knows_neither_unit_nor_order(peers, factor, random):
    value, mixed = peers[0], [each * factor for each in peers]
    random.shuffle(mixed)
    z, again = robust_z(value, peers), robust_z(value * factor, mixed)
    assert (z is None) == (again is None)
    assert z is None or again == pytest.approx(z)


def test_peers_that_agree_have_no_spread_but_a_far_price_is_marked():
    peers = [Fraction(2)] * 5 + [Fraction(27, 10)]
    found = deviation(peers[-1], peers, ({}, 0), SPIKE)
    assert (found.against, found.z, found.from_median) == (Against.PEERS, None, Fraction(35, 100))
    assert found.is_marked
    assert not deviation(Fraction(2), peers, ({}, 0), SPIKE).is_marked
    limit = [Fraction(2)] * 5 + [Fraction(26, 10)]
    assert not deviation(limit[-1], limit, ({}, 0), SPIKE).is_marked, "30 % itself is not above"


def test_peers_that_nearly_agree_do_not_mark_a_price_close_by():
    peers = [Fraction(each) for each in (100, 100, 101, 101, 102, 102, 109, 112)]
    near, far = (deviation(each, peers, ({}, 0), SPIKE) for each in peers[-2:])
    assert near.z > SPIKE.peer_z
    assert not near.is_marked
    assert far.is_marked


def test_few_peers_judge_nobody():
    found = deviation(Fraction(9), [Fraction(1), Fraction(1), Fraction(9)], ({}, 0), SPIKE)
    assert (found.z, found.from_median, found.is_marked) == (None, None, False)


def seasonal(n_months: int, price: Callable[[int], float]) -> tuple[dict[int, float], int]:
    month = 12 * 2023 + 3
    return {each: price(each) for each in range(month - n_months, month)}, month


def test_a_season_is_known_from_three_years_and_seven_months_in_ten():
    full, month = seasonal(36, lambda _: 2.0)
    assert knows_its_season(full, month, SPIKE)
    short, _ = seasonal(35, lambda _: 2.0)
    assert not knows_its_season(short, month, SPIKE)
    first = min(full)
    sparse = {each: 2.0 for each in full if each == first or each % 12 in {1, 3, 4, 6, 7, 9, 10}}
    assert len(sparse) == 21
    assert not knows_its_season(sparse, month, SPIKE)
    assert not knows_its_season({}, month, SPIKE)
    never_in_april = {each: 2.0 for each in full if each % 12 != month % 12}
    assert not knows_its_season(never_in_april, month, SPIKE)


def test_a_price_on_its_trend_and_season_does_not_stand_out():
    random = Random(1)

    def price(each: int) -> float:
        return 2 + each / 5000 + 0.4 * (each % 12 == 3) + random.uniform(-0.02, 0.02)

    months, month = seasonal(48, price)
    usual = 2 + month / 5000 + 0.4
    assert abs(seasonal_z(usual, months, month)) < 2
    assert seasonal_z(usual - 0.4, months, month) < -2, "what is dear in March is cheap in April"
    assert seasonal_z(usual * 7, {k: 7 * v for k, v in months.items()}, month) == pytest.approx(
        seasonal_z(usual, months, month)
    )
    found = deviation(Fraction(2), [Fraction(2)] * 6, (months, month), SPIKE)
    assert (found.against, found.is_marked) == (Against.SEASON, True)


def test_a_past_without_any_spread_gives_no_deviation():
    months, month = seasonal(48, lambda each: 2 + 0.1 * (each % 12))
    assert seasonal_z(5, months, month) is None


def test_the_median_here_is_everybodys():
    values = [Fraction(each, 7) for each in (3, 1, 2, 9)]
    assert middle(values) == Fraction(median([3, 1, 2, 9])) / 7
