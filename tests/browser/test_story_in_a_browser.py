"""The whole story in real browsers: from a citizen's tip to a rebound found by a satellite."""

import re
from itertools import count

import pytest
import shapely
from playwright.sync_api import Page, expect

from service import jobs
from service.schemas import civil_day
from tests.browser.test_case_in_a_browser import (
    accept,
    check,
    fits,
    rectify,
    step,
    take_up,
)
from tests.browser.test_tip_in_a_browser import tell
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.case_desk import Desk
from tests.conftest import COUNTY
from tests.land_files import write
from tests.signal_files import MIDDLE, patch_fields, put_parcels

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture
def citizen(chromium, site, watch) -> Page:
    """A phone of nobody in particular, standing in the field."""
    context = chromium.new_context(
        base_url=site,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        geolocation={"longitude": MIDDLE[0], "latitude": MIDDLE[1], "accuracy": 8},
        permissions=["geolocation"],
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch.over(page)
    page.goto("/tip")
    yield page
    context.close()


def a_night_passes(database, settings, clock) -> None:
    """Let the nightly screening run, a day later."""
    clock.forward(days=1)
    jobs.BY_NAME["screen"].run(database, settings)


def prove_restored(desk: Desk, case: str) -> None:
    """Basic farmland grows again, and somebody looks later."""
    desk.seed = count(100)  # no photo of before
    assert desk.photo(desk.officer, case, "restored", shows="crop")["verdict"] == "合格"
    desk.clock.forward(days=5)
    when = desk.clock().isoformat()
    desk.bring(desk.officer, case, "visit", "restored", note="禾苗返青", occurred_at=when)


def progress(citizen: Page, receipt: str) -> str:
    """Return what a receipt tells."""
    citizen.goto("/tip/status")
    citizen.get_by_label("查询码").fill(receipt)
    citizen.keyboard.press("Enter")
    return citizen.locator("[data-stage]").inner_text()


def bring_patch(bureau: Page, parcel, day, folder) -> None:
    """Import a file of one monitoring patch that shows building on most of a parcel."""
    built = shapely.affinity.scale(parcel.geometry, 0.8, 0.8)
    fields = patch_fields(1, QSX=["20230501"], HSX=[f"{day:%Y%m%d}"])
    path = write(folder / "jctb.gpkg", [built], fields, layer="JCTB")
    bureau.goto("/patches")
    bureau.get_by_label("文件").set_input_files(path)
    bureau.get_by_label("坐标基准").select_option("cgcs2000")
    bureau.get_by_role("button", name="先试读").click()
    expect(bureau.get_by_text("试读结果,还没有入账")).to_be_visible()
    bureau.get_by_label("文件").set_input_files(path)
    bureau.get_by_label("坐标基准").select_option("cgcs2000")
    bureau.get_by_role("button", name="入账", exact=True).click()
    expect(bureau.get_by_role("heading", name="已入账")).to_be_visible()
    expect(bureau.get_by_role("status")).to_contain_text("新 1")


def close(bureau: Page, desk: Desk, case: str) -> None:
    bureau.goto(f"/cases/{case}")
    step(bureau, desk, "销号")
    state_is(bureau, case, "销号")


def state_is(bureau: Page, case: str, state: str) -> None:
    bureau.goto(f"/cases/{case}")
    expect(bureau.locator(".title .tag").first).to_have_text(state)


def test_a_tip_becomes_a_case_that_is_closed_and_opened_again_by_a_patch(
    citizen, desk, browse, phone, database, settings, tmp_path
):
    clock = desk.clock
    (parcel,) = put_parcels(database, 1)
    receipt = tell(citizen)
    a_night_passes(database, settings, clock)
    bureau, officer = browse(f"bureau-{COUNTY}"), phone(desk.officer_name())
    take_up(bureau, desk, "建房")
    case = re.search(r"/cases/([0-9a-f-]{36})", bureau.url)[1]
    assert progress(citizen, receipt) == "已受理"
    check(officer, desk, case)
    assert progress(citizen, receipt) == "正在核查"
    rectify(bureau, officer, desk, case)
    accept(phone("officer-2"), desk, case)
    prove_restored(desk, case)
    close(browse(f"bureau-{COUNTY}"), desk, case)
    assert progress(citizen, receipt) == "已办结"

    a_night_passes(database, settings, clock)
    clock.forward(days=40)
    bureau = browse(f"bureau-{COUNTY}")  # days later, one logs in anew
    state_is(bureau, case, "销号")
    bring_patch(bureau, parcel, civil_day(clock()), tmp_path)
    a_night_passes(database, settings, clock)
    bureau = browse(f"bureau-{COUNTY}")
    state_is(bureau, case, "线索")
    expect(bureau.get_by_text("反弹 1 次")).to_be_visible()
    expect(bureau.get_by_text("监测").first).to_be_visible()
    assert fits(bureau)
    assert progress(citizen, receipt) == "已办结", "the first offence has its answer"
