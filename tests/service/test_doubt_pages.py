"""The pages of doubts, as recorders and the bureau open them."""

import html
import re
from urllib.parse import parse_qsl

import pytest

from service.pages.doubt_pages import SHOWN
from tests.books_doubts import put
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


def doubted(database, area: str, n: int) -> list[str]:
    """Put so many doubts into an area; return their ids."""
    return [put(database, area, number)["doubt_id"] for number in range(n)]


def cards(page) -> list[str]:
    return re.findall(r'href="(/doubts/[0-9a-f-]{36})"', page.text)


def led(speaker, page, where: str):
    """Follow the link to the next or the previous page; None where there is none."""
    found = re.search(rf'rel="{where}" href="/doubts\?([^"#]+)', page.text)
    return speaker.get("/doubts", **dict(parse_qsl(html.unescape(found[1])))) if found else None


def test_what_does_not_fit_on_one_page_is_on_the_next(database, bureau):  # noqa: F811
    wanted = {f"/doubts/{each}" for each in doubted(database, TAIHE, SHOWN * 2 + 3)}
    doubted(database, "441803105", 1)
    first = bureau.get("/doubts", town=TAIHE)
    second = led(bureau, first, "next")
    third = led(bureau, second, "next")
    assert [len(cards(each)) for each in (first, second, third)] == [SHOWN, SHOWN, 3]
    assert {*cards(first), *cards(second), *cards(third)} == wanted
    assert f"共 {len(wanted)} 条" in third.text
    assert led(bureau, third, "next") is None
    assert cards(led(bureau, third, "prev")) == cards(second)
    assert led(bureau, first, "prev") is None
    assert "这一页没有了" in bureau.get("/doubts", town=TAIHE, cursor=10**6).text
    assert bureau.get("/doubts", cursor=-1).status_code == 422


def test_the_list_until_a_day_holds_what_was_true_by_then(database, bureau):  # noqa: F811
    (doubt_id,) = doubted(database, TAIHE, 1)  # of 13 April
    card = f"/doubts/{doubt_id}"
    assert card in bureau.get("/doubts", until="2023-04-13").text
    assert card not in bureau.get("/doubts", until="2023-04-12").text
    assert card in bureau.get("/doubts", until="").text
