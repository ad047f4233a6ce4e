"""Risk, samples and findings go by their rules, whatever the order of what was told."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.units import Quantity, Unit
from inspections.visits import (
    CLOSING,
    FINDING_MOVES,
    FindingStep,
    Found,
    Outcome,
    OutletDoubt,
    PastVisit,
    SampleStep,
    StepOutOfOrder,
    Tier,
    refuse_finding_step,
    refuse_sample_step,
    risk_tier,
    why_not_none_found,
)

DAY, SINCE = date(2023, 4, 1), date(2021, 4, 1)
PAST = st.lists(
    st.builds(
        PastVisit,
        st.dates(date(2020, 1, 1), DAY),
        st.sampled_from(Outcome),
        st.booleans(),
    )
)


@given(PAST)
def test_the_tier_is_the_worst_that_is_not_forgotten_and_says_why(past):
    tier, reasons = risk_tier(past, since=SINCE)
    assert risk_tier(past[::-1], since=SINCE)[0] is tier
    assert reasons
    recent = [each for each in past if each.day >= SINCE]
    outcomes = {each.outcome for each in recent}
    if outcomes & {"case", "transfer", "refused"} or any(e.has_failed_sample for e in recent):
        assert tier is Tier.HIGH
    elif outcomes & {"order_fix", "on_site_fix"} or "no_violation" not in outcomes:
        assert tier is Tier.MEDIUM
    else:
        assert tier is Tier.LOW


@given(PAST, st.lists(st.builds(OutletDoubt, st.text(min_size=1), st.booleans())))
def test_doubts_of_other_books_only_ever_raise_the_tier_and_are_told(past, doubts):
    order = [Tier.LOW, Tier.MEDIUM, Tier.HIGH]
    (alone, said), (tier, reasons) = (
        risk_tier(past, since=SINCE, doubts=some) for some in ((), doubts)
    )
    if not doubts:
        assert (tier, reasons) == (alone, said)
        return
    least = Tier.HIGH if any(each.is_grave for each in doubts) else Tier.MEDIUM
    assert order.index(tier) == max(order.index(alone), order.index(least))
    texts = [each.text for each in doubts]
    assert reasons == (texts if alone is Tier.LOW else said + texts)


@pytest.mark.parametrize(
    ("outcome", "failed", "tier"),
    [
        (Outcome.NO_VIOLATION, False, Tier.LOW),
        (Outcome.NO_VIOLATION, True, Tier.HIGH),
        (Outcome.ORDER_FIX, False, Tier.MEDIUM),
        (Outcome.CLOSED_SHOP, False, Tier.MEDIUM),
        (Outcome.CASE, False, Tier.HIGH),
    ],
)
def test_one_visit_makes_a_tier(outcome, failed, tier):
    assert risk_tier([PastVisit(DAY, outcome, failed)], since=SINCE)[0] is tier
    forgotten = PastVisit(SINCE - timedelta(days=1), outcome, failed)
    assert risk_tier([forgotten], since=SINCE)[0] is Tier.MEDIUM


def test_a_sample_goes_seal_sent_result_and_never_back_in_time():
    order = list(SampleStep)
    last = None
    for step in order:
        for wrong in set(order) - {step}:
            with pytest.raises(StepOutOfOrder):
                refuse_sample_step(last, wrong, DAY)
        if last is not None:
            with pytest.raises(StepOutOfOrder):
                refuse_sample_step(last, step, last[1] - timedelta(days=1))
        refuse_sample_step(last, step, DAY)
        last = (step, DAY)
    for step in order:
        with pytest.raises(StepOutOfOrder):
            refuse_sample_step(last, step, DAY)


def test_every_finding_can_be_closed_and_a_closed_one_is_over():
    reached, frontier = set(), {None}
    while frontier:
        reached |= frontier
        frontier = {step for each in frontier for step in FINDING_MOVES[each]} - reached
    assert reached == {None, *FindingStep}
    for step in CLOSING:
        assert not FINDING_MOVES[step]
    with pytest.raises(StepOutOfOrder):
        refuse_finding_step(None, FindingStep.RECHECK_PASSED, DAY)
    with pytest.raises(StepOutOfOrder):
        refuse_finding_step((FindingStep.ORDER, DAY), FindingStep.HAND_OVER, date(2023, 3, 1))


CLEAN = {"violating": 0, "refused": 0, "pending": 0, "failed": 0, "open_findings": 0}


def found(**told: int) -> Found:
    counted = {"came": 5, "inspected": 5} | CLEAN | told
    items = {"pending", "failed", "open_findings"}
    return Found(
        **{
            name: Quantity(n, Unit.ITEM if name in items else Unit.OUTLET_TIME)
            for name, n in counted.items()
        }
    )


def test_nothing_found_may_be_said_of_visits_and_of_nothing_else():
    assert why_not_none_found(found()) == []
    assert why_not_none_found(found(inspected=0)) == ["这一期没有检查"]


@pytest.mark.parametrize("name", CLEAN)
def test_each_doubt_alone_forbids_to_say_that_nothing_was_found(name):
    (reason,) = why_not_none_found(found(**{name: 3}))
    assert "3 " in reason
