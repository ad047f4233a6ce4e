"""What a step of a term asks for, whose it is, and what speaks against it. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from uuid import UUID

from inspections import penalty_terms
from inspections.case_words import Duty
from inspections.cases import DutyNotAllowed
from inspections.penalty_rules import Term
from inspections.penalty_terms import Extension
from inspections.term_steps import TERM_EVENT_TEXT, Leave, Standing, TermEvent, TermStep, fold
from inspections.work_calendar import WorkCalendar

_FIELD = frozenset({Duty.OFFICER, Duty.BUREAU})
_BUREAU = frozenset({Duty.BUREAU})
DUTIES: Mapping[TermEvent, frozenset[Duty]] = {
    TermEvent.ASK: _FIELD,
    TermEvent.GRANT: _BUREAU,
    TermEvent.DENY: _BUREAU,
    TermEvent.RESUME: _FIELD,
    TermEvent.DRAFT: _FIELD,
    TermEvent.REVIEW: _BUREAU,
    TermEvent.APPROVE: _BUREAU,
    TermEvent.DONE: _FIELD,
}
"""Whose step it is; who begins a term is of `DUTIES[ASK]`."""
OF_DECISION = frozenset({TermEvent.DRAFT, TermEvent.REVIEW, TermEvent.APPROVE})


class TermStepNotAllowed(ValueError):
    """A step of a term that cannot be taken as it stands."""


def lack(
    held: Standing, event: TermEvent, person: UUID | None, today: date, due: date | None
) -> str | None:
    """Return in Chinese why a step cannot be taken now; None where it can.

    Parameters
    ----------
    held : Standing
        How the term stands.
    event : TermEvent
        What is wanted.
    person : UUID or None
        Who wants it.
    today : date
        When.
    due : date or None
        By when the term is due; None while it is paused.
    """
    if not held.is_open:
        return "这个期限已经了结"
    if event in OF_DECISION and held.term is not Term.DECISION:
        return "只有作出处罚决定须拟稿、法制审核和批准"
    return next((text for is_so, text in _lacks(held, event, person) if is_so), None) or (
        "期限已过,只能批准作罢或不批准"
        if event is TermEvent.GRANT and _is_too_late(held, today, due)
        else None
    )


def _is_too_late(held: Standing, today: date, due: date | None) -> bool:
    is_drop = held.asked is not None and held.asked.leave is Leave.DROP
    return not is_drop and due is not None and today > due


def _lacks(held: Standing, event: TermEvent, person: UUID | None) -> tuple[tuple[bool, str], ...]:
    """Return what could speak against a step, in order, and whether it does."""
    asked = held.asked
    answer = (
        (asked is None, "没有等待批准的申请"),
        (asked is not None and asked.by == person, "批准人不能是申请人"),
    )
    needs_approval = held.term is Term.DECISION and held.approved_by is None
    return {
        TermEvent.ASK: ((asked is not None, "已有申请在等批准"),),
        TermEvent.GRANT: answer,
        TermEvent.DENY: answer,
        TermEvent.RESUME: ((not held.is_paused, "没有在暂停"),),
        TermEvent.DRAFT: (),
        TermEvent.REVIEW: (
            (held.drafted_by is None, "还没有拟稿"),
            (held.reviewed_by is not None, "这一稿已审核"),
            (held.drafted_by == person, "法制审核人不能是拟稿人"),
        ),
        TermEvent.APPROVE: (
            (held.reviewed_by is None, "还没有通过法制审核"),
            (held.approved_by is not None, "这一稿已批准"),
            (person in {held.drafted_by, held.reviewed_by}, "批准人不能是拟稿人或法制审核人"),
        ),
        TermEvent.DONE: (
            (held.is_paused, "计时暂停着,请先恢复计时"),
            (needs_approval, "须经另外两人法制审核和批准"),
        ),
    }[event]


def leaves(held: Standing, today: date, due: date | None) -> Iterator[Leave]:
    """Yield what may be asked for now.

    Parameters
    ----------
    held, today, due
        See `lack`.
    """
    rule, is_over = held.rule, due is not None and today > due
    if len(held.extensions) < rule.max_extensions and not is_over:
        yield Leave.EXTEND
    if rule.may_pause and not held.is_paused and not is_over:
        yield Leave.PAUSE
    yield Leave.DROP


def take(held: Standing, step: TermStep, duty: Duty, calendar: WorkCalendar) -> Standing:
    """Return how a term stands after one more step; refuse it where it cannot be.

    Parameters
    ----------
    held : Standing
        How it stands.
    step : TermStep
        What is to happen.
    duty : Duty
        Of who takes it.
    calendar : WorkCalendar
        Which days are worked.

    Raises
    ------
    DutyNotAllowed
        Where it is another duty's.
    ExtensionNotAllowed
        Where an extension is asked for, or granted, that the rule does not give.
    TermStepNotAllowed
        Where something else speaks against it.
    MissingYear
        Where the calendar does not reach.
    """
    if duty not in DUTIES[step.event]:
        raise DutyNotAllowed(f"“{TERM_EVENT_TEXT[step.event]}”不是您这个岗位的步骤")
    due = held.due_on(calendar)
    against = lack(held, step.event, step.by, step.day, due)
    if step.event in {TermEvent.ASK, TermEvent.GRANT} and held.is_open:
        _refuse_leave(held, step, due)
    if against is not None:
        raise TermStepNotAllowed(against)
    if step.event is TermEvent.DONE:
        _refuse_done(held, step)
    return fold(held, [step])


def _refuse_leave(held: Standing, step: TermStep, due: date | None) -> None:
    """Refuse to ask for, or to grant, what the rule does not give."""
    wish = step if step.event is TermEvent.ASK else held.asked
    if wish is None:
        return
    if wish.leave is None or not wish.reason.strip():
        raise TermStepNotAllowed("申请须写明申请什么和原因")
    if wish.leave is Leave.EXTEND:
        approver = str(step.by) if step.event is TermEvent.GRANT else "待批"
        new = Extension(step.day, wish.days or 0, wish.reason, str(wish.by), approver)
        penalty_terms.refuse_extension(held.rule, new, held.extensions, due)
    elif wish.leave not in leaves(held, step.day, due):
        raise TermStepNotAllowed("这个期限现在不能暂停计时")


def _refuse_done(held: Standing, step: TermStep) -> None:
    day = step.occurred_on or step.day
    if day > step.day:
        raise TermStepNotAllowed("办结的日期不能晚于今天")
    if held.approved_on is not None and day < held.approved_on:
        raise TermStepNotAllowed("决定的日期不能早于批准的日期")
    if not held.rule.is_backward and day < held.started_on:
        raise TermStepNotAllowed("办结的日期不能早于起算日")
