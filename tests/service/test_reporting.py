"""The calendar: every step by table, its clocks, its locks, who may judge whom, who is reminded."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from config.thresholds import Thresholds
from service.audit import AuditEntry
from service.reporting import actions, queries, rules
from service.reporting.models import Notice, ReportingTask, TaskEvent, TaskState
from service.reporting.models import TaskEventKind as Kind
from service.reporting.rules import MOVES, MoveNotAllowed, TaskStory, Timeliness

TAIHE, VILLAGE, OTHER_VILLAGE = "441803102", "441803102201", "441803102202"
WEEK = "2023-04-20"
DUE = datetime(2023, 4, 20, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
LIMITS = Thresholds.read().reporting
STEPS = {
    Kind.SUBMIT: ("recorder", None),
    Kind.RETURN: ("approver", {"reason": "数字不对"}),
    Kind.APPROVE: ("approver", None),
    Kind.ACCEPT: ("bureau", None),
    Kind.REOPEN: ("bureau", {"reason": "更正"}),
}
WHAT_MAY_HAPPEN = {
    ("pending", "file"): "draft",
    ("draft", "file"): "draft",
    ("draft", "submit"): "submitted",
    ("submitted", "return"): "returned",
    ("submitted", "approve"): "approved",
    ("approved", "return"): "returned",
    ("approved", "accept"): "accepted",
    ("returned", "file"): "draft",
    ("returned", "submit"): "submitted",
    ("accepted", "reopen"): "returned",
    ("accepted", "archive"): "archived",
}


def figure(village: str = VILLAGE, mu: float = 1, **other) -> dict:
    return {
        "season_code": "2023-spring",
        "area_code": village,
        "crop_code": "RICE_E",
        "method": "transplanted",
        "as_of": WEEK,
        "cumulative_mu": mu,
    } | other


@pytest.fixture
def people(as_role):
    """The three who carry a week."""
    return {
        "recorder": as_role("recorder", TAIHE),
        "approver": as_role("approver", TAIHE),
        "bureau": as_role("bureau"),
    }


@pytest.fixture
def task_id(season, people) -> str:
    found = people["recorder"].get("reporting/tasks", season=season, period=WEEK).json()["items"]
    assert [each["area_code"] for each in found] == [TAIHE]
    return found[0]["id"]


@pytest.fixture
def step(people, task_id):
    """Take a step of the week as the one whose duty it is."""

    def take(kind: str, *, by: str | None = None, reason: str | None = None):
        role, body = STEPS[Kind(kind)]
        body = {"reason": reason} if reason else body
        return people[by or role].post(f"reporting/tasks/{task_id}/{kind}", body)

    return take


@pytest.fixture
def shown(people, season):
    """Read the week as the bureau sees it."""

    def read() -> dict:
        items = people["bureau"].get("reporting/tasks", season=season, period=WEEK, area=TAIHE)
        return items.json()["items"][0]

    return read


# The table of steps.


def test_the_table_of_steps_is_the_one_that_was_agreed():
    assert {(s.value, k.value): to.value for (s, k), to in MOVES.items()} == WHAT_MAY_HAPPEN


@pytest.mark.parametrize(("state", "kind"), list(product(TaskState, Kind)))
def test_a_step_leads_where_the_table_says_or_is_refused(state, kind):
    expected = WHAT_MAY_HAPPEN.get((state.value, kind.value))
    if expected is None:
        with pytest.raises(MoveNotAllowed, match=rules.STATE_TEXT[state]):
            rules.next_state(state, kind)
    else:
        assert rules.next_state(state, kind) == expected


def test_through_the_api_too_every_step_from_every_state(people, step, task_id, database, season):
    for state, kind in product(TaskState, STEPS):
        with database.system_transaction() as session:
            session.execute(update(ReportingTask).values(state=state))
        answer = step(kind.value)
        expected = WHAT_MAY_HAPPEN.get((state.value, kind.value))
        cell = (state, kind, answer.text)
        if expected is None:
            assert answer.status_code == 409, cell
            assert answer.headers["content-type"] == "application/problem+json"
            with database.system_reading() as session:
                states = set(session.scalars(select(ReportingTask.state)))
            assert states == {state}, cell
        else:
            assert answer.status_code == 200, cell
            assert answer.json()["state"] == expected


def test_filing_is_possible_in_open_states_only(people, database, season, task_id):
    for n, state in enumerate(TaskState, start=2):
        with database.system_transaction() as session:
            session.execute(update(ReportingTask).values(state=state))
        answer = people["recorder"].post("sowing/reports", figure(mu=n))
        if (state.value, "file") in WHAT_MAY_HAPPEN:
            assert answer.status_code == 201, (state, answer.text)
        else:
            assert answer.status_code == 409, state
            assert rules.STATE_TEXT[state] in answer.json()["detail"]


# The life of a week.


def test_a_week_goes_round_and_its_events_tell_who_and_why(people, step, task_id, shown):
    people["recorder"].post("sowing/reports", figure())
    story = [
        ("submit", None),
        ("return", "漏了三个村"),
        ("submit", None),
        ("approve", None),
        ("return", "与台账不符"),
        ("submit", None),
        ("approve", None),
        ("accept", None),
        ("reopen", "村里来电更正"),
    ]
    for kind, reason in story:
        by = "bureau" if reason == "与台账不符" else None
        assert step(kind, reason=reason, by=by).status_code == 200, kind
    told = people["recorder"].get(f"reporting/tasks/{task_id}/events").json()["items"]
    assert [(e["kind"], e["reason"]) for e in told] == [("file", None), *story]
    assert all(b["from_state"] == a["to_state"] for a, b in pairwise(told))
    assert [e["at"] for e in told] == sorted(e["at"] for e in told)
    assert told[0]["actor"] == f"recorder {TAIHE}"
    assert shown()["state"] == "returned"


def test_a_return_without_its_reason_is_refused(people, step, task_id, shown):
    people["recorder"].post("sowing/reports", figure())
    step("submit")
    for body in (None, {}, {"reason": ""}, {"reason": None}):
        answer = people["approver"].post(f"reporting/tasks/{task_id}/return", body)
        assert answer.status_code == 422
    assert shown()["state"] == "submitted"


def test_an_accepted_week_is_frozen_below_until_it_is_reopened(people, step, clock):
    people["recorder"].post("sowing/reports", figure())
    for kind in ("submit", "approve", "accept"):
        step(kind)
    for body in (figure(mu=2, reason="misreport"), figure(OTHER_VILLAGE, 1)):
        assert people["recorder"].post("sowing/reports", body).status_code == 409
    batch = {"items": [figure(OTHER_VILLAGE, 1)]}
    assert people["recorder"].post("sowing/reports/batch", batch).status_code in {409, 422}
    step("reopen")
    assert people["recorder"].post("sowing/reports", figure(mu=2)).status_code == 422
    corrected = figure(mu=2, reason="misreport")
    assert people["recorder"].post("sowing/reports", corrected).status_code == 201


# Separation of duties.


def test_nobody_judges_what_they_filed_or_judged_themselves(people, step, task_id, as_role, shown):
    admin, recorder = as_role("admin"), people["recorder"]
    recorder.post("sowing/reports", figure())
    step("submit")
    me = recorder.get("me").json()["account_id"]
    admin.send("PATCH", f"accounts/{me}", json={"role": "approver"})
    answer = recorder.post(f"reporting/tasks/{task_id}/approve")
    assert answer.status_code == 403
    assert "自己" in answer.json()["detail"]
    assert step("approve").status_code == 200
    approver = people["approver"].get("me").json()["account_id"]
    for account in (me, approver):
        admin.send("PATCH", f"accounts/{account}", json={"role": "bureau"})
    for who in ("recorder", "approver"):
        assert people[who].post(f"reporting/tasks/{task_id}/accept").status_code == 403
    assert shown()["state"] == "approved"
    assert step("accept").status_code == 200


@pytest.mark.parametrize("kind", list(Kind))
def test_the_conflicts_are_those_of_judging_ones_own(kind):
    judged = {Kind.APPROVE: {Kind.FILE, Kind.SUBMIT}}
    judged[Kind.ACCEPT] = judged[Kind.APPROVE] | {Kind.APPROVE}
    for done in Kind:
        assert rules.is_own_work(kind, {done}) == (done in judged.get(kind, set()))
    assert not rules.is_own_work(kind, set())


def test_a_village_recorder_sees_the_towns_week_and_cannot_submit_it(
    people, step, task_id, as_role
):
    villager = as_role("recorder", VILLAGE)
    assert villager.post("sowing/reports", figure()).status_code == 201
    assert villager.post("sowing/reports", figure(OTHER_VILLAGE)).status_code == 404
    assert villager.get("reporting/tasks", period=WEEK).json()["items"][0]["id"] == task_id
    answer = villager.post(f"reporting/tasks/{task_id}/submit")
    assert answer.status_code == 403
    assert step("submit").status_code == 200


# Clocks.


def test_the_four_instants_of_an_ordinary_week():
    clocks = rules.clocks(date(2023, 4, 20), LIMITS, frozenset())
    assert clocks.opens_at == datetime(2023, 4, 13, 16, 0, tzinfo=UTC)
    assert clocks.due_at == DUE
    assert clocks.grace_until == datetime(2023, 4, 21, 4, 0, tzinfo=UTC)  # 12:00 next day
    assert clocks.locks_at == DUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("period", "holidays", "due_on"),
    [
        ("2023-04-20", ["2023-04-20"], "2023-04-21"),
        ("2023-04-20", ["2023-04-20", "2023-04-21"], "2023-04-24"),  # over the weekend
        ("2023-04-22", [], "2023-04-22"),  # a Saturday by the season's own choice
        ("2023-04-22", ["2023-04-22"], "2023-04-24"),
        ("2023-12-31", ["2023-12-31", "2024-01-01"], "2024-01-02"),
        ("2024-02-29", ["2024-02-29"], "2024-03-01"),
    ],
)
def test_a_week_that_ends_on_a_holiday_is_due_on_the_next_working_day(period, holidays, due_on):
    days = frozenset(date.fromisoformat(day) for day in holidays)
    clocks = rules.clocks(date.fromisoformat(period), LIMITS, days)
    assert clocks.due_at.isoformat() == f"{due_on}T17:00:00+08:00"
    assert clocks.opens_at.date() == date.fromisoformat(period) - timedelta(days=6)


def test_the_shipped_holidays_move_the_weeks_of_a_season(database, season):
    with database.system_reading() as session:
        for task in session.scalars(select(ReportingTask).where(ReportingTask.area_code == TAIHE)):
            clocks = rules.clocks(task.period, LIMITS, queries.holidays())
            assert (task.opens_at, task.due_at) == (clocks.opens_at, clocks.due_at)
            due_on = clocks.due_at.date()
            assert due_on not in queries.holidays()
    assert {date(2023, 5, 1), date(2026, 5, 1)} <= queries.holidays()


@pytest.mark.parametrize(
    ("starts", "ends", "weekday", "expected"),
    [
        ("2023-02-24", "2023-03-10", 4, ["2023-03-02", "2023-03-09"]),
        ("2023-03-02", "2023-03-02", 4, ["2023-03-02"]),
        ("2023-03-03", "2023-03-08", 4, []),
        ("2023-12-28", "2024-01-05", 7, ["2023-12-31"]),
    ],
)
def test_the_days_that_close_weeks(starts, ends, weekday, expected):
    found = rules.reference_days(date.fromisoformat(starts), date.fromisoformat(ends), weekday)
    assert [day.isoformat() for day in found] == expected


OPENS, LOCKS = DUE - timedelta(days=6, hours=17), DUE + timedelta(days=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("submitted_at", "now", "expected"),
    [
        (None, OPENS - TICK, Timeliness.NOT_OPEN),
        (None, OPENS, Timeliness.WAITING),
        (None, DUE, Timeliness.WAITING),
        (None, DUE + TICK, Timeliness.OVERDUE),
        (None, LOCKS + timedelta(days=99), Timeliness.OVERDUE),
        (DUE, LOCKS, Timeliness.ON_TIME),
        (DUE + TICK, LOCKS, Timeliness.LATE),
        (LOCKS - TICK, LOCKS, Timeliness.LATE),
        (LOCKS, LOCKS, Timeliness.AFTER_LOCK),
    ],
)
def test_timeliness_is_judged_to_the_instant(submitted_at, now, expected):
    found = rules.timeliness(submitted_at, opens_at=OPENS, due_at=DUE, locks_at=LOCKS, now=now)
    assert found is expected
    assert rules.TIMELINESS_TEXT[found]


def test_a_week_takes_rows_from_its_opening_to_its_lock_and_not_outside(
    people, season, clock, shown
):
    opens, locks = (datetime.fromisoformat(shown()[name]) for name in ("opens_at", "locks_at"))
    cases = [(opens - TICK, 409), (opens, 201), (locks - TICK, 201), (locks, 409)]
    for n, (at, status) in enumerate(cases, start=1):
        clock.set(at)
        answer = people["recorder"].post("sowing/reports", figure(mu=n))
        assert answer.status_code == status, (at, answer.text)
        assert shown()["is_open"] is (status == 201)


def test_a_first_submission_decides_whatever_comes_after(people, step, clock, shown):
    people["recorder"].post("sowing/reports", figure())
    step("submit")
    assert shown()["timeliness"] == "on_time"
    clock.forward(days=1)
    step("return")
    step("submit")
    assert shown()["timeliness"] == "on_time"


# Locks and exceptions.


@pytest.fixture
def grant(people):
    def give(area: str = TAIHE, *, days: float = 2, by: str = "bureau", now, **other):
        body = {
            "season_code": "2023-spring",
            "area_code": area,
            "period": WEEK,
            "reason": "停电停网",
            "expires_at": (now + timedelta(days=days)).isoformat(),
        }
        return people[by].post("reporting/exceptions", body | other)

    return give


def test_a_locked_week_opens_by_an_exception_until_it_expires(people, step, clock, grant, shown):
    clock.forward(days=3)
    assert people["recorder"].post("sowing/reports", figure()).status_code == 409
    granted = grant(now=clock())
    assert granted.status_code == 201
    listed = people["recorder"].get("reporting/exceptions", season="2023-spring").json()["items"]
    assert listed == [granted.json()]
    me = people["bureau"].get("me").json()["account_id"]
    assert (listed[0]["granted_by"], listed[0]["reason"]) == (me, "停电停网")
    assert shown()["is_open"] is True
    assert people["recorder"].post("sowing/reports", figure()).status_code == 201
    clock.forward(days=2)
    assert people["recorder"].post("sowing/reports", figure(mu=2)).status_code == 409
    assert step("submit").status_code == 409
    assert shown()["is_open"] is False


def test_an_exception_opens_its_own_town_and_week_only(people, clock, grant, as_role, season):
    clock.forward(days=10)
    assert grant(now=clock()).status_code == 201
    recorder = people["recorder"]
    other_week = figure() | {"as_of": "2023-04-13"}
    assert recorder.post("sowing/reports", other_week).status_code == 409
    elsewhere = as_role("recorder", "441803105")
    village = elsewhere.get("areas", parent="441803105").json()["items"][0]["code"]
    assert elsewhere.post("sowing/reports", figure(village)).status_code == 409
    assert recorder.post("sowing/reports", figure()).status_code == 201


def test_an_exception_for_one_village_opens_it_and_lets_its_town_submit(people, step, clock, grant):
    clock.forward(days=3)
    assert grant(VILLAGE, now=clock()).status_code == 201
    assert people["recorder"].post("sowing/reports", figure(OTHER_VILLAGE)).status_code == 409
    assert people["recorder"].post("sowing/reports", figure()).status_code == 201
    assert step("submit").status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        {"days": 0},
        {"days": -1},
        {"days": 31},
        {"period": "2023-04-19"},
        {"period": "2024-04-20"},
        {"season_code": "2024-spring"},
        {"area": "441803999"},
        {"area": "44"},
        {"by": "recorder"},
        {"by": "approver"},
    ],
)
def test_a_grant_that_does_not_fit_is_refused(bad, season, grant, clock, people):
    answer = grant(**({"now": clock()} | bad))
    assert 400 <= answer.status_code < 500
    listed = people["bureau"].get("reporting/exceptions", season="2023-spring")
    assert listed.json()["items"] == []


def test_the_same_grant_sent_again_is_one_grant(season, grant, clock, people):
    name, now = str(uuid4()), clock()
    first = grant(id=name, now=now)
    clock.forward(minutes=5)
    again = grant(id=name, now=now)
    assert (again.status_code, again.json()) == (201, first.json())
    assert grant(id=name, now=now, reason="别的").status_code == 409
    listed = people["bureau"].get("reporting/exceptions", season="2023-spring").json()["items"]
    assert len(listed) == 1


def test_a_returned_week_stays_open_for_its_hours_lock_or_no_lock(people, step, clock):
    people["recorder"].post("sowing/reports", figure())
    step("submit")
    clock.forward(days=5)
    step("return")
    clock.forward(hours=LIMITS.return_open_hours)
    clock.set(clock() - timedelta(seconds=1))
    corrected = figure(mu=2, reason="misreport")
    assert people["recorder"].post("sowing/reports", corrected).status_code == 201
    clock.forward(seconds=2)
    late = figure(mu=3, reason="misreport")
    assert people["recorder"].post("sowing/reports", late).status_code == 409
    assert step("submit").status_code == 409


# Rates.


def a_story(submitted_at, *, was_returned=False) -> TaskStory:
    return TaskStory(uuid4(), OPENS, DUE, LOCKS, submitted_at, was_returned)


def test_rates_count_what_is_due_and_what_is_in():
    stories = [
        a_story(DUE - timedelta(days=1)),
        a_story(DUE, was_returned=True),
        a_story(DUE + TICK),
        a_story(LOCKS + TICK),
        a_story(None),
    ]
    early = rules.rates(stories, DUE)
    assert (early.n_due, early.n_submitted) == (4, 4)
    late = rules.rates(stories, DUE + TICK)
    assert (late.n_due, late.n_submitted, late.n_on_time, late.n_returned) == (5, 4, 2, 1)
    assert (late.reported_share, late.on_time_share, late.error_share) == (0.8, 0.4, 0.25)


def test_a_rate_without_a_denominator_is_none():
    nothing = rules.rates([a_story(None)], DUE)
    assert nothing.n_due == 0
    assert (nothing.reported_share, nothing.on_time_share, nothing.error_share) == (None,) * 3


def test_rates_through_the_api(people, step, clock, season):
    people["recorder"].post("sowing/reports", figure())
    step("submit")
    step("return")
    clock.forward(hours=9)
    told = people["bureau"].get("reporting/rates", season=season, until=WEEK).json()
    assert (told["n_due"], told["n_submitted"], told["n_on_time"]) == (72, 1, 1)
    assert told["error_share"] == 1.0
    town = people["bureau"].get("reporting/rates", season=season, until=WEEK, area=TAIHE).json()
    assert town["n_due"] == 8
    nowhere = people["bureau"].get("reporting/rates", season=season, area="441803999").json()
    assert nowhere["reported_share"] is None


# Reminders.


def leave_only_this_week(database) -> None:
    with database.system_transaction() as session:
        others = update(ReportingTask).where(ReportingTask.period != date.fromisoformat(WEEK))
        session.execute(others.values(state=TaskState.ACCEPTED))


def remind(database) -> int:
    with database.system_transaction() as session:
        return actions.remind(session)


def test_each_reminder_is_written_once_per_task_and_step_and_the_right_one_reads_it(
    database, season, clock, people, as_role
):
    steps = [
        (DUE - timedelta(days=1), "one-day", "recorder"),
        (DUE - timedelta(hours=2), "two-hours", "recorder"),
        (DUE, "overdue", "recorder"),
        (DUE + timedelta(hours=19), "grace-over", "approver"),
        (DUE + timedelta(hours=24), "locked", "bureau"),
    ]
    clock.set(DUE - timedelta(days=1) - TICK)
    leave_only_this_week(database)
    assert remind(database) == 0
    for at, name, audience in steps:
        clock.set(at)
        assert remind(database) == 9, name
        assert remind(database) == 0, name
        clock.forward(minutes=15)
        assert remind(database) == 0, name
        (notice, *others) = people[audience].get("reporting/notices").json()["items"]
        assert notice["step"] == name
        assert "04月20日" in notice["message"]
        assert all(each["audience"] == audience for each in others)
    assert {
        n["area_code"] for n in people["recorder"].get("reporting/notices").json()["items"]
    } == {TAIHE}
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 45
        told = select(func.count()).where(AuditEntry.action == "notice.write")
        assert session.scalar(told) == 45


def test_after_a_stop_one_reminder_goes_out_and_not_a_heap(database, season, clock):
    leave_only_this_week(database)
    clock.set(DUE + timedelta(days=3))
    assert remind(database) == 9
    with database.system_reading() as session:
        assert set(session.scalars(select(Notice.step))) == {"locked"}
    clock.forward(days=30)
    assert remind(database) == 0


def test_a_week_that_was_submitted_is_not_reminded(database, season, clock, people, step):
    people["recorder"].post("sowing/reports", figure())
    step("submit")
    leave_only_this_week(database)
    clock.set(DUE + timedelta(hours=20))
    remind(database)
    with database.system_reading() as session:
        reminded = set(session.scalars(select(Notice.area_code)))
    assert TAIHE not in reminded
    assert len(reminded) == 8


# Seasons.

NEW = {
    "code": "2024-spring",
    "title": "2024年春播",
    "kind": "spring",
    "crop_year": 2024,
    "starts_on": "2024-02-24",
    "ends_on": "2024-05-04",
}


def test_a_new_season_has_a_task_for_each_town_and_week(people, database):
    first = people["bureau"].post("seasons", NEW)
    assert first.status_code == 201
    again = people["bureau"].post("seasons", NEW)
    assert (again.status_code, again.json()) == (201, first.json())
    with database.system_reading() as session:
        tasks = session.scalars(select(ReportingTask)).all()
        assert len(tasks) == 10 * 9
        assert sum(task.n_expected for task in tasks) == 10 * 209
        assert {task.state for task in tasks} == {TaskState.PENDING}
        assert session.scalar(select(func.count()).select_from(TaskEvent)) == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"title": "别的"}, 409),
        ({"code": "other"}, 409),
        ({"crop_year": 2025}, 409),
        ({"code": "x", "kind": "autumn", "ends_on": "2024-02-24"}, 422),
        ({"code": "x", "kind": "autumn", "ends_on": "2024-01-01"}, 422),
        ({"code": "x", "kind": "autumn", "ends_on": "2100-12-31"}, 422),
        ({"code": "x", "kind": "a-kind-of-seventeen"}, 422),
    ],
)
def test_a_season_that_does_not_fit_is_refused(change, status, people):
    assert people["bureau"].post("seasons", NEW).status_code == 201
    answer = people["bureau"].post("seasons", NEW | change)
    assert answer.status_code == status, answer.text
    assert len(people["bureau"].get("seasons").json()["items"]) == 1
