"""What the night does with terms: keep their due days, remind. Safe to repeat."""

from collections import Counter
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import case_clocks, penalty_terms
from inspections.case_words import ESCALATION_TEXT, Escalation
from inspections.penalty_rules import TERM_TEXT
from inspections.term_steps import Standing
from inspections.work_calendar import MissingYear
from service import audit, records
from service.cases import terms
from service.cases.models import Case
from service.cases.notices import AUDIENCE
from service.cases.term_models import CaseTerm, CaseTermNotice
from service.schemas import civil_day
from service.workdays import work_calendar


def run(session: Session) -> Counter[str]:
    """Go over the terms that run; tell notices sent, days moved, terms that nobody can time."""
    rows = terms.running(session)
    taken = terms.steps(session, rows)
    today = records.today(session)
    tally: Counter[str] = Counter()
    for each in rows:
        held = terms.standing(each, taken[each.id])
        try:
            marks = _marks(each, held, today)
        except MissingYear:  # the calendar does not reach: the others go on
            tally["untimed"] += 1
            continue
        tally["notice"] += sum(_notify(session, each, held, mark) for mark in marks)
    wanted = select(Case).where(Case.id.in_({each.case_id for each in rows})).order_by(Case.id)
    for case in session.scalars(wanted):
        before = case.term_due_on
        terms.refresh(session, case)
        tally["moved"] += case.term_due_on != before
    return tally


def _marks(row: CaseTerm, held: Standing, today: date) -> tuple[Escalation, ...]:
    """Return the reminders due; of a term counted back, by the days since it was entered."""
    if not held.rule.is_backward:
        return penalty_terms.marks(
            held.rule, held.started_on, today, held.extensions, held.pauses, work_calendar()
        )
    due, entered_on = held.due_on(work_calendar()), civil_day(row.recorded_at)
    if due is None:
        return ()
    return case_clocks.escalations((today - entered_on).days, max((due - entered_on).days, 1))


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
