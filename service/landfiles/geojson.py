"""GeoJSON, parsed here and not by GDAL, which fetches the address of a linked CRS."""

import json
import re
import struct
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from service.landfiles.limits import Limits, Refusal, TooMuch

STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
NAMED_CRS = re.compile(r"(?:urn:ogc:def:crs:)?(?P<authority>EPSG|OGC):[\d.]*:?(?P<code>\w+)", re.I)
MAX_NUMBER = 400
POLYGON, MULTI = 3, 6
HEADER = struct.Struct("<BII")
GEOMETRY = "geometry"
BARE = ("Polygon", "MultiPolygon", "GeometryCollection")
Rings = list[list[list[float]]]


def read(path: Path, limits: Limits) -> tuple[pa.Table, str | None, str]:
    """Return the features as a table with WKB, the CRS that is named, and the encoding."""
    content = path.read_bytes()
    text, encoding = _decode(content)
    _check_depth(content, limits)
    document = _parse(text)
    features = _features(document)
    if len(features) > limits.features:
        raise TooMuch("features", f"超过 {limits.features:,} 个图斑")
    budget = _Budget(limits)
    blobs = [budget.wkb(row, each) for row, each in enumerate(features, start=1)]
    columns = _columns(features, limits)
    columns[GEOMETRY] = pa.array(blobs, pa.binary())
    return pa.table(columns), _crs(document), encoding


def _decode(content: bytes) -> tuple[str, str]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise Refusal("encoding", "文字编码既不是 UTF-8 也不是 GB18030;GeoJSON 请另存为 UTF-8")


def _check_depth(content: bytes, limits: Limits) -> None:
    bare = np.frombuffer(STRING.sub(b"", content), np.uint8)
    opens = np.isin(bare, np.frombuffer(b"[{", np.uint8))
    closes = np.isin(bare, np.frombuffer(b"]}", np.uint8))
    depth = np.cumsum(opens.astype(np.int32) - closes)
    if depth.size and depth.max() > limits.json_depth:
        raise Refusal("json_depth", f"JSON 嵌套超过 {limits.json_depth} 层,已拒绝")


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_constant=_no_constant,
            parse_int=_whole_number,
            object_pairs_hook=_once,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"第 {error.lineno} 行" if isinstance(error, json.JSONDecodeError) else ""
        raise Refusal("json", f"{where}不是正确的 JSON,请检查文件是否完整") from error


def _no_constant(name: str) -> NoReturn:
    raise Refusal("not_finite", f"JSON 里有 {name},数字须是有限的")


def _whole_number(digits: str) -> int | float:
    if len(digits) > MAX_NUMBER:
        raise Refusal("number", "JSON 里有过长的数字")
    return int(digits) if len(digits) < 19 else float(digits)  # noqa: PLR2004 # int64


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refusal("json_duplicate", "JSON 对象里同一个键出现两次")
    return members


def _features(document: Any) -> list[Any]:
    """Take a collection's features; one feature, or a bare geometry, is a collection of one."""
    kind = document.get("type") if isinstance(document, dict) else None
    features = [document]
    if kind in BARE:
        features = [{"type": "Feature", "properties": {}, "geometry": document}]
    elif kind == "FeatureCollection":
        features = document.get("features")
    elif kind != "Feature":
        raise Refusal("geojson", "不是 GeoJSON 要素集(FeatureCollection),例如 Esri JSON 不接受")
    if not isinstance(features, list):
        raise Refusal("geojson", "GeoJSON 要素集的 features 不是列表")
    for row, each in enumerate(features, start=1):
        if not isinstance(each, dict) or each.get("type") != "Feature":
            raise Refusal("geojson", f"第 {row} 个要素不是 Feature", row=row)
        if not isinstance(each.get("properties") or {}, dict):
            raise Refusal("geojson", f"第 {row} 个要素的 properties 不是对象", row=row)
    return features


def _crs(document: dict[str, Any]) -> str | None:
    """Read a named CRS; a linked one is refused, since no address is ever opened."""
    crs = document.get("crs")
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(crs, dict) or crs.get("type") != "name" or not isinstance(name, str):
        raise Refusal("crs_link", "坐标系以网址给出,不会去访问;请写明 EPSG 代码")
    named = NAMED_CRS.fullmatch(name)
    if named is None:
        raise Refusal("crs", f"认不出坐标系 {name[:60]};请写明 EPSG 代码")
    return f"{named['authority'].upper()}:{named['code']}"


class _Budget:
    """Writes geometries as WKB while counting vertices."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.left = limits, limits.vertices

    def wkb(self, row: int, feature: dict[str, Any]) -> bytes | None:
        """Return the WKB of a feature's polygons; null where it has none."""
        geometry = feature.get("geometry")
        if geometry is None:
            return None
        polygons = list(self._polygons(row, geometry, 1))
        if len(polygons) == 1:
            return polygons[0]
        return HEADER.pack(1, MULTI, len(polygons)) + b"".join(polygons)

    def _polygons(self, row: int, geometry: Any, depth: int) -> Iterator[bytes]:
        if depth > self.limits.nesting:
            raise Refusal(
                "nesting", f"第 {row} 个要素的几何嵌套超过 {self.limits.nesting} 层", row=row
            )
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
            inner = (self._polygons(row, g, depth + 1) for g in geometry["geometries"])
            yield from chain.from_iterable(inner)
            return
        coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list):
            raise Refusal("geometry_type", f"第 {row} 个要素不是面", row=row, kind=str(kind)[:40])
        for polygon in [coordinates] if kind == "Polygon" else coordinates:
            yield self._polygon(row, polygon)

    def _polygon(self, row: int, rings: Any) -> bytes:
        if not isinstance(rings, list):
            raise Refusal("coordinates", f"第 {row} 个要素的坐标不成环", row=row)
        written = [HEADER.pack(1, POLYGON, len(rings))]
        for ring in rings:
            written.append(self._ring(row, ring))
        return b"".join(written)

    def _ring(self, row: int, ring: Any) -> bytes:
        if not isinstance(ring, list):
            raise Refusal("coordinates", f"第 {row} 个要素的坐标不成环", row=row)
        self.left -= len(ring)
        if len(ring) > self.limits.geometry_vertices or self.left < 0:
            raise TooMuch("vertices", f"第 {row} 个要素:顶点太多", row=row)
        try:
            array = np.array([position[:2] for position in ring], "<f8").reshape(-1, 2)
        except (TypeError, ValueError, OverflowError):
            raise Refusal("coordinates", f"第 {row} 个要素有不是数字的坐标", row=row) from None
        if any(type(v) not in (int, float) for position in ring for v in position[:2]):
            raise Refusal("coordinates", f"第 {row} 个要素有不是数字的坐标", row=row)
        return struct.pack("<I", len(array)) + array.tobytes()


def _columns(features: Sequence[Any], limits: Limits) -> dict[str, pa.Array]:
    rows = [each.get("properties") or {} for each in features]
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    if len(names) > limits.fields:
        raise TooMuch("fields", f"超过 {limits.fields} 个字段")
    return {name: _column(name, [row.get(name) for row in rows]) for name in names}


def _column(name: str, values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    try:
        if kinds <= {int} or kinds == {bool}:
            return pa.array(values)
        if kinds <= {int, float}:
            return pa.array(values, pa.float64())
        return pa.array([_text(value) for value in values], pa.string())
    except (UnicodeEncodeError, pa.ArrowException, OverflowError) as error:
        shown = name.encode("utf-8", "replace").decode()[:40]
        raise Refusal("text", f"字段 {shown} 里有无法保存的文字或数字") from error


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
