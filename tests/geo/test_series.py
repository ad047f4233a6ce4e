"""Cleaning of parcel series: what is refused, what gives way, what stays missing and why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import series, stamps
from geo.series import BSI, EVI, LSWI, NDVI, Missing, ScaledValues, Table

DAYS = np.array(["2023-04-01", "2023-04-06", "2023-04-11"], dtype="datetime64[D]")
ROW = (0.5, 0.35, 0.1, -0.1)


def table(*rows: tuple) -> Table:
    """Rows of parcel, day, NDVI, pixels, reason."""
    parcel, day, ndvi, n_pixels, missing = zip(*rows, strict=True)
    values = np.tile(np.array(ROW), (len(rows), 1))
    values[:, NDVI] = ndvi
    return Table(
        np.array(parcel),
        np.array(day, dtype="datetime64[D]"),
        values,
        np.array(n_pixels),
        np.array(missing, dtype=np.uint8),
    )


def cube_of(*ndvi: float) -> tuple[np.ndarray, np.ndarray]:
    cube = np.tile(np.array(ROW, dtype=np.float32), (1, len(ndvi), 1))
    cube[0, :, NDVI] = ndvi
    return cube, np.zeros((1, len(ndvi)), dtype=np.uint8)


def test_of_doubles_of_a_day_the_row_with_more_pixels_counts():
    found = series.from_table(table((0, "2023-04-01", 0.2, 9, 0), (0, "2023-04-01", 0.6, 12, 0)), 1)
    assert found.cube[0, 0, NDVI] == np.float32(0.6)
    assert found.n_doubles == 1


def test_of_equally_good_doubles_the_median_counts():
    rows = [(0, "2023-04-01", each, 9, 0) for each in (0.2, 0.9, 0.4)]
    pair = [(1, "2023-04-01", each, 9, 0) for each in (0.2, 0.4)]
    found = series.from_table(table(*rows, *pair, (1, "2023-04-06", 0.7, 9, 0)), 2)
    assert found.cube[:, 0, NDVI] == pytest.approx([0.4, 0.3])
    assert found.cube[1, 1, NDVI] == np.float32(0.7)
    assert found.n_doubles == 3


def test_a_clear_row_goes_before_a_cloudy_one_with_more_pixels():
    found = series.from_table(
        table((0, "2023-04-01", np.nan, 90, 1), (0, "2023-04-01", 0.6, 12, 0)), 1
    )
    assert found.cube[0, 0, NDVI] == np.float32(0.6)
    assert found.missing[0, 0] == Missing.PRESENT


def test_a_parcel_without_a_row_has_no_image_and_reasons_stay():
    found = series.from_table(
        table((0, "2023-04-01", np.nan, 0, 1), (2, "2023-04-06", np.nan, 2, 3)), 3
    )
    assert found.missing.tolist() == [[1, 2], [2, 2], [2, 3]]
    assert np.isnan(found.cube).all()


def test_rows_of_other_days_are_left_out_where_days_are_given():
    found = series.from_table(
        table((0, "2023-04-06", 0.6, 9, 0), (0, "2023-05-06", 0.7, 9, 0)), 1, DAYS
    )
    assert (found.dates == DAYS).all()
    assert np.isnan(found.cube[0, :, NDVI]).tolist() == [True, False, True]


def test_a_parcel_outside_is_refused_and_no_row_is_an_empty_cube():
    with pytest.raises(ValueError, match="not in 0 to 0"):
        series.from_table(table((1, "2023-04-06", 0.6, 9, 0)), 1)
    one = table((0, "2023-04-06", 0.6, 9, 0))
    none = Table(*(each[:0] for each in vars(one).values()))
    assert series.from_table(none, 2).cube.shape == (2, 0, 4)


@pytest.mark.parametrize("index", [NDVI, LSWI, BSI])
@pytest.mark.parametrize(("value", "is_out"), [(1.01, True), (-1.01, True), (1.0, False)])
def test_a_normalised_difference_beyond_one_makes_the_observation_missing(index, value, is_out):
    cube, missing = cube_of(0.5, 0.5, 0.5)
    cube[0, 1, index] = value
    found = series.clean(DAYS, cube, missing)
    assert found.missing[0].tolist() == [0, Missing.OUT_OF_RANGE if is_out else 0, 0]
    assert np.isnan(found.cube[0, 1]).all() == is_out
    assert found.n_out_of_range == int(is_out)
    assert cube[0, 1, index] == np.float32(value), "what was given is not changed"


def test_a_wild_evi_is_dropped_alone():
    cube, missing = cube_of(0.5, 0.5, 0.5)
    cube[0, 1, EVI] = -3.0
    found = series.clean(DAYS, cube, missing)
    assert found.missing[0].tolist() == [0, 0, 0]
    assert np.isnan(found.cube[0, 1]).tolist() == [False, True, False, False]
    assert found.n_evi_out_of_range == 1


def test_scaled_values_are_refused_and_divided_only_when_asked():
    cube, missing = cube_of(0.5, 0.6, 0.7)
    stored = np.round(cube * 10000).astype(np.int16)
    with pytest.raises(ScaledValues, match="10000"):
        series.clean(DAYS, stored, missing)
    np.testing.assert_allclose(series.indices(stored, scale=10000), cube, atol=1e-4)


def test_one_wild_value_is_no_scale():
    cube, missing = cube_of(0.5, 0.6, 5000.0)
    assert series.clean(DAYS, cube, missing).missing[0].tolist() == [0, 0, 4]


def test_nodata_and_the_infinite_are_missing_not_zero():
    stored = np.array([[[5000, 3500, 1000, -1000], [-32768] * 4, [0, 0, 0, 0]]], dtype=np.int16)
    values = series.indices(stored, scale=10000, nodata=-32768)
    found = series.clean(DAYS, values, np.zeros((1, 3), dtype=np.uint8))
    assert found.missing[0].tolist() == [0, Missing.NO_IMAGE, 0]
    assert found.cube[0, 2].tolist() == [0, 0, 0, 0]
    assert np.isnan(series.indices(np.array([[np.inf, 0, 0, 0]]))[0, 0])


def test_a_gap_is_the_longest_time_between_clear_dates():
    days = DAYS[0] + np.array([0, 5, 10, 80, 85, 120])
    missing = np.array([[0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], [1] * 6, [0, 0, 0, 0, 1, 1]])
    found = series.max_gap_days(days, missing.astype(np.uint8))
    assert found.tolist() == [70, 85, 120, 70]
    assert series.max_gap_days(days[:0], missing[:, :0].astype(np.uint8)).tolist() == [0] * 4


def test_an_instant_of_utc_is_the_next_day_in_shanghai():
    at = np.array(["2019-12-31T16:00", "2019-12-31T15:59"], dtype="datetime64[s]")
    assert [str(day) for day in stamps.civil_days(at, utc_offset_hours=8)] == [
        "2020-01-01",
        "2019-12-31",
    ]


@pytest.mark.parametrize(
    ("days", "are_slipped"),
    [
        (["2019-12-31", "2020-01-31", "2020-02-29"], True),
        (["2020-02-29", "2019-12-31", "2020-01-31", "NaT", "2020-01-31"], True),
        (["2020-01-01", "2020-01-31", "2020-02-29"], True),
        (["2020-01-01", "2020-02-01", "2020-03-01"], False),
        (["2020-01-15", "2020-01-31", "2020-02-29"], False),
        (["2020-01-31", "2020-02-29", "2020-02-29"], False),
        ([], False),
    ],
)
def test_months_slip_together_or_not_at_all(days, are_slipped):
    assert stamps.are_months_slipped(np.array(days, dtype="datetime64[D]")) == are_slipped


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(seed, n):
    rng = np.random.default_rng(seed)
    rows = Table(
        rng.integers(0, 4, n),
        DAYS[rng.integers(0, 3, n)],
        np.where(rng.random((n, 4)) < 0.2, np.nan, rng.uniform(-1, 1, (n, 4))),
        rng.integers(1, 4, n),
        rng.integers(0, 2, n).astype(np.uint8),
    )
    order = rng.permutation(n)
    turned = Table(*(each[order] for each in vars(rows).values()))
    one, other = (series.from_table(each, 4, DAYS) for each in (rows, turned))
    np.testing.assert_array_equal(one.cube, other.cube)
    np.testing.assert_array_equal(one.missing, other.missing)
    assert (
        one.n_doubles
        == other.n_doubles
        == n - len({(p, d) for p, d in zip(rows.parcel, rows.day.astype(int), strict=True)})
    )
    np.testing.assert_array_equal(np.isnan(one.cube[..., NDVI]), one.missing != Missing.PRESENT)
