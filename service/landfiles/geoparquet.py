"""GeoParquet: columns by pyarrow, geometry as WKB, the CRS from its own metadata."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pyproj.exceptions

from service.landfiles.limits import Limits, Refusal, TooMuch

GEOMETRY = "geometry"
DEFAULT_CRS = "OGC:CRS84"
"""What the standard says of a column without one."""
PLAIN = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_temporal,
    pa.types.is_decimal,
    pa.types.is_dictionary,
)


def read(path: Path, limits: Limits) -> tuple[pa.Table, str | None]:
    """Return the plain columns and the WKB of the primary geometry, with its CRS."""
    try:
        file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
        _check_size(file, limits)
        column, crs = _geometry(file)
        names = [each.name for each in file.schema_arrow if any(test(each.type) for test in PLAIN)]
        table = file.read([*names, column], use_threads=False)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refusal("damaged", "GeoParquet 损坏,无法读取") from error
    blobs = table.column(column).cast(pa.binary())
    return table.select(names).append_column(GEOMETRY, blobs), crs


def _check_size(file: Any, limits: Limits) -> None:
    said = file.metadata
    groups = [said.row_group(number) for number in range(said.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limits.unpacked_bytes:
        raise TooMuch("parquet_bomb", "GeoParquet 展开后过大,已拒绝")
    if said.num_rows > limits.features:
        raise TooMuch("features", f"超过 {limits.features:,} 个图斑")
    if said.num_columns > limits.fields:
        raise TooMuch("fields", f"超过 {limits.fields} 个字段")


def _geometry(file: Any) -> tuple[str, str | None]:
    text = (file.schema_arrow.metadata or {}).get(b"geo")
    if text is None:
        raise Refusal("geoparquet", "Parquet 里没有 geo 元数据,不是 GeoParquet")
    try:
        geo = json.loads(text)
        name = geo["primary_column"]
        column = geo["columns"][name]
        kind = file.schema_arrow.field(name).type
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refusal("geoparquet", "GeoParquet 的 geo 元数据不完整") from error
    is_binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    if column.get("encoding") != "WKB" or not is_binary:
        raise Refusal("geoparquet", "GeoParquet 的几何须是 WKB 编码")
    return name, _crs(column.get("crs", DEFAULT_CRS))


def _crs(said: Any) -> str | None:
    """Turn PROJJSON into WKT, which is what the reasoning about references reads."""
    if not isinstance(said, dict):
        return said if isinstance(said, str) else None
    try:
        return str(pyproj.CRS.from_json_dict(said).to_wkt())
    except (pyproj.exceptions.ProjError, TypeError, ValueError) as error:
        raise Refusal("crs", "GeoParquet 的坐标系无法识别") from error
