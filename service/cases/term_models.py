"""Terms of cases: when one began, what happened to it, what was reminded of it. Append-only.

How a term stands follows from its steps; a case carries the earliest due day of those that run.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from inspections.case_words import Duty, Escalation
from inspections.penalty_rules import Term
from inspections.term_steps import Leave, TermEvent
from service.columns import ExactDecimal, UtcInstant, choice, ordered_text
from service.database import Base
from service.records import Recorded
from service.security import AreaScoped


class CaseTerm(AreaScoped, Recorded, Base):
    """A term of the law that runs on a case, from its first day."""

    __tablename__ = "case_terms"
    __table_args__ = (
        CheckConstraint("fine_yuan > 0", name="some_fine"),
        CheckConstraint("(term = 'payment') = (fine_yuan IS NOT NULL)", name="fine_of_payment"),
        Index("ix_case_terms_case_id", "case_id", "recorded_at"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    term: Mapped[Term] = mapped_column(choice(Term))
    started_on: Mapped[date]
    """The day that begins it; of a hearing's notice, the day of the hearing."""
    fine_yuan: Mapped[Decimal | None] = mapped_column(ExactDecimal(14, 2))
    note: Mapped[str | None] = mapped_column(String(500))


class CaseTermStep(AreaScoped, Recorded, Base):
    """One thing that happened to a term."""

    __tablename__ = "case_term_steps"
    __table_args__ = (
        UniqueConstraint("term_id", "n"),
        CheckConstraint("(event = 'ask') = (leave IS NOT NULL)", name="leave_is_asked"),
    )

    term_id: Mapped[UUID] = mapped_column(ForeignKey("case_terms.id"))
    n: Mapped[int]
    event: Mapped[TermEvent] = mapped_column(choice(TermEvent))
    duty: Mapped[Duty] = mapped_column(choice(Duty))
    actor_area: Mapped[str] = mapped_column(ordered_text(12))
    leave: Mapped[Leave | None] = mapped_column(choice(Leave))
    days: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    occurred_on: Mapped[date | None]
    """When it was done, which may be before it was entered."""
    document_no: Mapped[str | None] = mapped_column(String(64))
    is_end: Mapped[bool]
    """After it the term runs no longer."""


class CaseTermNotice(AreaScoped, Base):
    """A reminder of a term's time; each once for each length that it had."""

    __tablename__ = "case_term_notices"
    __table_args__ = (UniqueConstraint("term_id", "step_n", "kind"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    term_id: Mapped[UUID] = mapped_column(ForeignKey("case_terms.id"))
    step_n: Mapped[int]
    """The step that gave the term its length; 0 where none did."""
    kind: Mapped[Escalation] = mapped_column(choice(Escalation))
    audience: Mapped[Duty] = mapped_column(choice(Duty))
    message: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
