"""Cases in the order in which people work on them: the gravest lead, the step due first."""

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from inspections.case_words import State
from inspections.cases import OPEN
from service import records
from service.cases import queries
from service.cases.models import Case
from service.cases.queries import Filter
from service.cases.schemas import CaseRead
from service.schemas import Page

TAKEN_UP = OPEN - {State.LEAD}
"""In hand: a person has taken it up and nobody has ended it."""


def leads(session: Session, asked: Filter, *, offset: int, limit: int) -> Page[CaseRead]:
    """Return one page of the leads that nobody has decided, the gravest first, then the oldest."""
    query = queries.wanted(session, asked).where(Case.state == State.LEAD)
    order = (Case.severity.desc(), Case.opened_at, Case.id)
    return _page(session, query.order_by(*order), offset, limit)


def in_hand(session: Session, asked: Filter, *, offset: int, limit: int) -> Page[CaseRead]:
    """Return one page of cases, what is due first by step or term; leads have their own list."""
    query = queries.wanted(session, asked).where(Case.state != State.LEAD)
    is_step_first = or_(Case.term_due_on.is_(None), Case.due_on <= Case.term_due_on)
    due_on = case((is_step_first, Case.due_on), else_=Case.term_due_on)
    order = (due_on.is_(None), due_on, Case.opened_at.desc(), Case.id)
    return _page(session, query.order_by(*order), offset, limit)


def _page(session: Session, query: Select[Case], offset: int, limit: int) -> Page[CaseRead]:
    rows = list(session.scalars(query.offset(offset).limit(limit + 1)))
    today = records.today(session)
    following = str(offset + limit) if len(rows) > limit else None
    return Page(items=[queries.shown(each, today) for each in rows[:limit]], next=following)


def counts(session: Session) -> dict[State, int]:
    """Return how many cases in view stand where."""
    query = select(Case.state, func.count()).group_by(Case.state)
    return {state: n for state, n in session.execute(query)}


def n_late(session: Session) -> int:
    """Return how many cases in hand are overdue; a lead that waits is none of them."""
    late = queries.overdue(records.today(session)).where(Case.state != State.LEAD)
    return session.scalar(select(func.count()).select_from(late.subquery())) or 0


def neighbours(session: Session, found: CaseRead, limit: int = 50) -> list[CaseRead]:
    """Return the open cases of the same village that a case could be merged into."""
    query = select(Case).where(
        Case.area_code == found.area_code, Case.state.in_(sorted(OPEN)), Case.id != found.id
    )
    today = records.today(session)
    rows = session.scalars(query.order_by(Case.opened_at.desc(), Case.id).limit(limit))
    return [queries.shown(each, today) for each in rows]
