"""The reminders of cases: of their steps, and of their terms."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inspections.case_words import Duty, Escalation
from service.cases.models import Case, CaseNotice
from service.cases.schemas import NoticeRead
from service.cases.term_models import CaseTermNotice
from service.schemas import Page
from service.security import Viewer

Row = TypeVar("Row", CaseNotice, CaseTermNotice)
MOST = 100
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


def recent(session: Session, since: datetime) -> list[CaseNotice | CaseTermNotice]:
    """Return the reminders since an instant for the reader's duty, the newest first.

    An officer hears of the cases that they were sent to, and of those that nobody was sent to.
    """
    found: list[CaseNotice | CaseTermNotice] = [
        *_for_reader(session, CaseNotice, since),
        *_for_reader(session, CaseTermNotice, since),
    ]
    found.sort(key=lambda each: (each.sent_at, each.id), reverse=True)
    return found[:MOST]


def _for_reader(session: Session, model: type[Row], since: datetime) -> list[Row]:
    viewer: Viewer = session.info["viewer"]
    duty = Duty(viewer.role.value)
    wanted = select(model).where(model.audience == duty, model.sent_at >= since)
    if duty is Duty.OFFICER:
        wanted = wanted.join(Case, Case.id == model.case_id).where(
            or_(Case.assigned_to.is_(None), Case.assigned_to == viewer.account_id)
        )
    return list(session.scalars(wanted.order_by(model.sent_at.desc(), model.id).limit(MOST)))
