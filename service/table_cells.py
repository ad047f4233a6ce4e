"""The cells of a table as people write them, and what they say."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Generic

from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.errors import ServiceError
from service.files import Cell, UnreadableFile
from service.schemas import FIRST_DAY, LAST_DAY, MAX_DECIMAL_EXPONENT
from service.security import Viewer
from service.table_layouts import Column, I

YES, NO = (
    frozenset({"是", "y", "yes", "true", "1", "√"}),
    frozenset({"否", "n", "no", "false", "0"}),
)
NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d*)(\.\d*)?(e[+-]?\d{1,3})?", re.ASCII)
"""As people and programs write it. `1,23` is none: there the comma may be a decimal point."""
DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)", re.ASCII)
"""Year first: which of two small numbers is the month, nobody can tell."""
UNIT = re.compile(r"[(\[][^()\[\]]*[)\]]$")


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


class Cells:
    """Turns the cells of a row into the values of a schema's fields."""

    def __init__(self, session: Session) -> None:
        self.session = session
        viewer: Viewer | None = session.info.get("viewer")
        self.within = viewer.area_code if viewer else ""
        self.today = records.today(session)
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
