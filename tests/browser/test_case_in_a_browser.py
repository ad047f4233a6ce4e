"""A case in real browsers: from the lead to its end, by four people, one of them on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, PHONE
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.case_desk import TAIHE, Desk
from tests.conftest import COUNTY
from tests.hostile_photos import a_jpeg
from tests.service.test_risk_pages import judged_one

pytestmark = [pytest.mark.browser, ON_SQLITE]


def take(page: Page, desk: Desk, seed: int) -> None:
    """Take a photo where the phone is, looking at the land, and see that it is good."""
    desk.clock.forward(minutes=1)
    form = page.get_by_role("form", name="照片")
    photo = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg(seed=seed)}
    form.get_by_label("拍照或选择照片").set_input_files([photo])
    form.get_by_role("button", name="记录位置和朝向").click()
    expect(form.get_by_role("status")).to_contain_text("误差约 6 米")
    # The tests' clock stands still in another year than the browser's.
    form.locator("[name=device_time]").evaluate(
        "(each, at) => { each.value = at; }", desk.clock().isoformat()
    )
    form.get_by_role("button", name="上传照片").click()
    expect(page.locator("#brought")).to_contain_text("合格")
    expect(page.locator("#brought")).not_to_contain_text("不合格")


def locate(page: Page, desk: Desk) -> None:
    desk.clock.forward(minutes=1)
    form = page.get_by_role("form", name="定位")
    form.get_by_role("button", name="取得现在的位置").click()
    expect(form.get_by_role("status")).to_contain_text("误差约 6 米")
    form.get_by_role("button", name="提交定位").click()
    expect(page.locator("#brought")).to_contain_text("合格")


def step(page: Page, desk: Desk, name: str, **fields: str) -> None:
    """Take a step by its form; the page says that it was taken."""
    desk.clock.forward(minutes=1)
    form = page.get_by_role("form", name=name, exact=True)
    for field, value in fields.items():
        form.locator(f"[name={field}]").fill(value)
    form.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text("已办理这一步")).to_be_visible()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def take_up(bureau: Page, desk: Desk, claim: str) -> None:
    """Accept the only lead by keyboard and send an officer."""
    bureau.goto("/leads")
    bureau.get_by_role("button", name=f"受理 {claim}").press("Enter")
    expect(bureau.get_by_text("没有等待受理的线索")).to_be_visible()
    bureau.goto("/cases")
    bureau.get_by_role("link", name=claim).click()
    form = bureau.get_by_role("form", name="派核")
    form.get_by_label("派给谁").select_option(desk.officer_name())
    form.get_by_role("button", name="派核").click()
    expect(bureau.get_by_text("已办理这一步")).to_be_visible()


def check(officer: Page, desk: Desk, case: str) -> None:
    """Go there, bring what is asked, and say what was found."""
    officer.goto(f"/cases/{case}/visit")
    step(officer, desk, "到场")
    for seed in range(2):
        take(officer, desk, seed)
    locate(officer, desk)
    assert fits(officer)
    step(officer, desk, "提交核查意见", reason="已挖成鱼塘")


def rectify(bureau: Page, officer: Page, desk: Desk, case: str) -> None:
    """Confirm, stop, order, and bring proof that it was put right."""
    bureau.reload()
    step(bureau, desk, "确认")
    officer.goto(f"/cases/{case}/visit")
    step(officer, desk, "制止", document_no="停〔2023〕1号")
    bureau.goto(f"/cases/{case}")
    step(bureau, desk, "责令整改", reason="限期恢复耕种条件")
    officer.goto(f"/cases/{case}/visit")
    take(officer, desk, 7)
    step(officer, desk, "提交整改")


def accept(second: Page, desk: Desk, case: str) -> None:
    """Go there as somebody else and see that it was put right."""
    second.goto(f"/cases/{case}/visit")
    take(second, desk, 8)
    locate(second, desk)
    step(second, desk, "现场验收")
    assert fits(second)


def test_a_case_goes_from_lead_to_its_end(desk, browse, phone, season):
    case = desk.lead(verdict_class="likely")
    bureau, officer = browse(f"bureau-{COUNTY}"), phone(desk.officer_name())
    take_up(bureau, desk, "挖塘养鱼")
    check(officer, desk, case)
    rectify(bureau, officer, desk, case)
    accept(phone("officer-2"), desk, case)
    bureau.goto(f"/cases/{case}")
    step(bureau, desk, "销号")
    expect(bureau.locator(".title .tag").first).to_have_text("销号")
    assert desk.card(case)["state"] == "closed"
    assert fits(bureau)


def test_a_case_is_judged_in_the_field_without_scripts(desk, chromium, site):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    context = chromium.new_context(base_url=site, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("用户名").fill(desk.officer_name())
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(f"/cases/{case}/visit")
    page.get_by_role("form", name="到场").get_by_role("button", name="到场").click()
    form = page.get_by_role("form", name="定位")
    form.get_by_text("手工填位置").click()
    form.get_by_label("经度").fill("112.9")
    form.get_by_label("纬度").fill("23.7")
    form.get_by_label("误差").fill("6")
    form.get_by_role("button", name="提交定位").click()
    expect(page.locator("#brought")).to_contain_text("不合格")
    expect(page.locator("#brought")).to_contain_text("定位离图斑")
    context.close()


@pytest.mark.parametrize("width", [390, 1920])
def test_the_map_of_verdicts_is_drawn_and_leads_to_the_reasoning(
    browse, make_account, database, season, width
):
    make_account("bureau", COUNTY)
    uid = judged_one(database, f"{TAIHE}201", 1)
    page = browse(f"bureau-{COUNTY}", width=width, height=900, is_touch=width < 500)
    page.goto("/risk")
    expect(page.locator("#risk-told")).to_have_text("画面内 1 处")
    page.locator("#risk-map canvas").scroll_into_view_if_needed()
    box = page.locator("#risk-map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("link", name="看理由和案件")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="看理由和案件").click()
    page.wait_for_url(f"**/risk/{uid}")
    expect(page.get_by_role("heading", name="为什么")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1920])
def test_evidence_is_seen_on_the_map_of_its_case_and_read_by_keyboard(desk, browse, season, width):
    case = desk.lead()
    desk.check(case)
    page = browse(f"bureau-{COUNTY}", width=width, height=900, is_touch=width < 500)
    page.goto(f"/cases/{case}")
    expect(page.locator("#case-map canvas")).to_be_visible()
    pins = page.locator("#case-map .pin")
    expect(pins).to_have_count(3)
    expect(pins.first).to_have_accessible_name("证据 1 核查照片 合格")
    pins.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mark-2")).to_be_focused()
    assert fits(page)


COMPASS = ("accelerometer", "gyroscope", "magnetometer")
TURNS = (
    # How the phone is held: its angles, how the screen is turned, and where the camera looks.
    ({"alpha": 270, "beta": 90, "gamma": 0}, 0, 90),
    ({"alpha": 0, "beta": 0, "gamma": -90}, 90, 90),
    ({"alpha": 180, "beta": 0, "gamma": 90}, 270, 90),
    ({"alpha": 270, "beta": 0, "gamma": 0}, 0, 90),
    ({"alpha": 0, "beta": 10, "gamma": 0}, 90, 90),
)


def test_a_phone_knows_where_it_looks_however_it_is_held(desk, phone, season):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    officer = phone(desk.officer_name())
    officer.context.grant_permissions([*COMPASS, "geolocation"])
    officer.goto(f"/cases/{case}/visit")
    form = officer.get_by_role("form", name="照片")
    button = form.get_by_role("button", name="记录位置和朝向")
    button.click()
    expect(form.get_by_role("status")).to_contain_text("误差约 6 米")
    for angles, turned, looks in TURNS:
        officer.evaluate(
            """([angles, turned]) => {
              const angle = { value: turned, configurable: true };
              Object.defineProperty(screen.orientation, "angle", angle);
              const told = { absolute: true, ...angles };
              window.dispatchEvent(new DeviceOrientationEvent("deviceorientationabsolute", told));
            }""",
            [angles, turned],
        )
        form.locator("[name=bearing_deg]").evaluate("(each) => { each.value = ''; }")
        button.click()
        expect(form.locator("[name=bearing_deg]")).to_have_value(str(looks))
