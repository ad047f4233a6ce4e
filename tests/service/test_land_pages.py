"""The land desk through HTTP: what each state of an import says, who sees it, what stays text."""

import ast
import json
import re
import time
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import shapely
from fastapi.routing import APIRoute
from sqlalchemy import select

from geo import exam
from inspections.land_rules import RULES
from service import audit
from service.accounts.access import action_of
from service.accounts.policy import POLICY, may
from service.pages import import_routes
from service.parcels.findings import RULE_TEXT
from service.parcels.models import AreaOutline, ImportState, LandImport, LandKind, ParcelVersion
from service.security import Role
from tests.land_files import COUNTY, SOUTH, STEP, TAIHE, WEST, squares, write
from tests.land_files import dltb as whole_dltb

AREA_OF = {Role.RECORDER: TAIHE, Role.APPROVER: TAIHE}
HTML = {"Accept": "text/html"}
PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
ABSENT = "00000000-0000-4000-8000-000000000000"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The pages ask the same queries on both engines; one test here goes the whole way on each."""


def bow_tie() -> shapely.Polygon:
    east, north = WEST + STEP, SOUTH + STEP
    return shapely.Polygon([(WEST, SOUTH), (east, north), (east, SOUTH), (WEST, north)])


def dltb(geometries, **columns) -> dict[str, np.ndarray]:
    """A survey that lacks some fields, so that there are rules to be skipped."""
    return whole_dltb(geometries, without=("QSDWDM", "ZLDWMC", "FRDBS"), **columns)


def page_routes() -> list[APIRoute]:
    return [each for each in import_routes.router.routes if isinstance(each, APIRoute)]


class Desk:
    """The bureau at its land desk, through the pages alone."""

    def __init__(self, speaker) -> None:
        self.speaker = speaker

    def page(self, path: str, status: int = 200) -> str:
        answer = self.speaker.send("GET", path, headers=HTML)
        assert answer.status_code == status, answer.text
        assert Suspicious(answer.text).found == []
        return answer.text

    def press(self, path: str, **form):
        return self.speaker.send("POST", path, headers=HTML, data=form, follow_redirects=False)

    def send(self, *paths: Path, name: str | None = None, **form):
        files = [("file", (name or each.name, each.read_bytes())) for each in paths]
        return self.speaker.send(
            "POST", "/land", headers=HTML, files=files, data=form, follow_redirects=False
        )

    def bring(self, *paths: Path, name: str | None = None, **form) -> str:
        """Send a file by the form; return where it is when it was read."""
        return self.settled(where_of(self.send(*paths, name=name, **form)))

    def settled(self, where: str) -> str:
        """Wait until nothing is being done with an import."""
        for _ in range(600):
            if 'data-busy="no"' in self.page(f"{where}/progress"):
                return where
            time.sleep(0.05)
        raise AssertionError("it is still being read")


def where_of(answer) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


class Suspicious(HTMLParser):
    """Collects whatever the policy for content would refuse, and whatever leads elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        for name, value in attrs:
            is_address = name in {"src", "href", "action", "formaction"}
            is_elsewhere = is_address and not re.match(r"/(?!/)|#", value or "")
            if name == "style" or name.startswith("on") or is_elsewhere:
                self.found.append(f"{tag} {name}={value}")


@pytest.fixture
def desk(as_role) -> Desk:
    return Desk(as_role("bureau", COUNTY))


@pytest.fixture
def outlined(database) -> None:
    """The county has an outline: a box around the squares."""
    whole = shapely.box(WEST - STEP, SOUTH - STEP, WEST + 12 * STEP, SOUTH + 12 * STEP)
    with database.system_transaction() as session:
        session.add(
            AreaOutline(
                id=1,
                area_code=COUNTY,
                valid_from=date(2020, 1, 1),
                recorded_at=audit.instant(session),
                name="清新区",
                level="county",
                ellipsoidal_area_m2=1.0,
                geometry=whole,
            )
        )


# ---- who sees what


def test_every_page_names_a_row_of_the_policy():
    actions = {action_of(route) for route in page_routes()}
    assert actions == {"parcel.import", "parcel.export"}
    assert actions <= set(POLICY)


def test_a_handler_only_takes_calls_and_returns():
    tree = ast.parse(Path(import_routes.__file__).read_text(encoding="utf-8"))
    handlers = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    assert len(handlers) == len(page_routes())
    for handler in handlers:
        assert sum(isinstance(each, ast.stmt) for each in ast.walk(handler)) - 2 <= 5, handler.name


@ON_SQLITE
@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_bring_land_see_the_desk(as_role, role):
    speaker = as_role(role.value, AREA_OF.get(role, COUNTY))
    is_allowed = may(role, "parcel.import")
    for method, path in (("GET", "/land"), ("GET", f"/land/{ABSENT}"), ("POST", "/land")):
        answer = speaker.send(method, path, headers=HTML)
        if not is_allowed:
            assert answer.status_code == 403
            assert "请联系管理员" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
    home = speaker.send("GET", "/", headers=HTML).text
    assert ('href="/land"' in home) == is_allowed


@ON_SQLITE
def test_exports_are_offered_to_those_who_may_export(as_role, desk):
    assert "矢量数据属于受控数据" in desk.page("/land")
    assert 'action="/land/export"' in desk.page("/land")
    admin = Desk(as_role("admin", COUNTY))
    assert "/land/export" not in admin.page("/land")
    assert admin.press("/land/export").status_code == 403


@ON_SQLITE
def test_an_export_that_cannot_be_made_says_why_at_its_form(desk):
    nothing = desk.press("/land/export", layer="farmland", area=COUNTY, on="2023-04-20")
    assert nothing.status_code == 404
    assert "没有可导出的内容" in nothing.text
    assert '<option value="farmland" selected>' in nothing.text
    wrong = desk.press("/land/export", format="dwg")
    assert wrong.status_code == 422
    assert "格式:只能是" in wrong.text


@ON_SQLITE
def test_nobody_is_led_to_the_login_page(nobody):
    answer = nobody.send("GET", "/land", headers=HTML, follow_redirects=False)
    assert where_of(answer) == "/login?next=/land"


@ON_SQLITE
def test_an_absent_import_is_a_page_that_says_so(desk):
    for path in (f"/land/{ABSENT}", f"/land/{ABSENT}/progress"):
        assert "没有这次导入" in desk.page(path, 404)
    for step in ("options", "again", "commit", "discard"):
        answer = desk.press(f"/land/{ABSENT}/{step}")
        assert answer.status_code == 404
        assert "没有这次导入" in answer.text


@ON_SQLITE
def test_a_form_of_another_site_is_refused(desk, tmp_path):
    path = write(tmp_path / "a.gpkg", squares(1), dltb(squares(1)))
    answer = desk.speaker.send(
        "POST",
        "/land",
        headers=HTML | {"Origin": "https://evil.example"},
        files=[("file", (path.name, path.read_bytes()))],
    )
    assert answer.status_code == 403
    assert "还没有导入过土地数据" in desk.page("/land")


# ---- the whole way


def test_a_file_goes_into_the_book_by_pressing(desk, database, tmp_path):
    assert "还没有导入过土地数据" in desk.page("/land")
    shapes = squares(4)
    where = desk.bring(write(tmp_path / "太和.gpkg", shapes, dltb(shapes)))
    text = desk.page(where)
    assert "将新增 16 个图斑,有效日 2022-12-31" in text
    assert "文件数据年份 SJNF 的年末" in text
    assert "没有发现个人信息字段" in text
    assert "没有发现问题" in text
    assert 'class="land" d="M' in text
    assert "待入账" in desk.page("/land")
    assert where_of(desk.press(f"{where}/commit")) == where
    desk.settled(where)
    text = desk.page(where)
    assert "已入账,有效日 2022-12-31" in text
    assert re.search(r"入账</strong> <span>bureau 441803</span>", text)
    assert f"{where}/commit" not in text
    assert f"{where}/options" not in text
    with database.system_reading() as session:
        assert len(session.scalars(select(ParcelVersion)).all()) == 16
    desk_text = desk.page("/land")
    assert "已入账" in desk_text
    assert "太和.gpkg" in desk_text
    made = desk.press("/land/export", format="geojson", area=TAIHE)
    assert made.status_code == 200
    assert "attachment" in made.headers["content-disposition"]
    assert len(made.json()["features"]) == 16


@ON_SQLITE
def test_a_blocked_file_says_what_is_wrong_and_what_can_be_done(desk, tmp_path, outlined):
    shapes = [bow_tie(), *squares(3)[1:]]
    shapes[4] = shapely.affinity.translate(shapes[4], STEP / 3)
    where = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    text = desk.page(where)
    assert RULE_TEXT["geometry.invalid"] in text
    assert RULE_TEXT["geometry.overlap"] in text
    assert 'name="accept_repairs"' in text
    assert 'name="leave_out_blocked"' in text
    assert "findings.xlsx" in text
    assert '<circle class="block"' in text
    assert "清新区的位置" in text
    refused = desk.press(f"{where}/commit", accept_repairs="true")
    assert refused.status_code == 422
    assert "个图斑被阻断;请改好文件再导入" in refused.text
    assert re.search(r'name="accept_repairs" value="true" checked', refused.text)
    assert not re.search(r'name="leave_out_blocked" value="true" checked', refused.text)
    desk.press(f"{where}/commit", accept_repairs="true", leave_out_blocked="true")
    text = desk.page(desk.settled(where))
    assert "已入账" in text
    assert "没有导入" in text
    assert f"/map?import={where.removeprefix('/land/')}#map=17/" in text


@ON_SQLITE
def test_a_book_that_changed_asks_for_another_look(desk, tmp_path):
    shapes = squares(2)
    first = desk.bring(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    second = desk.bring(write(tmp_path / "two.gpkg", shapes, dltb(shapes)))
    desk.press(f"{second}/commit")
    desk.settled(second)
    text = desk.page(first)
    assert "检查之后账本又变过" in text
    assert f'action="{first}/commit"' not in text
    assert desk.press(f"{first}/commit").status_code == 409
    assert where_of(desk.press(f"{first}/again")) == first
    text = desk.page(desk.settled(first))
    assert "文件与账上完全一致" in text
    assert f'action="{first}/commit"' in text


@ON_SQLITE
def test_a_step_that_was_refused_can_be_taken_again(desk, tmp_path):
    shapes = squares(2)
    newer = desk.bring(write(tmp_path / "new.gpkg", shapes, dltb(shapes)))
    desk.press(f"{newer}/commit")
    desk.settled(newer)
    older = dltb(shapes, SJNF=[2019] * 4, ZZSXDM=["FLS"] * 4)
    where = desk.bring(write(tmp_path / "old.gpkg", shapes, older))
    desk.press(f"{where}/commit")
    text = desk.page(desk.settled(where))
    assert "上次没有入账" in text
    assert "晚于 2019-12-31" in text
    # What was chosen at the decision is no option of the reading.
    assert where_of(desk.press(f"{where}/again")) == where
    where_of(desk.press(f"{desk.settled(where)}/options", valid_from="2023-03-01"))
    text = desk.page(desk.settled(where))
    assert "将更新 4 个图斑,有效日 2023-03-01" in text
    assert 'value="2023-03-01"' in text


@ON_SQLITE
def test_an_import_that_was_put_aside_stays_readable(desk, tmp_path):
    where = desk.bring(write(tmp_path / "a.gpkg", squares(2), dltb(squares(2))))
    assert where_of(desk.press(f"{where}/discard")) == where
    text = desk.page(where)
    assert "已作废" in text
    assert "椭球面积" in text
    assert f"{where}/commit" not in text
    again = desk.press(f"{where}/commit")
    assert again.status_code == 409
    assert "现在是“已作废”" in again.text


# ---- questions


@ON_SQLITE
def test_an_unclear_coordinate_system_is_asked_and_answered(desk, tmp_path, outlined):
    write(tmp_path / "flat.shp", squares(3), dltb(squares(3)), crs="EPSG:4526")
    (tmp_path / "flat.prj").unlink()
    where = desk.bring(*sorted(tmp_path.glob("flat.*")))
    text = desk.page(where)
    assert "坐标是哪个坐标系的" in text
    assert "其他坐标系的代码" in text
    assert "等您回答" in text
    refused = desk.press(f"{where}/options", crs="other", crs_other="EPSG:99999999")
    assert refused.status_code == 422
    assert "没有坐标系“EPSG:99999999”" in refused.text
    assert 'value="EPSG:99999999"' in refused.text
    assert "请填写坐标系代码" in desk.press(f"{where}/options", crs="other").text
    where_of(desk.press(f"{where}/options", crs="other", crs_other="4526"))
    text = desk.page(desk.settled(where))
    assert "按您指定的 EPSG:4526 读取" in text


@ON_SQLITE
def test_unknown_fields_are_matched_by_a_person_and_personal_ones_are_dropped(desk, tmp_path):
    shapes = squares(2)
    fields = {
        "MIANJI": np.array([1.0] * 4),
        "LEIBIE": np.array(["0101"] * 4),
        "LXDH": np.array(["13800000000"] * 4),
    }
    where = desk.bring(write(tmp_path / "own.gpkg", shapes, fields))
    text = desk.page(where)
    assert "各字段是什么" in text
    assert "已丢弃 4 个值" in text
    assert "13800000000" not in text
    both = {"source": ["MIANJI", "LEIBIE"], "matching": "table"}
    twice = desk.press(f"{where}/options", column=["declared_area_m2"] * 2, **both)
    assert twice.status_code == 422
    assert "都对应到“图斑面积 TBMJ”" in twice.text
    assert twice.text.count('value="declared_area_m2" selected') == 2
    columns = ["declared_area_m2", "land_class"]
    where_of(desk.press(f"{where}/options", kind="parcels", column=columns, **both))
    text = desk.page(desk.settled(where))
    assert "将新增 4 个图斑" in text
    assert "LXDH" in text
    assert 'value="land_class" selected' in text
    assert "13800000000" not in text


@ON_SQLITE
def test_a_layer_is_chosen_where_there_are_several(desk, tmp_path):
    shapes = squares(2)
    path = tmp_path / "many.gpkg"
    for layer in ("甲", "乙"):
        write(path, shapes, dltb(shapes), layer=layer)
    where = desk.bring(path)
    text = desk.page(where)
    assert "文件里有几个图层" in text
    where_of(desk.press(f"{where}/options", layer="乙"))
    assert "图层 <bdi>乙</bdi>" in desk.page(desk.settled(where))


@ON_SQLITE
def test_loose_parts_of_a_shapefile_are_one_layer(desk, tmp_path):
    write(tmp_path / "dltb.shp", squares(2), dltb(squares(2)))
    where = desk.bring(*sorted(tmp_path.glob("dltb.*")))
    text = desk.page(where)
    assert "将新增 4 个图斑" in text
    assert "文字编码" in text


# ---- what cannot be taken


@ON_SQLITE
def test_a_wrong_file_says_why_and_what_to_change(desk, tmp_path):
    path = tmp_path / "slides.gpkg"
    path.write_bytes(b"<kml></kml>")
    where = desk.bring(path)
    text = desk.page(where)
    assert "未通过" in text
    assert "请导出成 GeoPackage" in text
    assert "账本没有变动" in text
    assert f'action="{where}/options"' in text


@ON_SQLITE
def test_a_refused_upload_keeps_what_was_typed(desk, tmp_path):
    empty = tmp_path / "empty.gpkg"
    empty.write_bytes(b"")
    answer = desk.send(empty, kind="farmland", valid_from="2022-12-31")
    assert answer.status_code == 422
    assert "文件是空的" in answer.text
    assert '<option value="farmland" selected>' in answer.text
    assert 'value="2022-12-31"' in answer.text
    nothing = desk.send(empty, name="")
    assert nothing.status_code == 422
    assert "请先选一个文件" in desk.press("/land").text
    bad_day = desk.send(write(tmp_path / "a.gpkg", squares(1), dltb(squares(1))), valid_from="x")
    assert "有效日:日期写成 YYYY-MM-DD" in bad_day.text
    assert "还没有导入过土地数据" in desk.page("/land")


@ON_SQLITE
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": "gold"}, "数据种类"),
        ({"encoding": "no such/one"}, "文字编码"),
        ({"valid_from": "2023-02-30"}, "没有这一天"),
        ({"crs": "+proj=longlat +init=x"}, "没有坐标系"),
        ({"crs": PAYLOAD}, "没有坐标系"),
        ({"layer": "x" * 300}, "图层"),
    ],
)
def test_what_makes_no_sense_is_refused_in_place(desk, database, said, why):
    where = placed(database, state=ImportState.REFUSED, problem="坏")
    answer = desk.press(f"{where}/options", **said)
    assert answer.status_code == 422
    assert why in answer.text
    assert Suspicious(answer.text).found == []
    assert f'action="{where}/options"' in answer.text


def placed(database, **columns) -> str:
    """Put an import into the database as no reader would; return its address."""
    plain = {
        "area_code": COUNTY,
        "filename": "a.gpkg",
        "file_sha256": "0" * 64,
        "n_bytes": 1,
        "options": "{}",
        "report": "{}",
    }
    with database.system_transaction() as session:
        found = LandImport(**(plain | columns), created_at=audit.instant(session))
        session.add(found)
        session.flush()
        return f"/land/{found.id}"


# ---- what a file says stays text


@ON_SQLITE
def test_names_of_files_layers_and_fields_are_hostile_text(desk, tmp_path):
    shapes = [bow_tie(), *squares(2)[1:]]
    fields = dltb(shapes, BSM=[PAYLOAD[:30]] * 4) | {PAYLOAD[:40]: np.array([PAYLOAD] * 4)}
    path = write(tmp_path / "a.gpkg", shapes, fields)
    where = desk.bring(path, name=f"{PAYLOAD.replace('/', '')}.gpkg")
    for text in (desk.page(where), desk.page("/land")):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text


@ON_SQLITE
@pytest.mark.parametrize("state", list(ImportState))
def test_each_state_has_its_page_whatever_a_file_said(desk, database, state):
    candidate = {"code": PAYLOAD, "name_zh": PAYLOAD, "share_inside": 1, "score": 1}
    candidate["reason_zh"] = PAYLOAD
    reference = {"declared": PAYLOAD, "text_zh": PAYLOAD, "is_certain": False, "source": "asked"}
    reference |= {"chosen": candidate, "runner_up": candidate, "candidates": [candidate]}
    field = {"field": PAYLOAD, "type": PAYLOAD, "samples": [PAYLOAD], "proposed": PAYLOAD}
    report = {
        "state": "needs_mapping",
        "file_kind": PAYLOAD,
        "layer": PAYLOAD,
        "layers": [PAYLOAD],
        "encoding": {"name": PAYLOAD, "reason_zh": PAYLOAD},
        "fields": [field],
        "personal": {PAYLOAD: 1},
        "warnings": [PAYLOAD],
        "mapping": {PAYLOAD: PAYLOAD},
        "reference": reference,
        "n_features": 1,
        "n_vertices": 4,
        "n_with_height": 0,
        "bbox": [WEST, SOUTH, WEST, SOUTH],
        "areas": None,
        "n_without_village": None,
        "n_overlay": None,
        "standing": {"new": 1, "changed": 0, "same": 0, "gone": 0},
        "exam": {
            "counts": {"x.unknown": 1},
            "skipped": {"land.year": PAYLOAD},
            "n_block": 0,
            "n_warn": 1,
        },
    }
    where = placed(
        database,
        state=state,
        filename=PAYLOAD,
        problem=PAYLOAD,
        kind=LandKind.PARCELS,
        options=json.dumps({"layer": PAYLOAD, "crs": "x", "mapping": {PAYLOAD: "remark"}}),
        report=json.dumps(report),
    )
    text = desk.page(where)
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert desk.page(f"{where}/progress")


def test_every_rule_has_a_title():
    assert {*exam.RULES, *(rule.code for rule in RULES)} == set(RULE_TEXT)
