"""Clocks by hand: working days with holidays, pauses, due days, 发现 of any source."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.case_clocks import (
    Pause,
    PauseNotAllowed,
    Sighting,
    clocks,
    due_on,
    escalations,
    refuse_pauses,
    workdays_used,
)
from inspections.case_statistics import First, firsts, spread
from inspections.case_steps import Move, Step, Timed, due, timed
from inspections.case_words import Escalation, Event, State
from inspections.work_calendar import MissingYear, WorkCalendar

LABOUR = frozenset(date(2023, 4, 29) + timedelta(days=n) for n in range(5))
SPRING = WorkCalendar(frozenset({2023}), LABOUR, frozenset({date(2023, 4, 23), date(2023, 5, 6)}))
THURSDAY = date(2023, 4, 20)
DAYS = st.dates(date(2023, 1, 1), date(2023, 9, 30))


def test_a_workday_is_what_the_state_council_says():
    assert SPRING.is_workday(date(2023, 4, 23)), "a Sunday that is worked"
    assert not SPRING.is_workday(date(2023, 4, 22))
    assert not SPRING.is_workday(date(2023, 5, 1))
    assert SPRING.is_workday(date(2023, 5, 4))


@pytest.mark.parametrize(
    ("started_on", "limit", "expected"),
    [
        (THURSDAY, 0, date(2023, 4, 20)),
        (THURSDAY, 1, date(2023, 4, 21)),
        (THURSDAY, 2, date(2023, 4, 23)),  # Sunday, worked
        (THURSDAY, 3, date(2023, 4, 24)),
        (THURSDAY, 7, date(2023, 4, 28)),
        (THURSDAY, 8, date(2023, 5, 4)),  # after Labour Day
        (THURSDAY, 10, date(2023, 5, 6)),  # Saturday, worked
        (date(2023, 4, 28), 1, date(2023, 5, 4)),
        (date(2023, 4, 30), 1, date(2023, 5, 4)),
    ],
)
def test_due_days_counted_on_the_wall_calendar(started_on, limit, expected):
    assert due_on(started_on, limit, SPRING) == expected
    assert workdays_used(started_on, expected, SPRING) == limit


def test_a_year_that_is_not_known_is_an_error_and_no_guess():
    with pytest.raises(MissingYear, match="2024") as missing:
        due_on(date(2023, 12, 28), 3, SPRING)
    assert missing.value.year == 2024
    assert due_on(date(2023, 12, 28), 1, SPRING) == date(2023, 12, 29)
    with pytest.raises(MissingYear):
        workdays_used(date(2023, 12, 28), date(2024, 1, 2), SPRING)
    with pytest.raises(MissingYear):
        SPRING.is_workday(date(2022, 12, 31))


def test_a_calendar_without_working_days_ends_the_search():
    idle = WorkCalendar(frozenset(range(2023, 2040)), frozenset(), frozenset())
    never = replace(idle, holidays=frozenset(date(2023, 1, 1) + timedelta(n) for n in range(5000)))
    with pytest.raises(MissingYear):
        due_on(THURSDAY, 1, never)


def a_pause(first: date, last: date | None) -> Pause:
    return Pause(first, last, "移送自然资源局", "bureau")


def test_paused_days_do_not_count_and_a_running_pause_leaves_the_due_day_open():
    pause = a_pause(date(2023, 4, 21), date(2023, 4, 25))
    assert due_on(THURSDAY, 1, SPRING, [pause]) == date(2023, 4, 25)
    assert due_on(THURSDAY, 3, SPRING, [pause]) == date(2023, 4, 27)
    assert workdays_used(THURSDAY, date(2023, 4, 27), SPRING, [pause]) == 3
    running = a_pause(date(2023, 4, 24), None)
    assert due_on(THURSDAY, 2, SPRING, [running]) == date(2023, 4, 23), "due before it began"
    assert due_on(THURSDAY, 3, SPRING, [running]) is None
    empty = a_pause(date(2023, 4, 21), date(2023, 4, 21))
    assert due_on(THURSDAY, 1, SPRING, [empty]) == date(2023, 4, 21)


@given(DAYS, st.integers(0, 15), DAYS, st.integers(0, 20))
def test_a_pause_moves_the_due_day_later_and_never_earlier(started_on, limit, first, length):
    pause = a_pause(first, first + timedelta(days=length))
    plain, paused = due_on(started_on, limit, SPRING), due_on(started_on, limit, SPRING, [pause])
    assert plain is not None
    assert paused is not None
    assert plain <= paused <= plain + timedelta(days=length + 9)
    assert workdays_used(started_on, paused, SPRING, [pause]) == limit


@pytest.mark.parametrize(
    ("pauses", "word"),
    [
        ([Pause(THURSDAY, None, " ", "bureau")], "原因"),
        ([Pause(THURSDAY, None, "移送", "")], "批准人"),
        ([a_pause(THURSDAY, date(2023, 4, 19))], "早于"),
        ([a_pause(date(2023, 4, 1), date(2023, 4, 2))], "期间"),
        ([a_pause(THURSDAY, date(2023, 6, 1))], "期间"),
        ([a_pause(THURSDAY, None), a_pause(date(2023, 4, 25), None)], "重叠"),
        (
            [a_pause(date(2023, 4, 22), date(2023, 4, 25)), a_pause(THURSDAY, date(2023, 4, 23))],
            "重叠",
        ),
    ],
)
def test_pauses_need_reason_and_approver_and_lie_apart_inside_the_case(pauses, word):
    with pytest.raises(PauseNotAllowed, match=word):
        refuse_pauses(pauses, date(2023, 4, 10), date(2023, 5, 30))


def test_pauses_one_after_the_other_are_allowed():
    refuse_pauses(
        [a_pause(date(2023, 4, 23), None), a_pause(THURSDAY, date(2023, 4, 23))],
        date(2023, 4, 10),
        None,
    )


@pytest.mark.parametrize(
    ("used", "limit", "mark"),
    [
        (0, 1, None),
        (1, 1, Escalation.FULL),
        (2, 1, Escalation.OVER),
        (1, 3, None),
        (2, 3, Escalation.HALF),
        (3, 3, Escalation.FULL),
        (4, 3, Escalation.FULL),
        (5, 3, Escalation.OVER),
        (8, 15, Escalation.HALF),
        (7, 15, None),
        (15, 15, Escalation.FULL),
        (22, 15, Escalation.FULL),
        (23, 15, Escalation.OVER),
    ],
)
def test_reminders_at_half_full_and_half_over(used, limit, mark):
    marks = [each for each in Escalation if each is not Escalation.RELOOK]
    reached = marks[: marks.index(mark) + 1] if mark else []
    assert list(escalations(used, limit)) == reached, "each is for somebody else"


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2023, 4, day, hour, tzinfo=UTC)


def test_found_is_the_earliest_sighting_that_can_be_trusted_whoever_made_it():
    seen = [Sighting(at(10), "screening", 0.9), Sighting(at(8), "tip", 0.8)]
    told = clocks(seen, min_quality=0.5, stopped_at=at(12), settled_at=at(20))
    assert (told.found_at, told.found_by) == (at(8), "tip")
    assert (told.to_stop, told.to_settle) == (timedelta(days=4), timedelta(days=12))
    assert told.first_by_source == (("tip", at(8)), ("screening", at(10)))
    assert told.lead == timedelta(days=2)
    assert clocks([seen[0]], min_quality=0.5).lead is None
    rumour = Sighting(at(1), "tip", 0.4)
    assert clocks([*seen, rumour], min_quality=0.5).found_at == at(8)


def test_an_older_photo_moves_found_earlier_and_lengthens_the_span():
    seen = [Sighting(at(8), "patrol", 1.0)]
    before = clocks(seen, min_quality=0.5, stopped_at=at(12))
    after = clocks([*seen, Sighting(at(3), "photo", 1.0)], min_quality=0.5, stopped_at=at(12))
    assert (after.found_at, after.found_by) == (at(3), "photo")
    assert (before.to_stop, after.to_stop) == (timedelta(days=4), timedelta(days=9))


def test_the_start_is_unknown_and_says_so():
    told = clocks([Sighting(at(8), "tip", 1.0)], min_quality=0.5)
    assert told.start_text == "起始时间不明"
    known = clocks([], min_quality=0.5, not_before=date(2023, 3, 1))
    assert "2023-03-01" in known.start_text
    assert (known.found_at, known.found_by, known.to_stop, known.lead) == (None,) * 4


sightings = st.builds(
    Sighting,
    st.datetimes(datetime(2023, 1, 1), datetime(2023, 5, 1), timezones=st.just(UTC)),
    st.sampled_from(("tip", "patrol", "photo")),
    st.floats(0, 1),
)


@given(st.lists(sightings, max_size=6), sightings, st.randoms())
def test_one_more_sighting_never_shortens_a_clock_and_order_does_not_matter(seen, one, chance):
    ends = {"min_quality": 0.5, "stopped_at": datetime(2023, 6, 1, tzinfo=UTC)}
    before, after = clocks(seen, **ends), clocks([*seen, one], **ends)
    if before.to_stop is not None:
        assert after.to_stop is not None
        assert after.to_stop >= before.to_stop
    mixed = list(seen)
    chance.shuffle(mixed)
    assert clocks(mixed, **ends) == before


def test_a_new_round_counts_from_what_was_seen_after_the_last_end():
    seen = [Sighting(at(3), "tip", 1.0), Sighting(at(25), "monitoring", 1.0)]
    told = clocks(seen, min_quality=0.5, after=at(20))
    assert (told.found_at, told.found_by) == (at(25), "monitoring")


def move(n: int, event: str, came_from: str, to: str, day: int, **other) -> Move:
    return Move(n, 1, Event(event), State(came_from), State(to), None, date(2023, 4, day), **other)


LIMITS = dict(zip(Step, (1, 3, 5, 7, 15, 10), strict=True))


def test_what_is_timed_follows_from_the_history_alone():
    opened = date(2023, 4, 10)
    assert timed(opened, []) == Timed(Step.ACCEPT, opened, 0)
    path = [
        move(1, "accept", "lead", "accepted", 11),
        move(2, "assign", "accepted", "assigned", 12),
        move(3, "assign", "assigned", "assigned", 13),
    ]
    assert timed(opened, path) == Timed(Step.ARRIVE, date(2023, 4, 11), 1), "since the acceptance"
    path.append(move(4, "arrive", "assigned", "checking", 14))
    path.append(move(5, "report", "checking", "checking", 17))
    assert timed(opened, path) == Timed(Step.CHECK, date(2023, 4, 14), 4)
    assert due(timed(opened, path), LIMITS, SPRING, []) == date(2023, 4, 21)
    away = [*path, move(6, "hand_over", "checking", "handed_over", 18, receipt_due_on=THURSDAY)]
    assert timed(opened, away).receipt_due_on == THURSDAY
    assert due(timed(opened, away), LIMITS, SPRING, []) == THURSDAY
    received = [*away, move(7, "receipt", "handed_over", "handed_over", 19)]
    assert due(timed(opened, received), LIMITS, SPRING, []) is None
    back = [*received, move(8, "take_back", "handed_over", "checking", 23)]
    assert timed(opened, back) == Timed(Step.CHECK, date(2023, 4, 14), 4), "it goes on where it was"
    pause = a_pause(date(2023, 4, 19), date(2023, 4, 23))
    assert due(timed(opened, back), LIMITS, SPRING, [pause]) == date(2023, 4, 25)
    ended = [*back, move(9, "exclude", "checking", "excluded", 24)]
    assert timed(opened, ended).step is None
    assert due(timed(opened, ended), LIMITS, SPRING, []) is None


def test_a_failed_inspection_gives_the_rectification_its_time_anew():
    path = [
        move(1, "stop", "confirmed", "stopped", 3),
        move(2, "order", "stopped", "rectifying", 4),
        move(3, "submit", "rectifying", "awaiting", 6),
        move(4, "fail", "awaiting", "failed", 10),
        move(5, "order", "failed", "rectifying", 11),
    ]
    opened = date(2023, 4, 1)
    assert timed(opened, path[:2]) == Timed(Step.RECTIFY, date(2023, 4, 3), 1)
    assert timed(opened, path[:3]) == Timed(Step.VERIFY, date(2023, 4, 6), 3)
    assert timed(opened, path) == Timed(Step.RECTIFY, date(2023, 4, 10), 4)


def test_medians_and_the_nearest_rank_by_hand():
    days = [timedelta(days=n) for n in range(1, 11)]
    told = spread([*days, None])
    assert (told.n, told.median_days, told.p90_days) == (10, 5.5, 9)
    assert spread([timedelta(hours=36)]).p90_days == 1.5
    none = spread([None])
    assert (none.n, none.median_days, none.p90_days) == (0, None, None)


def test_who_saw_it_first_how_often_and_by_how_much():
    day = timedelta(days=1)
    seen = [("tip", day), ("tip", None), ("patrol", 4 * day), ("tip", 3 * day)]
    assert firsts(seen) == [First("tip", 3, 0.75, 2.0), First("patrol", 1, 0.25, 4.0)]
    assert firsts([]) == []
