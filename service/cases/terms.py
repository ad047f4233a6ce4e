"""How the terms of a case stand: from their rows alone, each time anew."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from inspections import penalty_lateness, penalty_terms
from inspections.case_words import Duty
from inspections.cases import OPEN
from inspections.penalty_rules import TERM_TEXT, Term
from inspections.term_gates import DUTIES, OF_DECISION, lack, leaves
from inspections.term_steps import (
    LEAVE_TEXT,
    TERM_EVENT_TEXT,
    Standing,
    TermEvent,
    TermStep,
    begun,
    fold,
)
from inspections.work_calendar import MissingYear
from service import records
from service.accounts.models import Account
from service.cases.models import Case
from service.cases.standing import limits
from service.cases.term_models import CaseTerm, CaseTermStep
from service.cases.term_schemas import LimitationRead, TermRead, TermStepRead, TermWay
from service.errors import NotFound
from service.schemas import civil_day
from service.security import Viewer, whole_system
from service.workdays import work_calendar


def term(session: Session, case_id: UUID, term_id: UUID) -> CaseTerm:
    """Return one term of a case in view, or say that there is none."""
    wanted = select(CaseTerm).where(CaseTerm.id == term_id, CaseTerm.case_id == case_id)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound("本案没有这个期限;请核对编号", id=str(term_id))
    return found


def terms(session: Session, case_id: UUID) -> list[CaseTerm]:
    """Return the terms of a case, in the order in which they were entered."""
    wanted = select(CaseTerm).where(CaseTerm.case_id == case_id)
    return list(session.scalars(wanted.order_by(CaseTerm.recorded_at, CaseTerm.id)))


def running(session: Session) -> list[CaseTerm]:
    """Return the terms in view that have not ended."""
    ended = exists(
        select(CaseTermStep.id).where(CaseTermStep.term_id == CaseTerm.id, CaseTermStep.is_end)
    )
    return list(session.scalars(select(CaseTerm).where(~ended).order_by(CaseTerm.id)))


def steps(session: Session, rows: Iterable[CaseTerm]) -> dict[UUID, list[CaseTermStep]]:
    """Return term -> its steps, in their order."""
    ids = [each.id for each in rows]
    wanted = select(CaseTermStep).where(CaseTermStep.term_id.in_(ids)).order_by(CaseTermStep.n)
    found: dict[UUID, list[CaseTermStep]] = defaultdict(list)
    for each in session.scalars(wanted):
        found[each.term_id].append(each)
    return found


def as_step(row: CaseTermStep) -> TermStep:
    """Return a step as the rules need it."""
    return TermStep(
        event=row.event,
        day=civil_day(row.recorded_at),
        by=row.recorded_by,
        leave=row.leave,
        days=row.days,
        reason=row.reason or "",
        occurred_on=row.occurred_on,
        n=row.n,
    )


def standing(row: CaseTerm, taken: Iterable[CaseTermStep]) -> Standing:
    """Return how a term stands after its steps."""
    return fold(begun(row.term, row.started_on), map(as_step, taken))


def earliest_due(session: Session, case_id: UUID) -> date | None:
    """Return the earliest due day of a case's terms that run; None where none does."""
    rows = terms(session, case_id)
    taken = steps(session, rows)
    held = [standing(each, taken[each.id]) for each in rows]
    dues = [_due_on(each) for each in held if each.is_open]
    return min((each for each in dues if each is not None), default=None)


def first_dues(
    session: Session, known: Callable[[InstrumentedAttribute[datetime]], ColumnElement[bool]]
) -> dict[UUID, date]:
    """Return case -> the earliest due day of its terms that ran, of what was known then."""
    taken: dict[UUID, list[CaseTermStep]] = defaultdict(list)
    wanted = select(CaseTermStep).where(known(CaseTermStep.recorded_at)).order_by(CaseTermStep.n)
    for each in session.scalars(wanted):
        taken[each.term_id].append(each)
    found: dict[UUID, date] = {}
    for row in session.scalars(select(CaseTerm).where(known(CaseTerm.recorded_at))):
        held = standing(row, taken[row.id])
        due = _due_on(held) if held.is_open else None
        if due is not None:
            found[row.case_id] = min(due, found.get(row.case_id, due))
    return found


def refresh(session: Session, case: Case) -> None:
    """Bring what a case carries of its terms up to date."""
    session.flush()
    case.term_due_on = earliest_due(session, case.id)
    session.flush()


def shown(session: Session, case_id: UUID) -> list[TermRead]:
    """Return the terms of a case as they stand today."""
    rows = terms(session, case_id)
    taken = steps(session, rows)
    names = _names(session, [*rows, *(step for told in taken.values() for step in told)])
    return [_shown(session, each, taken[each.id], names) for each in rows]


def one_shown(session: Session, row: CaseTerm) -> TermRead:
    """Return one term as it stands today."""
    return next(each for each in shown(session, row.case_id) if each.id == row.id)


def _names(session: Session, rows: Sequence[CaseTerm | CaseTermStep]) -> dict[UUID, str]:
    with whole_system(session):
        wanted = select(Account).where(Account.id.in_({each.recorded_by for each in rows}))
        return {each.id: each.display_name for each in session.scalars(wanted)}


def _due_on(held: Standing) -> date | None:
    """Return the due day; None where the calendar does not reach, for a case stays readable."""
    try:
        return held.due_on(work_calendar())
    except MissingYear:
        return None


def _shown(
    session: Session, row: CaseTerm, taken: list[CaseTermStep], names: dict[UUID, str]
) -> TermRead:
    held, today = standing(row, taken), records.today(session)
    due, rule = _due_on(held), held.rule
    last = held.done_on or today
    return TermRead(
        **{name: getattr(row, name) for name in OF_ROW},
        term_text=TERM_TEXT[row.term],
        article=rule.article,
        starts=rule.starts,
        days=penalty_terms.length(rule, held.extensions),
        is_workday=rule.is_workday,
        is_backward=rule.is_backward,
        max_extension_days=rule.max_extension_days,
        extension_source=rule.extension_source,
        by_name=names[row.recorded_by],
        n=len(taken),
        due_on=due,
        days_left=(due - today).days if due is not None and held.is_open else None,
        is_open=held.is_open,
        is_paused=held.is_open and held.is_paused,
        is_overdue=held.is_open and due is not None and due < today,
        is_late=held.done_on is not None and due is not None and held.done_on > due,
        done_on=held.done_on,
        dropped_on=held.dropped_on,
        surcharge_yuan=_surcharge(row, held, due, last),
        steps=[_step_shown(each, names) for each in taken],
        ways=_ways(session, held, due) if held.is_open else [],
    )


OF_ROW = (
    "id",
    "case_id",
    "term",
    "started_on",
    "fine_yuan",
    "note",
    "recorded_at",
    "recorded_by",
)


def _surcharge(row: CaseTerm, held: Standing, due: date | None, last: date) -> Decimal | None:
    """Return what a fine may be raised by for its lateness up to a day; None where nothing is."""
    if row.fine_yuan is None or due is None or held.dropped_on is not None:
        return None
    days = penalty_lateness.days_over(due, last, held.pauses)
    return penalty_lateness.surcharge(row.fine_yuan, days) if days else None


def _step_shown(row: CaseTermStep, names: dict[UUID, str]) -> TermStepRead:
    return TermStepRead.model_validate(row).model_copy(
        update={
            "event_text": TERM_EVENT_TEXT[row.event],
            "leave_text": LEAVE_TEXT[row.leave] if row.leave else None,
            "by_name": names[row.recorded_by],
        }
    )


def _ways(session: Session, held: Standing, due: date | None) -> list[TermWay]:
    """Return the steps of the reader's duty that could matter, and what speaks against each."""
    viewer: Viewer = session.info["viewer"]
    duty, today = Duty(viewer.role.value), records.today(session)
    return [
        TermWay(
            event=event,
            event_text=TERM_EVENT_TEXT[event],
            leaves=list(leaves(held, today, due)) if event is TermEvent.ASK else [],
            missing=lack(held, event, viewer.account_id, today, due),
        )
        for event in TermEvent
        if duty in DUTIES[event] and _matters(held, event)
    ]


def _matters(held: Standing, event: TermEvent) -> bool:
    """Tell whether a step has anything to do with how a term stands."""
    if event in OF_DECISION:
        return held.term is Term.DECISION
    if event in {TermEvent.GRANT, TermEvent.DENY}:
        return held.asked is not None
    return held.is_paused if event is TermEvent.RESUME else True


def limitation(session: Session, case: Case, found: Sequence[TermRead]) -> LimitationRead | None:
    """Return the two years of a case that nobody has filed; None where one has, or it ended.

    Counted from the day that it was seen on, the earliest that can be said: while the breach goes
    on the two years have not begun.
    """
    is_filed = any(each.term is Term.DECISION and not each.dropped_on for each in found)
    if is_filed or case.state not in OPEN:
        return None
    warn_days = limits(session).limitation_warn_days
    told = penalty_lateness.limitation(
        case.observed_on, records.today(session), warn_days=warn_days
    )
    return LimitationRead(since=case.observed_on, **asdict(told))
