"""Farm inputs in a real browser: an operator on a phone, by keyboard; a leader on any screen."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.books_outlets import bind
from tests.books_outlets import put as put_outlets
from tests.books_stock import put as put_stock
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY, TAIHE

pytestmark = [pytest.mark.browser, ON_SQLITE]
DAY = date(2023, 4, 2)


@pytest.fixture(autouse=True)
def shop(make_account, database) -> str:
    """An outlet with 1,000 kg of urea of 1 April, its operator, and a leader."""
    make_account("outlet", TAIHE)
    make_account("leader", COUNTY)
    outlet_id = put_outlets(database, TAIHE, 1)["outlet_id"]
    put_stock(database, TAIHE, 1)
    bind(database, f"outlet-{TAIHE}", outlet_id)
    return outlet_id


def fits(page: Page) -> bool:
    page.get_by_role("heading", level=1).wait_for()  # what was clicked leads to another page
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [390, 1920])
def test_an_operator_posts_a_sale_by_keyboard_and_takes_it_back(
    browse: Callable[..., Page], width: int, watch
):
    page = browse(f"outlet-{TAIHE}", width=width, height=844, is_touch=width < 500)
    page.get_by_role("link", name="库存", exact=True).click()
    assert fits(page)
    page.get_by_label("进货").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("销售")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # what is on the shelf comes first
    page.keyboard.press("Tab")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("数量须大于 0")
    (told,) = watch.errors  # the browser tells of every refusal
    assert "422" in told
    watch.errors.clear()
    expect(page.get_by_label("销售")).to_be_checked()
    page.get_by_label("数量").fill("30.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已登记")
    expect(page.locator("tbody")).to_contain_text("969.5")
    assert fits(page)
    newest = page.locator(".history li").first
    newest.locator("summary").click()
    newest.get_by_label("为什么不算").fill("记错了")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已冲正")
    expect(page.locator("tbody")).to_contain_text("1,000")
    assert fits(page)


def test_two_taps_are_one_sale(browse: Callable[..., Page]):
    page = browse(f"outlet-{TAIHE}", width=390, height=844, is_touch=True)
    page.goto("/stock")
    page.get_by_label("销售").check()
    page.get_by_label("产品").select_option("UREA-50")
    page.get_by_label("数量").fill("1")
    page.get_by_label("单位").select_option("packs")
    page.get_by_role("button", name="登记").dblclick()
    expect(page.get_by_role("status")).to_contain_text("已登记")
    expect(page.locator("tbody")).to_contain_text("950")
    page.reload()
    expect(page.locator(".history li")).to_have_count(2)


@pytest.mark.parametrize("width", [390, 1920])
def test_the_table_scrolls_in_its_own_box_and_leads_to_its_rows(
    browse: Callable[..., Page], width: int, season
):
    page = browse(f"leader-{COUNTY}", width=width, height=844, is_touch=width < 500)
    page.goto(f"/supply?as_of={DAY}")
    expect(page.locator(".headline")).to_contain_text("≥ 1 吨")
    assert fits(page)
    box = page.locator(".heatbox")
    assert (box.evaluate("box => box.scrollWidth > box.clientWidth")) == (width < 500)
    box.evaluate("box => box.scrollTo(2000, 0)")
    name = box.get_by_role("rowheader", name="太和镇")
    assert name.bounding_box()["x"] - box.bounding_box()["x"] < 2, "names of rows stay in sight"
    box.locator(f"a[href*='town={TAIHE}&commodity=urea']").click()
    expect(page.get_by_role("heading", name="太和镇:尿素")).to_be_visible()
    expect(page.locator("tbody")).to_contain_text("1,000")
    assert fits(page)
    rows = page.locator(".scroll")
    assert rows.evaluate("box => box.scrollWidth <= box.clientWidth")
