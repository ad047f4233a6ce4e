"""Facts and bulletins in a real browser: two of the bureau by keyboard, a leader on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.books_bulletins import put
from tests.books_outlets import put as put_outlets
from tests.browser.test_supply_in_a_browser import fits
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY

pytestmark = [pytest.mark.browser, ON_SQLITE]
TEXT = "全区农资经营网点{{outlets.active|.0}}。"


@pytest.fixture(autouse=True)
def people(make_account, database) -> str:
    """Two of the bureau, a leader, an outlet, and an issued bulletin."""
    for role, name in (("bureau", "first"), ("bureau", "second"), ("leader", "boss")):
        make_account(role, COUNTY, name)
    put_outlets(database, f"{COUNTY}102", 1)
    return put(database, COUNTY, 1)["bulletin_id"]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_bulletin_is_drafted_reviewed_and_issued_by_keyboard(
    browse: Callable[..., Page], width: int, watch
):
    page = browse("first", width=width, height=844)
    page.get_by_role("link", name="简报", exact=True).click()
    page.wait_for_url("**/bulletins")
    assert fits(page)
    page.get_by_label("标题").fill("春耕进展顺利")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已拟稿")
    expect(page.get_by_text("还不能签发").first).to_be_visible()
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("正文").fill(TEXT)
    page.get_by_role("button", name="保存").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已改稿")
    assert fits(page)
    where = page.url.split("?")[0]
    page.get_by_role("button", name="退出").click()
    other = browse("second", width=width, height=844)
    other.goto(where)
    other.get_by_role("button", name="核稿通过").focus()
    other.keyboard.press("Enter")
    expect(other.get_by_role("status")).to_contain_text("已核稿")
    other.get_by_role("button", name="签发").focus()
    other.keyboard.press("Enter")
    expect(other.get_by_role("status")).to_contain_text("不再变动")
    assert fits(other)
    other.get_by_role("link", name=re.compile(r"^\d+个$")).click()
    expect(other.get_by_role("heading", name="农资经营网点")).to_be_visible()
    assert fits(other)


@pytest.mark.parametrize("width", [390, 1920])
def test_a_leader_opens_a_figure_to_its_rows(browse: Callable[..., Page], width: int, watch):
    page = browse("boss", width=width, height=844, is_touch=width < 500)
    page.get_by_role("link", name="数字", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("数字")
    assert fits(page)
    page.get_by_role("link", name="农资经营网点", exact=True).click()
    expect(page.get_by_text("依据的记录")).to_be_visible()
    assert fits(page)
