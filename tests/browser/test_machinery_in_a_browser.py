"""The page of the machines in a real browser: on a phone, on a big screen, by hand."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_week_in_a_browser import ON_SQLITE

COUNTY, TAIHE = "441803", "441803102"
REGISTERS = "镇,机具类别,统计日期,在册台数,完好台数\n太和镇,旋耕机,2023-01-10,40,36\n"

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture(autouse=True)
def accounts(make_account, season) -> None:
    make_account("recorder", TAIHE)
    make_account("leader", COUNTY)


@pytest.mark.parametrize("width", [390, 1920])
def test_a_table_is_examined_and_taken_and_a_repair_is_entered(
    browse: Callable[..., Page], width: int, tmp_path, watch
):
    page = browse(f"recorder-{TAIHE}", width=width, height=844, is_touch=width < 500)
    page.goto("/machinery")
    file = tmp_path / "在册.csv"
    file.write_text(REGISTERS, encoding="utf-8")
    for button, said in (("只检查", "可以保存 1"), ("导入", "已保存 1")):
        page.get_by_label("文件").set_input_files(file)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(said)
    form = page.locator("#repair")
    form.get_by_label("台数").fill("50")
    form.get_by_role("button", name="登记检修").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("在册 40 台")
    (told,) = watch.errors  # the browser tells of every refusal
    assert "422" in told
    watch.errors.clear()
    form.get_by_label("台数").fill("12")
    form.get_by_role("button", name="登记检修").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已登记检修")
    expect(page.locator(".headline")).to_contain_text("12 台次")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1920])
def test_the_page_of_a_reader_is_no_wider_than_the_window(browse: Callable[..., Page], width: int):
    page = browse(f"leader-{COUNTY}", width=width, height=844)
    for path in ("/machinery", "/machinery?days_left=3", "/outlets"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
