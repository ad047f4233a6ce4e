"""Photos of a parcel judged on a square whose answer is known by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from geo import datum, ellipsoid
from inspections.case_photos import Shot, ShotLimits, judge, true_bearing
from inspections.photos import Bearing
from inspections.view_cones import converted, distance_m, laid, lifted, view_cone

WEST, SOUTH = 112.95, 23.70
EAST_M, NORTH_M = (float(each) for each in ellipsoid.local_scale(SOUTH))
SIDE_M = 100.0
PARCEL = shapely.box(WEST, SOUTH, WEST + SIDE_M / EAST_M, SOUTH + SIDE_M / NORTH_M)
"""A square of 100 m."""
LIMITS = ShotLimits(15, 30, 50, 500, 15, 60, -2.8, 5, 300)
NOON = datetime(2023, 4, 20, 4, tzinfo=UTC)
WINDOW = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(hours=1)}


def shot(east_m: float, north_m: float, bearing_deg: float | None = 90.0, **other) -> Shot:
    """A good photo taken so many metres east and north of the south-western corner."""
    plain = {
        "lon": WEST + east_m / EAST_M,
        "lat": SOUTH + north_m / NORTH_M,
        "accuracy_m": 5.0,
        "bearing_deg": bearing_deg,
        "bearing_from": Bearing.TRUE,
        "taken_at": NOON,
    }
    return Shot(**(plain | other))


def faults(of: Shot, parcel: shapely.Geometry = PARCEL, **window) -> set[str]:
    return {each.code for each in judge(of, parcel, LIMITS, **(WINDOW | window)).faults}


def test_a_good_photo_is_qualified_from_inside_and_from_beside():
    for each in (shot(50, 50), shot(50, 50, 270), shot(-30, 50), shot(50, 140, 180)):
        told = judge(each, PARCEL, LIMITS, **WINDOW)
        assert (told.is_qualified, told.text) == (True, "合格"), told
    assert judge(shot(-30, 50), PARCEL, LIMITS, **WINDOW).distance_m == pytest.approx(30, abs=0.1)
    assert judge(shot(50, 50), PARCEL, LIMITS, **WINDOW).distance_m == 0


def test_a_camera_that_looks_away_sees_nothing_of_it():
    assert faults(shot(-30, 50, 270)) == {"not_in_view"}
    assert faults(shot(99, 50, 90)) == {"not_in_view"}, "in it, and looking out of it"
    assert faults(shot(99, 50, 270)) == set()


@pytest.mark.parametrize(("bearing", "sees"), [(134, True), (136, False), (46, True), (44, False)])
def test_the_field_of_view_ends_where_lens_and_compass_end(bearing, sees):
    # From 30 m west of a strip that is 0.2 m wide and seen due east: 30 + 15 degrees to each side.
    strip = shapely.box(WEST, SOUTH, WEST + 40 / EAST_M, SOUTH + 0.2 / NORTH_M)
    assert (faults(shot(-30, 0.1, bearing), strip) == set()) is sees


def test_what_is_beyond_its_range_is_not_seen():
    near = replace(LIMITS, range_m=20.0)
    told = judge(shot(-30, 50), PARCEL, near, **WINDOW)
    assert [each.code for each in told.faults] == ["not_in_view"]


@pytest.mark.parametrize(
    ("east", "accuracy", "found"),
    [
        (-49.9, 5, set()),
        (-50.2, 5, {"too_far"}),
        (-40, 15, set()),
        (-40, 16, {"too_far"}),  # may be 56 m away
        (-20, 30, set()),
        (-20, 31, {"inaccurate", "too_far"}),
        (50, 30, set()),
        (50, 31, {"inaccurate"}),
        (50, None, {"no_accuracy"}),
    ],
)
def test_distance_and_accuracy_are_judged_together(east, accuracy, found):
    assert faults(shot(east, 50, accuracy_m=accuracy)) == found


def test_without_a_bearing_only_the_midst_of_the_parcel_will_do():
    assert faults(shot(50, 50, None)) == set()
    assert faults(shot(3, 50, None)) == {"no_bearing"}
    assert faults(shot(-30, 50, None)) == {"no_bearing"}


def test_magnetic_north_is_not_true_north():
    assert true_bearing(shot(0, 0, 90), LIMITS) == (90, 15)
    magnetic = true_bearing(shot(0, 0, 90, bearing_from=Bearing.MAGNETIC), LIMITS)
    assert magnetic == (pytest.approx(87.2), 15)
    around = true_bearing(shot(0, 0, 1, bearing_from=Bearing.MAGNETIC), LIMITS)
    assert around == (pytest.approx(358.2), 15)
    assert true_bearing(shot(0, 0, 90, bearing_from=None), LIMITS) == (90, pytest.approx(17.8))
    assert true_bearing(shot(0, 0, None), LIMITS) is None
    strip = shapely.box(WEST, SOUTH, WEST + 40 / EAST_M, SOUTH + 0.2 / NORTH_M)
    assert faults(shot(-30, 0.1, 136), strip) == {"not_in_view"}
    assert faults(shot(-30, 0.1, 136, bearing_from=Bearing.MAGNETIC), strip) == set()
    assert faults(shot(-30, 0.1, 136, bearing_from=None), strip) == set()


def test_the_time_lies_within_the_task():
    assert faults(shot(50, 50, taken_at=NOON - timedelta(days=2))) == {"too_early"}
    assert faults(shot(50, 50, taken_at=NOON - timedelta(days=2)), since=None) == set()
    assert faults(shot(50, 50, taken_at=NOON + timedelta(hours=2))) == {"too_late"}
    assert faults(shot(50, 50, taken_at=None)) == {"no_time"}


def test_what_was_made_up_or_used_before_proves_nothing():
    assert faults(shot(50, 50, is_mock=True)) == {"mock_position"}
    assert faults(shot(50, 50, is_known=True)) == {"reused"}
    apart = {"other_lon": WEST + 700 / EAST_M, "other_lat": SOUTH}
    assert faults(shot(50, 50, **apart)) == {"positions_apart"}
    assert faults(shot(50, 50, other_lon=WEST, other_lat=SOUTH)) == set()


def test_without_a_position_every_other_fault_is_told_too():
    told = judge(Shot(is_mock=True), PARCEL, LIMITS, **WINDOW)
    codes = [each.code for each in told.faults]
    assert codes == ["mock_position", "no_time", "no_position"]
    assert told.text == "设备报告位置是模拟的;照片没有拍摄时间;照片没有位置"
    assert (told.distance_m, told.bearing_deg) == (None, None)


def test_a_shifted_position_is_moved_before_it_is_judged():
    true = shot(50, 50)
    lon, lat = (float(each) for each in datum.gcj02_from_wgs84(true.lon, true.lat))
    assert faults(replace(true, lon=lon, lat=lat)) >= {"too_far"}, "it is some 500 m off"
    assert faults(replace(true, lon=lon, lat=lat, datum="gcj02")) == set()
    lon, lat = (float(each) for each in datum.bd09_from_gcj02(lon, lat))
    assert faults(replace(true, lon=lon, lat=lat, datum="bd09")) == set()
    with pytest.raises(ValueError, match="wgs72"):
        converted(lon, lat, "wgs72")


@given(st.floats(-400, 400), st.floats(-400, 400))
def test_the_distance_is_that_of_the_plane(east_m, north_m):
    beside = max(-east_m, east_m - SIDE_M, 0.0)
    above = max(-north_m, north_m - SIDE_M, 0.0)
    found = distance_m(PARCEL, WEST + east_m / EAST_M, SOUTH + north_m / NORTH_M)
    assert found == pytest.approx((beside**2 + above**2) ** 0.5, abs=0.2)


@given(st.floats(0, 360), st.floats(5, 180))
@example(0.0, 180.0)
@example(1.0, 180.0)
def test_a_view_cone_is_as_large_as_its_sector(bearing, half):
    cone = view_cone(bearing, half, 5, 300)
    assert cone.is_valid
    assert cone.area == pytest.approx(half / 180 * 3.14159265 * (300**2 - 5**2), rel=0.01)


@given(st.floats(-45, 145), st.floats(-45, 145), st.floats(0, 360))
def test_turning_to_the_parcel_is_always_possible(east_m, north_m, bearing):
    near = distance_m(PARCEL, WEST + east_m / EAST_M, SOUTH + north_m / NORTH_M) <= 50
    some = {("not_in_view" in faults(shot(east_m, north_m, turn))) for turn in range(0, 360, 30)}
    assert not near or False in some
    assert "not_in_view" in faults(shot(east_m + 9000, north_m, bearing))


def test_a_shape_laid_on_the_ground_is_lifted_back_to_where_it_was():
    square = shapely.box(112.95, 23.70, 112.952, 23.702)
    back = lifted(laid(square, 112.951, 23.701), 112.951, 23.701)
    assert shapely.equals_exact(back, square, tolerance=1e-12)
    ray = lifted(shapely.Point(0, 300), 112.951, 23.701)
    assert (ray.x, ray.y) == (112.951, pytest.approx(23.701 + 300 / 110_758, abs=1e-6))
