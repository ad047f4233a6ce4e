"""Seasons, reporting tasks with their events, lock exceptions and notices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import UtcInstant, choice
from service.database import Base
from service.security import SeenFromBelow


class TaskState(StrEnum):
    """Where a unit's week stands. `not open` and `overdue` follow from the clock, not from here."""

    PENDING = "pending"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    ARCHIVED = "archived"


class TaskEventKind(StrEnum):
    """What can happen to a task."""

    FILE = "file"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    ACCEPT = "accept"
    REOPEN = "reopen"
    ARCHIVE = "archive"


class Season(Base):
    """One sowing season of one year, with its weekly reference day."""

    __tablename__ = "seasons"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        CheckConstraint("week_ends_on BETWEEN 1 AND 7", name="iso_weekday"),
        UniqueConstraint("kind", "crop_year"),
    )

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    """What makes seasons of different years comparable: spring, autumn, winter."""
    crop_year: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    week_ends_on: Mapped[int]
    """ISO weekday of the reference day; 4 is Thursday."""


class ReportingTask(SeenFromBelow, Base):
    """What one town owes for one period of one book: its villages' rows."""

    __tablename__ = "reporting_tasks"
    __table_args__ = (
        UniqueConstraint("dataset", "season_code", "area_code", "period"),
        Index("ix_reporting_tasks_week", "season_code", "period", "area_code"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    dataset: Mapped[str] = mapped_column(String(16))
    """Which book: sowing, and later the others."""
    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    period: Mapped[date]
    """The reference day that closes the week."""
    opens_at: Mapped[datetime] = mapped_column(UtcInstant)
    due_at: Mapped[datetime] = mapped_column(UtcInstant)
    grace_until: Mapped[datetime] = mapped_column(UtcInstant)
    locks_at: Mapped[datetime] = mapped_column(UtcInstant)
    open_until: Mapped[datetime | None] = mapped_column(UtcInstant)
    """A returned or reopened week stays open until then, lock or no lock."""
    n_expected: Mapped[int]
    """Villages of the unit that exist on the reference day: whose rows the week waits for."""
    state: Mapped[TaskState] = mapped_column(
        choice(TaskState), default=TaskState.PENDING, index=True
    )
    """A projection of the task's events."""


class TaskEvent(Base):
    """One step in a task's life; append-only."""

    __tablename__ = "task_events"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_tasks.id"), index=True)
    kind: Mapped[TaskEventKind] = mapped_column(choice(TaskEventKind))
    from_state: Mapped[TaskState] = mapped_column(choice(TaskState))
    to_state: Mapped[TaskState] = mapped_column(choice(TaskState))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcInstant)
    reason: Mapped[str | None] = mapped_column(String(500))


class LockException(SeenFromBelow, Base):
    """A grant to file into a locked week, until it expires."""

    __tablename__ = "lock_exceptions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    dataset: Mapped[str] = mapped_column(String(16))
    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    period: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime] = mapped_column(UtcInstant)


class Notice(SeenFromBelow, Base):
    """A reminder or an overdue mark, written once per task and step."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("task_id", "step"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_tasks.id"))
    step: Mapped[str] = mapped_column(String(32))
    audience: Mapped[str] = mapped_column(String(16))
    """The role that should act."""
    message: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UtcInstant)
