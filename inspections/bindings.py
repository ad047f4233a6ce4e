"""Which fact a numeric phrase speaks of: by its measure word and the words around it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from inspections.contexts import (
    COMPARED,
    NO_SCOPE,
    Context,
    Contexts,
    Scope,
    as_compared,
    elsewhere,
    is_relative,
)
from inspections.phrase import STATEMENTS, Form, Phrase
from inspections.phrases import MAX_CHARACTERS, find_phrases
from inspections.units import THING_OF, Unit

__all__ = ["NO_SCOPE", "Binding", "Bound", "Scope", "bind", "bindings_from"]

EVERY_FACT = "*"
SHARE_WORDS = frozenset({"计划", "任务", "目标", "增加", "减少"})
"""完成计划的 84.5% is of the plan and yet a fact, and an increase is what a change tells."""
EACH = re.compile("(?:平均)?每(亩|家次|次(?!数))|(亩)均|(亩)虫量")
AVERAGE = re.compile("平均")
RATES = {
    ("亩", "吨"): ("公斤/亩", Decimal(1000)),
    ("亩", "立方米"): ("m3/亩", Decimal(1)),
    ("亩", "头"): ("头/亩", Decimal(1)),
    ("家次", "人次"): ("人次/家次", Decimal(1)),
    ("次", "人次"): ("人次/家次", Decimal(1)),
}
"""For each what, counted in what -> the unit of the rate, and how much of it one is."""
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

    def fits(self, near: str, context: Context) -> bool:
        """Tell whether the words near a phrase are of this fact and none around it forbids."""
        return context.has_any(self.words_any, near) and not context.has_any(
            self.words_none, context.clause
        )

    def is_named_in(self, near: str) -> bool:
        """Tell whether any word of this fact stands near a phrase."""
        return any(word in near for group in self.words_any for word in group)


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
        For one that is left unbound: why, in Chinese. A quotient has neither code nor this: which
        facts it divides is told by their values.
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
    contexts = Contexts(text, phrases)
    return [
        _bound(phrase, bindings, contexts.of(number), scope)
        for number, phrase in enumerate(phrases)
    ]


def _bound(phrase: Phrase, bindings: Sequence[Binding], context: Context, scope: Scope) -> Bound:
    if is_relative(phrase):
        context = _of_last_year(context, scope)
    phrase = _as_rate(phrase, context)
    why = phrase.why or elsewhere(context, scope) or _forbidden(phrase, bindings, context)
    if why or phrase.form is Form.QUOTIENT:
        return Bound(phrase, None, why)
    of_unit = [each for each in bindings if each.unit == phrase.unit and each.takes(phrase)]
    for near in context.nearest:
        fitting = {each.fact_code: each for each in of_unit if each.fits(near, context)}
        if len(fitting) > 1:  # 化肥储备4000吨、农药800吨: what stands beside the second is 农药
            fitting = _named(fitting, context.nearest[0]) or fitting
        if len(fitting) == 1:
            (binding,) = fitting.values()
            rivals = _rivals(binding, of_unit, context)
            if rivals:  # 早稻播种15万亩、粮食播种18万亩: 早稻 is not of the second
                codes = tuple(sorted({binding.fact_code, *rivals}))
                return Bound(phrase, None, f"可能是{'、'.join(codes)},分不清", candidates=codes)
            return _decided(phrase, binding, bindings, context)
        if fitting:
            codes = tuple(sorted(fitting))
            return Bound(phrase, None, f"可能是{'、'.join(codes)},分不清", candidates=codes)
    return _unfit(phrase, bindings, context)


def _of_last_year(context: Context, scope: Scope) -> Context:
    return replace(
        context,
        nearest=tuple(as_compared(each, scope) for each in context.nearest),
        clause=as_compared(context.clause, scope),
        sentence=as_compared(context.sentence, scope),
        around=as_compared(context.around, scope),
    )


def _as_rate(phrase: Phrase, context: Context) -> Phrase:
    """Read 每亩4.36公斤 as 4.36公斤/亩."""
    found = list(EACH.finditer(context.nearest[0]))
    each = next(filter(None, found[-1].groups()), "") if found else ""
    unit, factor = RATES.get((each, phrase.unit), ("", Decimal(1)))
    if not unit:
        return phrase
    low, high = (limit if limit is None else limit * factor for limit in (phrase.low, phrase.high))
    return replace(phrase, unit=unit, low=low, high=high, step=phrase.step * factor)


def _rivals(binding: Binding, of_unit: Sequence[Binding], context: Context) -> set[str]:
    """Return the other facts whose words stand nearest, where this one's own stand further off."""
    near = context.nearest[0]
    if context.has_any(binding.words_any, near):
        return set()
    return {each.fact_code for each in of_unit if context.has_any(each.words_any, near)}


def _named(fitting: dict[str, Binding], near: str) -> dict[str, Binding]:
    return {code: each for code, each in fitting.items() if each.is_named_in(near)}


def _forbidden(phrase: Phrase, bindings: Sequence[Binding], context: Context) -> str:
    said, allowed = context.lead + context.clause, frozenset[str]()
    if is_relative(phrase):
        said, allowed = COMPARED.sub("", said), SHARE_WORDS
    if "/" in phrase.unit:
        said = AVERAGE.sub("", EACH.sub("", said))
    for rule in bindings:
        if rule.fact_code != EVERY_FACT or not rule.takes(phrase):
            continue
        words = {group[0] for group in rule.words_none} - allowed
        found = [word for word in sorted(words) if word in said]
        if found:
            return f"句中有“{found[0]}”,说的不是截至当日的实绩"
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
