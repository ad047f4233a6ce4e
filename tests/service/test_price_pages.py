"""The page of prices, as its readers open it."""

import pytest

from tests.books_outlets import bind
from tests.conftest import TAIHE
from tests.service.test_outlets import opened
from tests.service.test_pages import Suspicious
from tests.service.test_prices import NOW, WEEK_BEFORE, a_panel, seen

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTML = {"Accept": "text/html"}


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
    answer = speaker.send("GET", "/prices", params=asked, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert Suspicious(answer.text).found == []
    return answer.text


def press(speaker, path: str, **form):
    return speaker.send("POST", path, data=form, headers=HTML, follow_redirects=False)


def upload(speaker, text: str, **form):
    files = {"file": ("prices.csv", text.encode(), "text/csv")}
    return speaker.send(
        "POST", "/prices/imports", files=files, data=form, headers=HTML, follow_redirects=False
    )


def test_the_leader_reads_the_index_in_words_with_its_sample_and_the_spikes(bureau, as_role):
    outlets = a_panel(bureau, {WEEK_BEFORE: 1, NOW: 1.05})
    seen(bureau, outlets[0], "2023-04-19", 200)
    text = show(as_role("leader"), as_of="2023-04-20")
    for said in ("上涨 5%", "样本不足", "+5.00%", "环比上周", "同比去年同旬", "价格异常"):
        assert said in text, said
    assert "尿素(46%) 50kg" in text
    assert "比同类 5 个价的中位数高" in text
    assert "录入一个价格" not in text
    assert "样本不足" in show(as_role("leader"), as_of="2023-04-20", price_kind="wholesale")
    assert "还没有这种价格" in show(as_role("leader"), as_of="2022-04-20")


def test_an_operator_enters_a_price_with_their_own_shop_chosen_already(shop, operator):
    text = show(operator)
    assert f'name="outlet_id" value="{shop["id"]}"' in text
    assert "&lt;b&gt;丰收" in text
    assert "<b>丰收" not in text
    assert "环比上周" not in text
    form = {"outlet_id": shop["id"], "product_code": "UREA-50", "price_yuan": "１３５.5"}
    form |= {"observed_on": NOW, "unit": "yuan_per_pack", "price_kind": "retail"}
    form |= {"id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d009"}
    for _ in range(2):  # a second click is the same price
        answer = press(operator, "/prices", **form, brand="", pack_kg="")
        assert (answer.status_code, answer.headers["location"]) == (
            *(303, "/prices?done=price-entered"),
        )
    (held,) = operator.get("prices").json()["items"]
    assert (held["price_yuan"], held["is_promotion"], held["brand"]) == (135.5, False, None)
    assert "2.71" in show(operator)
    where = f"/prices/{held['id']}/withdraw"
    assert press(operator, where, reason="录错了").status_code == 303
    assert operator.get("prices").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price_yuan": "0"}, "价格:不能小于"),
        ({"price_yuan": "贵"}, "价格:须是数字"),
        ({"price_yuan": ""}, "价格:必填"),
        ({"pack_kg": "0"}, "包装(公斤):不能小于"),
        ({"observed_on": "2023-05-01"}, "日期不能晚于今天"),
        ({"product_code": "NOTHING"}, "没有产品 NOTHING"),
        ({"outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d009"}, "没有这个网点"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_with_what_was_typed(shop, operator, change, said):
    form = {"outlet_id": shop["id"], "product_code": "UREA-50", "price_yuan": "135"}
    form |= {"observed_on": NOW, "brand": "中化牌"} | change
    answer = press(operator, "/prices", **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="中化牌"' in answer.text
    assert operator.get("prices").json()["items"] == []


def test_a_table_is_checked_first_and_then_taken(operator):
    good = "产品,日期,价格\nUREA-50,2023-04-18,130\n"
    tried = upload(operator, good, dry_run="true")
    assert "可录入 1 行" in tried.text
    assert operator.get("prices").json()["items"] == []
    bad = upload(operator, good + "<i>x</i>,2023-04-18,130\n")
    assert "第 3 行" in bad.text
    assert "没有这个产品" in bad.text
    assert "&lt;i&gt;x" in bad.text
    assert operator.get("prices").json()["items"] == []
    assert upload(operator, "什么,也不是\n1,2\n").status_code == 422
    assert upload(operator, good).headers["location"] == "/prices?done=prices-imported"
    assert len(operator.get("prices").json()["items"]) == 1


def test_who_only_reads_cannot_enter_and_an_unbound_operator_is_told_what_to_do(as_role):
    leader = as_role("leader")
    assert press(leader, "/prices", price_yuan="1").status_code == 403
    assert upload(leader, "x").status_code == 403
    assert "把账号与网点对应起来" in show(as_role("outlet", TAIHE, "lonely"))
