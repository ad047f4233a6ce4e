"""The terms of the law in a real browser: on a phone, and by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_case_in_a_browser import PHONE, fits
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.case_desk import Desk
from tests.conftest import COUNTY

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def press(page: Page, form: str, button: str) -> None:
    """Send a form by keyboard."""
    page.get_by_role("form", name=form).get_by_role("button", name=button, exact=True).press(
        "Enter"
    )


def begin(officer: Page, case: str) -> None:
    """Begin the term of a decision on a phone."""
    officer.goto(f"/cases/{case}")
    assert fits(officer)
    form = officer.get_by_role("form", name="登记法定期限")
    form.get_by_label("哪一项").select_option("decision")
    # The tests' clock stands still in another year than the browser's.
    form.get_by_label("起算日").fill("2023-04-20")
    form.get_by_role("button", name="登记期限").click()


def ask(officer: Page) -> None:
    """Ask for thirty more days."""
    officer.get_by_text("申请延长、暂停计时、作罢").click()
    form = officer.get_by_role("form", name="作出处罚决定:申请")
    form.get_by_label("延长几天").fill("30")
    form.get_by_label("原因").fill("等检测结果")
    assert fits(officer)
    form.get_by_role("button", name="申请").click()


def finish(officer: Page) -> None:
    """Say that the decision was made."""
    form = officer.get_by_role("form", name="作出处罚决定:办结")
    form.get_by_label("处罚决定书文号").fill("罚〔2023〕1号")
    form.get_by_label("办结日期").fill("2023-04-20")
    form.get_by_role("button", name="办结").click()


def test_a_decision_is_timed_extended_and_made_on_a_phone_and_by_keyboard(desk, browse, season):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    officer = browse(desk.officer_name(), is_touch=True, **PHONE)
    told = officer.get_by_role("region", name="法定期限")
    begin(officer, case)
    expect(told).to_contain_text("2023-07-19 24 时止,还有 90 天")
    ask(officer)
    expect(told).to_contain_text("申请延长 30 天")
    press(officer, "作出处罚决定:拟稿", "拟稿")
    expect(officer.get_by_text("已办理这个期限的一步")).to_be_visible()
    bureau = browse(f"bureau-{COUNTY}")
    bureau.goto(f"/cases/{case}")
    press(bureau, "作出处罚决定:批准申请", "批准申请")
    expect(bureau.get_by_role("region", name="法定期限")).to_contain_text("2023-08-18 24 时止")
    press(bureau, "作出处罚决定:法制审核通过", "法制审核通过")
    other = browse("bureau-2")
    other.goto(f"/cases/{case}")
    press(other, "作出处罚决定:负责人批准", "负责人批准")
    officer.reload()
    finish(officer)
    expect(told).to_contain_text("2023-04-20 办结")
    assert fits(officer)
