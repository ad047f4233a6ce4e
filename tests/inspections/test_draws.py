"""The draw depends on the list and the seed alone; what it lets one say is exact."""

import hashlib
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections import draws
from inspections.draws import Subject, TooFewOfficers

SEEDS = st.text("abcdef0123456789", min_size=8, max_size=16)
SUBJECTS = st.dictionaries(
    st.text("abc0123", min_size=1, max_size=6), st.sampled_from(["high", "medium", "low"])
).map(lambda found: [Subject(key, tier) for key, tier in found.items()])
RATIOS = st.fixed_dictionaries(
    {tier: st.decimals(0, 1, places=2, allow_nan=False) for tier in ("high", "medium", "low")}
)


@given(SUBJECTS, RATIOS, SEEDS)
def test_each_stratum_gives_its_first_by_hash_and_the_order_of_the_list_does_not_matter(
    subjects, ratios, seed
):
    found = draws.draw(subjects, ratios, seed)
    assert found == draws.draw(subjects[::-1], ratios, seed)
    assert draws.canonical_list(subjects) == draws.canonical_list(subjects[::-1])
    assert all(a.hash <= b.hash for a, b in pairwise(found))
    for tier, ratio in ratios.items():
        own = [each for each in found if each.subject.stratum == tier]
        hashes = sorted(hashlib.sha256((seed + e.subject.id).encode()).hexdigest() for e in own)
        wanted = hashes[: ceil(ratio * len(own))]
        assert [each.hash for each in own if each.is_drawn] == wanted


@given(st.integers(2, 8), st.integers(1, 30), SEEDS)
def test_officers_are_spread_evenly_where_nobody_keeps_away(n_officers, n_subjects, seed):
    subjects = [f"s{n}" for n in range(n_subjects)]
    officers = [f"o{n}" for n in range(n_officers)]
    found = draws.draw_officers(subjects, officers, {}, seed=seed, count=2)
    assert found == draws.draw_officers(subjects, officers[::-1], {}, seed=seed, count=2)
    assert all(len(set(pair)) == 2 for pair in found.values())
    load = Counter(each for pair in found.values() for each in pair)
    assert max(load.values()) - min(load[each] for each in officers) <= 1


@given(SEEDS, st.sets(st.tuples(st.sampled_from("xyz"), st.sampled_from("abcd")), max_size=5))
def test_who_keeps_away_is_never_sent(seed, away):
    excluded = {subject: {who for on, who in away if on == subject} for subject in "xyz"}
    if any(len(set("abcd") - some) < 2 for some in excluded.values()):
        with pytest.raises(TooFewOfficers):
            draws.draw_officers("xyz", "abcd", excluded, seed=seed, count=2)
        return
    found = draws.draw_officers("xyz", "abcd", excluded, seed=seed, count=2)
    assert all(not excluded[subject] & set(pair) for subject, pair in found.items())


# What no hit in a random draw says of all.

CONFIDENCE = Fraction(95, 100)


def chance(size: int, inspected: int, violating: int) -> Fraction:
    """The hypergeometric chance of no hit, by binomial coefficients."""
    return Fraction(comb(size - violating, inspected), comb(size, inspected))


def test_no_hit_in_46_of_233_leaves_at_most_13():
    assert draws.most_violating([(233, 46)], confidence=CONFIDENCE) == 13
    assert chance(233, 46, 13) > 1 - CONFIDENCE >= chance(233, 46, 14)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_bound_is_the_last_number_that_the_sample_cannot_rule_out(stratum):
    size, inspected = stratum
    possible = [m for m in range(size + 1) if chance(size, inspected, m) > 1 - CONFIDENCE]
    assert draws.most_violating([stratum], confidence=CONFIDENCE) == max(possible)


STRATUM = st.integers(1, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.lists(STRATUM, min_size=1, max_size=3))
def test_of_several_strata_the_least_favourable_spread_counts(strata):
    best = 0
    for spread in product(*(range(size + 1) for size, _ in strata)):
        left = Fraction(1)
        for (size, inspected), violating in zip(strata, spread, strict=True):
            left *= chance(size, inspected, violating)
        if left > 1 - CONFIDENCE:
            best = max(best, sum(spread))
    assert draws.most_violating(strata, confidence=CONFIDENCE) == best


def test_quotas_are_rounded_up():
    subjects = [Subject(str(n), "low") for n in range(10)]
    assert draws.quotas(subjects, {"low": Decimal("0.01")}) == {"low": 1}
    assert draws.quotas(subjects, {"low": Decimal(0), "high": Decimal(1)}) == {"low": 0, "high": 0}
