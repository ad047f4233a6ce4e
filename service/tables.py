"""Tables that come in for a record book: headings, cells, a report by row; all of it or nothing.

A book says in a `Layout` which columns its table has and which schema a row must fill. Reading,
refusing, the dry run and the template are the same for every book.
"""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

import xlsxwriter
from fastapi import Depends, File, Form, UploadFile
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.database import clock_of
from service.errors import IN_CHINESE, Invalid, ServiceError
from service.files import MADE, Cell, UnreadableFile, filled_rows, read_table
from service.records import content_digest, row_id
from service.schemas import FIRST_DAY, LAST_DAY, MAX_DECIMAL_EXPONENT, Strict, civil_day
from service.security import Viewer

HEADER_ROWS_SEARCHED = 10
MAX_SHOWN = 500
"""Refused rows that an answer lists."""
YES, NO = (
    frozenset({"是", "y", "yes", "true", "1", "√"}),
    frozenset({"否", "n", "no", "false", "0"}),
)
NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?(e[+-]?\d{1,3})?", re.ASCII)
"""As people and programs write it. `1,23` is none: there the comma may be a decimal point."""
DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)", re.ASCII)
"""Year first: which of two small numbers is the month, nobody can tell."""
UNIT = re.compile(r"[(\[][^()\[\]]*[)\]]$")
LONGEST_LIST = 200
"""Characters of choices that a workbook can offer in a cell."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Kind(StrEnum):
    """What a column's cells hold."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DEGREES = "degrees"
    DAY = "day"
    CHOICE = "choice"
    AREA = "area"
    """A unit, by code or by name."""
    FLAG = "flag"
    LIST = "list"
    """Several texts, separated by 、 or ; or |."""


@dataclass(frozen=True)
class Column:
    """One column of a table: the field that it fills and the headings it may stand under."""

    name: str
    """Of the field."""
    headings: tuple[str, ...]
    kind: Kind = Kind.TEXT
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What people write -> the value."""
    is_required: bool = False
    hint: str = ""

    @property
    def title(self) -> str:
        """The heading in the template."""
        return self.headings[0]


I = TypeVar("I", bound=Strict)  # noqa: E741 - the item of a table


@dataclass(frozen=True)
class Layout(Generic[I]):
    """A table of one book."""

    kind: str
    """Names the table in ids and in file names."""
    title: str
    schema: type[I]
    columns: tuple[Column, ...]


class ImportReport(BaseModel):
    """What became of an uploaded table."""

    n_read: int
    n_filed: int
    n_unchanged: int
    n_refused: int
    refused: list[dict[str, Any]]
    encoding: str | None = None
    is_dry_run: bool = False


class RowsRefused(Invalid):
    """Some rows cannot be filed; nothing was."""

    title = "Rows refused"


class CellRefused(ValueError):
    """A cell that cannot be taken as what its column holds."""


@dataclass
class Reading(Generic[I]):
    """Rows read from a table, each with its number; and the cells that were refused."""

    items: list[I] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    encoding: str | None = None

    def refuse(self, row: int, column: str, value: Cell, reason: str) -> None:
        """Note a cell that cannot be taken."""
        shown = "" if value is None else str(value)[:100]
        self.refused.append({"row": row, "column": column, "value": shown, "reason": reason})


def folded(text: Cell) -> str:
    """Return a text as it is compared: full-width folded, no spaces, small letters."""
    return unicodedata.normalize("NFKC", str(text or "")).strip().lower().replace(" ", "")


def number_of(cell: Cell) -> Decimal | None:
    """Read a number as people write it: full-width digits, thousands separators."""
    if isinstance(cell, Decimal):
        return cell if cell.is_finite() else None
    if not isinstance(cell, str):
        return None
    plain = unicodedata.normalize("NFKC", cell).strip().lower()
    if not NUMBER.fullmatch(plain):
        return None
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None


def day_of(cell: Cell) -> date | None:
    """Read a civil day as people write it, the year first; one of our time."""
    found = DAY.fullmatch(folded(cell)) if isinstance(cell, str) else None
    try:
        day = date(*(int(part) for part in found.groups() if part)) if found else cell
    except ValueError:
        return None
    return day if isinstance(day, date) and FIRST_DAY <= day <= LAST_DAY else None


def refuse_other_units(cells: Iterable[Cell], known: Iterable[str]) -> None:
    """Refuse a heading that is one of the known but for its unit: 累计面积(公顷).

    Its figures would be left out, and nobody would be told.
    """
    headings = {folded(each): each for each in known}
    bare = {UNIT.sub("", heading): each for heading, each in headings.items()}
    for cell in cells:
        heading = folded(cell)
        stem = UNIT.sub("", heading)
        if heading not in headings and stem != heading and stem in bare:
            raise UnreadableFile(
                f"表头“{str(cell)[:50]}”与模板的“{bare[stem]}”单位不同;请换算后改用模板的表头"
            )


@dataclass(frozen=True)
class Upload:
    """A table on its way in, and how it is to be taken."""

    content: bytes
    filename: str
    is_dry_run: bool = False
    is_partial: bool = False


def uploaded(
    file: Annotated[UploadFile, File()],
    dry_run: Annotated[bool, Form()] = False,
    partial: Annotated[bool, Form()] = False,
) -> Upload:
    """Take the form that brings a table."""
    return Upload(file.file.read(), file.filename or "", dry_run, partial)


UploadDep = Annotated[Upload, Depends(uploaded)]


def import_rows(
    session: Session,
    upload: Upload,
    layout: Layout[I],
    file_item: Callable[[I], bool],
    *,
    fixed: Mapping[str, Any] | None = None,
) -> ImportReport:
    """File every row of a table by `file_item`, which tells whether the row is new.

    All rows are filed, or none and a report by row, column, value and reason; a partial upload
    files the good rows and refuses only the others. `file_item` must judge before it writes.
    """
    reading = read(session, upload, layout, fixed=fixed or {})
    queue: list[Any] = session.info.setdefault("audit_queue", [])
    n_before, new = len(queue), []
    trial = session.begin_nested()
    for number, item in zip(reading.numbers, reading.items, strict=True):
        try:
            new.append(file_item(item))
        except ServiceError as refusal:
            named = refusal.members.get("field", "")
            reading.refuse(number, _title(layout, named), _shown(item, named), refusal.detail)
    reading.refused.sort(key=lambda each: each["row"])
    if reading.refused and not (upload.is_partial or upload.is_dry_run):
        raise RowsRefused(
            f"有 {len(reading.refused)} 处不能导入,全部未保存;请按原因改正后重新上传",
            rows=reading.refused[:MAX_SHOWN],
            n_refused=len(reading.refused),
        )
    if upload.is_dry_run:
        trial.rollback()
        del queue[n_before:]
    else:
        trial.commit()
    return ImportReport(
        n_read=len({each["row"] for each in reading.refused} | set(reading.numbers)),
        n_filed=sum(new),
        n_unchanged=len(new) - sum(new),
        n_refused=len(reading.refused),
        refused=reading.refused[:MAX_SHOWN],
        encoding=reading.encoding,
        is_dry_run=upload.is_dry_run,
    )


def _title(layout: Layout[I], name: str) -> str:
    return next((each.title for each in layout.columns if each.name == name), name)


def _shown(item: Strict, name: str) -> Cell:
    value = getattr(item, name, None)
    return None if value is None else str(value)


def read(
    session: Session, upload: Upload, layout: Layout[I], *, fixed: Mapping[str, Any]
) -> Reading[I]:
    """Read the rows of a table; what cannot be taken is noted, not raised."""
    table = read_table(upload.content, filename=upload.filename)
    rows = list(filled_rows(table))
    at, places = _headings(rows, layout, fixed)
    reading: Reading[I] = Reading(encoding=table.encoding)
    seen: Counter[str] = Counter()
    reader = _Cells(session)
    for number, cells in rows[at + 1 :]:
        values = reader.values(number, cells, places, reading)
        if values is None:
            continue
        item = _item(layout, dict(fixed) | values, number, reading)
        if item is None:
            continue
        if "id" in layout.schema.model_fields and getattr(item, "id", None) is None:
            digest = content_digest(item.model_dump(exclude={"id"}))
            seen[digest] += 1
            item = item.model_copy(update={"id": row_id(layout.kind, digest, seen[digest])})
        reading.items.append(item)
        reading.numbers.append(number)
    return reading


def _headings(
    rows: Sequence[tuple[int, list[Cell]]], layout: Layout[I], fixed: Mapping[str, Any]
) -> tuple[int, dict[int, Column]]:
    """Find the row of headings: the first that names every required column."""
    known = {folded(heading): each for each in layout.columns for heading in each.headings}
    wanted = {each.name for each in layout.columns if each.is_required} - fixed.keys()
    best: set[str] = set()
    for at, (_, cells) in enumerate(rows[:HEADER_ROWS_SEARCHED]):
        places = {n: known[folded(cell)] for n, cell in enumerate(cells) if folded(cell) in known}
        found = [each.name for each in places.values()]
        if found:
            refuse_other_units(cells, (words for each in layout.columns for words in each.headings))
        if wanted <= set(found) and found:
            if len(found) != len(set(found)):
                twice = next(each for each in found if found.count(each) > 1)
                raise UnreadableFile(f"“{_title(layout, twice)}”一列出现了两次,请只留一列")
            return at, places
        best = max(best, set(found), key=len)
    missing = "、".join(_title(layout, name) for name in sorted(wanted - best))
    raise UnreadableFile(
        f"前 {HEADER_ROWS_SEARCHED} 行里没有完整的表头,缺:{missing};请用系统下载的模板"
    )


def _item(layout: Layout[I], values: dict[str, Any], number: int, reading: Reading[I]) -> I | None:
    try:
        return layout.schema(**values)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            name = str(each["loc"][0]) if each["loc"] else ""
            value = values.get(name)
            reading.refuse(number, _title(layout, name), value, _reason(each))
        return None


def _reason(error: Any) -> str:
    text = IN_CHINESE.get(error["type"])
    if text is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return text.format(**error.get("ctx", {}))


class _Cells:
    """Turns the cells of a row into the values of a schema's fields."""

    def __init__(self, session: Session) -> None:
        self.session = session
        viewer: Viewer | None = session.info.get("viewer")
        self.within = viewer.area_code if viewer else ""
        self.today = civil_day(clock_of(session)())
        self.codes: dict[str, str] = {}

    def values(
        self, number: int, cells: list[Cell], places: Mapping[int, Column], reading: Reading[Any]
    ) -> dict[str, Any] | None:
        """Return field -> value of the filled cells; None where one was refused."""
        found, is_good = {}, True
        for place, column in places.items():
            cell = cells[place] if place < len(cells) else None
            if cell is None:
                if column.is_required:
                    reading.refuse(number, column.title, cell, "必填")
                    is_good = False
                continue
            try:
                found[column.name] = self._value(column, cell)
            except (CellRefused, ServiceError) as refusal:
                reading.refuse(number, column.title, cell, getattr(refusal, "detail", str(refusal)))
                is_good = False
        return found if is_good else None

    def _value(self, column: Column, cell: Cell) -> Any:
        return getattr(self, f"_{column.kind}")(column, cell)

    def _text(self, _: Column, cell: Cell) -> str:
        if isinstance(cell, Decimal):  # a workbook keeps codes and phones as numbers
            return f"{cell:f}".rstrip("0").rstrip(".") if "." in f"{cell:f}" else f"{cell:f}"
        return str(cell).removeprefix("'")

    def _number(self, _: Column, cell: Cell) -> Decimal:
        number = number_of(cell)
        if number is None:
            raise CellRefused("须是数字")
        if number and number.adjusted() > MAX_DECIMAL_EXPONENT:
            raise CellRefused("数字太大")  # here the report can still show it as it was written
        return number

    def _integer(self, column: Column, cell: Cell) -> int:
        number = self._number(column, cell)
        if number != number.to_integral_value() or abs(number) >= 10**12:
            raise CellRefused("须是整数")
        return int(number)

    def _degrees(self, column: Column, cell: Cell) -> float:
        return float(self._number(column, cell))

    def _day(self, _: Column, cell: Cell) -> date:
        day = day_of(cell)
        if day is None:
            raise CellRefused("没有这一天,或看不出年月日;日期写成 2023-04-20")
        return day

    def _choice(self, column: Column, cell: Cell) -> Any:
        for text, value in column.choices.items():
            if folded(text) == folded(cell) or folded(str(value)) == folded(cell):
                return value
        raise CellRefused(f"须是{'、'.join(column.choices)}之一")

    def _flag(self, _: Column, cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        if folded(cell) in YES | NO:
            return folded(cell) in YES
        raise CellRefused("填“是”或“否”")

    def _list(self, column: Column, cell: Cell) -> list[Any]:
        text = str(cell)
        for mark in "、;；,，":
            text = text.replace(mark, "|")
        found = [each.strip() for each in text.split("|") if each.strip()]
        if not column.choices:
            return found
        return [self._choice(column, each) for each in found]

    def _area(self, column: Column, cell: Cell) -> str:
        text = self._text(column, cell).strip()
        if folded(text).isdigit():
            return text
        if text not in self.codes:
            found = areas.area_named(self.session, text, within=self.within, on=self.today)
            self.codes[text] = found.area_code
        return self.codes[text]


def template(layout: Layout[Any]) -> bytes:
    """Return the empty workbook of a table: headings, choices, and a sheet that explains."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(MADE)
        heading = book.add_format({"bold": True, "bg_color": "#E8F0E4", "border": 1})
        text = book.add_format({"num_format": "@"})
        sheet, told = book.add_worksheet("填报"), book.add_worksheet("说明")
        for place, column in enumerate(layout.columns):
            is_text = column.kind in {Kind.TEXT, Kind.AREA, Kind.LIST}
            sheet.set_column(
                place, place, max(12, 2 * len(column.title) + 2), text if is_text else None
            )
            sheet.write_string(0, place, column.title, heading)
            if column.kind is Kind.CHOICE and sum(map(len, column.choices)) < LONGEST_LIST:
                source = list(dict.fromkeys(column.choices))
                sheet.data_validation(1, place, 2000, place, {"validate": "list", "source": source})
            needed = "必填" if column.is_required else "可不填"
            for n, words in enumerate((column.title, needed, column.hint or _said(column))):
                told.write_string(place, n, words)
        sheet.freeze_panes(1, 0)
        told.set_column(0, 0, 20)
        told.set_column(2, 2, 80)
    return file.getvalue()


def _said(column: Column) -> str:
    if column.kind is Kind.CHOICE:
        return "、".join(column.choices)
    return {
        Kind.DAY: "写成 2023-04-20",
        Kind.NUMBER: "数字",
        Kind.DEGREES: "度,CGCS2000 或 WGS-84",
        Kind.INTEGER: "整数",
        Kind.FLAG: "是 或 否",
        Kind.AREA: "区划代码或名称",
        Kind.LIST: "几项用顿号隔开",
    }.get(column.kind, "")
