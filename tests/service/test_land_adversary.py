"""What an adversary, or bad luck, tries against the book of land."""

import math
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
import shapely
from sqlalchemy import select

from service import audit, geopackage
from service.landfiles import runner, writer
from service.maps.tile_cache import TileCache
from service.parcels import bulk, exports
from service.parcels.models import (
    Approval,
    AreaOutline,
    ExamFinding,
    ImportState,
    LandImport,
    ParcelVersion,
)
from tests.land_files import (
    COUNTY,
    SOUTH,
    STEP,
    TAIHE,
    WEST,
    dltb,
    farmland,
    moved,
    squares,
    write,
)

BOW_TIE = shapely.Polygon(
    [(WEST, SOUTH), (WEST + STEP, SOUTH + STEP), (WEST + STEP, SOUTH), (WEST, SOUTH + STEP)]
)
BROKEN = "读取时出错"


def rows(database, model):
    with database.system_reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def layer(path, **fields):
    """Write one square with these fields."""
    return write(path, squares(1), {name: np.array([value]) for name, value in fields.items()})


# --- what one engine takes and the other does not


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("BZ", "注" * 256),
        ("BSM", "4" * 33),
        ("TBBH", "7" * 33),
        ("DLBM", "010100000"),
        ("ZLDWDM", "4" * 20),
        ("TBMJ", 1e13),
        ("TBMJ", 9_999_999_999_999.996),
        ("TBDLMJ", -1e300),
        ("KCXS", 1e4),
    ],
)
def test_a_value_that_the_book_cannot_hold_is_refused_with_its_row_and_field(
    desk, tmp_path, field, value
):
    shapes = squares(1)
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes, **{field: [value]})))
    assert found["state"] == "refused"
    assert f"第 1 行字段 {field}" in found["problem"]


@pytest.mark.parametrize(("field", "value"), [("BZ", "注" * 255), ("TBMJ", 9e12), ("KCXS", -99.0)])
def test_the_largest_value_that_fits_is_kept_and_shown(desk, tmp_path, as_role, field, value):
    shapes = squares(1)
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes, **{field: [value]})))
    done = desk.commit(found, leave_out_blocked=True)
    assert done["state"] == "committed", done["problem"]
    answer = as_role("leader").get("parcels")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("text", ["a\n\\.\nb", "\\.", 'q"x', "a\rb", "\\N", "a,b", "NULL", "\\n"])
def test_a_remark_goes_in_as_it_was_written(desk, database, tmp_path, text):
    shapes = squares(1)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes, BZ=[text])))
    assert [each.remark for each in rows(database, ParcelVersion)] == [text]


@pytest.mark.postgis
@pytest.mark.parametrize("database_url", ["postgis"], indirect=True)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_zone_of_the_database_server_does_not_move_what_was_recorded(
    desk, database, tmp_path, clock, zone
):
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER DATABASE \"{database.url.database}\" SET timezone TO '{zone}'"
        )
    database.engine.dispose()
    shapes = squares(1)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    (parcel,) = rows(database, ParcelVersion)
    assert abs(parcel.recorded_at - clock()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "box",
    [
        (WEST + STEP / 2, SOUTH + STEP / 2, WEST + STEP / 2, SOUTH + STEP / 2),
        (WEST + STEP / 4, SOUTH + STEP / 2, WEST + STEP / 2, SOUTH + STEP / 2),
        (WEST + STEP / 2, SOUTH, WEST + STEP / 2, SOUTH + 2 * STEP),
    ],
)
def test_a_box_without_width_finds_what_it_touches(desk, tmp_path, as_role, box):
    shapes = squares(1)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    text = ",".join(map(str, box))
    assert len(as_role("leader").get("parcels", bbox=text).json()["items"]) == 1
    found = as_role("leader").get("/ogc/collections/parcels/items", bbox=text).json()
    assert found["numberReturned"] == 1


def test_the_case_of_a_land_class_counts_on_both_engines(desk, tmp_path, as_role):
    shapes = squares(1)
    fields = dltb(shapes, DLBM=["1104A"], ZZSXDM=[""], GDPDJB=[""])
    desk.put(write(tmp_path / "dltb.gpkg", shapes, fields))
    leader = as_role("leader")
    assert len(leader.get("parcels", land_class="1104A").json()["items"]) == 1
    assert leader.get("parcels", land_class="1104a").json()["items"] == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [({"PZJG": "局" * 101}, None), ({"ZZRQ": "2020-01-01"}, "第 1 行的终止日期")],
)
def test_an_approval_enters_or_is_refused_with_a_reason(desk, database, tmp_path, more, problem):
    fields = {"PZLX": "临时用地", "PZWH": "文1号", "QSRQ": "2020-01-01"} | more
    found = desk.bring(layer(tmp_path / "a.gpkg", **fields), kind="approvals", mapping={})
    done = desk.commit(found)
    assert BROKEN not in (done["problem"] or "")
    assert len(rows(database, Approval)) == (1 if problem is None else 0)
    assert problem is None or problem in done["problem"]


# --- names and addresses


@pytest.mark.parametrize("name", ["a\x00b.gpkg", "\ud800.gpkg", "../../x.gpkg", "龙" * 300])
def test_a_strange_file_name_is_taken_or_refused(as_role, settings, name):
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="'
    body = head + name.encode("utf-8", "surrogatepass") + b'"\r\n\r\nabc\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = as_role("bureau").send("POST", "parcels/imports", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    (folder,) = settings.import_directory.iterdir()
    assert folder.name == answer.json()["id"]


def test_long_chinese_names_of_loose_parts_are_taken(as_role):
    files = [("file", ("龙" * 150 + suffix, b"abc")) for suffix in (".shp", ".dbf")]
    answer = as_role("bureau").send("POST", "parcels/imports", files=files)
    assert answer.status_code == 202, answer.text


def test_an_upload_that_fails_leaves_nothing_behind(as_role, settings, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = as_role("bureau").send("POST", "parcels/imports", files={"file": ("a.gpkg", b"abc")})
    assert answer.status_code >= 500
    assert list(settings.import_directory.iterdir()) == []


def test_what_a_child_says_can_always_be_written_down():
    said = {"refused": "layer", "reason": "没有图层 a\x00b\ud800", "members": {}}
    assert runner._as_error(said).detail == "没有图层 ab?"


@pytest.mark.parametrize("key", ["9" * 19, "9" * 20, "0" * 20 + "9" * 19, "0" * 20 + "9" * 5000])
def test_a_feature_whose_number_is_absurd_is_not_there(as_role, key):
    answer = as_role("leader").get(f"/ogc/collections/parcels/items/{key}")
    assert answer.status_code == 404, answer.text


# --- who sees and changes what


def test_a_card_tells_no_findings_of_a_file_that_is_not_in_the_book(
    desk, database, tmp_path, as_role
):
    shapes = squares(2)
    desk.put(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    later = [*shapes[:3], moved(shapes[3], west=-STEP / 2)]
    found = desk.bring(write(tmp_path / "two.gpkg", later, dltb(later)))
    assert {each.uid for each in rows(database, ExamFinding)}
    for parcel in rows(database, ParcelVersion):
        assert as_role("leader").get(f"parcels/{parcel.uid}/card").json()["findings"] == []
    desk.commit(found, leave_out_blocked=True)
    cards = [
        as_role("leader").get(f"parcels/{each.uid}/card") for each in rows(database, ParcelVersion)
    ]
    assert any(card.json()["findings"] for card in cards if card.status_code == 200)


def test_an_account_of_one_town_changes_no_land_of_another(
    desk, database, outlined, tmp_path, as_role
):
    shapes = squares(4)
    desk.put(write(tmp_path / "all.gpkg", shapes, dltb(shapes)))
    town = type(desk)(as_role("bureau", TAIHE))
    found = town.bring(
        write(tmp_path / "one.gpkg", shapes[:1], dltb(shapes[:1])), is_complete_county=True
    )
    assert found["state"] == "refused"
    assert "区级账号" in found["problem"]
    assert found["report"] == {}
    assert all(each.ended_at is None for each in rows(database, ParcelVersion))


def tile_of(lon, lat, z):
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"/tiles/findings/{z}/{x}/{y}"


def test_a_tile_shows_the_findings_of_a_file_of_any_kind_at_once(desk, tmp_path, as_role):
    leader, address = as_role("leader"), tile_of(WEST + STEP / 2, SOUTH + STEP / 2, 15)
    assert leader.get(address).status_code == 204
    shapes = [BOW_TIE, *squares(2)[1:]]
    found = desk.bring(write(tmp_path / "yjjbnt.gpkg", shapes, farmland(shapes)))
    assert desk.commit(found, leave_out_blocked=True)["state"] == "committed"
    assert leader.get(address).status_code == 200


def test_blocked_outlines_are_left_out_and_not_repaired_in_silence(desk, database, tmp_path):
    fields = {"XZQDM": np.array([TAIHE]), "XZQMC": np.array(["太和"])}
    found = desk.bring(write(tmp_path / "o.gpkg", [BOW_TIE], fields), kind="outlines")
    done = desk.commit(found, leave_out_blocked=True)
    assert done["state"] == "committed", done["problem"]
    assert rows(database, AreaOutline) == []
    again = desk.bring(tmp_path / "o.gpkg", kind="outlines")
    assert desk.commit(again, accept_repairs=True)["state"] == "committed"
    assert [each.geometry.is_valid for each in rows(database, AreaOutline)] == [True]


# --- two at once, and what fails half way


@pytest.mark.parametrize("state", [ImportState.READING, ImportState.COMMITTING])
def test_a_second_server_that_comes_late_undoes_nothing(
    desk, database, client, tmp_path, state, monkeypatch
):
    shapes = squares(2)
    found = desk.put(write(tmp_path / "one.gpkg", shapes, dltb(shapes)))
    reader, import_id = client.app.state.reader, UUID(found["id"])
    # It saw the import just before the first server was done with it.
    stale = type("Stale", (), {"state": state, "options": "{}", "area_code": COUNTY})
    real, calls = type(reader).__module__, []

    def one(session, key):
        calls.append(key)
        if len(calls) == 1:
            return stale
        return session.get(LandImport, key)

    monkeypatch.setattr(f"{real}.imports.one", one)
    reader.work(import_id)
    monkeypatch.undo()
    said = desk.speaker.get(f"parcels/imports/{found['id']}").json()
    assert said["state"] == "committed"
    assert len(rows(database, ParcelVersion)) == 4


def test_two_servers_never_give_one_key_to_two_findings(desk, tmp_path, monkeypatch):
    real, was_locked = bulk.next_id, []

    def next_id(session, model):
        was_locked.append("instant" in session.info)
        return real(session, model)

    monkeypatch.setattr(bulk, "next_id", next_id)
    desk.bring(write(tmp_path / "one.gpkg", [BOW_TIE], dltb([BOW_TIE])))
    assert was_locked == [True]


def test_nobody_who_writes_waits_for_an_export(desk, database, tmp_path, monkeypatch):
    shapes = squares(1)
    desk.put(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes)))
    real = writer.write

    def slowly(*args, **kwargs):
        if database.is_sqlite:
            assert not database._writer_turn.locked()
        with database.system_transaction() as session:
            audit.record(session, "test.write", "meanwhile")
        return real(*args, **kwargs)

    monkeypatch.setattr(exports.writer, "write", slowly)
    answer = desk.speaker.post("parcels/exports", {"format": "geojson"})
    assert answer.status_code == 200, answer.text
    with database.system_reading() as session:
        actions = list(session.scalars(select(audit.AuditEntry.action)))
    assert actions[-2:] == ["test.write", "land.export"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bulk_insert_that_fails_leaves_connections_and_triggers_as_they_were(database):

    def broken():
        raise RuntimeError("half way")
        yield

    with pytest.raises(RuntimeError, match="half way"), database.system_transaction() as session:
        geopackage.insert_many(session.connection(), "parcel_versions", ["id"], broken(), [])
    with database.engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("cache_size", "cache_spill")
        ]
        name = "rtree_parcel_versions_geometry_insert"
        found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
        assert found.scalar() == 1
    assert settings[0] == -geopackage.CACHE_KIB
    assert settings[1] != 0


# --- what a parcel is


def test_a_survey_that_numbers_its_parcels_anew_moves_no_identity(desk, database, tmp_path):
    shapes = squares(3)
    desk.put(write(tmp_path / "2022.gpkg", shapes, dltb(shapes)))
    before = {each.geometry.wkb: each.uid for each in rows(database, ParcelVersion)}
    codes = dltb(shapes)["BSM"]
    # One parcel has a new shape as well: it takes the number of its neighbour.
    later = [*shapes[:8], moved(shapes[8], north=STEP / 4)]
    renumbered = dltb(later, BSM=np.roll(codes, 1), SJNF=[2022] * 9)
    done = desk.put(write(tmp_path / "again.gpkg", later, renumbered))
    assert done["report"]["standing"] == {"new": 1, "changed": 8, "same": 0, "gone": 1}
    now = [each for each in rows(database, ParcelVersion) if each.ended_at is None]
    assert [each.uid == before.get(each.geometry.wkb) for each in now] == [True] * 8 + [False]


def test_a_parcel_of_a_new_shape_keeps_its_identity_by_its_number(desk, database, tmp_path):
    shapes = squares(2)
    desk.put(write(tmp_path / "2022.gpkg", shapes, dltb(shapes)))
    later = [*shapes[:3], moved(shapes[3], north=STEP / 2)]
    done = desk.put(write(tmp_path / "again.gpkg", later, dltb(later)))
    assert done["report"]["standing"] == {"new": 0, "changed": 1, "same": 3, "gone": 0}
    assert len({each.uid for each in rows(database, ParcelVersion)}) == 4


def test_a_survey_of_a_day_to_come_is_refused(desk, tmp_path):
    shapes = squares(1)
    path = write(tmp_path / "dltb.gpkg", shapes, dltb(shapes))
    found = desk.bring(path)
    to_come = {"valid_from": "2023-04-21"}
    answer = desk.speaker.post(f"parcels/imports/{found['id']}/options", to_come)
    assert (answer.status_code, answer.json()["field"]) == (422, "valid_from")
    today = {"valid_from": "2023-04-20"}
    assert desk.speaker.post(f"parcels/imports/{found['id']}/options", today).status_code == 202
    assert desk.wait(found["id"])["valid_from"] == "2023-04-20"


def test_an_absurd_year_of_the_survey_is_not_believed(desk, tmp_path):
    shapes = squares(1)
    found = desk.bring(write(tmp_path / "dltb.gpkg", shapes, dltb(shapes, SJNF=[12])))
    assert found["valid_from"] == "2023-04-20"


def test_empty_tiles_fill_no_memory():
    cache, made = TileCache(max_tiles=100), []

    def empty():
        made.append(b"")
        return b""

    for key in [*range(1000), 999, 0]:
        cache.get(key, empty)
    assert len(made) == 1001
