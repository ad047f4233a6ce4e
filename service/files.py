"""Tables that come as files: workbooks and CSV, read within limits that a bomb cannot pass."""

import csv
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine

from service.errors import Invalid, TooLarge

MAX_UPLOAD_BYTES = 20 * 2**20
MAX_ENTRIES = 64
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 100
MAX_ROWS = 20_000
MAX_COLUMNS = 255
MAX_CELL_TEXT = 10_000
CHUNK = 2**16
MADE = {"created": datetime(2000, 1, 1)}
"""Property of a workbook that we write: the same content is the same bytes, whenever it is made."""
XLSX_START = b"PK\x03\x04"
SIGNIFICANT_DIGITS = ".15g"
"""A workbook's numbers are binary doubles; spreadsheets themselves show 15 digits of them."""

FOREIGN_PARTS = ("content.xml", "workbook.bin")
"""Of .ods and .xlsb, which the reader would take as well; their repeats and binary cells are
not counted here."""
ROW = re.compile(rb"<(?:[\w.-]+:)?row(?=[\s/>])")
CELL = re.compile(rb"<(?:[\w.-]+:)?c(?=[\s/>])")
PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
STRING = re.compile(rb"<(?:[\w.-]+:)?si(?=[\s/>])")
NOT_COMPUTED = re.compile(
    rb"<(?:[\w.-]+:)?c(?![^<>]*\st=.str)(?:\s[^<>]*)?>"
    rb"<(?:[\w.-]+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:[\w.-]+:)?f>)(?:<v\s*/>|<v></v>)?</(?:[\w.-]+:)?c>"
)
"""A formula without its value, written by a program that cannot compute it. One whose value is
an empty text is told apart by the cell's type."""
LONGEST_FORMULA = 2**14
MAX_STRINGS = 2_000_000
LONGEST_TEXT = 2**20
MAX_DIGITS = len(str(MAX_ROWS))

Cell = str | Decimal | bool | date | None


class UnreadableFile(Invalid):
    """This file is not a table that can be read."""

    title = "Unreadable file"


@dataclass(frozen=True)
class Table:
    """A table as it was read: every row with its number as the user's program shows it."""

    rows: list[tuple[int, list[Cell]]]
    encoding: str | None = None
    """Of a CSV: the encoding that it was read in."""


def read_table(content: bytes, *, filename: str) -> Table:
    """Read the first sheet of a workbook, or a CSV, whatever its name says."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise TooLarge(f"文件超过 {MAX_UPLOAD_BYTES // 2**20} MiB")
    if not content:
        raise UnreadableFile("文件是空的", file=filename[:100])
    if content.startswith(XLSX_START):
        check_archive(content)
        return _read_workbook(content)
    if content.startswith((b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"%PDF")):
        raise UnreadableFile("只接受 .xlsx 或 .csv;旧版 .xls 请另存为 .xlsx")
    return _read_csv(content)


def check_archive(content: bytes) -> None:
    """Refuse an archive that lies, overlaps or expands beyond the limits.

    Sizes are counted while unpacking, because the directory can say anything.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(archive, len(content))
            total = sum(_unpacked(archive, entry) for entry in archive.infolist())
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        struct.error,
        ValueError,
    ) as error:
        raise UnreadableFile("文件损坏,不是完整的 .xlsx") from error
    except OverflowError as error:
        raise UnreadableFile("压缩包展开后过大,已拒绝") from error
    if total > MAX_UNPACKED_BYTES:
        raise UnreadableFile("压缩包展开后过大,已拒绝")


def _check_entries(archive: zipfile.ZipFile, size: int) -> None:
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    if len(entries) > MAX_ENTRIES:
        raise UnreadableFile(f"压缩包里超过 {MAX_ENTRIES} 个文件")
    if len({entry.filename for entry in entries}) != len(entries):
        raise UnreadableFile("压缩包里有同名文件")
    end = 0
    for entry in entries:
        if entry.flag_bits & 1:
            raise UnreadableFile("文件有密码,请去掉密码后再上传")
        if entry.header_offset < end:
            raise UnreadableFile("压缩包内容重叠,已拒绝")
        end = entry.header_offset + entry.compress_size
    if end > size:
        raise UnreadableFile("文件不完整")
    if any(entry.filename.lower().endswith(FOREIGN_PARTS) for entry in entries):
        raise UnreadableFile("只接受 .xlsx 或 .csv;.ods、.xlsb 请另存为 .xlsx")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    size, limit = 0, max(MAX_RATIO * max(entry.compress_size, 1), 2**20)
    extent = _Extent()
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > MAX_UNPACKED_BYTES or size > limit:
                raise OverflowError
            extent.see(chunk)
    return size


class _Extent:
    """How far the cells of a sheet reach, seen in its text as it is unpacked.

    The reader lays out the whole rectangle between the first cell and the last at once: two
    cells in opposite corners of a sheet would ask for 400 GB and end the process. Any part may
    be the sheet, so every part is looked at. A cell or row without a place follows the one
    before it, so they are counted too.
    """

    def __init__(self) -> None:
        self.n_rows = self.n_cells = self.n_strings = 0
        self.tail = self.before = b""

    def see(self, chunk: bytes) -> None:
        """Look at the next piece; refuse what reaches too far."""
        text = self.tail + chunk
        cut = text.rfind(b">") + 1
        text, self.tail = text[:cut], text[cut:]
        first, *rows = ROW.split(text)
        self.n_rows += len(rows)
        if rows:
            self.n_cells = 0
        self.n_cells += max(len(CELL.findall(row)) for row in (first, *rows))
        if self.n_cells > MAX_COLUMNS or self.n_rows > MAX_ROWS or len(self.tail) > LONGEST_TEXT:
            self._refuse()
        self.n_strings += len(STRING.findall(text))
        if self.n_strings > MAX_STRINGS:
            self._refuse()
        whole, self.before = self.before + text, text[-LONGEST_FORMULA:]
        if NOT_COMPUTED.search(whole):
            raise UnreadableFile("表里有没算出结果的公式;请用 Excel 或 WPS 打开,保存后再上传")
        for letters, digits in set(PLACE.findall(text)):
            # Other parts use the name of this attribute too, and have no rows.
            is_place = letters or self.n_rows
            if is_place and (len(digits) > MAX_DIGITS or int(digits) > MAX_ROWS):
                self._refuse()
            if _column(letters) > MAX_COLUMNS:
                self._refuse()

    def _refuse(self) -> None:
        raise UnreadableFile(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - ord("A") + 1
    return number


def _read_workbook(content: bytes) -> Table:
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(
            io.BytesIO(content)
        ).get_sheet_by_index(0)
        height, width = sheet.total_height, sheet.total_width
    except (python_calamine.CalamineError, IndexError, ValueError) as error:
        raise UnreadableFile("不是可读的 .xlsx 工作簿") from error
    if height > MAX_ROWS or width > MAX_COLUMNS:
        raise UnreadableFile(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
    rows = sheet.to_python(skip_empty_area=False)
    return Table([(number, [_cell(v) for v in row]) for number, row in enumerate(rows, start=1)])


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(format(value, SIGNIFICANT_DIGITS))
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool | date):
        return value
    return str(value)[:MAX_CELL_TEXT]


def decode(content: bytes) -> tuple[str, str]:
    """Decode text: UTF-8 strictly, else GB18030 strictly; return it with the encoding's name."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("文字编码既不是 UTF-8 也不是 GBK;请另存为 UTF-8 的 CSV")


def _read_csv(content: bytes) -> Table:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("这是 UTF-16 编码;请另存为 UTF-8 的 CSV")
    text, encoding = decode(content)
    if "\x00" in text:
        raise UnreadableFile("文件里有空字符,不是 CSV")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for row in reader:
            if len(rows) >= MAX_ROWS or len(row) > MAX_COLUMNS:
                raise UnreadableFile(f"表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列")
            rows.append((reader.line_num, [value.strip() or None for value in row]))
    except csv.Error as error:
        raise UnreadableFile(f"第 {reader.line_num} 行的引号不成对或单元格过长") from error
    return Table(rows, encoding)


def filled_rows(table: Table) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows that hold anything."""
    for number, row in table.rows:
        if any(cell is not None for cell in row):
            yield number, row
