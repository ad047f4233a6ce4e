"""Which fact a numeric phrase speaks of: by its measure word and the words around it."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inspections.measures import PERCENT, POINTS
from inspections.phrases import MAX_CHARACTERS, STATEMENTS, Form, Phrase, find_phrases
from inspections.units import THING_OF, Unit

EVERY_FACT = "*"
CLAUSE_END = re.compile(r"[，。；！？;!?]|,(?!\d)|\n\s?\n")
SENTENCE_END = re.compile(r"[。！？!?]|\n\s?\n")
"""A single line break ends nothing: texts out of a PDF have one at every margin."""
YEAR = re.compile(r"(\d{4})年")
UNTIL = re.compile(r"截[至止到]+(?:\d{4}年)?(\d{1,2})月(\d{1,2})日")
PARENTHESIS = re.compile("[（(]")
EARLIER = "^"
BEFORE_CHARACTERS = 80
AFTER_CHARACTERS = 20
SENTENCE_CHARACTERS = 200
FALLING = ("下降", "下跌", "降低", "减少", "回落", "落后", "下滑", "慢", "低")
RISING = ("上涨", "上升", "增长", "增加", "提高", "加快", "快", "高")
PAIRS = {**THING_OF, **{thing: times for times, thing in THING_OF.items()}}


@dataclass(frozen=True)
class Binding:
    """One way in which a bulletin speaks of a fact.

    Attributes
    ----------
    fact_code : str
        The fact, or * for words that no phrase of these forms may have around it.
    unit : str
        See `measures.Measure`; empty for a statement.
    forms : frozenset of Form
        Wordings that it takes; empty: any wording with a number.
    words_any : tuple of tuple of str
        One group of them must stand in the clause, whole; a word with ^ before it may stand
        earlier in the sentence.
    words_none : tuple of tuple of str
        None of these groups may stand in the clause (with ^: in the sentence).
    is_signed : bool
        Whether the number is a change, of which the words say whether up or down.
    """

    fact_code: str
    unit: str
    forms: frozenset[Form]
    words_any: tuple[tuple[str, ...], ...]
    words_none: tuple[tuple[str, ...], ...]
    is_signed: bool = False

    def takes(self, phrase: Phrase) -> bool:
        """Tell whether the wording is one of this binding's."""
        return phrase.form in self.forms if self.forms else phrase.form not in STATEMENTS

    def fits(self, near: str, context: "Context") -> bool:
        """Tell whether the words near a phrase are of this fact and none around it forbids."""
        return context.has_any(self.words_any, near) and not context.has_any(
            self.words_none, context.clause
        )

    def is_named_in(self, near: str) -> bool:
        """Tell whether any word of this fact stands near a phrase."""
        return any(word in near for group in self.words_any for word in group)


@dataclass(frozen=True)
class Scope:
    """What the facts are of.

    Attributes
    ----------
    as_of : date or None
        The day they speak of; a sentence that names another year, or another day up to which it
        counts, speaks of other figures.
    other_places : tuple of str
        Names of places whose figures these are not, such as the towns of the county.
    """

    as_of: date | None = None
    other_places: tuple[str, ...] = ()


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
    """

    nearest: tuple[str, ...]
    clause: str
    sentence: str

    def has_any(self, groups: tuple[tuple[str, ...], ...], text: str) -> bool:
        """Tell whether all words of any group stand in a text, those with ^ in the sentence."""
        return any(all(self._has(word, text) for word in group) for group in groups)

    def _has(self, word: str, text: str) -> bool:
        return word[1:] in self.sentence + text if word.startswith(EARLIER) else word in text


@dataclass(frozen=True)
class Bound:
    """A phrase and the fact it speaks of.

    Attributes
    ----------
    phrase : Phrase
        As it was found.
    code : str or None
        The fact; None where it is left unbound.
    why : str
        For one that is left unbound: why, in Chinese.
    counterpart : str or None
        The fact that counts the same by times where this counts things, or the other way round.
    is_fall : bool
        Whether the change that it states is downwards.
    candidates : tuple of str
        The facts that `why` names.
    """

    phrase: Phrase
    code: str | None
    why: str = ""
    counterpart: str | None = None
    is_fall: bool = False
    candidates: tuple[str, ...] = ()


def _groups(cell: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split("+")) for group in cell.split("|") if group)


def bindings_from(rows: Iterable[Mapping[str, str]]) -> list[Binding]:
    """Read the table of bindings.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        `fact_code`; `unit`; `forms`, `words_any`, `words_none` (parted by |; + joins words that
        must stand together); `is_signed` (Y or empty).

    Returns
    -------
    list of Binding
        One per row.

    Raises
    ------
    ValueError
        Where a form is unknown.
    """
    return [
        Binding(
            row["fact_code"],
            row["unit"],
            frozenset(Form(form) for form in row["forms"].split("|") if form),
            _groups(row["words_any"]),
            _groups(row["words_none"]),
            row["is_signed"] == "Y",
        )
        for row in rows
    ]


def bind(text: str, bindings: Sequence[Binding], scope: Scope = NO_SCOPE) -> list[Bound]:
    """Find the numeric phrases of a text and the fact that each one speaks of.

    Parameters
    ----------
    text : str
        A paragraph, or a whole issue; see `phrases.find_phrases`.
    bindings : sequence of Binding
        The table.
    scope : Scope
        What the facts are of.

    Returns
    -------
    list of Bound
        One per phrase, in the order of the text.
    """
    text = text[:MAX_CHARACTERS]
    phrases = find_phrases(text)
    clauses = [0, *(found.end() for found in CLAUSE_END.finditer(text)), len(text) + 1]
    sentences = [0, *(found.end() for found in SENTENCE_END.finditer(text)), len(text) + 1]
    limits = [0, *(limit for each in phrases for limit in (each.start, each.end)), len(text)]
    found = []
    for number, phrase in enumerate(phrases):
        gap = (limits[2 * number], limits[2 * number + 3])
        context = _context(text, phrase, (clauses, sentences), gap)
        found.append(_bound(phrase, bindings, context, scope))
    return found


def _context(
    text: str, phrase: Phrase, ends: tuple[list[int], list[int]], gap: tuple[int, int]
) -> Context:
    clauses, sentences = ends
    start = _start(clauses, phrase, BEFORE_CHARACTERS)
    first = _start(sentences, phrase, SENTENCE_CHARACTERS)
    stop = min(clauses[bisect_right(clauses, phrase.end - 1)], phrase.end + AFTER_CHARACTERS)
    behind = PARENTHESIS.split(text[phrase.end : min(stop, gap[1])], maxsplit=1)[0]
    until = phrase.end + len(behind)
    since = max(start, gap[0])
    spans = ((since, phrase.end), (since, until), (start, phrase.end), (start, until))
    nearest = tuple("".join(text[one:two].split()) for one, two in spans)
    return Context(nearest, nearest[-1], "".join(text[first : phrase.end].split()))


def _start(ends: list[int], phrase: Phrase, longest: int) -> int:
    return max(ends[bisect_right(ends, phrase.start) - 1], phrase.start - longest)


def _bound(phrase: Phrase, bindings: Sequence[Binding], context: Context, scope: Scope) -> Bound:
    why = phrase.why or _elsewhere(phrase, context, scope) or _forbidden(phrase, bindings, context)
    if why:
        return Bound(phrase, None, why)
    of_unit = [each for each in bindings if each.unit == phrase.unit and each.takes(phrase)]
    for near in context.nearest:
        fitting = {each.fact_code: each for each in of_unit if each.fits(near, context)}
        if len(fitting) > 1:  # 化肥储备4000吨、农药800吨: what stands beside the second is 农药
            fitting = _named(fitting, context.nearest[0]) or fitting
        if len(fitting) == 1:
            return _decided(phrase, next(iter(fitting.values())), bindings, context)
        if fitting:
            codes = tuple(sorted(fitting))
            return Bound(phrase, None, f"可能是{'、'.join(codes)},分不清", candidates=codes)
    return _unfit(phrase, bindings, context)


def _named(fitting: dict[str, Binding], near: str) -> dict[str, Binding]:
    return {code: each for code, each in fitting.items() if each.is_named_in(near)}


def _elsewhere(phrase: Phrase, context: Context, scope: Scope) -> str:
    places = [place for place in scope.other_places if place in context.clause]
    if places:
        return f"说的是{places[0]},不是全区的事实"
    if scope.as_of is None or phrase.form is Form.LEVEL:  # 与2022年相对持平 is of this year
        return ""
    years = YEAR.findall(context.sentence)
    if years and int(years[-1]) != scope.as_of.year:
        return f"说的是{years[-1]}年,不是{scope.as_of.year}年的事实"
    days = [(int(month), int(day)) for month, day in UNTIL.findall(context.sentence)]
    if days and days[-1] != (scope.as_of.month, scope.as_of.day):
        return f"说的是截至{days[-1][0]}月{days[-1][1]}日,不是截至{scope.as_of}的事实"
    return ""


def _forbidden(phrase: Phrase, bindings: Sequence[Binding], context: Context) -> str:
    if phrase.unit in {PERCENT, POINTS}:  # 完成计划的 84.5% is of the plan and yet a fact
        return ""
    for rule in bindings:
        if rule.fact_code != EVERY_FACT or not rule.takes(phrase):
            continue
        words = [group[0] for group in rule.words_none if group[0] in context.clause]
        if words:
            return f"句中有“{words[0]}”,说的不是截至当日的实绩"
    return ""


def _decided(
    phrase: Phrase, binding: Binding, bindings: Sequence[Binding], context: Context
) -> Bound:
    if not binding.is_signed:
        return Bound(
            phrase, binding.fact_code, counterpart=_counterpart(binding, bindings, context)
        )
    falls, rises = (max(map(context.clause.rfind, words)) for words in (FALLING, RISING))
    if falls == rises:
        return Bound(phrase, None, "没说是升还是降")
    return Bound(phrase, binding.fact_code, is_fall=falls > rises)


def _counterpart(binding: Binding, bindings: Sequence[Binding], context: Context) -> str | None:
    """Return the fact in times where this one is in things, or the other way round."""
    if binding.unit not in set(Unit) or Unit(binding.unit) not in PAIRS:
        return None
    other = PAIRS[Unit(binding.unit)]
    codes = {
        each.fact_code
        for each in bindings
        if each.unit == other and each.fits(context.clause, context)
    }
    return codes.pop() if len(codes) == 1 else None


def _unfit(phrase: Phrase, bindings: Sequence[Binding], context: Context) -> Bound:
    near = context.nearest[0]
    units = {
        each.fact_code: each.unit
        for each in bindings
        if each.unit and each.unit != phrase.unit and each.fits(near, context)
    }
    if not units or phrase.form in STATEMENTS:
        return Bound(phrase, None, "附近没有能认出事实的词")
    named = "、".join(f"{code}({unit})" for code, unit in sorted(units.items()))
    why = f"单位不对:词句像是{named},写的却是“{phrase.measure}”"
    return Bound(phrase, None, why, candidates=tuple(sorted(units)))
