"""The terms that the Law on Administrative Penalties sets, as a table with its days. Pure.

References
----------
中华人民共和国行政处罚法 (revised 2021-01-22, in force since 2021-07-15), articles 48, 56, 60, 61,
64, 67, 85 and 86. The extension of a decision rests on 农业行政处罚程序规定 (部令 2021 年第 4 号),
which was not at hand: the bureau's lawyer confirms it, and the table says so.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

IN_FORCE = date(2021, 7, 15)
BY_RULE = "农业行政处罚程序规定,须经本局法制人员核实"


class Term(StrEnum):
    """What the law sets a term for."""

    DECISION = "decision"
    PRESERVATION = "preservation"
    HEARING_REQUEST = "hearing_request"
    HEARING_NOTICE = "hearing_notice"
    SERVICE = "service"
    PAYMENT = "payment"
    WITHDRAWAL = "withdrawal"


TERM_TEXT = {
    Term.DECISION: "作出处罚决定",
    Term.PRESERVATION: "先行登记保存的处理",
    Term.HEARING_REQUEST: "当事人要求听证",
    Term.HEARING_NOTICE: "听证通知",
    Term.SERVICE: "送达处罚决定书",
    Term.PAYMENT: "当事人缴纳罚款",
    Term.WITHDRAWAL: "撤回已公开的处罚决定",
}


class NoRule(ValueError):
    """The law as it is kept here was not yet in force on this day."""


@dataclass(frozen=True)
class TermRule:
    """One term as the law sets it from a day on.

    Attributes
    ----------
    since : date
        First day on which the rule holds: the rule's version.
    days : int
        How long, days.
    is_workday : bool
        Whether working days are meant (article 85: 二日、三日、五日、七日), or all days.
    article : str
        Where it stands.
    starts : str
        What begins it, in Chinese.
    is_backward : bool
        Counted back from a day that lies ahead.
    may_pause : bool
        Whether there is time that does not count.
    max_extensions, max_extension_days : int
        How often it may be extended, and by how many days each time.
    extension_source : str
        Where that stands.
    """

    since: date
    days: int
    is_workday: bool
    article: str
    starts: str
    is_backward: bool = False
    may_pause: bool = False
    max_extensions: int = 0
    max_extension_days: int = 0
    extension_source: str = ""


def _workdays(days: int, article: int, starts: str, *, is_backward: bool = False) -> TermRule:
    text = f"行政处罚法第{article}条"
    return TermRule(IN_FORCE, days, True, text, starts, is_backward)


RULES: dict[Term, tuple[TermRule, ...]] = {
    Term.DECISION: (
        TermRule(
            IN_FORCE,
            90,
            False,
            "行政处罚法第60条",
            "立案之日",
            may_pause=True,
            max_extensions=1,
            max_extension_days=30,
            extension_source=BY_RULE,
        ),
    ),
    Term.PRESERVATION: (_workdays(7, 56, "登记保存之日"),),
    Term.HEARING_REQUEST: (_workdays(5, 64, "告知听证权利之日"),),
    Term.HEARING_NOTICE: (_workdays(7, 64, "举行听证之日", is_backward=True),),
    Term.SERVICE: (_workdays(7, 61, "作出决定之日"),),
    Term.PAYMENT: (
        TermRule(IN_FORCE, 15, False, "行政处罚法第67条", "收到处罚决定书之日", may_pause=True),
    ),
    Term.WITHDRAWAL: (_workdays(3, 48, "决定被变更、撤销或确认违法之日"),),
}
"""Every rule of a term, the oldest first; a new law adds a row with its day."""


def rule_on(term: Term, day: date) -> TermRule:
    """Return the rule of a term that held on a day.

    Parameters
    ----------
    term : Term
        What is timed.
    day : date
        The day that begins it.

    Raises
    ------
    NoRule
        Where the day lies before the first rule.
    """
    found = [each for each in RULES[term] if each.since <= day]
    if not found:
        raise NoRule(f"{day} 时现行的行政处罚法尚未施行,这里没有当时的期限")
    return found[-1]
