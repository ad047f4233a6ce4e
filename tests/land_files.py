"""Small land files to bring: squares of about 200 m with the fields of the survey's layers."""

import numpy as np
import pyogrio
import pyproj
import shapely

from geo import ellipsoid

COUNTY = "441803"
TAIHE, TAIPING = "441803102", "441803104"
WEST, SOUTH = 112.95, 23.70
STEP = 0.002
"""About 200 m."""


def squares(n: int, *, west: float = WEST, south: float = SOUTH) -> list[shapely.Polygon]:
    """n x n squares side by side, row by row from the south-west."""
    lon, lat = np.meshgrid(west + np.arange(n) * STEP, south + np.arange(n) * STEP)
    return list(shapely.box(lon, lat, lon + STEP, lat + STEP).ravel())


def moved(shape: shapely.Polygon, west=0.0, south=0.0, east=0.0, north=0.0) -> shapely.Polygon:
    """A square with its edges moved by so many degrees."""
    return shapely.box(*(np.array(shape.bounds) + np.array([west, south, east, north])))


def dltb(geometries, first: int = 1, *, without=(), **columns) -> dict[str, np.ndarray]:
    """The fields of DLTB for these parcels: paddies whose areas are right."""
    n = len(geometries)
    areas = np.round(ellipsoid.areas_m2(np.array(geometries, object)), 2)
    plain = {
        "BSM": [f"4418031020000{first + k:05d}" for k in range(n)],
        "TBBH": [f"{first + k}" for k in range(n)],
        "DLBM": ["0101"] * n,
        "QSXZ": ["30"] * n,
        "QSDWDM": ["4418031022010000000"] * n,
        "ZLDWDM": ["4418031022010000000"] * n,
        "ZLDWMC": ["演示村"] * n,
        "GDPDJB": ["1"] * n,
        "ZZSXDM": ["LS"] * n,
        "TBMJ": areas,
        "KCXS": np.zeros(n),
        "KCMJ": np.zeros(n),
        "TBDLMJ": areas,
        "SJNF": np.full(n, 2022),
        "FRDBS": ["0"] * n,
    }
    kept = {name: values for name, values in plain.items() if name not in without}
    return {name: np.asarray(values) for name, values in (kept | columns).items()}


def write(path, geometries, fields, crs: str = "EPSG:4490", *, layer: str = "DLTB"):
    """Write a layer as GDAL writes it, in the system that its code names."""
    shapes = np.array(geometries, object)
    if crs != "EPSG:4490":
        mover = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(mover.transform(*xy.T)))
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        list(fields.values()),
        list(fields),
        geometry_type="Polygon",
        crs=crs,
        layer=layer,
        append=path.exists(),
    )
    return path


def farmland(geometries, **columns):
    """The fields of YJJBNTTB for these pieces, with a farmer's name and telephone in them."""
    n = len(geometries)
    areas = np.round(ellipsoid.areas_m2(np.array(geometries, object)), 2)
    plain = {
        "BSM": [f"44180310299{k:07d}" for k in range(n)],
        "YJJBNTTBBH": [f"YN{k:06d}" for k in range(n)],
        "DLBM": ["0101"] * n,
        "YJJBNTTBMJ": areas,
        "YJJBNTMJ": areas,
        "CFZR": ["张三"] * n,
        "LXDH": ["13800000000"] * n,
        "SJNF": np.full(n, 2022),
    }
    return {name: np.asarray(values) for name, values in (plain | columns).items()}
