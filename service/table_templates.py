"""The empty workbook of a table."""

import io
from typing import Any

import xlsxwriter

from service.files import MADE
from service.table_layouts import Column, Kind, Layout

LONGEST_LIST = 200
"""Characters of choices that a workbook can offer in a cell."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
