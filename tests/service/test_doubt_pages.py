"""The pages of doubts, as recorders and the bureau open them."""

import pytest

from tests.service.test_doubts import TAIHE, bureau, oversown, recorder  # noqa: F401

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sent(speaker, path: str, **form):
    return speaker.send("POST", path, data=form, follow_redirects=False)


def test_before_the_first_run_the_page_says_what_to_do(as_role):
    assert "现在核查" in as_role("bureau").get("/doubts").text
    shown = as_role("recorder", TAIHE).get("/doubts").text
    assert "还没有核查过" in shown
    assert "现在核查" not in shown


def test_a_recorder_answers_and_the_bureau_decides(oversown, bureau, recorder, as_role):  # noqa: F811
    answer = sent(bureau, "/doubts/runs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/doubts?done=doubt-run")
    (found,) = recorder.get("doubts").json()["items"]
    card = f"/doubts/{found['id']}"
    assert card in recorder.get("/doubts").text
    assert "超过耕地" in bureau.get("/doubts").text  # could not be checked
    shown = recorder.get(card).text
    assert "计划的 130%" in shown
    assert "/reply" in shown
    assert "/settle" not in shown
    told = sent(recorder, f"{card}/reply", text="<i>套种</i>")
    assert told.headers["location"] == "/doubts?done=doubt-reply"
    shown = bureau.get(card).text
    assert "&lt;i&gt;套种" in shown
    assert "<i>套种" not in shown
    assert "/reply" not in shown
    sent(bureau, f"{card}/settle", verdict="confirmed", text="已看台账")
    assert "确认无误" in bureau.get(card).text
    assert card not in bureau.get("/doubts").text
    assert card in bureau.get("/doubts", state="confirmed").text
    leader = as_role("leader")
    assert sent(leader, f"{card}/settle", verdict="confirmed", text="x").status_code == 403


def test_the_bureau_chooses_by_town_by_rule_and_what_is_overdue(oversown, bureau):  # noqa: F811
    bureau.post("doubts/runs", {})
    (found,) = bureau.get("doubts").json()["items"]
    card = f"/doubts/{found['id']}"
    assert card in bureau.get("/doubts", town=TAIHE, rule="sowing.over_plan").text
    assert card not in bureau.get("/doubts", town="441803105").text
    assert card not in bureau.get("/doubts", rule="sowing.fall").text
    assert card not in bureau.get("/doubts", is_overdue="true").text
    oversown.clock.forward(days=12)
    assert card in bureau.get("/doubts", is_overdue="true").text
