"""Due days, pauses, reminders, overdue cases and statistics, over the shipped calendar."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import shapely.affinity
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from inspections.case_words import State
from inspections.work_calendar import MissingYear
from service import jobs, records
from service.cases import nightly, queries, standing
from service.cases.actions import open_lead
from service.cases.models import Case, CaseEvent, CaseNotice
from service.workdays import work_calendar
from tests.books_cases import a_lead, a_parcel
from tests.case_desk import MIDDLE, SQUARE, VILLAGE, Desk, numbers
from tests.service.test_case_leads import april, seen, split

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AWAY = {"organ": "区自然资源局", "document_no": "移〔2023〕1号", "receipt_due_on": "2023-04-27"}


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def night(database) -> str:
    with database.system_transaction() as session:
        return nightly.run(session).text


def test_the_shipped_calendar_knows_its_years_and_their_working_weekends():
    calendar = work_calendar()
    assert calendar.years == frozenset(range(2020, 2027))
    assert calendar.is_workday(date(2023, 4, 23))
    assert calendar.is_workday(date(2024, 5, 11))
    assert not calendar.is_workday(date(2023, 5, 3))
    assert not calendar.is_workday(date(2024, 10, 7))
    assert not calendar.is_workday(date(2023, 1, 2))
    with pytest.raises(MissingYear):
        calendar.is_workday(date(2027, 1, 4))


@ONE_ENGINE
def test_every_step_is_due_after_its_working_days(desk):
    case = desk.lead()  # Thursday 2023-04-20; Sunday the 23rd is worked, Labour Day is not
    assert desk.card(case)["due_on"] == "2023-04-21"
    assert desk.done(desk.bureau, case, "accept")["due_on"] == "2023-04-24"
    desk.clock.forward(days=1)
    sent = desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    assert sent["due_on"] == "2023-04-24", "the way there began with the acceptance"
    assert desk.done(desk.officer, case, "arrive")["due_on"] == "2023-04-27"
    desk.bring(desk.officer, case, "no_entry", "check", no_entry="flooded")
    desk.done(desk.officer, case, "report", reason="水淹")
    assert desk.done(desk.bureau, case, "confirm")["due_on"] == "2023-05-04"
    told = desk.done(desk.officer, case, "stop", document_no="停1号")
    assert told["due_on"] == "2023-05-15"
    assert told["clocks"]["step"] == "整改"
    assert (told["clocks"]["step_workdays"], told["clocks"]["step_workdays_used"]) == (15, 0)


def test_a_receipt_stops_the_clock_and_coming_back_lets_it_go_on(desk):
    case = desk.lead()
    desk.confirm(case)
    due = desk.card(case)["due_on"]
    assert due == "2023-04-28"
    away = desk.done(desk.bureau, case, "hand_over", **AWAY)
    assert (away["state"], away["due_on"]) == ("handed_over", "2023-04-27")
    assert away["pauses"] == []
    own = desk.step(desk.bureau, case, "receipt", receipt_no="回1号", reason="等候处理")
    assert [each["gate"] for each in own.json()["missing"]] == ["not_hander"]
    desk.clock.forward(days=3)  # Sunday, a working day
    stands = desk.done(desk.other, case, "receipt", receipt_no="回1号", reason="等候处理")
    assert (stands["due_on"], stands["clocks"]["is_paused"]) == (None, True)
    assert [each["starts_on"] for each in stands["pauses"]] == ["2023-04-23"]
    twice = desk.step(desk.other, case, "receipt", receipt_no="回2号", reason="再等")
    assert twice.json()["missing"] == [{"gate": "receipt", "text": "回执已登记"}]
    desk.clock.forward(days=3)
    back = desk.done(desk.bureau, case, "take_back", reason="不属其职权")
    assert (back["state"], back["due_on"]) == ("confirmed", "2023-05-06")
    (pause,) = back["pauses"]
    assert (pause["starts_on"], pause["ends_on"]) == ("2023-04-23", "2023-04-26")
    assert pause["reason"] == "等候处理"
    again = desk.done(desk.bureau, case, "hand_over", **AWAY)
    assert again["due_on"] == "2023-04-27"
    desk.done(desk.other, case, "receipt", receipt_no="回3号", reason="再移送")
    desk.clock.forward(days=2)
    own = desk.step(desk.bureau, case, "conclude", document_no="罚1号")
    assert own.status_code == 409
    desk.verify(case)
    done = desk.done(desk.other, case, "conclude", document_no="罚1号")
    assert (done["state"], done["pauses"][-1]["ends_on"]) == ("closed", "2023-04-28")


@ONE_ENGINE
def test_what_another_organ_ended_is_looked_at_on_the_spot_before_it_is_closed(desk):
    """What was accepted before the hand-over does not count for what came of it."""
    case = desk.lead()
    desk.rectify(case)
    desk.verify(case)
    desk.done(desk.bureau, case, "hand_over", **AWAY)
    desk.done(desk.other, case, "receipt", receipt_no="回1号", reason="等候处理")

    def lacking(speaker) -> list[str]:
        answer = desk.step(speaker, case, "conclude", document_no="罚1号")
        return [each["gate"] for each in answer.json()["missing"]]

    assert lacking(desk.other) == ["verified"]
    early = desk.step(desk.second, case, "verify")
    assert [each["gate"] for each in early.json()["missing"]] == ["acceptance"]
    desk.verify(case)
    assert lacking(desk.bureau) == ["not_hander"]
    done = desk.done(desk.other, case, "conclude", document_no="罚1号")
    assert (done["state"], done["clocks"]["settled_at"] is not None) == ("closed", True)


@ONE_ENGINE
def test_a_hand_over_names_everything_and_its_term_lies_ahead(desk):
    case = desk.lead()
    desk.check(case)
    early = desk.step(desk.bureau, case, "hand_over", **AWAY)
    assert "不能“移送”" in early.json()["detail"], "nothing is handed over before it is confirmed"
    desk.done(desk.bureau, case, "confirm")
    for lacking in AWAY:
        told = {key: value for key, value in AWAY.items() if key != lacking}
        answer = desk.step(desk.bureau, case, "hand_over", **told)
        assert answer.json()["missing"][0]["gate"] == "organ"
    past = desk.step(desk.bureau, case, "hand_over", **(AWAY | {"receipt_due_on": "2023-04-19"}))
    assert past.status_code == 422


@ONE_ENGINE
def test_a_year_without_a_calendar_is_refused_and_nothing_is_guessed(desk, database, clock):
    clock.set(datetime(2026, 12, 30, 1, tzinfo=UTC))
    case = desk.lead()
    before = desk.card(case)
    assert before["due_on"] == "2026-12-31"
    answer = desk.step(desk.bureau, case, "accept")
    assert (answer.status_code, "2027" in answer.json()["detail"]) == (409, True)
    assert desk.card(case) == before
    clock.set(datetime(2027, 1, 4, 1, tzinfo=UTC))
    assert desk.card(case)["clocks"]["step_workdays_used"] is None, "it stays readable"
    filed = desk.bring(desk.officer, case, "document", "other", title="现场记录")
    assert filed["is_qualified"], "what is found in the field is taken"
    opened = desk.lead(square=shapely.affinity.translate(SQUARE, 0.01))
    assert desk.card(opened)["due_on"] is None, "a machine's lead comes in all the same"


@ONE_ENGINE
def test_a_case_that_cannot_be_timed_stops_no_other(desk, database, clock, settings):
    """The job fails and says so, after what could be done was done."""
    clock.set(datetime(2026, 12, 28, 1, tzinfo=UTC))
    timed = desk.lead()
    clock.set(datetime(2026, 12, 31, 1, tzinfo=UTC))
    untimed = desk.lead(rule_id="R102")
    assert desk.card(untimed)["due_on"] is None, "its next working day is in a year not known"
    uid, _ = split(database, desk.uid, 0.6, 0.4)
    job = jobs.BY_NAME["cases"]
    slot = jobs.latest_slot(job, clock())
    assert jobs.claim(database, job, slot)
    jobs.run(database, settings, job, slot)
    with database.system_reading() as session:
        done = session.get(jobs.JobRun, (job.name, slot))
        assert (done.outcome, "1 件案件" in done.detail) == ("failed", True)
        told = session.execute(select(CaseNotice.case_id, CaseNotice.kind)).all()
    assert {(str(case), kind.value) for case, kind in told} == {
        (timed, "half"),
        (timed, "full"),
        (timed, "over"),
    }
    assert str(uid) in {each["parcel_uid"] for each in desk.card(untimed)["parcels"]}


def notices(desk, speaker=None) -> list[tuple[str, str]]:
    items = (speaker or desk.bureau).get("cases/notices").json()["items"]
    return [(each["kind"], each["audience"]) for each in reversed(items)]


@ONE_ENGINE
def test_reminders_come_once_each_at_half_full_and_half_over(desk, database):
    case = desk.lead()
    desk.check(case)
    for _ in range(2):
        night(database)
    assert notices(desk) == []
    for _ in range(16):
        desk.clock.forward(days=1)
        for _ in range(2):
            night(database)
    assert notices(desk) == [("half", "officer"), ("full", "bureau"), ("over", "leader")]
    item = desk.bureau.get("cases/notices").json()["items"][0]
    assert item["message"] == "核查超过期限一半:限 5 个工作日,已用 8 个"


@ONE_ENGINE
def test_after_downtime_everybody_hears_once_and_nobody_a_heap(desk, database):
    case = desk.lead()
    desk.check(case)
    desk.clock.forward(days=60)
    assert night(database).startswith("提醒 3,")
    assert night(database).startswith("提醒 0,")
    told = [("half", "officer"), ("full", "bureau"), ("over", "leader")]
    assert sorted(notices(desk)) == sorted(told)


@ONE_ENGINE
def test_the_nightly_job_is_on_the_timetable_and_runs_once_a_night(desk, database, clock):
    desk.check(desk.lead())
    clock.forward(days=20)
    job, settings = jobs.BY_NAME["cases"], Settings(_env_file=None, jobs=False)
    slot = jobs.latest_slot(job, clock())
    assert jobs.claim(database, job, slot)
    assert not jobs.claim(database, job, slot)
    jobs.run(database, settings, job, slot)
    assert len(notices(desk)) == 3


@ONE_ENGINE
def test_a_closed_case_follows_its_land_until_nothing_opens_it_again(desk, database):
    case = desk.lead()
    desk.close(case)
    old = desk.lead(rule_id="R102", square=shapely.affinity.translate(SQUARE, 0.01))
    gone = desk.uid
    desk.done(desk.bureau, old, "dismiss", reason="重复")
    first, second = split(database, UUID(desk.card(case)["parcel_uid"]), 0.6, 0.4)
    split(database, gone, 0.6, 0.4)
    desk.clock.forward(days=365)
    assert "跟踪新图斑 2" in night(database)
    assert {each["parcel_uid"] for each in desk.card(case)["parcels"]} > {str(first), str(second)}
    assert len(desk.card(old)["parcels"]) == 1, "that ended for good"
    split(database, first, 0.5, 0.5)
    desk.clock.forward(days=1)
    assert "跟踪新图斑 0" in night(database)


def test_the_land_is_followed_before_it_is_screened(clock):
    names = [each.name for each in jobs.TIMETABLE]
    assert names.index("cases") < names.index("screen"), "whoever catches up keeps the order"
    first, second = (jobs.latest_slot(jobs.BY_NAME[n], clock()) for n in ("cases", "screen"))
    assert first < second


def test_a_closed_case_is_looked_at_again_after_some_days(desk, database):
    case = desk.lead()
    desk.close(case)
    desk.clock.forward(days=89)
    night(database)
    assert notices(desk) == []
    assert desk.bureau.get("cases", relook="true").json()["items"] == []
    desk.clock.forward(days=1)
    for _ in range(2):
        night(database)
    assert notices(desk) == [("relook", "officer")]
    listed = desk.bureau.get("cases", relook="true").json()["items"]
    assert [each["id"] for each in listed] == [case]
    early = desk.step(desk.officer, case, "relook")
    assert early.json()["missing"][0]["gate"] == "relooked"
    assert desk.photo(desk.officer, case, "relook")["verdict"] == "合格"
    done = desk.done(desk.officer, case, "relook")
    assert (done["state"], done["relook_on"], done["reopened"]) == ("closed", None, 0)
    assert desk.bureau.get("cases", relook="true").json()["items"] == []


def scanned(session) -> set[UUID]:
    """Go over every case and compute anew from its steps: is its step overdue?"""
    today = records.today(session)
    found = set()
    for case in session.scalars(select(Case)):
        _, due = standing.due_on(session, case)
        if due is not None and due < today:
            found.add(case.id)
    return found


def carried(session) -> dict[UUID, State]:
    """Return where each case says that it stands."""
    return {each.id: each.state for each in session.scalars(select(Case))}


def told_by_steps(session) -> dict[UUID, State]:
    """Return where the last step of each case led."""
    steps = session.scalars(select(CaseEvent).order_by(CaseEvent.n))
    found = dict.fromkeys(session.scalars(select(Case.id)), State.LEAD)
    return found | {each.case_id: each.to_state for each in steps}


@ONE_ENGINE
def test_the_overdue_query_is_the_full_scan_whatever_happened(desk, database, clock):
    chance = random.Random(7)
    cases = [desk.lead(rule_id=f"R{n}") for n in range(6)]
    speakers = (desk.bureau, desk.other, desk.officer, desk.recorder)
    n_overdue = 0
    for turn in range(60):
        case = chance.choice(cases)
        ways = [each for each in desk.card(case)["ways"] if each["event"] not in {"merge"}]
        if ways:
            event = chance.choice(ways)["event"]
            told = AWAY | {
                "receipt_due_on": (clock().date() + timedelta(days=4)).isoformat(),
                "reason": "x",
                "receipt_no": "回",
                "assignee": desk.officer_name(),
            }
            desk.step(chance.choice(speakers), case, event, **told)
        if desk.card(case)["state"] == "checking":
            desk.bring(desk.officer, case, "no_entry", "check", no_entry="locked")
        if turn % 4 == 0:
            clock.forward(days=chance.randrange(3))
        with database.system_reading() as session:
            asked = {each.id for each in session.scalars(queries.overdue(records.today(session)))}
            assert asked == scanned(session)
            assert carried(session) == told_by_steps(session)
        n_overdue += len(asked)
        shown = desk.bureau.get("cases", overdue="true", limit=500).json()["items"]
        assert {UUID(each["id"]) for each in shown} == asked
        assert all(each["is_overdue"] for each in shown)
    assert n_overdue > 20
    told = desk.bureau.get("cases/statistics").json()["overdue_ids"]
    assert {UUID(each) for each in told} == asked
    night(database)
    with database.system_reading() as session:
        assert scanned(session) == asked, "computing everything anew changes nothing"


def test_statistics_by_hand(desk, as_role):
    first = desk.lead(signals=(seen("patrol", april(10)), seen("screening", april(14))))
    second = desk.lead(rule_id="R102", signals=(seen("screening", april(16)),))
    third = desk.lead(rule_id="R103", signals=(seen("tip", april(1)),))
    desk.clock.set(april(20))
    for case in (first, second):
        desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, third, "dismiss", reason="误报")
    told = as_role("leader").get("cases/statistics").json()
    assert (told["n_cases"], told["n_open"], told["n_dismissed"]) == (2, 2, 1)
    assert told["accepted"] == {
        "n": 2,
        "median_days": pytest.approx(7.0, abs=0.01),
        "p90_days": pytest.approx(10.0, abs=0.01),
    }
    assert told["settled"] == {"n": 0, "median_days": None, "p90_days": None}
    shares = {each["source"]: each for each in told["by_first_source"]}
    assert (shares["patrol"]["share"], shares["patrol"]["median_lead_days"]) == (0.5, 4.0)
    assert shares["screening"]["median_lead_days"] is None
    assert "tip" not in shares, "a dismissed lead leaves the statistics"
    assert told["reopen_rate"] is None
    empty = as_role("leader").get("cases/statistics", **{"from": "2023-04-21"}).json()
    assert empty["n_cases"] == 0


def test_what_happened_cannot_be_changed_in_the_database_either(desk, database):
    case = desk.lead()
    desk.check(case)
    for table in ("case_events", "case_evidence", "case_parcels"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET area_code = '44'"):
            with pytest.raises(DBAPIError), database.engine.begin() as connection:
                connection.exec_driver_sql(statement)


@ONE_ENGINE
def test_a_lead_without_a_parcel_in_the_book_is_opened_and_its_photos_wait(desk, database):
    with database.system_transaction() as session:
        gone = a_parcel(session, VILLAGE, next(numbers), SQUARE)
        case, _ = open_lead(session, a_lead(VILLAGE, UUID(int=5)))
    body = {"kind": "position", "purpose": "check"} | MIDDLE
    answer = desk.officer.post(f"cases/{case.id}/evidence", body)
    assert (answer.status_code, "导入图斑" in answer.json()["detail"]) == (422, True)
    assert gone.uid != case.parcel_uid
