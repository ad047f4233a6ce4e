"""What the head of every page counts, and its own page lists: reminders, of whichever book."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from inspections.case_words import ESCALATION_TEXT, Escalation
from service.cases import notices as cases
from service.cases.models import CaseNotice
from service.cases.term_models import CaseTermNotice
from service.reporting import queries as reporting
from service.reporting.models import Notice
from service.security import Role, Viewer

REPORTING = frozenset({Role.RECORDER, Role.APPROVER, Role.BUREAU})
CASES = frozenset({Role.OFFICER, Role.BUREAU, Role.LEADER})
NOTICED = REPORTING | CASES
"""Reminders are written for these duties; other readers have none of their own."""
LATE_STEPS = frozenset({"overdue", "grace-over", "locked"})
LATE = frozenset({Escalation.FULL, Escalation.OVER})


@dataclass(frozen=True)
class Reminder:
    """One reminder, and where to do what it asks."""

    at: datetime
    message: str
    href: str
    tag: str
    is_late: bool


def recent(session: Session, viewer: Viewer, since: datetime) -> list[Reminder]:
    """Return the reminders since an instant that are for the reader, the newest first."""
    found: list[Reminder] = []
    if viewer.role in REPORTING:
        told = reporting.notices(session)
        found += [_of_week(each, viewer) for each in told if each.at >= since]
    if viewer.role in CASES:
        found += [_of_case(each) for each in cases.recent(session, since)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _of_week(notice: Notice, viewer: Viewer) -> Reminder:
    where = "/grid?task=" if viewer.role is Role.RECORDER else "/queue/"
    is_late = notice.step in LATE_STEPS
    tag = "逾期" if is_late else "将截止"
    return Reminder(notice.at, notice.message, f"{where}{notice.task_id}", tag, is_late)


def _of_case(notice: CaseNotice | CaseTermNotice) -> Reminder:
    tag, is_late = ESCALATION_TEXT[notice.kind], notice.kind in LATE
    return Reminder(notice.sent_at, notice.message, f"/cases/{notice.case_id}", tag, is_late)
