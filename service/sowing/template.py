"""The workbook of one town's week: what goes out to be filled in."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.files import MADE
from service.reporting import queries as reporting
from service.sowing import queries, rules
from service.sowing.models import Crop, Method, SowingReport

SEPARATOR = "·"
CODE_TITLE, NAME_TITLE = "村代码", "村名"
LAST_TITLES = ("依据", "更正原因", "备注")


def column_title(crop_name: str, method: Method) -> str:
    """Return the heading of one crop and method in a wide table."""
    return f"{crop_name}{SEPARATOR}{rules.METHOD_TEXT[method]}"


def columns_of(crops: Sequence[Crop]) -> list[tuple[Crop, Method]]:
    """Return the crop and method of each figure column, in order."""
    return [(crop, method) for crop in crops for method in rules.methods_of(crop.group_name)]


def workbook(session: Session, *, season_code: str, town_code: str, as_of: date) -> bytes:
    """Return the workbook of one town's week, holding what was filed for it so far."""
    season = reporting.season(session, season_code)
    town = areas.area(session, town_code)
    villages = areas.unit_names(session, within=town_code, level="village", on=as_of)
    columns = columns_of(queries.season_crops(session, season_code, town_code))
    found, _ = queries.reports(
        session, season_code=season_code, area_code=town_code, as_of=as_of, limit=20_000
    )
    filed = {(each.area_code, each.crop_code, each.method): each for each in found}
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(MADE)
        sheet = _Sheet(book, columns)
        sheet.head(f"{season.title} {town.name} 播种进度({as_of} 止累计,亩)")
        for number, (code, name) in enumerate(villages.items(), start=_Sheet.FIRST_ROW):
            sheet.village(number, code, name, filed)
        sheet.close(_Sheet.FIRST_ROW + len(villages) - 1)
        _explain(book, season_code, town_code, as_of)
    return file.getvalue()


class _Sheet:
    """The sheet that is filled in: headings locked, figure cells open and validated."""

    HEADING_ROW, FIRST_ROW = 1, 2
    FIGURES_START = 2

    def __init__(self, book: Any, columns: Sequence[tuple[Crop, Method]]) -> None:
        self.columns = columns
        self.sheet = book.add_worksheet("填报")
        bold = {"bold": True, "bg_color": "#E8F0E4", "border": 1, "text_wrap": True}
        self.heading = book.add_format(bold | {"valign": "vcenter"})
        self.locked = book.add_format({"num_format": "@", "border": 1})
        self.figure = book.add_format({"locked": False, "num_format": "#,##0.00", "border": 1})
        self.words = book.add_format({"locked": False, "num_format": "@", "border": 1})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.after = self.FIGURES_START + len(columns)

    def head(self, title: str) -> None:
        """Write the title and the headings."""
        self.sheet.write_string(0, 0, title, self.title)
        titles = [CODE_TITLE, NAME_TITLE]
        titles += [column_title(crop.name, method) for crop, method in self.columns]
        titles += LAST_TITLES
        for column, text in enumerate(titles):
            self.sheet.write_string(self.HEADING_ROW, column, text, self.heading)
        self.sheet.set_row(self.HEADING_ROW, 32)

    def village(
        self,
        row: int,
        code: str,
        name: str,
        filed: Mapping[tuple[str, str, Method], SowingReport],
    ) -> None:
        """Write one village with what it filed."""
        self.sheet.write_string(row, 0, code, self.locked)
        self.sheet.write_string(row, 1, name, self.locked)
        for column, (crop, method) in enumerate(self.columns, start=self.FIGURES_START):
            report = filed.get((code, crop.code, method))
            if report is None:
                self.sheet.write_blank(row, column, None, self.figure)
            elif report.cumulative_mu is None:
                self.sheet.write_string(row, column, rules.NOT_GROWN_TEXT, self.figure)
            else:
                self.sheet.write_number(row, column, float(report.cumulative_mu), self.figure)
        for column in range(self.after, self.after + len(LAST_TITLES)):
            self.sheet.write_blank(row, column, None, self.words)

    def close(self, last_row: int) -> None:
        """Add validation and protection."""
        first = self.FIRST_ROW
        last = max(last_row, first)
        if self.columns:
            here = xlsxwriter.utility.xl_rowcol_to_cell(first, self.FIGURES_START)
            is_number = f"AND(ISNUMBER({here}),{here}>=0,{here}<=9999999.99)"
            self.sheet.data_validation(
                first,
                self.FIGURES_START,
                last,
                self.after - 1,
                {
                    "validate": "custom",
                    "value": f'=OR({here}="{rules.NOT_GROWN_TEXT}",{is_number})',
                    "error_title": "请检查",
                    "error_message": "填累计亩数(零也要填),不种这种作物填“无”",
                },
            )
        choices = (list(rules.BASIS_TEXT.values()), list(rules.REASON_TEXT.values()))
        for column, source in enumerate(choices, start=self.after):
            self.sheet.data_validation(
                first, column, last, column, {"validate": "list", "source": source}
            )
        self.sheet.set_column(0, 0, 15)
        self.sheet.set_column(1, 1, 16)
        self.sheet.set_column(2, self.after + 2, 11)
        self.sheet.freeze_panes(first, self.FIGURES_START)
        self.sheet.protect("", {"select_locked_cells": True, "format_columns": True})


def _explain(book: Any, season_code: str, town_code: str, as_of: date) -> None:
    sheet = book.add_worksheet("说明")
    for row, (key, value) in enumerate(
        (
            ("播种季", season_code),
            ("镇代码", town_code),
            ("报告日", str(as_of)),
            ("填法", "填到报告日为止的累计亩数;零填 0,没有上报的留空,不种这种作物填“无”"),
            ("育秧", "填秧田亩数,系统按系数折合大田,不计入播种面积"),
            ("更正", "改已上报的数字,或累计数比上周少时,须在“更正原因”选一项"),
        )
    ):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.set_column(1, 1, 80)
    sheet.protect()
