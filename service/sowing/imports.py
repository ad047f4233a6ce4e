"""Tables that come back: a filled template, or a list by village, crop and method."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.database import clock_of
from service.errors import ServiceError
from service.files import Cell, Table, UnreadableFile, filled_rows, read_table
from service.reporting import queries as reporting
from service.schemas import civil_day
from service.sowing import queries, rules, template
from service.sowing.filing import Filing, Problem
from service.sowing.models import Answer, Basis, Method
from service.sowing.schemas import ImportReport, ReportCreate
from service.sowing.wording import (
    AS_OF,
    BASIS,
    BASIS_OF_TEXT,
    CODE,
    CROP,
    FIELD_OF_HEADING,
    METHOD,
    METHOD_OF_TEXT,
    MU,
    NAME,
    NOT_GROWN,
    NOTE,
    REASON,
    REASON_OF_TEXT,
    TITLES,
    in_chinese,
    mu_of,
)
from service.table_cells import day_of, folded, refuse_other_units
from service.tables import MAX_SHOWN, RowsRefused

HEADER_ROWS_SEARCHED = 10


@dataclass
class _Reading:
    """Figures read from a table, each with the cell that it came from."""

    items: list[ReportCreate] = field(default_factory=list)
    places: list[tuple[int, str, str]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, row: int, column: str, value: Cell, reason: str) -> None:
        """Note a cell that cannot be taken."""
        shown = "" if value is None else str(value)[:100]
        self.refused.append({"row": row, "column": column, "value": shown, "reason": reason})

    def refuse_item(self, problem: Problem) -> None:
        """Note a figure that the book refused, at its cell."""
        row, column, value = self.places[problem.row]
        self.refused.append(
            {"row": row, "column": column, "value": value, "reason": problem.reason}
        )


def import_table(
    session: Session,
    content: bytes,
    *,
    filename: str,
    season_code: str,
    as_of: date | None = None,
    is_dry_run: bool = False,
    is_partial: bool = False,
) -> ImportReport:
    """File a table: all of it, or nothing and a report by row, column, value and reason.

    Importing the same table again changes nothing. With `is_partial` the good rows are filed
    and only the others refused.
    """
    table = read_table(content, filename=filename)
    reading = _Reader(session, season_code, as_of).read(table)
    filing = Filing(session, reading.items) if reading.items else None
    for problem in filing.problems if filing else ():
        reading.refuse_item(problem)
    reading.refused.sort(key=lambda each: each["row"])
    if reading.refused and not (is_partial or is_dry_run):
        raise RowsRefused(
            f"有 {len(reading.refused)} 处不能导入,全部未保存;请按原因改正后重新上传",
            rows=reading.refused[:MAX_SHOWN],
            n_refused=len(reading.refused),
        )
    return _report(table, reading, filing, is_dry_run=is_dry_run)


def _report(
    table: Table, reading: _Reading, filing: Filing | None, *, is_dry_run: bool
) -> ImportReport:
    if filing is not None and not is_dry_run:
        filing.write()
    filed = filing.filed if filing else {}
    return ImportReport(
        n_read=len(reading.items) + len(reading.refused) - len(filing.problems if filing else ()),
        n_filed=sum(each.is_new for each in filed.values()),
        n_unchanged=sum(not each.is_new for each in filed.values()),
        n_refused=len(reading.refused),
        refused=reading.refused[:MAX_SHOWN],
        warnings=[
            {"row": reading.places[n][0], "warning": each.warning}
            for n, each in sorted(filed.items())
            if each.warning
        ],
        encoding=table.encoding,
        is_dry_run=is_dry_run,
    )


class _Reader:
    """Turns rows of cells into figures; a table is wide (a column per crop) or long."""

    def __init__(self, session: Session, season_code: str, as_of: date | None) -> None:
        self.session, self.as_of = session, as_of
        self.season = reporting.season(session, season_code)
        crops = queries.crop_rows(session)
        self.crops = {folded(each.name): each.code for each in crops} | {
            folded(each.code): each.code for each in crops
        }
        self.wide = {
            folded(template.column_title(each.name, method)): (each.code, method)
            for each in crops
            for method in rules.methods_of(each.group_name)
        }
        viewer = session.info.get("viewer")
        self.within = viewer.area_code if viewer else ""
        self.today = civil_day(clock_of(session)())
        self.reading = _Reading()
        self.codes: dict[str, str] = {}

    def read(self, table: Table) -> _Reading:
        """Read every filled row below the headings."""
        rows = list(filled_rows(table))
        at, fields = self._headings(rows)
        refuse_other_units(rows[at][1], [*FIELD_OF_HEADING, *self.wide])
        _refuse_twice(rows[at][1], FIELD_OF_HEADING, self.wide)
        figures = {
            column: self.wide[folded(cell)]
            for column, cell in enumerate(rows[at][1])
            if folded(cell) in self.wide
        }
        is_long = {CROP, METHOD, MU} <= fields.keys()
        if not is_long and not figures:
            raise UnreadableFile(
                "没有可填的列;请用系统下载的模板,或用“村代码、作物、方式、累计面积”四列的长表"
            )
        self.titles = [str(cell or "") for cell in rows[at][1]]
        for number, cells in rows[at + 1 :]:
            row = _Row(number, cells, fields)
            if is_long:
                self._long(row)
            else:
                self._wide(row, figures)
        self._refuse_repeats()
        return self.reading

    def _headings(self, rows: list[tuple[int, list[Cell]]]) -> tuple[int, dict[str, int]]:
        for at, (_, cells) in enumerate(rows[:HEADER_ROWS_SEARCHED]):
            fields = {
                FIELD_OF_HEADING[folded(cell)]: column
                for column, cell in enumerate(cells)
                if folded(cell) in FIELD_OF_HEADING
            }
            if CODE in fields or NAME in fields:
                return at, fields
        raise UnreadableFile("前 10 行里没有表头;表头须有“村代码”或“村名”一列")

    def _wide(self, row: "_Row", figures: Mapping[int, tuple[str, Method]]) -> None:
        filled = [column for column in figures if row.at(column) is not None]
        if not filled:
            return
        shared = self._shared(row)
        if shared is None:
            return
        for column in filled:
            crop_code, method = figures[column]
            self._take(row, column, shared | {"crop_code": crop_code, "method": method})

    def _long(self, row: "_Row") -> None:
        shared = self._shared(row)
        if shared is None:
            return
        crop_code = self.crops.get(folded(row.get(CROP)))
        method = METHOD_OF_TEXT.get(folded(row.get(METHOD)))
        if crop_code is None:
            self._refuse(row, CROP, "没有这种作物,请填作物名称或代码")
        elif method is None:
            self._refuse(row, METHOD, f"方式须是{'、'.join(rules.METHOD_TEXT.values())}之一")
        else:
            self._take(row, row.fields[MU], shared | {"crop_code": crop_code, "method": method})

    def _shared(self, row: "_Row") -> dict[str, Any] | None:
        """Return what all figures of a row share, or None where that was refused."""
        area_code, as_of = self._area(row), self._as_of(row)
        basis = self._choice(row, BASIS, BASIS_OF_TEXT, rules.BASIS_TEXT.values())
        reason = self._choice(row, REASON, REASON_OF_TEXT, rules.REASON_TEXT.values())
        if area_code is None or as_of is None or REFUSED in {basis, reason}:
            return None
        note = row.get(NOTE)
        return {
            "season_code": self.season.code,
            "area_code": area_code,
            "as_of": as_of,
            "basis": basis or Basis.LEDGER,
            "reason": reason,
            "note": str(note) if note is not None else None,
        }

    def _area(self, row: "_Row") -> str | None:
        code, name = row.get(CODE), row.get(NAME)
        if code is not None:
            return str(code).strip().removeprefix("'").removesuffix(".0")
        if name is None:
            self._refuse(row, CODE, "没有村代码")
            return None
        if str(name) not in self.codes:
            try:
                found = areas.area_named(
                    self.session, str(name), within=self.within, on=self.as_of or self.today
                )
            except ServiceError as refusal:
                self._refuse(row, NAME, refusal.detail)
                return None
            self.codes[str(name)] = found.area_code
        return self.codes[str(name)]

    def _as_of(self, row: "_Row") -> date | None:
        value = row.get(AS_OF)
        if value is None:
            if self.as_of is None:
                self._refuse(row, AS_OF, "没有报告日;请在上传时选定,或加“报告日”一列")
            return self.as_of
        day = day_of(value)
        if day is None:
            self._refuse(row, AS_OF, "没有这一天,或看不出年月日;日期写成 2023-04-20")
            return None
        if self.as_of is not None and day != self.as_of:
            self._refuse(row, AS_OF, f"与上传时选定的 {self.as_of} 不同")
            return None
        return day

    def _choice(self, row: "_Row", name: str, known: Mapping[str, Any], texts: Any) -> Any:
        value = row.get(name)
        if value is None:
            return None
        found = known.get(folded(value), REFUSED)
        if found is REFUSED:
            self._refuse(row, name, f"须是{'、'.join(texts)}之一,或留空")
        return found

    def _take(self, row: "_Row", column: int, values: dict[str, Any]) -> None:
        cell, title = row.at(column), self.titles[column]
        if cell is None:
            self.reading.refuse(row.number, title, cell, "没有累计面积;零填 0,不种填“无”")
            return
        answer: dict[str, Any] = {"answer": Answer.NOT_GROWN}
        if folded(cell) not in NOT_GROWN:
            number = mu_of(cell)
            if number is None:
                self.reading.refuse(row.number, title, cell, "须是累计亩数(数字),或“无”")
                return
            answer = {"cumulative_mu": number}
        try:
            item = ReportCreate(**values, **answer)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            self.reading.refuse(row.number, title, cell, in_chinese(reason))
            return
        self.reading.items.append(item)
        self.reading.places.append((row.number, title, str(cell)[:100]))

    def _refuse(self, row: "_Row", name: str, reason: str) -> None:
        title = self.titles[row.fields[name]] if name in row.fields else TITLES.get(name, name)
        self.reading.refuse(row.number, title, row.get(name), reason)

    def _refuse_repeats(self) -> None:
        """Refuse a figure that the table gives twice: which one holds cannot be known."""
        keys = [(i.area_code, i.crop_code, i.method, i.as_of) for i in self.reading.items]
        again = set(rules.repeated(keys))
        for position in sorted(again):
            row, column, value = self.reading.places[position]
            self.reading.refuse(row, column, value, "同一村、作物、方式、报告日在表里出现两次")
        kept = [n for n in range(len(keys)) if n not in again]
        self.reading.items = [self.reading.items[n] for n in kept]
        self.reading.places = [self.reading.places[n] for n in kept]


def _refuse_twice(cells: list[Cell], *known: Mapping[str, Any]) -> None:
    """Refuse a column that stands twice: which one holds cannot be known."""
    fields = [one[folded(cell)] for cell in cells for one in known if folded(cell) in one]
    twice = next((each for each in fields if fields.count(each) > 1), None)
    if twice is not None:
        titles = [str(c) for c in cells if any(one.get(folded(c)) == twice for one in known)]
        raise UnreadableFile(f"“{titles[0]}”一列出现了两次,请只留一列")


REFUSED = object()
"""A choice that is none of the allowed ones."""


@dataclass(frozen=True)
class _Row:
    number: int
    cells: list[Cell]
    fields: Mapping[str, int]

    def at(self, column: int) -> Cell:
        """Return the cell of a column; short rows end early."""
        return self.cells[column] if column < len(self.cells) else None

    def get(self, name: str) -> Cell:
        """Return the cell of a field."""
        return self.at(self.fields[name]) if name in self.fields else None
