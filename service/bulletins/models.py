"""Bulletins, what was done with them, and what was frozen when they were issued."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import UtcInstant, choice
from service.database import Base
from service.records import Recorded
from service.security import SeenFromBelow


class Kind(StrEnum):
    """What is issued."""

    BULLETIN = "bulletin"
    """工作简报."""
    REPORT = "report"
    """春耕形势分析报告: chapters of facts and a judged sentence, with stale sources marked."""


class Step(StrEnum):
    """What was done with a bulletin."""

    DRAFT = "draft"
    REVISE = "revise"
    REVIEW = "review"
    ISSUE = "issue"
    CORRECT = "correct"
    """A later issue took its place."""


class State(StrEnum):
    """Where a bulletin stands."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    ISSUED = "issued"
    CORRECTED = "corrected"


class Bulletin(SeenFromBelow, Recorded, Base):
    """One issue: its head. Its text is in its steps."""

    __tablename__ = "bulletins"
    __table_args__ = (
        CheckConstraint("number >= 1", name="a_number"),
        Index("ix_bulletins_key", "area_code", "kind", "as_of"),
    )

    kind: Mapped[Kind] = mapped_column(choice(Kind))
    masthead: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    year: Mapped[int]
    number: Mapped[int]
    total_number: Mapped[int | None]
    as_of: Mapped[date]
    """The day that its figures speak of."""
    office: Mapped[str] = mapped_column(String(200))
    reported_to: Mapped[str] = mapped_column(String(500))
    """报: whom above."""
    sent_to: Mapped[str] = mapped_column(String(500))
    """送: whom beside."""
    issued_to: Mapped[str] = mapped_column(String(500))
    """发: whom below."""
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("bulletins.id"), unique=True)
    """The issue whose place it takes."""


class BulletinStep(SeenFromBelow, Recorded, Base):
    """One step in the life of a bulletin."""

    __tablename__ = "bulletin_steps"
    __table_args__ = (UniqueConstraint("bulletin_id", "n"),)

    bulletin_id: Mapped[UUID] = mapped_column(ForeignKey("bulletins.id"))
    n: Mapped[int]
    step: Mapped[Step] = mapped_column(choice(Step))
    template: Mapped[str | None] = mapped_column(Text)
    """Of a draft or a revision: the text with its slots."""
    reason: Mapped[str | None] = mapped_column(String(500))
    leader_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """Of an issue with open doubts: who decided that it goes out all the same."""
    leader_name: Mapped[str | None] = mapped_column(String(64))


class BulletinIssue(SeenFromBelow, Recorded, Base):
    """What was issued; nothing of it depends on the books any more."""

    __tablename__ = "bulletin_issues"

    bulletin_id: Mapped[UUID] = mapped_column(ForeignKey("bulletins.id"), unique=True)
    known_at: Mapped[datetime] = mapped_column(UtcInstant)
    """The instant of knowledge: the facts asked for with it are these."""
    text: Mapped[str] = mapped_column(Text)
    frozen: Mapped[str] = mapped_column(Text)
    """Slots, facts and chart as JSON; see `schemas.Frozen`."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of text and `frozen` together."""
