"""Approvals in, files out: what the book takes from others and gives to them."""

import io
import zipfile
from datetime import date

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from sqlalchemy import select

from service.audit import AuditEntry
from service.parcels.models import Approval
from tests.land_files import COUNTY, SOUTH, STEP, TAIHE, TAIPING, WEST, dltb, squares, write

HALF = [
    [WEST, SOUTH],
    [WEST + STEP / 2, SOUTH],
    [WEST + STEP / 2, SOUTH + STEP],
    [WEST, SOUTH + STEP],
    [WEST, SOUTH],
]


def approval(**other) -> dict:
    """The west half of the first square, rested for a year."""
    said = {
        "kind": "fallow",
        "document_no": "休〔2023〕1号",
        "valid_from": "2023-01-01",
        "valid_to": "2024-01-01",
        "geometry": {"type": "Polygon", "coordinates": [HALF]},
    }
    return said | other


def test_an_approval_is_dated_and_shows_how_much_of_a_parcel_it_covers(
    desk, outlined, tmp_path, as_role
):
    shapes = squares(2)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    filed = desk.speaker.post("approvals", approval())
    assert filed.status_code == 201, filed.text
    assert filed.json()["area_code"] == f"{TAIHE}201"
    leader = as_role("leader", COUNTY)
    (parcel,) = leader.get("parcels/at", lon=WEST + STEP / 2, lat=SOUTH + STEP / 3).json()["items"]
    card = leader.get(f"parcels/{parcel['uid']}/card").json()
    (over,) = card["approvals"]
    assert over["covered_share"] == pytest.approx(0.5, abs=1e-6)
    assert over["is_in_force"]
    later = leader.get(f"parcels/{parcel['uid']}/card", on="2024-06-01").json()
    assert [each["is_in_force"] for each in later["approvals"]] == [False]
    assert leader.get("approvals", on="2023-06-01").json()["items"]
    assert leader.get("approvals", on="2024-01-01").json()["items"] == []


def test_an_approval_filed_twice_is_one_and_another_under_its_id_is_refused(desk):
    uid = "6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10"
    assert desk.speaker.post("approvals", approval(uid=uid)).status_code == 201
    assert desk.speaker.post("approvals", approval(uid=uid)).status_code == 200
    other = desk.speaker.post("approvals", approval(uid=uid, document_no="休〔2023〕2号"))
    assert other.status_code == 409
    assert len(desk.speaker.get("approvals", on="2023-06-01").json()["items"]) == 1


def test_an_approval_filed_in_error_is_taken_back_and_still_known(desk, clock):
    uid = desk.speaker.post("approvals", approval()).json()["uid"]
    clock.forward(hours=1)
    known_at = clock().isoformat()
    clock.forward(hours=1)
    done = desk.speaker.post(f"approvals/{uid}/withdraw", {"reason": "登错了地块"})
    assert done.status_code == 200, done.text
    assert desk.speaker.get("approvals", on="2023-06-01").json()["items"] == []
    then = desk.speaker.get("approvals", on="2023-06-01", known_at=known_at).json()["items"]
    assert [each["uid"] for each in then] == [uid]
    again = desk.speaker.post(f"approvals/{uid}/withdraw", {"reason": "再撤一次"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Polygon", "coordinates": []}, "环"),
        ({"type": "Polygon", "coordinates": [HALF[:3]]}, "4 个点"),
        ({"type": "Polygon", "coordinates": [HALF[:-1]]}, "闭合"),
        ({"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in HALF]]}, "颠倒"),
        (
            {"type": "Polygon", "coordinates": [[HALF[0], HALF[2], HALF[1], HALF[3], HALF[0]]]},
            "不合格",
        ),
        ({"type": "Polygon", "coordinates": [[[113, 23]] * 5]}, "不合格"),
        ({"type": "Polygon", "coordinates": [[["113", None]] * 5]}, "经度"),
        ({"type": "Polygon", "coordinates": [[[[[[113]]]]]]}, "4 个点"),
        ({"type": "MultiPolygon", "coordinates": []}, "空"),
        ({"type": "Point", "coordinates": [113, 23]}, "Polygon"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_area_that_is_none_is_refused_with_the_reason(desk, geometry, said):
    answer = desk.speaker.post("approvals", approval(geometry=geometry))
    assert answer.status_code == 422, answer.text
    assert said in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_of_approvals_goes_in_and_not_twice(desk, database, tmp_path):
    shapes = squares(2)[:2]
    fields = {
        "PZLX": np.array(["临时用地", "农用地转用"]),
        "PZWH": np.array(["临〔2023〕7号", "粤府土审〔2023〕8号"]),
        "QSRQ": np.array(["2023-03-01", "20230401"]),
        "ZZRQ": np.array(["2025/3/1", ""]),
        "PZMJ": np.array([1.0, 2.0]),
    }
    path = write(tmp_path / "approvals.gpkg", shapes, fields)
    done = desk.put(path)
    assert done["kind"] == "approvals"
    with database.system_reading() as session:
        found = list(session.scalars(select(Approval).order_by(Approval.id)))
    assert [(each.kind, each.valid_from, each.valid_to) for each in found] == [
        ("temporary", date(2023, 3, 1), date(2025, 3, 1)),
        ("conversion", date(2023, 4, 1), None),
    ]
    assert desk.put(path)["report"]["committed"]["n_new"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_of_approvals_without_a_date_says_which_row(desk, tmp_path):
    fields = {
        "PZLX": np.array(["临时用地"]),
        "PZWH": np.array(["临〔2023〕7号"]),
        "QSRQ": np.array(["去年"]),
        "PZMJ": np.array([1.0]),
    }
    found = desk.bring(write(tmp_path / "a.gpkg", squares(1), fields))
    done = desk.commit(found)
    assert done["state"] == "ready"
    assert "第 1 行缺 起始日期" in done["problem"]


# Out.


@pytest.fixture
def booked(desk, outlined, tmp_path):
    """Nine parcels in the book, one with a name that a formula could hide in."""
    shapes = squares(3)
    names = ["演示村"] * 8 + ["=1+1"]
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes, ZLDWMC=np.array(names))))
    return shapes


def exported(desk, tmp_path, suffix: str, **order):
    answer = desk.speaker.post("parcels/exports", order)
    assert answer.status_code == 200, answer.text[:500]
    path = tmp_path / f"out{suffix}"
    path.write_bytes(answer.content)
    return path, answer


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4526", "EPSG:4547", "EPSG:4326"])
@pytest.mark.parametrize(
    ("format", "suffix"), [("gpkg", ".gpkg"), ("shp", ".zip"), ("parquet", ".parquet")]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_goes_out_is_what_is_in_the_book(desk, booked, tmp_path, format, suffix, crs):
    path, _ = exported(desk, tmp_path, suffix, format=format, crs=crs)
    read = gpd.read_parquet if format == "parquet" else gpd.read_file
    frame = read(path)
    assert frame.crs.to_epsg() == int(crs.removeprefix("EPSG:"))
    assert len(frame) == 9
    back = frame.to_crs("EPSG:4490").sort_values("BSM")
    apart = [a.hausdorff_distance(b) for a, b in zip(back.geometry, booked, strict=True)]
    assert max(apart) < 1e-8
    assert set(back["DLBM"]) == {"0101"}
    assert back["TBMJ"].iloc[0] == pytest.approx(45_000, rel=0.1)


def test_every_layer_goes_out_on_both_engines(desk, booked, tmp_path):
    desk.speaker.post("approvals", approval())
    for layer, n in (("parcels", 9), ("outlines", 3), ("approvals", 1)):
        path, answer = exported(desk, tmp_path, f"-{layer}.gpkg", layer=layer)
        assert pyogrio.read_info(path)["features"] == n, layer
        assert layer in answer.headers["content-disposition"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_shapefile_goes_out_in_gbk_and_says_what_it_cut(desk, booked, tmp_path):
    path, answer = exported(desk, tmp_path, ".zip", format="shp")
    with zipfile.ZipFile(path) as archive:
        names = {name.rsplit(".", 1)[1] for name in archive.namelist()}
    assert {"shp", "shx", "dbf", "prj", "cpg"} <= names
    frame = gpd.read_file(path)
    assert all(len(name.encode("gbk")) <= 10 for name in frame.columns)
    assert "演示村" in set(frame["ZLDWMC"])
    assert "x-chungeng-notes" in answer.headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_workbook_goes_out_without_formulas(desk, booked, tmp_path):
    path, _ = exported(desk, tmp_path, ".xlsx", format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in cells if cell.value == "=1+1"] == ["=1+1"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_holds_only_what_its_asker_may_see_and_is_noted(
    desk, booked, as_role, database, tmp_path
):
    town = as_role("bureau", TAIPING)
    answer = town.post("parcels/exports", {"format": "geojson"})
    assert answer.status_code == 200
    assert len(answer.json()["features"]) == 3
    assert town.post("parcels/exports", {"area": TAIHE}).status_code == 404
    for role in ("leader", "admin", "approver", "officer", "auditor"):
        assert as_role(role, COUNTY).post("parcels/exports", {}).status_code == 403
    with database.system_reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "land.export")).all()
    assert [each.actor for each in noted] == [f"bureau-{TAIPING}"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_gdal_opens_the_live_file_as_a_geopackage(desk, booked, database):
    path = database.url.database
    info = pyogrio.read_info(path, layer="parcel_versions")
    assert info["features"] == 9
    assert info["geometry_type"] == "MultiPolygon"
    assert "4490" in info["crs"]
    assert {"land_class", "declared_area_m2", "uid", "valid_from", "area_code"} <= set(
        info["fields"]
    )
    box = shapely.box(WEST, SOUTH, WEST + STEP * 1.5, SOUTH + STEP * 0.5).bounds
    found = pyogrio.read_dataframe(path, layer="parcel_versions", bbox=box)
    assert len(found) == 2
    assert found["declared_area_m2"].between(40_000, 50_000).all()
