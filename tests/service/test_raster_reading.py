"""What the pixels of a raster are taken for: data, cloud or nothing; and how they are scaled."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from config.thresholds import Thresholds
from geo.coverage import Window
from geo.zonal import CLEAR, CLOUDY, NO_DATA
from service.imagery import reading
from service.imagery.errors import RasterRefused
from service.imagery.rasters import Given, inspected

LIMITS = Thresholds.read().imagery
SIZE = 60
WHOLE = Window(0, 0, SIZE, SIZE)
HOLE = (slice(0, 5), slice(0, 5))
"""Few of the pixels: 0.7 %."""
BANDS = {"B2": 0.05, "B4": 0.04, "B8": 0.36, "B11": 0.16}


@pytest.fixture
def write(tmp_path):
    """Write a raster of 10 m in the county."""

    def make(layers, names, *, name="a.tif", no_data=None, step=10.0):
        with rasterio.open(
            tmp_path / name,
            "w",
            driver="GTiff",
            width=layers.shape[2],
            height=layers.shape[1],
            count=len(layers),
            dtype=layers.dtype,
            crs="EPSG:4547",
            transform=Affine(step, 0, 400_000, 0, -step, 2_600_000),
            nodata=no_data,
        ) as raster:
            raster.write(layers)
            for number, band in enumerate(names, start=1):
                raster.set_band_description(number, band)
        return tmp_path / name

    return make


def reflectances(dtype="int16", lift=0):
    """Four bands that vary a little, with a dark corner as every scene has somewhere."""
    fate = np.random.default_rng(1)
    scale = 1 if np.dtype(dtype).kind == "f" else 1e4
    layers = [value * fate.uniform(0.9, 1.1, (SIZE, SIZE)) for value in BANDS.values()]
    layers = np.array(layers) * scale
    layers[:, -8:, -8:] = 0.01 * scale
    return (layers + lift).astype(dtype)


def index(dtype="int16"):
    """NDVI that varies."""
    values = np.random.default_rng(2).uniform(0.2, 0.9, (1, SIZE, SIZE))
    return (values * (1 if np.dtype(dtype).kind == "f" else 1e4)).astype(dtype)


def image(path: Path, **given):
    """Read the whole of a raster."""
    source = inspected(path, Given(**given))
    return reading.image_of(source, WHOLE, Given(**given), LIMITS), source.notes


LOWEST = float(np.finfo(np.float32).min)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("int16", 0),
        ("int16", -9999),
        ("int16", -32768),
        ("int16", -10000),
        ("uint16", 65535),
        ("float32", 0),
        ("float32", -9999),
        ("float32", LOWEST),
    ],
)
def test_a_fill_that_the_file_does_not_declare_is_no_data_in_reflectances(write, dtype, fill):
    layers = reflectances(dtype)
    layers[:, *HOLE] = fill
    found, notes = image(write(layers, BANDS))
    assert (found.state[HOLE] == NO_DATA).all()
    assert (found.state == NO_DATA).sum() == found.state[HOLE].size
    assert any("没有写明无数据值" in note and "0.7%" in note for note in notes)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("int16", 0),
        ("int16", -3000),
        ("int16", -9999),
        ("int16", -32768),
        ("float32", 0),
        ("float32", -1),
        ("float32", -9999),
    ],
)
def test_a_fill_that_the_file_does_not_declare_is_no_data_in_an_index(write, dtype, fill):
    layers = index(dtype)
    layers[:, *HOLE] = fill
    found, notes = image(write(layers, ["NDVI"]))
    assert (found.state[HOLE] == NO_DATA).all()
    assert (found.state == NO_DATA).sum() == found.state[HOLE].size
    assert any("没有写明无数据值" in note for note in notes)


@pytest.mark.parametrize(
    ("dtype", "fill"), [("int16", 0), ("int16", -3000), ("float32", 0), ("int16", -2000)]
)
def test_a_value_that_fills_much_of_an_index_and_may_be_real_is_asked_about(write, dtype, fill):
    layers = index(dtype)
    layers[:, :, :10] = fill
    path = write(layers, ["NDVI"])
    with pytest.raises(RasterRefused, match=f"--nodata {fill}") as refused:
        image(path)
    assert refused.value.members["code"] == "no_data"
    assert (image(path, no_data=float(fill))[0].state[:, :10] == NO_DATA).all()
    assert (image(path, no_data=float("nan"))[0].state == CLEAR).all()


def test_a_value_that_no_index_can_have_is_no_data_however_much_it_fills(write):
    layers = index("float32")
    layers[:, :, :30] = -9999
    found, _ = image(write(layers, ["NDVI"]))
    assert (found.state[:, :30] == NO_DATA).all()
    assert (found.state[:, 30:] == CLEAR).all()


def test_no_band_of_a_surface_is_nought_in_all_whatever_the_file_declares(write):
    layers = reflectances("uint16")
    layers[:, *HOLE] = 0
    found, _ = image(write(layers, BANDS, no_data=65535))
    assert (found.state[HOLE] == NO_DATA).all()


@pytest.mark.parametrize("bands", [slice(None), slice(3, 4)])
def test_an_offset_left_in_is_seen_however_much_of_the_raster_is_nought(write, bands):
    layers = reflectances("uint16", lift=1000)
    layers[bands, :, :12] = 0
    path = write(layers, BANDS, no_data=65535)
    with pytest.raises(RasterRefused, match="--offset -1000"):
        image(path)
    assert image(path, offset=-1000.0)[0].offset == -1000
    named = write(layers, BANDS, name="S2_N0509_.tif", no_data=65535)
    assert image(named)[0].offset == -1000


def test_a_scene_without_an_offset_is_not_refused_for_its_noughts(write):
    layers = reflectances("uint16")
    layers[3, :, :12] = 0
    assert image(write(layers, BANDS, no_data=65535))[0].offset == 0


@pytest.mark.parametrize("values", [(255,), ()])
@pytest.mark.parametrize("no_data", [None, 255])
def test_a_mask_of_nought_and_255_marks_cloud_where_255_is_said_to_be_cloud(write, values, no_data):
    clouds = np.zeros((1, 40, 40), np.uint8)
    clouds[:, :20] = 255
    mask = write(clouds, [""], name="cloud.tif", step=10.0, no_data=no_data)
    found, _ = image(write(reflectances(), BANDS, no_data=0), cloud=mask, cloud_values=values)
    is_known = no_data is None or bool(values)
    assert (found.state[:20, :40] == (CLOUDY if is_known else NO_DATA)).all()
    assert (found.state[20:40, :40] == CLEAR).all()
    assert (found.state[:, 40:] == NO_DATA).all()
    assert (found.state[40:] == NO_DATA).all()


def test_what_a_scene_classification_leaves_unclassified_has_no_data(write):
    classes = np.full((1, 30, 30), 4, np.uint8)
    classes[:, :10], classes[:, 10:20] = 0, 9
    mask = write(classes, ["SCL"], name="scl.tif", step=20.0)
    found, _ = image(write(reflectances(), BANDS, no_data=0), cloud=mask)
    assert [set(found.state[rows].flat) for rows in (slice(20), slice(20, 40), slice(40, 60))] == [
        {NO_DATA},
        {CLOUDY},
        {CLEAR},
    ]


@pytest.mark.parametrize(("dtype", "times"), [("uint8", 100), ("uint8", 250), ("int16", 1000)])
def test_integers_of_another_scale_than_ten_thousand_are_asked_about(write, dtype, times):
    layers = (index("float32") * times).astype(dtype)
    path = write(layers, ["NDVI"], no_data=0)
    with pytest.raises(RasterRefused, match="--scale"):
        image(path)
    assert image(path, scale=1 / times)[0].scale == 1 / times
