"""Opening rasters: what they are, where they lie, what their bands mean; or why not."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geo import systems, zonal
from geo.grids import Grid
from service.imagery.errors import RasterRefused, refusal

DRIVERS = {
    b"II*\x00": "GTiff",
    b"MM\x00*": "GTiff",
    b"II+\x00": "GTiff",
    b"MM\x00+": "GTiff",
    b"\x00\x00\x00\x0cjP  ": "JP2OpenJPEG",
}
"""By how a file begins. Nothing that names other files or addresses, as a VRT does."""
LONGEST_START = 8
NAMES = {"BLUE": "B2", "RED": "B4", "NIR": "B8", "SWIR1": "B11", "SWIR16": "B11"}
NAMES |= {"CLOUD": "CLOUD", "CLM": "CLOUD", "SCL": "SCL"}
NAMES |= {name: name for name in (*zonal.BANDS, *zonal.INDICES)}
KNOWN = "、".join((*zonal.BANDS, *zonal.INDICES, "SCL", "CLOUD"))
MASKS = ("SCL", "CLOUD")
SKIPPED = "-"
BAND = re.compile(r"B0*(\d{1,2}A?)")
FIRST_WORD = re.compile(r"[A-Z0-9]+")
BASELINE = re.compile(r"(?:_N|BASELINE\D{0,12})0?(\d)\.?(\d\d)(?=\D|$)")
"""Of a Sentinel-2 product: in its name (_N0509_), or as a tag (PROCESSING_BASELINE=05.09)."""


@dataclass(frozen=True)
class Given:
    """What was said of the rasters on the command line; what was not is read from them."""

    bands: tuple[str, ...] = ()
    scale: float | None = None
    offset: float | None = None
    no_data: float | None = None
    cloud: Path | None = None
    cloud_values: tuple[int, ...] = ()


@dataclass(frozen=True)
class Source:
    """A raster that may be read."""

    path: Path
    grid: Grid
    places: dict[str, int]
    """Name of a band or an index -> its number in the file, from 1."""
    masks: dict[str, int]
    dtype: str
    no_data: float | None
    scale: float | None
    """As the file says; none where it says nothing."""
    offset: float
    baseline: tuple[int, int] | None
    """Processing baseline of a Sentinel-2 product, where file name or tags tell it."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_index(self) -> bool:
        """Whether it holds indices, not reflectances."""
        return any(name in self.places for name in zonal.INDICES)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a raster; a file that is none, or that breaks while it is read, is refused."""
    if not path.is_file():
        raise refusal("no_file", f"没有文件 {path};请核对路径")
    try:
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            rasterio.Env(CPL_DEBUG="OFF", GDAL_HTTP_PROXY="127.0.0.1:1", GDAL_CACHEMAX=256),
            rasterio.open(path.resolve(), driver=_driver(path), num_threads="all_cpus") as raster,
        ):
            try:
                yield raster
            except RasterioError as error:
                raise refusal(
                    "damaged", f"{path.name} 读到一半出错,文件损坏或不完整;请重新下载后再试"
                ) from error
    except RasterRefused:
        raise
    except (RasterioError, OSError, UnicodeDecodeError) as error:
        raise refusal("damaged", f"{path.name} 打不开,文件损坏或不完整;请重新下载后再试") from error


def _driver(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(LONGEST_START)
    for begins, driver in DRIVERS.items():
        if start.startswith(begins):
            return driver
    raise refusal("not_a_raster", f"{path.name} 不是影像;只读 GeoTIFF(.tif)和 JPEG 2000(.jp2)")


def inspected(path: Path, given: Given) -> Source:
    """Tell what a raster is, before any pixel is read."""
    with opened(path) as raster:
        grid = grid_of(raster, path)
        names = given.bands or tuple(name or "" for name in raster.descriptions)
        places, masks = _places(path, raster.count, names, is_said=bool(given.bands))
        used = list(places.values())
        scale, offset = _scaling(path, raster, used)
        no_data = given.no_data if given.no_data is not None else raster.nodatavals[used[0] - 1]
        return Source(
            path,
            grid,
            places,
            masks,
            raster.dtypes[used[0] - 1],
            no_data,
            scale,
            offset,
            _baseline(path, raster),
        )


def grid_of(raster: Any, path: Path) -> Grid:
    """Return the grid of an open raster; refuse one that lies nowhere."""
    if raster.crs is None:
        said = "只有控制点,没有纠正" if raster.gcps[0] else "没有坐标系"
        raise refusal(
            "no_crs",
            f"{path.name} {said};请先用 gdalwarp -t_srs EPSG:4547 纠正,"
            "知道坐标系的用 gdal_edit.py -a_srs 写明",
        )
    wkt = raster.crs.to_wkt()
    affine = tuple(raster.transform)[:6]
    grid = Grid(affine, raster.height, raster.width, wkt)
    if raster.transform.is_identity or not grid.pixel_area > 0:
        raise refusal("no_place", f"{path.name} 没有写明地面位置(六参数);请补上地理定位后再试")
    if systems.declared_system(wkt) is None:
        raise refusal(
            "unknown_crs",
            f"{path.name} 的坐标系转不到 CGCS2000;请先用 gdalwarp -t_srs EPSG:4547 转换",
        )
    return grid


def name_of(text: str) -> str | None:
    """Return which band, index or mask a description names; none where it names none."""
    folded = text.strip().upper()
    found = BAND.match(folded)
    if found:
        return NAMES.get(f"B{found[1]}")
    word = FIRST_WORD.match(folded)
    return NAMES.get(word[0]) if word else None


def _places(
    path: Path, count: int, names: Sequence[str], *, is_said: bool
) -> tuple[dict[str, int], dict[str, int]]:
    if len(names) != count:
        raise refusal(
            "bands",
            f"{path.name} 有 {count} 个波段,--bands 写了 {len(names)} 个;不用的写 -",
        )
    known: dict[str, int] = {}
    for number, text in enumerate(names, start=1):
        name = name_of(text)
        if name is None and is_said and text != SKIPPED and not BAND.match(text.upper()):
            raise refusal("bands", f"不认识波段“{text}”;可写 {KNOWN},不用的写 -")
        if name in known:
            raise refusal("bands", f"{path.name} 有两个波段都叫 {name};请用 --bands 说明")
        if name is not None:
            known[name] = number
    masks = {name: known.pop(name) for name in MASKS if name in known}
    indices = {name: number for name, number in known.items() if name in zonal.INDICES}
    places = indices or known
    if not indices and not any(all(b in known for b in need) for need in zonal.NEEDS.values()):
        raise refusal(
            "bands",
            f"{path.name} 的波段认不出来,算不了任何指数;请用 --bands 按顺序写明,"
            "如 --bands B2,B4,B8,B11,指数影像写 --bands NDVI",
        )
    return places, masks


def _scaling(path: Path, raster: Any, used: Sequence[int]) -> tuple[float | None, float]:
    scales = {raster.scales[number - 1] for number in used}
    offsets = {raster.offsets[number - 1] for number in used}
    kinds = {raster.dtypes[number - 1] for number in used}
    if len(scales) > 1 or len(offsets) > 1 or len(kinds) > 1:
        raise refusal("mixed", f"{path.name} 各波段的类型或比例系数不同;请先统一成一种")
    scale, offset = scales.pop(), offsets.pop()
    if scale == 1 and offset == 0:
        return None, 0.0
    if not scale > 0:
        raise refusal("scale", f"{path.name} 写的比例系数是 {scale};请用 --scale 说明")
    # GDAL's value is raw x scale + offset, ours (raw + offset) x scale, as ESA writes it.
    return float(scale), float(offset) / float(scale)


def _baseline(path: Path, raster: Any) -> tuple[int, int] | None:
    told = [path.name, *(f"{key}={value}" for key, value in raster.tags().items())]
    for text in told:
        found = BASELINE.search(text.upper())
        if found:
            return int(found[1]), int(found[2])
    return None
