"""Bulletin templates: text with slots `{{fact|format}}`, and no figure outside of them.

A template is data. There is nothing in it but text and slots: no loop, no condition, no formula,
no HTML. What a slot writes is all that a figure of the bulletin can say.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from inspections import wording
from inspections.bulletin_context import (
    ANYWHERE,
    LOOK_AHEAD,
    LOOK_BACK,
    SLOT_MARK,
    Around,
    Slot,
    misread,
)
from inspections.bulletin_numbers import hidden_characters, typed_numbers
from inspections.bulletin_slots import DAY_CODE, DAY_FORMATS, Piece, Written, pieces
from inspections.phrases import find_phrases
from inspections.wording import Figure, WordingRule

MAX_BYTES = 100_000
MAX_SLOTS = 500
MAX_PROBLEMS = 20
FORBIDDEN = (
    (re.compile(r"\{%|%\}"), "循环和条件"),
    (re.compile(r"\{#|#\}"), "模板注释"),
    (re.compile(r"<[A-Za-z/!?]"), "HTML"),
    (re.compile(r"[=＝]"), "公式"),
    (re.compile(r"[{}]"), "不成对的大括号"),
)
WRITE_A_SLOT = "数字写成 {{事实代码|格式}}"
IN_A_HEAD = ";报头、标题和报送发栏里没有由账上算出的数字,请写进正文"
NO_COUNT_IN_A_HEAD = re.compile("[四五六]套班子")
NO_RULE = WordingRule(Decimal(0), Decimal(0))
SPECIMEN = {
    wording.Kind.COUNT: Decimal(1234),
    wording.Kind.RATE: Decimal("4.36"),
    wording.Kind.SHARE: Decimal("0.845"),
    wording.Kind.CHANGE: Decimal("0.02"),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a template, and where.

    Attributes
    ----------
    line, column : int
        From 1.
    text : str
        What stands there, shortened.
    reason : str
        In Chinese, with what to do.
    """

    line: int
    column: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"第{self.line}行第{self.column}字“{self.text}”:{self.reason}"


def problems(
    template: str,
    figures: Mapping[str, Figure],
    rule: WordingRule,
    around: Around = ANYWHERE,
) -> list[Problem]:
    """Find everything for which a template cannot be saved.

    Parameters
    ----------
    template : str
        Whatever came in.
    figures : mapping of str to Figure
        Every fact that there is; values are not looked at.
    rule : WordingRule
        Limits of the wordings.
    around : Around
        Of what the figures are.

    Returns
    -------
    list of Problem
        In order of their places, at most `MAX_PROBLEMS`; empty for a template that can be saved.
    """
    if len(template.encode("utf-8", "replace")) > MAX_BYTES:
        return [Problem(1, 1, template[:10], f"全文超过 {MAX_BYTES // 1000} KB,请删减")]
    parts = pieces(template)
    slots = [each for each in parts if each.code]
    if len(slots) > MAX_SLOTS:
        return [Problem(1, 1, template[:10], f"数字超过 {MAX_SLOTS} 处,请分成几期")]
    found = [*_forbidden(template, parts), *_bad_slots(template, slots, figures, rule)]
    if not found:
        found = _bare_numbers(template, parts, figures, rule)
        found += _misread(template, parts, figures, around)
    return sorted(found, key=lambda each: (each.line, each.column))[:MAX_PROBLEMS]


def problems_of_head(text: str) -> list[Problem]:
    """Find everything for which a line of the head cannot be saved: a text without slots.

    Parameters
    ----------
    text : str
        A title, a masthead, an office or a distribution list.

    Returns
    -------
    list of Problem
        In order of their places; empty for one that can be saved.
    """
    plain = NO_COUNT_IN_A_HEAD.sub(lambda hit: "□" * len(hit[0]), text)
    found = _hidden(text)
    brace = re.search("[{}]", text)
    if brace is not None:
        found.append(_place(text, brace.start(), text[brace.start() :], "这里不能有大括号"))
    if not found:
        found = _bare_numbers(plain, [Piece(0, plain)] if plain else [], {}, NO_RULE)
    said = [replace(each, reason=each.reason.split(";")[0] + IN_A_HEAD) for each in found]
    return sorted(said, key=lambda each: each.column)[:MAX_PROBLEMS]


def _place(template: str, at: int, text: str, reason: str) -> Problem:
    line = template.count("\n", 0, at) + 1
    return Problem(line, at - (template.rfind("\n", 0, at) + 1) + 1, text[:30], reason)


def _hidden(text: str) -> list[Problem]:
    return [
        _place(text, each.start, each.text, f"不能有{each.reason}")
        for each in hidden_characters(text)
    ]


def _forbidden(template: str, parts: Sequence[Piece]) -> list[Problem]:
    found = _hidden(template)
    for piece in parts:
        if piece.code:
            continue
        for pattern, what in FORBIDDEN:
            hit = pattern.search(piece.source)
            if hit is not None:
                said = f"不能有{what};{WRITE_A_SLOT},其余写成文字"
                near = piece.source[hit.start() : hit.start() + 20]
                found.append(_place(template, piece.start + hit.start(), near, said))
                break
    return found


def _bad_slots(
    template: str, slots: Sequence[Piece], figures: Mapping[str, Figure], rule: WordingRule
) -> list[Problem]:
    found = []
    for slot in slots:
        why = _why_not(slot, figures, rule)
        if why is not None:
            found.append(_place(template, slot.start, slot.source, why))
    return found


def _why_not(slot: Piece, figures: Mapping[str, Figure], rule: WordingRule) -> str | None:
    if slot.code == DAY_CODE:
        is_known = slot.format_ in DAY_FORMATS
        return None if is_known else f"日期的格式是 {'、'.join(DAY_FORMATS)}"
    figure = figures.get(slot.code)
    if figure is None:
        return f"没有事实 {slot.code};可用代码见“事实”页"
    return wording.refusal(figure, slot.format_, rule)


def _specimen(slot: Piece, figures: Mapping[str, Figure], rule: WordingRule) -> str:
    """Return what a slot may print, to see how the text around it reads with it."""
    if slot.code == DAY_CODE:
        return "某日"
    figure = figures[slot.code]
    sample = replace(figure, value=SPECIMEN.get(figure.kind), statement=True)
    return wording.write(sample, slot.format_, rule)


def _bare_numbers(
    template: str, parts: Sequence[Piece], figures: Mapping[str, Figure], rule: WordingRule
) -> list[Problem]:
    """Find figures that are typed, or that text before or behind a slot would change.

    Those without a measure word too: 达18.366 is a figure all the same, and so is 八成.
    """
    printed = [
        Written(each, _specimen(each, figures, rule) if each.code else each.source)
        for each in parts
    ]
    owner = [(each.piece, at) for each in printed for at in range(len(each.text))]
    text = "".join(each.text for each in printed)
    found, told = [], set()
    for phrase in find_phrases(text):
        covered = owner[phrase.start : phrase.end]
        told |= {piece.start + at for piece, at in covered if not piece.code}
        inside = {piece.start for piece, _ in covered}
        if len(inside) == 1 and covered[0][0].code:
            continue
        typed = next((piece.start + at for piece, at in covered if not piece.code), None)
        why = "数字不能写死" if len(inside) == 1 else "旁边的文字会改变数字的意思,请改写"
        said = f"{why};{WRITE_A_SLOT}"
        at = covered[0][0].start if typed is None else typed
        found.append(_place(template, at, phrase.text, said))
    return found + [
        _place(template, piece.start + each.start, each.text, f"{each.reason};{WRITE_A_SLOT}")
        for piece in parts
        if not piece.code
        for each in typed_numbers(piece.source)
        if piece.start + each.start not in told
    ]


def _misread(
    template: str, parts: Sequence[Piece], figures: Mapping[str, Figure], around: Around
) -> list[Problem]:
    """Find slots of which the words around them would make something else."""
    marks = ["某日" if e.code == DAY_CODE else SLOT_MARK if e.code else e.source for e in parts]
    text, ends = "".join(marks), list(accumulate(map(len, marks)))
    slots = [
        Slot(
            *(piece.start, piece.source, figures[piece.code].kind, piece.format_),
            before=text[max(0, end - 1 - LOOK_BACK) : end - 1],
            after=text[end : end + LOOK_AHEAD],
        )
        for piece, end in zip(parts, ends, strict=True)
        if piece.code and piece.code != DAY_CODE
    ]
    return [
        _place(template, slot.start, slot.source, f"{why};请改写")
        for slot, why in misread(slots, around)
    ]
