"""The words around a numeric phrase, and what they say of its time, place and truth."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inspections import numerals
from inspections.measures import PERCENT, POINTS
from inspections.phrase import Form, Phrase

CLAUSE_END = re.compile(r"[，。；！？;!?]|,(?!\d)|\n\s?\n")
SENTENCE_END = re.compile(r"[。！？!?]|\n\s?\n")
"""A single line break ends nothing: texts out of a PDF have one at every margin."""
PARENTHESIS = re.compile("[（(]")
EARLIER = "^"
BEFORE_CHARACTERS = 80
AFTER_CHARACTERS = 20
SENTENCE_CHARACTERS = 200
LONGEST_LEAD = 12

DIGIT = r"[\d〇零一二三四五六七八九十廿]"
TITLE = re.compile("《[^》]*》")
COMPARED = re.compile(
    r"(?:同比|比|较|与|和|跟|同)(?:去年|上年)的?(?:同期|同一?[时旬日天]期?|末|底)?|(?:去年|上年)同期相?比"
)
"""With last year: what is compared is of this year."""
TIME = re.compile(
    rf"(?P<past>去年|上年|往年|前年|历年|上一年|上季)|(?P<year>{DIGIT}{{4}})年"
    r"|今年|本年|目前|现时|现有|截[至止]"
)
DAY = re.compile(rf"(?<!{DIGIT})({DIGIT}{{1,3}})月(?:({DIGIT}{{1,3}})[日号]|份)?(?!{DIGIT})")
UNTIL = re.compile(rf"截[至止到]+(?:{DIGIT}{{4}}年)?({DIGIT}{{1,3}})月({DIGIT}{{1,3}})[日号]")
HOME = ("全区", "全县", "区内", "我区", "我县")
"""What a county calls itself."""
UNREAL = re.compile(
    "力争|争取|预计|预期|有望|下一步|接下来|如果|假如|倘若|若是|一旦|误报|谎报|虚报|网传|据传|误以为"
)
"""Said anywhere before a figure, up to a full stop or semicolon: it is no fact of today."""
NEGATION = re.compile(
    r"没(?!收)|未(?!来|发现|查出|查获|超过|到)|并非|绝非|毫无|从无|无法|无(?=[|\d一二两三四五六七八九十])"
    r"|不(?!断|同|少|仅|但|止|只|光|久|等|含|计|重复|误|违|漏|停|懈|良|法"
    r"|低于|超过|小于|高于|多于|到|足(?!以))|非(?=[|\d一二两三四五六七八九十])|难[以于]|否|岂|勿|哪有|何曾"
)
"""A figure in such a clause may be the very one that is denied."""
ASKED = re.compile("[吗呢么]$")


@dataclass(frozen=True)
class Scope:
    """What the facts are of.

    Attributes
    ----------
    as_of : date or None
        The day they speak of; a sentence that names another year, or another day up to which it
        counts, speaks of other figures.
    other_places : tuple of str
        Names of places whose figures these are not, such as the towns of the county, or 全市.
    home : tuple of str
        What the place itself is called; said behind another's name it is meant.
    """

    as_of: date | None = None
    other_places: tuple[str, ...] = ()
    home: tuple[str, ...] = HOME


NO_SCOPE = Scope()


@dataclass(frozen=True)
class Context:
    """The words around a phrase, without white space.

    Attributes
    ----------
    nearest : tuple of str
        Where words of its fact are looked for, nearest first; each holds the phrase itself.
    clause : str
        From the start of the clause to the next phrase or parenthesis behind.
    sentence : str
        From the start of the sentence to the end of the phrase.
    around : str
        The clause without the phrase.
    part : str
        The sentence from its last semicolon on.
    is_asked : bool
        Whether a question mark ends the clause.
    lead : str
        The clause before in the same sentence, where it has no figure and is so short that it may
        set the time: 3月以来, 一季度.
    """

    nearest: tuple[str, ...]
    clause: str
    sentence: str
    around: str
    part: str
    is_asked: bool = False
    lead: str = ""

    def has_any(self, groups: tuple[tuple[str, ...], ...], text: str) -> bool:
        """Tell whether all words of any group stand in a text, those with ^ in the sentence."""
        return any(all(self._has(word, text) for word in group) for group in groups)

    def _has(self, word: str, text: str) -> bool:
        return word[1:] in self.sentence + text if word.startswith(EARLIER) else word in text


class Contexts:
    """The contexts of all phrases of a text."""

    def __init__(self, text: str, phrases: Sequence[Phrase]) -> None:
        self._text, self._phrases = text, phrases
        self._clauses = [0, *(each.end() for each in CLAUSE_END.finditer(text)), len(text) + 1]
        self._sentences = [0, *(each.end() for each in SENTENCE_END.finditer(text)), len(text) + 1]

    def of(self, number: int) -> Context:
        """Return the context of one phrase, by its place among them."""
        text, phrase = self._text, self._phrases[number]
        start = _start(self._clauses, phrase, BEFORE_CHARACTERS)
        first = _start(self._sentences, phrase, SENTENCE_CHARACTERS)
        end = self._clauses[bisect_right(self._clauses, phrase.end - 1)]
        since, until = self._between(number, start, min(end, phrase.end + AFTER_CHARACTERS))
        spans = ((since, phrase.end), (since, until), (start, phrase.end), (start, until))
        nearest = tuple(_tight(text[one:two]) for one, two in spans)
        sentence = _tight(text[first : phrase.end])
        return Context(
            nearest,
            nearest[-1],
            sentence,
            _tight(text[start : phrase.start] + "|" + text[phrase.end : until]),
            re.split("[；;]", sentence)[-1],
            text[max(0, end - 1) : end] in {"？", "?"},
            self._lead(number, first),
        )

    def _lead(self, number: int, first: int) -> str:
        at = bisect_right(self._clauses, self._phrases[number].start) - 1
        last = self._phrases[number - 1].end if number else 0
        if at < 1 or self._clauses[at - 1] < max(first, last):
            return ""
        lead = _tight(self._text[self._clauses[at - 1] : self._clauses[at]])
        return lead if len(lead) <= LONGEST_LEAD else ""

    def _between(self, number: int, start: int, stop: int) -> tuple[int, int]:
        """Return from where behind the last phrase to where before the next one it reaches."""
        end = self._phrases[number].end
        last = self._phrases[number - 1].end if number else 0
        following = self._phrases[number + 1 : number + 2]
        until = min(stop, following[0].start) if following else min(stop, len(self._text))
        behind = PARENTHESIS.split(self._text[end:until], maxsplit=1)[0]
        return max(start, last), end + len(behind)


def _tight(text: str) -> str:
    return "".join(text.split())


def _start(ends: list[int], phrase: Phrase, longest: int) -> int:
    return max(ends[bisect_right(ends, phrase.start) - 1], phrase.start - longest)


def is_relative(phrase: Phrase) -> bool:
    """Tell whether a phrase compares: a share, a change or 持平."""
    return phrase.form is Form.LEVEL or phrase.unit in {PERCENT, POINTS}


def as_compared(text: str, scope: Scope) -> str:
    """Write last year's number as 去年, as the table of bindings does.

    Parameters
    ----------
    text : str
        Words around a phrase that compares.
    scope : Scope
        What the facts are of.

    Returns
    -------
    str
        与2022年 as 与去年 for facts of 2023; other years stay.
    """
    if scope.as_of is None:
        return text
    return re.sub(rf"(?<!\d){scope.as_of.year - 1}年", "去年", text)


def elsewhere(context: Context, scope: Scope) -> str:
    """Tell which other place, time or truth a phrase speaks of.

    Parameters
    ----------
    context : Context
        The words around it.
    scope : Scope
        What the facts are of.

    Returns
    -------
    str
        In Chinese; empty where nothing says so.
    """
    return (
        _other_place(context, scope)
        or _other_time(context, scope)
        or _other_day(context, scope)
        or _denied(context)
    )


def _other_place(context: Context, scope: Scope) -> str:
    said = context.sentence + context.around.rpartition("|")[2]
    places = [place for place in scope.other_places if place in said]
    last = max(places, key=said.rfind, default="")  # the place that is named last is meant
    if not last or said.rfind(last) < max(map(said.rfind, scope.home)):
        return ""
    return f"说的是{last},不是本地区的事实"


def _other_time(context: Context, scope: Scope) -> str:
    found = list(TIME.finditer(COMPARED.sub("", TITLE.sub("", context.sentence))))
    if not found:
        return ""
    last = found[-1]
    if last["past"]:
        return f"说的是{last['past']},不是今年的事实"
    year = numerals.parse(last["year"]) if last["year"] else None
    if scope.as_of is None or not last["year"] or year == scope.as_of.year:
        return ""
    return f"说的是{last['year']}年,不是{scope.as_of.year}年的事实"


def _other_day(context: Context, scope: Scope) -> str:
    if scope.as_of is None:
        return ""
    near = TITLE.sub("", context.lead + context.around)
    for pattern, text in ((UNTIL, context.sentence), (DAY, near)):
        found = list(pattern.finditer(text))
        if found and _day(found[-1]) != (scope.as_of.month, scope.as_of.day):
            return f"说的是{found[-1][0]},不是截至{scope.as_of}的事实"
    return ""


def _day(found: re.Match[str]) -> tuple[int, int]:
    month, day = (numerals.parse(each or "0") or 0 for each in found.groups())
    return int(month), int(day)


def _denied(context: Context) -> str:
    unreal = UNREAL.search(context.part)
    if unreal:
        return f"前面有“{unreal[0]}”,说的不是截至当日的实绩"
    denied = NEGATION.search(context.around)
    if denied:
        return f"句中有否定的“{denied[0]}”,不知否定的是什么"
    if context.is_asked or ASKED.search(context.around):
        return "这是问句"
    return ""
