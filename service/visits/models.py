"""Visits with their officers and answers, samples, findings, and the lists of codes."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from inspections.visits import FindingStep, Outcome, SampleStep
from service.columns import ExactDecimal, UtcInstant, choice, ordered_text
from service.database import Base
from service.records import Correctable, Recorded
from service.security import AreaScoped


class VisitKind(StrEnum):
    """What a visit was for."""

    RANDOM = "random"
    SPECIAL = "special"
    COMPLAINT_CHECK = "complaint_check"
    RECHECK = "recheck"


class Answer(StrEnum):
    """What an item of the checklist came to."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


class ViolationType(Base):
    """One kind of violation, with its article."""

    __tablename__ = "violation_types"

    code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    domain: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    legal_basis: Mapped[str] = mapped_column(String(200))
    severity: Mapped[int]


class ChecklistItem(Base):
    """One question of one version of the checklist; a version never changes."""

    __tablename__ = "checklist_items"

    version: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    domain: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(200))
    violation_code: Mapped[str] = mapped_column(ForeignKey("violation_types.code"))
    article: Mapped[str] = mapped_column(String(200))
    consequence: Mapped[str] = mapped_column(String(200))


class Visit(AreaScoped, Correctable, Base):
    """One time that officers came to one subject."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole_position"),
        Index("ix_visits_day", "visited_on", "area_code"),
    )

    root_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    """The first row that told of it; a correction keeps it, and samples and findings name it."""
    outlet_id: Mapped[UUID | None] = mapped_column(ForeignKey("outlets.id"), index=True)
    subject_name: Mapped[str] = mapped_column(String(100))
    visited_on: Mapped[date]
    visited_at: Mapped[datetime] = mapped_column(UtcInstant)
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"), index=True)
    kind: Mapped[VisitKind] = mapped_column(choice(VisitKind))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    checklist_version: Mapped[str | None] = mapped_column(String(16))
    partner_unit: Mapped[str | None] = mapped_column(String(100))
    """The other bureau of a joint visit."""
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    """In CGCS2000 degrees, whatever the datum of what was given."""
    given_position: Mapped[str | None] = mapped_column(String(64))
    accuracy_m: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 1))
    note: Mapped[str | None] = mapped_column(String(500))


class VisitOfficer(Base):
    """One officer at one visit."""

    __tablename__ = "visit_officers"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    certificate_no: Mapped[str] = mapped_column(String(32))
    """The certificate that they showed."""


class VisitAnswer(Base):
    """What one item of the checklist came to at one visit."""

    __tablename__ = "visit_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version", "item_code"], ["checklist_items.version", "checklist_items.code"]
        ),
    )

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    item_code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    version: Mapped[str] = mapped_column(ordered_text(16))
    result: Mapped[Answer] = mapped_column(choice(Answer))


class VisitPhoto(AreaScoped, Recorded, Base):
    """One photo that was filed for itself and belongs to a visit."""

    __tablename__ = "visit_photos"
    __table_args__ = (UniqueConstraint("visit_id", "photo_id"),)

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    """The visit's first row, whichever was named."""
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))


class Sample(AreaScoped, Recorded, Base):
    """One sealed sample of one visit."""

    __tablename__ = "samples"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    seal_no: Mapped[str] = mapped_column(ordered_text(64), unique=True)
    product: Mapped[str] = mapped_column(String(200))
    batch: Mapped[str | None] = mapped_column(String(64))
    is_split: Mapped[bool]
    """Whether a part was kept for a second test."""


class SampleEvent(AreaScoped, Correctable, Base):
    """One step of a sample from its seal to its result."""

    __tablename__ = "sample_events"
    __table_args__ = (
        CheckConstraint("(step = 'result') = (is_pass IS NOT NULL)", name="result_tells"),
    )

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id"), index=True)
    step: Mapped[SampleStep] = mapped_column(choice(SampleStep))
    occurred_on: Mapped[date]
    lab: Mapped[str | None] = mapped_column(String(100))
    is_pass: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(String(500))


class Finding(AreaScoped, Correctable, Base):
    """One violation that a visit found."""

    __tablename__ = "visit_findings"

    root_id: Mapped[UUID] = mapped_column(ForeignKey("visit_findings.id"), index=True)
    """The first row that told of it; its steps name it."""
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    violation_code: Mapped[str] = mapped_column(ForeignKey("violation_types.code"))
    description: Mapped[str] = mapped_column(String(500))
    product: Mapped[str | None] = mapped_column(String(200))


class FindingEvent(AreaScoped, Recorded, Base):
    """One step of a finding: an order, a recheck, a hand-over, its receipt."""

    __tablename__ = "finding_events"
    __table_args__ = (UniqueConstraint("finding_id", "n"),)

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("visit_findings.id"))
    n: Mapped[int]
    """Its place: steps of one transaction have one instant."""
    step: Mapped[FindingStep] = mapped_column(choice(FindingStep))
    occurred_on: Mapped[date]
    due_on: Mapped[date | None]
    """By when it is to be put right, or the receipt is to come."""
    recheck_visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visits.id"))
    organ: Mapped[str | None] = mapped_column(String(100))
    document_no: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(500))
