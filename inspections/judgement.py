"""What a phrase of a bulletin comes to beside the fact that it speaks of."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from inspections.measures import PERCENT
from inspections.phrase import Form, Phrase


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


def finite(value: Decimal | None) -> Decimal | None:
    """Return a value that is a number, and None for all else."""
    return value if value is not None and value.is_finite() else None


def holds(phrase: Phrase, value: Fraction, rule: LintRule) -> bool:
    """Tell whether a value lies within what a phrase says.

    Parameters
    ----------
    phrase : Phrase
        With a number, or 持平.
    value : Fraction
        Exact, in the phrase's unit.
    rule : LintRule
        Limits of the wordings.

    Returns
    -------
    bool
        Rounding to the places that were written is allowed.
    """
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


def with_notes(reason: str, fact: FactFigure) -> str:
    """Add what else is to be known of a fact to a reason."""
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
