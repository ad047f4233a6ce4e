"""A bulletin as a PDF with its fonts embedded; made without any other program."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from service.bulletins.document import COLUMNS, Document, Length, lengths
from service.bulletins.fonts import Fonts

WIDTH, HEIGHT = A4
LEFT, TOP, BOTTOM = 72.0, HEIGHT - 72.0, 72.0
ROOM = WIDTH - 2 * LEFT
LEADING = 1.6
INK, RED = HexColor("#111111"), HexColor("#c01010")
SOWN, PLAN, RULE = HexColor("#3f7d3a"), HexColor("#d5dccb"), HexColor("#999999")
COLUMN_WIDTHS = (0.40, 0.22, 0.13, 0.11, 0.14)
NOT_FIRST = "，。、；：！？）》”’%,.;:!?)"
"""What may not begin a line."""
WORD = re.compile(r"[0-9A-Za-z.%]{1,24}|.")
"""What stays on one line: a number, or one character."""
NAME_ROOM, LABEL_ROOM = 90.0, 150.0
BAR, CHART_HEAD = 16.0, 30.0


def pdf_bytes(document: Document, fonts: Fonts) -> bytes:
    """Set a bulletin."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, initialFontName=str(fonts.chinese.fontName))
    canvas.setTitle(f"{document.masthead} {document.issue}")
    canvas.setAuthor(document.office)
    canvas.setSubject(document.source)
    _Press(canvas, fonts).run(document)
    canvas.save()
    return out.getvalue()


@dataclass
class _Press:
    """Sets lines from the top of a page downwards, on as many pages as it takes."""

    canvas: Canvas
    fonts: Fonts
    y: float = TOP

    def run(self, document: Document) -> None:
        if document.mark:
            self.centred(document.mark, 11, RED)
        self.centred(document.masthead, 28, RED)
        self.centred(document.issue, 13)
        self.centred(f"{document.office}　　{document.day}", 11)
        self.rule(RED)
        self.centred(document.title, 18)
        for text in document.paragraphs:
            indent = 0 if text in document.headings else 2
            self.text(text, 14, indent=indent)
        self.table(document)
        self.chart(document)
        self.rule(INK)
        for text in (*document.distribution, document.printed):
            self.text(text, 11)

    def down(self, height: float) -> None:
        """Go down; begin a new page where there is no room."""
        self.y -= height
        if self.y < BOTTOM:
            self.canvas.showPage()
            self.y = TOP - height

    def draw(self, x: float, text: str, size: float, colour: Color = INK) -> None:
        """Write at a place of the present line."""
        self.canvas.setFillColor(colour)
        for run in self.fonts.runs(text):
            self.canvas.setFont(run.font, size)
            self.canvas.drawString(x, self.y, run.text)
            x += self.canvas.stringWidth(run.text, run.font, size)

    def centred(self, text: str, size: float, colour: Color = INK) -> None:
        """Write in the middle."""
        for line in self.lines(text, size, 0, ROOM):
            self.down(size * LEADING)
            self.draw(LEFT + (ROOM - self.fonts.width(line, size)) / 2, line, size, colour)

    def text(self, text: str, size: float, *, indent: int = 0) -> None:
        """Write a paragraph, broken between characters as Chinese is."""
        for at, line in enumerate(self.lines(text, size, indent, ROOM)):
            self.down(size * LEADING)
            self.draw(LEFT + (indent * size if at == 0 else 0), line, size)

    def lines(self, text: str, size: float, indent: int, room: float) -> Iterator[str]:
        """Break a paragraph."""
        line, left = "", room - indent * size
        for word in WORD.findall(text):
            width = self.fonts.width(word, size)
            if width > left and line and word not in NOT_FIRST:
                yield line
                line, left = "", room
            line += word
            left -= width
        if line:
            yield line

    def rule(self, colour: Color) -> None:
        """Draw a line across."""
        self.down(10)
        self.canvas.setStrokeColor(colour)
        self.canvas.line(LEFT, self.y, LEFT + ROOM, self.y)

    def table(self, document: Document) -> None:
        """Set the table of facts."""
        self.text("附:数字与依据", 11)
        self.row(COLUMNS)
        for row in document.rows:
            self.row(row, is_under_columns=True)
        self.text(document.source, 8)

    def row(self, cells: tuple[str, ...], *, is_under_columns: bool = False) -> None:
        """Set one row, whole on one page; on a new page under the names of the columns again."""
        size, widths = 9.0, [share * ROOM for share in COLUMN_WIDTHS]
        broken = [
            list(self.lines(cell, size, 0, width - 6))
            for cell, width in zip(cells, widths, strict=True)
        ]
        n_lines = max(1, *map(len, broken))
        if is_under_columns and self.y - n_lines * size * LEADING < BOTTOM:
            self.canvas.showPage()
            self.y = TOP
            self.row(COLUMNS)
        for at in range(n_lines):
            self.down(size * LEADING)
            x = LEFT
            for lines, width in zip(broken, widths, strict=True):
                self.draw(x, lines[at] if at < len(lines) else "", size)
                x += width
        self.canvas.setStrokeColor(RULE)
        self.canvas.line(LEFT, self.y - 4, LEFT + ROOM, self.y - 4)

    def chart(self, document: Document) -> None:
        """Draw the progress of the units below."""
        if not document.bars:
            return
        height = BAR * len(document.bars) + CHART_HEAD
        if self.y - height < BOTTOM < TOP - height:  # whole on one page, where it fits on one
            self.canvas.showPage()
            self.y = TOP
        self.text("各单位播种进度(深色为已播,浅色为计划)", 11)
        for bar in lengths(document.bars):
            self.bar(bar)

    def bar(self, bar: Length) -> None:
        """Draw one bar with its name and figures."""
        self.down(BAR)
        room = ROOM - NAME_ROOM - LABEL_ROOM
        self.canvas.setFillColor(PLAN)
        self.canvas.rect(LEFT + NAME_ROOM, self.y - 3, room * bar.plan, 12, stroke=0, fill=1)
        self.canvas.setFillColor(SOWN)
        self.canvas.rect(LEFT + NAME_ROOM, self.y, room * bar.sown, 6, stroke=0, fill=1)
        self.draw(LEFT, bar.name, 9)
        self.draw(LEFT + NAME_ROOM + room + 8, bar.label, 9)
