"""The exact cover of pixels by polygons: laws, hand-made squares, exactextract as the oracle."""

import exactextract
import numpy as np
import pytest
import shapely
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import grids, rings
from geo.coverage import coverage
from geo.grids import Grid

HEIGHT, WIDTH = 12, 15
SINGLE = 1e-6
"""What exactextract's own weights, of single precision, may be off."""


def cover_of(*shapes, height=HEIGHT, width=WIDTH, dtype=np.float64):
    given_ones = np.array(shapes, object)
    return coverage(
        rings.of_geometries(given_ones), n=len(shapes), height=height, width=width, dtype=dtype
    )


def whole(cover, k, *, height=HEIGHT, width=WIDTH):
    """One polygon's weights as an array of the whole grid."""
    made = np.zeros((height, width))
    mine = slice(cover.indptr[k], cover.indptr[k + 1])
    row, column = np.divmod(cover.pixel[mine], max(cover.window.width, 1))
    made[row + cover.window.row, column + cover.window.column] = cover.weight[mine]
    return made


def by_exactextract(*shapes, height=HEIGHT, width=WIDTH):
    """The weights of the peer; its rows are counted from the north."""
    raster = NumPyRasterSource(np.zeros((height, width)), 0, 0, width, height)
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": shapely.geometry.mapping(
                shapely.transform(shape, lambda xy: np.c_[xy[:, 0], height - xy[:, 1]])
            ),
        }
        for shape in shapes
    ]
    made = []
    for each in exactextract.exact_extract(raster, features, ["cell_id", "coverage"]):
        weights = np.zeros(height * width)
        told = each["properties"]
        weights[np.array(told["cell_id"], int)] = told["coverage"]
        made.append(weights.reshape(height, width))
    return made


def test_a_square_covers_a_quarter_of_each_of_four_pixels():
    cover = cover_of(shapely.box(2.5, 3.5, 3.5, 4.5))
    assert whole(cover, 0)[3:5, 2:4].tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert cover.area_px.tolist() == [1.0]
    assert cover.window == (3, 2, 2, 2)


def test_a_hole_and_a_second_part_count_whichever_way_they_are_wound():
    ring = shapely.box(1, 1, 6, 6).difference(shapely.box(2, 2, 4.5, 5))
    both = shapely.MultiPolygon([ring, shapely.box(8.25, 8, 9, 9)])
    turned = shapely.MultiPolygon([shapely.reverse(part) for part in both.geoms])
    one, other = whole(cover_of(both), 0), whole(cover_of(turned), 0)
    assert np.array_equal(one, other)
    assert one[2, 2] == 0
    assert one[2, 4] == 0.5
    assert one[8, 8] == 0.75
    assert one.sum() == pytest.approx(both.area, abs=1e-12)


def test_what_lies_beyond_the_grid_is_left_out_but_counts_in_the_area():
    shapes = [
        shapely.box(-3, -2, 2, 1.5),
        shapely.box(WIDTH - 1, HEIGHT - 1, WIDTH + 9, HEIGHT + 9),
        shapely.box(-9, -9, WIDTH + 9, HEIGHT + 9),
        shapely.box(50, 50, 60, 60),
    ]
    cover = cover_of(*shapes)
    assert [whole(cover, k).sum() for k in range(4)] == [3.0, 1.0, HEIGHT * WIDTH, 0.0]
    assert cover.area_px.tolist() == [17.5, 100.0, (WIDTH + 18) * (HEIGHT + 18), 100.0]
    assert cover.inside_px.tolist() == [3.0, 1.0, HEIGHT * WIDTH, 0.0]


def test_a_parcel_far_smaller_than_a_pixel_keeps_its_share():
    cover = cover_of(shapely.box(4.4, 4.4, 4.401, 4.402))
    assert cover.weight == pytest.approx([2e-6], rel=1e-6)


def test_what_has_no_polygon_covers_nothing_and_keeps_its_place():
    cover = cover_of(None, shapely.box(0, 0, 1, 1), shapely.Polygon(), shapely.Point(2, 2))
    assert np.diff(cover.indptr).tolist() == [0, 1, 0, 0]
    assert cover.area_px.tolist() == [0, 1, 0, 0]
    assert len(cover_of()) == 0


def test_a_polygon_larger_than_the_buffer_is_done_in_bands():
    shape = shapely.Point(1500, 1500).buffer(1490)
    cover = cover_of(shape, height=3000, width=3000)
    assert cover.inside_px == pytest.approx([shape.area], rel=1e-12)


def near(limit):
    """A coordinate in steps of a millionth: closer to a corner the peer itself goes wrong."""
    return st.floats(-4, limit + 4).map(lambda value: round(value, 6))


corner = st.tuples(near(WIDTH), near(HEIGHT))


@st.composite
def polygons(draw):
    """Hulls, some with a hole, some with vertices on the lines between pixels."""
    points = draw(st.lists(corner, min_size=3, max_size=9))
    if draw(st.booleans()):
        points = [(round(x), round(y)) for x, y in points]
    hull = shapely.MultiPoint(points).convex_hull
    if draw(st.booleans()):
        hull = hull.difference(hull.buffer(-draw(st.floats(0.05, 3))))
    return hull


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(polygons(), min_size=1, max_size=4))
def test_random_polygons_cover_what_exactextract_says(shapes):
    shapes = [each for each in shapes if each.geom_type.endswith("Polygon") and each.area > 1e-6]
    if not shapes:
        return
    cover = cover_of(*shapes)
    for k, theirs in enumerate(by_exactextract(*shapes)):
        for row, column in np.argwhere(np.abs(whole(cover, k) - theirs) > SINGLE):
            # Where a vertex all but touches a corner the peer may miss a pixel: GEOS decides.
            cell = shapely.box(column, row, column + 1, row + 1)
            true = shapes[k].intersection(cell).area
            assert whole(cover, k)[row, column] == pytest.approx(true, abs=1e-9)
    assert (cover.weight > 0).all()
    assert (cover.weight <= 1).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(polygons(), st.floats(-2, WIDTH), st.floats(-0.9, 0.9))
def test_the_parts_of_a_cut_polygon_cover_together_what_it_covers(shape, place, tilt):
    half = shapely.Polygon([(place, -99), (-99, -99), (-99, 99), (place + tilt * 50, 99)])
    parts = [shape.intersection(half), shape.difference(half)]
    cover = cover_of(shape, *parts)
    assert whole(cover, 0) == pytest.approx(whole(cover, 1) + whole(cover, 2), abs=1e-9)


def test_single_precision_is_the_same_but_for_its_last_place():
    shape = shapely.Point(6, 6).buffer(5)
    assert cover_of(shape, dtype=np.float32).weight == pytest.approx(
        cover_of(shape).weight, abs=1e-7
    )


def test_rotated_and_south_up_grids_are_grids_too():
    affine = np.array([[8.0, 6.0, 500_000.0], [6.0, -8.0, 2_620_000.0]])
    flipped = affine * [[1, -1, 1], [1, -1, 1]]
    lonlat = shapely.box(111.0005, 23.68, 111.002, 23.6812)
    sums = []
    for each in (affine, flipped):
        grid = Grid(tuple(each.ravel()), 400, 400, "EPSG:32649")
        placed = grids.place(np.array([lonlat], object), grid)
        sums.append(coverage(placed, n=1, height=400, width=400).area_px[0] * grid.pixel_area)
    flat = grids.place(np.array([lonlat], object), Grid((1, 0, 0, 0, 1, 0), 9, 9, "EPSG:32649"))
    area = shapely.Polygon(flat.xy).area
    assert sums == pytest.approx([area, area], rel=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:32649", "EPSG:4547", "EPSG:4490", "EPSG:3857"])
def test_shrinking_is_in_metres_on_the_ground_in_every_system(crs):
    side = 100.0
    per_lat, per_lon = 110_767.0, 102_040.0  # metres per degree at 23.7°, GRS 80
    lonlat = shapely.box(112.95, 23.7, 112.95 + side / per_lon, 23.7 + side / per_lat)
    grid = Grid((1e-3 if crs == "EPSG:4490" else 10.0, 0, 0, 0, -10.0, 0), 9, 9, crs)
    full, shrunk = (
        np.abs(
            coverage(
                grids.place(np.array([lonlat], object), grid, inward_m=inward),
                n=1,
                height=9,
                width=9,
            ).area_px[0]
        )
        for inward in (0, 10)
    )
    assert shrunk / full == pytest.approx(((side - 20) / side) ** 2, rel=2e-3)


def test_what_a_polygon_becomes_does_not_depend_on_those_it_comes_with():
    """Where one zone of Gauss and Krüger meets the next, too."""
    east, west = (shapely.box(lon, 23.7, lon + 0.001, 23.701) for lon in (112.51, 112.40))
    grid = Grid((1e-4, 0, 112, 0, -1e-4, 24), 9000, 9000, "EPSG:4490")
    pair = grids.place(np.array([east, west], object), grid, inward_m=5)
    for k, each in enumerate((east, west)):
        alone = grids.place(np.array([each], object), grid, inward_m=5)
        mine = slice(pair.points[k], pair.points[k + 1])
        assert np.array_equal(pair.xy[mine], alone.xy)


def test_a_parcel_narrower_than_its_buffer_is_gone():
    thin = shapely.box(112.95, 23.7, 112.95004, 23.71)
    grid = Grid((10.0, 0, 0, 0, -10.0, 0), 9, 9, "EPSG:32649")
    assert len(grids.place(np.array([thin], object), grid, inward_m=5)) == 0


def test_a_degenerate_grid_and_vertices_without_a_place_raise():
    square = np.array([shapely.box(112, 23, 112.1, 23.1)], object)
    with pytest.raises(ValueError, match="no inverse"):
        grids.place(square, Grid((0, 0, 0, 0, 0, 0), 9, 9, "EPSG:32649"))
    far = np.array([shapely.box(-70, -95, -60, -91)], object)
    with pytest.raises(ValueError, match="no place"):
        grids.place(far, Grid((10, 0, 0, 0, -10, 0), 9, 9, "EPSG:32649"))
