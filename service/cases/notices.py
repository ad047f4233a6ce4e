"""The reminders of cases: of their steps, and of their terms."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.case_words import Duty, Escalation
from service.cases.models import CaseNotice
from service.cases.schemas import NoticeRead
from service.cases.term_models import CaseTermNotice
from service.schemas import Page

AUDIENCE = {
    Escalation.HALF: Duty.OFFICER,
    Escalation.FULL: Duty.BUREAU,
    Escalation.OVER: Duty.LEADER,
    Escalation.RELOOK: Duty.OFFICER,
}


def page(session: Session, *, offset: int = 0, limit: int = 500) -> Page[NoticeRead]:
    """Return one page of the reminders in view, the newest first."""
    last = offset + limit + 1
    of_steps = select(CaseNotice).order_by(CaseNotice.sent_at.desc(), CaseNotice.id)
    of_terms = select(CaseTermNotice).order_by(CaseTermNotice.sent_at.desc(), CaseTermNotice.id)
    rows: list[CaseNotice | CaseTermNotice] = [
        *session.scalars(of_steps.limit(last)),
        *session.scalars(of_terms.limit(last)),
    ]
    rows.sort(key=lambda each: each.id)
    rows.sort(key=lambda each: each.sent_at, reverse=True)
    items = [NoticeRead.model_validate(each) for each in rows[offset : offset + limit]]
    return Page(items=items, next=str(offset + limit) if len(rows) > offset + limit else None)
