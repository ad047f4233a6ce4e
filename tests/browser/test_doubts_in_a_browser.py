"""The list of doubts in a real browser: from page to page by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from service.pages.doubt_pages import SHOWN
from tests.books_doubts import put
from tests.browser.test_supply_in_a_browser import fits
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY, TAIHE

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_turned_by_keyboard(
    browse: Callable[..., Page], make_account, database, width: int, watch
):
    make_account("bureau", COUNTY, "desk")
    for number in range(SHOWN + 3):
        put(database, TAIHE, number)
    page = browse("desk", width=width, height=844)
    page.goto(f"/doubts?town={TAIHE}")
    page.get_by_role("link", name="下一页").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"第 {SHOWN + 1}—{SHOWN + 3} 条")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert fits(page)
    expect(page.locator("select[name=town]")).to_have_value(TAIHE)
    page.get_by_role("link", name="上一页").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(SHOWN)
