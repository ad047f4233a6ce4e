"""The pure rules of the sowing book: judging a figure, plans, means, and days of other years."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.thresholds import Thresholds
from service.sowing import rules, terms
from service.sowing.models import Answer, Basis, Method, Reason
from service.sowing.standing import Figure as Sums

LIMITS = Thresholds.read().sowing
DAYS = [date(2023, 3, 2) + timedelta(days=7 * week) for week in range(8)]
areas_mu = st.decimals(0, 1000, places=2)
reasons = st.none() | st.sampled_from(Reason)
days = st.dates(date(1991, 1, 1), date(2099, 12, 31))


def content(mu: Decimal | None) -> rules.Content:
    answer = Answer.NOT_GROWN if mu is None else Answer.AREA
    return rules.Content(answer, mu, Basis.LEDGER, None)


def figure(day: date, mu, *, reason=None, was_submitted=False) -> rules.Figure:
    at = datetime(2023, 1, 1, tzinfo=UTC)
    return rules.Figure(uuid4(), day, content(mu), reason, at, was_submitted)


def falls_without_reason(book: dict[date, rules.Figure]) -> bool:
    line = [book[day] for day in sorted(book)]
    return any(
        now.content.mu < then.content.mu and now.reason is None
        for then, now in itertools.pairwise(line)
    )


@given(
    st.lists(st.tuples(st.sampled_from(DAYS), st.none() | areas_mu, reasons, st.booleans())),
)
def test_whatever_is_filed_in_whatever_order_nothing_falls_without_a_reason(filings):
    book: dict[date, rules.Figure] = {}
    for day, mu, reason, was_submitted in filings:
        verdict = rules.judge(content(mu), day, reason, book)
        if isinstance(verdict, rules.Acceptable):
            assert verdict.supersedes == book.get(day)
            book[day] = figure(day, mu, reason=reason, was_submitted=was_submitted)
        assert not falls_without_reason(book)


@given(st.dictionaries(st.sampled_from(DAYS), areas_mu, min_size=1), st.data())
def test_what_stands_already_is_unchanged(standing, data):
    book = {day: figure(day, mu) for day, mu in standing.items()}
    day = data.draw(st.sampled_from(sorted(book)))
    assert rules.judge(content(standing[day]), day, None, book) == rules.UNCHANGED


@given(areas_mu, areas_mu)
def test_a_correction_names_what_it_replaced(old, new):
    book = {DAYS[3]: figure(DAYS[3], old, was_submitted=True)}
    verdict = rules.judge(content(new), DAYS[3], Reason.MISREPORT, book)
    if old == new:
        assert verdict == rules.UNCHANGED
    else:
        assert isinstance(verdict, rules.Acceptable)
        assert verdict.old_mu == old
        assert isinstance(rules.judge(content(new), DAYS[3], None, book), rules.Refusal)


def test_a_refusal_names_the_field_to_change():
    book = {DAYS[1]: figure(DAYS[1], 50), DAYS[3]: figure(DAYS[3], 60)}
    falls = rules.judge(content(Decimal(49)), DAYS[2], None, book)
    above = rules.judge(content(Decimal(61)), DAYS[2], None, book)
    assert isinstance(falls, rules.Refusal)
    assert isinstance(above, rules.Refusal)
    assert falls.field == above.field == "cumulative_mu"
    assert str(DAYS[1]) in falls.reason
    assert str(DAYS[3]) in above.reason


def test_a_village_has_sown_what_stands_of_each_method_but_nurseries():
    village = rules.Village(
        {
            Method.TRANSPLANTED: {DAYS[1]: figure(DAYS[1], 10), DAYS[3]: figure(DAYS[3], 30)},
            Method.DIRECT_SEEDED: {DAYS[2]: figure(DAYS[2], 5)},
            Method.NURSERY: {DAYS[1]: figure(DAYS[1], 99)},
        }
    )
    assert [village.sown_mu(day) for day in DAYS[:4]] == [0, 10, 15, 35]


@pytest.mark.parametrize(
    ("sown", "plan", "is_doubtful"),
    [
        ("105", "100", None),
        ("105.01", "100", False),
        ("119.99", "100", False),
        ("120", "100", True),
        ("120", "0", None),
    ],
)
def test_over_plan_begins_above_105_and_is_doubtful_from_120_percent(sown, plan, is_doubtful):
    beyond = rules.over_plan(Decimal(sown), Decimal(plan), LIMITS)
    assert (beyond.is_doubtful if beyond else None) is is_doubtful
    assert rules.over_plan(Decimal(sown), None, LIMITS) is None


@given(st.lists(st.none() | areas_mu, max_size=8))
def test_a_mean_of_years_needs_three_and_takes_five(values):
    mean = rules.mean_of_years(values, LIMITS)
    known = [each for each in values[:5] if each is not None]
    assert mean.n == len(known)
    if len(known) < 3:
        assert mean.sown_mu is None
    else:
        assert min(known) - Decimal("0.01") <= mean.sown_mu <= max(known) + Decimal("0.01")


@given(st.none() | areas_mu, st.none() | areas_mu)
def test_a_share_without_a_whole_is_none(part, whole):
    share = rules.share(part, whole)
    assert (share is None) == (part is None or not whole)


def sums():
    return st.builds(
        Sums,
        direct_seeded_mu=areas_mu,
        dry_sown_mu=areas_mu,
        declared_mu=st.none() | areas_mu,
        n_reported=st.integers(0, 9),
    )


@given(sums(), sums(), sums())
def test_sums_do_not_depend_on_their_order(one, two, three):
    assert one.plus(two) == two.plus(one)
    assert one.plus(two).plus(three) == one.plus(two.plus(three))


@given(sums(), sums())
def test_the_difference_to_a_declared_total_is_the_sum_of_the_differences(one, two):
    both = one.plus(two)
    if both.declared_mu is not None:
        differences = [each.declared_or_sown_mu - each.sown_mu for each in (one, two)]
        assert both.declared_mu - both.sown_mu == sum(differences)


# --- days of other years


@given(days)
def test_a_day_lies_at_its_own_offset_from_its_term(day):
    offset = terms.term_offset(day)
    assert 0 <= offset.days <= 17
    assert terms.day_at(offset, offset.year) == day


@given(days)
def test_the_same_term_of_the_year_before_is_a_year_away(day):
    offset = terms.term_offset(day)
    assert 363 <= (day - terms.day_at(offset, offset.year - 1)).days <= 368


@pytest.mark.parametrize(
    ("day", "term", "n_days", "a_year_before"),
    [
        (date(2023, 4, 20), "谷雨", 0, date(2022, 4, 20)),
        (date(2023, 4, 6), "清明", 1, date(2022, 4, 6)),
        (date(2020, 4, 10), "清明", 6, date(2019, 4, 11)),
        (date(2024, 1, 3), "冬至", 12, date(2023, 1, 3)),
        (date(2023, 2, 3), "大寒", 14, date(2022, 2, 3)),
    ],
)
def test_solar_terms_of_the_almanac(day, term, n_days, a_year_before):
    offset = terms.term_offset(day)
    assert (offset.term, offset.days) == (term, n_days)
    assert terms.day_at(offset, offset.year - 1) == a_year_before


def test_the_29th_of_february_compares_with_the_28th():
    assert terms.years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert terms.years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)


@given(st.dates(DAYS[0] - timedelta(days=30), DAYS[-1] + timedelta(days=30)))
def test_the_nearest_week_is_near_or_the_one_that_stood(day):
    found = terms.nearest_week(DAYS, day)
    if DAYS[0] - timedelta(days=3) <= day <= DAYS[-1] + timedelta(days=3):
        assert abs(found - day) <= timedelta(days=3)
    else:
        assert found == (DAYS[-1] if day > DAYS[-1] else None)
