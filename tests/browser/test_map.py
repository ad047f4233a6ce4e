"""The map in a real browser: real tiles of a small book, its card, and what people do with them."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page, expect

from geo import ellipsoid
from service.parcels import bulk
from service.parcels.models import (
    Approval,
    ApprovalKind,
    AreaOutline,
    ExamFinding,
    FarmlandOverlay,
    FarmlandVersion,
    ImportState,
    LandImport,
    LandKind,
    Lineage,
    LineageOp,
    ParcelVersion,
)

COUNTY, TAIHE, VILLAGE = "441803", "441803102", "441803102201"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The tiles of both engines are compared in tests/service."""

pytestmark = [pytest.mark.browser, ON_SQLITE]

WEST, SOUTH, STEP, SIDE = 112.95, 23.75, 0.002, 8
SURVEY, CHANGE = date(2022, 12, 31), date(2023, 3, 1)
KNOWN = datetime(2023, 1, 10, tzinfo=UTC)
IMPORT = UUID("5b7f8f0e-9f3c-4d51-8c07-1f3f6ad0a001")
PAYLOAD = "<img src=x onerror=alert(1)>"
CLASSES = ("0101", "0103", "0201", "0301", "0404", "0702", "1006", "1104")
MIDDLE = (4, 4)
SMALL = {"width": 1100, "height": 720}
"""A window that a machine without a graphics card draws quickly."""


def square(column: int, row: int, size: float = 1) -> shapely.Polygon:
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(west, south, west + STEP * size, south + STEP * size)


def uid_of(column: int, row: int) -> UUID:
    return uuid5(IMPORT, f"{column}:{row}")


def wkbs(geometries) -> list[bytes]:
    return [shapely.to_wkb(each, byte_order=1) for each in geometries]


def versions(n: int, geometries, **other) -> dict:
    areas = ellipsoid.areas_m2(np.array(geometries, object))
    plain = {
        "id": bulk.row_ids(1, n),
        "area_code": VILLAGE,
        "valid_from": SURVEY,
        "recorded_at": KNOWN,
        "digest": "0" * 64,
        "ellipsoidal_area_m2": areas,
        "attributes": "{}",
        "is_repaired": False,
        "exam": "ok",
    }
    return plain | other


@pytest.fixture(autouse=True)
def accounts(make_account) -> None:
    for role in ("bureau", "leader"):
        make_account(role, COUNTY)


@pytest.fixture
def land(database) -> None:
    """Eight by eight fields of 4 ha, one with everything that a card can say."""
    places = [(column, row) for row in range(SIDE) for column in range(SIDE)]
    fields = [square(*place) for place in places]
    middle = places.index(MIDDLE)
    with database.system_transaction() as session:
        session.add(_import(LandKind.PARCELS, ImportState.COMMITTED, IMPORT))
        session.flush()
        _put_parcels(session, places, fields, middle)
        _put_farmland(session, fields, middle)
        _put_outlines(session)
        session.add(_approval(fields[middle]))
        _split(session, len(fields))


def _import(kind: LandKind, state: ImportState, key: UUID) -> LandImport:
    return LandImport(
        id=key,
        area_code=COUNTY,
        filename="清新区2022年变更调查.gpkg",
        file_sha256="0" * 64,
        n_bytes=1,
        kind=kind,
        state=state,
        valid_from=SURVEY,
        report=json.dumps({"bbox": square(2, 2).bounds}),
        created_at=KNOWN,
    )


def _put_parcels(session, places, fields, middle: int) -> None:
    n = len(fields)
    declared = ellipsoid.areas_m2(np.array(fields, object)).round(2)
    declared[middle] *= 1.02
    exam = ["ok"] * n
    exam[middle] = "warn"
    columns = versions(
        n,
        fields,
        uid=[uid_of(*place).hex for place in places],
        land_class=[CLASSES[column] for column, _ in places],
        planting_attribute="LS",
        parcel_number=[f"{number:08d}" for number in range(1, n + 1)],
        survey_code=[f"4418032010000{number:05d}" for number in range(1, n + 1)],
        declared_area_m2=declared,
        net_area_m2=declared * 0.9,
        deducted_area_m2=declared * 0.1,
        import_id=IMPORT,
        exam=exam,
        remark=PAYLOAD,
    )
    bulk.insert(session, ParcelVersion, columns, wkbs(fields))


def _put_farmland(session, fields, middle: int) -> None:
    pieces = [fields[middle - 1], fields[middle]]
    columns = versions(2, pieces, uid=[uuid5(IMPORT, str(n)).hex for n in range(2)])
    bulk.insert(session, FarmlandVersion, columns, wkbs(pieces))
    overlay = {"area_m2": [9.5, 40_000.0], "share_of_parcel": [0.0002, 0.88]}
    keys = {"parcel_id": [middle + 1] * 2, "farmland_id": [1, 2], "is_edge_only": [True, False]}
    bulk.insert(session, FarmlandOverlay, keys | overlay)


def _put_outlines(session) -> None:
    around = square(0, 0, SIDE).buffer(STEP, join_style="mitre")
    rows = (
        (COUNTY, "county", "清新区"),
        (TAIHE, "town", "太和镇"),
        (VILLAGE, "village", "黄坑村委会"),
    )
    for key, (code, level, name) in enumerate(rows, start=1):
        shape = around.buffer(STEP * (4 - key), join_style="mitre")
        session.add(
            AreaOutline(
                id=key,
                area_code=code,
                level=level,
                name=name,
                valid_from=SURVEY,
                recorded_at=KNOWN,
                ellipsoidal_area_m2=1.0,
                geometry=shape,
            )
        )


def _approval(field: shapely.Polygon) -> Approval:
    return Approval(
        id=1,
        uid=uuid5(IMPORT, "approval"),
        area_code=COUNTY,
        kind=ApprovalKind.FACILITY,
        document_no=f"清农设〔2021〕7号{PAYLOAD}",
        valid_from=date(2021, 3, 2),
        valid_to=date(2026, 3, 2),
        recorded_at=KNOWN,
        ellipsoidal_area_m2=1.0,
        geometry=field.buffer(-STEP / 4, join_style="mitre"),
    )


def _split(session, n: int) -> None:
    """The field in the south-west corner became two in March."""
    session.execute(
        ParcelVersion.__table__.update()
        .where(ParcelVersion.__table__.c.id == 1)
        .values(valid_to=CHANGE, ended_at=datetime(2023, 3, 2, tzinfo=UTC))
    )
    west, south, east, north = square(0, 0).bounds
    half = (west + east) / 2
    parts = [shapely.box(west, south, half, north), shapely.box(half, south, east, north)]
    columns = versions(
        2,
        parts,
        id=bulk.row_ids(n + 1, 2),
        uid=[uid_of(-1, 0).hex, uid_of(-2, 0).hex],
        valid_from=CHANGE,
        recorded_at=datetime(2023, 3, 2, tzinfo=UTC),
        land_class="0201",
        import_id=IMPORT,
    )
    bulk.insert(session, ParcelVersion, columns, wkbs(parts))
    for child in (n + 1, n + 2):
        session.add(
            Lineage(
                parent_id=1,
                child_id=child,
                op=LineageOp.SPLIT,
                area_m2=22_000.0,
                share_of_parent=0.5,
                share_of_child=1.0,
            )
        )


AT_REST = """() => {
  const atlas = document.getElementById("atlas")?.atlas;
  return atlas && atlas.map.loaded() && atlas.map.areTilesLoaded() && !atlas.map.isMoving();
}"""
PLACE = """([lon, lat]) => {
  const { map } = document.getElementById("atlas").atlas;
  const { x, y } = map.project([lon, lat]);
  const box = map.getContainer().getBoundingClientRect();
  return [x + box.left, y + box.top];
}"""
SHOWN = """() => {
  const { map } = document.getElementById("atlas").atlas;
  const found = map.queryRenderedFeatures({ layers: ["parcels-fill"] });
  return [...new Set(found.map((each) => each.properties.uid))];
}"""


def rest(page: Page) -> None:
    page.wait_for_function(AT_REST)
    page.wait_for_function(AT_REST)


def opened(page: Page, path: str = "/map") -> Page:
    page.goto(path)
    rest(page)
    return page


def on_screen(page: Page, column: float, row: float) -> tuple[float, float]:
    return tuple(page.evaluate(PLACE, [WEST + (column + 0.5) * STEP, SOUTH + (row + 0.5) * STEP]))


def near(page: Page) -> Page:
    """Open the map where the fields can be told apart."""
    middle = WEST + STEP * (MIDDLE[0] + 0.5), SOUTH + STEP * (MIDDLE[1] + 0.5)
    return opened(page, f"/map#map=14.5/{middle[1]}/{middle[0]}")


def test_a_leader_opens_a_parcel_and_reads_its_card(browse: Callable[..., Page], land):
    page = opened(browse(f"leader-{COUNTY}"), f"/map#map=10/{SOUTH}/{WEST}")
    expect(page.get_by_role("link", name="地图")).to_have_attribute("aria-current", "page")
    expect(page.get_by_text("放大到 12 级后显示图斑")).to_be_visible()
    expect(page.locator("#legend")).not_to_contain_text("水田")
    page.get_by_role("button", name="放大", exact=True).last.click()
    rest(page)
    expect(page.get_by_text("放大到 12 级后显示图斑")).to_be_hidden()
    expect(page.locator("#legend")).to_contain_text("水田")
    assert len(page.evaluate(SHOWN)) > SIDE

    page.mouse.click(*on_screen(page, *MIDDLE))
    expect_the_card(page.get_by_role("complementary", name="其他草地 0404"))
    assert f"uid={uid_of(*MIDDLE)}" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "maplibregl-canvas"
    assert "uid=" not in page.url


def expect_the_card(card) -> None:
    for said in (
        "草地 0404",
        "黄坑村委会 · 太和镇",
        "00000037",
        "体检有提示",
        "种植粮食作物",
        "+2.00%,超过 1%",
        "部分在内",
        "40,000.00 m²",
        "与 1 块永久基本农田仅边缘相接",
        "设施农用地备案 在有效期",
        PAYLOAD,
        "2021-03-02 至 2026-03-01",
        "2022-12-31 起",
        "来源 清新区2022年变更调查.gpkg",
    ):
        expect(card).to_contain_text(said)


def test_a_parcel_opens_as_a_sheet_on_a_phone(browse: Callable[..., Page], land):
    page = near(browse(f"leader-{COUNTY}", width=390, height=844, is_touch=True))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_label("账本日期")).to_be_hidden()
    page.get_by_role("button", name="图层与查找").tap()
    expect(page.get_by_label("账本日期")).to_be_visible()
    page.get_by_role("button", name="图层与查找").tap()
    expect(page.get_by_label("账本日期")).to_be_hidden()

    page.touchscreen.tap(*on_screen(page, MIDDLE[0], MIDDLE[1] - 1))
    card = page.locator("#card")
    expect(card).to_contain_text("其他草地 0404")
    rest(page)
    box = card.bounding_box()
    assert box["x"] == 0
    assert box["width"] == 390
    assert box["y"] > 844 / 3
    assert box["y"] + box["height"] <= 844
    _, y = on_screen(page, MIDDLE[0], MIDDLE[1] - 1)
    assert y < box["y"]
    page.get_by_role("button", name="关闭图斑卡片").tap()
    expect(card).to_be_hidden()


def test_a_link_leads_to_its_parcel_and_the_keyboard_to_the_one_in_the_middle(
    browse: Callable[..., Page], land
):
    page = opened(browse(f"leader-{COUNTY}", **SMALL), f"/map?uid={uid_of(6, 5)}")
    expect(page.locator("#card-title")).to_have_text("农村道路 1006")
    rest(page)
    assert page.evaluate("document.getElementById('atlas').atlas.map.getZoom()") > 12
    x, y = on_screen(page, 6, 5)
    assert page.locator("#controls").bounding_box()["width"] < x
    assert x < page.locator("#card").bounding_box()["x"]
    assert 0 < y < SMALL["height"]
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()

    near(page)
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card-title")).to_have_text("其他草地 0404")
    expect(page.locator("#card-title")).to_be_focused()
    page.get_by_role("button", name="复制").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"uid={uid_of(*MIDDLE)}" in copied
    assert "#map=" in copied
    page.keyboard.press("Escape")
    page.get_by_role("button", name="查看中心点图斑").press("Enter")
    expect(page.locator("#card-title")).to_have_text("其他草地 0404")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="查看中心点图斑")).to_be_focused()


def test_colours_and_overlays_change_the_map_and_its_legend(browse: Callable[..., Page], land):
    page = near(browse(f"leader-{COUNTY}", **SMALL))
    legend = page.locator("#legend")
    expect(legend).to_contain_text("有效的批准")
    page.get_by_label("批准用地").uncheck()
    expect(legend).not_to_contain_text("批准")
    assert not drawn(page, "approvals-fill")
    before = colour_at(page, *MIDDLE)
    page.get_by_role("radio", name="体检结果").check()
    expect(legend).to_contain_text("有提示")
    expect(legend).not_to_contain_text("水田")
    assert colour_at(page, *MIDDLE) != before
    page.get_by_role("radio", name="永久基本农田").check()
    expect(legend).to_contain_text("其他图斑")
    assert drawn(page, "farmland-solid") == 2
    page.get_by_label("找镇、村").fill("黄坑")
    page.get_by_role("button", name="前往").click()
    expect(page.get_by_text("已到 黄坑村委会(太和镇)")).to_be_visible()


def drawn(page: Page, layer: str) -> int:
    """Count what is drawn of a layer at rest."""
    rest(page)
    script = """(layer) => {
      const { map } = document.getElementById("atlas").atlas;
      const found = map.queryRenderedFeatures({ layers: [layer] });
      return new Set(found.map((each) => each.properties.uid)).size;
    }"""
    return page.evaluate(script, layer)


def colour_at(page: Page, column: int, row: int) -> list[int]:
    """Return the colour that a field has on the screen, near its lower left corner."""
    rest(page)
    x, y = on_screen(page, column - 0.4, row - 0.4)
    script = """([x, y]) => {
      const { map } = document.getElementById("atlas").atlas;
      const drawn = map.getCanvas();
      const box = drawn.getBoundingClientRect();
      map.redraw();
      const copy = new OffscreenCanvas(drawn.width, drawn.height);
      const pen = copy.getContext("2d");
      pen.drawImage(drawn, 0, 0);
      const ratio = drawn.width / box.width;
      return [...pen.getImageData((x - box.left) * ratio, (y - box.top) * ratio, 1, 1).data];
    }"""
    return page.evaluate(script, [x, y])


def test_another_day_shows_another_book(browse: Callable[..., Page], land):
    page = near(browse(f"leader-{COUNTY}", **SMALL))
    page.get_by_label("账本日期").fill("2021-06-30")
    expect(page.get_by_text("这一天、这一处没有图斑")).to_be_visible()
    expect(page.get_by_text("所看的是 2021-06-30 的账")).to_be_visible()
    assert "on=2021-06-30" in page.url
    page.get_by_role("button", name="今天").click()
    rest(page)
    expect(page.get_by_text("所看的是")).to_be_hidden()
    assert str(uid_of(-1, 0)) in page.evaluate(SHOWN)
    assert str(uid_of(0, 0)) not in page.evaluate(SHOWN)


def test_a_parcel_leads_to_what_it_was_and_back(browse: Callable[..., Page], land):
    page = opened(browse(f"leader-{COUNTY}", **SMALL), f"/map?uid={uid_of(-1, 0)}")
    card = page.locator("#card")
    expect(card).to_contain_text("而来")
    card.get_by_role("button", name=f"图斑 {str(uid_of(0, 0))[:8]}").click()
    expect(page.locator("#card-title")).to_have_text("水田 0101")
    expect(page.get_by_label("账本日期")).to_have_value("2022-12-31")
    expect(card).to_contain_text("2022-12-31 至 2023-02-28")
    expect(card).to_contain_text("分割为")
    rest(page)
    assert str(uid_of(0, 0)) in page.evaluate(SHOWN)
    page.go_back()
    expect(page.locator("#card-title")).to_have_text("果园 0201")
    expect(page.get_by_label("账本日期")).to_have_value("2023-04-20")


def test_a_parcel_that_is_gone_says_when_it_was(browse: Callable[..., Page], land, watch):
    page = opened(browse(f"leader-{COUNTY}", **SMALL), f"/map?uid={uid_of(0, 0)}")
    card = page.locator("#card")
    expect(card).to_contain_text("没有这个图斑")
    card.get_by_role("button", name="2022-12-31 至 2023-02-28").click()
    expect(page.locator("#card-title")).to_have_text("水田 0101")
    watch.errors.clear()  # the browser notes the 404 itself


@pytest.fixture
def examined(database, land) -> UUID:
    """An import that waits, with a finding on a field and one of two fields together."""
    key = uuid5(IMPORT, "waiting")
    where = {"geometry.overlap": square(2, 2), "geometry.invalid": square(3, 3).centroid}
    with database.system_transaction() as session:
        session.add(_import(LandKind.PARCELS, ImportState.READY, key))
        session.flush()
        for number, (rule, place) in enumerate(where.items(), start=1):
            session.add(
                ExamFinding(
                    id=number,
                    import_id=key,
                    area_code=COUNTY,
                    rule=rule,
                    severity="block",
                    source_row=number,
                    survey_code="441803201000000001",
                    numbers="{}",
                    message=f"{rule} {PAYLOAD}",
                    geometry=place,
                )
            )
    return key


def test_an_import_shows_where_its_findings_are(browse: Callable[..., Page], examined):
    page = opened(browse(f"bureau-{COUNTY}", **SMALL), f"/map?import={examined}")
    bar = page.get_by_role("complementary", name="导入的体检问题")
    expect(bar).to_contain_text("清新区2022年变更调查.gpkg 的体检问题 2 处")
    rest(page)
    page.mouse.click(*on_screen(page, 2, 2))
    popup = page.locator(".finding-popup")
    expect(popup).to_contain_text(f"geometry.overlap {PAYLOAD}")
    expect(popup).to_contain_text("第 1 行,标识码 441803201000000001")
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    page.mouse.click(*on_screen(page, 2, 2))
    popup.get_by_role("button", name="查看图斑").click()
    expect(page.locator("#card-title")).to_have_text("果园 0201")
    bar.get_by_role("button", name="不再显示").click()
    expect(bar).to_be_hidden()
    assert "import=" not in page.url


def test_a_lost_session_and_a_lost_server_are_told(browse: Callable[..., Page], land, watch):
    page = near(browse(f"leader-{COUNTY}", **SMALL))
    page.route("**/tiles/parcels/**", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_label("账本日期").fill("2023-04-19")
    expect(page.get_by_role("alert")).to_contain_text("有一部分地图没有读到")
    page.unroute("**/tiles/parcels/**")
    page.get_by_role("button", name="再读一次").click()
    rest(page)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.context.clear_cookies()
    page.get_by_label("账本日期").fill("2023-04-18")
    expect(page.get_by_role("alert")).to_contain_text("登录已过期")
    page.get_by_role("link", name="重新登录").click()
    page.wait_for_url("**/login?next=%2Fmap**")
    watch.errors.clear()  # the browser notes the refusals itself


def test_a_book_without_parcels_says_what_to_do(browse: Callable[..., Page]):
    page = browse(f"bureau-{COUNTY}", **SMALL)
    page.goto("/map")
    expect(page.get_by_role("link", name="去导入图斑")).to_have_attribute("href", "/land")
    page = browse(f"leader-{COUNTY}", **SMALL)
    page.goto("/map")
    expect(page.get_by_text("请联系区业务科室")).to_be_visible()
    expect(page.locator("#atlas")).to_have_count(0)


def test_the_map_and_the_card_print(browse: Callable[..., Page], land):
    page = near(browse(f"leader-{COUNTY}", **SMALL))
    page.mouse.click(*on_screen(page, *MIDDLE))
    expect(page.locator("#card-title")).to_have_text("其他草地 0404")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    paper = page.locator("#on-paper")
    expect(paper).to_be_visible()
    assert paper.evaluate(N_COLOURS) > 8
    expect(page.get_by_role("heading", name="图例")).to_be_visible()
    expect(page.get_by_role("button", name="前往")).to_be_hidden()


N_COLOURS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4 * 97) seen.add(data.slice(at, at + 3).join());
  return seen.size;
}"""
