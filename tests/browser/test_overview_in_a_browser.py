"""The leader's page in a browser: one screen, a slider by keyboard and without script, paper."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from service.pages.leader_pages import TILES
from tests.books_outlets import put as put_outlets
from tests.books_stock import put as put_stock
from tests.browser.conftest import PASSWORD
from tests.browser.test_supply_in_a_browser import fits
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY, TAIHE

pytestmark = [pytest.mark.browser, ON_SQLITE]
THIRD, FOURTH = "week=3", "week=4"


@pytest.fixture(autouse=True)
def county(make_account, database, season) -> None:
    """A leader, and a shop with stock, on 20 April: the eighth week."""
    make_account("leader", COUNTY, "boss")
    put_outlets(database, TAIHE, 1)
    put_stock(database, TAIHE, 1)


def slider(page: Page):
    return page.get_by_role("slider")


def is_in_view(page: Page, box: dict[str, float]) -> bool:
    return box["x"] >= 0 and box["x"] + box["width"] <= page.evaluate("innerWidth")


def test_the_whole_page_is_one_screen(browse: Callable[..., Page], watch):
    page = browse("boss")
    page.goto("/overview?as_of=2023-04-20")
    expect(page.locator("svg.spark").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert fits(page)
    expect(page.locator(".tile")).to_have_count(sum(map(len, TILES.values())) + 5)
    right = max(each.bounding_box()["x"] for each in page.locator(".board .panel").all())
    assert right > 1920 * 0.7, "the tiles take the whole width"


@pytest.mark.parametrize("width", [390, 1920])
def test_the_slider_shows_the_week_at_once_and_keeps_the_keyboard(
    browse: Callable[..., Page], width: int, watch
):
    page = browse("boss", width=width, height=844, is_touch=width < 500)
    page.goto(f"/overview?season=2023-spring&{FOURTH}")
    expect(page.locator("svg.spark").first).to_be_attached()
    mark = page.locator('[data-code="outlets.active"] .mark')
    marked = mark.get_attribute("d")
    slider(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#said")).to_contain_text("截至 2023-03-16")
    assert page.url.endswith(THIRD)
    expect(slider(page)).to_be_focused()
    expect(slider(page)).to_have_attribute("aria-valuetext", "3月16日")
    expect(page.get_by_label("截至")).to_have_value("2023-03-16")
    assert mark.get_attribute("d") != marked, "the mark goes along"
    href = page.get_by_role("link", name="后一周").get_attribute("href")
    assert href.endswith(FOURTH)
    tile = page.locator(".tile .value a").first.get_attribute("href")
    assert tile.endswith("as_of=2023-03-16"), "the tiles lead to the rows of that week"
    page.keyboard.press("End")
    expect(page.locator("#said")).to_contain_text("截至 2023-04-20")
    assert fits(page)


def test_the_slider_is_in_sight_on_a_phone_whichever_week_it_shows(
    browse: Callable[..., Page], watch
):
    page = browse("boss", width=390, height=844, is_touch=True)
    for week in (1, 8):
        page.goto(f"/overview?season=2023-spring&week={week}")
        assert is_in_view(page, slider(page).bounding_box())
        assert slider(page).bounding_box()["height"] >= 44, "a finger finds it"
        assert fits(page)


@pytest.fixture
def plain(chromium: Browser, site: str) -> Iterator[Page]:
    """A window that runs no script, with the leader logged in."""
    context = chromium.new_context(base_url=site, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("用户名").fill("boss")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    yield page
    context.close()


def test_without_script_the_slider_is_sent_by_its_button(plain: Page):
    plain.goto(f"/overview?season=2023-spring&{FOURTH}")
    slider(plain).focus()
    plain.keyboard.press("ArrowLeft")
    plain.get_by_role("button", name="看这一周").click()
    expect(plain.locator("#said")).to_contain_text("截至 2023-03-16")
    plain.get_by_role("link", name="后一周").click()
    expect(plain.locator("#said")).to_contain_text("截至 2023-03-23")


def test_it_prints_on_one_sheet_and_no_heading_stands_alone(browse: Callable[..., Page], watch):
    page = browse("boss")
    page.goto("/overview?as_of=2023-04-20")
    expect(page.locator("svg.spark").first).to_be_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    breaks = page.locator("h1, h2, h3").evaluate_all(
        "all => all.map(each => getComputedStyle(each).breakAfter)"
    )
    assert set(breaks) == {"avoid"}
    kept = page.locator(".board .panel").evaluate_all(
        "all => all.map(each => getComputedStyle(each).breakInside)"
    )
    assert set(kept) == {"avoid"}
    expect(page.get_by_role("slider")).to_be_hidden()


def test_other_pages_print_their_headings_with_what_follows(browse: Callable[..., Page], watch):
    page = browse("boss")
    page.emulate_media(media="print")
    page.goto("/supply")
    breaks = page.locator("h1, h2").evaluate_all(
        "all => all.map(each => getComputedStyle(each).breakAfter)"
    )
    assert set(breaks) == {"avoid"}
