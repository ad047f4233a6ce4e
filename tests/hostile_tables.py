"""Tables that must be refused, and tables that must be read as the plain one is.

Every importer is tried with all of them: what is made here is made from the headings and one
good row of its own table.
"""

import csv
import io
import pickle
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import xlsxwriter

Row = Sequence[object]
Make = Callable[[Row, Row], bytes]
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MORE_ROWS_THAN_A_SHEET_HAS = 1_048_577


def a_csv(*rows: Row, encoding: str = "utf-8", newline: str = "\n") -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator=newline).writerows(rows)
    return file.getvalue().encode(encoding)


def a_workbook(*rows: Row) -> bytes:
    """A workbook of text, numbers and days, each as its own kind of cell."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    when = datetime(cell.year, cell.month, cell.day)
                    sheet.write_datetime(number, place, when, day)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, place, cell)
                else:
                    sheet.write_string(number, place, str(cell))
    return file.getvalue()


@cache
def a_raw_workbook(sheet: str, strings: str = "", more: tuple[str, str] | None = None) -> bytes:
    """A workbook whose sheet is written by hand."""
    types = (
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_KIND}.worksheet+xml"/>'
    )
    link = '<Relationship Id="{}" Type="{}" Target="{}"/>'
    links = link.format("rId1", f"{OFFICE}/worksheet", "worksheets/sheet1.xml")
    if strings:
        links += link.format("rId2", f"{OFFICE}/sharedStrings", "sharedStrings.xml")
    whole = link.format("rId1", f"{OFFICE}/officeDocument", "xl/workbook.xml")
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{whole}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{NS}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    } | ({"xl/sharedStrings.xml": strings} if strings else {})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*parts.items(), *([more] if more else [])]:
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return file.getvalue()


def a_sheet(rows: str) -> str:
    return f'<worksheet xmlns="{NS}"><sheetData>{rows}</sheetData></worksheet>'


def a_cell(place: str = "", value: str = "1") -> str:
    return f"<c{place and f' r={chr(34)}{place}{chr(34)}'}><v>{value}</v></c>"


@cache
def corners(first: str, last: str) -> bytes:
    """Two cells far apart: a reader that lays out what lies between ends its process."""
    return a_raw_workbook(a_sheet(f"<row>{first}</row><row>{last}</row>"))


class Creates:
    """What writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def pickles(canary: Path) -> dict[str, bytes]:
    """File name -> a pickle that would leave a trace, under the names of other formats."""
    array = io.BytesIO()
    np.save(array, np.array([Creates(canary)], dtype=object), allow_pickle=True)
    plain = [pickle.dumps(Creates(canary), protocol) for protocol in (0, 2, 5)]
    names = ("weeks.csv", "weeks.parquet", "weeks.xlsx")
    return {
        **dict(zip(names, plain, strict=True)),
        "weeks.pkl": plain[2],
        "weeks.npy": array.getvalue(),
    }


def with_formulas(headings: Row, row: Row) -> bytes:
    """A workbook as a program writes it that cannot compute."""
    book = openpyxl.Workbook()
    book.active.append(list(headings))
    book.active.append(list(row))
    book.active.append(['=HYPERLINK("http://127.0.0.1:1/x","x")'] * len(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _column_twice(headings: Row, row: Row) -> bytes:
    return a_csv([*headings, headings[0]], [*row, row[0]])


REFUSED: dict[str, Make] = {
    "nothing": lambda *_: b"",
    "only a line end": lambda *_: b"\r\n",
    "only headings of another table": lambda *_: a_csv(["甲", "乙"], ["1", "2"]),
    "no headings": lambda _, row: a_csv(row),
    "a required column is missing": lambda headings, row: a_csv(headings[1:], row[1:]),
    "a column that stands twice": _column_twice,
    "headings beyond the tenth row": lambda headings, row: a_csv(*[["标题"]] * 12, headings, row),
    "merged headings": lambda headings, row: a_csv([headings[0], *[""] * (len(row) - 1)], row),
    "an open quote": lambda headings, row: a_csv(headings, row) + b'"441803',
    "text after a quote": lambda headings, row: a_csv(headings, row) + b'"44"1803,1\n',
    "UTF-16": lambda headings, row: a_csv(headings, row, encoding="utf-16"),
    "NUL": lambda headings, row: a_csv(headings, row) + b"\x00",
    "neither UTF-8 nor GBK": lambda headings, row: a_csv(headings, row) + b"\xff\xff\xff\n",
    "1,048,577 rows": lambda headings, _: a_csv(headings) + b"1\n" * MORE_ROWS_THAN_A_SHEET_HAS,
    "256 columns": lambda headings, row: a_csv([*headings, *range(256)], row),
    "more than 20 MiB": lambda headings, row: a_csv(headings, row) + b"\n" * 20 * 2**20,
    "formulas that nobody computed": with_formulas,
    "two corners of a sheet": lambda *_: corners(a_cell("A1"), a_cell("XFD1048576")),
    "two corners of no sheet": lambda *_: corners(a_cell("A1"), a_cell("ZZZZZZ4000000000")),
    "corners behind an attribute that ends a tag": lambda *_: corners(
        a_cell("A1"), '<c s=">" r="XFD1048576"><v>1</v></c>'
    ),
    "corners in single quotes": lambda *_: corners(
        a_cell("A1"), "<c r = 'XFD1048576'><v>1</v></c>"
    ),
    "corners behind much air": lambda *_: corners(
        a_cell("A1"), f'<c {" " * 70_000} r="XFD1048576"><v>1</v></c>'
    ),
    "a row beyond the sheet": lambda *_: a_raw_workbook(
        a_sheet(f'<row r="1">{a_cell()}</row><row r="4000000">{a_cell()}</row>')
    ),
    "a million rows without a place": lambda *_: a_raw_workbook(
        a_sheet(f"<row>{a_cell()}</row>" + "<row/>" * 200_000 + f"<row>{a_cell()}</row>")
    ),
    "a row of cells without a place": lambda *_: a_raw_workbook(
        a_sheet(f"<row>{a_cell()}</row><row>{'<c/>' * 200_000}{a_cell()}</row>")
    ),
    "many million texts": lambda *_: a_raw_workbook(
        a_sheet(f"<row>{a_cell()}</row>"),
        strings=f'<sst xmlns="{NS}">' + "<si/>" * 3_000_000 + "</sst>",
    ),
    "a text that is not there": lambda *_: a_raw_workbook(
        a_sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')
    ),
    "an entity bomb": lambda *_: a_raw_workbook(
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + a_sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>')
    ),
    "an entity that names a file": lambda *_: a_raw_workbook(
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + a_sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>&f;</t></is></c></row>')
    ),
    "a bomb of zeros": lambda *_: a_raw_workbook(
        a_sheet(""), more=("xl/media/zeros.xml", "\x00" * 60 * 2**20)
    ),
    "an .ods": lambda *_: a_raw_workbook(a_sheet(""), more=("content.xml", "<x/>")),
    "an .xlsb": lambda *_: a_raw_workbook(a_sheet(""), more=("xl/workbook.bin", "x")),
    "an old .xls": lambda *_: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "Parquet": lambda *_: b"PAR1" + b"\x15\x04" * 50 + b"PAR1",
    "an archive": lambda *_: b"PK\x05\x06" + b"\x00" * 18,
}
"""How a table is spoilt -> the file, from the headings and a good row."""


def _cached_formula(headings: Row, row: Row) -> bytes:
    """A workbook as a spreadsheet saves it: each formula with its value."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, (heading, cell) in enumerate(zip(headings, row, strict=True)):
            sheet.write_string(0, place, str(heading))
            sheet.write_formula(1, place, f'="{cell}"', None, cell)
    return file.getvalue()


def _linked(headings: Row, row: Row) -> bytes:
    """A workbook with a part that names another workbook on another machine."""
    made = io.BytesIO(a_workbook(headings, row))
    with zipfile.ZipFile(made, "a") as archive:
        target = r'Target="\\127.0.0.1\share\x.xlsx" TargetMode="External"'
        archive.writestr(
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/externalLinkPath" {target}/></Relationships>',
        )
        archive.writestr("xl/externalLinks/externalLink1.xml", f'<externalLink xmlns="{NS}"/>')
    return made.getvalue()


SAME: dict[str, Make] = {
    "a CSV": a_csv,
    "with the mark of UTF-8": lambda *rows: a_csv(*rows, encoding="utf-8-sig"),
    "GBK without any mark": lambda *rows: a_csv(*rows, encoding="gbk"),
    "line ends of Windows": lambda *rows: a_csv(*rows, newline="\r\n"),
    "line ends of an old Mac": lambda *rows: a_csv(*rows, newline="\r"),
    "a title and empty lines above": lambda headings, row: a_csv(
        ["上半年\n填报表", ""], [], headings, [], row
    ),
    "columns in another order": lambda headings, row: a_csv(headings[::-1], row[::-1]),
    "full-width headings and blanks": lambda headings, row: a_csv(
        [f" {str(each).replace('(', '（').replace(')', '）')}　" for each in headings], row
    ),
    "every cell in quotes and blanks": lambda headings, row: "".join(
        ",".join(f'" {each} "' for each in line) + "\n" for line in (headings, row)
    ).encode(),
    "a workbook of texts": a_workbook,
    "formulas with their values": _cached_formula,
    "links to another workbook": _linked,
}
"""How a table is written differently -> the file; it must be read as the plain one is."""

BAD_NUMBERS = (
    *("十二", "1,2,3", "1,23", "12.3.4", "1 2", "1_000", "0x1F", "=1+1", "+3", "(3)", "3%", "1e"),
    *("1e999", "NaN", "inf", "-", ".", "-7", "١٢", "12亩3", "1;2", "−5", "9" * 30, "TRUE"),
)
BAD_DAYS = (
    *("1/2/2026", "2026-02-29", "2026年4月31日", "2023-13-01", "0000-00-00", "today", "59", "60"),
    *("61", "45036", "2023-W16-4", "20-4-2023", "2023", "2023-04", "1/4", "二〇二三年四月", "-1"),
    *("2023-04-20T25:00", "9999-12-31", "0001-01-01"),
)
BAD_DAY_NUMBERS = (59, 60, 61, 45036, 45036.5, -1, 1e10)
"""Serial days of a spreadsheet that stand as plain numbers; 60 is a day that never was."""


def same_numbers(number: str) -> tuple[str, ...]:
    """Return other ways to write a number."""
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in number)
    return (number + ".0" if "." not in number else number + "0", wide, f"  {number} ")


def same_days(day: date) -> tuple[object, ...]:
    """Return other ways to write a day."""
    plain = f"{day.year}/{day.month}/{day.day}"
    return (plain, plain.replace("/", "."), f"{day.year}年{day.month}月{day.day}日", f"{day}", day)
