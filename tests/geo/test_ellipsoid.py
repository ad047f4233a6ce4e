"""The statutory area, against its own formula in long arithmetic and against GeographicLib."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import ellipsoid
from geo.ellipsoid import INVERSE_FLATTENING, SEMI_MAJOR_M

GEOD = pyproj.Geod(a=SEMI_MAJOR_M, rf=INVERSE_FLATTENING)
LONG = np.longdouble
E2 = LONG(2 - 1 / LONG("298.257222101")) / LONG("298.257222101")
PI = LONG("3.14159265358979323846264338327950288")

lons, lats = st.floats(74, 134), st.floats(18, 53)
sizes_m = st.floats(1, 2000)


def coefficients():
    powers = [E2**k for k in range(5)]
    table = [
        [1, (3, 6), (30, 80), (35, 112), (630, 2304)],
        [0, (1, 6), (15, 80), (21, 112), (420, 2304)],
        [0, 0, (3, 80), (7, 112), (180, 2304)],
        [0, 0, 0, (1, 112), (45, 2304)],
        [0, 0, 0, 0, (5, 2304)],
    ]
    return [
        sum(
            (LONG(c[0]) / LONG(c[1]) if isinstance(c, tuple) else LONG(c)) * p
            for c, p in zip(row, powers, strict=True)
        )
        for row in table
    ]


def statutory_m2(ring, meridian_deg=60):
    """The sum over trapezoids as domain 1.7 prints it, in 80-bit arithmetic."""
    lon, lat = np.asarray(ring, dtype=LONG).T * PI / 180
    half, middle = np.diff(lat) / 2, (lat[1:] + lat[:-1]) / 2
    from_meridian = (lon[1:] + lon[:-1]) / 2 - meridian_deg * PI / 180
    b2 = LONG(SEMI_MAJOR_M) ** 2 * (1 - E2)
    terms = [
        (-1) ** k * c * np.sin((2 * k + 1) * half) * np.cos((2 * k + 1) * middle)
        for k, c in enumerate(coefficients())
    ]
    return float((2 * b2 * from_meridian * sum(terms)).sum())


def blob(lon, lat, size_m, n=12, seed=1):
    """A star-shaped parcel of about size_m across, closed, counter-clockwise."""
    radius = size_m / 2 * np.random.default_rng(seed).uniform(0.6, 1, n)
    angle = np.arange(n) * 2 * np.pi / n
    east, north = ellipsoid.local_scale(lat)
    ring = np.column_stack(
        [lon + radius * np.cos(angle) / east, lat + radius * np.sin(angle) / north]
    )
    return np.vstack([ring, ring[:1]])


def test_the_series_has_the_coefficients_that_the_domain_note_states():
    assert [float(c) for c in coefficients()[:3]] == pytest.approx(
        [1.0033640898, 0.0011241894, 1.6994595e-6], rel=5e-8
    )


@given(lons, lats, sizes_m, st.integers(0, 999))
def test_the_shoelace_is_the_statutory_sum(lon, lat, size_m, seed):
    ring = blob(lon, lat, size_m, seed=seed)
    (area,) = ellipsoid.ring_areas_m2(ring, [0, len(ring)])
    assert area == pytest.approx(statutory_m2(ring), abs=1e-6, rel=1e-10)


@given(lons, lats)
def test_ten_square_metres_are_right_to_a_millionth(lon, lat):
    ring = blob(lon, lat, 4)
    assert ellipsoid.areas_m2([shapely.Polygon(ring)])[0] == pytest.approx(
        statutory_m2(ring), abs=1e-6
    )


@given(lons, lats, st.floats(30, 300), st.integers(0, 999))
def test_the_area_of_a_parcel_is_geographiclibs_within_a_millionth(lon, lat, size_m, seed):
    parcel = shapely.Polygon(blob(lon, lat, size_m, seed=seed))
    theirs = abs(GEOD.geometry_area_perimeter(parcel)[0])
    # GeographicLib's own rounding is of the order of 10⁻⁴ m² on small parcels.
    assert ellipsoid.areas_m2([parcel])[0] == pytest.approx(theirs, rel=1e-6, abs=5e-4)


def test_a_long_edge_lies_off_the_geodesic_by_its_known_sliver():
    lon, lat, length_m = 112.9, 45.0, 3000.0
    east = length_m / ellipsoid.local_scale(lat)[0]
    north_edge = [(lon + east * step, lat + 0.01) for step in np.linspace(1, 0, 301)]
    field = shapely.Polygon([(lon, lat), (lon + east, lat), *north_edge])
    difference = abs(GEOD.geometry_area_perimeter(field)[0]) - ellipsoid.areas_m2([field])[0]
    sliver = length_m**3 * np.tan(np.radians(lat)) / 12 / SEMI_MAJOR_M
    assert difference == pytest.approx(-sliver, rel=0.02)


def test_the_whole_ellipsoid_has_its_known_area():
    equator_to_pole = ellipsoid.band_area_m2(np.pi / 2)
    assert 4 * np.pi * equator_to_pole == pytest.approx(5.1006562172e14, rel=1e-9)


@pytest.mark.parametrize(("lon", "ppm"), [(113.2, 164), (112.9, 309), (112.3, 741)])
def test_a_plane_area_is_too_large_by_what_the_domain_note_states(lon, ppm):
    parcel = shapely.Polygon(blob(lon, 23.9, 100))
    to_plane = pyproj.Transformer.from_crs(4490, 4526, always_xy=True)
    planar = shapely.transform(parcel, to_plane.transform, interleaved=False).area
    excess = planar / ellipsoid.areas_m2([parcel])[0] - 1
    assert excess * 1e6 == pytest.approx(ppm, abs=4)


@given(lons, lats, sizes_m)
def test_a_parcel_of_zone_37_or_38_or_degrees_has_one_area(lon, lat, size_m):
    lon = 112.3 + (lon - 74) / 60
    parcel = shapely.Polygon(blob(lon, 23.4 + (lat - 18) / 40, size_m))
    areas = [ellipsoid.areas_m2([parcel])[0]]
    for code in (4525, 4526, 4546, 4547):
        there = pyproj.Transformer.from_crs(4490, code, always_xy=True)
        back = pyproj.Transformer.from_crs(code, 4490, always_xy=True)
        grid = shapely.transform(parcel, there.transform, interleaved=False)
        again = shapely.transform(grid, back.transform, interleaved=False)
        areas.append(ellipsoid.areas_m2([again])[0])
    assert np.ptp(areas) <= 1e-6 * areas[0]


@given(lons, lats, sizes_m, st.floats(0.05, 0.95))
def test_the_parts_of_a_split_parcel_add_up(lon, lat, size_m, share):
    parcel = shapely.box(lon, lat, lon + size_m / 1e5, lat + size_m / 1e5)
    cut = lon + share * size_m / 1e5
    parts = [
        shapely.box(lon, lat, cut, lat + size_m / 1e5),
        shapely.box(cut, lat, lon + size_m / 1e5, lat + size_m / 1e5),
    ]
    whole, *halves = ellipsoid.areas_m2([parcel, *parts])
    assert sum(halves) == pytest.approx(whole, rel=1e-9)


@given(lons, lats, sizes_m)
def test_running_a_ring_backwards_changes_the_sign_only(lon, lat, size_m):
    ring = blob(lon, lat, size_m)
    forward, backward = ellipsoid.ring_areas_m2(
        np.vstack([ring, ring[::-1]]), [0, len(ring), 2 * len(ring)]
    )
    assert forward > 0
    assert backward == pytest.approx(-forward, rel=1e-9)


@given(lons, lats, sizes_m, st.integers(0, 10))
def test_it_does_not_matter_where_a_ring_begins_or_whether_it_is_closed(lon, lat, size_m, turn):
    ring = blob(lon, lat, size_m)
    turned = np.roll(ring[:-1], turn, axis=0)
    closed, is_open = ellipsoid.ring_areas_m2(
        np.vstack([ring, turned]), [0, len(ring), len(ring) + len(turned)]
    )
    assert is_open == pytest.approx(closed, rel=1e-9)


@given(lats, sizes_m, st.floats(-30, 30))
def test_moving_a_parcel_along_its_parallel_keeps_its_area(lat, size_m, by):
    here, there = blob(100, lat, size_m), blob(100 + by, lat, size_m)
    areas = ellipsoid.areas_m2([shapely.Polygon(here), shapely.Polygon(there)])
    assert areas[0] == pytest.approx(areas[1], rel=1e-7, abs=1e-6)


def test_a_hole_is_taken_off_and_parts_are_added_however_they_run():
    shell, hole = blob(112.9, 23.9, 300), blob(112.9, 23.9, 50)
    far = blob(113.0, 24.0, 100)
    a, b, c = ellipsoid.areas_m2([shapely.Polygon(each) for each in (shell, hole, far)])
    for ring in (hole, hole[::-1]):
        holed = shapely.Polygon(shell, [ring])
        both = shapely.MultiPolygon([holed, shapely.Polygon(far[::-1])])
        nested = shapely.GeometryCollection([both, shapely.Point(0, 0)])
        assert ellipsoid.areas_m2([holed, both, nested]) == pytest.approx(
            [a - b, a - b + c, a - b + c], rel=1e-9
        )


def test_what_has_no_area_counts_nothing_and_nothing_is_an_empty_array():
    nothing = [None, shapely.Polygon(), shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])]
    assert ellipsoid.areas_m2(nothing).tolist() == [0, 0, 0, 0]
    assert ellipsoid.areas_m2([]).shape == (0,)
    assert ellipsoid.areas_of_wkb_m2([]).shape == (0,)
    assert ellipsoid.ring_areas_m2(np.empty((0, 2)), [0]).shape == (0,)
    assert ellipsoid.ring_areas_m2(np.ones((1, 2)), [0, 0, 1, 1]).tolist() == [0, 0, 0]


def test_a_ring_with_a_coordinate_that_is_no_number_spoils_itself_only():
    ring = blob(112.9, 23.9, 100)
    for bad in (np.nan, np.inf, 1e308):
        spoiled = ring.copy()
        spoiled[3, 1] = bad
        areas = ellipsoid.ring_areas_m2(np.vstack([ring, spoiled, ring]), np.arange(4) * len(ring))
        assert areas[[0, 2]] == pytest.approx(statutory_m2(ring), rel=1e-9)
        assert areas[1] != pytest.approx(areas[0])


@pytest.mark.parametrize(
    ("coords", "offsets"),
    [
        (np.ones((4, 3)), [0, 4]),
        (np.ones((4, 2)), []),
        (np.ones((4, 2)), [0, 5]),
        (np.ones((4, 2)), [-1, 4]),
        (np.ones((4, 2)), [0, 3, 2]),
    ],
)
def test_arrays_that_do_not_fit_are_refused(coords, offsets):
    with pytest.raises(ValueError, match=r"coords must be|offsets must rise"):
        ellipsoid.ring_areas_m2(coords, offsets)


def many(n=3000):
    fate = np.random.default_rng(7)
    return [
        shapely.Polygon(blob(lon, lat, size, n=int(corners), seed=i))
        for i, (lon, lat, size, corners) in enumerate(
            zip(
                fate.uniform(80, 130, n),
                fate.uniform(20, 50, n),
                fate.uniform(3, 500, n),
                fate.integers(3, 60, n),
                strict=True,
            )
        )
    ]


def test_blocks_leave_no_seam():
    parcels = many()
    one_by_one = [statutory_m2(parcel.exterior.coords) for parcel in parcels]
    assert ellipsoid.areas_m2(parcels) == pytest.approx(one_by_one, rel=1e-9, abs=1e-6)


def test_stored_bytes_and_geometries_have_the_same_areas():
    parcels = many(300)
    shell, hole = blob(112.9, 23.9, 300), blob(112.9, 23.9, 50)
    kinds = [
        None,
        shapely.Polygon(),
        shapely.MultiPolygon(),
        shapely.Polygon(shell, [hole]),
        shapely.MultiPolygon([parcels[0]]),
        shapely.MultiPolygon([shapely.Polygon(shell, [hole])]),
        shapely.MultiPolygon(parcels[:2]),
        shapely.Polygon([(*each, 5.0) for each in shell]),
        *parcels,
    ]
    blobs = [None if each is None else shapely.to_wkb(each) for each in kinds]
    blobs.append(shapely.to_wkb(parcels[0], byte_order=0))
    blobs.append(shapely.to_wkb(shapely.set_srid(parcels[0], 4490), include_srid=True))
    expected = ellipsoid.areas_m2([*kinds, parcels[0], parcels[0]])
    assert ellipsoid.areas_of_wkb_m2(blobs) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda wkb: wkb[:-16],
        lambda wkb: wkb[:-3],
        lambda wkb: wkb[:9] + b"\xff\xff\xff\x7f" + wkb[13:],
        lambda wkb: wkb[:7],
    ],
)
def test_bytes_that_lie_about_their_points_are_refused(spoil):
    with pytest.raises(shapely.errors.GEOSException):
        ellipsoid.areas_of_wkb_m2([spoil(shapely.to_wkb(shapely.Polygon(blob(1, 2, 9))))])


@given(lons, lats)
def test_a_degree_is_as_long_as_the_geodesic(lon, lat):
    east, north = ellipsoid.local_scale(lat)
    step = 1e-3
    assert east * step == pytest.approx(GEOD.inv(lon, lat, lon + step, lat)[2], rel=1e-6)
    north_m = GEOD.inv(lon, lat - step / 2, lon, lat + step / 2)[2]
    assert north * step == pytest.approx(north_m, rel=1e-6)


@given(lons, lats, st.floats(10, 2000))
def test_the_plane_keeps_areas_exactly_and_lengths_nearly(lon, lat, size_m):
    parcel = shapely.Polygon(blob(lon, lat, size_m))
    (laid,) = ellipsoid.to_plane([parcel], lon, lat)
    assert laid.area == pytest.approx(ellipsoid.areas_m2([parcel])[0], rel=1e-7)
    assert laid.length == pytest.approx(abs(GEOD.geometry_area_perimeter(parcel)[1]), rel=3e-4)


def test_each_geometry_can_have_a_plane_of_its_own_and_none_stays_none():
    parcels = [shapely.Polygon(blob(100, 20, 9)), None, shapely.Polygon(blob(120, 40, 9))]
    laid = ellipsoid.to_plane(parcels, [100, 0, 120], [20, 0, 40])
    assert laid[1] is None
    for each in laid[[0, 2]]:
        assert np.abs(each.bounds).max() < 9
