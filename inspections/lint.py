"""The bulletin linter: every numeric phrase against the fact that it speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from inspections.bindings import NO_SCOPE, Binding, Bound, Scope, bind
from inspections.judgement import (
    IN_CHINESE,
    FactFigure,
    Judgement,
    LintRule,
    Verdict,
    finite,
    holds,
    shown,
    with_notes,
)
from inspections.measures import PERCENT
from inspections.phrase import Form, Phrase
from inspections.phrases import MAX_CHARACTERS
from inspections.quotient_judgement import explained, judge_quotient
from inspections.quotients import Quotient

__all__ = [
    "IN_CHINESE",
    "FactFigure",
    "Judgement",
    "LintReport",
    "LintRule",
    "Verdict",
    "judge",
    "lint",
    "shown",
]


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
    quotients: Sequence[Quotient] = (),
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
    quotients : sequence of Quotient
        Which facts are quotients of which.

    Returns
    -------
    LintReport
        Never raises, whatever the text.
    """
    found = bind(text, bindings, scope)
    judged = tuple(judge(each, facts, rule, quotients) for each in found)
    return LintReport(judged, max(0, len(text) - MAX_CHARACTERS))


def judge(
    bound: Bound,
    facts: Mapping[str, FactFigure],
    rule: LintRule,
    quotients: Sequence[Quotient] = (),
) -> Judgement:
    """Judge one phrase.

    Parameters
    ----------
    bound : Bound
        The phrase and its fact.
    facts : mapping of str to FactFigure
        By code.
    rule : LintRule
        Limits of the wordings.
    quotients : sequence of Quotient
        Which facts are quotients of which.

    Returns
    -------
    Judgement
        Equal, within the wording, contradicted, no data or unbound, and why.
    """
    phrase = bound.phrase
    if phrase.form is Form.QUOTIENT and not bound.why:
        return judge_quotient(phrase, facts, rule, quotients)
    if bound.code is None:
        return Judgement(phrase, Verdict.UNBOUND, None, None, _with_titles(bound, facts))
    fact = facts.get(bound.code, FactFigure(bound.code))
    is_statement = phrase.form in {Form.NONE_FOUND, Form.MET}
    if (fact.statement if is_statement else finite(fact.value)) is None:
        if phrase.form is Form.LEVEL and fact.statement is not None:
            return _of_statement(phrase, fact)
        return Judgement(phrase, Verdict.NO_DATA, fact.code, None, fact.reason or "账上没有数据")
    if is_statement:
        return _of_statement(phrase, fact)
    judged = _of_number(bound, fact, facts, rule)
    return replace(judged, reason=judged.reason + explained(judged, facts, rule, quotients))


def _with_titles(bound: Bound, facts: Mapping[str, FactFigure]) -> str:
    reason = bound.why
    for code in sorted(bound.candidates, key=len, reverse=True):
        reason = reason.replace(code, facts[code].name if code in facts else code)
    return reason


def _of_statement(phrase: Phrase, fact: FactFigure) -> Judgement:
    holds = bool(fact.statement)
    verdict = Verdict.WITHIN_WORDING if holds else Verdict.CONTRADICTED
    reason = f"{fact.name}:{'成立' if holds else '不成立'}"
    return Judgement(phrase, verdict, fact.code, fact.value, with_notes(reason, fact))


def _of_number(
    bound: Bound, fact: FactFigure, facts: Mapping[str, FactFigure], rule: LintRule
) -> Judgement:
    phrase = bound.phrase
    value = fact.value or Decimal(0)
    exact = Fraction(-value if bound.is_fall else value)
    is_right = holds(phrase, exact, rule)
    reason = f"{fact.name}为{shown(value, fact.unit or phrase.unit or PERCENT)}"
    if not is_right:
        reason += f",与“{phrase.text}”不符{_why_not(bound, exact, fact, facts, rule)}"
        return Judgement(phrase, Verdict.CONTRADICTED, fact.code, value, with_notes(reason, fact))
    verdict = Verdict.EQUAL if phrase.form is Form.EXACT else Verdict.WITHIN_WORDING
    if phrase.form is Form.EXACT and phrase.low is not None and exact != Fraction(phrase.low):
        reason += ",按写出的位数四舍五入后相符"
    floor = rule.understated_times * (phrase.low or 0)
    if phrase.form is Form.AT_LEAST and exact >= floor > 0:
        reason += f",已是写明数的{shown(rule.understated_times, '')}倍以上,“以上”说低了"
    return Judgement(phrase, verdict, fact.code, value, with_notes(reason, fact))


def _why_not(
    bound: Bound,
    value: Fraction,
    fact: FactFigure,
    facts: Mapping[str, FactFigure],
    rule: LintRule,
) -> str:
    phrase = bound.phrase
    other = facts.get(bound.counterpart or "")
    if other is not None and finite(other.value) is not None and other.value is not None:
        said = shown(other.value, other.unit)
        if holds(phrase, Fraction(other.value), rule):
            mine = fact.unit or phrase.unit
            return f";{said}才对得上,{other.unit} ≠ {mine}:{said},{shown(fact.value, mine)}"
    if phrase.form is Form.MORE and phrase.high is not None:
        low, high = (shown(limit, phrase.unit) for limit in (phrase.low, phrase.high))
        return f";“多”只管大于{low}、小于{high}"
    if fact.is_lower_bound and phrase.low is not None and value < phrase.low:
        return ";账上能证明的只有这么多,不足以这样说"
    return ""
