"""Land files read right: what is in them, where it lies, and what it is against the book."""

import json
import os
import signal
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import shapely

from config.thresholds import Thresholds
from service.landfiles import presets, reader, runner, writer
from service.landfiles.digest import ATTRIBUTES, attribute_digest
from service.landfiles.limits import Limits
from service.landfiles.surroundings import write_table

EXAM = Thresholds.read().land.model_dump()
LON, LAT, STEP = 112.6, 23.7, 0.001
VILLAGE, OTHER_VILLAGE = "441803102201", "441803102202"


def squares(count: int, *, lon: float = LON, lat: float = LAT, step: float = STEP):
    """Squares side by side, eastward."""
    west = lon + step * np.arange(count)
    return shapely.box(west, lat, west + step, lat + step)


def write_file(path: Path, shapes, columns: dict[str, list], *, crs="EPSG:4490", **more) -> Path:
    """Write a file with GDAL, by its suffix."""
    driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB"}[path.suffix]
    kind = "MultiPolygon" if path.suffix == ".gdb" else "Polygon"
    shapes = shapely.multipolygons(shapes, indices=range(len(shapes))) if kind[0] == "M" else shapes
    table = pa.table(columns).append_column("geometry", pa.array(shapely.to_wkb(shapes)))
    settings = {"crs": crs, "geometry_name": "geometry", "geometry_type": kind}
    pyogrio.write_arrow(table, path, driver=driver, **settings, **more)
    return path


def survey(count: int, **changed: list) -> dict[str, list]:
    """The main fields of a land survey."""
    usual = {
        "BSM": [f"44180300000000{n:04d}" for n in range(count)],
        "TBBH": [f"{n:08d}" for n in range(count)],
        "DLBM": ["0101"] * count,
        "GDPDJB": ["1"] * count,
        "ZZSXDM": ["LS"] * count,
        "ZLDWDM": [VILLAGE + "0000000"] * count,
        "TBMJ": [11_300.25] * count,
        "SJNF": pa.array([2023] * count, pa.int32()),
    }
    return usual | changed


def read(source: Path, into: Path, around: Path | None = None, **options):
    """Read; return the report and the result."""
    options = reader.ReadOptions(**{"exam": EXAM, "year": 2023, **options})
    report = reader.read(
        source, into=into, options=options, surroundings=reader.Surroundings(around)
    )
    return report, table_of(into / "result.arrow") if report.state == "ready" else None


def table_of(path: Path) -> pa.Table:
    """Read an Arrow file."""
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def own_areas_m2(result: pa.Table, field: str, unit_m2: float) -> np.ndarray:
    """Read the areas that a register says itself."""
    rows = [json.loads(each) for each in result.column("attributes").to_pylist()]
    return np.array([row.get(field, np.nan) for row in rows], float) * unit_m2


def keep_as_book(result: pa.Table, around: Path, kind: str = "parcels") -> None:
    """Lay a result out as the book of the next reading."""
    around.mkdir(exist_ok=True)
    columns = {n: result.column(n) for n in ("uid", "survey_code", "digest", "geometry")}
    ids = pa.array(np.arange(100, 100 + result.num_rows))
    village = [code[:12] for code in result.column("location_code").to_pylist()]
    write_table(
        around / f"book-{kind}.arrow", {"id": ids, "village_code": pa.array(village), **columns}
    )


# ---- real files ------------------------------------------------------------------------------

REGISTERS = {
    "at_schlaege_2025.gpkg.zip": (100, "EPSG:31287", "utf-8", "SL_FLAECHE_BRUTTO_HA", 1e4),
    "ch_nutzungsflaechen.gpkg": (100, "EPSG:2056", "utf-8", "flaeche_m2", 1),
    "dk_marker_2026.shp.zip": (100, "EPSG:25832", "cp1252", "IMK_areal", 1e4),
    "fi_gsaa.gpkg": (100, "EPSG:3067", "utf-8", "PINTA_ALA", 1e4),
    "fr_rpg_193_parcels_2154.gpkg": (193, "EPSG:2154", "utf-8", "surf_parc", 1e4),
    "gbk_shapefile": (8, "EPSG:4326", "gb18030", "面积亩", 2000 / 3),
    "jp_fude_2024.parquet": (100, "EPSG:6668", "utf-8", None, 1),
    "nl_brp_2023.gpkg": (100, "EPSG:28992", "utf-8", None, 1),
    "nl_referentiepercelen.gpkg": (100, "EPSG:28992", "utf-8", None, 1),
    "se_2023.shp.zip": (10, "EPSG:3006", "utf-8", "faststalld", 1e4),
    "si_raba_landuse_88.gpkg": (88, "EPSG:32633", "utf-8", "AREA", 1),
}


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_is_read_with_its_count_system_encoding_and_areas(name, shared_data, tmp_path):
    count, code, encoding, field, unit_m2 = REGISTERS[name]
    report, result = read(shared_data / "parcels" / name, tmp_path, mapping={})
    assert (report.n_features, result.num_rows) == (count, count)
    assert report.reference["code"] == code
    assert report.reference["source"] == "file"
    assert report.encoding["name"] == encoding
    areas_m2 = result.column("ellipsoidal_area_m2").to_numpy()
    assert report.areas["ellipsoidal_m2"] == pytest.approx(areas_m2.sum())
    if field is not None:
        own = own_areas_m2(result, field, unit_m2)
        assert not np.isnan(own).any()
        # Planar areas differ by the scale of their projection, up to 5 in 10,000; the sums of
        # two registers hold what was measured for aid, not the whole parcel.
        assert own.sum() == pytest.approx(areas_m2.sum(), rel=3e-3)


def test_a_shapefile_without_a_cpg_in_gbk_is_read_and_says_why(shared_data, tmp_path):
    mapping = {"县区名称": "location_name", "行政区划代": "location_code"}
    report, result = read(shared_data / "parcels" / "gbk_shapefile", tmp_path, mapping=mapping)
    assert "连州市" in result.column("location_name").to_pylist()
    assert all(len(code) == 6 for code in result.column("location_code").to_pylist())
    assert "严格解码" in report.encoding["reason_zh"]


def test_a_county_outline_in_gcj02_is_recognised_and_moved_back(shared_data, tmp_path):
    areas = shared_data / "areas"
    around = tmp_path / "around"
    around.mkdir()
    true = shapely.from_geojson((areas / "boundary_441803_wgs84_derived.geojson").read_text())
    outline = shapely.unary_union(shapely.get_parts(true))
    (around / "outline.wkb").write_bytes(shapely.to_wkb(outline))

    found = {}
    for name in ("boundary_441803_wgs84_derived", "boundary_441803_gcj02"):
        source = areas / f"{name}.geojson"
        found[name] = read(source, tmp_path / name, around, mapping={}, kind="outlines")

    report, result = found["boundary_441803_gcj02"]
    assert report.reference["code"] == "GCJ-02"
    assert report.reference["runner_up"] is not None
    moved = shapely.from_wkb(result.column("geometry")[0].as_py())
    assert shapely.hausdorff_distance(moved, outline) < 1e-5
    assert report.areas["ellipsoidal_m2"] == pytest.approx(2.359e9, rel=1e-3)


def test_a_shifted_file_without_an_outline_is_asked_about(shared_data, tmp_path):
    source = shared_data / "areas" / "boundary_441803_gcj02.geojson"
    report, result = read(source, tmp_path, mapping={}, kind="outlines")
    assert report.state == "needs_crs"
    assert result is None
    codes = {each["code"] for each in report.reference["candidates"]}
    assert {"EPSG:4490", "GCJ-02"} <= codes
    assert not (tmp_path / "result.arrow").exists()
    asked, _ = read(source, tmp_path, mapping={}, kind="outlines", crs="GCJ-02")
    assert asked.state == "ready"
    assert asked.reference["source"] == "asked"


# ---- kinds of file ---------------------------------------------------------------------------


def test_the_same_parcels_come_out_of_every_kind_of_file(tmp_path):
    shapes, columns = squares(3), survey(3)
    folder = tmp_path / "made"
    folder.mkdir()
    gpkg = write_file(folder / "a.gpkg", shapes, columns, layer="DLTB")
    write_file(folder / "DLTB.shp", shapes, columns, encoding="GBK")
    gdb = write_file(folder / "a.gdb", shapes, columns, layer="DLTB")
    with zipfile.ZipFile(folder / "gdb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in gdb.iterdir():
            archive.write(part, f"a.gdb/{part.name}")
    loose = tmp_path / "loose"
    loose.mkdir()
    for part in folder.glob("DLTB.*"):
        part.rename(loose / part.name)
    _, result = read(gpkg, tmp_path / "gpkg")
    parquet = writer.write(
        tmp_path / "gpkg" / "result.arrow",
        into=tmp_path / "out",
        format="parquet",
        crs="EPSG:4526",
        columns={"survey_code": "BSM", "declared_area_m2": "TBMJ", "land_class": "DLBM"},
    ).path

    for source in (loose, folder / "gdb.zip", parquet):
        report, same = read(source, tmp_path / f"from-{source.name}", kind="parcels")
        assert report.kind == "parcels", source
        for name in ("survey_code", "declared_area_m2"):
            assert same.column(name).to_pylist() == result.column(name).to_pylist(), source
        mine, first_one = (
            shapely.from_wkb(t.column("geometry").to_numpy()) for t in (same, result)
        )
        assert shapely.hausdorff_distance(mine, first_one).max() < 1e-9, source


def test_two_layers_are_asked_about_unless_one_has_a_known_name(tmp_path):
    path = tmp_path / "a.gpkg"
    write_file(path, squares(1), survey(1), layer="one")
    write_file(path, squares(1), survey(1), layer="two", append=True)
    report, _ = read(path, tmp_path / "asked")
    assert (report.state, report.layers) == ("needs_layer", ["one", "two"])
    assert read(path, tmp_path / "said", layer="two")[0].layer == "two"
    with pytest.raises(reader.Refused, match="没有图层"):
        read(path, tmp_path / "wrong", layer="three")
    write_file(path, squares(1), survey(1), layer="DLTB", append=True)
    assert read(path, tmp_path / "known")[0].layer == "DLTB"


def test_text_is_trimmed_and_what_is_no_number_is_told_with_its_row(tmp_path):
    columns = survey(3, ZZSXDM=[" LS ", "", None], KCXS=["0.05", " ", None])
    path = write_file(tmp_path / "a.gpkg", squares(3), columns)
    _, result = read(path, tmp_path / "good")
    assert result.column("planting_attribute").to_pylist() == ["LS", None, None]
    assert result.column("deduction_ratio").to_pylist() == [0.05, None, None]
    columns["KCXS"][1] = "many"
    path = write_file(tmp_path / "b.gpkg", squares(3), columns)
    with pytest.raises(reader.Refused, match="不是数字"):
        read(path, tmp_path / "bad")


def test_fields_that_are_not_mapped_are_kept_as_json_and_no_row_is_lost(tmp_path):
    columns = {"A": ["x,", None, ",", " "], "B": [1.5, None, None, None], "C": [None] * 4}
    columns["C"] = pa.array(columns["C"], pa.string())
    path = write_file(tmp_path / "a.gpkg", squares(4), columns)
    _, result = read(path, tmp_path / "r", mapping={})
    kept = [json.loads(each) for each in result.column("attributes").to_pylist()]
    assert kept == [{"A": "x,", "B": 1.5}, {}, {"A": ","}, {}]


# ---- which field is what ---------------------------------------------------------------------


def test_the_variants_of_the_survey_fields_are_known(tmp_path):
    columns = survey(1, GDZZSXDM=["FLS"], XXTBKD=[3.5], TKXS=[0.1], TKMJ=[12.0])
    del columns["ZZSXDM"]
    report, result = read(write_file(tmp_path / "a.gpkg", squares(1), columns), tmp_path / "r")
    assert report.preset["kind"] == "parcels"
    row = result.to_pylist()[0]
    assert row["planting_attribute"] == "FLS"
    assert (row["strip_width_m"], row["deduction_ratio"], row["deducted_area_m2"]) == (3.5, 0.1, 12)


def test_every_mapped_column_is_canonical_and_no_source_stands_twice_in_a_kind():
    fields = presets.land_fields()
    assert {each.canonical for each in fields} - {None} <= set(ATTRIBUTES)
    for kind in presets.KINDS:
        sources = [each.names[0] for each in fields if each.kind == kind]
        assert len(sources) == len(set(sources))


def test_personal_fields_of_basic_farmland_are_dropped_and_the_drop_is_told(tmp_path):
    columns = {
        "BSM": ["1", "2"],
        "YJJBNTTBBH": ["A1", "A2"],
        "YJJBNTTBMJ": [11_300.0, 11_300.0],
        "YJJBNTMJ": [11_000.0, 11_000.0],
        "DLBM": ["0101", "0101"],
        "ZLDWDM": [VILLAGE + "0000000"] * 2,
        "QSXZ": ["30", "30"],
        "KCXS": [0.02, 0.02],
        "GDPDJB": ["1", "1"],
        "SJNF": [2023, 2023],
        "CFZR": ["张三", None],
        "ZRRZJHM": ["441803199001010011", " "],
        "LXDH": ["13800138000", "13900139000"],
        "ZMC": ["一组", "二组"],
    }
    path = write_file(tmp_path / "a.gpkg", squares(2), columns)
    report, result = read(path, tmp_path / "r")
    assert report.kind == "farmland"
    assert report.personal == {"CFZR": 1, "ZRRZJHM": 1, "LXDH": 2}
    assert result.column("parcel_number").to_pylist() == ["A1", "A2"]
    assert result.column("net_area_m2").to_pylist() == [11_000.0, 11_000.0]
    assert json.loads(result.column("attributes")[0].as_py()) == {"ZMC": "一组"}
    everything = b"".join(each.read_bytes() for each in (tmp_path / "r").iterdir())
    for secret in ("张三", "441803199001010011", "13800138000"):
        assert secret.encode() not in everything
    with pytest.raises(reader.Refused, match="个人信息"):
        read(path, tmp_path / "asked", mapping={"LXDH": "remark"})


def test_unknown_fields_are_asked_about_with_samples_and_a_proposal(tmp_path):
    columns = {"图斑面积": [1.0, 2.0, 2.0], "MC": ["甲", "乙", "乙"]}
    path = write_file(tmp_path / "a.gpkg", squares(3), columns)
    report, _ = read(path, tmp_path / "r")
    assert report.state == "needs_mapping"
    area, name = report.fields
    assert (area["field"], area["proposed"]) == ("图斑面积", "declared_area_m2")
    assert (name["proposed"], name["samples"]) == (None, ["甲", "乙"])
    mapped, result = read(path, tmp_path / "m", mapping={"图斑面积": "declared_area_m2"})
    assert mapped.state == "ready"
    assert result.column("declared_area_m2").to_pylist() == [1.0, 2.0, 2.0]
    assert json.loads(result.column("attributes")[0].as_py()) == {"MC": "甲"}


# ---- against the book ------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> tuple[Path, Path]:
    """A file of four parcels, and the book that it left."""
    source = write_file(tmp_path / "first.gpkg", squares(4), survey(4))
    _, result = read(source, tmp_path / "first")
    keep_as_book(result, tmp_path / "around")
    return source, tmp_path / "around"


def test_the_same_file_again_changes_nothing(book, tmp_path):
    source, around = book
    report, result = read(source, tmp_path / "again", around)
    assert report.standing == {"new": 0, "changed": 0, "same": 4, "gone": 0}
    assert report.n_lineage == 0
    kept = table_of(around / "book-parcels.arrow")
    assert result.column("uid").to_pylist() == kept.column("uid").to_pylist()


def test_one_parcel_of_zone_37_of_zone_38_and_in_degrees_has_one_uid_and_one_area(tmp_path):
    degrees = squares(2, lon=112.4995)
    columns = survey(2)
    del columns["BSM"]
    areas_m2, around, uids = {}, tmp_path / "around", set()
    around.mkdir()
    # West and east of 112.5 degrees: the county lies in both zones, a file is in one.
    (around / "outline.wkb").write_bytes(shapely.to_wkb(shapely.box(112, 23, 113, 24)))
    for code in ("EPSG:4490", "EPSG:4525", "EPSG:4526", "EPSG:4546", "EPSG:4547"):
        shapes = shapely.transform(degrees, lambda c, code=code: from_home(c, code))
        source = write_file(tmp_path / f"{code[5:]}.gpkg", shapes, columns, crs=code)
        report, result = read(source, tmp_path / code, around)
        assert report.reference["code"] == code
        areas_m2[code] = result.column("ellipsoidal_area_m2").to_numpy()
        uids.add(tuple(result.column("uid").to_pylist()))
        if code == "EPSG:4490":
            keep_as_book(result, around)
        else:
            assert report.standing["same"] == 2
    assert len(uids) == 1
    for each in areas_m2.values():
        np.testing.assert_allclose(each, areas_m2["EPSG:4490"], rtol=1e-6)


def from_home(coordinates: np.ndarray, code: str) -> np.ndarray:
    """Project degrees of EPSG:4490."""
    if code == "EPSG:4490":
        return coordinates
    mover = pyproj.Transformer.from_crs("EPSG:4490", code, always_xy=True)
    return np.column_stack(mover.transform(*coordinates.T))


def test_what_changed_what_is_new_and_what_went_is_told_apart(book, tmp_path):
    _, around = book
    columns = survey(4, DLBM=["0101", "0103", "0101", "0101"])
    columns["BSM"][3] = "441803000000009999"
    shapes = squares(4)
    shapes[3] = squares(1, lat=LAT + 5 * STEP)[0]
    source = write_file(tmp_path / "next.gpkg", shapes, columns)
    report, result = read(source, tmp_path / "next", around)
    assert result.column("standing").to_pylist() == ["same", "changed", "same", "new"]
    assert report.standing["gone"] == 1
    assert table_of(tmp_path / "next" / "gone.arrow").column("id").to_pylist() == [103]


def test_a_village_that_the_file_does_not_name_is_not_gone_unless_it_is_the_whole_county(
    book, tmp_path
):
    _, around = book
    columns = survey(1, ZLDWDM=[OTHER_VILLAGE + "0000000"], BSM=["441803000000009999"])
    shapes = squares(1, lat=LAT + 5 * STEP)
    source = write_file(tmp_path / "next.gpkg", shapes, columns)
    assert read(source, tmp_path / "part", around)[0].standing["gone"] == 0
    whole, _ = read(source, tmp_path / "whole", around, is_complete_county=True)
    assert whole.standing["gone"] == 4


def test_a_split_parcel_has_its_parents_share(book, tmp_path):
    _, around = book
    first, *others = squares(4)
    halves = squares(2, step=STEP / 2)
    west, south, _, north = first.bounds
    halves = [shapely.box(*half.bounds[:3], north) for half in halves]
    assert (west, south) == halves[0].bounds[:2]
    columns = {name: [*list(v)[:1], *list(v)] for name, v in survey(4).items()}
    columns["BSM"][:2] = ["91", "92"]
    source = write_file(tmp_path / "next.gpkg", np.array([*halves, *others]), columns)
    report, _ = read(source, tmp_path / "next", around)
    assert report.standing == {"new": 2, "changed": 0, "same": 3, "gone": 1}
    links = table_of(tmp_path / "next" / "lineage.arrow").to_pylist()
    assert [(each["old_id"], each["row"], each["op"]) for each in links] == [
        (100, 1, "split"),
        (100, 2, "split"),
    ]
    assert sum(each["share_of_old"] for each in links) == pytest.approx(1)


def test_an_invalid_parcel_is_proposed_repaired_and_compared_as_repaired(tmp_path):
    corner = np.array([[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]) * STEP + (LON, LAT)
    columns = survey(1)
    source = write_file(tmp_path / "a.gpkg", np.array([shapely.Polygon(corner)]), columns)
    report, result = read(source, tmp_path / "first")
    assert report.exam["n_repairs"] == 1
    repaired = shapely.from_wkb(result.column("repaired")[0].as_py())
    assert repaired.is_valid
    assert not shapely.from_wkb(result.column("geometry")[0].as_py()).is_valid
    keep_as_book(result.set_column(1, "geometry", result.column("repaired")), tmp_path / "around")
    again, _ = read(source, tmp_path / "again", tmp_path / "around")
    assert again.standing["same"] == 1


def test_villages_and_farmland_are_found_where_they_lie(tmp_path):
    around = tmp_path / "around"
    around.mkdir()
    edge = LON + 1.75 * STEP
    outlines = [shapely.box(LON, LAT, edge, 24), shapely.box(edge, LAT, 113, 24)]
    table = {"village_code": pa.array([VILLAGE, OTHER_VILLAGE])}
    write_table(around / "outlines.arrow", table | {"geometry": pa.array(shapely.to_wkb(outlines))})
    columns = {"BSM": ["1"], "YJJBNTTBMJ": [1.0], "YJJBNTMJ": [1.0], "YJJBNTTBBH": ["1"]}
    columns |= {"ZLDWDM": [VILLAGE + "0000000"]}
    half = np.array([shapely.box(LON, LAT, LON + STEP / 2, LAT + STEP)])
    farmland = write_file(tmp_path / "f.gpkg", half, columns)
    _, protected = read(
        farmland, tmp_path / "f", kind="farmland", mapping={"ZLDWDM": "location_code"}
    )
    keep_as_book(protected, around, "farmland")

    report, result = read(
        write_file(tmp_path / "a.gpkg", squares(2), survey(2)), tmp_path / "r", around
    )

    assert result.column("village_code").to_pylist() == [VILLAGE, VILLAGE]
    np.testing.assert_allclose(result.column("village_share").to_numpy(), [1, 0.75], atol=1e-6)
    np.testing.assert_allclose(result.column("village_margin").to_numpy(), [1, 0.5], atol=1e-6)
    (pair,) = table_of(tmp_path / "r" / "overlay.arrow").to_pylist()
    assert (pair["row"], pair["other_id"], pair["is_edge_only"]) == (1, 100, False)
    assert pair["share_of_parcel"] == pytest.approx(0.5)
    assert report.n_overlay == 1
    gaps = table_of(tmp_path / "r" / "findings.arrow").to_pylist()
    gaps = [each for each in gaps if each["rule"] == "geometry.gap"]
    assert {(each["row"], each["column"]) for each in gaps} == {(None, "village_code")}
    assert {each["value"] for each in gaps} <= {VILLAGE, OTHER_VILLAGE}


def test_findings_name_the_row_as_the_users_program_counts_it(tmp_path):
    shapes = squares(3)
    shapes[2] = squares(1, lon=LON + STEP / 2)[0]
    columns = survey(3, DLBM=["0101", "9999", "0101"])
    read(write_file(tmp_path / "a.gpkg", shapes, columns), tmp_path / "r")
    found = table_of(tmp_path / "r" / "findings.arrow").to_pylist()
    overlaps = [{f["row"], f["other"]} for f in found if f["rule"] == "geometry.overlap"]
    assert sorted(overlaps, key=min) == [{1, 3}, {2, 3}]
    (unknown,) = [f for f in found if f["rule"] == "land.land-class-unknown"]
    assert (unknown["row"], unknown["column"], unknown["value"]) == (2, "land_class", "9999")


# ---- the digest ------------------------------------------------------------------------------


def frame(**values) -> pa.Table:
    """One row with the canonical attributes."""
    return pa.table({name: pa.array([values.get(name)]) for name in ATTRIBUTES})


def test_the_digest_is_of_values_not_of_how_they_are_typed():
    base = attribute_digest(frame(survey_code="1", declared_area_m2=11300.1, is_enclave=True))
    close = attribute_digest(
        frame(survey_code="1", declared_area_m2=11300.1 + 1e-9, is_enclave=True)
    )
    assert base[0] == close[0]
    whole, typed = frame(source_year=2023), frame(source_year=2023.0)
    assert attribute_digest(whole)[0] != attribute_digest(typed)[0], "types are the reader's to fix"
    for changed in (
        {"survey_code": "2"},
        {"land_class": "1", "survey_code": None},
        {"remark": "x"},
    ):
        values = {"survey_code": "1", "declared_area_m2": 11300.1, "is_enclave": True} | changed
        assert attribute_digest(frame(**values))[0] != base[0]


# ---- out again -------------------------------------------------------------------------------

NAMES = {
    "survey_code": "BSM",
    "land_class": "DLBM",
    "location_name": "坐落单位名称",
    "declared_area_m2": "TBMJ",
    "is_enclave": "FRDBS",
    "remark": "BZ",
}


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A result to write out."""
    columns = survey(
        3, ZLDWMC=["太和村", "=1+1", None], BZ=["长" * 200, "x", None], FRDBS=["0", "1", None]
    )
    read(write_file(tmp_path / "a.gpkg", squares(3), columns), tmp_path / "r")
    return tmp_path / "r" / "result.arrow"


@pytest.mark.parametrize(
    ("format_", "crs"),
    [
        ("gpkg", "EPSG:4490"),
        ("gpkg", "EPSG:4526"),
        ("shp", "EPSG:4547"),
        ("shp", "EPSG:4526"),
        ("parquet", "EPSG:4326"),
    ],
)
def test_what_is_written_in_a_system_reads_back_the_same(format_, crs, result, tmp_path):
    made = writer.write(result, into=tmp_path / "out", format=format_, crs=crs, columns=NAMES)
    assert made.n_features == 3
    again = tmp_path / "again"
    mapping = {"BSM": "survey_code", "TBMJ": "declared_area_m2"}
    report, read_again = read(made.path, again, mapping=mapping, crs=None)
    assert report.reference["code"] == crs
    first = table_of(result)
    for name in mapping.values():
        assert read_again.column(name).to_pylist() == first.column(name).to_pylist()
    here, there = (shapely.from_wkb(t.column("geometry").to_numpy()) for t in (first, read_again))
    assert shapely.hausdorff_distance(here, there).max() < 1e-8


def test_geojson_is_in_degrees_only(result, tmp_path):
    made = writer.write(
        result, into=tmp_path / "out", format="geojson", crs="EPSG:4490", columns=NAMES
    )
    document = json.loads(made.path.read_text(encoding="utf-8"))
    assert len(document["features"]) == 3
    assert read(made.path, tmp_path / "again", mapping={})[0].reference["code"] == "EPSG:4490"
    with pytest.raises(runner.Refused, match="经纬度"):
        writer.write(result, into=tmp_path, format="geojson", crs="EPSG:4526", columns=NAMES)


def test_a_shapefile_tells_what_it_had_to_shorten(result, tmp_path):
    made = writer.write(
        result, into=tmp_path / "out", format="shp", crs="EPSG:4490", columns=NAMES, layer="DLTB"
    )
    assert made.encoding == "GBK"
    told = {each["field"]: each for each in made.shortened}
    assert told["坐落单位名称"]["becomes"] == "坐落单位名"
    assert told["BZ"]["rows"] == 1
    with zipfile.ZipFile(made.path) as archive:
        assert archive.read("DLTB.cpg") == b"GBK"
        assert {Path(name).suffix for name in archive.namelist()} >= {
            ".shp",
            ".shx",
            ".dbf",
            ".prj",
        }
    _, again = read(
        made.path, tmp_path / "again", mapping={"BZ": "remark", "坐落单位名": "location_name"}
    )
    assert again.column("remark").to_pylist() == ["长" * 127, "x", None]
    assert again.column("location_name").to_pylist() == ["太和村", "=1+1", None]


def test_a_character_outside_gbk_makes_the_shapefile_gb18030_and_is_told(tmp_path):
    columns = survey(1, ZLDWMC=["𡎚村"])
    read(write_file(tmp_path / "a.gpkg", squares(1), columns), tmp_path / "r")
    made = writer.write(
        tmp_path / "r" / "result.arrow",
        into=tmp_path / "out",
        format="shp",
        crs="EPSG:4490",
        columns={"location_name": "ZLDWMC"},
    )
    assert made.encoding == "GB18030"
    assert made.warnings
    _, again = read(made.path, tmp_path / "again", mapping={"ZLDWMC": "location_name"})
    assert again.column("location_name").to_pylist() == ["𡎚村"]


def test_nothing_in_a_workbook_is_a_formula_and_it_has_no_geometry(result, tmp_path):
    made = writer.write(result, into=tmp_path, format="xlsx", crs="EPSG:4490", columns=NAMES)
    sheet = openpyxl.load_workbook(made.path).active
    heads, first, second, _ = sheet.iter_rows()
    assert [cell.value for cell in heads] == list(NAMES.values())
    assert {cell.data_type for cell in (*heads, *first, *second)} <= {"s", "n"}
    assert [cell.value for cell in second][2:5] == ["=1+1", 11_300.25, "是"]


@pytest.mark.parametrize("format_", ["gpkg", "shp", "parquet", "xlsx", "geojson"])
def test_dates_and_exact_decimals_can_be_written(format_, tmp_path):
    columns = {
        "day": pa.array([date(2023, 4, 20), None]),
        "area_m2": pa.array([Decimal("11300.25"), None], pa.decimal128(14, 2)),
        "geometry": pa.array(shapely.to_wkb(squares(2))),
    }
    write_table(tmp_path / "a.arrow", columns)
    names = {"day": "RQ", "area_m2": "MJ"}
    table = tmp_path / "a.arrow"
    made = writer.write(table, into=tmp_path, format=format_, crs="EPSG:4490", columns=names)
    assert made.n_features == 2
    if format_ != "xlsx":
        _, again = read(made.path, tmp_path / "r", mapping={"MJ": "declared_area_m2"})
        assert again.column("declared_area_m2").to_pylist() == [11_300.25, None]
        assert "2023" in again.column("attributes")[0].as_py()


# ---- the child -------------------------------------------------------------------------------


def test_progress_only_goes_forward_and_reaches_its_end(tmp_path):
    source = write_file(tmp_path / "a.gpkg", squares(2), survey(2))
    heard: list[tuple[str, int, int]] = []
    reader.read(source, into=tmp_path / "r", on_progress=lambda *step: heard.append(step))
    steps = [done for stage, done, _ in heard if stage != "open"]
    assert steps == sorted(steps)
    assert heard[-1][1] == heard[-1][2]


def test_a_child_that_crashes_is_a_refusal_and_leaves_nothing(tmp_path, monkeypatch):
    source = write_file(tmp_path / "a.gpkg", squares(2), survey(2))
    children: list[subprocess.Popen] = []
    start = subprocess.Popen

    def noted(*args, **kwargs):
        children.append(start(*args, **kwargs))
        return children[-1]

    monkeypatch.setattr(runner.subprocess, "Popen", noted)

    def crash(stage: str, done: int, total: int) -> None:
        os.kill(children[-1].pid, signal.SIGSEGV)

    with pytest.raises(reader.Refused) as refused:
        reader.read(source, into=tmp_path / "r", on_progress=crash)
    assert refused.value.members["code"] == "crash"
    assert not list((tmp_path / "r").iterdir())
    assert children[-1].returncode == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(wall_s=0), "timeout"),
        (Limits(memory_bytes=64 * 2**20), "memory"),
        (Limits(features=2), "features"),
        (Limits(fields=3), "fields"),
        (Limits(vertices=9), "vertices"),
        (Limits(upload_bytes=99), "upload"),
    ],
)
def test_a_limit_that_is_passed_is_a_refusal(limits, code, tmp_path):
    source = write_file(tmp_path / "a.gpkg", squares(3), survey(3))
    with pytest.raises((reader.Refused, reader.RefusedAsTooLarge)) as refused:
        reader.read(source, into=tmp_path / "r", limits=limits)
    # A library that is denied memory may say so by dying: that is told as a crash.
    assert refused.value.members["code"] in ({code, "crash"} if code == "memory" else {code})
    assert not list((tmp_path / "r").iterdir())
