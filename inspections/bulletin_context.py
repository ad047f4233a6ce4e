"""What the words around a slot make of its figure: they may neither deny nor move it.

不 before a figure, another place or another year around it, a second measure word behind it: the
figure is the books', and what is said is not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from inspections.bulletin_numbers import NUMERALS
from inspections.measures import PATTERN
from inspections.wording import Kind

CLAUSE_END = re.compile(r"[，。；！？;!?\n]|,(?!\d)")
SENTENCE_END = re.compile(r"[。！？!?\n]")
SLOT_MARK = "\ue000"
"""No template holds this character: it is refused as one that nobody sees."""
LOOK_BACK, LOOK_AHEAD = 400, 200

HARMLESS = re.compile(
    r"不(?:断|同|误|违|仅|但|只|光|懈|松|等|久|漏|时|定期)|毫不|无(?:人机|公害|缝|论|死角|偿|证)|未(?:来|成年)"
    r"|非(?:农化|粮化|法|主要)|难[点题关]|[疑困克]难|没收|“[^”\n]{0,12}”"
)
DENIAL = re.compile(
    r"不|没|未|无|非|勿|莫|否|难|缺|谎|谣|虚[报假]|伪造|编造|传言|据传|据说|[误漏瞒]报|假设|假如|如果|倘若"
)
"""Words that deny a figure, or leave open whether it is so."""
EARLIER_YEARS = ("去年", "上年", "同期")
OTHER_TIMES = (
    *("前年", "往年", "历年", "明年", "来年", "后年", "上季", "上个月", "上月", "上周"),
    *("昨天", "昨日", "上旬末", "前几年", "近年", "近几年", "历史", "多年"),
)
THIS_TIME = ("今年", "目前", "截至", "截止", "现有", "现时", "当前", "眼下", "本年", "入春以来")
COMPARISON = re.compile(
    r"(?:与|和|同|跟|比|较)(?:去年|上年)(?:同期|同旬|同月|同季)?(?:相比|相较|比较)?"
)
OF_OTHERS = ("全国", "全省", "外省", "外市", "邻县", "邻市", "邻区")
OTHER_PLACE = re.compile(
    r"(?<![各全本我该])[\u4e00-\u9fff][\u4e00-\u9fff](?<![上超城集都门夜开入各全本我该])[省市县]"
    r"(?![场级民委直域政况面价\ue000])"
)
"""A province, city or county by name, unless the place's own name follows: 清远市清新区."""
DAY = re.compile(
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,3})月(?:份|(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})[日号])?"
)
DAY_ALONE = re.compile(
    rf"(?:截[至止到]|到|至|在)?(?:\d{{4}}年)?{DAY.pattern}(?:[底末初]|[上中下]旬|以来|止|为止)?"
)
YEAR = re.compile(r"(\d{4})年")
MEASURE_BEHIND = re.compile(
    rf"\s*(?:{PATTERN}|[百千万亿][万亿]?|[多余来几]|以[上下内外]|左右|上下|[%％‰]|个?百分点|成|倍|番|折|之)"
)
ENDS = re.compile(r"\s*(?:[，。；、！？：）」”,;!?:)]|$)|\n")
SIGN_BEFORE = re.compile(rf"(?:[-−–—~～+＋±×*/／÷≈<>≤≥≠.．·^$￥¥{NUMERALS}]|负|零下|近|超)\s*$")
BEGINS = re.compile(r"(?:^|[。！？；，：\n])\s*$")
JUDGED = "判断"


@dataclass(frozen=True)
class Around:
    """Of what a bulletin's figures are.

    Attributes
    ----------
    own : tuple of str
        Words for its place: its name, 全区.
    others : tuple of str
        Words for places whose figures these are not: the towns of a county.
    on : date or None
        The day that they speak of; without one no day is another.
    """

    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    on: date | None = None


ANYWHERE = Around()


@dataclass(frozen=True)
class Slot:
    """A slot in the text around it.

    Attributes
    ----------
    start : int
        Where it stands in the template.
    source : str
        As it is written.
    kind : Kind
        Of its figure.
    format_ : str
        How it is worded.
    before, after : str
        All text before and behind it, other slots as one `SLOT_MARK`.
    """

    start: int
    source: str
    kind: Kind
    format_: str
    before: str
    after: str

    @property
    def clause(self) -> str:
        """The clause that it stands in."""
        return f"{CLAUSE_END.split(self.before)[-1]}{SLOT_MARK}{CLAUSE_END.split(self.after)[0]}"

    @property
    def sentence(self) -> str:
        """The sentence before its clause."""
        said = SENTENCE_END.split(self.before)[-1]
        return said[: len(said) - len(CLAUSE_END.split(self.before)[-1])]


def misread(slots: Sequence[Slot], around: Around = ANYWHERE) -> Iterator[tuple[Slot, str]]:
    """Find the slots whose figure the words around it deny, move or count otherwise.

    Parameters
    ----------
    slots : sequence of Slot
        Those with a figure, not the day.
    around : Around
        Of what the figures are.

    Yields
    ------
    Slot, str
        The slot and why, in Chinese; one reason each.
    """
    for slot in slots:
        why = _beside(slot) or _denied(slot) or _elsewhere(slot, around)
        why = why or _another_time(slot) or _another_day(slot, around.on)
        if why:
            yield slot, why


def _beside(slot: Slot) -> str:
    """Tell what stands directly before or behind."""
    if slot.before.endswith(SLOT_MARK) or slot.after.startswith(SLOT_MARK):
        return "两个数字之间要有文字"
    if slot.format_ == JUDGED:
        return "" if BEGINS.search(slot.before) else "判断语自成一句,前面须是标点或段首"
    before = SIGN_BEFORE.search(slot.before)
    if before:
        return f"前面紧接“{before[0].strip()}”,会改变数字的意思"
    behind = MEASURE_BEHIND.match(slot.after)
    if behind and slot.kind in {Kind.COUNT, Kind.RATE, Kind.SHARE}:
        return f"后面紧接“{behind[0].strip()}”,会改变数字的意思;单位由格式写出"
    if slot.kind in {Kind.STATEMENT, Kind.CHANGE} and not ENDS.match(slot.after):
        return "这句话后面须是标点,不能再接文字"
    return ""


def _denied(slot: Slot) -> str:
    word = DENIAL.search(HARMLESS.sub("", slot.clause))
    return f"同一分句里有“{word[0]}”,会否定这个数字" if word else ""


def _elsewhere(slot: Slot, around: Around) -> str:
    others = (*around.others, *OF_OTHERS)
    clause, sentence = (_without(around.own, text) for text in (slot.clause, slot.sentence))
    named = OTHER_PLACE.search(clause)
    here = _last(others, clause) or (named[0] if named else "")
    if not here and not _last(around.own, slot.clause):
        here = _last_of_two(others, sentence, (SLOT_MARK,))
    whose = around.own[0] if around.own else "本区划"
    return f"说的是“{here}”,账上的数字却是{whose}的" if here else ""


def _without(words: Sequence[str], text: str) -> str:
    """Mark the names of a place, the longest first: 清新区太和镇 is one name of a town."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, SLOT_MARK)
    return text


def _another_time(slot: Slot) -> str:
    is_change = slot.kind is Kind.CHANGE
    times = OTHER_TIMES if is_change else (*EARLIER_YEARS, *OTHER_TIMES)
    word = _last(times, slot.clause)
    if not word and not _last(THIS_TIME, slot.clause):
        word = _last_of_two(times, COMPARISON.sub("", slot.sentence), THIS_TIME)
    return f"句中有“{word}”,账上的数字却是截至所属日期的" if word else ""


def _another_day(slot: Slot, on: date | None) -> str:
    """Tell of a day or month in the clause, or alone in the one before, and of another year."""
    if on is None:
        return ""
    clauses = CLAUSE_END.split(slot.before)
    alone = clauses[-2] if len(clauses) > 1 and DAY_ALONE.fullmatch(clauses[-2]) else ""
    for said in DAY.finditer(f"{alone}，{slot.clause}"):
        if (said["month"], said["day"]) != (str(on.month), str(on.day)):
            return f"说的是“{said[0]}”,账上的数字却截至{on.month}月{on.day}日"
    years = {on.year, on.year - 1} if slot.kind is Kind.CHANGE else {on.year}
    for year in YEAR.findall(alone + slot.clause):
        if int(year) not in years:
            return f"说的是“{year}年”,账上的数字却是{on.year}年的"
    return ""


def _last(words: Sequence[str], text: str) -> str:
    """Return which of the words stands last in a text; empty for none."""
    at, word = max(((text.rfind(each), each) for each in words), default=(-1, ""))
    return word if at >= 0 else ""


def _last_of_two(words: Sequence[str], text: str, against: Sequence[str]) -> str:
    """Return the last of the words, unless one of others stands behind it."""
    word = _last(words, text)
    other = _last(against, text)
    return "" if other and text.rfind(other) > text.rfind(word) else word
