"""Statistics by weights: reasons for what is missing, and real parcels beside given figures."""

import csv

import exactextract
import numpy as np
import pyogrio
import pytest
import rasterio
import rasterio.features
import shapely
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import grids, rings
from geo.coverage import coverage
from geo.grids import Grid
from geo.series import Missing
from geo.zonal import BANDS, CLEAR, CLOUDY, NO_DATA, Image, Limits, means, measure

SIZE = 12
ANYTHING = Limits(min_pixels=0, max_cloud_share=1, max_evi=1.5)
FOUR = Limits(min_pixels=4, max_cloud_share=0.5, max_evi=1.5)
SINGLE = 1e-5


def cover_of(*shapes):
    made = np.array(shapes, object)
    return coverage(rings.of_geometries(made), n=len(made), height=SIZE, width=SIZE)


def image_of(cover, values, state=None, names=("NDVI",), **scaling):
    """The part of whole layers that the window of a cover holds."""
    window = cover.window
    rows = slice(window.row, window.row + window.height)
    columns = slice(window.column, window.column + window.width)
    layers = np.atleast_3d(values) if np.ndim(values) == 3 else np.asarray(values)[None]
    whole = np.zeros(layers.shape[1:], np.uint8) if state is None else state
    places = {name: place for place, name in enumerate(names)}
    return Image(
        np.ascontiguousarray(layers[:, rows, columns]),
        places,
        np.ascontiguousarray(whole[rows, columns]),
        **scaling,
    )


def even(cover, bands):
    """An image whose four bands are the same everywhere."""
    layers = np.array([np.full((SIZE, SIZE), value) for value in bands])
    return image_of(cover, layers, names=BANDS)


def test_the_four_indices_are_those_of_the_reflectances():
    cover = cover_of(shapely.box(1, 1, 5, 5))
    raw = np.array([np.full((SIZE, SIZE), value) for value in (1500, 1400, 4600, 2600)], np.uint16)
    names = ("B2", "B4", "B8", "B11")
    found = measure(cover, image_of(cover, raw, names=names, scale=1e-4, offset=-1000), FOUR)
    expected = (
        0.32 / 0.40,
        2.5 * 0.32 / (0.36 + 6 * 0.04 - 7.5 * 0.05 + 1),
        0.20 / 0.52,
        (0.20 - 0.41) / (0.20 + 0.41),
    )
    assert found.missing.tolist() == [Missing.PRESENT]
    assert found.n_pixels.tolist() == [16]
    assert found.mean[0] == pytest.approx(expected, rel=1e-6)
    assert found.sd[0] == pytest.approx(0, abs=1e-7)


def test_a_band_that_the_correction_left_below_zero_over_water_keeps_the_pixel():
    cover = cover_of(shapely.box(1, 1, 5, 5))
    pond = (0.03, 0.02, 0.015, -0.005)
    found = measure(cover, even(cover, pond), FOUR)
    least = 1e-4
    expected = (
        -0.005 / 0.035,
        2.5 * -0.005 / (0.015 + 6 * 0.02 - 7.5 * 0.03 + 1),
        (0.015 - least) / (0.015 + least),
        (least + 0.02 - 0.045) / (least + 0.02 + 0.045),
    )
    assert found.missing.tolist() == [Missing.PRESENT]
    assert found.mean[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "bands",
    [
        (-0.9999, -0.9999, -0.9999, -0.9999),
        (0.05, 0.04, 0.36, -0.3),
        (6.5535, 6.5535, 6.5535, 6.5535),
        (0.0, 0.0, 0.0, 0.0),
        (-0.001, -0.002, -0.001, -0.003),
        (-0.1, -0.1, -0.1, -0.1),  # raw nought, less the offset
        (0.05, 0.04, np.nan, 0.16),
    ],
)
def test_what_no_surface_reflects_is_out_of_range_and_no_index_is_zero(bands):
    cover = cover_of(shapely.box(1, 1, 5, 5))
    found = measure(cover, even(cover, bands), FOUR)
    assert found.missing.tolist() == [Missing.OUT_OF_RANGE]
    assert np.isnan(found.mean).all()


def test_an_index_whose_bands_the_image_lacks_is_nan_and_the_others_stand():
    cover = cover_of(shapely.box(1, 1, 5, 5))
    raw = np.array([np.full((SIZE, SIZE), value) for value in (0.1, 0.3)])
    found = measure(cover, image_of(cover, raw, names=("B4", "B8")), FOUR)
    assert found.mean[0, 0] == pytest.approx(0.5)
    assert np.isnan(found.mean[0, 1:]).all()
    with pytest.raises(ValueError, match="no index"):
        measure(cover, image_of(cover, raw, names=("B2", "B4")), FOUR)
    with pytest.raises(ValueError, match="the window"):
        measure(cover, Image(raw, {"B4": 0, "B8": 1}, np.zeros((2, 2), np.uint8)), FOUR)


def test_each_reason_for_a_missing_value_is_told_apart():
    state = np.full((SIZE, SIZE), CLEAR, np.uint8)
    state[:, 4:6], state[:, 6:8], state[:5, 8:10] = CLOUDY, NO_DATA, CLOUDY
    values = np.full((SIZE, SIZE), 0.5)
    values[:, 10:] = 1.2
    cover = cover_of(
        shapely.box(0, 0, 2, 2),
        shapely.box(4, 0, 6, 6),
        shapely.box(6, 0, 8, 6),
        shapely.box(2, 0, 3.5, 2),
        shapely.box(10, 0, 12, 6),
        shapely.box(8, 0, 10, 9),
        shapely.box(-5, 0, 1, 2),
    )
    found = measure(cover, image_of(cover, values, state), FOUR)
    assert [Missing(each) for each in found.missing] == [
        Missing.PRESENT,
        Missing.CLOUD,
        Missing.NO_IMAGE,
        Missing.TOO_SMALL,
        Missing.OUT_OF_RANGE,
        Missing.CLOUD,  # more than half of it
        Missing.NO_IMAGE,  # most of it lies beyond the grid
    ]
    assert found.cloud_share[[0, 1, 5]] == pytest.approx([0, 1, 5 / 9])
    assert np.isnan(found.cloud_share[2])
    is_missing = found.missing != Missing.PRESENT
    assert np.isnan(found.mean[is_missing]).all()
    assert np.isnan(found.quantiles[is_missing]).all()
    assert np.isnan(found.sd[is_missing]).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 2**31), min_size=1, max_size=3),
    st.sampled_from([0.4, 1.5, 4.0]),
    st.randoms(use_true_random=False),
)
def test_statistics_are_those_of_exactextract(seeds, size, random):
    values = np.array([[random.uniform(-1, 1) for _ in range(SIZE)] for _ in range(SIZE)])
    shapes = []
    for seed in seeds:
        fate = np.random.default_rng(seed)
        points = fate.uniform(size, SIZE - size, 2) + fate.uniform(-size, size, (7, 2))
        shapes.append(shapely.MultiPoint(points).convex_hull)
    cover = cover_of(*shapes)
    found = measure(cover, image_of(cover, values), ANYTHING)
    raster = NumPyRasterSource(values[::-1].copy(), 0, 0, SIZE, SIZE)
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in shapes
    ]
    wanted = ["mean", "stdev", "count"]
    for k, each in enumerate(exactextract.exact_extract(raster, features, wanted)):
        told = each["properties"]
        assert found.mean[k, 0] == pytest.approx(told["mean"], abs=SINGLE)
        assert found.sd[k] == pytest.approx(told["stdev"], abs=SINGLE)
        assert found.n_pixels[k] == pytest.approx(told["count"], rel=SINGLE)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.05, 1)), min_size=1, max_size=SIZE))
def test_a_quartile_is_where_a_quarter_of_the_weight_lies_below(pixels):
    values = np.zeros((SIZE, SIZE))
    values[0, : len(pixels)] = [value for value, _ in pixels]
    strips = [shapely.box(k, 0, k + 1, weight) for k, (_, weight) in enumerate(pixels)]
    cover = cover_of(shapely.union_all(strips))
    found = measure(cover, image_of(cover, values), ANYTHING)
    told = np.array(pixels)[np.argsort([value for value, _ in pixels], kind="stable")]
    middle = np.cumsum(told[:, 1]) - told[:, 1] / 2
    expected = np.interp(np.array([0.25, 0.5, 0.75]) * told[:, 1].sum(), middle, told[:, 0])
    assert found.quantiles[0] == pytest.approx(expected, abs=1e-4)


def test_means_leave_out_no_data_and_are_nan_where_there_is_nothing():
    cover = cover_of(shapely.box(0, 0, 2, 1), shapely.box(5, 5, 6, 6), shapely.box(50, 50, 51, 51))
    layer = np.zeros((SIZE, SIZE))
    layer[0, :2], layer[5, 5] = (1, 3), -9
    window = cover.window
    inside = layer[None, : window.height, : window.width].copy()
    assert means(cover, inside, no_data=-9)[:2, 0] == pytest.approx([2, np.nan], nan_ok=True)
    assert np.isnan(means(cover, inside)[2, 0])


class Slovenia:
    """88 parcels, 68 dates of NDVI with a mask of valid pixels, and the given statistics."""

    def __init__(self, folder):
        raster = folder / "series" / "si_ndvi_stack_2015_2017.tif"
        with rasterio.open(raster) as stack:
            self.raw, self.transform = stack.read(), stack.transform
            self.grid = Grid(
                tuple(stack.transform)[:6], stack.height, stack.width, stack.crs.to_wkt()
            )
        with rasterio.open(folder / "series" / "si_valid_mask_stack.tif") as stack:
            self.valid = stack.read() == 1
        _, _, wkb, _ = pyogrio.raw.read(folder / "parcels" / "si_raba_landuse_88.gpkg")
        self.flat = shapely.from_wkb(wkb)
        self.cover = self.cover_of(self.flat)
        self.given = {name: np.full((88, 68), np.nan) for name in ("mean", "n")}
        with (folder / "series" / "si_parcel_ndvi_2015_2017.csv").open() as file:
            for k, row in enumerate(csv.DictReader(file)):
                self.given["n"].flat[k] = float(row["valid_pixels"])
                self.given["mean"].flat[k] = float(row["ndvi_mean_valid"] or "nan")

    def cover_of(self, shapes):
        """The cover of polygons that are in the raster's own system."""
        found = rings.of_geometries(shapes)
        placed = found.moved(self.grid.to_pixels(found.xy))
        return coverage(placed, n=88, height=self.grid.height, width=self.grid.width)

    def observed(self, limits):
        """Every date by our weights."""
        made = []
        for raw, valid in zip(self.raw, self.valid, strict=True):
            state = np.where(raw == -32768, NO_DATA, np.where(valid, CLEAR, CLOUDY))
            image = image_of(self.cover, raw, state.astype(np.uint8), scale=1e-4)
            made.append(measure(self.cover, image, limits))
        return made

    def by_centres(self):
        """Every date by the pixels whose centre lies in the parcel, as the figures were made."""
        sums = np.zeros((88, 68, 2))
        for k, shape in enumerate(self.flat):
            inside = rasterio.features.rasterize(
                [(shape, 1)], out_shape=self.raw.shape[1:], transform=self.transform
            ).astype(bool)
            valid = self.valid[:, inside] & (self.raw[:, inside] != -32768)
            sums[k, :, 0] = np.where(valid, self.raw[:, inside], 0).sum(axis=1)
            sums[k, :, 1] = valid.sum(axis=1)
        return sums


@pytest.fixture(scope="module")
def slovenia(shared_data):
    return Slovenia(shared_data)


def test_the_given_means_come_out_and_what_differs_is_the_weight_of_edge_pixels(slovenia):
    found = slovenia.observed(ANYTHING)
    ours = np.array([each.mean[:, 0] for each in found]).T
    enough = slovenia.given["n"] >= 10
    assert enough.sum() > 1500
    away = np.abs(ours - slovenia.given["mean"])[enough]
    near = away <= 0.01 * np.abs(slovenia.given["mean"][enough])
    assert near.mean() > 0.7
    assert away.max() < 0.03
    # With weights of nought and one by the pixels' centres, the figures are the given ones.
    sums = slovenia.by_centres()
    assert np.array_equal(sums[..., 1], slovenia.given["n"])
    by_centres = sums[..., 0][enough] / sums[..., 1][enough] / 10_000
    assert np.abs(by_centres - slovenia.given["mean"][enough]).max() <= 1.01e-4


def test_parcels_without_a_pixel_centre_or_a_clear_pixel_stay_typed_unknowns(slovenia):
    is_given = ~np.isnan(slovenia.given["mean"])
    assert (~is_given).mean() == pytest.approx(0.423, abs=0.001)
    found = slovenia.observed(FOUR)
    missing = np.array([each.missing for each in found]).T
    ours = np.array([each.mean[:, 0] for each in found]).T
    assert np.array_equal(np.isnan(ours), missing != Missing.PRESENT)
    empty = missing[~is_given]
    assert set(empty.tolist()) == {Missing.CLOUD, Missing.NO_IMAGE, Missing.TOO_SMALL}
    assert np.isnan(ours[~is_given]).all()
    tiny = slovenia.cover.area_px < 1
    assert tiny.sum() >= 7
    assert (missing[tiny] == Missing.TOO_SMALL).all()


def test_parcels_of_the_book_are_brought_to_the_rasters_own_system(slovenia):
    back = rings.of_geometries(slovenia.flat)
    lonlat = shapely.transform(slovenia.flat, lambda xy: grids.to_lonlat(slovenia.grid.crs, xy))
    placed = grids.place(lonlat, slovenia.grid)
    assert placed.xy == pytest.approx(slovenia.grid.to_pixels(back.xy), abs=1e-4)
