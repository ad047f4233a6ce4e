"""Statistics of 100,000 parcels on a Sentinel-2 tile beside exactextract.

The tile has 10980 x 10980 pixels of four bands, compressed in blocks as such tiles come. The
parcels are crooked cells of 45 m with 32 vertices that lie together, as a county's do. Both
sides are given them in the tile's own system, and both average all four bands. What the book
adds on a first date, shrinking the parcels and bringing them into the tile's system, is told
apart: the peer does neither.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import shapely
from rasterio.windows import Window

from benchmarks import shares
from benchmarks.load import spread
from geo import grids, rings, zonal
from geo.coverage import Coverage, coverage
from geo.grids import Grid

N_PARCELS, N_QUICK = 100_000, 20_000
SIDE, BLOCK = 10_980, 512
CRS = "EPSG:32649"
ROUNDS = 3
FIRST_LIMIT, LATER_LIMIT = 1.0, 20.0
SAME = 1e-3
"""Digital numbers that two means of the same pixels may differ by."""


def run(is_quick: bool) -> list[str]:
    """Measure and return the lines of the report."""
    lonlat = _parcels(N_QUICK if is_quick else N_PARCELS)
    flat = _moved(lonlat)
    with tempfile.TemporaryDirectory() as folder:
        tile = _tile(Path(folder) / "tile.tif", flat)
        layer = Path(folder) / "parcels.gpkg"
        frame = gpd.GeoDataFrame({"id": np.arange(len(flat))}, geometry=flat, crs=CRS)
        frame.to_file(layer, driver="GPKG")
        return _measure(lonlat, flat, tile, layer, frame)


def _parcels(n: int) -> np.ndarray:
    parcels, _ = shares.tessellation(n)
    return parcels


def _moved(lonlat: np.ndarray) -> np.ndarray:
    mover = pyproj.Transformer.from_crs("EPSG:4490", CRS, always_xy=True)
    return shapely.transform(
        lonlat, lambda xy: np.column_stack(mover.transform(xy[:, 0], xy[:, 1]))
    )


def _tile(path: Path, flat: np.ndarray) -> Path:
    """Write a tile of noise over broad waves around the parcels: it compresses as land does."""
    west, _, _, north = shapely.total_bounds(flat)
    transform = rasterio.Affine(10, 0, west - 20_003.7, 0, -10, north + 20_001.3)
    fate = np.random.default_rng(7)
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=4, dtype="uint16", crs=CRS,
        transform=transform, tiled=True, blockxsize=BLOCK, blockysize=BLOCK, compress="deflate",
        predictor=2, nodata=0, num_threads="all_cpus",
    ) as raster:  # fmt: skip
        for band in range(1, 5):
            for row in range(0, SIDE, BLOCK):
                height = min(BLOCK, SIDE - row)
                wave = 1500 + 600 * np.sin(np.arange(SIDE) / 90 + row / 300 + band)
                noise = fate.integers(0, 256, (height, SIDE))
                raster.write((wave + noise).astype("uint16"), band, Window(0, row, SIDE, height))
    return path


def _read(tile: Path, cover: Coverage) -> np.ndarray:
    window = cover.window
    with rasterio.open(tile, num_threads="all_cpus") as raster:
        return np.asarray(
            raster.read(window=Window(window.column, window.row, window.width, window.height))
        )


def _grid(tile: Path) -> Grid:
    with rasterio.open(tile) as raster:
        return Grid(tuple(raster.transform)[:6], raster.height, raster.width, CRS)


def _cover(flat: np.ndarray, grid: Grid) -> Coverage:
    found = rings.of_geometries(flat)
    placed = found.moved(grid.to_pixels(found.xy))
    return coverage(placed, n=len(flat), height=grid.height, width=grid.width)


def _measure(
    lonlat: np.ndarray, flat: np.ndarray, tile: Path, layer: Path, frame: gpd.GeoDataFrame
) -> list[str]:
    grid = _grid(tile)
    zonal.means(_cover(flat[:10], grid), _read(tile, _cover(flat[:10], grid)))  # compiles
    seconds: dict[str, list[float]] = {}
    command = shutil.which("exactextract")
    for _ in range(ROUNDS):
        theirs = _timed(seconds, "peer", _by_python, tile, frame, grid)
        if command:
            _timed(seconds, "command", _by_command, command, tile, layer)
        cover = _timed(seconds, "weights", _cover, flat, grid)
        layers = _timed(seconds, "read", _read, tile, cover)
        ours = _timed(seconds, "apply", zonal.means, cover, layers, 0)
        _timed(seconds, "indices", _indices, cover, layers)
        _timed(seconds, "moved", grids.place, lonlat, grid)
        _timed(seconds, "book", _shrunk, lonlat, grid)
    assert np.nanmax(np.abs(ours - theirs)) < SAME
    return _lines(len(flat), seconds, command)


def _shrunk(lonlat: np.ndarray, grid: Grid) -> rings.Rings:
    return grids.place(lonlat, grid, inward_m=5)


def _indices(cover: Coverage, layers: np.ndarray) -> zonal.Zonal:
    places = {name: place for place, name in enumerate(zonal.BANDS)}
    state = np.zeros(layers.shape[1:], np.uint8)
    return zonal.measure(cover, zonal.Image(layers, places, state, 1e-4), zonal.Limits(4, 0.5, 1.5))


def _by_python(tile: Path, frame: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    """The fastest form of its Python that we found: the window in memory, raster by raster.

    From the file it takes four to six times as long, feature by feature a tenth longer.
    """
    import exactextract  # noqa: PLC0415 - a peer, not needed by other benchmarks
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415

    boxes = frame.total_bounds
    corner = grid.to_pixels(np.array([[boxes[0], boxes[3]], [boxes[2], boxes[1]]]))
    (left, top), (right, bottom) = np.floor(corner[0]), np.ceil(corner[1])
    with rasterio.open(tile, num_threads="all_cpus") as raster:
        window = Window(left, top, right - left, bottom - top)
        west, south, east, north = rasterio.windows.bounds(window, raster.transform)
        layers = raster.read(window=window)
    sources = [
        NumPyRasterSource(
            layer, west, south, east, north, nodata=0, name=f"b{k}", srs_wkt=frame.crs.to_wkt()
        )
        for k, layer in enumerate(layers)
    ]
    found = exactextract.exact_extract(
        sources, frame, ["mean"], output="pandas", strategy="raster-sequential",
        max_cells_in_memory=10**9,
    )  # fmt: skip
    return np.asarray(found[[f"b{k}_mean" for k in range(4)]].to_numpy())


def _by_command(command: str, tile: Path, layer: Path) -> None:
    out = layer.with_suffix(".csv")
    out.unlink(missing_ok=True)
    bands = [f"b{band}:{tile}[{band}]" for band in range(1, 5)]
    arguments = [command, "-p", str(layer), "-f", "id", "-o", str(out)]
    for band in bands:
        arguments += ["-r", band]
    for band in range(1, 5):
        arguments += ["-s", f"mean(b{band})"]
    subprocess.run(arguments, check=True, capture_output=True)


def _timed(seconds: dict[str, list[float]], name: str, job: Any, *given: Any) -> Any:
    started = time.perf_counter()
    result = job(*given)
    seconds.setdefault(name, []).append(time.perf_counter() - started)
    return result


def _lines(n: int, seconds: dict[str, list[float]], command: str | None) -> list[str]:
    later = [a + b for a, b in zip(seconds["read"], seconds["apply"], strict=True)]
    first = [a + b for a, b in zip(seconds["weights"], later, strict=True)]
    peer, name = seconds["peer"], "exactextract's Python"
    if command:
        name = "the exactextract command line"
    against = seconds["command"] if command else peer
    lines = [
        f"zonal, {n} parcels x 4 bands, first date: {_ratio(against, first)} × faster than {name} "
        f"(limit ≥ {FIRST_LIMIT:g})",
        f"zonal, later date: {_ratio(peer, later)} × faster than exactextract's Python "
        f"(limit ≥ {LATER_LIMIT:g})",
    ]
    if not command:
        lines.append("zonal: the exactextract command line is not here, its Python was measured")
    said = {
        "peer": "exactextract's Python",
        "command": "exactextract command line",
        "weights": "weights",
        "read": "reading the window",
        "apply": "means of four bands",
        "indices": "four indices with deviation and quartiles",
        "moved": "bringing parcels into the tile's system",
        "book": "the same, shrunk by 5 m",
    }
    return lines + [f"zonal: {said[key]}: {spread(each)} s" for key, each in seconds.items()]


def _ratio(above: list[float], below: list[float]) -> str:
    return spread([a / b for a, b in zip(above, below, strict=True)])


if __name__ == "__main__":
    print("\n".join(run(is_quick=False)))
