"""Figures that are typed into a bulletin, in whatever script, and characters that nobody sees.

Whole numbers with a measure word are found by `phrases.find_phrases`; here is what that does not
read: digits alone, numbers of other scripts, shares and multiples in words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from inspections.measures import PATTERN

HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"})
"""Controls (of direction too), zero widths, strokes laid over a digit, private characters."""
HIDDEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters without a shape."""
SPACES = frozenset("\n\t")

ALLOWED_NUMBERS = re.compile(
    r"\d{4}\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?|\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?"
    r"|总?第\s?\d{1,5}\s?期|第\s?\d{1,3}\s?[条款项章号次届]|〔\d{4}〕\s?\d{1,5}\s?号"
    r"|“[^”\n\d]{0,3}\d{1,4}(?:[+＋]\d{1,4})?[^”\n\d.,．，]{0,12}”"
    rf"(?!\s?(?:[百千万亿%％‰多余]|{PATTERN}))"
)
"""Numbers that are no figures: days, years, issues, articles, documents, and quoted names."""
ANY_DIGITS = re.compile(r"[0-9０-９][0-9０-９.,，．]*")

NUMERALS = "〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億"
ALSO_WORDS = frozenset("参參貳陸什幺兆" + NUMERALS)
"""Characters with a number's value that are mostly parts of words: 队伍, 内陆, 参加, 一是."""
NO_FIGURES = re.compile(
    rf"第[{NUMERALS}]{{1,5}}|[〇零一二三四五六七八九]{{4}}年|二[〇零][一二三四五六七八九〇零]{{2}}年"
    r"|(?<![零一二三四五六七八九十])[一二三四五六七八九十]{1,2}月(?:[一二三四五六七八九十]{1,3}[日号])?"
    r"|一二三产业?|十[一二三四五]五|二十大|二十四节气|百千万工程|百县千镇万村|千村万户|千家万户"
    r"|五一|十一(?=假|期间|黄金周)|千万(?=不|要|别)|五大百亿|百亿(?=产业|丝苗米|级)|万一|万万|千千万万|一五一十|一一|三三制|一村一[品策]"
)
"""Numerals that count nothing in the books."""
SPELT = re.compile(
    rf"[{NUMERALS}]{{2,}}|[{NUMERALS}][点之][{NUMERALS}]|[俩仨]|[IVXL]{{1,6}}\s?(?:{PATTERN})"
    rf"|(?<=[计达约共])[{NUMERALS.replace('一', '')}](?=[，。；、！\s]|$)"
)
COUNTED = re.compile(
    rf"[{NUMERALS.replace('一', '')}几]\s?个?"
    r"(?:村(?!民|级)|镇|乡(?!村)|户|组(?!织)|县|天|周(?![年岁到密全])|元|斤|遍|季|折)"
)
QUOTED = re.compile(r"“[^”\n]{1,12}”")
SHARES = re.compile(
    rf"[{NUMERALS}几数多近半]\s?成(?![立效熟为本果就员功不长分型活])|分之|百分[点百]|[%％‰]"
    r"|半数|过半|[大多小泰近对一]半(?!天|径)|半以上|半壁|[折减]半(?!径)"
    r"|(?<!事半功)(?<!信心百)倍(?![感加]|努力|重视|小心)|翻\S{0,2}番"
)
VAGUE = re.compile(
    r"[上近成逾][百千万亿](?![方计家])|[数几][十百千万亿]|[十百千万亿]余|数以[十百千万亿]计?"
)


@dataclass(frozen=True)
class Typed:
    """Something in a text that cannot stand there.

    Attributes
    ----------
    start : int
        Where it stands.
    text : str
        What stands there; a character that nobody sees, by its number.
    reason : str
        In Chinese.
    """

    start: int
    text: str
    reason: str


def hidden_characters(text: str) -> Iterator[Typed]:
    """Find characters that nobody sees, or that turn or strike what stands beside them.

    Parameters
    ----------
    text : str
        Whatever came in.

    Yields
    ------
    Typed
        One per character, in order. Line breaks and tabs are none.
    """
    for at, each in enumerate(text):
        if each in SPACES:
            continue
        if each in HIDDEN or unicodedata.category(each) in HIDDEN_CATEGORIES:
            yield Typed(at, f"U+{ord(each):04X}", "看不见的字符、控制字符或附加符号;请删去重新输入")


def typed_numbers(text: str) -> Iterator[Typed]:
    """Find figures that are typed in digits, in any script, or in words.

    Parameters
    ----------
    text : str
        Literal text of a bulletin, without its slots.

    Yields
    ------
    Typed
        By kind, each kind in order of the text: 18.366, ٠١٢٣, ⅛, 卅, 一百二十, 三村, 八成,
        三分之二, 一倍, 上千. Days, issues, documents and numerals that are parts of words are none.
    """
    left = _masked(ALLOWED_NUMBERS, text)
    for digits in ANY_DIGITS.finditer(left):
        yield Typed(digits.start(), digits[0], "数字不能写死(日期、期号、文号除外)")
    yield from _other_scripts(left)
    words = _masked(NO_FIGURES, left)
    yield from _found(SPELT, words, "用汉字写的数字也不能写死")
    yield from _found(COUNTED, _masked(QUOTED, words), "用汉字写的数字也不能写死")
    yield from _found(SHARES, left, "成数、分数、倍数和百分数不能写死")
    yield from _found(VAGUE, words, "约数不能写死")


def _masked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda hit: "□" * len(hit[0]), text)


def _found(pattern: re.Pattern[str], text: str, reason: str) -> Iterator[Typed]:
    for hit in pattern.finditer(text):
        yield Typed(hit.start(), hit[0], reason)


def _other_scripts(text: str) -> Iterator[Typed]:
    for at, each in enumerate(text):
        if each.isnumeric() and not ANY_DIGITS.match(each) and each not in ALSO_WORDS:
            yield Typed(at, each, "这是一个数字,不能写死")
