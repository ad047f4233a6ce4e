"""The encoding of a shapefile's text, found by decoding all of it; and a DBF that does not lie."""

import codecs
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from service.landfiles.limits import Limits, Refusal, TooMuch

HEADER_BYTES, FIELD_BYTES = 32, 32
END_OF_FIELDS = 0x0D
LANGUAGE_AT = 29
TEXT = ord("C")
LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x03: "cp1252", 0x57: "cp1252"}
"""Language bytes that name an encoding; 0x00 says nothing and 0x57 is written by habit."""
SAID_BY_HABIT = 0x57
CANDIDATES = ("utf-8", "gb18030")
WESTERN = "cp1252"
IN_WORDS = {"utf-8": "UTF-8", "gb18030": "GB18030(GBK)", "big5": "Big5", "cp1252": "Windows-1252"}
SEPARATOR = 0x0A
"""Stands between cells: no second byte of UTF-8 or GB18030, so a cut character is noticed."""


@dataclass(frozen=True)
class Encoding:
    """How text is encoded, and in Chinese, why we think so."""

    name: str
    reason: str
    cut_cells: int = 0


@dataclass(frozen=True)
class _Table:
    cells: npt.NDArray[np.uint8]
    text_fields: list[tuple[int, int]]
    names: list[bytes]
    language: int


def find_encoding(shape: Path, asked: str | None, limits: Limits) -> Encoding:
    """Find the encoding: as asked, as .cpg says, as the language byte says, or as it decodes."""
    table = _open(shape.with_suffix(".dbf"), limits)
    said, why = _said(shape.with_suffix(".cpg"), table, asked)
    if said is not None:
        cut, wrong = _try(table, said)
        if wrong is None:
            return Encoding(said, why, cut)
        why += f",但第 {wrong} 行按它解不开;"
    for candidate in CANDIDATES:
        cut, wrong = _try(table, candidate)
        if wrong is None and (candidate != "gb18030" or _is_chinese(table)):
            name = IN_WORDS[candidate]
            return Encoding(candidate, f"{why}全部文字按 {name} 严格解码成功", cut)
    if wrong is None:
        said = "按 GB18030 解出的多是罕用字,按 Windows-1252 解出的都是西文字母"
        return Encoding(WESTERN, f"{why}{said},采用后者")
    raise Refusal(
        "encoding",
        f"第 {wrong} 行的文字既不是 UTF-8 也不是 GB18030,请在导出时选择编码或附上 .cpg",
        row=wrong,
    )


def _is_chinese(table: _Table) -> bool:
    """Say whether GB18030 gives everyday characters, not chance pairs of Western letters.

    A Western accented letter and the letter after it decode as one rare character; what
    Chinese surveys write is nearly all in GB 2312.
    """
    content = b"\n".join(_column(table, each) for each in table.text_fields)
    foreign = Counter(c for c in content.decode("gb18030", "replace") if c > "\x7f")
    everyday = sum(n for c, n in foreign.items() if c.encode("gb2312", "ignore"))
    return 2 * everyday >= foreign.total() or not _is_western(content)


def _is_western(content: bytes) -> bool:
    try:
        foreign = {c for c in content.decode(WESTERN) if c > "\x7f"}
    except UnicodeDecodeError:
        return False
    return all(c.isalpha() for c in foreign)


def _column(table: _Table, field: tuple[int, int]) -> bytes:
    at, length = field
    ends = np.full((len(table.cells), 1), SEPARATOR, np.uint8)
    return np.hstack([table.cells[:, at : at + length], ends]).tobytes()


def _said(cpg: Path, table: _Table, asked: str | None) -> tuple[str | None, str]:
    if asked is not None:
        return _known(asked), f"按指定的编码 {asked[:20]}"
    if cpg.exists():
        word = cpg.read_bytes()[:40].decode("ascii", "replace").strip()
        known = _known(word)
        if known is not None:
            return known, f".cpg 写明 {word[:20]}"
        return None, f".cpg 的内容“{word[:20]}”不是编码名;"
    language = LANGUAGES.get(table.language)
    if language is not None and table.language != SAID_BY_HABIT:
        return language, f"DBF 语言字节 0x{table.language:02X} 表示 {IN_WORDS[language]}"
    return None, "没有 .cpg,语言字节没有写明;"


def _known(word: str) -> str | None:
    """Return the strict codec that a word names; GBK and GB2312 are read as their superset."""
    word = {"936": "gb18030", "65001": "utf-8", "950": "big5"}.get(word, word)
    try:
        name = codecs.lookup(word).name
    except (LookupError, ValueError):
        return None
    name = "gb18030" if name in ("gbk", "gb2312", "cp936") else name
    return name if name in (*IN_WORDS, "iso8859-1", "latin-1") else None


def _open(path: Path, limits: Limits) -> _Table:
    content = path.read_bytes()
    if len(content) < HEADER_BYTES + 1:
        raise Refusal("dbf", ".dbf 不完整")
    rows, start, width = (
        int.from_bytes(content[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12))
    )
    if rows > limits.features:
        raise TooMuch("features", f"超过 {limits.features:,} 个图斑")
    if start > len(content) or width == 0 or start + rows * width > len(content):
        raise Refusal("dbf", ".dbf 的头部与内容不符(行数或行宽不对)")
    fields = _fields(content[HEADER_BYTES : start - 1])
    if len(fields) > limits.fields:
        raise TooMuch("fields", f"超过 {limits.fields} 个字段")
    if 1 + sum(length for _, _, length in fields) != width:
        raise Refusal("dbf", ".dbf 的字段宽度合计与行宽不符")
    body = np.frombuffer(content, np.uint8, rows * width, start).reshape(rows, width)
    places = np.cumsum([1, *(length for _, _, length in fields)]).tolist()
    texts = [
        (place, length)
        for place, (_, kind, length) in zip(places, fields, strict=False)
        if kind == TEXT
    ]
    return _Table(body, texts, [name for name, _, _ in fields], content[LANGUAGE_AT])


def _fields(described: bytes) -> list[tuple[bytes, int, int]]:
    """Return name, kind and width of each field; wide text borrows the decimals' byte."""
    fields = []
    for place in range(0, len(described), FIELD_BYTES):
        field = described[place : place + FIELD_BYTES]
        if field[0] == END_OF_FIELDS or len(field) < FIELD_BYTES:
            break
        length = field[16] + (field[17] << 8 if field[11] == TEXT else 0)
        fields.append((field[:11].split(b"\0")[0], field[11], length))
    return fields


def _try(table: _Table, encoding: str) -> tuple[int, int | None]:
    """Decode everything strictly; return how many cells end in half a character, or a bad row."""
    for name in table.names:
        if _decodes(name, encoding) is None:
            return 0, 0
    cut = 0
    for at, length in table.text_fields:
        try:
            _column(table, (at, length)).decode(encoding)
        except UnicodeDecodeError:
            for row, cell in enumerate(table.cells[:, at : at + length], start=1):
                is_whole = _decodes(cell.tobytes().rstrip(b" \0"), encoding)
                if is_whole is None:
                    return cut, row
                cut += not is_whole
    return cut, None


def _decodes(cell: bytes, encoding: str) -> bool | None:
    """Say whether a cell is whole; None if it is wrong before its last character."""
    try:
        cell.decode(encoding)
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            decoder.decode(cell)
        except UnicodeDecodeError:
            return None
        return False
    return True
