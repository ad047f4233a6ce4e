"""The card of a visit in a real browser: a photo by a phone, and the same card on a big screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import books
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.hostile_photos import a_field_photo

COUNTY, TAIHE = "441803", "441803102"

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.mark.parametrize("width", [390, 1920])
def test_a_photo_is_filed_from_the_card_and_is_seen_there(
    browse: Callable[..., Page], make_account, season, database, width: int, tmp_path
):
    make_account("officer", COUNTY)
    visit = books.put(database, TAIHE, 1)["visit_id"]
    page = browse(f"officer-{COUNTY}", width=width, height=844, is_touch=width < 500)
    page.goto(f"/visits/{visit}")
    expect(page.get_by_text("还没有照片")).to_be_visible()
    file = tmp_path / "IMG_1.jpg"
    file.write_bytes(a_field_photo())
    page.get_by_label("拍照或选择照片").set_input_files(file)
    page.get_by_role("button", name="上传", exact=True).press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("照片已保存")
    picture = page.get_by_role("img", name="检查的照片 1")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.decode().then(() => each.naturalWidth)") == 64
    assert page.evaluate("document.documentElement.scrollWidth") <= width
