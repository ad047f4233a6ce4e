"""Judging a quotient by the facts that it divides: 46/233 is a coverage only of outlets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from inspections.judgement import FactFigure, Judgement, LintRule, Verdict, finite, holds, shown
from inspections.measures import PERCENT
from inspections.phrase import Form, Phrase
from inspections.quotients import Quotient
from inspections.round_numbers import more_floor, round_floor, rounded

PLACES = 2
SHOWN = Decimal("0.0001")
PLACES_OF_A_SHARE = 1
OUTLETS = frozenset({"家", "个"})
"""Both count outlets."""
Facts = Mapping[str, FactFigure]


def judge_quotient(
    phrase: Phrase, facts: Facts, rule: LintRule, quotients: Sequence[Quotient]
) -> Judgement:
    """Judge a quotient that is spelt out.

    Parameters
    ----------
    phrase : Phrase
        Of the form QUOTIENT.
    facts : mapping of str to FactFigure
        By code.
    rule : LintRule
        Limits of the wordings.
    quotients : sequence of Quotient
        Which facts are quotients of which.

    Returns
    -------
    Judgement
        Bound where the numbers on both sides are those of one quotient's facts, or of what is
        easily taken for them; else unbound, with what the division comes to.
    """
    known = [each for each in quotients if _is_of(phrase, each, facts, rule)]
    if len(known) != 1:
        said = f"{_said(phrase)};两个数对不上账上能相除的数,认不出说的是什么"
        return Judgement(phrase, Verdict.UNBOUND, None, None, said)
    return _judged(phrase, known[0], facts, rule)


def _is_of(phrase: Phrase, quotient: Quotient, facts: Facts, rule: LintRule) -> bool:
    top, bottom = phrase.parts[:2]
    tops = (quotient.top, quotient.mistaken)
    return _says(bottom, facts.get(quotient.bottom), rule) and any(
        _says(top, facts.get(code), rule) or _is_floor_of(top, facts.get(code)) for code in tops
    )


def _says(part: Phrase, fact: FactFigure | None, rule: LintRule) -> bool:
    """Tell whether a number is a fact's, as written, rounded, or the floor of a lower bound."""
    value = finite(fact.value) if fact else None
    if fact is None or value is None:
        return False
    is_floor = fact.is_lower_bound and value > 0 and part.low == round_floor(value)
    return is_floor or holds(part, Fraction(value), rule)


def _is_floor_of(part: Phrase, fact: FactFigure | None) -> bool:
    value = finite(fact.value) if fact else None
    if value is None or value <= 0 or part.form is not Form.EXACT:
        return False
    return more_floor(value) == part.low


def _judged(phrase: Phrase, quotient: Quotient, facts: Facts, rule: LintRule) -> Judgement:
    top, bottom = phrase.parts[:2]
    dividend, divisor = facts[quotient.top], facts[quotient.bottom]
    code, exact = quotient.fact_code, _exact(quotient, facts)
    told = f"{_said(phrase, _unit_of(quotient, facts))};{_of_books(quotient, facts)}"
    wrong = [
        f"{shown(fact.value, fact.unit)}才是{fact.name},写的是{part.text}"
        for part, fact in ((top, dividend), (bottom, divisor))
        if not _says(part, fact, rule) or not _is_in(part.unit, fact.unit)
    ]
    wrong += _of_result(phrase, quotient, exact, facts, rule)
    mistaken = facts.get(quotient.mistaken)
    if mistaken is not None and _says(top, mistaken, rule) and not _says(top, dividend, rule):
        wrong.append(
            f"{shown(mistaken.value, mistaken.unit)}里有重复,{mistaken.unit} ≠ {dividend.unit}"
        )
    verdict = Verdict.CONTRADICTED if wrong else Verdict.WITHIN_WORDING
    if not wrong and all(each.form is Form.EXACT for each in phrase.parts):
        verdict = Verdict.EQUAL
    if not wrong and top.low != dividend.value:
        verdict = Verdict.WITHIN_WORDING
    value = None if exact is None else _decimal(exact).quantize(SHOWN)
    return Judgement(phrase, verdict, code, value, ";".join([told, *wrong]))


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / exact.denominator


def _is_in(stated: str, unit: str) -> bool:
    return stated in {"", unit} or {stated, unit} <= OUTLETS


def _exact(quotient: Quotient, facts: Facts) -> Fraction | None:
    """Return the quotient of two facts, in its own unit; None where there is none."""
    top, bottom = (facts.get(code) for code in (quotient.top, quotient.bottom))
    above, below = (finite(each.value) if each else None for each in (top, bottom))
    if above is None or not below:
        return None
    return Fraction(above) / Fraction(below) * Fraction(quotient.factor)


def _unit_of(quotient: Quotient, facts: Facts) -> str:
    top, bottom = facts[quotient.top].unit, facts[quotient.bottom].unit
    if quotient.mistaken:
        return PERCENT
    return f"{'公斤' if quotient.factor != 1 else top}/{bottom}"


def _of_books(quotient: Quotient, facts: Facts) -> str:
    exact = _exact(quotient, facts)
    top, bottom = facts[quotient.top], facts[quotient.bottom]
    division = f"账上{shown(top.value, top.unit)}÷{shown(bottom.value, bottom.unit)}"
    told = f"{division}={_written(exact, _unit_of(quotient, facts))}"
    if quotient.least is not None and exact is not None:
        fits = "合乎" if exact >= quotient.least else "低于"
        return f"{told},{fits}“{quotient.note}”"
    return f"{told},{quotient.note}" if quotient.note else told


def _of_result(
    phrase: Phrase, quotient: Quotient, exact: Fraction | None, facts: Facts, rule: LintRule
) -> list[str]:
    """Return what is wrong with the result that is written behind the equals sign."""
    if len(phrase.parts) < 3 or exact is None:  # noqa: PLR2004 - a dividend, a divisor, a result
        return []
    result = phrase.parts[2]
    value = exact if result.unit else exact / Fraction(quotient.factor)
    unit = _unit_of(quotient, facts)
    if result.unit not in {"", unit, unit.partition("/")[0]}:
        return [f"商的单位是{unit},写的是{result.text}"]
    return [] if holds(result, value, rule) else [f"账上的商不是{result.text}"]


def _said(phrase: Phrase, unit: str = "") -> str:
    """Return what the division comes to as it is written."""
    top, bottom = (each.low or Decimal(1) for each in phrase.parts[:2])
    exact = Fraction(top) / Fraction(bottom)
    if unit == PERCENT or (not unit and exact < 1):
        return f"{top.normalize():f}÷{bottom.normalize():f}={_written(exact, PERCENT)}"
    factor = 1000 if unit.startswith("公斤") else 1
    return f"{top.normalize():f}÷{bottom.normalize():f}={_written(exact * factor, unit)}"


def _written(exact: Fraction | None, unit: str) -> str:
    if exact is None:
        return "没有数据"
    value = _decimal(exact)
    if unit == PERCENT:
        return f"{rounded(value * 100, PLACES_OF_A_SHARE)}%"
    return f"{rounded(value, PLACES)} {unit}".rstrip()


def explained(
    judged: Judgement, facts: Facts, rule: LintRule, quotients: Sequence[Quotient]
) -> str:
    """Tell how a judged quotient comes about, and which other facts give what is written.

    Parameters
    ----------
    judged : Judgement
        Of one phrase.
    facts : mapping of str to FactFigure
        By code.
    rule : LintRule
        Limits of the wordings.
    quotients : sequence of Quotient
        Which facts are quotients of which.

    Returns
    -------
    str
        In Chinese, behind a semicolon; empty where the fact is no quotient.
    """
    for quotient in quotients:
        if quotient.fact_code == judged.code and {quotient.top, quotient.bottom} <= facts.keys():
            return f";{_of_books(quotient, facts)}{_taken_for(judged, quotient, facts, rule)}"
    return ""


def _taken_for(judged: Judgement, quotient: Quotient, facts: Facts, rule: LintRule) -> str:
    """Tell whether what is written is the quotient of the fact that is easily mistaken."""
    wrong = replace(quotient, top=quotient.mistaken)
    exact = _exact(wrong, facts)
    if judged.verdict is not Verdict.CONTRADICTED or exact is None:
        return ""
    if not holds(judged.phrase, exact, rule):
        return ""
    mistaken, below = facts[wrong.top], facts[wrong.bottom]
    units = f"{mistaken.unit} ≠ {facts[quotient.top].unit}"
    return f";写的是{shown(mistaken.value, mistaken.unit)}÷{shown(below.value, below.unit)},{units}"
