"""Tables of labelled series: CSV or Parquet, one row for a parcel and an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from geo import series, stamps
from geo.series import Missing, Series
from inspections.labels import Label, label_of
from service.errors import Invalid, UnsupportedType

INDICES = ("ndvi", "evi", "lswi", "bsi")
"""In the order of `geo.series`."""
REQUIRED = ("parcel", "day", "ndvi", "evi", "lswi", "bsi", "label")
OPTIONAL = ("n_pixels", "missing")
MAX_BYTES = 2**31
MAX_SHOWN = 50
SHANGHAI_HOURS = 8.0
DAY_LENGTH = len("2023-04-20")
NOTHING = ("", "nan", "NaN", "NA", "null", "None")


class RowsRefused(Invalid):
    """Some rows cannot be read; nothing was measured."""

    title = "Rows refused"


@dataclass(frozen=True)
class Labelled:
    """Series of parcels of which the use is known."""

    parcels: tuple[str, ...]
    labels: tuple[Label, ...]
    series: Series


def read(path: Path, *, scale: float = 1.0) -> Labelled:
    """Read a table; rows that cannot be read refuse it all."""
    table = frame(path, REQUIRED, OPTIONAL)
    refused: list[dict[str, Any]] = []
    values = np.stack([_numbers(table, name, refused) for name in INDICES], axis=1)
    day = _days(table, refused)
    n_pixels = _pixels(table, refused)
    missing = _missing(table, values, refused)
    parcels, parcel = np.unique(stripped(table["parcel"]), return_inverse=True)
    refused += _unnamed(table)
    known = labels(table, parcels, parcel, refused)
    raise_refused(refused)
    if stamps.are_months_slipped(day):
        raise Invalid(
            "表里的日期都是月末(或月末夹着月初),像是每月一日因时区退了一天;请改成成像日再试"
        )
    try:
        clean = series.from_table(
            series.Table(parcel, day, series.indices(values, scale=scale), n_pixels, missing),
            len(parcels),
        )
    except series.ScaledValues as error:
        raise Invalid(
            "指数的数值超出 -1 到 1,像是放大后的整数;请用 --scale 说明倍数,如 10000"
        ) from error
    return Labelled(tuple(parcels.tolist()), known, clean)


def raise_refused(refused: list[dict[str, Any]]) -> None:
    """Refuse the table where some of its rows were."""
    if refused:
        refused.sort(key=lambda row: (row["row"], row["column"]))
        raise RowsRefused(
            f"有 {len(refused)} 处不能读,请改好再试", rows=refused[:MAX_SHOWN], n=len(refused)
        )


def frame(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
    """Read the cells of a table with these columns; rows are numbered as people count them."""
    found = _cells(path)
    lacking = [name for name in required if name not in found.columns]
    if lacking:
        also = f";可另有 {'、'.join(optional)}" if optional else ""
        raise Invalid(f"缺少列:{'、'.join(lacking)}。需要 {'、'.join(required)}{also}")
    if found.empty:
        raise Invalid("表中没有数据行")
    return found


def _cells(path: Path) -> pd.DataFrame:
    if path.stat().st_size > MAX_BYTES:
        raise Invalid("文件超过 2 GiB,请按年或按镇分开")
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            table, first = pd.read_parquet(path), 1
        elif suffix == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            first = 2  # the headings are row 1
        else:
            raise UnsupportedType(f"{path.name} 的后缀不是 .csv 或 .parquet")
    except (pyarrow.ArrowException, pd.errors.ParserError, UnicodeDecodeError, ValueError) as error:
        raise Invalid(f"读不了 {path.name}:不是完好的 CSV(UTF-8)或 Parquet") from error
    table.index = pd.RangeIndex(first, first + len(table))
    return table


def refuse(
    table: pd.DataFrame, name: str, is_wrong: np.ndarray, reason: str
) -> list[dict[str, Any]]:
    """Name the rows of a column that cannot be read."""
    cells = table[name].to_numpy()
    return [
        {"row": int(table.index[at]), "column": name, "value": str(cells[at]), "reason": reason}
        for at in np.flatnonzero(is_wrong)
    ]


def stripped(column: pd.Series) -> np.ndarray:
    """Return the cells of a column as texts without space around them."""
    return np.array([str(cell).strip() for cell in column.tolist()], dtype=str)


def _is_empty(column: pd.Series) -> np.ndarray:
    return np.asarray(column.isna().to_numpy() | np.isin(stripped(column), NOTHING))


def _numbers(table: pd.DataFrame, name: str, refused: list[dict[str, Any]]) -> np.ndarray:
    """Read a column of numbers; empty is missing, text is refused."""
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    is_wrong = ~np.isfinite(numbers) & ~_is_empty(table[name])
    refused += refuse(table, name, is_wrong, "不是数;没有观测请留空")
    return np.asarray(numbers)


def _days(table: pd.DataFrame, refused: list[dict[str, Any]]) -> np.ndarray:
    """Read days as YYYY-MM-DD, or instants with their zone: nothing else is one day surely."""
    if pd.api.types.is_datetime64_dtype(table["day"]):
        instants = table["day"].to_numpy()
        days = instants.astype("datetime64[D]")
        days = np.where(days == instants, days, np.datetime64("NaT"))
    else:
        texts = pd.Series(stripped(table["day"]))
        is_day = texts.str.len() == DAY_LENGTH
        days = _parsed(texts.where(is_day), "%Y-%m-%d").astype("datetime64[D]")
        has_zone = ~is_day & texts.str.contains(r"(?:Z|[+-]\d\d:\d\d)$")
        instants = stamps.civil_days(
            _parsed(texts.where(has_zone), "ISO8601"), utc_offset_hours=SHANGHAI_HOURS
        )
        days = np.where(has_zone.to_numpy(), instants, days)
    refused += refuse(table, "day", np.isnat(days), "不是日期,请写成 2023-04-20,或带时区的时刻")
    return np.asarray(days)


def _parsed(texts: pd.Series, form: str) -> np.ndarray:
    parsed = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return np.asarray(parsed.dt.tz_localize(None).to_numpy())


def _pixels(table: pd.DataFrame, refused: list[dict[str, Any]]) -> np.ndarray:
    if "n_pixels" not in table.columns:
        return np.ones(len(table), dtype=np.int64)
    numbers = np.nan_to_num(_numbers(table, "n_pixels", refused))
    refused += refuse(table, "n_pixels", numbers < 0, "像元数不能为负")
    return np.asarray(numbers.astype(np.int64))


def _missing(table: pd.DataFrame, values: np.ndarray, refused: list[dict[str, Any]]) -> np.ndarray:
    """Read the codes of what is missing; without them an empty NDVI is a cloud."""
    is_gone = np.isnan(values[:, series.NDVI])
    if "missing" not in table.columns:
        return np.where(is_gone, Missing.CLOUD, Missing.PRESENT).astype(np.uint8)
    numbers = np.nan_to_num(_numbers(table, "missing", refused))
    is_wrong = ~np.isin(numbers, list(Missing))
    refused += refuse(table, "missing", is_wrong, f"缺测代码只有 0 到 {max(Missing)}")
    return np.where(is_wrong, 0, numbers).astype(np.uint8)


def _unnamed(table: pd.DataFrame) -> list[dict[str, Any]]:
    return refuse(table, "parcel", _is_empty(table["parcel"]), "没有图斑编号")


def labels(
    table: pd.DataFrame, parcels: np.ndarray, parcel: np.ndarray, refused: list[dict[str, Any]]
) -> tuple[Label, ...]:
    """Read one label a parcel: each row of a parcel says the same."""
    texts = stripped(table["label"])
    words, word = np.unique(texts, return_inverse=True)
    known: dict[str, Label] = {}
    for text in words.tolist():
        try:
            known[text] = label_of(text)
        except ValueError:
            is_wrong = word == np.searchsorted(words, text)
            refused += refuse(
                table, "label", is_wrong, "不是标签:converted、abandoned、kept 或用途代码"
            )
    first = np.full(len(parcels), -1, dtype=np.intp)
    first[parcel[::-1]] = word[::-1]
    differs = word != first[parcel]
    refused += refuse(table, "label", differs, "与同一图斑前面的标签不同")
    if refused:
        return ()
    return tuple(known[words[each]] for each in first.tolist())
