"""What a photo says of itself: read exactly where it is whole, and without harm where it is not."""

import io
from datetime import UTC, datetime, timedelta

import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inspections.exif import Tag, read_exif
from inspections.photo_marks import Circumstances, PhotoLimits, distance_m, marks_of
from inspections.photos import Bearing, Told, told
from tests.hostile_photos import NIKON, an_exif, gps, taken

LIMITS = PhotoLimits(
    max_clock_gap_hours=24,
    max_accuracy_m=30,
    max_position_gap_m=500,
    max_subject_distance_m=5000,
    assumed_zone_hours=8,
)
GOOD = an_exif([*NIKON, (274, 6)], [*taken(), (36881, "+08:00")], [*gps(), (31, (4.5,))])
RECEIVED = datetime(2023, 4, 20, 1, tzinfo=UTC)


def codes(marks) -> list[str]:
    return [each.code for each in marks]


def test_a_whole_block_is_told_in_full():
    found = told(read_exif(GOOD))
    assert found == told(read_exif(b"Exif\x00\x00" + GOOD))
    assert (found.make, found.model, found.orientation) == ("NIKON", "COOLPIX P6000", 6)
    assert found.camera_at == datetime(2023, 4, 20, 8, 30)
    assert found.camera_offset == timedelta(hours=8)
    assert found.gps_at == datetime(2023, 4, 20, 0, 30, tzinfo=UTC)
    assert (found.lon, found.lat) == (pytest.approx(112.96), pytest.approx(23.71))
    assert (found.accuracy_m, found.bearing_deg, found.bearing_from) == (4.5, 90, Bearing.TRUE)
    assert found.marks == ()


def test_the_same_block_in_the_other_byte_order_tells_the_same():
    exif = Image.Exif()
    exif.endian = ">"
    exif[271] = "NIKON"
    exif.get_ifd(34853).update({1: "S", 2: (23.0, 42.0, 36.0), 3: "W", 4: (112.0, 57.0, 36.0)})
    block = exif.tobytes()
    assert block[6:8] == b"MM"
    found = told(read_exif(block))
    assert (found.make, found.lon, found.lat) == (
        "NIKON",
        pytest.approx(-112.96),
        pytest.approx(-23.71),
    )


def test_real_blocks_are_read_as_another_reader_reads_them(shared_data):
    n = 0
    for path in sorted((shared_data / "photos").glob("*.jpg")):
        image = Image.open(io.BytesIO(path.read_bytes()))
        ours, theirs = read_exif(image.info.get("exif", b"")), image.getexif()
        for directory, other in ((ours.main, theirs), (ours.gps, theirs.get_ifd(34853))):
            for tag, value in directory.items():
                if isinstance(value, str):
                    assert value == str(other[tag]).strip("\x00 "), (path.name, tag)
                elif isinstance(value[0], tuple):
                    numbers = other[tag] if isinstance(other[tag], tuple) else (other[tag],)
                    assert [a / b for a, b in value] == [float(each) for each in numbers]
                else:
                    assert value[0] == other[tag]
                n += 1
    assert n > 40


@given(st.binary(max_size=600))
def test_no_bytes_do_any_harm(noise):
    assert isinstance(told(read_exif(noise)), Told)
    assert isinstance(told(read_exif(b"II\x2a\x00\x08\x00\x00\x00" + noise)), Told)


@given(st.data())
def test_a_block_with_some_bytes_changed_does_no_harm_and_tells_nothing_impossible(data):
    block = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(block)))
    found = told(read_exif(bytes(block[:cut]) if data.draw(st.booleans()) else bytes(block)))
    assert (found.lon is None) == (found.lat is None)
    assert found.lat is None or (-90 <= found.lat <= 90 and -180 <= found.lon <= 180)
    assert found.bearing_deg is None or 0 <= found.bearing_deg < 360
    assert found.gps_at is None or found.gps_at.tzinfo is UTC
    marks = marks_of(found, Circumstances(RECEIVED, box=(112, 23, 113, 24)), LIMITS)
    assert len(set(codes(marks))) == len(marks)


@pytest.mark.parametrize("cut", range(0, len(GOOD), 7))
def test_a_block_cut_anywhere_is_said_to_be_broken(cut):
    exif = read_exif(GOOD[:cut])
    assert exif.is_broken == (cut > 0)


def test_a_north_of_360_is_0_and_a_missing_letter_is_said():
    assert told(read_exif(an_exif(gps=gps(bearing=(360,))))).bearing_deg == 0
    without = [each for each in gps() if each[0] != Tag.GPS_LAT_REF]
    found = told(read_exif(an_exif(gps=without)))
    assert (found.lat, found.lon) == (None, None)
    assert codes(found.marks) == ["lat_wrong"]
    assert "南北" in found.marks[0].text


def test_a_camera_clock_is_read_in_its_own_zone_and_else_in_the_assumed_one():
    camera, satellites = datetime(2023, 4, 19, 20), datetime(2023, 4, 20, 13, tzinfo=UTC)
    told_zone = Told(camera_at=camera, camera_offset=timedelta(hours=-5), gps_at=satellites)
    no_zone = Told(camera_at=camera, gps_at=satellites)
    around = Circumstances(satellites)
    assert "clocks_apart" not in codes(marks_of(told_zone, around, LIMITS))
    assert "clocks_apart" in codes(marks_of(no_zone, around, LIMITS))


def test_a_gap_of_exactly_a_day_is_not_marked_and_a_second_more_is():
    for seconds, expected in ((0, []), (1, ["late"])):
        at = RECEIVED - timedelta(days=1, seconds=seconds)
        marks = marks_of(Told(lon=1, lat=1), Circumstances(RECEIVED, device_at=at), LIMITS)
        assert codes(marks) == expected


def test_a_distance_is_that_of_the_ellipsoid_within_its_promise():
    ellipsoid = pyproj.Geod(a=6378137, rf=298.257222101)  # CGCS2000
    for lon, lat, other_lon, other_lat in ((112.9, 23.7, 113.0, 23.7), (112.9, 23.7, 112.9, 23.8)):
        _, _, exact = ellipsoid.inv(lon, lat, other_lon, other_lat)
        assert distance_m(lon, lat, other_lon, other_lat) == pytest.approx(exact, rel=0.006)
    assert distance_m(0, 0, 180, 0) == pytest.approx(20_015_115, rel=1e-6)
