"""The shifts of the map services, against known points of the county and against themselves."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import datum

lons, lats = st.floats(73, 137), st.floats(2, 55)
CENTIMETRE_DEG = 1e-7
SQUARE = shapely.box(112.8, 23.8, 112.9, 23.9)


def shifted(shape, by=datum.gcj02_from_wgs84):
    return shapely.transform(shape, by, interleaved=False)


def test_the_points_of_the_county_come_out_within_two_centimetres(shared_data: Path):
    points = np.loadtxt(
        shared_data / "areas" / "gcj02_wgs84_oracle_points.csv", delimiter=",", skiprows=1
    )
    wgs84, gcj02 = points[:, :2], points[:, 2:4]
    assert len(points) == 78
    # The oracle takes a semi-major axis of 6378137 m where the general form has 6378245.
    there = np.column_stack(datum.gcj02_from_wgs84(*wgs84.T))
    back = np.column_stack(datum.wgs84_from_gcj02(*gcj02.T))
    assert np.abs(there - gcj02).max() < 2 * CENTIMETRE_DEG
    assert np.abs(back - wgs84).max() < 2 * CENTIMETRE_DEG


def test_tiananmen_lies_where_the_public_converters_put_it():
    assert datum.gcj02_from_wgs84(116.404, 39.915) == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-10
    )
    assert datum.bd09_from_gcj02(116.404, 39.915) == pytest.approx(
        (116.41036949371029, 39.92133699351022), abs=1e-10
    )


@given(lons, lats)
def test_taking_a_shift_back_and_shifting_again_changes_nothing(lon, lat):
    for forward, inverse in (
        (datum.gcj02_from_wgs84, datum.wgs84_from_gcj02),
        (datum.bd09_from_gcj02, datum.gcj02_from_bd09),
    ):
        assert forward(*inverse(lon, lat)) == pytest.approx((lon, lat), abs=CENTIMETRE_DEG)
        assert inverse(*forward(lon, lat)) == pytest.approx((lon, lat), abs=CENTIMETRE_DEG)


@given(st.lists(st.tuples(lons, lats), max_size=20))
def test_an_array_is_shifted_as_its_points_are(points):
    lon, lat = np.array(points, dtype=float).reshape(-1, 2).T
    for shift in (
        datum.gcj02_from_wgs84,
        datum.wgs84_from_gcj02,
        datum.bd09_from_gcj02,
        datum.gcj02_from_bd09,
    ):
        one_by_one = [shift(*point) for point in points]
        assert np.column_stack(shift(lon, lat)) == pytest.approx(
            np.array(one_by_one, dtype=float).reshape(-1, 2), abs=1e-10
        )


@pytest.mark.parametrize("point", [(2.35, 48.85), (-112.0, 23.9), (112.0, -23.9), (1e308, 1e308)])
def test_outside_china_nothing_moves(point):
    for shift in (
        datum.gcj02_from_wgs84,
        datum.wgs84_from_gcj02,
        datum.bd09_from_gcj02,
        datum.gcj02_from_bd09,
    ):
        assert tuple(map(float, shift(*point))) == point


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_none_and_spoils_no_other(bad):
    lon, lat = datum.wgs84_from_gcj02([bad, 112.9], [23.9, 23.9])
    assert not np.isfinite(lon[0])
    assert (lon[1], lat[1]) == pytest.approx(datum.wgs84_from_gcj02(112.9, 23.9), abs=1e-10)


def test_the_published_outline_is_recognised_as_shifted_and_the_true_one_is_not(shared_data: Path):
    gcj02, wgs84 = (
        shapely.from_geojson((shared_data / "areas" / name).read_text(encoding="utf-8"))
        for name in ("boundary_441803_gcj02.geojson", "boundary_441803_wgs84_derived.geojson")
    )
    found = datum.shifted_by_gcj02([gcj02], wgs84)
    assert found.is_shifted
    assert found.mean_before_m > 300
    assert found.hausdorff_before_m == pytest.approx(615, abs=20)
    assert found.hausdorff_after_m < 1
    assert not datum.shifted_by_gcj02([wgs84], wgs84).is_shifted
    assert not datum.shifted_by_gcj02([wgs84], gcj02).is_shifted


def test_villages_that_make_up_the_outline_are_recognised_as_shifted_together():
    west, east = shapely.box(112.8, 23.8, 112.85, 23.9), shapely.box(112.85, 23.8, 112.9, 23.9)
    assert datum.shifted_by_gcj02([shifted(west), None, shifted(east)], SQUARE).is_shifted
    assert not datum.shifted_by_gcj02([west, east], SQUARE).is_shifted


def test_an_outline_drawn_coarsely_is_still_recognised_as_shifted():
    coarse = shapely.affinity.scale(SQUARE, 1.005, 1.005)
    assert datum.shifted_by_gcj02([shifted(coarse)], SQUARE).is_shifted
    assert not datum.shifted_by_gcj02([coarse], SQUARE).is_shifted


def test_another_county_is_not_called_shifted():
    other = shapely.affinity.translate(SQUARE, 0.3, 0.1)
    assert not datum.shifted_by_gcj02([shifted(other)], SQUARE).is_shifted


@pytest.mark.parametrize(
    "geometry",
    [shapely.Point(112, 23), None, shapely.box(4e5, 2.6e6, 5e5, 2.7e6), shapely.Polygon()],
)
def test_what_is_no_outline_in_degrees_is_refused(geometry):
    with pytest.raises(ValueError, match=r"no polygon|degrees"):
        datum.shifted_by_gcj02([geometry], SQUARE)
