"""A finished text beside the books: each of its figures judged as a stranger reads it."""

from uuid import UUID

from sqlalchemy.orm import Session

from inspections.lint import Verdict
from service.bulletins import queries
from service.bulletins.checking import Subject
from service.errors import Conflict, NotFound
from service.facts import linting
from service.facts import queries as facts
from service.facts.lint_schemas import LintAnswer
from service.security import is_in_view


def lint(session: Session, bulletin_id: UUID) -> LintAnswer:
    """Judge a bulletin's text: an issue by what was known then, a draft by what is known now."""
    found = queries.bulletin(session, bulletin_id)
    if not is_in_view(session, found.area_code):
        raise NotFound("没有这一期,请检查编号", id=str(bulletin_id))
    frozen = queries.issue(session, found.id)
    subject = queries.subject(found, frozen.known_at if frozen else None)
    return _judged(session, subject, queries.present(session, found)[0])


def _judged(session: Session, subject: Subject, text: str) -> LintAnswer:
    question = facts.asked(session, subject.area_code, subject.as_of, subject.known_at)
    return linting.lint(session, text, question)


def refuse_contradicted(session: Session, subject: Subject, text: str) -> None:
    """Refuse a finished text with a figure that the books contradict."""
    lines = [
        f"“{each.text}”:{each.reason}"
        for each in _judged(session, subject, text).items
        if each.verdict is Verdict.CONTRADICTED
    ]
    if lines:
        raise Conflict(f"还不能签发:{';'.join(lines)}"[:400], problems=lines)
