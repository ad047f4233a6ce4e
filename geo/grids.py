"""Raster grids, and polygons of the book brought into a grid's own rows and columns."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo import rings, systems
from geo.rings import Rings

MITRE_LIMIT = 2.0
MERIDIAN = 114
"""Of the zone of what has no place."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The grid of a raster.

    Attributes
    ----------
    affine : tuple of 6 float
        `(a, b, c, d, e, f)`: a pixel's corner (column, row) lies at x = a column + b row + c,
        y = d column + e row + f, in `crs`. Rotated, sheared and south-up grids are grids too.
    height, width : int
        Rows and columns.
    crs : str
        WKT or code of the coordinate system, as `geo.systems.declared_system` takes it.
    """

    affine: tuple[float, float, float, float, float, float]
    height: int
    width: int
    crs: str

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in the squared unit of the CRS; 0 where the grid is degenerate."""
        a, b, _, d, e, _ = self.affine
        return abs(a * e - b * d)

    def to_pixels(self, xy: Floats) -> Floats:
        """Return points of the CRS, shape (n, 2), as (column, row), shape (n, 2).

        Raises
        ------
        ValueError
            If the grid is degenerate.
        """
        a, b, c, d, e, f = self.affine
        turn = a * e - b * d
        if not np.isfinite(turn) or turn == 0:
            raise ValueError(f"the affine {self.affine} has no inverse")
        x, y = xy[:, 0] - c, xy[:, 1] - f
        if b == 0 and d == 0:
            return np.column_stack([x / a, y / e])
        return np.column_stack([(e * x - b * y) / turn, (a * y - d * x) / turn])


def place(geometries: Any, grid: Grid, *, inward_m: float = 0.0) -> Rings:
    """Bring polygons of the book into the rows and columns of a grid.

    Parameters
    ----------
    geometries : sequence of bytes, or array of shapely geometries, shape (n,)
        Polygons and multipolygons in EPSG:4490, longitude and latitude in degrees.
    grid : Grid
        Of any CRS that PROJ can reach from EPSG:4490; vertices are moved, edges stay straight.
    inward_m : float
        Metres by which each polygon is shrunk first, in the grid's own CRS where that is
        a conformal one in metres, else in the Gauss-Krüger zone of its own middle.

    Returns
    -------
    Rings
        In (column, row); `source` tells the place in what was given. Polygons that the
        shrinking leaves nothing of are absent.

    Raises
    ------
    ValueError
        If a vertex cannot be brought into the grid's CRS, or the grid is degenerate.
    """
    if inward_m > 0:
        geometries = _shrunk(geometries, grid, inward_m)
    found = rings.of_geometries(geometries)
    return found.moved(to_grid(grid, found.xy))


def to_grid(grid: Grid, lonlat: Floats) -> Floats:
    """Return points in degrees of EPSG:4490, shape (n, 2), as (column, row), shape (n, 2).

    Raises
    ------
    ValueError
        As `place`.
    """
    return grid.to_pixels(_to(grid.crs, lonlat))


def _shrunk(geometries: Any, grid: Grid, inward_m: float) -> npt.NDArray[np.object_]:
    first = next((each for each in geometries if each is not None), None)
    shapes = shapely.from_wkb(geometries) if isinstance(first, bytes) else geometries
    shapes = np.asarray(shapes, dtype=object)
    if _is_metric(grid.crs):
        return _shrunk_in(grid.crs, shapes, inward_m)
    # By each one's own zone: what becomes of a polygon does not depend on the others.
    middles = shapely.bounds(shapes)[:, [0, 2]].mean(axis=1)
    meridians = np.rint(np.nan_to_num(middles, nan=MERIDIAN) / 3).astype(int) * 3
    shrunk = np.empty(len(shapes), object)
    for meridian in np.unique(meridians):
        plane = f"+proj=tmerc +lon_0={meridian} +x_0=500000 +ellps=GRS80 +units=m"
        shrunk[meridians == meridian] = _shrunk_in(plane, shapes[meridians == meridian], inward_m)
    return shrunk


def _shrunk_in(
    plane: str, shapes: npt.NDArray[np.object_], inward_m: float
) -> npt.NDArray[np.object_]:
    flat = shapely.transform(shapes, lambda xy: _to(plane, xy))
    shrunk = shapely.buffer(flat, -inward_m, join_style="mitre", mitre_limit=MITRE_LIMIT)
    moved: npt.NDArray[np.object_] = shapely.transform(shrunk, lambda xy: to_lonlat(plane, xy))
    return moved


def to_lonlat(crs: str, xy: Floats) -> Floats:
    """Return points of a system, shape (n, 2), in degrees of EPSG:4490; not finite where none."""
    return np.column_stack(_transformer(crs, systems.HOME).transform(xy[:, 0], xy[:, 1]))


def _is_metric(crs: str) -> bool:
    """Tell whether a metre of a system is a metre either way."""
    known = pyproj.CRS.from_user_input(crs)
    operation = known.coordinate_operation
    is_conformal = operation is not None and operation.method_name in {
        "Transverse Mercator",
        "Lambert Conic Conformal (2SP)",
    }
    return is_conformal and all(axis.unit_conversion_factor == 1 for axis in known.axis_info)


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _to(crs: str, lonlat: Floats) -> Floats:
    if not len(lonlat):
        return np.empty((0, 2))
    moved = _transformer(systems.HOME, crs).transform(lonlat[:, 0], lonlat[:, 1])
    xy = np.column_stack(moved)
    if not np.isfinite(xy).all():
        raise ValueError(f"{(~np.isfinite(xy)).any(axis=1).sum()} vertices have no place in {crs}")
    return xy
