"""What the night does with cases: follow the land, keep the due days, remind. Safe to repeat."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import case_clocks
from inspections.case_steps import STEP_TEXT, Timed
from inspections.case_words import ESCALATION_TEXT, Escalation
from inspections.cases import OPEN
from inspections.work_calendar import MissingYear
from service import audit, records
from service.cases import following, standing, term_nightly
from service.cases.models import Case, CaseNotice
from service.cases.notices import AUDIENCE
from service.workdays import work_calendar


@dataclass(frozen=True)
class Night:
    """What was done in a night."""

    text: str
    n_untimed: int
    """Cases and terms whose time nobody can tell: the working calendar does not reach."""


def run(session: Session) -> Night:
    """Go over the open cases and those that are to be looked at again; tell what was done."""
    records.take_turn(session)
    tally: Counter[str] = Counter()
    for each in session.scalars(select(Case).where(Case.state.in_(sorted(OPEN))).order_by(Case.id)):
        tally["follow"] += following.follow(session, each)
        before = each.due_on
        is_timed = standing.refresh_as_known(session, each)
        tally["moved"] += each.due_on != before
        try:
            tally["notice"] += _remind(session, each)
        except MissingYear:
            is_timed = False
        tally["untimed"] += not is_timed
    today = records.today(session)
    tally["follow"] += following.follow_ended(session, today)
    for each in session.scalars(select(Case).where(Case.relook_on <= today).order_by(Case.id)):
        text = f"销号已满 {standing.limits(session).relook_days} 天,应当回头看"
        tally["notice"] += _notify(session, each, each.n, Escalation.RELOOK, text)
    tally += term_nightly.run(session)
    session.flush()
    text = f"提醒 {tally['notice']},跟踪新图斑 {tally['follow']},期限改变 {tally['moved']}"
    return Night(text, tally["untimed"])


def _remind(session: Session, case: Case) -> int:
    """Send what each audience is to hear by now and did not; return how many are new."""
    now = standing.timed(case, standing.events(session, case.id))
    today = records.today(session)
    if now.step is None:
        return _remind_of_receipt(session, case, now, today)
    pauses = standing.as_pauses(standing.pauses(session, case.id))
    used = case_clocks.workdays_used(now.started_on, today, work_calendar(), pauses)
    limit = standing.workdays(session)[now.step]
    spent = f":限 {limit} 个工作日,已用 {used} 个"
    return sum(
        _notify(session, case, now.n, mark, f"{STEP_TEXT[now.step]}{ESCALATION_TEXT[mark]}{spent}")
        for mark in case_clocks.escalations(used, limit)
    )


def _remind_of_receipt(session: Session, case: Case, now: Timed, today: date) -> bool:
    if now.receipt_due_on is None or now.receipt_due_on > today:
        return False
    text = f"移送回执应于 {now.receipt_due_on} 前收到,请催办"
    return _notify(session, case, case.n, Escalation.FULL, text)


def _notify(session: Session, case: Case, step_n: int, kind: Escalation, message: str) -> bool:
    """Write a reminder; False where it was sent before."""
    known = select(CaseNotice.id).where(
        CaseNotice.case_id == case.id, CaseNotice.step_n == step_n, CaseNotice.kind == kind
    )
    if session.scalar(known) is not None:
        return False
    session.add(
        CaseNotice(
            case_id=case.id,
            area_code=case.area_code,
            step_n=step_n,
            kind=kind,
            audience=AUDIENCE[kind],
            message=message,
            sent_at=audit.instant(session),
        )
    )
    audit.record(
        session, "case.remind", str(case.id), area_code=case.area_code, step_n=step_n, kind=kind
    )
    session.flush()
    return True
