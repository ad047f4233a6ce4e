"""What a DBF cannot hold: names over 10 bytes, text over 254, all in GBK; and what was cut."""

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

NAME_BYTES, TEXT_BYTES = 10, 254
GBK, GB18030 = "GBK", "GB18030"
SURELY_FITS = TEXT_BYTES // 4
"""Characters that fit whatever they are: GB18030 takes at most four bytes."""


@dataclass
class Fitted:
    """A table that a DBF can hold, its encoding, and each thing that was shortened."""

    table: pa.Table
    encoding: str
    shortened: list[dict[str, object]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fit_to_dbf(table: pa.Table) -> Fitted:
    """Fit names and texts; a character outside GBK makes the whole file GB18030, and is told."""
    texts = [n for n, kind in zip(table.column_names, table.schema.types, strict=True)
             if pa.types.is_string(kind)]  # fmt: skip
    encoding = GBK if all(_is_gbk(table.column(name)) for name in texts) else GB18030
    fitted = Fitted(table, encoding)
    if encoding == GB18030:
        fitted.warnings.append("有 GBK 里没有的字,编码改用 GB18030;旧版软件可能显示不出这些字")
    for place, name in enumerate(table.column_names):
        column = table.column(name)
        if name in texts:
            column = _fit_text(name, column, fitted)
        elif pa.types.is_boolean(column.type):
            column = column.cast(pa.int32())
        fitted.table = fitted.table.set_column(place, name, column)
    fitted.table = fitted.table.rename_columns(_fit_names(table.column_names, fitted))
    return fitted


def _is_gbk(column: pa.ChunkedArray) -> bool:
    try:
        "".join(pc.unique(column).drop_null().to_pylist()).encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _fit_text(name: str, column: pa.ChunkedArray, fitted: Fitted) -> pa.ChunkedArray:
    longest = pc.max(pc.utf8_length(column)).as_py() or 0
    if longest <= SURELY_FITS:
        return column
    codec = fitted.encoding.lower()
    values = column.to_pylist()
    cut = [None if value is None else _cut(value, TEXT_BYTES, codec) for value in values]
    rows = sum(before != after for before, after in zip(values, cut, strict=True))
    if rows:
        reason = f"文字超过 {TEXT_BYTES} 字节,截短"
        fitted.shortened.append({"field": name, "rows": rows, "reason_zh": reason})
    return pa.chunked_array([pa.array(cut, pa.string())])


def _cut(text: str, most: int, codec: str) -> str:
    return text.encode(codec)[:most].decode(codec, "ignore")


def _fit_names(names: list[str], fitted: Fitted) -> list[str]:
    codec = fitted.encoding.lower()
    taken: set[str] = set()
    short: list[str] = []
    for name in names:
        fits = _cut(name, NAME_BYTES, codec)
        number = 1
        while fits.upper() in taken:
            number += 1
            fits = _cut(name, NAME_BYTES - len(str(number)), codec) + str(number)
        taken.add(fits.upper())
        short.append(fits)
        if fits != name:
            reason = f"字段名超过 {NAME_BYTES} 字节或重名"
            fitted.shortened.append({"field": name, "becomes": fits, "reason_zh": reason})
    return short
