"""The steps of a term: who may take which, what speaks against one, how it stands after them."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.case_words import Duty
from inspections.cases import DutyNotAllowed
from inspections.penalty_rules import Term
from inspections.penalty_terms import ExtensionNotAllowed, NoExtension
from inspections.term_gates import DUTIES, TermStepNotAllowed, lack, leaves, take
from inspections.term_steps import (
    TERM_EVENT_TEXT,
    Leave,
    Standing,
    TermEvent,
    TermStep,
    begun,
    fold,
)
from tests.inspections.test_penalty_terms import SPRING, THURSDAY, YEARS

ANN, BEN, CAT = (UUID(int=n) for n in (1, 2, 3))
E = TermEvent
DECISION = begun(Term.DECISION, THURSDAY)


def step(event: TermEvent, by: UUID = ANN, after: int = 1, **told) -> TermStep:
    return TermStep(event, THURSDAY + timedelta(days=after), by, **told)


def ask(leave: Leave, by: UUID = ANN, after: int = 1, **told) -> TermStep:
    return step(E.ASK, by, after, **({"leave": leave, "reason": "案情复杂"} | told))


def taken(held: Standing, *steps: TermStep) -> Standing:
    for each in steps:
        held = take(held, each, Duty.BUREAU, SPRING)
    return held


def refused(held: Standing, one: TermStep) -> str:
    with pytest.raises(TermStepNotAllowed) as refusal:
        take(held, one, Duty.BUREAU, SPRING)
    return str(refusal.value)


def test_every_step_is_of_some_duties_and_of_no_other():
    assert DUTIES.keys() == TERM_EVENT_TEXT.keys() == set(E)
    for event in E:
        for duty in set(Duty) - DUTIES[event]:
            with pytest.raises(DutyNotAllowed):
                take(DECISION, step(event), duty, SPRING)


def test_a_decision_is_done_by_three_people_and_by_no_fewer():
    assert "两人" in refused(DECISION, step(E.DONE))
    assert "还没有拟稿" in refused(DECISION, step(E.REVIEW, BEN))
    held = taken(DECISION, step(E.DRAFT, ANN))
    assert "不能是拟稿人" in refused(held, step(E.REVIEW, ANN))
    assert "法制审核" in refused(held, step(E.APPROVE, CAT))
    held = taken(held, step(E.REVIEW, BEN))
    for person in (ANN, BEN):
        assert "批准人不能是" in refused(held, step(E.APPROVE, person))
    held = taken(held, step(E.APPROVE, CAT, 3))
    assert "早于批准" in refused(held, step(E.DONE, after=4, occurred_on=THURSDAY))
    held = taken(held, step(E.DONE, ANN, 4))
    assert (held.drafted_by, held.reviewed_by, held.approved_by) == (ANN, BEN, CAT)
    assert held.done_on == THURSDAY + timedelta(days=4)
    assert "已经了结" in refused(held, step(E.DRAFT, after=5))


def test_another_draft_begins_anew():
    held = taken(DECISION, step(E.DRAFT, ANN), step(E.REVIEW, BEN), step(E.APPROVE, CAT))
    held = taken(held, step(E.DRAFT, BEN))
    assert (held.drafted_by, held.reviewed_by, held.approved_by) == (BEN, None, None)
    assert "两人" in refused(held, step(E.DONE))


def test_only_a_decision_is_drafted():
    for event in (E.DRAFT, E.REVIEW, E.APPROVE):
        assert "作出处罚决定" in refused(begun(Term.SERVICE, THURSDAY), step(event))


def test_what_is_asked_for_is_granted_by_another_and_counted():
    asked = taken(DECISION, ask(Leave.EXTEND, days=30))
    assert asked.due_on(SPRING) == date(2023, 7, 19), "to ask alone moves nothing"
    with pytest.raises(ExtensionNotAllowed) as own:
        take(asked, step(E.GRANT, ANN), Duty.BUREAU, SPRING)
    assert own.value.reason is NoExtension.OWN_REQUEST
    assert "已有申请" in refused(asked, ask(Leave.DROP))
    longer = taken(asked, step(E.GRANT, BEN, n=2))
    assert longer.due_on(SPRING) == date(2023, 8, 18)
    assert (longer.length_n, longer.extensions[0].approver) == (2, str(BEN))
    with pytest.raises(ExtensionNotAllowed) as again:
        take(longer, ask(Leave.EXTEND, days=30), Duty.BUREAU, SPRING)
    assert again.value.reason is NoExtension.TOO_OFTEN
    denied = taken(asked, step(E.DENY, BEN))
    assert (denied.asked, denied.extensions) == (None, ())


@pytest.mark.parametrize(
    ("days", "after", "reason"),
    [(31, 1, NoExtension.TOO_LONG), (None, 1, NoExtension.TOO_LONG), (30, 91, NoExtension.EXPIRED)],
)
def test_an_extension_is_asked_in_time_and_in_bounds(days, after, reason):
    with pytest.raises(ExtensionNotAllowed) as refusal:
        take(DECISION, ask(Leave.EXTEND, after=after, days=days), Duty.BUREAU, SPRING)
    assert refusal.value.reason is reason


def test_an_extension_that_was_asked_in_time_and_granted_late_is_none():
    asked = taken(DECISION, ask(Leave.EXTEND, after=90, days=30))
    with pytest.raises(ExtensionNotAllowed) as late:
        take(asked, step(E.GRANT, BEN, 91), Duty.BUREAU, SPRING)
    assert late.value.reason is NoExtension.EXPIRED


def test_a_pause_stands_until_it_is_ended_and_only_where_the_rule_has_one():
    held = taken(DECISION, ask(Leave.PAUSE), step(E.GRANT, BEN, 2))
    assert (held.is_paused, held.due_on(SPRING)) == (True, None)
    assert "先恢复" in refused(taken(held, step(E.DRAFT)), step(E.DONE))
    held = taken(held, step(E.RESUME, ANN, 12))
    assert held.due_on(SPRING) == date(2023, 7, 29)
    assert "没有在暂停" in refused(held, step(E.RESUME))
    assert "不能暂停" in refused(begun(Term.SERVICE, THURSDAY), ask(Leave.PAUSE))
    assert "不能暂停" in refused(DECISION, ask(Leave.PAUSE, after=91))


def test_to_drop_a_term_needs_a_reason_and_another_person_even_when_it_is_over():
    served = begun(Term.SERVICE, THURSDAY)
    assert "原因" in refused(served, ask(Leave.DROP, reason=" "))
    held = taken(served, ask(Leave.DROP, after=40))
    assert "不能是申请人" in refused(held, step(E.GRANT, ANN, 40))
    assert taken(held, step(E.GRANT, BEN, 41)).dropped_on == THURSDAY + timedelta(days=41)


def test_a_term_is_done_between_its_first_day_and_today():
    served = begun(Term.SERVICE, THURSDAY)
    for day in (THURSDAY - timedelta(days=1), THURSDAY + timedelta(days=3)):
        assert "办结的日期" in refused(served, step(E.DONE, occurred_on=day))
    assert taken(served, step(E.DONE, after=2, occurred_on=THURSDAY)).done_on == THURSDAY
    notice = begun(Term.HEARING_NOTICE, THURSDAY + timedelta(days=20))
    assert taken(notice, step(E.DONE)).done_on == THURSDAY + timedelta(days=1)


events = st.builds(
    TermStep,
    st.sampled_from(E),
    st.dates(THURSDAY, THURSDAY + timedelta(days=120)),
    st.sampled_from((ANN, BEN, CAT)),
    st.none() | st.sampled_from(Leave),
    st.none() | st.integers(-1, 40),
    st.sampled_from(("", "案情复杂")),
)


@given(st.sampled_from(Term), st.lists(events, max_size=14))
def test_whatever_is_tried_the_rules_hold_and_the_steps_alone_tell_it(term, wanted):
    held, path = begun(term, THURSDAY), []
    for each in sorted(wanted, key=lambda one: one.day):
        due = held.due_on(YEARS)
        try:
            after = take(held, each, Duty.BUREAU, YEARS)
        except (TermStepNotAllowed, ExtensionNotAllowed):
            continue
        assert held.is_open
        assert lack(held, each.event, each.by, each.day, due) is None
        if each.event is E.ASK:
            assert each.leave in set(leaves(held, each.day, due))
        moved = after.due_on(YEARS)
        assert due is None or moved is None or moved >= due
        held, path = after, [*path, each]
    assert fold(begun(term, THURSDAY), path) == held
    assert len(held.extensions) <= held.rule.max_extensions
    assert all(each.asked_by != each.approver for each in held.extensions)
    if term is Term.DECISION and held.done_on is not None:
        assert len({held.drafted_by, held.reviewed_by, held.approved_by} - {None}) == 3
