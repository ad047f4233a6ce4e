"""Signals from patrols, patches and enforcement: matched, chained, listed, decided."""

import io
import zipfile
from datetime import timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import select

from service.signals.models import Patrol, Signal
from tests.conftest import SHANTANG, TAIHE
from tests.land_files import squares, write
from tests.signal_files import (
    MIDDLE,
    SOUTH,
    VILLAGE,
    WEST,
    patch_fields,
    put_parcels,
    shifted,
    tip,
)

SEEN_AT = "2023-04-19T10:00:00+08:00"
START, END = "2023-04-19T09:00:00+08:00", "2023-04-19T11:00:00+08:00"


def finding(**changed) -> dict:
    return {
        "area_code": VILLAGE,
        "claim": "building",
        "observed_at": SEEN_AT,
        "lon": MIDDLE[0],
        "lat": MIDDLE[1],
        "accuracy_m": 5,
    } | changed


def patrol(**changed) -> dict:
    points = [
        {"lon": WEST + k * 0.0005, "lat": SOUTH + 0.001, "at": f"2023-04-19T09:{k:02d}:00+08:00"}
        for k in range(20)
    ]
    body = {"area_code": VILLAGE, "started_at": START, "ended_at": END, "points": points}
    return body | changed


def found_thing(**changed) -> dict:
    return {
        "lon": MIDDLE[0],
        "lat": MIDDLE[1],
        "accuracy_m": 5,
        "claim": "building",
        "observed_at": SEEN_AT,
    } | changed


def bring(speaker, path, **data):
    with path.open("rb") as file:
        return speaker.send("POST", "patches/imports", files={"file": (path.name, file)}, data=data)


def test_an_enforcement_finding_is_a_signal_matched_to_its_parcel(as_role, database):
    parcels = put_parcels(database)
    answer = as_role("officer").post("signals", finding(reference_no="清农执〔2023〕7号"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["source"], made["quality"], made["origin_id"]) == ("enforcement", 1.0, made["id"])
    assert made["parcels"][0]["parcel_uid"] == str(parcels[0].uid)
    assert made["parcels"][0]["state"] == "matched"
    found = as_role("leader").get("signals", parcel=str(parcels[0].uid)).json()["items"]
    assert [each["id"] for each in found] == [made["id"]]


def test_the_same_finding_again_is_the_same_and_another_is_refused(as_role):
    officer = as_role("officer")
    own = {"id": "0c7c2a4f-1111-4222-8333-444455556666"}
    first = officer.post("signals", finding(**own))
    again = officer.post("signals", finding(**own))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert officer.post("signals", finding(**own, claim="trees")).status_code == 409


def test_an_area_is_measured_on_the_ellipsoid_and_given_coordinates_are_kept(as_role, database):
    put_parcels(database)
    square = squares(1)[0]
    given = shapely.geometry.mapping(shifted(square))
    coordinates = [[list(point) for point in ring] for ring in given["coordinates"]]
    body = finding(lon=None, lat=None, accuracy_m=None, datum="gcj02")
    body |= {"geometry": {"type": "Polygon", "coordinates": coordinates}}
    made = as_role("officer").post("signals", body)
    assert made.status_code == 201, made.text
    with database.system_reading() as session:
        signal = session.scalars(select(Signal)).one()
    assert shapely.hausdorff_distance(signal.geometry, square) < 1e-6
    assert shapely.from_wkt(signal.given_geometry).equals_exact(shifted(square), 1e-9)
    (match,) = made.json()["parcels"]
    assert match["share"] == pytest.approx(1, abs=1e-3)
    assert made.json()["area_m2"] == pytest.approx(match["overlap_m2"], rel=1e-3)


def test_a_place_is_given_once_and_not_in_the_future(as_role, clock):
    officer = as_role("officer")
    assert officer.post("signals", finding(lon=None, lat=None)).status_code == 422
    assert officer.post("signals", finding(lon=None)).status_code == 422
    later = (clock() + timedelta(hours=1)).isoformat()
    answer = officer.post("signals", finding(observed_at=later))
    assert answer.status_code == 422
    assert "晚于现在" in answer.json()["detail"]


def test_a_patrol_has_its_effort_and_its_cover_of_basic_farmland(as_role, database):
    put_parcels(database)
    answer = as_role("recorder", TAIHE).post("patrols", patrol())
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["n_points"], made["n_slips"], made["effort_min"]) == (20, 0, 19.0)
    assert made["distance_m"] == pytest.approx(969, abs=2)
    # Every second column of squares, from 0 to 0.010° east and 0.012° north: two by three cells.
    assert (made["n_cells"], made["n_cells_seen"]) == (6, 2)
    assert made["coverage_share"] == pytest.approx(1 / 3, abs=1e-4)
    assert "points" not in made
    day = {"from": "2023-04-19", "as_of": "2023-04-19"}
    listed = as_role("leader").get("patrols", area=VILLAGE, **day)
    assert [each["id"] for each in listed.json()["items"]] == [made["id"]]
    assert as_role("leader").get("patrols", **{"from": "2023-04-20"}).json()["items"] == []


def test_what_a_patrol_finds_by_itself_is_of_its_own_origin(as_role, database):
    put_parcels(database)
    body = patrol(findings=[found_thing(), found_thing(claim="trees", lon=MIDDLE[0] + 0.002)])
    as_role("officer").post("patrols", body)
    found = as_role("bureau").get("signals", source="patrol").json()["items"]
    assert len(found) == 2
    assert all(each["origin_id"] == each["id"] for each in found)


def test_a_patrol_that_was_sent_because_of_a_tip_is_of_the_tips_origin(as_role, nobody, database):
    put_parcels(database)
    nobody.send("POST", "tips", data=tip(1, seen_on="2023-04-18"))
    bureau = as_role("bureau")
    (first,) = bureau.get("signals", source="tip").json()["items"]
    body = patrol(because_of=first["id"], findings=[found_thing()])
    assert as_role("officer").post("patrols", body).status_code == 201
    (seen,) = bureau.get("signals", source="patrol").json()["items"]
    assert seen["origin_id"] == first["id"]
    # A visit because of the patrol is still of the tip's chain.
    visit = as_role("officer").post("signals", finding(because_of=seen["id"])).json()
    assert visit["origin_id"] == first["id"]
    card = bureau.get(f"signals/{first['id']}").json()
    assert {each["source"] for each in card["related"]} == {"patrol", "enforcement"}
    assert not any(each["is_independent"] for each in card["related"])
    assert {each["kinship"] for each in card["related"]} == {1.0}


def test_a_patrol_sent_twice_is_entered_once(as_role, database):
    put_parcels(database)
    officer, own = as_role("officer"), {"id": "0c7c2a4f-1111-4222-8333-444455556667"}
    body = patrol(**own, findings=[found_thing()])
    assert officer.post("patrols", body).status_code == 201
    assert officer.post("patrols", body).status_code == 200
    assert officer.post("patrols", patrol(**own)).status_code == 409
    with database.system_reading() as session:
        assert len(session.scalars(select(Patrol)).all()) == 1
        assert len(session.scalars(select(Signal)).all()) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ended_at": "2023-04-19T08:00:00+08:00", "points": None}, "早于开始"),
        ({"started_at": "2023-04-17T08:00:00+08:00"}, "24 小时"),
        (
            {
                "started_at": "2023-04-20T08:00:00+08:00",
                "ended_at": "2023-04-20T09:00:01+08:00",
                "points": None,
            },
            "晚于现在",
        ),
        ({"findings": [found_thing(observed_at="2023-04-18T10:00:00+08:00")]}, "之间"),
        ({"area_code": "441803999999"}, "没有区划"),
        ({"because_of": "0c7c2a4f-1111-4222-8333-444455556668"}, "没有这条线索"),
    ],
)
def test_a_patrol_that_cannot_be_is_refused(changed, said, as_role):
    answer = as_role("officer").post("patrols", patrol(**changed))
    assert answer.status_code in {404, 422}
    assert said in answer.json()["detail"]


def test_patches_are_tried_first_and_then_entered_once(as_role, database, tmp_path):
    put_parcels(database)
    fields = patch_fields(6, TBLX=["20", "KT", "SM", "01", "ZZ", "20"])
    fields["HSX"][5] = "不详"
    path = write(tmp_path / "p.gpkg", squares(6)[:6], fields, layer="JCTB")
    bureau = as_role("bureau")
    before = as_role("auditor").get("audit").json()
    tried = bring(bureau, path, dry_run="true")
    assert tried.status_code == 200, tried.text
    report = tried.json()
    assert (report["n_rows"], report["n_new"], report["n_refused"]) == (6, 3, 2)
    assert (report["n_without_claim"], report["n_to_ask"], report["n_matched"]) == (1, 1, 3)
    assert [(each["row"], each["column"], each["value"]) for each in report["rows"]] == [
        (5, "TBLX", "ZZ"),
        (6, "HSX", "不详"),
    ]
    assert bureau.get("signals").json()["items"] == []
    assert as_role("auditor").get("audit").json() == before

    done = bring(bureau, path).json()
    assert (done["n_new"], done["import_id"] is not None) == (3, True)
    signals = bureau.get("signals", source="monitoring").json()["items"]
    assert {each["claim"] for each in signals} == {"building", "fish_pond"}
    assert [each["is_asked"] for each in signals].count(True) == 1
    assert all("是否永农:是" in each["note"] for each in signals)
    assert {each["observed_at"] for each in signals} == {"2023-03-31T16:00:00Z"}

    again = bring(bureau, path).json()
    assert (again["n_new"], again["n_known"], again["import_id"]) == (0, 3, None)
    assert len(bureau.get("signals").json()["items"]) == 3


def test_patches_in_gcj02_are_noticed_moved_and_kept_as_given(as_role, database, tmp_path):
    parcels = put_parcels(database)
    given = [shifted(each) for each in squares(6)[7:12]]
    path = write(tmp_path / "p.gpkg", given, patch_fields(5), layer="JCTB")
    report = bring(as_role("bureau"), path).json()
    assert (report["datum"], report["is_datum_detected"]) == ("gcj02", True)
    assert "GCJ-02" in report["datum_reason"]
    with database.system_reading() as session:
        found = session.scalars(select(Signal)).all()
    true = shapely.union_all([parcels[k].geometry for k in range(7, 12)])
    assert shapely.hausdorff_distance(shapely.union_all([e.geometry for e in found]), true) < 1e-6
    kept = shapely.union_all([shapely.from_wkt(e.given_geometry) for e in found])
    assert shapely.hausdorff_distance(kept, shapely.union_all(given)) < 1e-6
    assert {each.datum for each in found} == {"gcj02"}


def test_what_a_person_says_of_the_datum_goes_before_what_is_noticed(as_role, database, tmp_path):
    put_parcels(database)
    path = write(tmp_path / "p.gpkg", squares(6)[:5], patch_fields(5), layer="JCTB")
    declared = bring(as_role("bureau"), path, datum="gcj02", dry_run="true").json()
    assert (declared["datum"], declared["is_datum_detected"]) == ("gcj02", False)
    assert declared["box"][0] < WEST - 0.003
    plain = bring(as_role("bureau"), path, dry_run="true").json()
    assert (plain["datum"], plain["n_matched"]) == ("cgcs2000", 5)


def test_patches_come_as_shapefile_geojson_and_table_too(as_role, database, tmp_path):
    put_parcels(database)
    bureau = as_role("bureau")
    write(tmp_path / "p.shp", squares(6)[:2], patch_fields(2), layer="p")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(tmp_path.glob("p.*")):
            archive.writestr(part.name, part.read_bytes())
    (tmp_path / "shape.zip").write_bytes(packed.getvalue())
    report = bring(bureau, tmp_path / "shape.zip", dry_run="true", datum="cgcs2000")
    assert (report.status_code, report.json()["n_new"]) == (200, 2)
    path = write(tmp_path / "p.geojson", squares(6)[:2], patch_fields(2), layer="p")
    assert bring(bureau, path, datum="cgcs2000").json()["n_new"] == 2
    table = tmp_path / "p.csv"
    rows = f"JC-9,20,20221101,20230401,是,{MIDDLE[0]},{MIDDLE[1]},0.3\nJC-8,20,,20230401,,500,1,\n"
    table.write_text(f"JCBH,TBLX,QSX,HSX,SFYN,XZB,YZB,JCMJ\n{rows}", encoding="gb18030")
    report = bring(bureau, table, datum="cgcs2000").json()
    assert (report["n_new"], report["n_refused"]) == (1, 1)
    assert report["rows"][0]["column"] == "geometry"
    (found,) = bureau.get("signals", source="monitoring", bbox=box_around(MIDDLE)).json()["items"][
        :1
    ]
    assert found["observed_at"] == "2023-03-31T16:00:00Z"


def box_around(place) -> str:
    x, y = place
    return f"{x - 0.0001},{y - 0.0001},{x + 0.0001},{y + 0.0001}"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.gpkg", b"", "空"),
        ("a.gpkg", b"SQLite format 3\x00" + b"x" * 100, ""),
        ("a.csv", b"JCBH,TBLX\n1,20\n", "表头"),
        ("a.csv", b"\xff\xfe1\x00", "UTF-16"),
        ("a.json", b'{"type": "FeatureCollection", "features": []}', ""),
        ("a.shp", b"\x00\x00\x27\x0a" + bytes(96), ""),
        ("a.kml", b"<kml/>", ""),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_reason(name, content, said, as_role):
    answer = as_role("bureau").send("POST", "patches/imports", files={"file": (name, content)})
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    assert answer.json()["detail"]


def test_rows_of_bad_geometry_are_told_and_the_others_entered(as_role, database, tmp_path):
    put_parcels(database)
    bow = shapely.Polygon([(112.95, 23.70), (112.952, 23.702), (112.952, 23.70), (112.95, 23.702)])
    path = write(tmp_path / "p.gpkg", [bow, squares(6)[1]], patch_fields(2), layer="JCTB")
    report = bring(as_role("bureau"), path, datum="cgcs2000").json()
    assert (report["n_new"], report["n_refused"]) == (1, 1)
    assert "不合格" in report["rows"][0]["reason"]


def test_scripts_in_the_fields_of_patches_are_kept_as_words(as_role, database, tmp_path):
    put_parcels(database)
    fields = patch_fields(1, BZ=["<script>alert(1)</script>=1+1"])
    path = write(tmp_path / "p.gpkg", squares(1), fields, layer="JCTB")
    assert bring(as_role("bureau"), path, datum="cgcs2000").json()["n_new"] == 1
    (found,) = as_role("bureau").get("signals").json()["items"]
    assert "<script>alert(1)</script>=1+1" in found["note"]


def test_the_bureau_of_a_town_enters_patches_of_its_own_land_only(as_role, database, tmp_path):
    put_parcels(database)
    path = write(tmp_path / "p.gpkg", squares(1), patch_fields(1), layer="JCTB")
    report = bring(as_role("bureau", SHANTANG), path, datum="cgcs2000").json()
    assert (report["n_new"], report["n_refused"]) == (0, 1)
    assert report["rows"][0]["reason"] == "不在您的辖区"
    assert bring(as_role("bureau", TAIHE), path, datum="cgcs2000").json()["n_new"] == 1


def test_signals_are_listed_by_place_source_claim_and_day(as_role, database):
    put_parcels(database)
    officer = as_role("officer")
    for claim, x, day in (("building", 0, 10), ("trees", 0.004, 12), ("fish_pond", 0.008, 14)):
        at = f"2023-04-{day}T12:00:00+08:00"
        body = finding(claim=claim, lon=MIDDLE[0] + x, observed_at=at)
        assert officer.post("signals", body).status_code == 201
    bureau = as_role("bureau")

    def claims(**params) -> list[str]:
        return [each["claim"] for each in bureau.get("signals", **params).json()["items"]]

    assert claims() == ["fish_pond", "trees", "building"]
    assert claims(as_of="2023-04-12") == ["trees", "building"]
    assert claims(**{"from": "2023-04-12"}) == ["fish_pond", "trees"]
    assert claims(claim="trees") == ["trees"]
    assert claims(source="tip") == []
    assert claims(bbox=box_around(MIDDLE)) == ["building"]
    assert claims(area=VILLAGE, limit=2) == ["fish_pond", "trees"]
    assert claims(area=SHANTANG) == []
    assert claims(known_at="2023-04-01T00:00:00Z") == []
    assert bureau.get("signals", bbox="1,2,3").status_code == 422


def test_a_person_decides_about_candidates_and_the_last_word_holds(as_role, database):
    put_parcels(database)
    made = as_role("officer").post("signals", finding(accuracy_m=300)).json()
    candidate = made["parcels"][0]
    assert candidate["state"] == "candidate"
    bureau, where = as_role("bureau"), f"signals/{made['id']}/decisions"

    def decide(is_match: bool, uid=candidate["parcel_uid"]):
        body = {"parcel_uid": uid, "is_match": is_match, "reason": "现场核对"}
        return bureau.post(where, body)

    def state() -> str:
        shown = bureau.get(f"signals/{made['id']}").json()["parcels"]
        return next(e["state"] for e in shown if e["parcel_uid"] == candidate["parcel_uid"])

    assert decide(False).status_code == 200
    assert state() == "rejected"
    assert decide(True).status_code == 200
    assert state() == "matched"
    assert decide(True, "0c7c2a4f-1111-4222-8333-444455556669").status_code == 409
    body = {"parcel_uid": candidate["parcel_uid"], "is_match": True, "reason": "x"}
    assert as_role("officer").post(where, body).status_code == 403


def test_both_engines_match_alike(as_role, database):
    """The figures themselves: whichever engine runs this test must give these."""
    put_parcels(database)
    x, y = np.array(MIDDLE) + 0.0006
    area = shapely.box(x, y, x + 0.001, y + 0.001)
    coordinates = [[list(point) for point in area.exterior.coords]]
    body = finding(lon=None, lat=None, accuracy_m=None)
    made = as_role("officer").post(
        "signals", body | {"geometry": {"type": "Polygon", "coordinates": coordinates}}
    )
    told = [
        (pytest.approx(each["overlap_m2"], abs=0.02), each["share"], each["match"], each["state"])
        for each in made.json()["parcels"]
    ]
    assert told == [
        (4066.27, 0.36, 0.808, "matched"),
        (2710.85, 0.24, 0.772, "matched"),
        (2710.85, 0.24, 0.772, "matched"),
        (1807.23, 0.16, 0.748, "matched"),
    ]
