"""Doubts: runs that may be repeated, answers, verdicts, and what no rule could check."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest

from inspections.doubts.doubt import Book
from service import jobs
from service.doubts import queries

TAIHE, SHANTANG = "441803102", "441803105"
FIRST, SECOND, THIRD = "2023-04-06", "2023-04-13", "2023-04-20"
VILLAGE = f"{TAIHE}201"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def ran(bureau, **body) -> dict:
    answer = bureau.post("doubts/runs", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def doubts(speaker, **asked) -> list[dict]:
    answer = speaker.get("doubts", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.fixture
def oversown(book):
    """A village that sowed 130 % of its plan of early rice, without steps between."""
    book.at(FIRST)
    book.plan(VILLAGE, 100.0)
    book.filed(VILLAGE, 130.0, FIRST)
    return book


def changes(run: dict) -> tuple[int, ...]:
    return tuple(run[f"n_{name}"] for name in ("opened", "reopened", "closed", "expired"))


def test_a_second_run_changes_nothing(oversown, bureau):
    assert changes(ran(bureau)) == (1, 0, 0, 0)
    assert changes(ran(bureau)) == (0, 0, 0, 0)
    (found,) = doubts(bureau)
    assert (found["rule"], found["area_code"]) == ("sowing.over_plan", VILLAGE)
    assert (found["state"], found["is_open"]) == ("assigned", True)
    assert "130%" in found["explanation"]
    card = bureau.get(f"doubts/{found['id']}").json()
    assert card["evidence"] == [{"label": "计划(亩)", "value": "100"}]
    assert [each["kind"] for each in card["events"]] == ["assign"]


def test_an_answer_is_due_after_five_working_days_and_the_holiday_is_none(oversown, bureau):
    oversown.clock.forward(days=20)  # to Wednesday 26 April; Labour Day begins on Saturday
    ran(bureau)
    (found,) = doubts(bureau)
    assert found["due_on"] == "2023-05-08"


def test_a_corrected_figure_closes_its_doubt_and_one_that_comes_back_is_asked_again(
    oversown, bureau
):
    ran(bureau)
    oversown.clock.forward(hours=1)
    oversown.filed(VILLAGE, 90.0, FIRST, reason="misreport")
    assert changes(ran(bureau)) == (0, 0, 1, 0)
    (found,) = doubts(bureau)
    assert (found["state"], found["is_open"]) == ("closed", False)
    oversown.clock.forward(hours=1)
    oversown.filed(VILLAGE, 130.0, FIRST, reason="misreport")
    assert changes(ran(bureau)) == (0, 1, 0, 0)
    assert [each["state"] for each in doubts(bureau)] == ["assigned"]


def test_what_was_confirmed_is_not_asked_again_and_what_only_claims_to_be_corrected_is(
    oversown, bureau, recorder
):
    ran(bureau)
    (found,) = doubts(bureau)
    assert recorder.post(f"doubts/{found['id']}/reply", {"text": "已更正"}).status_code == 201
    decided = {"verdict": "corrected", "text": "镇里说已更正"}
    answer = bureau.post(f"doubts/{found['id']}/settle", decided)
    assert (answer.status_code, answer.json()["state"]) == (201, "corrected")
    assert changes(ran(bureau)) == (0, 1, 0, 0)
    confirmed = {"verdict": "confirmed", "text": "已看台账"}
    assert bureau.post(f"doubts/{found['id']}/settle", confirmed).status_code == 201
    assert changes(ran(bureau)) == (0, 0, 0, 0)
    again = recorder.post(f"doubts/{found['id']}/reply", {"text": "再说一次"})
    assert (again.status_code, "已了结" in again.json()["detail"]) == (409, True)
    kinds = [each["kind"] for each in bureau.get(f"doubts/{found['id']}").json()["events"]]
    assert kinds == ["assign", "reply", "settle", "reopen", "settle"]


def test_what_is_upheld_stays_open_until_the_figure_changes(oversown, bureau):
    ran(bureau)
    (found,) = doubts(bureau)
    bureau.post(f"doubts/{found['id']}/settle", {"verdict": "upheld", "text": "说明不充分"})
    assert [each["is_open"] for each in doubts(bureau, state="upheld")] == [True]
    assert changes(ran(bureau)) == (0, 0, 0, 0)
    oversown.clock.forward(hours=1)
    oversown.filed(VILLAGE, 90.0, FIRST, reason="misreport")
    assert changes(ran(bureau)) == (0, 0, 1, 0)


def test_an_answer_that_comes_twice_is_one_and_its_id_is_taken_for_another(
    oversown, bureau, recorder
):
    ran(bureau)
    (found,) = doubts(bureau)
    where, body = f"doubts/{found['id']}/reply", {"id": str(uuid4()), "text": "无误"}
    assert [recorder.post(where, body).status_code for _ in range(3)] == [201, 200, 200]
    assert recorder.post(where, body | {"text": "有误"}).status_code == 409
    assert len(bureau.get(f"doubts/{found['id']}").json()["events"]) == 2


def test_who_did_not_answer_in_time_may_still_answer(oversown, bureau, recorder):
    ran(bureau)
    oversown.clock.forward(days=12)
    assert [each["is_overdue"] for each in doubts(bureau, is_overdue=True)] == [True]
    assert changes(ran(bureau)) == (0, 0, 0, 1)
    assert changes(ran(bureau)) == (0, 0, 0, 0)
    (found,) = doubts(recorder)
    assert (found["state"], found["is_open"]) == ("expired", True)
    late = recorder.post(f"doubts/{found['id']}/reply", {"text": "节后补答"})
    assert (late.status_code, late.json()["state"]) == (201, "replied")
    assert doubts(bureau, is_overdue=True) == []
    assert doubts(bureau, is_overdue=True, state="confirmed") == [], "what is settled is never due"


def test_another_town_sees_nothing_and_a_recorder_sees_no_doubts_of_inspections(
    oversown, bureau, recorder, as_role
):
    ran(bureau)
    (found,) = doubts(recorder)
    foreign = as_role("recorder", SHANTANG)
    assert doubts(foreign) == []
    assert foreign.get(f"doubts/{found['id']}").status_code == 404
    assert foreign.post(f"doubts/{found['id']}/reply", {"text": "x"}).status_code == 404
    officer = as_role("officer")
    assert doubts(officer) == []  # the sowing book is not theirs
    assert officer.post(f"doubts/{found['id']}/reply", {"text": "x"}).status_code == 404


def test_a_check_without_evidence_is_skipped_and_told_so(oversown, bureau, recorder):
    assert bureau.get("doubts/skipped").json() == {"run": None, "items": []}
    ran(bureau)
    told = bureau.get("doubts/skipped").json()
    by_rule = {each["rule"]: each for each in told["items"]}
    assert "图斑" in by_rule["sowing.over_land"]["reason"]
    assert by_rule["sowing.over_land"]["is_whole"]
    assert {"stock.per_mu", "sowing.fieldwork"} <= by_rule.keys()
    assert {each["book"] for each in recorder.get("doubts/skipped").json()["items"]} <= {
        *("sowing", "stock", "prices", "machinery", "agronomy", "photos")
    }


def test_a_rule_that_could_not_be_checked_closes_nothing(oversown, bureau, database, monkeypatch):
    ran(bureau)
    monkeypatch.setattr("service.doubts.sowing_frames.sowing.latest_plans", lambda *_, **__: {})
    assert changes(ran(bureau)) == (0, 0, 0, 0)
    assert [each["state"] for each in doubts(bureau)] == ["assigned"]


def test_a_figure_knows_its_open_doubts_of_a_day_as_they_were_known(oversown, bureau, database):
    before = oversown.now()
    oversown.clock.forward(seconds=1)
    ran(bureau)
    while_open = oversown.now()
    oversown.clock.forward(hours=1)
    oversown.filed(VILLAGE, 90.0, FIRST, reason="misreport")
    ran(bureau)

    def n_open(on: str, known_at: str | None, area: str = "441803") -> int:
        instant = None if known_at is None else oversown.clock().fromisoformat(known_at)
        with database.system_reading() as session:
            found = queries.open_by_book(session, date.fromisoformat(on), instant, area)
        return len(found.get(Book.SOWING, ()))

    assert (n_open(THIRD, before), n_open(THIRD, while_open), n_open(THIRD, None)) == (0, 1, 0)
    assert (n_open("2023-04-05", while_open), n_open(THIRD, while_open, SHANTANG)) == (0, 0)


def test_a_run_of_an_earlier_day_leaves_later_doubts_alone(oversown, bureau):
    ran(bureau)
    assert changes(ran(bureau, as_of="2023-03-30")) == (0, 0, 0, 0)
    answer = bureau.post("doubts/runs", {"as_of": "2023-12-31"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "日期不能晚于今天")


def test_a_season_that_is_out_of_sight_keeps_its_doubts(oversown, bureau):
    ran(bureau)
    oversown.clock.forward(days=300)
    assert changes(ran(bureau)) == (0, 0, 0, 1)
    assert [each["state"] for each in doubts(bureau)] == ["expired"]


def test_the_nightly_job_finds_what_the_bureau_finds(oversown, bureau, database, settings):
    job = jobs.BY_NAME["doubt"]
    assert job.run(database, settings) == "新提出 1,复核了结 0,过期 0"
    assert changes(ran(bureau)) == (0, 0, 0, 0)


def test_nobody_but_the_bureau_runs_and_decides(oversown, bureau, recorder):
    ran(bureau)
    (found,) = doubts(recorder)
    assert recorder.post("doubts/runs", {}).status_code == 403
    decided = {"verdict": "confirmed", "text": "x"}
    assert recorder.post(f"doubts/{found['id']}/settle", decided).status_code == 403
    assert bureau.post(f"doubts/{found['id']}/reply", {"text": "x"}).status_code == 403


def test_runs_and_answers_at_once_open_once_and_lose_nothing(oversown, bureau, recorder):
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: bureau.post("doubts/runs", {}), range(4)))
        assert [each.status_code for each in runs] == [201] * 4
        assert sum(each.json()["n_opened"] for each in runs) == 1
        (found,) = doubts(bureau)
        where = f"doubts/{found['id']}/reply"
        told = list(pool.map(lambda n: recorder.post(where, {"text": f"第 {n} 次"}), range(4)))
    assert [each.status_code for each in told] == [201] * 4
    events = bureau.get(f"doubts/{found['id']}").json()["events"]
    assert [each["n"] for each in events] == [1, 2, 3, 4, 5]


def test_towns_are_told_how_they_answer_and_what_is_looked_at_again(oversown, bureau, recorder):
    ran(bureau)
    (found,) = doubts(bureau)
    assert found["owner"].startswith("太和镇")
    assert found["owner"].endswith(" 录入员、镇审核")
    recorder.post(f"doubts/{found['id']}/reply", {"text": "漏报的补上了"})
    before = bureau.get("doubts/quality", as_of=found["due_on"]).json()["items"]
    assert sum(each["n_corrected"] for each in before) == 0
    bureau.post(f"doubts/{found['id']}/settle", {"verdict": "corrected", "text": "已更正"})
    items = bureau.get("doubts/quality", as_of=found["due_on"]).json()["items"]
    assert [each["area_code"] for each in items] == sorted(each["area_code"] for each in items)
    taihe = next(each for each in items if each["area_code"] == TAIHE)
    assert [taihe[f"n_{name}"] for name in ("asked", "answered", "on_time", "corrected")] == [1] * 4
    assert taihe["on_time_share"] is None, "one question says nothing yet"
    oversown.clock.forward(days=60)
    again = bureau.get("doubts/quality", as_of=found["due_on"]).json()["items"]
    assert again == items, "the same day tells the same, whatever came later"
    assert taihe["recheck"]
    assert all(village.startswith(TAIHE) for village in taihe["recheck"])
    assert recorder.get("doubts/quality").status_code == 403
