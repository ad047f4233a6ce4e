"""The chart of a bulletin in a Word file: progress by town, as a picture."""

import io

from PIL import Image, ImageDraw, ImageFont

from service.bulletins.document import Document, lengths
from service.bulletins.fonts import Fonts

WIDTH, ROW, MARGIN = 1600, 56, 20
NAME_WIDTH, LABEL_WIDTH, TEXT = 260, 420, 30
PLAN, SOWN, INK = "#d5dccb", "#3f7d3a", "#222222"


def png(document: Document, fonts: Fonts) -> bytes:
    """Draw the bars."""
    bars = lengths(document.bars)
    picture = Image.new("RGB", (WIDTH, ROW * len(bars) + 2 * MARGIN), "white")
    draw = ImageDraw.Draw(picture)
    faces = {
        str(fonts.chinese.fontName): ImageFont.truetype(str(fonts.chinese_file), TEXT),
        str(fonts.latin.fontName): ImageFont.truetype(str(fonts.latin_file), TEXT),
    }
    room = WIDTH - NAME_WIDTH - LABEL_WIDTH - 2 * MARGIN
    left = MARGIN + NAME_WIDTH
    for at, bar in enumerate(bars):
        top = MARGIN + at * ROW
        draw.rectangle((left, top + 6, left + room * bar.plan, top + ROW - 6), fill=PLAN)
        draw.rectangle((left, top + 14, left + room * bar.sown, top + ROW - 14), fill=SOWN)
        _write(draw, (MARGIN, top + 10), bar.name, fonts, faces)
        _write(draw, (left + room + 16, top + 10), bar.label, fonts, faces)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=False)
    return out.getvalue()


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    fonts: Fonts,
    faces: dict[str, ImageFont.FreeTypeFont],
) -> None:
    x, y = place
    for run in fonts.runs(text):
        face = faces[run.font]
        draw.text((x, y), run.text, fill=INK, font=face)
        x += face.getlength(run.text)
