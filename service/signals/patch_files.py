"""Files of monitoring patches: land files are read in a child, tables of points here."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from service import files
from service.errors import Invalid
from service.landfiles import reader
from service.landfiles.reader import ReadOptions, ReadReport, Surroundings

TABLE_STARTS = (b"PK\x03\x04", b"SQLite", b"{", b"[", b"\x00\x00\x27\x0a", b"PAR1")
"""How land files begin; what begins otherwise is tried as a table."""
LON_NAMES, LAT_NAMES = ("XZB", "LON", "经度"), ("YZB", "LAT", "纬度")
MAX_LON, MAX_LAT = 180, 90


@dataclass(frozen=True)
class PatchIn:
    """One row of a file: its number as the user's program shows it, its fields, its place.

    The place is in degrees as the file's coordinate system tells; None where it has none.
    """

    row: int
    fields: dict[str, str]
    geometry: shapely.Geometry | None


@dataclass(frozen=True)
class PatchFile:
    """What a file holds, and how its coordinates were understood."""

    patches: list[PatchIn]
    crs_reason: str


def read_patches(
    content: bytes,
    filename: str,
    *,
    options: ReadOptions,
    outline: shapely.Geometry | None,
    directory: Path,
) -> PatchFile:
    """Read a file of patches, or refuse it with what to do."""
    if not content:
        raise files.UnreadableFile("文件是空的")
    is_table = filename.lower().endswith((".csv", ".xlsx"))
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if is_table or not start.startswith(TABLE_STARTS):
        return _of_table(content, filename)
    return _of_land(content, filename, options, outline, directory)


def _of_table(content: bytes, filename: str) -> PatchFile:
    rows = list(files.filled_rows(files.read_table(content, filename=filename)))
    if not rows:
        raise files.UnreadableFile("表格是空的")
    header = [str(cell or "").strip().upper() for cell in rows[0][1]]
    if len({name for name in header if name}) != sum(bool(name) for name in header):
        raise files.UnreadableFile("表头有重名的列")
    lon, lat = (_column(header, names) for names in (LON_NAMES, LAT_NAMES))
    if lon is None or lat is None or "TBLX" not in header:
        raise files.UnreadableFile("表头须有 JCBH、TBLX、HSX、XZB(经度)、YZB(纬度);先下载模板对照")
    patches = [
        PatchIn(
            number,
            {name: _text(cell) for name, cell in zip(header, cells, strict=False) if name},
            _point(cells, lon, lat),
        )
        for number, cells in rows[1:]
    ]
    return PatchFile(patches, "表格里的经纬度(度)")


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _point(cells: Sequence[Any], lon: int, lat: int) -> shapely.Geometry | None:
    try:
        x, y = (float(_text(cells[at])) for at in (lon, lat))
    except (ValueError, IndexError):
        return None
    is_degrees = abs(x) <= MAX_LON and abs(y) <= MAX_LAT
    return shapely.Point(x, y) if is_degrees else None


def _of_land(
    content: bytes,
    filename: str,
    options: ReadOptions,
    outline: shapely.Geometry | None,
    directory: Path,
) -> PatchFile:
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".patches-", dir=directory) as made:
        folder = Path(made)
        source = folder / "source"
        source.mkdir()
        (source / "upload").write_bytes(content)
        around = folder / "around"
        around.mkdir()
        if outline is not None:
            (around / "outline.wkb").write_bytes(shapely.to_wkb(outline))
        report = reader.read(
            source / "upload",
            into=folder,
            options=options,
            surroundings=Surroundings(around),
        )
        _refuse_unsure(report)
        with pa.OSFile(str(folder / "result.arrow")) as file:
            table = pa.ipc.open_file(file).read_all()
        columns = table.select(["row", "geometry", "attributes"]).to_pydict()
    reason = (report.reference or {}).get("text_zh", "")
    return PatchFile(
        [
            PatchIn(row, _fields(said), shapely.from_wkb(wkb) if wkb else None)
            for row, wkb, said in zip(*columns.values(), strict=True)
        ],
        str(reason),
    )


def _fields(said: str) -> dict[str, str]:
    return {name.strip().upper(): str(value) for name, value in json.loads(said).items()}


def _refuse_unsure(report: ReadReport) -> None:
    """Say what a person must tell of a file before it can be read."""
    if report.state == "needs_layer":
        raise Invalid("文件里有几个图层,请用 layer 指明", field="layer", layers=report.layers)
    if report.state == "needs_crs":
        thought = report.reference or {}
        codes = [each["code"] for each in thought.get("candidates", [])]
        raise Invalid(
            f"判断不了坐标系,请用 crs 指明;{thought.get('text_zh', '')}",
            field="crs",
            candidates=codes,
        )
    if report.state != "ready":
        raise Invalid("这个文件读不成监测图斑;请导出为 GeoPackage 再试", field="file")
