"""The bulletin linter: every numeric phrase against the fact that it speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from inspections.bindings import NO_SCOPE, Binding, Bound, Scope, bind
from inspections.measures import PERCENT
from inspections.phrases import MAX_CHARACTERS, Form, Phrase


class Verdict(StrEnum):
    """What recomputing a phrase came to."""

    EQUAL = "equal"
    WITHIN_WORDING = "within_wording"
    CONTRADICTED = "contradicted"
    NO_DATA = "no_data"
    UNBOUND = "unbound"


IN_CHINESE = {
    Verdict.EQUAL: "相符",
    Verdict.WITHIN_WORDING: "说法成立",
    Verdict.CONTRADICTED: "不符",
    Verdict.NO_DATA: "没有数据",
    Verdict.UNBOUND: "未对应",
}


@dataclass(frozen=True)
class FactFigure:
    """What a fact came to.

    Attributes
    ----------
    code : str
        Its code.
    value : Decimal or None
        In `unit`; shares and relative changes as shares, differences of shares in points. None
        where there are no data.
    statement : bool or None
        For a fact that is a statement: whether it holds; None where there are no data.
    unit : str
        Such as 亩, 吨 or 家次.
    is_lower_bound : bool
        Whether the true value may be higher.
    coverage : Decimal or None
        Share of those asked that have answered.
    reason : str
        Why there are no data, or what else to know, in Chinese.
    title : str
        Its Chinese title; without one the code is shown.
    """

    code: str
    value: Decimal | None = None
    statement: bool | None = None
    unit: str = ""
    is_lower_bound: bool = False
    coverage: Decimal | None = None
    reason: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """The title, or the code."""
        return self.title or self.code


@dataclass(frozen=True)
class LintRule:
    """Limits of the wordings.

    Attributes
    ----------
    about_share : Decimal
        How far 约, 近 and 左右 may be off, as a share of what is stated.
    level_share, about_level_share : Decimal
        Up to which relative change 持平, and 相对持平 or 基本持平, may be said.
    understated_times : Decimal
        From how many times the stated floor 以上 still holds, but says little.
    """

    about_share: Decimal
    level_share: Decimal
    about_level_share: Decimal
    understated_times: Decimal


@dataclass(frozen=True)
class Judgement:
    """A phrase, its fact and what recomputing it came to.

    Attributes
    ----------
    phrase : Phrase
        As it was found.
    verdict : Verdict
        What it came to.
    code : str or None
        The fact.
    value : Decimal or None
        What the fact came to, in its unit.
    reason : str
        Why, in Chinese.
    """

    phrase: Phrase
    verdict: Verdict
    code: str | None
    value: Decimal | None
    reason: str


@dataclass(frozen=True)
class LintReport:
    """What linting a text came to.

    Attributes
    ----------
    judgements : tuple of Judgement
        One per numeric phrase, in the order of the text.
    unread_characters : int
        How much at the end of the text was not read for its length.
    """

    judgements: tuple[Judgement, ...]
    unread_characters: int

    @property
    def is_contradicted(self) -> bool:
        """Whether any phrase is contradicted, for the exit status of a command."""
        return self.count(Verdict.CONTRADICTED) > 0

    def count(self, verdict: Verdict) -> int:
        """Return how many phrases came to a verdict."""
        return sum(each.verdict is verdict for each in self.judgements)


def lint(
    text: str,
    facts: Mapping[str, FactFigure],
    bindings: Sequence[Binding],
    rule: LintRule,
    scope: Scope = NO_SCOPE,
) -> LintReport:
    """Judge every numeric phrase of a text.

    Parameters
    ----------
    text : str
        A paragraph, or a whole issue.
    facts : mapping of str to FactFigure
        By code; a code that is not there has no data.
    bindings : sequence of Binding
        Which words speak of which fact.
    rule : LintRule
        Limits of the wordings.
    scope : Scope
        What the facts are of.

    Returns
    -------
    LintReport
        Never raises, whatever the text.
    """
    judged = tuple(judge(each, facts, rule) for each in bind(text, bindings, scope))
    return LintReport(judged, max(0, len(text) - MAX_CHARACTERS))


def judge(bound: Bound, facts: Mapping[str, FactFigure], rule: LintRule) -> Judgement:
    """Judge one phrase.

    Parameters
    ----------
    bound : Bound
        The phrase and its fact.
    facts : mapping of str to FactFigure
        By code.
    rule : LintRule
        Limits of the wordings.

    Returns
    -------
    Judgement
        Equal, within the wording, contradicted, no data or unbound, and why.
    """
    phrase = bound.phrase
    if bound.code is None:
        return Judgement(phrase, Verdict.UNBOUND, None, None, _with_titles(bound, facts))
    fact = facts.get(bound.code, FactFigure(bound.code))
    is_statement = phrase.form in {Form.NONE_FOUND, Form.MET}
    if (fact.statement if is_statement else _finite(fact.value)) is None:
        if phrase.form is Form.LEVEL and fact.statement is not None:
            return _of_statement(phrase, fact)
        return Judgement(phrase, Verdict.NO_DATA, fact.code, None, fact.reason or "账上没有数据")
    if is_statement:
        return _of_statement(phrase, fact)
    return _of_number(bound, fact, facts, rule)


def _with_titles(bound: Bound, facts: Mapping[str, FactFigure]) -> str:
    reason = bound.why
    for code in sorted(bound.candidates, key=len, reverse=True):
        reason = reason.replace(code, facts[code].name if code in facts else code)
    return reason


def _finite(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value.is_finite() else None


def _of_statement(phrase: Phrase, fact: FactFigure) -> Judgement:
    holds = bool(fact.statement)
    verdict = Verdict.WITHIN_WORDING if holds else Verdict.CONTRADICTED
    reason = f"{fact.name}:{'成立' if holds else '不成立'}"
    return Judgement(phrase, verdict, fact.code, fact.value, _with(reason, fact))


def _of_number(
    bound: Bound, fact: FactFigure, facts: Mapping[str, FactFigure], rule: LintRule
) -> Judgement:
    phrase = bound.phrase
    value = fact.value or Decimal(0)
    exact = Fraction(-value if bound.is_fall else value)
    holds = _holds(phrase, exact, rule)
    reason = f"{fact.name}为{shown(value, fact.unit or phrase.unit or PERCENT)}"
    if not holds:
        reason += f",与“{phrase.text}”不符{_why_not(bound, exact, fact, facts, rule)}"
        return Judgement(phrase, Verdict.CONTRADICTED, fact.code, value, _with(reason, fact))
    verdict = Verdict.EQUAL if phrase.form is Form.EXACT else Verdict.WITHIN_WORDING
    if phrase.form is Form.EXACT and phrase.low is not None and exact != Fraction(phrase.low):
        reason += ",按写出的位数四舍五入后相符"
    floor = rule.understated_times * (phrase.low or 0)
    if phrase.form is Form.AT_LEAST and exact >= floor > 0:
        reason += f",已是写明数的{shown(rule.understated_times, '')}倍以上,“以上”说低了"
    return Judgement(phrase, verdict, fact.code, value, _with(reason, fact))


def _holds(phrase: Phrase, value: Fraction, rule: LintRule) -> bool:
    if phrase.form is Form.LEVEL:
        strictly = phrase.text == "持平"
        return abs(value) <= Fraction(rule.level_share if strictly else rule.about_level_share)
    if phrase.form is Form.EXACT and phrase.low is not None:
        return _rounded(value, Fraction(phrase.step)) == Fraction(phrase.low)
    if phrase.form is Form.ABOUT and phrase.low is not None:
        stated = Fraction(phrase.low)
        return abs(value - stated) <= abs(stated) * Fraction(rule.about_share)
    return _is_between(phrase, value)


def _is_between(phrase: Phrase, value: Fraction) -> bool:
    if phrase.low is not None and (
        value < phrase.low or (phrase.is_strict and value == phrase.low)
    ):
        return False
    above = phrase.high is not None and value > phrase.high
    at = phrase.is_strict and phrase.high is not None and value == phrase.high
    return not above and not at


def _rounded(value: Fraction, step: Fraction) -> Fraction:
    """Round half away from zero, as a table is rounded by hand."""
    size = (abs(value) / step + Fraction(1, 2)) // 1 * step
    return size if value >= 0 else -size


def _why_not(
    bound: Bound,
    value: Fraction,
    fact: FactFigure,
    facts: Mapping[str, FactFigure],
    rule: LintRule,
) -> str:
    phrase = bound.phrase
    other = facts.get(bound.counterpart or "")
    if other is not None and _finite(other.value) is not None and other.value is not None:
        said = shown(other.value, other.unit)
        if _holds(phrase, Fraction(other.value), rule):
            mine = fact.unit or phrase.unit
            return f";{said}才对得上,{other.unit} ≠ {mine}:{said},{shown(fact.value, mine)}"
    if phrase.form is Form.MORE and phrase.high is not None:
        low, high = (shown(limit, phrase.unit) for limit in (phrase.low, phrase.high))
        return f";“多”只管大于{low}、小于{high}"
    if fact.is_lower_bound and phrase.low is not None and value < phrase.low:
        return ";账上能证明的只有这么多,不足以这样说"
    return ""


def _with(reason: str, fact: FactFigure) -> str:
    notes = []
    if fact.is_lower_bound:
        notes.append("是下限")
    if fact.coverage is not None and fact.coverage < 1:
        notes.append(f"覆盖{shown(fact.coverage, PERCENT)}")
    if fact.reason:
        notes.append(fact.reason)
    return f"{reason}({','.join(notes)})" if notes else reason


def shown(value: Decimal | None, unit: str) -> str:
    """Write a value with its unit.

    Parameters
    ----------
    value : Decimal or None
        In `unit`; a share where the unit is %.
    unit : str
        Such as 亩.

    Returns
    -------
    str
        Without trailing zeros; a share in per cent.
    """
    if value is None:
        return "没有数据"
    number = value * 100 if unit == PERCENT else value
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}{unit}" if unit == PERCENT else f"{text} {unit}".rstrip()
