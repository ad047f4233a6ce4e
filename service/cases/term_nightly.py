"""What the night does with terms: keep their due days, remind. Safe to repeat."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import case_clocks, penalty_terms
from inspections.case_words import ESCALATION_TEXT, Escalation
from inspections.penalty_rules import TERM_TEXT
from inspections.term_steps import Standing
from service import audit, records
from service.cases import terms
from service.cases.models import Case
from service.cases.notices import AUDIENCE
from service.cases.term_models import CaseTerm, CaseTermNotice
from service.schemas import civil_day
from service.workdays import work_calendar


def run(session: Session) -> tuple[int, int]:
    """Go over the terms that run; return how many reminders were sent, how many days moved."""
    rows = terms.running(session)
    taken = terms.steps(session, rows)
    today = records.today(session)
    n_sent = 0
    for each in rows:
        held = terms.standing(each, taken[each.id])
        mark = _mark(each, held, today)
        n_sent += mark is not None and _notify(session, each, held, mark)
    wanted = select(Case).where(Case.id.in_({each.case_id for each in rows})).order_by(Case.id)
    n_moved = 0
    for case in session.scalars(wanted):
        before = case.term_due_on
        terms.refresh(session, case)
        n_moved += case.term_due_on != before
    return n_sent, n_moved


def _mark(row: CaseTerm, held: Standing, today: date) -> Escalation | None:
    """Return the reminder that fits; of a term counted back, by the days since it was entered."""
    if not held.rule.is_backward:
        return penalty_terms.mark(
            held.rule, held.started_on, today, held.extensions, held.pauses, work_calendar()
        )
    due, entered_on = held.due_on(work_calendar()), civil_day(row.recorded_at)
    if due is None:
        return None
    return case_clocks.escalation((today - entered_on).days, max((due - entered_on).days, 1))


def _notify(session: Session, row: CaseTerm, held: Standing, kind: Escalation) -> bool:
    """Write a reminder; False where it was sent before."""
    known = select(CaseTermNotice.id).where(
        CaseTermNotice.term_id == row.id,
        CaseTermNotice.step_n == held.length_n,
        CaseTermNotice.kind == kind,
    )
    if session.scalar(known) is not None:
        return False
    due = held.due_on(work_calendar())
    until = f"应于 {due} 前办结" if due is not None else "正在暂停计时"
    session.add(
        CaseTermNotice(
            case_id=row.case_id,
            area_code=row.area_code,
            term_id=row.id,
            step_n=held.length_n,
            kind=kind,
            audience=AUDIENCE[kind],
            message=f"{TERM_TEXT[row.term]}{ESCALATION_TEXT[kind]}({held.rule.article}):{until}",
            sent_at=audit.instant(session),
        )
    )
    audit.record(
        session, "case.term.remind", str(row.id), area_code=row.area_code,
        step_n=held.length_n, kind=kind,
    )  # fmt: skip
    session.flush()
    return True
