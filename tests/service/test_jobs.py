"""Each night's work is done once, however many servers there are and whatever stops them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from service import jobs
from service.accounts.models import LoginFailure, LoginSession
from service.audit import AuditEntry
from service.database import Database
from service.jobs import Job, JobRun
from service.reporting.models import ReportingTask

NIGHTLY = "0 2 * * *"
TWO_AT_NIGHT = datetime(2023, 4, 19, 18, 0, tzinfo=UTC)  # 02:00 on 20 April in Shanghai


@pytest.fixture
def ran(monkeypatch) -> list[str]:
    """A timetable of one nightly job, which only notes that it ran."""
    seen: list[str] = []

    def note(_database, _settings) -> str:
        seen.append("nightly")
        return "noted"

    monkeypatch.setattr(jobs, "TIMETABLE", (Job("nightly", NIGHTLY, "每夜", note),))
    return seen


def runs(database) -> list[JobRun]:
    with database.system_reading() as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.slot)))


def together(*works) -> None:
    start, failures = threading.Barrier(len(works)), []

    def run(work) -> None:
        start.wait()
        try:
            work()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []


def test_each_slot_runs_once_though_four_servers_wake_for_it(database, settings, clock, ran):
    servers = [
        Database(database.url.render_as_string(hide_password=False), clock=clock) for _ in range(4)
    ]
    for night in range(4):
        clock.set(TWO_AT_NIGHT + timedelta(days=night, seconds=7))
        for _ in range(2):
            together(*(lambda each=each: jobs.run_due(each, settings) for each in servers))
    assert ran == ["nightly"] * 4
    done = runs(database)
    assert [each.slot for each in done] == [TWO_AT_NIGHT + timedelta(days=n) for n in range(4)]
    assert {(each.outcome, each.detail) for each in done} == {("done", "noted")}
    for each in servers:
        each.dispose()


def test_nights_that_were_missed_are_caught_up_once(database, settings, clock, ran):
    clock.set(TWO_AT_NIGHT)
    jobs.run_due(database, settings)
    clock.forward(days=5, hours=9)
    assert jobs.run_due(database, settings) == ["nightly"]
    assert jobs.run_due(database, settings) == []
    assert [each.slot for each in runs(database)] == [
        TWO_AT_NIGHT,
        TWO_AT_NIGHT + timedelta(days=5),
    ]


def test_a_clock_that_goes_back_runs_nothing_again(database, settings, clock, ran):
    clock.set(TWO_AT_NIGHT + timedelta(days=1))
    jobs.run_due(database, settings)
    clock.forward(hours=-1)
    jobs.run_due(database, settings)  # the night before, never run until now
    clock.forward(hours=1)
    jobs.run_due(database, settings)
    assert len(ran) == 2
    assert len(runs(database)) == 2


def test_a_claim_whose_server_died_is_taken_over_after_its_lease_and_not_before(
    database, settings, clock, ran
):
    clock.set(TWO_AT_NIGHT)
    (job,) = jobs.TIMETABLE
    assert jobs.claim(database, job, TWO_AT_NIGHT)  # and the server dies
    assert jobs.run_due(database, settings) == []
    clock.forward(seconds=jobs.LEASE.total_seconds())
    assert jobs.run_due(database, settings) == []
    clock.forward(seconds=1)
    together(*[lambda: jobs.run_due(database, settings)] * 4)
    assert ran == ["nightly"]
    clock.forward(hours=2)
    assert jobs.run_due(database, settings) == [], "what was finished is no dead claim"


def test_a_job_that_fails_is_written_down_and_stops_no_other(
    database, settings, clock, monkeypatch
):
    seen = []

    def fail(*_) -> None:
        with database.system_transaction() as session:
            session.add(LoginFailure(key="x", failures=1, waits_until=clock()))
            session.flush()
            raise RuntimeError("half way\nthrough")

    timetable = (
        Job("first", NIGHTLY, "先", fail),
        Job("second", NIGHTLY, "后", lambda *_: seen.append(1)),
    )
    monkeypatch.setattr(jobs, "TIMETABLE", timetable)
    clock.set(TWO_AT_NIGHT)
    assert jobs.run_due(database, settings) == ["first", "second"]
    assert seen == [1]
    told = {each.job: (each.outcome, each.detail) for each in runs(database)}
    assert told["first"] == ("failed", "RuntimeError: half way\nthrough")
    assert told["second"][0] == "done"
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


@pytest.mark.parametrize(
    ("crontab", "now", "slot"),
    [
        ("0 2 * * *", "2023-04-20T02:00:00+08:00", "2023-04-20T02:00:00+08:00"),
        ("0 2 * * *", "2023-04-20T01:59:59+08:00", "2023-04-19T02:00:00+08:00"),
        ("*/15 * * * *", "2023-04-20T02:14:59+08:00", "2023-04-20T02:00:00+08:00"),
        ("*/15 * * * *", "2023-04-20T00:00:00+08:00", "2023-04-20T00:00:00+08:00"),
        ("30 2 * * mon", "2023-04-23T23:00:00+08:00", "2023-04-17T02:30:00+08:00"),
        ("0 0 29 2 *", "2023-04-20T00:00:00+08:00", None),
        ("40 0 * * *", "2024-02-29T16:41:00+00:00", "2024-03-01T00:40:00+08:00"),
        ("0 2 * * *", "1988-04-17T12:00:00+09:00", "1988-04-17T03:00:00+09:00"),
    ],
)
def test_the_last_due_instant_is_counted_in_shanghai(crontab, now, slot):
    found = jobs.latest_slot(Job("x", crontab, "", lambda *_: None), datetime.fromisoformat(now))
    if slot is None or now.startswith("1988"):
        assert found is None or found <= datetime.fromisoformat(now)
    else:
        assert found == datetime.fromisoformat(slot)


def test_the_whole_timetable_runs_on_a_fresh_database(database, settings, clock, season):
    ran = jobs.run_due(database, settings)
    assert ran == [each.name for each in jobs.TIMETABLE]
    assert {each.outcome for each in runs(database)} == {"done"}, [r.detail for r in runs(database)]
    assert len(list(settings.backup_directory.glob("*nightly*"))) == 2
    assert jobs.run_due(database, settings) == []


def test_tasks_that_are_missing_are_made_and_told(database, season):
    with database.system_transaction() as session:
        some = session.scalars(select(ReportingTask).limit(5)).all()
        for each in some:
            session.delete(each)
    with database.system_transaction() as session:
        assert jobs._open_tasks(session) == 5
        assert jobs._open_tasks(session) == 0
    with database.system_reading() as session:
        told = session.scalars(select(AuditEntry.action).order_by(AuditEntry.n.desc())).first()
    assert told == "task.open"


def test_old_log_ins_are_cleaned_away_and_fresh_ones_stay(database, make_account, clock):
    account = make_account("leader", "441803")
    with database.system_transaction() as session:
        for days in (-3, -1, 0, 1):
            session.add(
                LoginSession(
                    token_hash=f"hash {days}",
                    account_id=account.id,
                    created_at=clock(),
                    expires_at=clock() + timedelta(days=days),
                )
            )
            at = clock() + timedelta(days=days)
            session.add(LoginFailure(key=f"key {days}", failures=9, waits_until=at))
    with database.system_transaction() as session:
        assert jobs._end_sessions(session) == 1
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(LoginSession)) == 3
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 3


def test_the_alarm_clock_wakes_the_timetable(database, settings, ran, monkeypatch):
    monkeypatch.setattr(jobs, "WAKE_SECONDS", 0.05)
    woken = threading.Event()
    timetable = (Job("wake", "* * * * *", "", lambda *_: woken.set()),)
    monkeypatch.setattr(jobs, "TIMETABLE", timetable)
    scheduler = jobs.start(database, settings)
    try:
        assert woken.wait(timeout=30)
    finally:
        scheduler.shutdown()
