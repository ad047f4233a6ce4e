"""Parts of a whole that bulletins write without a measure word: 三分之二, 半数, 过半."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from inspections import numerals
from inspections.measures import PERCENT
from inspections.phrase import Form, Phrase

DIGITS = "零〇一二两三四五六七八九十百千万廿卅卌0-9０-９"
HALF = Fraction(1, 2)
PLACES = 28
BEFORE = (
    "不低于|不少于|至少|不超过|未超过|至多|超过?|逾|突破|高于|多于"
    "|不足|不到|未到|低于|少于|接近|将近|近|约"
)
PART = re.compile(
    rf"(?P<before>{BEFORE})?(?:(?<![{DIGITS}])(?!一?百分之)(?P<whole>[{DIGITS}几]{{1,8}})分之(?P<part>[{DIGITS}几]{{1,8}})"
    r"|(?P<half>半数|对半|一半))(?P<after>(?:及|或)?以[上下内]|左右|上下|[多强])?"
    r"|(?P<over>过半)(?:数(?!据)|(?![年月天日个小径数]))"
    r"|(?P<vague>[大多小少]半)(?:数(?!据)|(?=的?[农村镇户网面任计]))"
)
FORMS = {
    Form.AT_LEAST: ("不低于", "不少于", "至少", "及以上", "或以上", "以上"),
    Form.AT_MOST: ("不超过", "未超过", "至多", "及以下", "或以下", "以下", "以内"),
    Form.MORE: ("超过", "超", "逾", "突破", "高于", "多于", "多", "强"),
    Form.UNCLEAR: ("不足", "不到", "未到", "低于", "少于"),
}
"""Which words say what of a part; UNCLEAR stands for “below”, and all others for “about”."""


def find_parts(text: str) -> Iterator[Phrase]:
    """Find every part of a whole; percentages and 成 have measure words and are not among them.

    Parameters
    ----------
    text : str
        Of any length; read in linear time.

    Yields
    ------
    Phrase
        In the order of the text, as shares. 三分之二 alone is a round figure: about so much.
    """
    for found in PART.finditer(text):
        yield _phrase(found)


def _phrase(found: re.Match[str]) -> Phrase:
    phrase = Phrase(
        found.start(), found.end(), found[0], Form.UNCLEAR, unit=PERCENT, measure="分之"
    )
    words = [word for word in (found["before"], found["after"]) if word]
    share = _share(found)
    if share is None or len(words) > 1:
        return replace(phrase, why="这个分数读不准")
    if found["over"]:
        words = ["超过"]
    return _worded(phrase, share, words[0] if words else "")


def _share(found: re.Match[str]) -> Fraction | None:
    if found["half"] or found["over"]:
        return HALF
    if found["vague"]:
        return None
    whole, part = _value(found["whole"]), _value(found["part"])
    if whole is None or part is None or not 0 < part < whole:
        return None
    return Fraction(part) / Fraction(whole)


def _value(text: str) -> Decimal | None:
    return numerals.scale_of(text) if text in {"千", "万"} else numerals.parse(text)


def _worded(phrase: Phrase, share: Fraction, word: str) -> Phrase:
    """Put a share between its limits; where it has no end, they leave it on its side."""
    below, above = _beside(share)
    if word in FORMS[Form.AT_LEAST]:
        return replace(phrase, form=Form.AT_LEAST, low=below)
    if word in FORMS[Form.AT_MOST]:
        return replace(phrase, form=Form.AT_MOST, high=above)
    if word in FORMS[Form.MORE]:
        return replace(phrase, form=Form.MORE, low=above, is_strict=True)
    if word in FORMS[Form.UNCLEAR]:
        return replace(phrase, form=Form.AT_MOST, high=below, is_strict=True)
    return replace(phrase, form=Form.ABOUT, low=below, high=below)


def _beside(share: Fraction) -> tuple[Decimal, Decimal]:
    one = Decimal(share.numerator)
    below, above = (
        Context(prec=PLACES, rounding=rounding).divide(one, Decimal(share.denominator))
        for rounding in (ROUND_FLOOR, ROUND_CEILING)
    )
    return below, above
