"""The fonts that a bulletin's PDF and chart carry with them, found on this machine.

A PDF embeds TrueType outlines only, so Noto CJK (PostScript outlines) does not serve. Where the
Chinese font has no Latin letters, as Droid Sans Fallback has none, a second font sets those.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from service.errors import ServiceError

SEARCHED = Path("/usr/share/fonts")
CHINESE = (
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "uming.ttc",
    "ukai.ttc",
    "simsun.ttc",
    "simfang.ttf",
)
LATIN = ("LiberationSerif-Regular.ttf", "LiberationSans-Regular.ttf", "DejaVuSans.ttf")
PROBE = "春耕农资"
LATIN_PROBE = "0123456789%.()-"


class NoFont(ServiceError):
    """No Chinese font that can be embedded is on this machine."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "No font"


@dataclass(frozen=True)
class Run:
    """A piece of text that one font sets."""

    font: str
    text: str


@dataclass(frozen=True)
class Fonts:
    """The Chinese font and the one for what it lacks."""

    chinese: TTFont
    latin: TTFont
    chinese_file: Path
    latin_file: Path

    def runs(self, text: str) -> Iterator[Run]:
        """Cut a text by the font that has its characters."""
        name, start = "", 0
        for at, character in enumerate(text):
            wanted = self._font(character)
            if wanted != name:
                if at > start:
                    yield Run(name, text[start:at])
                name, start = wanted, at
        if text[start:]:
            yield Run(name, text[start:])

    def _font(self, character: str) -> str:
        has_it = ord(character) in self.chinese.face.charToGlyph
        is_latin = character.isascii() and ord(character) in self.latin.face.charToGlyph
        if is_latin or (not has_it and ord(character) in self.latin.face.charToGlyph):
            return str(self.latin.fontName)
        return str(self.chinese.fontName)

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is, in points."""
        return float(sum(pdfmetrics.stringWidth(e.text, e.font, size) for e in self.runs(text)))


def load(configured: Path | None) -> Fonts:
    """Return the fonts, from the setting or found by their usual names."""
    return _load(configured, SEARCHED)


def loaded(configured: Path | None) -> Fonts | None:
    """Return the fonts, or None where there are none: a Word file does without."""
    try:
        return load(configured)
    except NoFont:
        return None


@cache
def _load(configured: Path | None, searched: Path) -> Fonts:
    chinese = _chinese(configured, searched)
    latin = _first(_paths(searched, LATIN), "chungeng-latin", LATIN_PROBE)
    if latin is None:
        latin = (chinese[0], chinese[1])
    for font in {chinese[1].fontName: chinese[1], latin[1].fontName: latin[1]}.values():
        pdfmetrics.registerFont(font)
    return Fonts(chinese[1], latin[1], chinese[0], latin[0])


def _chinese(configured: Path | None, searched: Path) -> tuple[Path, TTFont]:
    paths = [configured] if configured else _paths(searched, CHINESE)
    found = _first(paths, "chungeng-chinese", PROBE)
    if found is not None:
        return found
    if configured is not None:
        raise NoFont(
            f"CHUNGENG_FONT_FILE 指的 {configured} 读不出汉字轮廓;请换成 TrueType 的中文字体"
        )
    raise NoFont(
        "这台机器上没有可嵌入的中文字体,不能生成 PDF;请安装 fonts-droid-fallback,"
        "或用 CHUNGENG_FONT_FILE 指定一个 TrueType 中文字体。Word 文件不受影响"
    )


def _paths(searched: Path, names: tuple[str, ...]) -> list[Path]:
    there = {each.name: each for each in sorted(searched.rglob("*.tt[fc]"))}
    return [there[name] for name in names if name in there]


def _first(paths: list[Path], name: str, probe: str) -> tuple[Path, TTFont] | None:
    for path in paths:
        try:
            font = TTFont(name, str(path))
        except (TTFError, OSError):
            continue
        if all(ord(character) in font.face.charToGlyph for character in probe):
            return path, font
    return None
