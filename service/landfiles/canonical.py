"""The file's fields as our columns: typed, trimmed, and told where a value does not fit."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from service.landfiles.limits import Limits, Refusal

TEXT = pa.string()
COLUMNS: dict[str, pa.DataType] = {
    "survey_code": TEXT,
    "parcel_number": TEXT,
    "land_class": TEXT,
    "planting_attribute": TEXT,
    "ownership": TEXT,
    "owner_code": TEXT,
    "location_code": TEXT,
    "location_name": TEXT,
    "deduction_class": TEXT,
    "deduction_ratio": pa.float64(),
    "terrain": TEXT,
    "slope_grade": TEXT,
    "strip_width_m": pa.float64(),
    "refinement": TEXT,
    "settlement_attribute": TEXT,
    "is_enclave": pa.bool_(),
    "source_year": pa.int32(),
    "declared_area_m2": pa.float64(),
    "deducted_area_m2": pa.float64(),
    "net_area_m2": pa.float64(),
    "remark": TEXT,
}
LENGTHS = dict.fromkeys(
    ("land_class", "planting_attribute", "deduction_class", "refinement", "settlement_attribute"), 8
) | {
    "survey_code": 32,
    "parcel_number": 32,
    "ownership": 4,
    "owner_code": 19,
    "location_code": 19,
    "location_name": 100,
    "terrain": 4,
    "slope_grade": 4,
    "remark": 255,
}
"""Characters that the book's columns hold."""
LARGEST = dict.fromkeys(("declared_area_m2", "deducted_area_m2", "net_area_m2"), 1e13) | {
    "deduction_ratio": 1e2,
    "strip_width_m": 1e6,
}
"""Numbers from here on, above or below zero, are more than the book's columns hold."""
TRUE, FALSE = ("1", "Y", "YES", "TRUE", "T", "是"), ("0", "N", "NO", "FALSE", "F", "否")
SAMPLES = 3
SAMPLE_LENGTH = 60
GEOMETRY = "geometry"


def attributes(
    table: pa.Table, mapping: Mapping[str, str], dropped: Sequence[str], limits: Limits
) -> pa.Table:
    """Return the mapped columns in our order and types, and the rest as JSON."""
    sources = {canonical: source for source, canonical in mapping.items()}
    unknown = set(sources) - set(COLUMNS)
    if unknown:
        raise Refusal("mapping", "字段对应里有不认识的列", columns=sorted(unknown)[:10])
    missing = sorted(set(mapping) - set(table.column_names))
    if missing:
        raise Refusal("mapping", f"文件里没有字段 {missing[0][:40]}", columns=missing[:10])
    columns = {
        name: _fitting(table.column(sources[name]), name, sources[name], limits)
        if name in sources
        else pa.nulls(table.num_rows, kind)
        for name, kind in COLUMNS.items()
    }
    spare = [name for name in table.column_names if name not in (*mapping, *dropped, GEOMETRY)]
    rest = as_json(table, sorted(spare), limits)
    return pa.table(columns | {"attributes": rest})


def _fitting(column: pa.ChunkedArray, name: str, field: str, limits: Limits) -> pa.Array:
    """Return a column in its type; refuse what the book could not hold as it is."""
    bounded = replace(limits, text=LENGTHS.get(name, limits.text))
    typed = _typed(column, COLUMNS[name], field, bounded)
    if name not in LARGEST:
        return typed
    # A little less: what is rounded must fit as well.
    is_too_large = pc.greater_equal(pc.abs(typed), LARGEST[name] - 0.05)
    wrong = pc.index(is_too_large, True).as_py()
    if wrong >= 0:
        row = wrong + 1
        raise Refusal("number", f"第 {row} 行字段 {field[:40]} 的数字太大", row=row)
    return typed


def _typed(column: pa.ChunkedArray, kind: pa.DataType, field: str, limits: Limits) -> pa.Array:
    if pa.types.is_string(kind):
        return _text(column, field, limits)
    if pa.types.is_boolean(kind):
        return _truth(_text(column, field, limits), field)
    return _number(column, kind, field, limits)


def _text(column: pa.ChunkedArray, field: str, limits: Limits) -> pa.Array:
    """Return trimmed text; a code that came as a number loses no digit and gains no point."""
    kind = column.type
    if pa.types.is_floating(kind) and pc.all(pc.equal(column, pc.floor(column))).as_py():
        column = column.cast(pa.int64(), safe=False)
    text = pc.utf8_trim_whitespace(pc.replace_substring(column.cast(TEXT), "\x00", ""))
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    longest = pc.max(pc.utf8_length(text)).as_py() or 0
    if longest > limits.text:
        row = pc.index(pc.utf8_length(text), longest).as_py() + 1
        raise Refusal("text", f"第 {row} 行字段 {field[:40]} 超过 {limits.text} 字", row=row)
    return pc.if_else(pc.equal(text, ""), None, text)


def _number(column: pa.ChunkedArray, kind: pa.DataType, field: str, limits: Limits) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _text(column, field, limits)
    try:
        numbers = column.cast(pa.float64())
    except pa.ArrowException as error:
        raise Refusal(
            "not_a_number", f"字段 {field[:40]} 里有不是数字的内容", field=field
        ) from error
    numbers = numbers.combine_chunks() if isinstance(numbers, pa.ChunkedArray) else numbers
    wrong = pc.index(pc.fill_null(pc.is_finite(numbers), True), False).as_py()
    if wrong >= 0:
        row = wrong + 1
        raise Refusal("not_a_number", f"第 {row} 行字段 {field[:40]} 不是有限的数字", row=row)
    try:
        return numbers.cast(kind)
    except pa.ArrowException as error:
        raise Refusal(
            "not_a_number", f"字段 {field[:40]} 里有不是整数的内容", field=field
        ) from error


def _truth(text: pa.Array, field: str) -> pa.Array:
    upper = pc.utf8_upper(text)
    is_true = pc.is_in(upper, pa.array(TRUE))
    known = pc.or_(is_true, pc.is_in(upper, pa.array(FALSE)))
    wrong = pc.index(pc.or_(known, pc.is_null(text)), False).as_py()
    if wrong >= 0:
        row = wrong + 1
        raise Refusal("not_a_truth", f"第 {row} 行字段 {field[:40]} 只能是 1 或 0", row=row)
    return pc.if_else(pc.is_null(text), None, is_true)


def as_json(table: pa.Table, names: Sequence[str], limits: Limits) -> pa.Array:
    """Write some fields of each row as one JSON object, each distinct value only once."""
    pieces = [_members(name, table.column(name), limits) for name in names]
    if not pieces:
        return pa.array(["{}"] * table.num_rows, TEXT)
    # With nulls skipped, Arrow leaves out a row that is null in every piece: none is null here.
    inner = pc.utf8_rtrim(pc.binary_join_element_wise(*pieces, ""), characters=",")
    return pc.binary_join_element_wise("{", inner, "}", "")


def _members(name: str, column: pa.ChunkedArray, limits: Limits) -> pa.Array:
    """Return `"name":value,` of each row, nothing where there is no value."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _text(column, name, limits)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    key = json.dumps(name, ensure_ascii=False)
    written = [_member(key, value) for value in column.dictionary.to_pylist()]
    return pc.fill_null(pa.array(written, TEXT).take(column.indices), "")


def _member(key: str, value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 # NaN
        return ""
    plain = value if isinstance(value, str | int | float | bool) else str(value)
    return f"{key}:{json.dumps(plain, ensure_ascii=False)},"


def described(table: pa.Table, propose: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """Describe each source field for the page that asks what is what."""
    return [
        {
            "field": name,
            "type": str(table.schema.field(name).type),
            "samples": _samples(table.column(name)),
            "proposed": propose(name),
        }
        for name in table.column_names
        if name != GEOMETRY
    ]


def _samples(column: pa.ChunkedArray) -> list[str]:
    found = pc.unique(column.slice(0, 1000).drop_null()).to_pylist()
    return [str(value)[:SAMPLE_LENGTH] for value in found[:SAMPLES]]


def filled(column: pa.ChunkedArray) -> int:
    """Count the values that are neither missing nor blank."""
    if pa.types.is_string(column.type):
        return int(pc.sum(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py() or 0)
    return int(len(column) - column.null_count)
