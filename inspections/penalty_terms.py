"""By when a term of the Law on Administrative Penalties is due; what may extend it. Pure.

Terms are kept as local dates and end with their day, at 24:00. The day on which a term begins does
not count. A last day that is a holiday stays the last day: the law moves none, and later is late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inspections.case_clocks import (
    DAY,
    LONGEST_WAY,
    Pause,
    due_on,
    escalations,
    workdays_used,
)
from inspections.case_words import Escalation
from inspections.penalty_rules import Term, TermRule, rule_on
from inspections.work_calendar import MissingYear, WorkCalendar


@dataclass(frozen=True)
class EveryDay(WorkCalendar):
    """A calendar in which every day counts: of natural days nothing has to be known."""

    def is_workday(self, _day: date) -> bool:
        """Tell that the day counts.

        Parameters
        ----------
        _day : date
            Civil date.
        """
        return True


NATURAL = EveryDay(frozenset())


@dataclass(frozen=True)
class Extension:
    """Days that were added to a term.

    Attributes
    ----------
    day : date
        When it was allowed.
    days : int
        How many, in the days of the term.
    reason, asked_by, approver : str
        Why, who asked, and who allowed it.
    """

    day: date
    days: int
    reason: str
    asked_by: str
    approver: str


class NoExtension(StrEnum):
    """Why a term is not extended."""

    NOT_PROVIDED = "not_provided"
    TOO_OFTEN = "too_often"
    TOO_LONG = "too_long"
    EXPIRED = "expired"
    NO_REASON = "no_reason"
    NO_APPROVER = "no_approver"
    OWN_REQUEST = "own_request"


NO_EXTENSION_TEXT = {
    NoExtension.NOT_PROVIDED: "法律没有规定这个期限可以延长",
    NoExtension.TOO_OFTEN: "已经延长过,不能再延长",
    NoExtension.TOO_LONG: "延长的天数超出规定",
    NoExtension.EXPIRED: "期限已过,不能再延长",
    NoExtension.NO_REASON: "延长须写明原因",
    NoExtension.NO_APPROVER: "延长须有批准人",
    NoExtension.OWN_REQUEST: "批准人不能是申请人",
}


class ExtensionNotAllowed(ValueError):
    """A term that may not be extended, or not so.

    Attributes
    ----------
    reason : NoExtension
        Why not.
    """

    def __init__(self, reason: NoExtension) -> None:
        super().__init__(NO_EXTENSION_TEXT[reason])
        self.reason = reason


def refuse_extension(
    rule: TermRule, new: Extension, earlier: Sequence[Extension], due: date | None
) -> None:
    """Refuse an extension that the rule does not give.

    Parameters
    ----------
    rule : TermRule
        Of the term.
    new : Extension
        What is wanted.
    earlier : sequence of Extension
        What was allowed before.
    due : date or None
        By when the term is due without it; None while a pause lasts.

    Raises
    ------
    ExtensionNotAllowed
        With the first reason that speaks against it.
    """
    against = (
        (NoExtension.NOT_PROVIDED, rule.max_extensions == 0),
        (NoExtension.TOO_OFTEN, len(earlier) >= rule.max_extensions),
        (NoExtension.TOO_LONG, not 0 < new.days <= rule.max_extension_days),
        (NoExtension.EXPIRED, due is not None and new.day > due),
        (NoExtension.NO_REASON, not new.reason.strip()),
        (NoExtension.NO_APPROVER, not new.approver.strip()),
        (NoExtension.OWN_REQUEST, new.approver == new.asked_by),
    )
    for reason, is_so in against:
        if is_so:
            raise ExtensionNotAllowed(reason)


def length(rule: TermRule, extensions: Iterable[Extension] = ()) -> int:
    """Return how many days a term has, with its extensions.

    Parameters
    ----------
    rule : TermRule
        Of the term.
    extensions : iterable of Extension
        What was allowed.
    """
    return rule.days + sum(each.days for each in extensions)


def due(
    term: Term,
    started_on: date,
    extensions: Sequence[Extension],
    pauses: Sequence[Pause],
    calendar: WorkCalendar,
) -> date | None:
    """Return the day by whose end (24:00) a term is due.

    Parameters
    ----------
    term : Term
        What is timed.
    started_on : date
        The day that begins it, which does not count; of a term counted back, the day ahead.
    extensions : sequence of Extension
        What was allowed.
    pauses : sequence of Pause
        Days that do not count.
    calendar : WorkCalendar
        Which days are worked; not asked for natural days.

    Returns
    -------
    date or None
        None while a pause lasts that would have to end first.

    Raises
    ------
    NoRule
        Where the law was not in force on the first day.
    MissingYear
        Where working days lead into a year that the calendar does not know.

    Notes
    -----
    举行听证的七日前 is read so that the seventh working day after the notice is the day of the
    hearing at the earliest: who gives notice on the due day leaves seven working days.
    """
    rule = rule_on(term, started_on)
    if rule.is_backward:
        return _before(started_on, rule.days, calendar)
    days = calendar if rule.is_workday else NATURAL
    return due_on(started_on, length(rule, extensions), days, pauses)


def _before(day: date, workdays: int, calendar: WorkCalendar) -> date:
    """Return the last day after which so many working days come, up to and with a day."""
    left = workdays
    for _ in range(LONGEST_WAY):
        if left == 0:
            return day
        left -= calendar.is_workday(day)
        day -= DAY
    raise MissingYear(day.year)


def marks(
    rule: TermRule,
    started_on: date,
    today: date,
    extensions: Sequence[Extension],
    pauses: Sequence[Pause],
    calendar: WorkCalendar,
) -> tuple[Escalation, ...]:
    """Return the reminders of a term that are due by today, the lowest first.

    Parameters
    ----------
    rule : TermRule
        Of the term; one that is not counted back.
    started_on, today : date
        When it began, and the day to look from.
    extensions, pauses, calendar
        See `due`.

    Raises
    ------
    MissingYear
        Where a year in between is not known.
    """
    days = calendar if rule.is_workday else NATURAL
    used = workdays_used(started_on, today, days, pauses)
    return escalations(used, length(rule, extensions))
