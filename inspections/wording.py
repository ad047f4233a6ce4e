"""How a bulletin words a figure: formats that can only say what the figure holds.

A format writes the unit as well, so that 家次 can never be printed as 家. What it writes is read
back by `phrases.find_phrases` as a wording within which the figure lies.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from inspections.round_numbers import more_floor, plain, round_floor, rounded, with_place_word

MU_PER_WAN = Decimal(10_000)
MU = "亩"
NO_VALUE = "〔没有数据〕"


class Kind(StrEnum):
    """What a figure is."""

    COUNT = "count"
    """So many of a unit."""
    RATE = "rate"
    """So much of one for each of another, such as 公斤/亩."""
    SHARE = "share"
    """A part of a whole; 0.845 is 84.5%."""
    CHANGE = "change"
    """A relative change; -0.02 is a fall by 2%."""
    STATEMENT = "statement"
    """It holds, or it does not."""


class CannotBeWritten(ValueError):
    """The format does not fit the figure."""


class NoValue(CannotBeWritten):
    """There is nothing to write."""


@dataclass(frozen=True)
class Figure:
    """A figure to be worded.

    Attributes
    ----------
    code, title : str
        Which it is, for messages.
    kind : Kind
        What it is.
    unit : str
        Its measure word, of a count or a rate.
    value : Decimal or None
        Exact, in that unit; shares and changes as shares. None where there are no data.
    statement : bool or None
        Of a statement: whether it holds.
    is_lower_bound : bool
        Whether the true value may be higher: such a figure can only be worded 以上.
    """

    code: str
    title: str
    kind: Kind
    unit: str = ""
    value: Decimal | None = None
    statement: bool | None = None
    is_lower_bound: bool = False


@dataclass(frozen=True)
class Step:
    """A judged sentence: what is said from a limit upwards."""

    at_least: Decimal | None
    """None: below every limit."""
    sentence: str


@dataclass(frozen=True)
class WordingRule:
    """Limits and words that the formats need.

    Attributes
    ----------
    level_share, about_level_share : Decimal
        Up to which relative change 持平 and 相对持平 are said.
    statements : mapping of str to (str, str)
        Format -> what is said where it holds, and where it does not.
    judged : mapping of str to sequence of Step
        Fact code -> its judged sentences, the highest limit first.
    """

    level_share: Decimal
    about_level_share: Decimal
    statements: Mapping[str, tuple[str, str]] = field(
        default_factory=lambda: {
            "暂未发现": ("暂未发现违法行为", "检查结果尚待核实处理"),
            "满足": ("需求得到满足", "部分农资供应还须加强调度"),
        }
    )
    judged: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)


FORMATS = re.compile(
    r"(?P<wan>万亩\.(?P<wan_places>[0-3]))|(?P<percent>%\.(?P<percent_places>[0-2]))"
    r"|(?P<plain>\.(?P<plain_places>[0-3]))|(?P<at_least>以上)|(?P<more>多)"
    r"|(?P<level>持平)|(?P<change>增减)|(?P<statement>暂未发现|满足)|(?P<judged>判断)"
)
FITS: dict[str, frozenset[Kind]] = {
    "wan": frozenset({Kind.COUNT}),
    "plain": frozenset({Kind.COUNT, Kind.RATE}),
    "at_least": frozenset({Kind.COUNT, Kind.RATE}),
    "more": frozenset({Kind.COUNT}),
    "percent": frozenset({Kind.SHARE}),
    "level": frozenset({Kind.CHANGE}),
    "change": frozenset({Kind.CHANGE}),
    "statement": frozenset({Kind.STATEMENT}),
    "judged": frozenset(Kind),
}
USABLE = {
    Kind.COUNT: ".0、.2、以上、多(面积还可用 万亩.3)",
    Kind.RATE: ".2、以上",
    Kind.SHARE: "%.1",
    Kind.CHANGE: "持平、增减",
    Kind.STATEMENT: "暂未发现(检查结果)、满足(农资需求)",
}


def refusal(figure: Figure, format_: str, rule: WordingRule) -> str | None:
    """Tell why a format cannot word a figure, whatever its value.

    Parameters
    ----------
    figure : Figure
        Its value is not looked at.
    format_ : str
        Such as 万亩.3, .0, 以上 or 多.
    rule : WordingRule
        Which judged sentences there are.

    Returns
    -------
    str or None
        In Chinese, with what to write instead; None where it fits.
    """
    usable = USABLE[figure.kind]
    if figure.is_lower_bound:
        usable = "以上"
    found = FORMATS.fullmatch(format_)
    if found is None:
        return f"没有格式“{format_}”;“{figure.title}”可用 {usable}"
    name = _name(found)
    if name == "judged":
        known = figure.code in rule.judged
        return None if known else f"“{figure.title}”没有判断语;请去掉 判断,或写 {usable}"
    if figure.kind not in FITS[name] or (name == "wan" and figure.unit != MU):
        return f"“{figure.title}”不能用格式“{format_}”;可用 {usable}"
    if figure.is_lower_bound and name != "at_least":
        return f"“{figure.title}”是下限,只能写 以上"
    if name == "statement" and not _is_of(figure.code, format_):
        return f"“{figure.title}”不能用格式“{format_}”"
    return None


def _is_of(code: str, format_: str) -> bool:
    return code.endswith({"暂未发现": "none_found", "满足": "needs_met"}[format_])


def _name(found: re.Match[str]) -> str:
    return next(name for name in FITS if found[name] is not None)


def write(figure: Figure, format_: str, rule: WordingRule) -> str:
    """Word a figure.

    Parameters
    ----------
    figure : Figure
        With its exact value.
    format_ : str
        See `refusal`.
    rule : WordingRule
        Limits of the wordings.

    Returns
    -------
    str
        With its unit: 18.366万亩, 4千吨以上, 1950多台, 相对持平.

    Raises
    ------
    NoValue
        Where there are no data.
    CannotBeWritten
        Where the format does not fit, or would say what is not so.
    """
    why = refusal(figure, format_, rule)
    if why is not None:
        raise CannotBeWritten(why)
    found = FORMATS.fullmatch(format_)
    assert found is not None
    name = _name(found)
    if name == "statement" or figure.kind is Kind.STATEMENT:
        return _statement(figure, name, format_, rule)
    if figure.value is None or not figure.value.is_finite():
        raise NoValue(f"“{figure.title}”没有数据;请补报,或从文中去掉这一处")
    return _WRITERS[name](figure, figure.value, found, rule)


def _statement(figure: Figure, name: str, format_: str, rule: WordingRule) -> str:
    if figure.statement is None:
        raise NoValue(f"“{figure.title}”没有数据,不能下结论;请补报,或从文中去掉这一处")
    if name == "judged":
        return _step(figure, Decimal(int(figure.statement)), rule)
    holds, fails = rule.statements[format_]
    return holds if figure.statement else fails


def _at_least(figure: Figure, value: Decimal, _found: re.Match[str], _rule: WordingRule) -> str:
    if value <= 0:
        raise CannotBeWritten(f"“{figure.title}”为 {plain(value)},不能写“以上”;请去掉这一处")
    return f"{with_place_word(round_floor(value))}{figure.unit}以上"


def _more(figure: Figure, value: Decimal, _found: re.Match[str], _rule: WordingRule) -> str:
    floor = more_floor(value)
    if floor == value:  # 130 is not 130多
        return f"{plain(value)}{figure.unit}"
    return f"{plain(floor)}多{figure.unit}"


def _wan(_figure: Figure, value: Decimal, found: re.Match[str], _rule: WordingRule) -> str:
    return f"{rounded(value / MU_PER_WAN, int(found['wan_places']))}万亩"


def _exactly(figure: Figure, value: Decimal, found: re.Match[str], _rule: WordingRule) -> str:
    return f"{rounded(value, int(found['plain_places']))}{figure.unit}"


def _percent(_figure: Figure, value: Decimal, found: re.Match[str], _rule: WordingRule) -> str:
    return f"{rounded(value * 100, int(found['percent_places']))}%"


def _level(_figure: Figure, value: Decimal, _found: re.Match[str], rule: WordingRule) -> str:
    if abs(value) <= rule.level_share:
        return "持平"
    if abs(value) <= rule.about_level_share:
        return "相对持平"
    return f"{'上涨' if value > 0 else '下降'}{rounded(abs(value) * 100, 1)}%"


def _change(_figure: Figure, value: Decimal, _found: re.Match[str], _rule: WordingRule) -> str:
    size = rounded(abs(value) * 100, 1)
    if not Decimal(size):
        return "持平"
    return f"{'增长' if value > 0 else '减少'}{size}%"


def _judged(figure: Figure, value: Decimal, _found: re.Match[str], rule: WordingRule) -> str:
    return _step(figure, value, rule)


def _step(figure: Figure, value: Decimal, rule: WordingRule) -> str:
    for step in rule.judged[figure.code]:
        if step.at_least is None or value >= step.at_least:
            return step.sentence
    raise CannotBeWritten(f"“{figure.title}”的判断语没有最低一档;请在判断表里补上")


_WRITERS: dict[str, Callable[[Figure, Decimal, re.Match[str], WordingRule], str]] = {
    "wan": _wan,
    "plain": _exactly,
    "percent": _percent,
    "at_least": _at_least,
    "more": _more,
    "level": _level,
    "change": _change,
    "judged": _judged,
}
