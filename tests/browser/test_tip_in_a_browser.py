"""A tip from a phone: told without an account, followed by its receipt, seen by the bureau."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, expect

from service import audit
from service.parcels.models import AreaOutline
from tests.browser.test_week_in_a_browser import ON_SQLITE
from tests.conftest import COUNTY, TAIHE
from tests.hostile_photos import NIKON, a_jpeg, an_exif, gps, taken
from tests.signal_files import MIDDLE, VILLAGE, put_parcels

pytestmark = [pytest.mark.browser, ON_SQLITE]
PHONE = {"width": 390, "height": 844}
RECEIPT = re.compile(r"([0-9A-Z]{5}-){5}[0-9A-Z]")


@pytest.fixture
def phone(chromium: Browser, site: str) -> Iterator[BrowserContext]:
    """A phone of nobody in particular, standing in a field."""
    context = chromium.new_context(
        base_url=site,
        viewport=PHONE,
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        geolocation={"longitude": MIDDLE[0], "latitude": MIDDLE[1], "accuracy": 8},
        permissions=["geolocation", "clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def tell(page) -> str:
    """Fill the form as somebody in the field would; return the receipt."""
    page.get_by_label("建房").check()
    page.get_by_label("情况说明").fill("<script>alert('打地基')</script>")
    page.get_by_role("button", name="我就在现场").click()
    expect(page.get_by_role("status")).to_contain_text("误差约 8 米")
    content = a_jpeg(an_exif(NIKON, taken(), gps()), width=800, height=600)
    photo = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": content}
    page.get_by_label("选照片或拍照").set_input_files([photo])
    page.get_by_label("称呼").fill("陈小燕")
    page.get_by_role("button", name="提交举报").click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
    return page.locator("[data-receipt]").inner_text()


def look_into(desk) -> None:
    """Open the tip as the bureau, see the words and the photo, and send somebody."""
    desk.goto("/signals")
    desk.get_by_role("link", name="建房").click()
    expect(desk.get_by_text("<script>alert('打地基')</script>")).to_be_visible()
    expect(desk.get_by_text("对上", exact=True).first).to_be_visible()
    assert "陈小燕" not in desk.content()
    desk.locator(".thumbs img").scroll_into_view_if_needed()
    desk.wait_for_function("document.querySelector('.thumbs img').naturalWidth === 800")
    desk.get_by_label("进展").select_option("checking")
    desk.get_by_label("原因").fill("派太和镇核查")
    desk.get_by_role("button", name="记下").last.click()
    expect(desk.get_by_text("已记下")).to_be_visible()


def test_a_tip_is_filed_on_a_phone_and_followed_by_its_code(
    phone, browse, watch, database, make_account
):
    put_parcels(database)
    page = phone.new_page()
    watch.over(page)
    page.goto("/tip")
    assert fits(page)
    code = tell(page)
    assert RECEIPT.fullmatch(code)
    assert code not in page.url
    assert fits(page)
    page.get_by_role("button", name="复制查询码").click()
    expect(page.get_by_text("已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code
    make_account("bureau", COUNTY)
    look_into(browse(f"bureau-{COUNTY}"))
    page.get_by_role("link", name="凭查询码看进展").click()
    page.get_by_label("查询码").fill(code.lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page.locator("[data-stage=checking]")).to_have_text("正在核查")
    assert "太和镇" not in page.content()
    assert fits(page)


def test_a_tip_goes_through_without_scripts_by_village_and_keeps_what_was_typed(
    chromium, site, database
):
    context = chromium.new_context(base_url=site, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/tip")
    page.get_by_label("撂荒").check()
    page.get_by_label("情况说明").fill("三年没人种")
    page.get_by_role("button", name="提交举报").click()
    expect(page.get_by_role("alert")).to_contain_text("请选在哪个村")
    expect(page.get_by_label("情况说明")).to_have_value("三年没人种")
    expect(page.get_by_label("撂荒")).to_be_checked()
    page.get_by_label("镇、村").select_option(TAIHE)
    page.get_by_role("button", name="提交举报").click()
    assert RECEIPT.fullmatch(page.locator("[data-receipt]").inner_text())
    page.goto("/tip/status")
    page.get_by_label("查询码").fill("00000-00000")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("alert")).to_contain_text("没有这个查询码")
    context.close()


def test_a_patrol_is_entered_on_a_phone_with_what_it_found(browse, database, make_account):
    put_parcels(database)
    make_account("officer", COUNTY)
    page = browse(f"officer-{COUNTY}", is_touch=True, **PHONE)
    page.goto("/patrols/new")
    assert fits(page)
    page.get_by_label("镇、村").select_option(TAIHE)
    day = page.get_by_label("结束").input_value()[:10]
    page.get_by_label("开始").fill(f"{day}T08:00")
    page.get_by_text("轨迹(每行").click()
    track = "\n".join(
        f"{MIDDLE[0] + k / 1000},{MIDDLE[1]},{day}T08:{k:02d}:00+08:00" for k in range(9)
    )
    page.get_by_label("轨迹点").fill(track)
    page.get_by_label("情形").select_option("earthwork")
    page.get_by_label("经度").fill(str(MIDDLE[0]))
    page.get_by_label("纬度").fill(str(MIDDLE[1]))
    page.get_by_role("button", name="提交巡查").click()
    expect(page.get_by_text("已登记这次巡查")).to_be_visible()
    expect(page.get_by_text("8 分")).to_be_visible()
    assert fits(page)
    page.goto("/signals")
    expect(page.get_by_role("link", name="动土")).to_be_visible()
    assert fits(page)


@pytest.fixture
def villages(database) -> None:
    """The county with one town and two of its villages, side by side, around the parcels."""
    put_parcels(database)
    x, y = MIDDLE
    west, east = (
        shapely.box(x - 0.02, y - 0.02, x, y + 0.02),
        shapely.box(x, y - 0.02, x + 0.02, y + 0.02),
    )
    whole = shapely.union_all([west, east])
    rows = (
        (COUNTY, "county", "清新区", whole),
        (TAIHE, "town", "太和镇", whole),
        (VILLAGE, "village", "黄坑村委会", west),
        (f"{TAIHE}202", "village", "东边村委会", east),
    )
    with database.system_transaction() as session:
        common = {"valid_from": date(2022, 1, 1), "recorded_at": audit.instant(session)}
        for number, (code, level, name, shape) in enumerate(rows, start=1):
            session.add(
                AreaOutline(
                    id=number,
                    area_code=code,
                    level=level,
                    name=name,
                    geometry=shape,
                    ellipsoidal_area_m2=1.0,
                    **common,
                )
            )


def open_map(page):
    """Open the map of the tip page; return its canvas."""
    page.get_by_role("button", name="在地图上标出位置").click()
    page.locator("#pick[data-ready]").wait_for()
    canvas = page.locator(".pick-map canvas")
    canvas.scroll_into_view_if_needed()
    return canvas


def place_of(page) -> tuple[float, float]:
    return tuple(float(page.locator(f"[name={name}]").input_value()) for name in ("lon", "lat"))


def test_a_place_is_marked_on_the_map_by_a_finger_and_comes_to_its_parcel(
    phone, watch, villages, as_role
):
    page = phone.new_page()
    watch.over(page)
    page.goto("/tip")
    page.get_by_label("挖塘养鱼").check()
    canvas = open_map(page)
    assert fits(page)
    box = canvas.bounding_box()
    assert box["width"] <= PHONE["width"]
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    status = page.locator("[data-located]")
    expect(status).to_contain_text("太和镇 黄坑村委会")
    page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    expect(status).to_contain_text("太和镇 东边村委会")
    lon, lat = place_of(page)
    assert MIDDLE[0] < lon < MIDDLE[0] + 0.02
    assert abs(lat - MIDDLE[1]) < 0.001
    page.get_by_role("button", name="提交举报").click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
    (found,) = as_role("bureau").get("tips").json()["items"]
    assert (found["lon"], found["lat"]) == (lon, lat)
    assert found["area_code"] == f"{TAIHE}202"


def test_a_place_is_marked_by_keyboard_alone_and_by_figures(phone, watch, villages):
    page = phone.new_page()
    watch.over(page)
    page.goto("/tip")
    page.get_by_role("button", name="在地图上标出位置").focus()
    page.keyboard.press("Enter")
    page.locator("#pick[data-ready]").wait_for()
    page.get_by_label("镇、村").select_option(VILLAGE)
    page.locator("#pick[data-ready]").wait_for()
    mark = page.get_by_role("button", name="标在十字处")
    status = page.locator("[data-located]")
    mark.press("Enter")
    expect(status).to_contain_text("黄坑村委会")
    lon, lat = place_of(page)
    assert MIDDLE[0] - 0.02 < lon < MIDDLE[0]
    page.locator(".pick-map canvas").press("ArrowUp")
    for _ in range(100):  # the map glides to where the keys send it
        mark.press("Enter")
        if place_of(page)[1] > lat:
            break
        page.wait_for_timeout(50)
    assert place_of(page)[1] > lat
    accuracy = page.locator("[name=accuracy_m]")
    assert float(accuracy.input_value()) >= 30
    page.get_by_text("知道经纬度").click()
    page.get_by_label("经度").fill("112.951234")
    expect(accuracy).to_have_value("")
    expect(status).to_have_text("按填写的经纬度")
    assert fits(page)


def test_a_map_that_cannot_be_read_leaves_the_other_ways(phone, villages):
    page = phone.new_page()
    page.route("**/tip/outlines", lambda route: route.abort())
    page.goto("/tip")
    page.get_by_role("button", name="在地图上标出位置").click()
    expect(page.locator("[data-located]")).to_contain_text("地图没有读到")
    expect(page.locator("#pick")).to_be_hidden()
    page.get_by_label("撂荒").check()
    page.get_by_label("镇、村").select_option(VILLAGE)
    page.get_by_role("button", name="提交举报").click()
    expect(page.get_by_role("heading", name="已收到")).to_be_visible()
