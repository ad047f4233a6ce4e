"""Photos: sealed originals, views without a trace of where, marks, and every hostile file."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from service import audit, cli, telemetry
from service.parcels.models import ParcelVersion
from service.photos.actions import sm3
from tests.hostile_photos import (
    HOSTILE,
    NIKON,
    ODD,
    a_field_photo,
    a_jpeg,
    a_picture,
    a_png,
    an_exif,
    gps,
    saved,
    taken,
)

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"
HERE = {"lon": "112.96", "lat": "23.71", "accuracy_m": "8", "bearing_deg": "90"}
HERE |= {"device_time": "2023-04-20T08:30:00+08:00", "is_mock": "false"}
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(speaker, content: bytes, name: str = "p.jpg", **said):
    return speaker.send("POST", "photos", files={"file": (name, content)}, data=said)


def kept(speaker, content: bytes, **said) -> dict:
    answer = send(speaker, content, **said)
    assert answer.status_code == 201, answer.text
    return answer.json()


def codes(photo: dict) -> set[str]:
    return {each["code"] for each in photo["marks"]}


def n_photos(database) -> int:
    with database.system_reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM photos"))


@pytest.fixture
def officer(as_role):
    return as_role("officer")


def test_an_original_comes_back_byte_for_byte_under_both_hashes(officer, settings):
    content = a_field_photo()
    photo = kept(officer, content, **HERE)
    assert photo["sha256"] == hashlib.sha256(content).hexdigest()
    assert photo["size_bytes"] == len(content)
    assert (photo["width_px"], photo["height_px"], photo["media_type"]) == (64, 48, "image/jpeg")
    answer = officer.get(f"photos/{photo['id']}/original")
    assert answer.content == content
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    (path,) = (settings.photo_directory / "originals").glob("*/*")
    assert path.read_bytes() == content
    assert officer.get(f"photos/{photo['id']}").json() == photo


@ONE_ENGINE
def test_sm3_is_that_of_the_standard(officer):
    # GB/T 32905-2016, annex A.1
    assert sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    content = a_jpeg()
    assert kept(officer, content)["sm3"] == sm3(content)


def test_the_three_clocks_and_both_positions_are_kept_apart(officer):
    photo = kept(officer, a_field_photo(), **HERE)
    assert photo["device_time"] == "2023-04-20T00:30:00Z"
    assert photo["recorded_at"] == "2023-04-20T01:00:00Z"
    exif, position = photo["exif"], photo["position"]
    assert (exif["camera_time"], exif["gps_time"]) == (
        "2023-04-20T08:30:00",
        "2023-04-20T00:30:00Z",
    )
    assert (exif["lon"], exif["lat"]) == (pytest.approx(112.96), pytest.approx(23.71))
    assert (exif["make"], exif["bearing_deg"], exif["bearing_from"]) == ("NIKON", 90, "true")
    assert (position["lon"], position["lat"], position["datum"]) == (112.96, 23.71, "wgs84")
    assert (position["accuracy_m"], position["bearing_deg"], position["is_mock"]) == (8, 90, False)
    assert photo["marks"] == []


def test_a_position_of_a_shifted_map_is_moved_and_the_given_one_kept(officer):
    said = {"lon": "112.9655", "lat": "23.7073", "datum": "gcj02"}
    position = kept(officer, a_field_photo(), **said)["position"]
    assert position["given_position"] == "112.9655 23.7073"
    assert position["lon"] == pytest.approx(112.960, abs=0.001)
    assert position["lat"] == pytest.approx(23.710, abs=0.001)


def test_the_view_is_upright_small_and_says_nothing_else(officer):
    exif = an_exif([*NIKON, (274, 6)], taken(), gps())
    photo = kept(officer, a_jpeg(exif, width=2000, height=1000))
    answer = officer.get(f"photos/{photo['id']}/view")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]
    view = Image.open(io.BytesIO(answer.content))
    assert view.size == (800, 1600)
    assert not view.getexif()
    assert set(view.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"NIKON" not in answer.content
    # Turned a quarter to the right: what was top left is top right.
    red = {corner: view.getpixel(corner)[0] > 150 for corner in ((50, 50), (750, 50))}
    assert red == {(50, 50): False, (750, 50): True}
    assert officer.get(f"photos/{photo['id']}/view").content == answer.content


@pytest.mark.parametrize("orientation", range(1, 9))
@ONE_ENGINE
def test_every_orientation_puts_the_red_corner_at_the_top_left(officer, orientation):
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    upright = a_picture(64, 48)
    turned = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    content = saved(turned, quality=95)
    tagged = a_jpeg(an_exif([(274, orientation)]))
    block = tagged[2 : 4 + int.from_bytes(tagged[4:6])]
    photo = kept(officer, content[:2] + block + content[2:])
    view = Image.open(io.BytesIO(officer.get(f"photos/{photo['id']}/view").content))
    assert view.size == (64, 48)
    assert view.getpixel((5, 5))[0] > 150 > view.getpixel((60, 40))[0]


def test_the_same_id_is_kept_once_and_other_content_under_it_refused(officer, database):
    said = HERE | {"id": str(uuid4())}
    first = kept(officer, a_field_photo(), **said)
    again = send(officer, a_field_photo(), **said)
    assert (again.status_code, again.json()) == (200, first)
    for content, other in ((a_jpeg(), {}), (a_field_photo(), {"lon": "112.97"})):
        refused = send(officer, content, **(said | other))
        assert refused.status_code == 409, refused.text
    assert n_photos(database) == 1


def test_one_photo_sent_by_many_at_once_is_one_photo(officer, database):
    said, content = HERE | {"id": str(uuid4())}, a_field_photo()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(officer, content, **said), range(16)))
    assert sorted(each.status_code for each in answers) == [200] * 15 + [201]
    assert len({each.text for each in answers}) == 1
    assert n_photos(database) == 1


def test_a_photo_that_serves_two_records_is_marked_on_both_and_stored_once(
    officer, as_role, settings
):
    content, first, second = a_field_photo(), str(uuid4()), str(uuid4())
    one = kept(officer, content, subject_kind="visit", subject_id=first)
    assert codes(one) == set()
    same = kept(officer, content, subject_kind="visit", subject_id=first)
    assert codes(same) == set()
    other = kept(as_role("officer", TAIHE), content, subject_kind="visit", subject_id=second)
    assert codes(other) == {"reused"}
    assert codes(officer.get(f"photos/{one['id']}").json()) == {"reused"}
    assert len(list((settings.photo_directory / "originals").glob("*/*"))) == 1
    found = officer.get("photos", subject=second).json()["items"]
    assert [each["id"] for each in found] == [other["id"]]
    assert len(officer.get("photos").json()["items"]) == 3


@pytest.mark.parametrize("role", ["recorder", "approver", "leader", "admin"])
def test_where_a_photo_was_taken_is_not_for_every_duty(officer, as_role, role):
    photo = kept(officer, a_field_photo(), area_code=TAIHE, **HERE)
    reader = as_role(role, TAIHE)
    seen = reader.get(f"photos/{photo['id']}").json()
    assert (seen["position"], seen["exif"], seen["sha256"]) == (None, None, photo["sha256"])
    assert "112.96" not in reader.get("photos").text
    assert reader.get(f"photos/{photo['id']}/original").status_code == 403
    assert reader.get(f"photos/{photo['id']}/view").status_code == 200
    for duty in ("officer", "bureau", "auditor"):
        assert as_role(duty).get(f"photos/{photo['id']}").json()["exif"]["lon"]


def test_a_photo_of_another_town_is_not_there(officer, as_role):
    photo = kept(officer, a_field_photo(), area_code=SHANTANG)
    stranger = as_role("officer", TAIHE)
    for path in ("", "/original", "/view"):
        assert stranger.get(f"photos/{photo['id']}{path}").status_code == 404
    assert stranger.get("photos").json()["items"] == []
    assert send(stranger, a_jpeg(), area_code=SHANTANG).status_code == 404
    assert send(stranger, a_jpeg(), area_code=COUNTY).status_code == 404
    assert kept(stranger, a_jpeg())["area_code"] == TAIHE


def test_a_photo_can_neither_be_changed_nor_removed(officer, as_role, database):
    photo = kept(officer, a_field_photo())
    for role in ("officer", "bureau", "admin", "auditor", "leader"):
        for method in ("DELETE", "PUT", "PATCH"):
            for path in ("", "/original", "/view"):
                answer = as_role(role).send(method, f"photos/{photo['id']}{path}")
                assert answer.status_code == 405
    for statement in ("DELETE FROM photos", "UPDATE photos SET sm3 = ''"):
        with pytest.raises(DBAPIError, match="append-only"), database.system_transaction() as s:
            s.execute(sa.text(statement))
    said = as_role("auditor").get("audit").json()["items"]
    assert ("photo.file", photo["id"]) in {(each["action"], each["subject"]) for each in said}


@ONE_ENGINE
def test_a_damaged_original_is_not_passed_on_and_is_healed_by_the_next_that_brings_it(
    officer, settings
):
    content = a_field_photo()
    photo = kept(officer, content)
    (path,) = (settings.photo_directory / "originals").glob("*/*")
    path.chmod(0o640)
    path.write_bytes(content + b"!")
    for part in ("original", "view"):
        answer = officer.get(f"photos/{photo['id']}/{part}")
        assert (answer.status_code, answer.json()["code"]) == (503, "photo_lost")
    kept(officer, content)
    assert officer.get(f"photos/{photo['id']}/original").content == content


@ONE_ENGINE
def test_a_store_that_takes_nothing_is_said_and_no_row_is_written(officer, settings, database):
    settings.photo_directory.parent.mkdir(exist_ok=True)
    settings.photo_directory.write_text("a file where the folder should be")
    answer = send(officer, a_jpeg())
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_busy")
    assert n_photos(database) == 0


@ONE_ENGINE
def test_a_view_that_cannot_be_kept_is_shown_all_the_same(officer, settings):
    photo = kept(officer, a_jpeg())
    (settings.photo_directory / "views").write_text("a file where the folder should be")
    assert officer.get(f"photos/{photo['id']}/view").status_code == 200


def test_every_hostile_photo_is_refused_and_nothing_is_kept(officer, database, settings):
    for name, (content, status, word) in HOSTILE.items():
        answer = send(officer, content, **HERE)
        assert answer.status_code == status, (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json", name
        assert word in answer.json()["detail"], (name, answer.text)
    assert n_photos(database) == 0
    assert not settings.photo_directory.exists()


def test_every_odd_photo_is_kept_as_it_is_with_its_marks_and_seen_without_harm(
    officer, outlined, database
):
    for name, (content, marks) in ODD.items():
        photo = kept(officer, content)
        assert codes(photo) == marks, name
        assert officer.get(f"photos/{photo['id']}/original").content == content, name
        view = officer.get(f"photos/{photo['id']}/view").content
        Image.open(io.BytesIO(view)).load()
        assert b"script" not in view, name
        assert b"ICC_PROFILE" not in view, name
    assert n_photos(database) == len(ODD)


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        ({"is_mock": "true"}, "mock_position"),
        ({"accuracy_m": "31"}, "inaccurate"),
        ({"lon": "112.97"}, "positions_apart"),
        ({"lon": "23.71", "lat": "80"}, "outside_county"),
        ({"device_time": "2023-04-18T08:30:00+08:00"}, "late"),
        ({"device_time": "2023-04-18T08:30:00+08:00"}, "device_clock_apart"),
        ({"device_time": "2023-04-22T08:30:00+08:00"}, "clock_ahead"),
    ],
)
@ONE_ENGINE
def test_what_does_not_fit_together_is_marked_and_never_changed(officer, outlined, said, mark):
    photo = kept(officer, a_field_photo(), **(HERE | said))
    assert mark in codes(photo)
    for name in {"lon", "lat", "accuracy_m"} & said.keys():
        assert photo["position"][name] == float(said[name])


def test_a_photo_far_from_its_parcel_is_marked_and_one_before_its_record_is_not(officer, database):
    uid, square = uuid4(), shapely.box(112.95, 23.70, 112.952, 23.702)
    of_it = {"subject_kind": "parcel", "subject_id": str(uid)}
    near, far = {"lon": "112.999", "lat": "23.701"}, {"lon": "113.002", "lat": "23.701"}
    assert codes(kept(officer, a_jpeg(seed=1), **of_it, **far)) == set()
    with database.system_transaction() as session:
        session.add(
            ParcelVersion(
                id=1,
                uid=uid,
                area_code=TAIHE,
                valid_from=date(2022, 12, 31),
                recorded_at=audit.instant(session),
                digest="0" * 64,
                ellipsoidal_area_m2=1.0,
                geometry=square,
            )
        )
    # 5 km east of 112.952, at 23.701 north, is 113.0010.
    assert codes(kept(officer, a_jpeg(seed=2), **of_it, **near)) == set()
    assert codes(kept(officer, a_jpeg(seed=3), **of_it, **far)) == {"far_from_subject"}
    other = of_it | {"subject_kind": "other"}
    assert codes(kept(officer, a_jpeg(seed=4), **other, **far)) == set()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"lon": "181"}, "lon"),
        ({"lat": "nan"}, "lat"),
        ({"lat": ""}, "lon"),
        ({"lon": "1e999"}, "lon"),
        ({"bearing_deg": "361"}, "bearing_deg"),
        ({"bearing_deg": "north"}, "bearing_deg"),
        ({"accuracy_m": "-1"}, "accuracy_m"),
        ({"datum": "moon"}, "datum"),
        ({"is_mock": "perhaps"}, "is_mock"),
        ({"device_time": "2023-04-20T08:30:00"}, "device_time"),
        ({"subject_kind": "case"}, "subject_kind"),
        ({"subject_id": "1"}, "subject_id"),
        ({"id": "not-a-uuid"}, "id"),
        ({"area_code": "44180310"}, "area_code"),
    ],
)
@ONE_ENGINE
def test_a_bad_field_of_the_form_is_refused_by_name(officer, database, said, field):
    answer = send(officer, a_jpeg(), **(HERE | said))
    assert answer.status_code == 422, answer.text
    told = answer.json()
    named = told["errors"][0]["field"] if "errors" in told else told["field"]
    assert named.endswith(field)
    assert n_photos(database) == 0


@ONE_ENGINE
def test_the_photos_of_real_cameras_are_read(officer, shared_data):
    wanted = {
        "DSCN0010": ({"clocks_apart"}, 11.885127, 43.467448, None),
        "iphone6_direction_true": (set(), -3.724753, 40.446972, "true"),
        "nokia83_direction_magnetic_offset": (
            {"bearing_magnetic"},
            24.906772,
            60.146706,
            "magnetic",
        ),
        "samsung_s7_no_date_direction": ({"bearing_magnetic"}, 7.591944, 51.025, "magnetic"),
    }
    paths = sorted((shared_data / "photos").glob("*.jpg"))
    assert len(paths) >= 6
    for path in paths:
        photo = kept(officer, path.read_bytes())
        assert officer.get(f"photos/{photo['id']}/view").status_code == 200
        if path.stem in wanted:
            marks, lon, lat, north = wanted[path.stem]
            assert codes(photo) == marks, path.stem
            assert photo["exif"]["lon"] == pytest.approx(lon, abs=1e-6)
            assert photo["exif"]["lat"] == pytest.approx(lat, abs=1e-6)
            assert photo["exif"]["bearing_from"] == north


@ONE_ENGINE
def test_a_png_of_fifty_million_pixels_is_taken_and_seen(officer):
    content = saved(Image.new("1", (10_000, 5_000), 1), "PNG")
    photo = kept(officer, content)
    view = Image.open(io.BytesIO(officer.get(f"photos/{photo['id']}/view").content))
    assert view.size == (1600, 800)
    assert kept(officer, a_png())["media_type"] == "image/png"


@pytest.fixture
def chungeng(settings, monkeypatch):
    """The command line on this test's database and folders."""
    for name in ("database_url", "backup_directory", "photo_directory", "observation_directory"):
        monkeypatch.setenv(f"CHUNGENG_{name.upper()}", str(getattr(settings, name)))
    # The runner's streams close with each command; what logs must not keep them.
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    return lambda *words: CliRunner().invoke(cli.app, list(words))


@ONE_ENGINE
def test_a_backup_brings_lost_originals_back_and_verify_names_them(
    officer, settings, chungeng, tmp_path, monkeypatch
):
    contents = [a_jpeg(seed=n) for n in range(3)]
    photos = [kept(officer, each) for each in contents]
    assert "新增 3 张" in chungeng("run", "back-up").stdout
    assert "新增 0 张" in chungeng("backup").stdout
    assert chungeng("verify").exit_code == 0
    for path in (settings.photo_directory / "originals").glob("*/*"):
        path.unlink()
    done = chungeng("verify")
    assert done.exit_code == 1
    assert all(each["sha256"] in done.output for each in photos)
    saved = next(settings.backup_directory.glob("*.gpkg"))
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", f"sqlite:///{tmp_path}/restored.gpkg")
    done = chungeng("restore", str(saved))
    assert "补回 3 张" in done.stdout, done.output
    assert chungeng("verify").exit_code == 0
    for photo, content in zip(photos, contents, strict=True):
        assert officer.get(f"photos/{photo['id']}/original").content == content
