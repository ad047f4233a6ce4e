"""The main path in a real browser, and what a recorder's hands do in the grid."""

from collections.abc import Callable

import openpyxl
import pytest
from playwright.sync_api import Page, expect

COUNTY, TAIHE = "441803", "441803102"
PASSWORD = "a password for tests"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The pages ask the same queries on both engines; tests/service compares those."""

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture(autouse=True)
def accounts(make_account, season) -> None:
    for role, area in (("recorder", TAIHE), ("approver", TAIHE)):
        make_account(role, area)
    for role in ("bureau", "leader"):
        make_account(role, COUNTY)


def paste(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def cell(page: Page, row: int, crop: str = "RICE_E", method: str = "transplanted"):
    rows = page.locator("#grid tbody tr")
    return rows.nth(row).locator(f'input[data-crop="{crop}"][data-method="{method}"]')


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def test_a_week_goes_from_a_pasted_block_to_the_leaders_page(browse: Callable[..., Page]):
    leader = browse(f"leader-{COUNTY}")
    expect(leader.locator(".headline .main strong")).to_have_text("—")
    fill_and_submit(browse(f"recorder-{TAIHE}"))

    approver = browse(f"approver-{TAIHE}")
    approver.get_by_role("link", name="打开").first.click()
    expect(approver.locator("main")).to_contain_text("1,823.80")
    approver.get_by_role("button", name="通过").click()
    expect(approver.get_by_role("status")).to_contain_text("已通过")

    bureau = browse(f"bureau-{COUNTY}")
    bureau.get_by_role("link", name="打开").first.click()
    bureau.get_by_role("button", name="接收").click()
    expect(bureau.get_by_role("status")).to_contain_text("已接收")

    leader.reload()
    read_progress(leader)


def fill_and_submit(page: Page) -> None:
    """Paste a block, see it marked, save it, submit it, and find the week closed."""
    expect(page.locator("h1")).to_contain_text("太和镇")
    cell(page, 7).click()
    paste(page, "1,823.8\t496\r\n730.8\t0\r\n无\t\r\n")
    expect(cell(page, 7)).to_have_value("1823.8")
    expect(cell(page, 8, method="thrown")).to_have_value("0")
    expect(cell(page, 9)).to_have_value("无")
    expect(cell(page, 9, method="thrown")).to_have_value("")
    expect(page.locator("td.dirty")).to_have_count(5)
    expect(page.locator("#n-unsaved")).to_have_text("5")
    expect(page.locator("[data-total]")).to_have_text("3,050.60")
    expect(page.locator(".filled")).to_contain_text("3/18")

    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存 5 格")).to_be_visible()
    expect(page.locator("td.dirty")).to_have_count(0)
    page.get_by_role("button", name="上报…").click()
    expect(page.get_by_role("dialog")).to_contain_text("还有 15 村没有报")
    page.get_by_role("button", name="确认上报").click()
    expect(page.get_by_role("status")).to_contain_text("已上报")
    expect(page.locator("#closed")).to_contain_text("须先退回才能改动")
    expect(cell(page, 7)).not_to_be_editable()


def read_progress(page: Page) -> None:
    """Find the figure, the curve, and the villages behind the town, by keyboard."""
    expect(page.locator(".headline .main strong")).to_have_text("0.305")
    expect(page.locator("#curve canvas")).to_be_visible()
    assert page.evaluate(IS_DRAWN)
    taihe = page.get_by_role("button", name="太和镇")
    taihe.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#villages-{TAIHE}")).to_contain_text("2,319.80")
    expect(taihe).to_have_attribute("aria-expanded", "true")


IS_DRAWN = """() => {
  const canvas = document.querySelector("#curve canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value !== 0);
}"""


def test_the_keyboard_goes_through_the_grid(browse: Callable[..., Page]):
    page = browse(f"recorder-{TAIHE}")
    page.locator("#c0-0").focus()
    for key, wanted in (
        ("ArrowDown", "c1-0"),
        ("Enter", "c2-0"),
        ("Shift+Enter", "c1-0"),
        ("Tab", "c1-1"),
        ("ArrowRight", "c1-2"),
        ("ArrowLeft", "c1-1"),
        ("ArrowUp", "c0-1"),
        ("ArrowUp", "c0-1"),
        ("Shift+Tab", "c0-0"),
    ):
        page.keyboard.press(key)
        assert focused(page) == wanted, key
    page.keyboard.type("12.5")
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("已保存 2 格")).to_be_visible()
    expect(page.locator("#c0-0")).to_have_value("12.5")
    page.keyboard.type("99")
    page.keyboard.press("Escape")
    expect(page.locator("#c1-0")).to_have_value("7")


def test_what_was_typed_survives_a_closed_window(browse: Callable[..., Page]):
    page = browse(f"recorder-{TAIHE}")
    cell(page, 7).fill("88")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("已恢复上次没保存的 1 格")).to_be_visible()
    expect(cell(page, 7)).to_have_value("88")
    page.get_by_role("button", name="撤销未保存的").click()
    expect(cell(page, 7)).to_have_value("")


def test_what_was_typed_survives_a_lost_session(browse: Callable[..., Page], watch):
    page = browse(f"recorder-{TAIHE}")
    cell(page, 7).fill("88")
    page.context.clear_cookies()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("登录已过期")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="去登录").click()
    page.get_by_label("用户名").fill(f"recorder-{TAIHE}")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(cell(page, 7)).to_have_value("88")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存 1 格")).to_be_visible()
    watch.errors.clear()  # the browser notes the 401 itself


def test_errors_stand_at_their_cells(browse: Callable[..., Page], watch):
    page = browse(f"recorder-{TAIHE}")
    cell(page, 7).fill("十亩")
    expect(cell(page, 7)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("有 1 格须先改正")
    cell(page, 7).fill("5000000")
    cell(page, 8).fill("1.5")
    page.route("**/reports/batch", lambda route: route.fulfill(status=422, json=REFUSED))
    page.get_by_role("button", name="保存", exact=True).click()
    second = cell(page, 8).locator("xpath=..")
    expect(second.locator(".error")).to_have_text("累计数不能低于;确需调减须选更正原因")
    expect(second.get_by_role("combobox")).to_be_visible()
    expect(cell(page, 8)).to_be_focused()
    watch.errors.clear()  # the browser notes the 422 itself
    page.once("dialog", lambda dialog: dialog.accept())


REFUSED = {
    "detail": "有 1 行不能保存",
    "rows": [
        {
            "row": 1,
            "field": "cumulative_mu",
            "value": "1.5",
            "reason": "累计数不能低于;确需调减须选更正原因",
        }
    ],
}


def test_a_returned_figure_is_corrected_with_its_reason(
    browse: Callable[..., Page], season, as_role
):
    recorder, approver = as_role("recorder", TAIHE, "r2"), as_role("approver", TAIHE, "a2")
    figure = {"crop_code": "RICE_E", "method": "transplanted", "as_of": "2023-04-20"}
    figure |= {"season_code": season, "area_code": f"{TAIHE}201", "cumulative_mu": 50}
    assert recorder.post("sowing/reports", figure).status_code == 201
    tasks = recorder.get("reporting/tasks", season=season, period="2023-04-20").json()
    where = f"reporting/tasks/{tasks['items'][0]['id']}"
    recorder.post(f"{where}/submit")
    approver.post(f"{where}/return", {"reason": "黄坑的数请核对"})

    page = browse(f"recorder-{TAIHE}")
    expect(page.locator("main")).to_contain_text("黄坑的数请核对")
    field = page.locator(
        f'tr[data-area="{TAIHE}201"] input[data-crop="RICE_E"][data-method="transplanted"]'
    )
    field.fill("40")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("须先改正")
    field.locator("xpath=..").get_by_role("combobox").select_option("misreport")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存 1 格")).to_be_visible()


def test_a_filled_template_is_read_back(browse: Callable[..., Page], tmp_path, season, as_role):
    plan = {"season_code": season, "area_code": f"{TAIHE}201", "crop_code": "RICE_E"}
    bureau = as_role("bureau", COUNTY, "b2")
    assert bureau.post("sowing/plans", plan | {"plan_mu": 300}).status_code == 201
    page = browse(f"recorder-{TAIHE}")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载本周模板").click()
    path = tmp_path / "filled.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    row, column = place_in(book.active, "黄坑村委会", "栽插")
    book.active.cell(row, column).value = 321.5
    book.save(path)
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#upload-result")).to_contain_text("试读没有保存")
    page.get_by_label("先试读,不保存").uncheck()
    page.get_by_role("button", name="上传").click()
    page.get_by_role("link", name="刷新表格").click()
    expect(cell(page, 7)).to_have_value("321.5")
    cell(page, 7).fill("400")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("tr .warning:visible")).to_contain_text("已达计划的 133.3%")


def place_in(sheet, village: str, heading: str) -> tuple[int, int]:
    """Find the row that names a village, and the first rice column of a method."""
    cells = [each for line in sheet.iter_rows() for each in line if isinstance(each.value, str)]
    row = next(each.row for each in cells if village in each.value)
    column = next(each.column for each in cells if "早稻" in each.value and heading in each.value)
    return row, column


def test_a_choice_shows_itself_at_once_and_a_keyboard_waits_for_the_button(
    browse: Callable[..., Page],
):
    page = browse(f"leader-{COUNTY}")
    page.get_by_label("口径").select_option("filed")
    page.wait_for_url("**/progress?*status=filed*")
    page.get_by_label("口径").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="查看")).to_be_visible()
    page.get_by_role("button", name="查看").press("Enter")
    page.wait_for_url(lambda url: "status" not in url and "crop=GRAIN" in url)


@pytest.mark.parametrize("width", [390, 1920])
def test_no_page_is_wider_than_its_window(browse: Callable[..., Page], width: int):
    for who, paths in (
        (f"recorder-{TAIHE}", ("/grid", "/weeks", "/notices", "/progress")),
        (f"bureau-{COUNTY}", ("/queue", "/progress")),
    ):
        page = browse(who, width=width, height=844)
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
