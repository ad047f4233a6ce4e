"""The reminders of cases, as their reader is to see them."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inspections.case_words import Duty
from service.cases.models import Case, CaseNotice
from service.security import Viewer

MOST = 100


def recent(session: Session, since: datetime) -> list[CaseNotice]:
    """Return the reminders since an instant for the reader's duty, the newest first.

    An officer hears of the cases that they were sent to, and of those that nobody was sent to.
    """
    viewer: Viewer = session.info["viewer"]
    duty = Duty(viewer.role.value)
    wanted = select(CaseNotice).where(CaseNotice.audience == duty, CaseNotice.sent_at >= since)
    if duty is Duty.OFFICER:
        wanted = wanted.join(Case, Case.id == CaseNotice.case_id).where(
            or_(Case.assigned_to.is_(None), Case.assigned_to == viewer.account_id)
        )
    return list(
        session.scalars(wanted.order_by(CaseNotice.sent_at.desc(), CaseNotice.id).limit(MOST))
    )
