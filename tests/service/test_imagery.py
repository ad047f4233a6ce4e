"""Observations of parcels from rasters and tables, as the command line brings them in."""

from datetime import date
from uuid import uuid4

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio import Affine

from geo import ellipsoid
from geo.series import Missing
from service import audit, imagery_commands
from service.imagery import store
from service.imagery.rasters import Given
from service.parcels.models import ParcelVersion
from service.space import as_multi  # noqa: F401
from tests.land_files import TAIHE, TAIPING, squares

DAY = "2023-04-18"
UTM = "EPSG:32649"
PIXEL = 10.0
REFLECTANCE = {"B2": 0.05, "B4": 0.04, "B8": 0.36, "B11": 0.16}
NDVI = (0.36 - 0.04) / (0.36 + 0.04)
LSWI = (0.36 - 0.16) / (0.36 + 0.16)
EVI = 2.5 * (0.36 - 0.04) / (0.36 + 6 * 0.04 - 7.5 * 0.05 + 1)
BSI = ((0.16 + 0.04) - (0.36 + 0.05)) / ((0.16 + 0.04) + (0.36 + 0.05))


@pytest.fixture
def parcels(database):
    """Nine squares of 200 m in two towns."""
    shapes = squares(3)
    with database.system_transaction() as session:
        at = audit.instant(session)
        made = [
            ParcelVersion(
                id=number,
                uid=uuid4(),
                area_code=f"{TAIHE if number <= 6 else TAIPING}201",
                valid_from=date(2022, 1, 1),
                recorded_at=at,
                digest="0" * 64,
                land_class="0101",
                survey_code=f"44180310200000{number:05d}",
                ellipsoidal_area_m2=float(ellipsoid.areas_m2(np.array([shape], object))[0]),
                geometry=shape,
            )
            for number, shape in enumerate(shapes, start=1)
        ]
        session.add_all(made)
    return made


def utm_corner():
    """The north-west corner of a grid that holds the squares with 50 m around."""
    mover = pyproj.Transformer.from_crs("EPSG:4490", UTM, always_xy=True)
    bounds = np.array([each.bounds for each in squares(3)])
    west, south, east, north = *bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)
    xs, ys = mover.transform([west, west, east, east], [south, north, south, north])
    return min(xs) - 50, max(ys) + 50


def layers_of(values=None, *, shape=(80, 80), dtype="uint16", scale=1e4, lift=0):
    """One even layer for each band, with a dark corner as every scene has somewhere."""
    told = values or REFLECTANCE
    made = np.array([np.full(shape, value * scale + lift) for value in told.values()])
    return made.astype(dtype)


def a_raster(path, layers, names=tuple(REFLECTANCE), *, crs=UTM, transform=None, **profile):
    """Write a raster over the squares."""
    x, y = utm_corner()
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=layers.shape[2],
        height=layers.shape[1],
        count=len(layers),
        dtype=layers.dtype,
        crs=crs,
        transform=transform or Affine(PIXEL, 0, x, 0, -PIXEL, y),
        **({"nodata": 0} | profile),
    ) as raster:
        raster.write(layers)
        for number, name in enumerate(names, start=1):
            raster.set_band_description(number, name)
    return path


@pytest.fixture
def observe(database, settings, parcels):
    """Run `chungeng observe` in this process."""

    def run(*rasters, on=DAY, source="S2", acting="", area="", buffer=None, **given):
        order = imagery_commands.order_of(
            on, source, Given(**given), database.thresholds.imagery, area, buffer, None
        )
        return imagery_commands.observe(database, settings, rasters, order, acting=acting)

    return run


@pytest.fixture
def cube(settings):
    def read(town=TAIHE, **asked):
        return store.read_cube(settings.observation_directory, "2023", town, **asked)

    return read


def test_a_raster_gives_every_parcel_its_four_indices(observe, cube, tmp_path, parcels):
    outcome = observe(a_raster(tmp_path / "a.tif", layers_of()))
    assert outcome.n_by_reason[Missing.PRESENT] == 9
    uids, dates, values, missing = cube()
    assert set(uids) == {each.uid for each in parcels[:6]}
    assert dates.tolist() == [date(2023, 4, 18)]
    assert (missing == Missing.PRESENT).all()
    assert values.reshape(-1, 4) == pytest.approx(np.tile([NDVI, EVI, LSWI, BSI], (6, 1)), rel=1e-5)
