"""Land files on their way into the book: dry run, decision, all or nothing."""

import json
import os
import time
from uuid import UUID

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from geo import datum
from service import jobs
from service.parcels.models import FarmlandOverlay, ImportState, LandImport, ParcelVersion
from tests.land_files import (
    COUNTY,
    SOUTH,
    STEP,
    TAIHE,
    TAIPING,
    WEST,
    dltb,
    farmland,
    moved,
    squares,
    write,
)


def book(database, *criteria) -> list[ParcelVersion]:
    with database.system_reading() as session:
        query = select(ParcelVersion).where(*criteria).order_by(ParcelVersion.id)
        return list(session.scalars(query))


def test_a_file_goes_into_the_book_after_a_dry_run_and_a_decision(desk, database, tmp_path):
    shapes = squares(4)
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    assert found["state"] == "ready", found
    assert found["report"]["standing"] == {"new": 16, "changed": 0, "same": 0, "gone": 0}
    assert found["valid_from"] == "2022-12-31"
    assert book(database) == []
    done = desk.commit(found)
    assert done["state"] == "committed", done["problem"]
    versions = book(database)
    assert len(versions) == 16
    assert [each.geometry for each in versions] == shapes
    assert str(versions[0].declared_area_m2) == str(round(versions[0].ellipsoidal_area_m2, 2))
    assert {each.area_code for each in versions} == {f"{TAIHE}201"}


def test_the_same_file_again_changes_nothing(desk, database, tmp_path):
    shapes = squares(3)
    path = write(tmp_path / "dltb.gpkg", shapes, dltb(shapes))
    desk.put(path)
    again = desk.put(path)
    assert again["report"]["standing"] == {"new": 0, "changed": 0, "same": 9, "gone": 0}
    assert len(book(database)) == 9


@pytest.mark.parametrize("crs", ["EPSG:4525", "EPSG:4526", "EPSG:4546", "EPSG:4547"])
def test_a_parcel_from_another_zone_is_the_same_parcel(desk, database, tmp_path, crs):
    shapes = squares(3)
    desk.put(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    other = desk.put(write(tmp_path / "other.gpkg", shapes, dltb(shapes), crs))
    assert other["report"]["standing"]["same"] == 9
    assert len(book(database)) == 9


def test_a_later_survey_makes_new_versions_and_remembers_where_the_land_went(
    desk, database, tmp_path, as_role
):
    shapes = squares(3)
    desk.put(write(tmp_path / "2022.gpkg", shapes, dltb(shapes)))
    before = {each.survey_code: each.uid for each in book(database)}
    # The first parcel is split in two, the second and third are merged, the fourth changes class.
    west, south, east, north = shapes[0].bounds
    half = (west + east) / 2
    parts = [shapely.box(west, south, half, north), shapely.box(half, south, east, north)]
    merged = shapely.box(*shapes[1].bounds[:2], *shapes[2].bounds[2:])
    later = [parts[0], parts[1], merged, *shapes[3:]]
    codes = [f"4418031020000{k:05d}" for k in (1, 101, 102, 4, 5, 6, 7, 8, 9)]
    fields = dltb(later, BSM=codes, SJNF=[2023] * 9)
    fields["DLBM"] = np.array(["0101", "0101", "0101", "1104", *["0101"] * 5])
    fields["GDPDJB"] = np.array(["1", "1", "1", "", *["1"] * 5])
    fields["ZZSXDM"] = np.array(["LS", "LS", "LS", "", *["LS"] * 5])
    done = desk.put(write(tmp_path / "2023.gpkg", later, fields))
    standing = done["report"]["standing"]
    assert standing == {"new": 2, "changed": 7, "same": 0, "gone": 2}
    leader = as_role("leader", COUNTY)
    split = before["441803102000000001"]
    history = leader.get(f"parcels/{split}/history").json()
    assert [(each["valid_from"], each["valid_to"]) for each in history["versions"]] == [
        ("2022-12-31", "2023-04-20"),
        ("2023-04-20", None),
    ]
    steps = [each for each in history["lineage"] if each["before"] == str(split)]
    assert {each["op"] for each in steps} == {"split"}
    assert [each["share_of_before"] for each in steps] == pytest.approx([0.5, 0.5], abs=1e-6)
    gone = leader.get(f"parcels/{before['441803102000000002']}/history").json()
    assert [each["op"] for each in gone["lineage"]] == ["merge"]
    on_new_year = leader.get("parcels", on="2023-01-01", area=COUNTY).json()
    assert len(on_new_year["items"]) == 9
    assert {each["land_class"] for each in on_new_year["items"]} == {"0101"}
    now = leader.get("parcels", on="2024-01-01", area=COUNTY).json()["items"]
    assert sorted(each["land_class"] for each in now) == ["0101"] * 8 + ["1104"]


def test_what_was_known_before_an_import_is_still_known(desk, tmp_path, as_role, clock):
    shapes = squares(2)
    desk.put(write(tmp_path / "2022.gpkg", shapes, dltb(shapes)))
    clock.forward(days=1)
    known_at = clock().isoformat()
    clock.forward(days=1)
    fields = dltb(shapes, SJNF=[2022] * 4, ZZSXDM=["FLS"] * 4)
    desk.put(write(tmp_path / "again.gpkg", shapes, fields))
    leader = as_role("leader", COUNTY)
    then = leader.get("parcels", on="2023-01-01", known_at=known_at).json()["items"]
    now = leader.get("parcels", on="2023-01-01").json()["items"]
    assert [each["planting_attribute"] for each in then] == ["LS"] * 4
    assert [each["planting_attribute"] for each in now] == ["FLS"] * 4


def test_the_village_is_that_of_the_largest_share_and_the_margin_is_kept(
    desk, database, outlined, tmp_path
):
    shapes = squares(4)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    first_row = book(database)[:4]
    assert [each.area_code for each in first_row] == [
        f"{TAIHE}201",
        f"{TAIHE}201",
        f"{TAIPING}201",
        f"{TAIPING}201",
    ]
    assert first_row[2].village_share == pytest.approx(0.75, abs=1e-6)
    assert first_row[2].village_margin == pytest.approx(0.5, abs=1e-6)
    assert first_row[0].village_margin == pytest.approx(1.0, abs=1e-9)


def test_a_file_of_one_village_says_nothing_of_the_land_of_another(desk, outlined, tmp_path):
    shapes = squares(2)
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    listed = desk.speaker.get(
        f"parcels/imports/{found['id']}/findings", rule="geometry.gap"
    ).json()["items"]
    assert listed
    assert all(each["lon"] < WEST + 2.25 * STEP for each in listed)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_outlines_of_a_county_its_towns_and_villages_go_in_together(desk, database, tmp_path):
    west, east = squares(2)[:2]
    shapes = [shapely.union(west, east), west, west, east]
    codes = np.array([COUNTY, TAIHE, f"{TAIHE}201", f"{TAIHE}202"])
    path = write(tmp_path / "xzq.gpkg", shapes, {"XZQDM": codes, "XZQMC": codes})
    done = desk.put(path)
    assert done["kind"] == "outlines"
    assert done["report"]["committed"]["n_new"] == 4
    twice = write(tmp_path / "twice.gpkg", [west, west], {"XZQDM": codes[2:], "XZQMC": codes[2:]})
    assert desk.bring(twice)["report"]["exam"]["n_blocked"] == 1


def test_a_blocked_file_does_not_enter_and_says_what_to_do(desk, database, tmp_path):
    shapes = squares(3)
    shapes[4] = moved(shapes[4], west=STEP / 3, east=STEP / 3)
    bow_tie = shapely.Polygon(
        [(WEST, SOUTH), (WEST + STEP, SOUTH + STEP), (WEST + STEP, SOUTH), (WEST, SOUTH + STEP)]
    )
    shapes[0] = bow_tie
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    assert found["state"] == "ready"
    exam = found["report"]["exam"]
    assert exam["counts"]["geometry.overlap"] >= 1
    assert exam["counts"]["geometry.invalid"] == 1
    assert exam["n_blocked"] >= 2
    refused = desk.speaker.post(f"parcels/imports/{found['id']}/commit", {})
    assert refused.status_code == 422
    assert "接受修复" in refused.json()["detail"]
    assert book(database) == []
    done = desk.commit(found, accept_repairs=True, leave_out_blocked=True)
    assert done["state"] == "committed", done
    versions = book(database)
    assert 0 < len(versions) < 9
    assert shapely.is_valid([each.geometry for each in versions]).all()
    assert [each.source_row for each in versions if each.is_repaired] == [1]
    listed = desk.speaker.get(f"parcels/imports/{found['id']}/findings").json()["items"]
    assert {"geometry.overlap", "geometry.invalid"} <= {each["rule"] for each in listed}
    assert all(each["message"] and each["source_row"] >= 0 for each in listed)
    on_map = desk.speaker.get(f"parcels/imports/{found['id']}/findings.geojson").json()
    assert on_map["features"]


def test_land_is_not_lost_where_a_part_of_it_is_left_out(desk, database, tmp_path):
    shapes = squares(3)
    desk.put(write(tmp_path / "2022.gpkg", shapes, dltb(shapes)))
    west, south, east, north = shapes[4].bounds
    half = (west + east) / 2
    bow_tie = shapely.Polygon([(west, south), (half, north), (half, south), (west, north)])
    later = [*shapes[:4], bow_tie, shapely.box(half, south, east, north), *shapes[5:]]
    codes = [f"4418031020000{k:05d}" for k in (1, 2, 3, 4, 51, 52, 6, 7, 8, 9)]
    fields = dltb(later, BSM=codes)
    found = desk.bring(write(tmp_path / "2023.gpkg", later, fields), valid_from="2023-03-31")
    done = desk.commit(found, leave_out_blocked=True)
    assert done["state"] == "committed", done["problem"]
    with database.system_reading() as session:
        standing = list(
            session.scalars(select(ParcelVersion).where(ParcelVersion.ended_at.is_(None)))
        )
    union = shapely.union_all([each.geometry for each in standing])
    assert union.equals(shapely.union_all(shapes))
    assert sum(each.geometry.area for each in standing) == pytest.approx(union.area)
    assert "441803102000000005" in {each.survey_code for each in standing}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_others_are_answered_while_a_hard_file_is_being_read(desk, tmp_path, as_role):
    turn = np.arange(402) * 200 * 2 * np.pi / 401  # every edge crosses nearly every other
    star = np.column_stack([np.cos(turn), np.sin(turn)]) * STEP + (WEST, SOUTH)
    shape = {"type": "Polygon", "coordinates": [star.tolist()]}
    feature = {"type": "Feature", "properties": {"DLBM": "0101", "TBMJ": 1.0}, "geometry": shape}
    path = tmp_path / "star.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    mapping = {"DLBM": "land_class"}
    options = json.dumps({"kind": "parcels", "mapping": mapping, "crs": "EPSG:4490"})
    with path.open("rb") as file:
        answer = desk.speaker.send(
            "POST",
            "parcels/imports",
            files={"file": (path.name, file)},
            data={"options": options},
        )
    for _ in range(5):
        assert desk.speaker.get("me").status_code == 200
    assert as_role("leader", COUNTY).get("/tiles/parcels/12/0/0").status_code == 204
    assert desk.speaker.get(f"parcels/imports/{answer.json()['id']}").json()["state"] == "reading"
    found = desk.wait(answer.json()["id"])
    assert found["state"] == "ready", found["problem"]
    assert found["report"]["exam"]["n_blocked"] == 1


def test_a_book_that_changed_meanwhile_asks_to_be_looked_at_again(desk, database, tmp_path):
    shapes = squares(2)
    first = desk.bring(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    desk.put(write(tmp_path / "two.gpkg", shapes, dltb(shapes)))
    refused = desk.speaker.post(f"parcels/imports/{first['id']}/commit", {})
    assert refused.status_code == 409
    assert "重新检查" in refused.json()["detail"]
    answer = desk.speaker.post(f"parcels/imports/{first['id']}/options", {})
    assert answer.status_code == 202, answer.text
    again = desk.wait(first["id"])
    assert again["report"]["standing"] == {"new": 0, "changed": 0, "same": 4, "gone": 0}


def test_what_a_server_left_half_way_is_taken_up_by_the_next(desk, database, settings, tmp_path):
    shapes = squares(2)
    found = desk.bring(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    with database.system_transaction() as session:
        session.get(LandImport, UUID(found["id"])).state = ImportState.READING
    assert jobs.BY_NAME["resume-imports"].run(database, settings) == 0
    said = settings.import_directory / found["id"] / "progress.json"
    os.utime(said, (time.time() - 7200,) * 2)
    assert jobs.BY_NAME["resume-imports"].run(database, settings) == 1
    assert desk.wait(found["id"])["state"] == "ready"


def test_an_older_survey_does_not_end_a_later_one(desk, database, tmp_path):
    shapes = squares(2)
    desk.put(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    older = dltb(shapes, SJNF=[2019] * 4, ZZSXDM=["FLS"] * 4)
    found = desk.bring(write(tmp_path / "older.gpkg", shapes, older))
    done = desk.commit(found)
    assert done["state"] == "ready"
    assert "晚于 2019-12-31" in done["problem"]
    assert {each.planting_attribute for each in book(database)} == {"LS"}


@pytest.mark.parametrize("order", ["parcels first", "farmland first"])
def test_protection_is_known_whichever_layer_came_first(desk, database, tmp_path, as_role, order):
    shapes = squares(3)
    metre = 1 / 111_000
    protected = [
        shapes[0],
        moved(shapes[1], south=STEP / 2),
        moved(shapes[4], west=3 * metre, east=3 * metre),
    ]
    land = write(tmp_path / "dltb.gpkg", shapes, dltb(shapes))
    basic = write(tmp_path / "yjjbnt.gpkg", protected, farmland(protected))
    files = [land, basic] if order == "parcels first" else [basic, land]
    reports = [desk.put(path)["report"] for path in files]
    (report,) = [each for each in reports if each["kind"] == "farmland"]
    assert report["personal"] == {"CFZR": 3, "LXDH": 3}
    with database.system_reading() as session:
        dump = session.scalar(select(func.count()).select_from(FarmlandOverlay))
        assert dump >= 4
    leader = as_role("leader", COUNTY)
    cards = [leader.get(f"parcels/{each.uid}/card").json() for each in book(database)]
    assert [round(card["farmland_share"], 3) for card in cards[:3]] == [1.0, 0.5, 0.0]
    assert cards[4]["farmland_share"] == pytest.approx(0.985, abs=0.002)
    edge = cards[5]["farmland"]
    assert [each["is_edge_only"] for each in edge] == [True]
    assert cards[5]["farmland_share"] == 0
    assert "张三" not in str(cards)
    assert "13800000000" not in database_text(database)


def database_text(database) -> str:
    with database.system_reading() as session:
        rows = session.execute(select(ParcelVersion.attributes)).all()
    return str(rows)


def test_towns_see_their_own_parcels_only(desk, outlined, tmp_path, as_role):
    shapes = squares(4)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    taihe = as_role("approver", TAIHE).get("parcels").json()["items"]
    taiping = as_role("approver", TAIPING).get("parcels").json()["items"]
    assert (len(taihe), len(taiping)) == (8, 8)
    foreign = taiping[0]["uid"]
    for path in (f"parcels/{foreign}", f"parcels/{foreign}/card", f"parcels/{foreign}/history"):
        assert as_role("approver", TAIHE).get(path).status_code == 404


@pytest.mark.parametrize("role", ["recorder", "approver", "leader", "officer", "auditor"])
def test_only_the_bureau_brings_land(as_role, role):
    speaker = as_role(role, COUNTY if role in {"leader", "officer", "auditor"} else TAIHE)
    answer = speaker.send("POST", "parcels/imports", files={"file": ("a.gpkg", b"x")})
    assert answer.status_code == 403


def test_a_position_finds_its_parcel_in_every_datum(desk, tmp_path, as_role):
    shapes = squares(2)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    lon, lat = WEST + STEP / 2, SOUTH + STEP / 2
    leader = as_role("leader", COUNTY)
    there = leader.get("parcels/at", lon=lon, lat=lat).json()["items"]
    assert [each["survey_code"] for each in there] == ["441803102000000001"]
    (glon,), (glat,) = datum.gcj02_from_wgs84([lon], [lat])
    shifted = leader.get("parcels/at", lon=float(glon), lat=float(glat), datum="gcj02").json()
    assert [each["uid"] for each in shifted["items"]] == [there[0]["uid"]]
    corner = leader.get("parcels/at", lon=WEST + STEP, lat=SOUTH + STEP).json()["items"]
    assert len(corner) == 4
    assert leader.get("parcels/at", lon=0, lat=0).json()["items"] == []
