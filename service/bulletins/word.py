"""A bulletin as a Word file."""

import io
import zipfile
from datetime import datetime, time

import docx
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from service.bulletins import chart
from service.bulletins.document import COLUMNS, Document
from service.bulletins.fonts import Fonts

FACE, BODY_FACE = "黑体", "仿宋"
RED = RGBColor(0xC0, 0x10, 0x10)
COLUMN_WIDTHS = (5.6, 3.6, 1.8, 1.8, 2.4)
AFTER_BORDERS = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
"""What the schema wants behind a paragraph's borders."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every part: the same content must be the same file."""


def docx_bytes(document: Document, fonts: Fonts | None) -> bytes:
    """Set a bulletin; without fonts its chart is left to the table."""
    word = docx.Document()
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    _head(word, document)
    for text in document.paragraphs:
        is_heading = text in document.headings
        _line(word, text, size=15, face=FACE if is_heading else BODY_FACE, indent=not is_heading)
    _table(word, document)
    if fonts is not None and document.bars:
        _line(word, "各单位播种进度(深色为已播,浅色为计划)", size=12)
        word.add_picture(io.BytesIO(chart.png(document, fonts)), width=Cm(15))
    _foot(word, document)
    _properties(word, document)
    out = io.BytesIO()
    word.save(out)
    return _same_every_time(out.getvalue())


def _head(word: WordDocument, document: Document) -> None:
    if document.mark:
        _line(word, document.mark, size=12, is_centred=True)
    _line(word, document.masthead, size=30, face=FACE, is_centred=True, colour=RED)
    _line(word, document.issue, size=14, is_centred=True)
    _rule_under(_line(word, f"{document.office}　　{document.day}", size=12, is_centred=True))
    _line(word, document.title, size=20, face=FACE, is_centred=True)


def _rule_under(paragraph: Paragraph) -> None:
    """Draw the red line between the head and the text."""
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", str(RED))):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *AFTER_BORDERS)


def _line(
    word: WordDocument,
    text: str,
    *,
    size: float,
    face: str = BODY_FACE,
    is_centred: bool = False,
    indent: bool = False,
    colour: RGBColor | None = None,
) -> Paragraph:
    paragraph = word.add_paragraph()
    if is_centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), face
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    if colour is not None:
        run.font.color.rgb = colour
    return paragraph


def _table(word: WordDocument, document: Document) -> None:
    _line(word, "附:数字与依据", size=12, face=FACE)
    table = word.add_table(rows=1, cols=len(COLUMNS), style="Table Grid")
    for at, row in enumerate((COLUMNS, *document.rows)):
        line = table.add_row() if at else table.rows[0]
        told = line._tr.get_or_add_trPr()
        told.append(OxmlElement("w:cantSplit"))
        if not at:
            told.append(OxmlElement("w:tblHeader"))
        for cell, text, width in zip(line.cells, row, COLUMN_WIDTHS, strict=True):
            cell.text, cell.width = text, Cm(width)
    _line(word, document.source, size=9)


def _foot(word: WordDocument, document: Document) -> None:
    for text in document.distribution:
        _line(word, text, size=12)
    _line(word, document.printed, size=12)


def _properties(word: WordDocument, document: Document) -> None:
    told = word.core_properties
    told.title, told.author = document.title, document.office
    told.subject, told.comments = f"{document.masthead} {document.issue}", document.source
    told.created = told.modified = datetime.combine(document.on, time())
    told.revision = 1


def _same_every_time(content: bytes) -> bytes:
    """Write the parts again with one fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(out, "w") as made:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, parts.read(name))
    return out.getvalue()
