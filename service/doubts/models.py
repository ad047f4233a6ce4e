"""Doubts, what happened to them, and the runs that found them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from inspections.doubts.doubt import Book, Severity, WhichRange
from service.columns import UtcInstant, choice, ordered_text
from service.database import Base
from service.security import AreaScoped, SeenFromBelow


class EventKind(StrEnum):
    """What can happen to a doubt."""

    OPEN = "open"
    """Nobody below the county answers for it."""
    ASSIGN = "assign"
    """To whoever keeps the records of its area."""
    REPLY = "reply"
    SETTLE = "settle"
    AUTO_CLOSE = "auto_close"
    """系统复核: the record changed, and the rule finds it no more."""
    EXPIRE = "expire"
    """过期未答: the due day is over and nobody answered."""
    REOPEN = "reopen"
    """The observation is there again, or still."""


class Verdict(StrEnum):
    """What the bureau says of an answer."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    UPHELD = "upheld"


class Doubt(AreaScoped, Base):
    """One observation of one subject that one rule doubts; append-only."""

    __tablename__ = "doubts"
    __table_args__ = (
        UniqueConstraint("rule", "subject_id", "observation"),
        Index("ix_doubts_area_code", "area_code", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    rule: Mapped[str] = mapped_column(ordered_text(32))
    book: Mapped[Book] = mapped_column(choice(Book))
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(ordered_text(160))
    observation: Mapped[str] = mapped_column(ordered_text(64))
    """Digest of what was observed."""
    observed_on: Mapped[date]
    observed: Mapped[str] = mapped_column(String(300))
    expected: Mapped[str] = mapped_column(String(300))
    explanation: Mapped[str] = mapped_column(String(500))
    evidence: Mapped[str] = mapped_column(Text)
    """JSON list of label and value."""
    which_range: Mapped[WhichRange] = mapped_column(choice(WhichRange))
    opened_at: Mapped[datetime] = mapped_column(UtcInstant)
    due_on: Mapped[date]


class DoubtEvent(AreaScoped, Base):
    """One step of a doubt; append-only. Its state follows from its last step."""

    __tablename__ = "doubt_events"
    __table_args__ = (UniqueConstraint("doubt_id", "n"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    doubt_id: Mapped[UUID] = mapped_column(ForeignKey("doubts.id"))
    n: Mapped[int]
    """Its place: steps of one transaction have one instant."""
    kind: Mapped[EventKind] = mapped_column(choice(EventKind))
    verdict: Mapped[Verdict | None] = mapped_column(choice(Verdict))
    text: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """None where the system itself took the step."""
    content_digest: Mapped[str] = mapped_column(String(64))


class DoubtRun(SeenFromBelow, Base):
    """One time that the rules went over the books of an area; append-only."""

    __tablename__ = "doubt_runs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    as_of: Mapped[date]
    ran_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    n_found: Mapped[int]
    n_opened: Mapped[int]
    n_reopened: Mapped[int]
    n_closed: Mapped[int]
    n_expired: Mapped[int]
    skipped: Mapped[str] = mapped_column(Text)
    """JSON list of the checks that could not be made."""
