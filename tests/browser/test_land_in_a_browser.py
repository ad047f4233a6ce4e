"""The land desk in a real browser: a file is brought, judged and booked; a question is answered."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page, expect

from geo import ellipsoid
from service import audit
from service.parcels.models import AreaOutline
from tests.land_files import COUNTY, SOUTH, STEP, WEST, squares, write
from tests.land_files import dltb as whole_dltb

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The pages ask the same queries on both engines; tests/service compares those."""
READ_MS = 60_000
"""A file is read in a process of its own, which has to start."""

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture(autouse=True)
def accounts(make_account) -> None:
    make_account("bureau", COUNTY)


def blemished(n: int) -> list[shapely.Polygon]:
    """Squares of which the first is a bow tie and one is pushed over its neighbour."""
    east, north = WEST + STEP, SOUTH + STEP
    shapes = squares(n)
    shapes[0] = shapely.Polygon([(WEST, SOUTH), (east, north), (east, SOUTH), (WEST, north)])
    shapes[n + 1] = shapely.affinity.translate(shapes[n + 1], STEP / 3)
    return shapes


def dltb(geometries, **columns) -> dict[str, np.ndarray]:
    """A survey with a telephone number in it, and without some fields."""
    telephones = np.full(len(geometries), "13800000000")
    return whole_dltb(geometries, without=("QSDWDM", "FRDBS"), **({"LXDH": telephones} | columns))


def parts_without_prj(folder: Path) -> list[Path]:
    """A shapefile in the county's zone that does not say so."""
    write(folder / "dltb.shp", squares(4), dltb(squares(4)), "EPSG:4526")
    (folder / "dltb.prj").unlink()
    return sorted(folder.glob("dltb.*"))


@pytest.fixture
def outlined(database) -> None:
    """The county has an outline, somewhat larger than the squares."""
    ring = [(-4, -3), (9, -5), (14, 2), (11, 12), (2, 14), (-6, 6)]
    whole = shapely.Polygon([(WEST + x * STEP, SOUTH + y * STEP) for x, y in ring])
    with database.system_transaction() as session:
        session.add(
            AreaOutline(
                id=1,
                area_code=COUNTY,
                valid_from=date(2020, 1, 1),
                recorded_at=audit.instant(session),
                name="清新区",
                level="county",
                ellipsoidal_area_m2=float(ellipsoid.areas_m2(np.array([whole], object))[0]),
                geometry=whole,
            )
        )


def bring(page: Page, *paths: Path) -> None:
    """Choose files and send them; wait until they are read."""
    page.goto("/land")
    page.get_by_label("选择文件").set_input_files(paths)
    expect(page.locator("#chosen li")).to_have_count(len(paths))
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/land/[0-9a-f-]{36}$"))
    settled(page)


def settled(page: Page) -> None:
    expect(page.locator("#busy")).to_have_count(0, timeout=READ_MS)


def test_a_file_is_sent_judged_and_booked(browse: Callable[..., Page], tmp_path, outlined):
    page = browse(f"bureau-{COUNTY}")
    page.get_by_role("link", name="土地数据").click()
    expect(page.locator("main")).to_contain_text("还没有导入过土地数据")
    bring(page, write(tmp_path / "太和镇2022.gpkg", squares(4), dltb(squares(4))))
    expect(page.get_by_role("heading", level=1)).to_have_text("太和镇2022.gpkg")
    expect(page.locator(".headline")).to_contain_text("16 个")
    expect(page.locator(".consequence")).to_have_text("将新增 16 个图斑,有效日 2022-12-31。")
    expect(page.locator(".facts").first).to_contain_text("LXDH 16 个值,已丢弃")
    expect(page.locator("main")).not_to_contain_text("13800000000")
    page.get_by_role("button", name="入账").click()
    settled(page)
    expect(page.locator(".title .tag")).to_have_text("已入账")
    expect(page.locator("main")).to_contain_text("已入账,有效日 2022-12-31")
    page.get_by_role("link", name="‹ 土地数据").click()
    expect(page.locator(".imports tbody tr")).to_contain_text("已入账")


def test_the_coordinate_system_of_loose_parts_is_asked_and_answered(
    browse: Callable[..., Page], tmp_path, outlined, watch
):
    page = browse(f"bureau-{COUNTY}")
    bring(page, *parts_without_prj(tmp_path))
    question = page.locator("#crs-question")
    expect(question).to_contain_text("38 带")
    expect(question.get_by_role("radio").first).to_be_checked()
    page.get_by_label("其他坐标系的代码").fill("EPSG:1")
    expect(page.locator("#crs-other")).to_be_checked()
    page.get_by_role("button", name="继续检查").click()
    expect(page.get_by_role("alert")).to_contain_text("没有坐标系“EPSG:1”")
    expect(page.get_by_label("其他坐标系的代码")).to_have_value("EPSG:1")
    watch.errors.clear()  # the browser notes the 422 itself
    question.get_by_role("radio").first.check()
    page.get_by_role("button", name="继续检查").click()
    settled(page)
    expect(page.locator(".consequence")).to_contain_text("将新增 16 个图斑")
    expect(page.locator(".facts").first).to_contain_text("按您指定的 EPSG:4526 读取")


def test_blocked_parcels_are_decided_upon_and_fields_can_be_matched_anew(
    browse: Callable[..., Page], tmp_path, outlined, watch
):
    page = browse(f"bureau-{COUNTY}")
    bring(page, write(tmp_path / "a.gpkg", blemished(4), dltb(blemished(4))))
    expect(page.locator("#exam")).to_contain_text("图形重叠")
    expect(page.locator("svg.near circle.block").first).to_be_attached()
    page.get_by_text("改选项").click()
    page.get_by_label("ZLDWMC").select_option("remark")
    expect(page.get_by_label("按下表对应")).to_be_checked()
    page.get_by_role("button", name="按新选项重新检查").click()
    settled(page)
    page.get_by_role("button", name="入账").click()
    expect(page.get_by_role("alert")).to_contain_text("个图斑被阻断;请改好文件再导入")
    watch.errors.clear()  # the browser notes the 422 itself
    page.get_by_label(re.compile("^接受修复")).check()
    page.get_by_label(re.compile("^不导入被阻断的图斑")).check()
    page.get_by_role("button", name="入账").click()
    settled(page)
    expect(page.locator(".title .tag").first).to_have_text("已入账")
    expect(page.locator(".headline")).to_contain_text("没有导入")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载问题表").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_what_cannot_be_read_is_told_before_and_after_it_is_sent(
    browse: Callable[..., Page], tmp_path
):
    for name in ("a.rar", "a.shp", "a.gpkg"):
        (tmp_path / name).write_bytes(b"<kml></kml>")
    page = browse(f"bureau-{COUNTY}")
    page.goto("/land")
    chooser, problem = page.get_by_label("选择文件"), page.locator("#upload-problem")
    chooser.set_input_files(tmp_path / "a.rar")
    expect(problem).to_contain_text("RAR 请解压后重新压缩为 ZIP")
    chooser.set_input_files(tmp_path / "a.shp")
    expect(problem).to_contain_text("还缺 .shx、.dbf")
    chooser.set_input_files(tmp_path / "a.gpkg")
    expect(problem).to_be_empty()
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/land/[0-9a-f-]{36}$"))
    settled(page)
    expect(page.locator("main")).to_contain_text("请导出成 GeoPackage")


def test_a_dropped_file_is_chosen(browse: Callable[..., Page]):
    page = browse(f"bureau-{COUNTY}")
    page.goto("/land")
    page.evaluate(DROP)
    expect(page.locator("#chosen li")).to_contain_text("dropped.gpkg")


DROP = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "dropped.gpkg"));
  const place = document.querySelector("#drop");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    place.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def test_an_upload_that_fails_on_the_way_loses_nothing(
    browse: Callable[..., Page], tmp_path, watch
):
    path = write(tmp_path / "a.gpkg", squares(1), dltb(squares(1)))
    page = browse(f"bureau-{COUNTY}")
    page.goto("/land")
    page.get_by_label("选择文件").set_input_files(path)
    page.route("**/parcels/imports", lambda route: route.abort())
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator("#upload-problem")).to_contain_text("没有连上服务器")
    expect(page.locator("#chosen li")).to_have_count(1)
    page.unroute("**/parcels/imports")
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/land/[0-9a-f-]{36}$"))
    watch.errors.clear()  # the browser notes the broken connection itself


def test_an_export_comes_with_what_its_format_could_not_hold(
    browse: Callable[..., Page], tmp_path, watch
):
    page = browse(f"bureau-{COUNTY}")
    page.goto("/land")
    page.get_by_role("button", name="导出").click()
    expect(page.locator("#exported")).to_contain_text("没有可导出的内容")
    watch.errors.clear()  # the browser notes the 404 itself
    bring(page, write(tmp_path / "a.gpkg", squares(2), dltb(squares(2))))
    page.get_by_role("button", name="入账").click()
    settled(page)
    page.goto("/land")
    page.get_by_label("格式").select_option("shp")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出").click()
    assert download.value.suggested_filename.startswith("parcels-441803-")
    expect(page.locator("#exported")).to_contain_text("已导出,这次导出已记录")


def test_without_scripts_the_form_and_the_page_still_work(
    browse: Callable[..., Page], site: str, tmp_path
):
    path = write(tmp_path / "a.gpkg", squares(2), dltb(squares(2)))
    logged_in = browse(f"bureau-{COUNTY}")
    bare = logged_in.context.browser.new_context(
        base_url=site,
        java_script_enabled=False,
        storage_state=logged_in.context.storage_state(),
    )
    page = bare.new_page()
    page.goto("/land")
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".consequence")).to_contain_text("将新增 4 个图斑", timeout=READ_MS)
    bare.close()


@pytest.mark.parametrize("width", [390, 1920])
def test_no_page_of_the_desk_is_wider_than_its_window(
    browse: Callable[..., Page], tmp_path, outlined, width: int
):
    page = browse(f"bureau-{COUNTY}", width=width, height=844)
    bring(page, *parts_without_prj(tmp_path))
    fits(page, width)
    page.get_by_text("其他选项").click()
    fits(page, width)
    bring(page, write(tmp_path / f"{'很长的文件名' * 12}.gpkg", blemished(4), dltb(blemished(4))))
    fits(page, width)
    page.get_by_text("改选项").click()
    fits(page, width)
    page.goto("/land")
    fits(page, width)


def fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
