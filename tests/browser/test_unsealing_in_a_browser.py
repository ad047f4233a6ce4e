"""Unsealing by keyboard and on a phone: asked for, approved, opened, and not left behind."""

import pytest
from playwright.sync_api import Error, expect

from tests.browser.test_tip_in_a_browser import fits
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY, As
from tests.hostile_photos import a_jpeg
from tests.signal_files import put_parcels, tip

pytestmark = [pytest.mark.browser, ON_SQLITE]
PHONE = {"width": 390, "height": 844}


def ask(page) -> None:
    """Order it by keyboard alone, from the card of the signal."""
    page.goto("/signals")
    page.get_by_role("link", name="建房").click()
    page.get_by_text("申请启封").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("需核实施工时间和运土车辆")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已提出申请")).to_be_visible()
    assert fits(page)


def approve(page) -> None:
    page.goto("/unsealings")
    assert fits(page)
    expect(page.get_by_text("等审计批准", exact=True)).to_be_visible()
    page.get_by_role("link", name="建房").click()
    assert fits(page)
    page.get_by_label("理由").fill("理由充分")
    page.get_by_role("button", name="批准").click()
    expect(page.get_by_text("已答复")).to_be_visible()


def test_two_duties_open_a_tip_on_a_desk_and_on_a_phone(browse, client, database, make_account):
    put_parcels(database)
    photo = ("photos", ("photo.jpg", a_jpeg(width=400, height=300)))
    sent = As(client, None).send("POST", "tips", data=tip(1, name="陈小燕"), files=[photo])
    assert sent.status_code == 201, sent.text
    for role in ("bureau", "auditor"):
        make_account(role, COUNTY)
    desk = browse(f"bureau-{COUNTY}")
    ask(desk)
    approve(browse(f"auditor-{COUNTY}", is_touch=True, **PHONE))
    desk.reload()
    desk.get_by_role("button", name="启封并记录").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("陈小燕")).to_be_visible()
    assert fits(desk)
    with desk.expect_download() as told:
        desk.get_by_role("button", name="下载照片 1 的原件并记录").click()
    assert told.value.path().read_bytes() == a_jpeg(width=400, height=300)
    phone = browse(f"bureau-{COUNTY}", is_touch=True, **PHONE)
    phone.goto("/unsealings")
    phone.get_by_role("link", name="建房").click()
    assert "陈小燕" not in phone.content()
    phone.get_by_role("button", name="启封并记录").click()
    expect(phone.get_by_text("陈小燕")).to_be_visible()
    assert fits(phone)
    phone.goto("/signals")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        phone.go_back()
    phone.wait_for_load_state()  # of the browser's own page that says so
    expect(phone.get_by_text("陈小燕")).to_have_count(0)
