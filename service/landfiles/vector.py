"""Shapefile, GeoPackage and FileGDB by GDAL, of which only these three drivers are left."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyogrio
import pyogrio.errors

from service.landfiles import dbf, geojson, geoparquet
from service.landfiles.kinds import Source
from service.landfiles.limits import Limits, Refusal, TooMuch

ALLOWED = frozenset({"ESRI Shapefile", "GPKG", "OpenFileGDB"})
KNOWN_LAYERS = ("DLTB", "YJJBNTTB", "YJJBNTBHTB", "CJDCQ", "XZQ")
GEOMETRY = "geometry"
GDAL_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "big5": "BIG5", "cp1252": "CP1252"}
DAMAGE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.CRSError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FeatureError,
    pa.ArrowException,
    OSError,
    ValueError,
    RuntimeError,
    UnboundLocalError,
)
"""What a damaged file makes the reading libraries raise, their own slips included."""


@dataclass
class Layer:
    """One layer as it stands in the file: source fields and WKB, nothing interpreted yet."""

    table: pa.Table
    name: str
    crs: str | None
    encoding: str
    encoding_reason: str
    warnings: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    """All layers, where the file has several and none was chosen; the table is then empty."""


def read(source: Source, *, layer: str | None, encoding: str | None, limits: Limits) -> Layer:
    """Read the layer that was asked for, or the only one, or the one of a known name."""
    if source.kind == "geojson":
        table, crs, found = geojson.read(source.path, limits)
        return Layer(table, "GeoJSON", crs, found, f"全部内容按 {found} 严格解码成功")
    if source.kind == "parquet":
        table, crs = geoparquet.read(source.path, limits)
        return Layer(table, "GeoParquet", crs, "utf-8", "GeoParquet 的文字是 UTF-8")
    _check_drivers()
    names = list(source.layers) or _polygon_layers(source.path)
    chosen = _choose(names, layer)
    if chosen is None:
        return Layer(pa.table({}), "", None, "", "", source.warnings, names)
    if source.kind == "shapefile":
        return _shapefile(source, chosen, encoding, limits)
    table, crs = _open(source.path, chosen, None, limits)
    reason = "GeoPackage 和 FileGDB 的文字是 UTF-8"
    return Layer(table, chosen, crs, "utf-8", reason, list(source.warnings))


def _check_drivers() -> None:
    spare = set(pyogrio.list_drivers()) - ALLOWED
    if spare:
        raise Refusal("drivers", "读取程序没有关好多余的格式,已停止", drivers=sorted(spare)[:5])


def _polygon_layers(path: Path) -> list[str]:
    try:
        layers = pyogrio.list_layers(path)
    except DAMAGE as error:
        raise Refusal("damaged", "文件损坏,无法打开") from error
    return [str(name) for name, kind in layers if kind is not None]


def _choose(names: list[str], asked: str | None) -> str | None:
    if not names:
        raise Refusal("no_layer", "文件里没有带几何的图层")
    if asked is not None:
        if asked not in names:
            raise Refusal("layer", f"文件里没有图层 {asked[:60]}", layers=names[:50])
        return asked
    known = [name for name in names if name.upper() in KNOWN_LAYERS]
    if len(names) == 1 or len(known) == 1:
        return (known or names)[0]
    return None


def _shapefile(source: Source, chosen: str, asked: str | None, limits: Limits) -> Layer:
    path = source.layers[chosen]
    found = dbf.find_encoding(path, asked, limits)
    # GDAL would believe a .cpg before us, whatever is in it.
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table, crs = _open(path, None, GDAL_NAMES.get(found.name, "ISO-8859-1"), limits)
    warnings = list(source.warnings)
    if found.cut_cells:
        warnings.append(f"{found.cut_cells} 个单元格的末字只有半个(字段太短),已去掉半个字")
    return Layer(table, chosen, crs, found.name, found.reason, warnings)


def _open(
    path: Path, layer: str | None, encoding: str | None, limits: Limits
) -> tuple[pa.Table, str | None]:
    options = {"IMMUTABLE": "YES"} if path.suffix == ".gpkg" else {}
    try:
        info = pyogrio.read_info(path, layer=layer, encoding=encoding, **options)
        if info["features"] > limits.features:
            raise TooMuch("features", f"超过 {limits.features:,} 个图斑")
        if len(info["fields"]) > limits.fields:
            raise TooMuch("fields", f"超过 {limits.fields} 个字段")
        meta, table = pyogrio.read_arrow(
            path, layer=layer, encoding=encoding, max_features=limits.features + 1, **options
        )
    except DAMAGE as error:
        raise Refusal("damaged", "文件损坏,或内容与格式不符,无法读取") from error
    return _cleaned(table, meta["geometry_name"] or "wkb_geometry", limits), meta["crs"]


def _cleaned(table: pa.Table, geometry: str, limits: Limits) -> pa.Table:
    if table.num_rows > limits.features:
        raise TooMuch("features", f"超过 {limits.features:,} 个图斑")
    if geometry not in table.column_names:
        raise Refusal("no_geometry", "图层没有几何")
    try:
        table.validate(full=True)
    except pa.ArrowException as error:
        raise Refusal("encoding", "文字不是正确的 UTF-8") from error
    names = [GEOMETRY if name == geometry else name for name in table.column_names]
    return table.rename_columns(names).replace_schema_metadata(None)
