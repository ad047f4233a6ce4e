"""Reading the pixels of a window of a raster, with what is cloud and what has no data."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow

from config.thresholds import ImageryThresholds
from geo.coverage import Window
from geo.grids import Grid
from geo.zonal import CLEAR, CLOUDY, NO_DATA, Image
from service.imagery.errors import refusal
from service.imagery.holes import States, holes
from service.imagery.radiometry import scaling_of
from service.imagery.rasters import Given, Source, grid_of, name_of, opened

SCL_NOTHING = 0


def image_of(source: Source, window: Window, given: Given, limits: ImageryThresholds) -> Image:
    """Read a window; refuse numbers that cannot be what they are said to be."""
    names = list(source.places)
    area = RasterWindow(window.column, window.row, window.width, window.height)
    with opened(source.path) as raster:
        layers = raster.read([source.places[name] for name in names], window=area)
        state = holes(raster, source, layers, area, limits)
        for name, number in source.masks.items():
            mask = raster.read(number, window=area)
            values = limits.scl_cloud if name == "SCL" else given.cloud_values
            _cover(state, mask, tuple(values), is_scl=name == "SCL")
    if given.cloud is not None:
        _cover_from(given.cloud, source.grid, area, state, given, limits)
    found = scaling_of(source, layers, state, given, limits)
    places = {name: place for place, name in enumerate(names)}
    return Image(layers, places, state, found.scale, found.offset)


def _cover(state: States, mask: npt.NDArray[Any], values: tuple[int, ...], *, is_scl: bool) -> None:
    """Mark what is cloud, where there is data; a mask without values marks all but 0."""
    is_cloud = np.isin(mask, values) if values else mask != 0
    state[is_cloud & (state == CLEAR)] = CLOUDY
    if is_scl:
        state[mask == SCL_NOTHING] = NO_DATA


def _cover_from(
    path: Path,
    grid: Grid,
    area: RasterWindow,
    state: States,
    given: Given,
    limits: ImageryThresholds,
) -> None:
    """Mark cloud from a raster of its own, brought to our grid by the nearest pixel."""
    with opened(path) as raster:
        grid_of(raster, path)
        if raster.count != 1:
            raise refusal("cloud", f"云掩膜 {path.name} 有 {raster.count} 个波段;请给单波段的")
        is_scl = name_of(raster.descriptions[0] or "") == "SCL"
        values = given.cloud_values or (limits.scl_cloud if is_scl else ())
        declared = raster.nodatavals[0]
        with WarpedVRT(
            raster,
            # What is said to be cloud is cloud, whatever the file declares.
            src_nodata=None if declared in values else declared,
            crs=grid.crs,
            transform=_affine(grid),
            width=grid.width,
            height=grid.height,
            resampling=Resampling.nearest,
            dtype="float32",  # every number of the mask's own may mean something
            nodata=np.nan,
        ) as moved:
            mask = moved.read(1, window=area)
    is_unknown = np.isnan(mask)
    _cover(state, np.where(is_unknown, 0, mask), tuple(values), is_scl=is_scl)
    state[is_unknown] = NO_DATA


def _affine(grid: Grid) -> Any:
    return Affine(*grid.affine)
