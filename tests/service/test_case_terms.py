"""The terms of the law on cases: who may do what, when they are due, what is late, what is told."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from inspections.penalty_rules import Term
from inspections.penalty_terms import due
from inspections.work_calendar import MissingYear
from service.audit import AuditEntry
from service.workdays import work_calendar
from tests.case_desk import SHANTANG, Desk

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def accepted(desk, **lead) -> str:
    case = desk.lead(**lead)
    desk.done(desk.bureau, case, "accept")
    return case


def begin(desk, case: str, term: str, started_on: str = "2023-04-20", speaker=None, **told):
    desk.clock.forward(minutes=1)
    body = {"term": term, "started_on": started_on} | told
    return (speaker or desk.bureau).post(f"cases/{case}/terms", body)


def begun(desk, case: str, term: str, started_on: str = "2023-04-20", **told) -> dict:
    answer = begin(desk, case, term, started_on, **told)
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(desk, speaker, term: dict, event: str, **told):
    desk.clock.forward(minutes=1)
    body = {"event": event} | told
    return speaker.post(f"cases/{term['case_id']}/terms/{term['id']}/steps", body)


def done(desk, speaker, term: dict, event: str, **told) -> dict:
    answer = step(desk, speaker, term, event, **told)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(answer, word: str, status: int = 409) -> dict:
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.text
    return answer.json()


def overdue(desk) -> set[str]:
    items = desk.bureau.get("cases", overdue="true").json()["items"]
    assert all(each["is_overdue"] for each in items)
    return {each["id"] for each in items}


@pytest.mark.parametrize(
    ("term", "started_on", "expected"),
    [
        (Term.DECISION, date(2023, 4, 20), date(2023, 7, 19)),
        (Term.DECISION, date(2025, 12, 1), date(2026, 3, 1)),
        (Term.SERVICE, date(2023, 9, 27), date(2023, 10, 12)),  # National Day, two days worked
        (Term.SERVICE, date(2024, 2, 8), date(2024, 2, 23)),  # Spring Festival
        (Term.SERVICE, date(2025, 9, 28), date(2025, 10, 14)),
        (Term.PRESERVATION, date(2024, 4, 3), date(2024, 4, 15)),
        (Term.HEARING_REQUEST, date(2022, 1, 29), date(2022, 2, 10)),
        (Term.HEARING_NOTICE, date(2023, 10, 9), date(2023, 9, 24)),
        (Term.WITHDRAWAL, date(2023, 12, 28), None),
        (Term.WITHDRAWAL, date(2026, 12, 30), MissingYear),
    ],
)
def test_due_days_over_the_shipped_calendar(term, started_on, expected):
    if expected is MissingYear:
        with pytest.raises(MissingYear):
            due(term, started_on, (), (), work_calendar())
        return
    assert due(term, started_on, (), (), work_calendar()) == (expected or date(2024, 1, 3))


def test_a_decision_goes_through_three_people_and_is_filed(desk):
    case = accepted(desk)
    term = begun(desk, case, "decision")
    assert (term["due_on"], term["days_left"], term["article"]) == (
        "2023-07-19",
        90,
        "行政处罚法第60条",
    )
    assert desk.card(case)["term_due_on"] == "2023-07-19"
    told = {"document_no": "罚〔2023〕1号"}
    refused(step(desk, desk.bureau, term, "done", **told), "另外两人")
    done(desk, desk.officer, term, "draft")
    refused(step(desk, desk.officer, term, "review"), "岗位", 403)
    done(desk, desk.bureau, term, "review")
    refused(step(desk, desk.bureau, term, "approve"), "不能是拟稿人")
    done(desk, desk.other, term, "approve")
    refused(step(desk, desk.bureau, term, "done"), "文号", 422)
    ended = done(desk, desk.bureau, term, "done", **told)
    assert (ended["is_open"], ended["done_on"], ended["is_late"]) == (False, "2023-04-20", False)
    assert [each["event"] for each in ended["steps"]] == ["draft", "review", "approve", "done"]
    assert desk.card(case)["term_due_on"] is None
    refused(step(desk, desk.officer, term, "draft"), "已经了结")


@ONE_ENGINE
def test_whoever_drafted_does_not_review(desk):
    term = begun(desk, accepted(desk), "decision")
    done(desk, desk.bureau, term, "draft")
    refused(step(desk, desk.bureau, term, "review"), "不能是拟稿人")
    done(desk, desk.other, term, "review")
    for speaker in (desk.bureau, desk.other):
        refused(step(desk, speaker, term, "approve"), "批准人不能是")


@ONE_ENGINE
def test_an_extension_is_granted_by_another_once_and_in_time(desk):
    case = accepted(desk)
    term = begun(desk, case, "decision")
    wish = {"leave": "extend", "days": 30, "reason": "检测结果未出"}
    told = refused(step(desk, desk.officer, term, "ask", **(wish | {"days": 31})), "天数")
    assert (told["code"], told["reason"]) == ("extension_not_allowed", "too_long")
    done(desk, desk.bureau, term, "ask", **wish)
    own = refused(step(desk, desk.bureau, term, "grant"), "申请人")
    assert own["reason"] == "own_request"
    longer = done(desk, desk.other, term, "grant", reason="同意")
    assert (longer["due_on"], longer["days"]) == ("2023-08-18", 120)
    assert desk.card(case)["term_due_on"] == "2023-08-18"
    again = refused(step(desk, desk.officer, term, "ask", **wish), "已经延长过")
    assert again["reason"] == "too_often"
    served = begun(desk, case, "service")
    none = refused(step(desk, desk.officer, served, "ask", **wish), "没有规定")
    assert none["reason"] == "not_provided"


@ONE_ENGINE
def test_a_pause_stops_the_clock_of_a_decision_until_it_is_ended(desk):
    case = accepted(desk)
    term = begun(desk, case, "decision")
    done(desk, desk.officer, term, "ask", leave="pause", reason="送检")
    stands = done(desk, desk.bureau, term, "grant")
    assert (stands["is_paused"], stands["due_on"], stands["is_overdue"]) == (True, None, False)
    desk.clock.forward(days=200)
    assert overdue(desk) == {case}, "its step is, the term is not"
    assert desk.card(case)["terms"][0]["is_overdue"] is False
    goes_on = done(desk, desk.officer, term, "resume")
    assert goes_on["due_on"] == "2024-02-03"  # 199 stood: the first day never counts


@ONE_ENGINE
def test_a_term_is_dropped_by_two(desk):
    case = accepted(desk)
    term = begun(desk, case, "service", "2023-04-19")
    done(desk, desk.officer, term, "ask", leave="drop", reason="日期录错")
    ended = done(desk, desk.bureau, term, "grant")
    assert (ended["is_open"], ended["dropped_on"]) == (False, "2023-04-20")
    assert desk.card(case)["term_due_on"] is None


def test_a_late_fine_is_raised_and_the_days_in_court_do_not_count(desk):
    term = begun(desk, accepted(desk), "payment", fine_yuan=1000.5)
    assert (term["due_on"], term["surcharge_yuan"]) == ("2023-05-05", None)
    done(desk, desk.officer, term, "ask", leave="pause", reason="行政复议")
    desk.clock.forward(days=10)
    done(desk, desk.bureau, term, "grant")
    desk.clock.forward(days=30)
    done(desk, desk.officer, term, "resume")
    desk.clock.forward(days=7)
    (told,) = desk.bureau.get(f"cases/{term['case_id']}/terms").json()["items"]
    assert told["due_on"] == "2023-06-04"
    assert told["surcharge_yuan"] == 60.03  # 2023-06-06: two days late
    desk.clock.forward(days=300)
    paid = done(desk, desk.officer, term, "done", occurred_on="2023-06-07")
    assert (paid["surcharge_yuan"], paid["is_late"]) == (90.04, True)


@ONE_ENGINE
def test_what_cannot_begin_is_refused_and_says_why(desk):
    lead = desk.lead()
    refused(begin(desk, lead, "decision"), "先受理")
    case = accepted(desk, rule_id="R061")
    refused(begin(desk, case, "decision", "2023-04-21"), "不能晚于今天", 422)
    refused(begin(desk, case, "payment"), "罚款数额", 422)
    refused(begin(desk, case, "service", fine_yuan=5), "罚款数额", 422)
    refused(begin(desk, case, "service", "2021-07-14"), "尚未施行")
    begun(desk, case, "decision")
    refused(begin(desk, case, "decision"), "已在计算")
    begun(desk, case, "hearing_notice", "2023-05-18")
    assert begin(desk, case, "service", speaker=desk.recorder).status_code == 403
    assert desk.bureau.post(f"cases/{uuid4()}/terms", {}).status_code == 422
    other = accepted(desk, rule_id="R102")
    stray = begun(desk, other, "service") | {"case_id": case}
    refused(step(desk, desk.officer, stray, "done"), "没有这个期限", 404)


def test_another_town_finds_no_terms_and_a_leader_writes_none(desk, as_role):
    term = begun(desk, accepted(desk), "service")
    far = as_role("recorder", SHANTANG)
    assert far.get(f"cases/{term['case_id']}/terms").status_code == 404
    leader = as_role("leader")
    assert leader.get(f"cases/{term['case_id']}/terms").json()["items"][0]["ways"] == []
    assert step(desk, leader, term, "done").status_code == 403


def test_a_repeat_changes_nothing_and_who_comes_second_is_told(desk):
    case, row = accepted(desk), str(uuid4())
    term = begun(desk, case, "service", id=row)
    assert begin(desk, case, "service", id=row).status_code == 200
    refused(begin(desk, case, "preservation", id=row), "别的内容")
    told = {"id": str(uuid4()), "expected_n": 0, "leave": "drop", "reason": "录错"}
    done(desk, desk.officer, term, "ask", **told)
    assert step(desk, desk.officer, term, "ask", **told).status_code == 200
    refused(step(desk, desk.bureau, term, "ask", **told), "别的内容")
    late = refused(step(desk, desk.bureau, term, "grant", expected_n=0), "刚被别人办过")
    assert (late["code"], late["n"]) == ("moved", 1)
    assert len(desk.card(case)["terms"][0]["steps"]) == 1


@ONE_ENGINE
def test_a_year_without_a_calendar_is_refused_and_nothing_is_guessed(desk, database, clock):
    clock.set(datetime(2026, 12, 25, 1, tzinfo=UTC))
    case = accepted(desk)
    refused(begin(desk, case, "service", "2026-12-25"), "2027")
    assert desk.card(case)["terms"] == []
    assert begun(desk, case, "decision", "2026-12-25")["due_on"] == "2027-03-25"


def test_what_happened_is_audited_and_cannot_be_changed(desk, database):
    term = begun(desk, accepted(desk), "service")
    done(desk, desk.officer, term, "done", document_no="送〔2023〕1号")
    with database.system_reading() as session:
        wanted = select(AuditEntry.action).where(AuditEntry.action.startswith("case.term"))
        assert sorted(session.scalars(wanted)) == ["case.term", "case.term.step"]
    for table in ("case_terms", "case_term_steps"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET area_code = '44'"):
            with pytest.raises(DBAPIError), database.engine.begin() as connection:
                connection.exec_driver_sql(statement)


@ONE_ENGINE
def test_the_case_file_tells_the_terms_and_stays_the_same(desk):
    case = accepted(desk)
    term = begun(desk, case, "decision")
    done(desk, desk.officer, term, "draft")

    def filed(speaker) -> bytes:
        answer = speaker.get(f"cases/{case}/file")
        assert answer.status_code == 200
        return answer.content

    first = filed(desk.bureau)
    desk.clock.forward(days=100)
    assert filed(desk.other) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        (told,) = json.loads(archive.read("case.json"))["terms"]
    assert (told["term"], told["due_on"]) == ("decision", "2023-07-19")
    assert [each["event"] for each in told["steps"]] == ["draft"]
    assert "ways" not in told
