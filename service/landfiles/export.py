"""The book's tables as files for other programs, written in the child."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
import xlsxwriter

from service.landfiles import canonical
from service.landfiles.limits import MIB, Limits, Refusal, TooMuch
from service.landfiles.shortening import Fitted, fit_to_dbf
from service.landfiles.vector import ALLOWED

HOME = "EPSG:4490"
DEGREES = (HOME, "EPSG:4326")
GEOMETRY = "geometry"
MAX_SHAPE_BYTES = 2048 * MIB - 1
SHAPE_RECORD_BYTES = 64
MAX_SHEET_ROWS = 1_048_575
MAX_CELL = 32_767
SHEET_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
Geometries = npt.NDArray[np.object_]
Progress = Callable[[str, int, int], None]


def write(request: Mapping[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
    """Write one table in the format and coordinate system asked for."""
    progress("read", 0, 3)
    with pa.OSFile(str(folder / request["table"])) as file:
        table = pa.ipc.open_file(file).read_all()
    names = dict(request["columns"])
    lacking = sorted(set(names) - set(table.column_names))
    if lacking:
        raise Refusal("columns", f"没有列 {lacking[0][:40]}", columns=lacking[:10])
    fields = _plain(table.select(list(names))).rename_columns(list(names.values()))
    progress("transform", 1, 3)
    shapes = None
    if request["format"] != "xlsx":
        shapes = _moved(shapely.from_wkb(table.column(GEOMETRY).to_numpy()), request["crs"])
    progress("write", 2, 3)
    report: dict[str, Any] = FORMATS[request["format"]](fields, shapes, request)
    progress("write", 3, 3)
    return report | {"n_features": table.num_rows}


def _plain(table: pa.Table) -> pa.Table:
    """Turn exact decimals into the numbers that other programs know."""
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            numbers = table.column(place).cast(pa.float64())
            table = table.set_column(place, column.name, numbers)
    return table


def _moved(shapes: Geometries, crs: str) -> Geometries:
    """Bring geometries from EPSG:4490 to another system; WGS 84 is taken as the same."""
    if crs in DEGREES:
        return shapes
    mover = pyproj.Transformer.from_crs(HOME, crs, always_xy=True)
    moved: Geometries = shapely.transform(
        shapes, lambda lonlat: np.column_stack(mover.transform(*lonlat.T))
    )
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise Refusal("coordinates", f"有图斑不在 {crs} 的范围内,换算不了")
    return moved


def _multi(shapes: Geometries) -> pa.Array:
    """Write every geometry as a multipolygon, since layers of other programs hold one kind."""
    is_single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    shapes = shapes.copy()
    owners = np.arange(int(is_single.sum()))
    shapes[is_single] = shapely.multipolygons(shapes[is_single], indices=owners)
    return pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary())


def _geopackage(fields: pa.Table, shapes: Geometries, request: Mapping[str, Any]) -> dict[str, Any]:
    _to_gdal(fields, shapes, request, Path("export.gpkg"), "GPKG", "UTF-8")
    return {"file": "export.gpkg", "encoding": "UTF-8"}


def _to_gdal(
    fields: pa.Table,
    shapes: Geometries,
    request: Mapping[str, Any],
    path: Path,
    driver: str,
    encoding: str,
) -> None:
    if set(pyogrio.list_drivers()) - ALLOWED:
        raise Refusal("drivers", "写文件的程序没有关好多余的格式,已停止")
    pyogrio.write_arrow(
        fields.append_column(GEOMETRY, _multi(shapes)),
        path,
        layer=request["layer"],
        driver=driver,
        geometry_name=GEOMETRY,
        geometry_type="MultiPolygon" if driver == "GPKG" else "Polygon",
        crs=request["crs"],
        encoding=encoding,
    )


def _shapefile(fields: pa.Table, shapes: Geometries, request: Mapping[str, Any]) -> dict[str, Any]:
    n_bytes = 16 * int(shapely.get_num_coordinates(shapes).sum())
    if n_bytes + SHAPE_RECORD_BYTES * len(shapes) > MAX_SHAPE_BYTES:
        raise TooMuch("shapefile", "超过 Shapefile 的 2 GiB 上限,请改用 GeoPackage")
    fitted: Fitted = fit_to_dbf(fields)
    home = Path("shapefile")
    home.mkdir()
    path = home / f"{request['layer']}.shp"
    _to_gdal(fitted.table, shapes, request, path, "ESRI Shapefile", fitted.encoding)
    path.with_suffix(".cpg").write_text(fitted.encoding, encoding="ascii")
    with zipfile.ZipFile("export.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in sorted(home.iterdir()):
            archive.write(part, part.name)
    return {
        "file": "export.zip",
        "encoding": fitted.encoding,
        "shortened": fitted.shortened,
        "warnings": fitted.warnings,
    }


def _parquet(fields: pa.Table, shapes: Geometries, request: Mapping[str, Any]) -> dict[str, Any]:
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon", "MultiPolygon"],
        "crs": pyproj.CRS(request["crs"]).to_json_dict(),
    }
    if len(shapes) and not np.isnan(bounds := shapely.total_bounds(shapes)).any():
        column["bbox"] = [float(each) for each in bounds]
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    blobs = pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary())
    table = fields.append_column(GEOMETRY, blobs).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, "export.parquet", compression="zstd")
    return {"file": "export.parquet", "encoding": "UTF-8"}


def _geojson(fields: pa.Table, shapes: Geometries, request: Mapping[str, Any]) -> dict[str, Any]:
    if request["crs"] not in DEGREES:
        raise Refusal("crs", "GeoJSON 只用经纬度,请选 EPSG:4490 或 EPSG:4326")
    oriented = shapely.to_geojson(shapely.orient_polygons(shapes))
    properties = canonical.as_json(fields, fields.column_names, Limits()).to_pylist()
    with Path("export.geojson").open("w", encoding="utf-8") as file:
        name = f"urn:ogc:def:crs:{request['crs'].replace(':', '::')}"
        # RFC 7946 dropped this member; without it CGCS2000 would be taken for WGS 84.
        crs = json.dumps({"type": "name", "properties": {"name": name}})
        file.write(f'{{"type":"FeatureCollection","crs":{crs},"features":[\n')
        for number, (members, shape) in enumerate(zip(properties, oriented, strict=True)):
            file.write(",\n" if number else "")
            file.write(f'{{"type":"Feature","properties":{members},"geometry":{shape or "null"}}}')
        file.write("\n]}\n")
    return {"file": "export.geojson", "encoding": "UTF-8"}


def _workbook(fields: pa.Table, _: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write a sheet of text and numbers: nothing in it can be a formula or a link."""
    if fields.num_rows > MAX_SHEET_ROWS:
        raise TooMuch("rows", f"超过 Excel 的 {MAX_SHEET_ROWS:,} 行上限")
    cut = 0
    with xlsxwriter.Workbook("export.xlsx", SHEET_OPTIONS) as book:
        sheet = book.add_worksheet(request["layer"][:31])
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(fields.column_names):
            sheet.write_string(0, place, name)
        columns = [column.to_pylist() for column in fields.columns]
        for row, values in enumerate(zip(*columns, strict=True), start=1):
            for place, value in enumerate(values):
                cut += _cell(sheet, row, place, value)
    warnings = [f"{cut} 个单元格超过 {MAX_CELL} 字,已截短"] if cut else []
    return {"file": "export.xlsx", "encoding": "UTF-8", "warnings": warnings}


def _cell(sheet: Any, row: int, place: int, value: Any) -> bool:
    if value is None or value != value:  # noqa: PLR0124 # NaN
        return False
    if isinstance(value, bool):
        sheet.write_string(row, place, "是" if value else "否")
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value)
    else:
        text = str(value)
        sheet.write_string(row, place, text[:MAX_CELL])
        return len(text) > MAX_CELL
    return False


FORMATS: dict[str, Callable[[pa.Table, Any, Mapping[str, Any]], dict[str, Any]]] = {
    "gpkg": _geopackage,
    "shp": _shapefile,
    "parquet": _parquet,
    "geojson": _geojson,
    "xlsx": _workbook,
}
