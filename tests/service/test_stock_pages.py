"""The desk of the stock ledger, as operators, recorders and officers open it."""

import re
from uuid import uuid4

import pytest

from tests.books_outlets import bind
from tests.conftest import SHANTANG, TAIHE
from tests.service.test_outlets import opened
from tests.service.test_pages import Suspicious
from tests.service.test_stock import posted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTML = {"Accept": "text/html"}
TODAY = "2023-04-20"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def shop(bureau) -> dict:
    return opened(bureau, name="<b>丰收</b>农资")


@pytest.fixture
def operator(shop, as_role, database):
    speaker = as_role("outlet", TAIHE, "shop")
    bind(database, "shop", shop["id"])
    return speaker


def show(speaker, **asked) -> str:
    answer = speaker.send("GET", "/stock", params=asked, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert Suspicious(answer.text).found == []
    return answer.text


def press(speaker, path: str, **form):
    return speaker.send("POST", path, data=form, headers=HTML, follow_redirects=False)


def form(shop, **other) -> dict:
    told = {"outlet_id": shop["id"], "product_code": "UREA-50", "kind": "receipt"}
    return told | {"quantity": "１０", "unit": "packs", "occurred_on": TODAY, "id": ""} | other


def events(speaker) -> list[dict]:
    return speaker.get("stock/events").json()["items"]


def test_an_operator_enters_packs_once_however_often_the_button_is_pressed(shop, operator):
    text = show(operator)
    assert "&lt;b&gt;丰收" in text
    assert "请先登记一次盘点" in text
    assert 'name="q"' not in text, "nothing to choose from"
    (made_id,) = re.findall(r'name="id" value="([0-9a-f-]{36})"', text)
    for _ in range(2):
        answer = press(operator, "/stock", **form(shop, id=made_id, batch="B-1"))
        assert answer.status_code == 303
        assert "done=stock-event" in answer.headers["location"]
    (held,) = events(operator)
    assert (held["id"], held["quantity_kg"], held["source"]) == (made_id, 500, "self_report")
    text = operator.send("GET", answer.headers["location"], headers=HTML).text
    assert "可以接着登记下一笔" in text
    assert "<strong>500</strong>" in text
    assert "批号 B-1" in text
    assert made_id not in re.findall(r'name="id" value="([^"]+)"', text), "a new form, a new id"


def test_the_same_form_with_another_amount_is_asked_about_and_then_taken(shop, operator):
    made_id = str(uuid4())
    press(operator, "/stock", **form(shop, id=made_id))
    again = press(operator, "/stock", **form(shop, id=made_id, quantity="3"))
    assert again.status_code == 422
    assert "如确是另一笔" in again.text
    first_field = r'action="/stock">\s*<input type="hidden" name="id" value="([^"]+)'
    (second,) = re.findall(first_field, again.text)
    assert second != made_id
    assert press(operator, "/stock", **form(shop, id=second, quantity="3")).status_code == 303
    assert sorted(each["quantity_kg"] for each in events(operator)) == [150, 500]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": "很多"}, "数量须是数字"),
        ({"quantity": "-1"}, "数量:"),
        ({"quantity": "0"}, "数量须大于 0"),
        ({"quantity": "1.23456", "unit": "kg"}, "最多 3 位小数"),
        ({"kind": "loss", "reason": ""}, "损耗须写明原因"),
        ({"kind": "transfer_in"}, "请选业务"),
        ({"kind": ""}, "请选业务"),
        ({"product_code": ""}, "产品:"),
        ({"product_code": "NOTHING"}, "没有产品 NOTHING"),
        ({"occurred_on": "2023-05-01"}, "不能晚于今天"),
        ({"occurred_on": "昨天"}, "日期:"),
        ({"expires_on": "2020-01-01"}, "质量保证期"),
        ({"source": "ledger"}, "您的岗位"),
        ({"id": "x"}, "编号:"),
    ],
)
def test_what_cannot_be_taken_comes_back_with_what_was_typed(shop, operator, change, said):
    answer = press(operator, "/stock", **form(shop, document_no="JH-77") | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="JH-77"' in answer.text
    assert Suspicious(answer.text).found == []
    assert events(operator) == []


def test_an_event_is_taken_back_with_a_reason_and_both_stay_in_sight(shop, operator):
    press(operator, "/stock", **form(shop))
    (held,) = events(operator)
    where = f"/stock/events/{held['id']}/reversals"
    bare = press(operator, where, outlet_id=shop["id"], reason="  ")
    assert bare.status_code == 422
    assert "原因:" in bare.text
    once = {"outlet_id": shop["id"], "reason": "记重了", "id": str(uuid4())}
    for _ in range(2):
        assert press(operator, where, **once).status_code == 303
    text = show(operator, outlet=shop["id"])
    assert "已冲正" in text
    assert "-500 公斤" in text
    assert "<summary>冲正</summary>" not in text, "neither can be taken back again"
    other = press(operator, where, **once | {"id": str(uuid4())})
    assert "已冲正过" in other.text
    assert 'value="记重了"' not in other.text, "there is no such form any more"


def test_a_recorder_finds_an_outlet_of_the_town_by_a_part_of_its_name(bureau, shop, as_role):
    second = opened(bureau, name="大丰农资")
    opened(bureau, SHANTANG, name="山塘丰年")
    recorder = as_role("recorder", TAIHE)
    assert "请先选一个网点" in show(recorder)
    assert "山塘" not in show(recorder)
    text = show(recorder, q="大")
    assert f'name="outlet_id" value="{second["id"]}"' in text
    assert shop["id"] not in show(recorder, q="大", outlet=shop["id"])
    assert "没有名称里有“无此店”的网点" in show(recorder, q="无此店")
    told = form(second, kind="count", quantity="80", unit="kg", source="ledger", reason="盘")
    assert press(recorder, "/stock", **told).status_code == 303
    (held,) = events(recorder)
    assert (held["counted_kg"], held["source"]) == (80, "ledger")


def test_an_officer_counts_before_the_book_is_shown(bureau, shop, as_role):
    posted(bureau, shop, "receipt", 1234, "2023-04-18")
    posted(bureau, shop, "receipt", 777, "2023-04-18", product_code="KCL-50")
    officer = as_role("officer")
    text = show(officer, outlet=shop["id"])
    assert "1,234" not in text
    assert "有过库存" not in text
    assert "先清点、后看账" in text
    refused = press(officer, "/stock", **form(shop, kind="sale"))
    assert "执法检查只登记盘点" in refused.text
    counted = form(shop, kind="count", quantity="1200", unit="kg")
    assert press(officer, "/stock", **counted).status_code == 303
    text = show(officer, outlet=shop["id"])
    assert "<strong>1,200</strong>" in text
    assert "与账面差 -34" in text
    assert "777" not in text, "what they have not counted they do not see"


def test_a_table_is_checked_first_and_then_taken_and_a_refusal_names_its_row(shop, as_role, bureau):
    posted(bureau, shop, "receipt", 10, "2023-04-01")
    recorder = as_role("recorder", TAIHE)
    head = "网点,产品,业务,日期,公斤\n"
    good = f"{head}{shop['id']},UREA-50,进货,2023-04-11,5\n"

    def upload(text: str, dry_run: str):
        files = {"file": ("<i>.csv", text.encode(), "text/csv")}
        return recorder.send(
            "POST", "/stock/imports", files=files, data={"dry_run": dry_run}, headers=HTML
        )

    tried = upload(good, "true")
    assert (tried.status_code, "可以保存 1" in tried.text) == (200, True)
    assert len(events(recorder)) == 1
    bad = upload(f"{good}无此店,UREA-50,进货,2023-04-11,5\n", "false")
    assert bad.status_code == 422
    assert "第 3 行" in bad.text
    assert "没有这个网点" in bad.text
    assert len(events(recorder)) == 1
    assert "已保存 1" in upload(good, "false").text
    assert "未变 1" in upload(good, "false").text
    assert len(events(recorder)) == 2


def test_who_may_not_write_is_not_let_in_and_the_unbound_are_told_what_to_do(shop, as_role):
    leader = as_role("leader")
    assert leader.send("GET", "/stock", headers=HTML).status_code == 403
    assert press(leader, "/stock", **form(shop)).status_code == 403
    lonely = as_role("outlet", TAIHE, "lonely")
    assert "把账号与网点对应起来" in show(lonely)
    answer = press(lonely, "/stock", **form(shop))
    assert answer.status_code == 422
    assert "没有这个网点" in answer.text
    stranger = as_role("recorder", SHANTANG)
    assert "没有这个网点" in press(stranger, "/stock", **form(shop)).text
    files = {"file": ("t.csv", b"x", "text/csv")}
    assert lonely.send("POST", "/stock/imports", files=files, headers=HTML).status_code == 403
