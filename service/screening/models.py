"""Verdicts on parcels, and the screenings that wrote them."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Double, ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from inspections.conversion_rules import Category
from inspections.fusion_words import Unknown, VerdictClass
from inspections.land_uses import Claim
from inspections.signals import Source
from service.columns import UtcInstant, choice, ordered_text
from service.database import Base
from service.security import AreaScoped, SeenFromBelow

STANDS = text("superseded_at IS NULL")


class Screening(SeenFromBelow, Base):
    """One time that an area's land was screened; append-only."""

    __tablename__ = "screenings"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    season: Mapped[str] = mapped_column(ordered_text(8))
    as_of: Mapped[date]
    ran_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    n_land: Mapped[int]
    """Parcels that were screened."""
    n_new: Mapped[int]
    n_changed: Mapped[int]
    n_same: Mapped[int]
    n_newer: Mapped[int]
    """Left alone: their verdict is of a later day."""
    n_leads: Mapped[int]
    """Leads that were opened."""
    counts: Mapped[str] = mapped_column(Text)
    """JSON: parcels by class of verdict, and unknown ones by reason."""


class Verdict(AreaScoped, Base):
    """What signals and land say of a parcel in a season, until another verdict supersedes it."""

    __tablename__ = "verdicts"
    __table_args__ = (
        Index(
            "uq_verdicts_one_stands",
            "parcel_uid",
            "season",
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        Index("ix_verdicts_area_code", "area_code", "verdict_class"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    parcel_uid: Mapped[UUID] = mapped_column(Uuid, index=True)
    parcel_version_id: Mapped[int | None] = mapped_column(ForeignKey("parcel_versions.id"))
    season: Mapped[str] = mapped_column(ordered_text(8))
    as_of: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    superseded_on: Mapped[date | None]
    """The day that the next verdict is of."""
    screening_id: Mapped[UUID] = mapped_column(ForeignKey("screenings.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    """Of what it says and rests on: the same again is no new verdict."""
    verdict_class: Mapped[VerdictClass] = mapped_column(choice(VerdictClass))
    claim: Mapped[Claim | None] = mapped_column(choice(Claim))
    category: Mapped[Category] = mapped_column(choice(Category))
    severity: Mapped[int]
    rule_id: Mapped[str | None] = mapped_column(ordered_text(32))
    overlap_m2: Mapped[float] = mapped_column(Double)
    is_farmland: Mapped[bool]
    is_urgent: Mapped[bool]
    score: Mapped[float] = mapped_column(Double)
    """When it was written; it fades from day to day without a new verdict."""
    n_sources: Mapped[int]
    first_source: Mapped[Source | None] = mapped_column(choice(Source))
    first_observed_on: Mapped[date | None]
    unknown: Mapped[Unknown | None] = mapped_column(choice(Unknown))
    signal_ids: Mapped[str] = mapped_column(Text)
    """JSON list: of signals, of steps of cases, and of the product's own imagery."""
    reasons: Mapped[str] = mapped_column(Text)
    """JSON list of sentences."""
    missing: Mapped[str] = mapped_column(Text)
    """JSON list: evidence that would settle it."""
