"""Terms of the law by hand: working and natural days, extensions, lateness; and their laws."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.case_clocks import Pause, due_on
from inspections.case_words import Escalation
from inspections.penalty_lateness import days_over, limitation, surcharge
from inspections.penalty_rules import RULES, TERM_TEXT, NoRule, Term, rule_on
from inspections.penalty_terms import (
    Extension,
    ExtensionNotAllowed,
    NoExtension,
    due,
    marks,
    refuse_extension,
)
from inspections.work_calendar import MissingYear, WorkCalendar

LABOUR = frozenset(date(2023, 4, 29) + timedelta(days=n) for n in range(5))
SPRING = WorkCalendar(frozenset({2023}), LABOUR, frozenset({date(2023, 4, 23), date(2023, 5, 6)}))
THURSDAY = date(2023, 4, 20)
GRANT = Extension(date(2023, 5, 1), 30, "案情复杂", "officer", "bureau")
DAYS = st.dates(date(2023, 1, 20), date(2023, 8, 31))
FINES = st.decimals(0, 10_000_000, places=2)
terms = st.sampled_from(Term)


def on(term: Term, month: int, day: int) -> date | None:
    return due(term, date(2023, month, day), (), (), SPRING)


@pytest.mark.parametrize(
    ("term", "month", "day", "expected"),
    [
        (Term.DECISION, 4, 20, (2023, 7, 19)),
        (Term.DECISION, 4, 1, (2023, 6, 30)),
        (Term.DECISION, 1, 31, (2023, 5, 1)),  # a holiday stays the last day
        (Term.DECISION, 12, 1, (2024, 2, 29)),  # of natural days no calendar is asked
        (Term.SERVICE, 4, 20, (2023, 4, 28)),
        (Term.SERVICE, 4, 28, (2023, 5, 11)),  # over Labour Day, Saturday the 6th is worked
        (Term.SERVICE, 4, 30, (2023, 5, 11)),
        (Term.PRESERVATION, 4, 20, (2023, 4, 28)),
        (Term.PRESERVATION, 5, 8, (2023, 5, 17)),
        (Term.HEARING_REQUEST, 4, 20, (2023, 4, 26)),
        (Term.HEARING_REQUEST, 4, 26, (2023, 5, 6)),
        (Term.HEARING_REQUEST, 4, 22, (2023, 4, 27)),
        (Term.HEARING_NOTICE, 4, 28, (2023, 4, 20)),  # counted back from the hearing
        (Term.HEARING_NOTICE, 5, 8, (2023, 4, 25)),
        (Term.HEARING_NOTICE, 5, 4, (2023, 4, 22)),
        (Term.WITHDRAWAL, 4, 20, (2023, 4, 24)),
        (Term.WITHDRAWAL, 4, 27, (2023, 5, 5)),
        (Term.WITHDRAWAL, 4, 28, (2023, 5, 6)),
        (Term.PAYMENT, 4, 20, (2023, 5, 5)),
        (Term.PAYMENT, 4, 14, (2023, 4, 29)),
    ],
)
def test_due_days_counted_on_the_wall_calendar(term, month, day, expected):
    assert on(term, month, day) == date(*expected)


def test_the_table_says_what_the_law_says():
    told = {each: (rule.days, rule.is_workday) for each, (rule,) in RULES.items()}
    assert told == {
        Term.DECISION: (90, False),
        Term.PRESERVATION: (7, True),
        Term.HEARING_REQUEST: (5, True),
        Term.HEARING_NOTICE: (7, True),
        Term.SERVICE: (7, True),
        Term.PAYMENT: (15, False),
        Term.WITHDRAWAL: (3, True),
    }
    assert RULES.keys() == TERM_TEXT.keys() == set(Term)
    assert all(each.extension_source for (each,) in RULES.values() if each.max_extensions)


@pytest.mark.parametrize(
    "term", [each for each in Term if each not in {Term.DECISION, Term.PAYMENT}]
)
def test_a_year_that_is_not_known_is_an_error_and_no_guess(term):
    with pytest.raises(MissingYear):
        on(term, 1, 3) if term is Term.HEARING_NOTICE else on(term, 12, 30)


@pytest.mark.parametrize("term", Term)
def test_before_the_law_was_in_force_there_is_no_rule(term):
    assert rule_on(term, date(2021, 7, 15)).since == date(2021, 7, 15)
    with pytest.raises(NoRule):
        rule_on(term, date(2021, 7, 14))


def test_an_extension_lengthens_and_a_pause_does_not_count():
    assert due(Term.DECISION, THURSDAY, [GRANT], (), SPRING) == date(2023, 8, 18)
    pause = Pause(date(2023, 5, 1), date(2023, 5, 11), "检测", "bureau")
    assert due(Term.DECISION, THURSDAY, (), [pause], SPRING) == date(2023, 7, 29)
    assert due(Term.DECISION, THURSDAY, [GRANT], [pause], SPRING) == date(2023, 8, 28)
    assert due(Term.DECISION, THURSDAY, (), [replace(pause, ends_on=None)], SPRING) is None


@pytest.mark.parametrize(
    ("term", "changed", "earlier", "due_on_", "reason"),
    [
        (Term.SERVICE, {}, [], (2023, 7, 19), NoExtension.NOT_PROVIDED),
        (Term.DECISION, {}, [GRANT], (2023, 7, 19), NoExtension.TOO_OFTEN),
        (Term.DECISION, {"days": 31}, [], (2023, 7, 19), NoExtension.TOO_LONG),
        (Term.DECISION, {"days": 0}, [], (2023, 7, 19), NoExtension.TOO_LONG),
        (Term.DECISION, {"day": date(2023, 7, 20)}, [], (2023, 7, 19), NoExtension.EXPIRED),
        (Term.DECISION, {"reason": " "}, [], (2023, 7, 19), NoExtension.NO_REASON),
        (Term.DECISION, {"approver": ""}, [], (2023, 7, 19), NoExtension.NO_APPROVER),
        (Term.DECISION, {"approver": "officer"}, [], (2023, 7, 19), NoExtension.OWN_REQUEST),
    ],
)
def test_an_extension_that_the_rule_does_not_give_is_refused(
    term, changed, earlier, due_on_, reason
):
    rule = rule_on(term, THURSDAY)
    with pytest.raises(ExtensionNotAllowed) as refusal:
        refuse_extension(rule, replace(GRANT, **changed), earlier, date(*due_on_))
    assert refusal.value.reason is reason


def test_on_the_last_day_a_term_may_still_be_extended():
    rule = rule_on(Term.DECISION, THURSDAY)
    refuse_extension(rule, replace(GRANT, day=date(2023, 7, 19)), [], date(2023, 7, 19))
    refuse_extension(rule, GRANT, [], None)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(44, 0), (45, 1), (89, 1), (90, 2), (134, 2), (135, 3)],
)
def test_reminders_of_a_decision_at_half_full_and_half_over(days, expected):
    rule, today = rule_on(Term.DECISION, THURSDAY), THURSDAY + timedelta(days=days)
    in_order = (Escalation.HALF, Escalation.FULL, Escalation.OVER)
    assert marks(rule, THURSDAY, today, (), (), SPRING) == in_order[:expected]


@pytest.mark.parametrize(
    ("fine", "days", "expected"),
    [
        ("1000", 0, "0.00"),
        ("1000", 1, "30.00"),
        ("1000", 33, "990.00"),
        ("1000", 34, "1000.00"),
        ("1000", 400, "1000.00"),
        ("33.33", 1, "0.99"),  # what is less than a fen is left out
        ("0", 9, "0.00"),
        ("500", -3, "0.00"),
    ],
)
def test_a_late_fine_grows_by_three_per_cent_a_day_up_to_itself(fine, days, expected):
    assert surcharge(Decimal(fine), days) == Decimal(expected)


@pytest.mark.parametrize("fine", ["-1", "NaN", "Infinity"])
def test_a_fine_that_is_none_has_no_surcharge(fine):
    with pytest.raises(ValueError, match="罚款"):
        surcharge(Decimal(fine), 1)


@given(FINES, FINES, st.integers(0, 500), st.integers(0, 500))
def test_a_surcharge_grows_with_days_and_fine_and_never_above_the_fine(fine, more, days, later):
    told = surcharge(fine, days)
    assert 0 <= told <= fine
    assert surcharge(fine, days + later) >= told
    assert surcharge(fine + more, days) >= told


def test_days_in_court_do_not_count_as_late():
    last = date(2023, 5, 5)
    assert days_over(last, date(2023, 5, 5)) == 0
    assert days_over(last, date(2023, 5, 20)) == 15
    court = Pause(date(2023, 5, 8), date(2023, 5, 18), "行政复议", "bureau")
    assert days_over(last, date(2023, 5, 20), [court]) == 5


@pytest.mark.parametrize(
    ("since", "today", "ends_on", "is_near", "is_over"),
    [
        (date(2021, 7, 20), THURSDAY, date(2023, 7, 20), False, False),
        (date(2021, 7, 19), THURSDAY, date(2023, 7, 19), True, False),
        (date(2021, 4, 20), THURSDAY, THURSDAY, True, False),
        (date(2021, 4, 19), THURSDAY, date(2023, 4, 19), False, True),
        (date(2020, 2, 29), THURSDAY, date(2022, 2, 28), False, True),
    ],
)
def test_two_years_end_on_their_day_and_are_told_before(since, today, ends_on, is_near, is_over):
    told = limitation(since, today, warn_days=90)
    assert (told.ends_on, told.is_near, told.is_over) == (ends_on, is_near, is_over)
    assert told.days_left == (ends_on - today).days
    assert limitation(since, today, warn_days=90, years=5).ends_on.year == since.year + 5


pauses = st.builds(
    lambda first, length: Pause(first, first + timedelta(days=length), "检测", "bureau"),
    DAYS,
    st.integers(0, 20),
)
extensions = st.builds(lambda days: replace(GRANT, days=days), st.integers(1, 30))
YEARS = WorkCalendar(frozenset(range(2022, 2026)), LABOUR, SPRING.workdays)


@given(terms, DAYS, st.lists(extensions, max_size=2), st.lists(pauses, max_size=2), pauses)
def test_a_pause_or_an_extension_never_moves_a_due_day_earlier(term, day, longer, stands, one):
    plain = due(term, day, longer, stands, YEARS)
    assert plain is not None
    paused = due(term, day, longer, [*stands, one], YEARS)
    extended = due(term, day, [*longer, GRANT], stands, YEARS)
    assert paused is not None
    assert extended is not None
    assert paused >= plain
    assert extended >= plain


@given(terms, DAYS, st.lists(extensions, max_size=2), st.lists(pauses, max_size=2))
def test_computing_a_due_day_again_gives_the_same(term, day, longer, stands):
    first = due(term, day, tuple(longer), tuple(stands), YEARS)
    assert due(term, day, longer, stands[::-1], YEARS) == first


@given(DAYS)
def test_notice_on_the_due_day_leaves_seven_working_days_and_a_day_later_does_not(hearing):
    last = due(Term.HEARING_NOTICE, hearing, (), (), YEARS)
    assert last is not None
    reached = due_on(last, 7, YEARS)
    later = due_on(last + timedelta(days=1), 7, YEARS)
    assert reached is not None
    assert later is not None
    assert reached <= hearing < later
