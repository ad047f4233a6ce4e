"""Numeric phrases of a bulletin: a number, how it is worded, and what it counts.

A phrase that can be read in two ways is found all the same, as unclear and with the reason.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from inspections import numerals
from inspections.measures import DOUBLED, MEASURES, PATTERN, PERCENT
from inspections.numerals import SEPARATORS_OF_A_RANGE, Number
from inspections.phrase import STATEMENTS, Form, Phrase
from inspections.quotients import find_quotients
from inspections.shares import find_parts

__all__ = ["MAX_CHARACTERS", "STATEMENTS", "Form", "Phrase", "find_phrases"]

MAX_CHARACTERS = 100_000
"""Of one text; what lies behind is not read. The longest issue of the seed has 8,000."""


LAST_OF_THE_NUMERALS = 0x20000
UNREAD = "".join(
    each for each in map(chr, range(LAST_OF_THE_NUMERALS)) if each.isnumeric() and each != "千"
)
"""Every character that is a number, such as ½, ③ and Ⅻ; what `numerals` cannot read is unclear."""
CHARACTERS = rf"\d两{re.escape(UNREAD)}\u200b-\u200f\u2060\ufeff"
ONE_CHARACTER = rf"(?:[{CHARACTERS}]|千(?![克瓦米])|几|数(?=[十百千万亿]))"
PRODUCT = re.compile(
    r"\s?(?:[×xX*＊]\s?(?P<base>[0-9０-９.]+)(?:\s?(?:\^|\*\*)\s?(?P<exponent>[0-9]{1,2})"
    r"|(?P<raised>[⁰¹²³⁴-⁹]{1,2}))?|[eE]\+?(?P<e>[0-9]{1,2}))"
)
"""Behind a number: 1.8366×10^5, 1.8366×10⁵, 1.8366e5; other products are not reckoned."""
NUMBER = re.compile(rf"{ONE_CHARACTER}++(?:[.,，．点](?={ONE_CHARACTER}){ONE_CHARACTER}++)*+")
DASH = re.compile(rf"\s?(?:[{SEPARATORS_OF_A_RANGE}]|——)\s?")
SCALE = r"(?:[百千]?(?:万亿|[万亿])|[百千](?![克瓦米]))"
TAIL = re.compile(
    rf"\s?(?P<more>[多余来])?\s?(?P<scale>{SCALE})?(?P<more_of_scale>[多余])?\s?"
    rf"(?P<unit>{PATTERN})(?P<after>(?:及|或)?以[上下内]|左右|上下|(?<=成)[多余])?"
)
PERCENT_TAIL = re.compile(
    r"(?P<more>[多余来])?(?P<scale>)(?P<more_of_scale>)(?P<unit>)"
    r"(?P<after>(?:及|或)?以[上下内]|左右|上下)?"
)
PERCENT_HEAD = "百分之"
BEFORE = re.compile(
    r"(?P<at_least>不低于|不少于|不小于|至少)|(?P<at_most>不超过|未超过|不高于|不多于|至多|最多)"
    r"|(?P<over>(?<!反)超过?|逾|突破|高于|多于|大于)|(?P<under>不足|不到|未到|低于|少于|小于)"
    r"|(?P<about>接近|将近|(?<![最附靠邻新远临])近|大?(?<![节预签合条公违制特])约|大概)"
)
BEFORE_AT_END = re.compile(rf"(?:{BEFORE.pattern})[为有达计]?到?\s?$")
LONGEST_BEFORE = 6
WORDS_AFTER = {
    **{"上": Form.AT_LEAST, "下": Form.AT_MOST, "内": Form.AT_MOST},
    **{"多": Form.MORE, "余": Form.MORE},
}
ONLY_PLACES = re.compile("[百千万亿]+")
VAGUE_HEAD = re.compile(r"[上成近超约逾]$")
ARTICLE = "一"
COUNTED_ONCE = {"", PERCENT, "个百分点", "成", "倍", "番"}
"""Before these 一 is a number."""

NOT_A_FIGURE = re.compile(r"(?:第|分之|距今|[A-Za-z_#№]|[0-9０-９]\s?[+＋/／×*:：=^])\s?$")
"""Before a number: an ordinal, a name, a part of a formula, a ratio or a time of day."""
BROKEN = (
    (re.compile(rf"[0-9０-９]\s?[{SEPARATORS_OF_A_RANGE}]{{1,2}}\s?$"), "前面还连着别的数字"),
    (re.compile(r"[0-9０-９][ \n\u00a0\u2009\u202f]$"), "前面隔着空白还有数字"),
    (re.compile(r"[-−]$"), "前面的横线不知是不是负号"),
    (re.compile(r"[.．]$"), "前面有小数点"),
)
UNFINISHED = (
    (re.compile(r"\s?[/／÷]|每[亩人家户公]"), "单位里带“/”或“每”,读不准"),
    (re.compile(DOUBLED), "两个量词连写,不知数的是什么"),
    (re.compile(rf"(?<=成)[{CHARACTERS}]"), "“成”后面还有数字"),
)
"""Behind a measure word."""
AMBIGUOUS_COMMA = re.compile("[0-9]，[0-9]")

STATEMENT = re.compile(
    r"(?P<unclear>需求[^，。；！？,;!?\d\n]{0,6}(?:未|没|难|不)[^，。；！？,;!?\d\n]{0,6}满足"
    r"|供(?:应|给)[^，。；！？,;!?\d\n]{0,4}(?:未|没|难|不|欠)[^，。；！？,;!?\d\n]{0,4}"
    r"(?:顺畅|充足|充裕|畅通))"
    r"|(?P<none_found>[暂尚均还]?未(?:发现|查出|查获)"
    r"(?:[^，。；！？,;!?\d\n]{0,30}?(?:行为|问题|情况|现象|线索)|[^，。；！？,;!?\d\n]{0,30}))"
    r"|(?P<met>需求(?:均|都|已|能)?(?:得到|得以|获得)(?:了)?(?:充分|有效|基本|较好)?(?:的)?满足"
    r"|(?<![不未难才])能够?(?:充分|有效|基本|较好)?满足[^，。；！？,;!?\d\n]{0,8}需求"
    r"|供(?:应|给)(?:总体|基本|整体|较为|比较|十分|非常|持续)?(?:顺畅|充足|充裕|畅通))"
    r"|(?P<level>(?:相对|基本|大致|总体|大体)?持平)"
)


def find_phrases(text: str) -> list[Phrase]:
    """Find every numeric phrase.

    Parameters
    ----------
    text : str
        A paragraph, or a whole issue. Read up to `MAX_CHARACTERS`, in linear time; never raises.

    Returns
    -------
    list of Phrase
        In the order of the text, without overlap. Numbers without a measure word (dates, years,
        ordinals, articles of law, names such as “5+1”) are no figures, nor is 一个 as an article.
    """
    text = text[:MAX_CHARACTERS]
    quotients, parts = list(find_quotients(text)), list(find_parts(text))
    said = [_statement(found) for found in STATEMENT.finditer(text)]
    figures = _in_order([*parts, *_outside(parts, _figures(text))])
    rest = _outside(quotients, [*_joined(text, figures), *said])
    found = _in_order([*quotients, *rest])
    return [
        phrase
        for before, phrase in zip([None, *found], found, strict=False)
        if before is None or phrase.start >= before.end
    ]


def _in_order(phrases: list[Phrase]) -> list[Phrase]:
    return sorted(phrases, key=lambda phrase: phrase.start)


def _outside(whole: list[Phrase], others: Iterable[Phrase]) -> Iterator[Phrase]:
    """Leave out what lies within a quotient or a part of a whole: they are read as one."""
    starts = [each.start for each in whole]
    for each in others:
        at = bisect_left(starts, each.end)
        if at == 0 or whole[at - 1].end <= each.start:
            yield each


def _statement(found: re.Match[str]) -> Phrase:
    form = Form(found.lastgroup or "")
    why = "句中有否定的词,不知否定的是什么" if form is Form.UNCLEAR else ""
    return Phrase(found.start(), found.end(), found[0], form, why=why)


def _figures(text: str) -> Iterator[Phrase]:
    end = 0
    for token in NUMBER.finditer(text):
        phrase = _figure_at(text, token) if token.start() >= end else None
        if phrase is not None:
            end = phrase.end
            yield phrase


def _figure_at(text: str, token: re.Match[str]) -> Phrase | None:
    """Read the figure that starts with a number, or None where the number is no figure."""
    before = text[max(0, token.start() - LONGEST_BEFORE) : token.start()]
    is_percent = before.endswith(PERCENT_HEAD)
    if not is_percent and NOT_A_FIGURE.search(before):
        return None
    tail_of = PERCENT_TAIL if is_percent else TAIL
    product = PRODUCT.match(text, token.end())
    second = None if is_percent or product else _second_number(text, token)
    tail = tail_of.match(text, (second or product or token).end())
    if tail is None and second is not None:
        second, tail = None, TAIL.match(text, token.end())
    if tail is None or _is_an_article(token[0], tail, before):
        return None
    start = token.start() - (len(PERCENT_HEAD) if is_percent else 0)
    head = BEFORE_AT_END.search(text, max(0, start - LONGEST_BEFORE), start)
    phrase = _bare(text, head.start() if head else start, tail)
    if product is not None:
        return _reckoned(phrase, token[0], product, tail, head)
    return _worded(phrase, token, second, tail, head)


def _reckoned(
    phrase: Phrase,
    number: str,
    product: re.Match[str],
    tail: re.Match[str],
    head: re.Match[str] | None,
) -> Phrase:
    """Read 1.8366×10^5; leave every other product unclear."""
    exponent = product["exponent"] or product["raised"] or product["e"] or ""
    power = numerals.power_of_ten(exponent) if product["base"] in {None, "10"} else None
    read = numerals.read(number)
    is_plain = not (head or tail["more"] or tail["scale"] or tail["after"])
    if power is None or read is None or not is_plain:
        return replace(phrase, why="这是算式,没有按它算")
    return _limited(phrase, read.times(power).times(_factor(tail)), "exact")


def _factor(tail: re.Match[str]) -> Decimal:
    return MEASURES["".join(tail["unit"].split()) or PERCENT].factor


def _second_number(text: str, token: re.Match[str]) -> re.Match[str] | None:
    dash = DASH.match(text, token.end())
    return NUMBER.match(text, dash.end()) if dash else None


def _is_an_article(number: str, tail: re.Match[str], before: str) -> bool:
    """Tell whether a number is none: 一个, or 万亩 and 百家 without how many."""
    if ONLY_PLACES.fullmatch(number):
        return not (VAGUE_HEAD.search(before) or tail["more"])
    is_worded = tail["after"] or tail["more"] or tail["scale"] or BEFORE_AT_END.search(before)
    return number == ARTICLE and not is_worded and tail["unit"] not in COUNTED_ONCE


def _bare(text: str, start: int, tail: re.Match[str]) -> Phrase:
    word = "".join(tail["unit"].split())
    place = re.search(f"{SCALE}$", text[max(start, tail.start("unit") - 3) : tail.start("unit")])
    measure = (place[0] if place else "") + word
    unit = MEASURES[word].unit if word else PERCENT
    end = tail.end()
    return Phrase(start, end, text[start:end], Form.UNCLEAR, unit=unit, measure=measure or PERCENT)


def _worded(
    phrase: Phrase,
    token: re.Match[str],
    second: re.Match[str] | None,
    tail: re.Match[str],
    head: re.Match[str] | None,
) -> Phrase:
    why = _broken(token, second) or _unfinished(tail)
    forms = _forms(second, tail, head)
    if not why and len(forms) > 1:
        why = "几种说法连用,说不清是多是少"
    if why:
        return replace(phrase, why=why)
    factor = _factor(tail)
    form = forms.pop() if forms else "exact"
    if second is not None:
        ends = numerals.range_of(token[0], second[0] + (tail["scale"] or ""))
        return _ranged(phrase, ends, factor)
    number = _number(token[0], tail)
    if number is None:
        return replace(phrase, why="这个数有两种读法,或者不成数")
    return _limited(phrase, number.times(factor), form)


def _broken(token: re.Match[str], second: re.Match[str] | None) -> str:
    text, start = token.string, token.start()
    before = text[max(0, start - LONGEST_BEFORE) : start]
    for pattern, why in BROKEN:
        if pattern.search(before):
            return why
    if AMBIGUOUS_COMMA.search(token[0] + (second[0] if second else "")):
        return "全角逗号不知是千位分隔还是断句"
    return ""


def _unfinished(tail: re.Match[str]) -> str:
    for pattern, why in UNFINISHED:
        if pattern.match(tail.string, tail.end()):
            return why
    return ""


def _forms(
    second: re.Match[str] | None, tail: re.Match[str], head: re.Match[str] | None
) -> set[str]:
    forms = {head.lastgroup or ""} if head else set()
    if second is not None:
        forms.add("range")
    if tail["more"] or tail["more_of_scale"]:
        forms.add("about" if tail["more"] == "来" else "more")
    after = tail["after"]
    if after:
        forms.add("about" if after in {"左右", "上下"} else WORDS_AFTER[after[-1]].value)
    return forms


def _number(digits: str, tail: re.Match[str]) -> Number | None:
    """Read the number: 30多万 has its 多 before the place word, 3万多 behind."""
    if not tail["more"]:
        return numerals.read(digits + (tail["scale"] or ""))
    number = numerals.read(digits)
    return number.times(numerals.scale_of(tail["scale"])) if number else None


def _limited(phrase: Phrase, number: Number, form: str) -> Phrase:
    value = number.value
    low, high, name, is_strict = {
        "exact": (value, value, Form.EXACT, False),
        "about": (value, value, Form.ABOUT, False),
        "at_least": (value, None, Form.AT_LEAST, False),
        "at_most": (None, value, Form.AT_MOST, False),
        "more": (value, number.below, Form.MORE, True),
        "over": (value, None, Form.MORE, True),
        "under": (None, value, Form.AT_MOST, True),
    }[form]
    return replace(
        phrase, low=low, high=high, form=name, is_strict=is_strict, step=number.step, why=""
    )


def _ranged(phrase: Phrase, ends: tuple[Number, Number] | None, factor: Decimal) -> Phrase:
    if ends is None:
        return replace(phrase, why="范围的两头读不准")
    low, high = (end.times(factor) for end in ends)
    step = max(low.step, high.step)
    return replace(phrase, low=low.value, high=high.value, form=Form.RANGE, step=step, why="")


def _joined(text: str, figures: Iterable[Phrase]) -> Iterator[Phrase]:
    """Join figures with a dash between them: 130人次至140人次 is one range."""
    waiting: Phrase | None = None
    for figure in figures:
        if waiting is not None and DASH.fullmatch(text, waiting.end, figure.start):
            waiting = _one_of_two(text, waiting, figure)
            continue
        if waiting is not None:
            yield waiting
        waiting = figure
    if waiting is not None:
        yield waiting


def _one_of_two(text: str, first: Phrase, second: Phrase) -> Phrase:
    both = replace(
        first,
        end=second.end,
        text=text[first.start : second.end],
        form=Form.UNCLEAR,
        low=None,
        high=None,
        why="范围的两头读不准",
    )
    are_plain = first.form is second.form is Form.EXACT and first.unit == second.unit
    if not are_plain or first.low is None or second.low is None or first.low >= second.low:
        return both
    return replace(both, form=Form.RANGE, low=first.low, high=second.low, why="")
