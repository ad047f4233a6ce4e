"""The page of farm inputs, as leaders open it."""

import re
from html import unescape

import pytest

from tests.conftest import TAIHE
from tests.service.test_adequacy import IN_SHANTANG, IN_TAIHE, SHANTANG, WEEK
from tests.service.test_outlets import opened
from tests.service.test_pages import Suspicious
from tests.service.test_stock import posted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTML = {"Accept": "text/html"}
NPK = "NPK15-50"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def shop(bureau) -> dict:
    return opened(bureau, IN_TAIHE, name="<b>丰收</b>农资")


@pytest.fixture
def planned(book) -> str:
    """1,000 mu of early rice planned in each of two towns, 400 of it sown in 太和镇."""
    for village in (IN_TAIHE, IN_SHANTANG):
        assert book.plan(village, 1000).is_success
    book.accepted(WEEK, {IN_TAIHE: 400})
    return book.season


def show(speaker, path="/supply", **asked) -> str:
    answer = speaker.send("GET", path, params=asked, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert Suspicious(answer.text).found == []
    return answer.text


def test_without_any_stock_the_page_says_who_is_to_do_what(bureau, as_role):
    assert 'href="/stock"' in show(bureau)
    leader = show(as_role("leader"))
    assert "还没有任何网点报过库存" in leader
    assert "请催各网点" in leader
    assert "没有存疑的库存" in leader
    assert as_role("outlet", TAIHE).get("/supply").status_code == 403


def test_lower_bounds_are_in_tonnes_and_cut_and_tell_their_coverage(bureau, shop, as_role):
    other = opened(bureau, IN_SHANTANG, name="乙店")
    posted(bureau, shop, "count", 1234.567, "2023-04-19", product_code=NPK)
    posted(bureau, other, "count", 2000, "2023-03-01", product_code=NPK)
    text = show(as_role("leader"), as_of="2023-04-20")
    assert "≥ <strong>1.234</strong> 吨" in text, "1,234.567 kg are not yet 1.235 t"
    assert "1/2 家有近期数 · 过期 2 吨不计 · 账龄中位 25.5 天" in text
    assert "≥ <strong>1.234</strong>" not in show(
        as_role("leader"), as_of="2023-04-20", town=SHANTANG
    )


def test_a_cell_reads_without_colour_and_leads_to_who_told_what_when(
    bureau, shop, planned, as_role
):
    posted(bureau, shop, "count", 15_000, WEEK, product_code=NPK)
    leader = as_role("leader")
    text = show(leader, as_of=WEEK)
    assert ">够用</a>" in text
    assert "缺 0%<small>3月16日起</small>" in text
    assert "网点覆盖 100.0%" in text
    assert "今后三周有" in text
    where = f"/supply/rows?town={TAIHE}&amp;commodity=npk&amp;as_of={WEEK}"
    assert where in text
    rows = show(leader, "/supply/rows", town=TAIHE, commodity="npk", as_of=WEEK)
    assert "&lt;b&gt;丰收" in rows
    assert "2023-03-16 盘点 15,000 公斤" in rows
    assert "电话" in rows
    assert "bureau 441803" in rows, "who entered it"
    assert "1 家有近期数,共 15,000 公斤" in rows
    none = show(leader, "/supply/rows", town=SHANTANG, commodity="npk", as_of=WEEK)
    assert "没有网点报过这个品种" in none
    stale = show(leader, "/supply/rows", town=TAIHE, commodity="npk", as_of="2023-04-20")
    assert "过期不计" in stale


def test_a_town_chosen_shows_its_row_with_the_same_cells(bureau, shop, planned, as_role):
    posted(bureau, shop, "count", 15_000, WEEK, product_code=NPK)
    text = show(as_role("leader"), as_of=WEEK, town=TAIHE)
    assert f"town={TAIHE}&amp;commodity=npk" in text
    assert f"town={SHANTANG}&amp;commodity=npk" not in text
    assert "清新区:" in text


def test_what_lies_outside_the_readers_area_does_not_exist(bureau, shop, planned, as_role):
    posted(bureau, shop, "count", 15_000, WEEK, product_code=NPK)
    approver = as_role("approver", SHANTANG)
    assert "丰收" not in show(approver, as_of=WEEK)
    asked = {"town": TAIHE, "commodity": "npk"}
    answer = approver.send("GET", "/supply/rows", params=asked, headers=HTML)
    assert answer.status_code == 404
    village = as_role("recorder", IN_TAIHE)
    assert "≥ <strong>15</strong> 吨" in show(village, as_of=WEEK)


def test_the_last_eight_thursdays_and_the_marks_are_told(bureau, shop, as_role):
    posted(bureau, shop, "receipt", 1000, "2023-03-01", product_code=NPK)
    posted(bureau, shop, "sale", 1500, "2023-04-11", product_code=NPK)
    text = show(as_role("leader"), as_of="2023-04-14")
    assert '<th scope="row">2月23日</th>' in text
    assert '<th scope="row">4月13日</th>' in text
    assert "账面为负 1" in text
    assert "现为 -500" in text
    assert 'class="part" width="100.0"' in text


def test_the_page_says_again_what_was_known_at_an_instant(bureau, shop, planned, clock, as_role):
    known_at = clock().isoformat()
    clock.forward(hours=1)
    posted(bureau, shop, "count", 15_000, WEEK, product_code=NPK)
    leader = as_role("leader")
    assert "≥ <strong>15</strong> 吨" in show(leader, as_of=WEEK)
    then = show(leader, as_of=WEEK, known_at=known_at)
    assert "还没有任何网点报过库存" in then
    assert ">够用</a>" not in then
    (link,) = re.findall(rf'href="(/supply/rows\?town={TAIHE}&amp;commodity=npk[^"]+)"', then)
    rows = leader.send("GET", unescape(link), headers=HTML).text
    assert "没有网点报过这个品种" in rows
    assert "15,000" not in rows


def test_a_share_that_does_not_suffice_is_never_shown_as_all(bureau, shop, planned, as_role):
    posted(bureau, shop, "count", 14_999, WEEK, product_code=NPK)  # of 15,000
    assert "略缺 99%<small>" in show(as_role("leader"), as_of=WEEK)
