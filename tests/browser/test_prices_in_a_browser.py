"""Prices on a phone: an operator enters one by touch and by keyboard; a leader reads the index."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.books_outlets import bind, put_outlet
from tests.conftest import COUNTY, TAIHE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture(autouse=True)
def shop(make_account, database) -> None:
    make_account("outlet", TAIHE)
    make_account("leader", COUNTY)
    with database.system_transaction() as session:
        outlet_id = put_outlet(session, TAIHE, "丰收农资店")
    bind(database, f"outlet-{TAIHE}", str(outlet_id))


def has_no_sideways_scroll(page: Page) -> bool:
    page.get_by_role("heading", level=1).wait_for()  # what was clicked leads to another page
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_operator_enters_a_price_on_a_phone(browse: Callable[..., Page]):
    page = browse(f"outlet-{TAIHE}", width=390, height=844, is_touch=True)
    page.get_by_role("link", name="价格").tap()
    expect(page.get_by_label("网点")).to_have_value("丰收农资店")
    assert has_no_sideways_scroll(page)
    page.get_by_label("产品").select_option("UREA-50")
    page.get_by_label("价格(元)").fill("135.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已录入")
    expect(page.locator("tbody tr")).to_contain_text("2.71")
    assert has_no_sideways_scroll(page)
    page.get_by_text("录错了").tap()
    page.get_by_label("原因").fill("看错了价签")
    page.get_by_role("button", name="撤销").tap()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    expect(page.locator(".empty")).to_be_visible()


def test_a_leader_reads_the_index_on_a_phone(browse: Callable[..., Page]):
    page = browse(f"leader-{COUNTY}", width=390, height=844, is_touch=True)
    page.goto("/prices")
    expect(page.get_by_role("heading", name="同比去年同旬")).to_be_visible()
    expect(page.locator("main")).to_contain_text("样本不足")
    assert has_no_sideways_scroll(page)
