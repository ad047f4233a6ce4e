"""Crops, plans, weekly cumulative reports, and the rollup of accepted figures."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, Mu, UtcInstant, choice, ordered_text
from service.database import Base
from service.security import AreaScoped

ALL_GRAIN = "GRAIN"
"""Stands for all grain crops together wherever a crop code is asked for."""


class Method(StrEnum):
    """How the crop was brought onto the land."""

    DIRECT_SEEDED = "direct_seeded"
    NURSERY = "nursery"
    TRANSPLANTED = "transplanted"
    THROWN = "thrown"
    SOWN = "sown"


class Basis(StrEnum):
    """What a reported area rests on."""

    MEASURED = "measured"
    LEDGER = "ledger"
    ESTIMATED = "estimated"


class Answer(StrEnum):
    """An area (zero is one), or that the crop is not grown here. No row is a blank."""

    AREA = "area"
    NOT_GROWN = "not_grown"


class Reason(StrEnum):
    """Why a figure was corrected or fell."""

    MISREPORT = "misreport"
    CROP_LOST = "crop_lost"
    DEFINITION = "definition"


class Crop(Base):
    """One crop of the field's list."""

    __tablename__ = "crops"

    code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(128))
    is_grain: Mapped[bool]
    season: Mapped[str] = mapped_column(String(32))
    group_name: Mapped[str] = mapped_column(String(64))


class NurseryFactor(Base):
    """How many mu of field one mu of nursery bed plants, from a day on."""

    __tablename__ = "nursery_factors"

    crop_code: Mapped[str] = mapped_column(ForeignKey("crops.code"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    factor: Mapped[Decimal] = mapped_column(ExactDecimal(8, 3))
    source: Mapped[str] = mapped_column(String(200))


class SowingPlan(AreaScoped, Base):
    """One version of the area that a unit is to sow; append-only."""

    __tablename__ = "sowing_plans"
    __table_args__ = (
        UniqueConstraint("season_code", "area_code", "crop_code", "version"),
        CheckConstraint("plan_mu >= 0", name="plan_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    crop_code: Mapped[str] = mapped_column(ForeignKey("crops.code"))
    version: Mapped[int]
    plan_mu: Mapped[Decimal] = mapped_column(Mu)
    document_no: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    content_digest: Mapped[str] = mapped_column(String(64))


class SowingReport(AreaScoped, Base):
    """One cumulative figure as it was reported; append-only.

    A later row of the same key (area, crop, method, `as_of`) supersedes an earlier one. A row
    that is lower than the week before it carries a reason and the old figure.
    """

    __tablename__ = "sowing_reports"
    __table_args__ = (
        CheckConstraint("(answer = 'area') = (cumulative_mu IS NOT NULL)", name="area_has_figure"),
        CheckConstraint("cumulative_mu >= 0", name="cumulative_not_negative"),
        CheckConstraint("length(area_code) IN (9, 12)", name="village_or_town"),
        Index("ix_sowing_reports_key", "season_code", "area_code", "crop_code", "method", "as_of"),
        Index("ix_sowing_reports_task_id", "task_id"),
        Index("ix_sowing_reports_week", "season_code", "as_of", "area_code"),
        Index(
            "ix_sowing_reports_corrections",
            "season_code",
            "area_code",
            sqlite_where=text("reason IS NOT NULL"),
            postgresql_where=text("reason IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    crop_code: Mapped[str] = mapped_column(ForeignKey("crops.code"))
    method: Mapped[Method] = mapped_column(choice(Method))
    as_of: Mapped[date]
    answer: Mapped[Answer] = mapped_column(choice(Answer))
    cumulative_mu: Mapped[Decimal | None] = mapped_column(Mu)
    field_equivalent_mu: Mapped[Decimal | None] = mapped_column(Mu)
    """Nursery only: the field area that the beds will plant, by the factor of the day."""
    basis: Mapped[Basis] = mapped_column(choice(Basis))
    reason: Mapped[Reason | None] = mapped_column(choice(Reason))
    old_mu: Mapped[Decimal | None] = mapped_column(Mu)
    """What a correction or a fall replaced."""
    note: Mapped[str | None] = mapped_column(String(500))
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("sowing_reports.id"), unique=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_tasks.id"))
    doubt_mark: Mapped[str | None] = mapped_column(String(32))
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    content_digest: Mapped[str] = mapped_column(String(64))


class SowingRollup(AreaScoped, Base):
    """Accepted sums of one town or county at one reference day; rebuilt from the rows."""

    __tablename__ = "sowing_rollups"
    # In the order in which a table reads them: one crop, some weeks, a subtree.
    __table_args__ = (
        PrimaryKeyConstraint("season_code", "crop_code", "as_of", "digits", "area_code"),
    )

    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    area_code: Mapped[str] = mapped_column(ordered_text(12))
    crop_code: Mapped[str] = mapped_column(ordered_text(16))
    """A crop, or `GRAIN`."""
    as_of: Mapped[date]
    digits: Mapped[int]
    """Of the area code: 9 for a town, 6 for a county."""
    sown_mu: Mapped[Decimal] = mapped_column(Mu)
    direct_seeded_mu: Mapped[Decimal] = mapped_column(Mu)
    transplanted_mu: Mapped[Decimal] = mapped_column(Mu)
    """Transplanted and thrown seedlings together."""
    dry_sown_mu: Mapped[Decimal] = mapped_column(Mu)
    nursery_field_mu: Mapped[Decimal] = mapped_column(Mu)
    """Nursery beds as field area; not part of what is sown."""
    declared_mu: Mapped[Decimal | None] = mapped_column(Mu)
    """The town's own total, where it filed one beside its villages."""
    n_reported: Mapped[int]
    """Villages with a row of this very week."""
    n_growing: Mapped[int]
    """Villages whose standing answer is an area."""
    n_not_grown: Mapped[int]
    """Villages whose standing answer is that nothing of this is grown."""


class SowingPlanRollup(AreaScoped, Base):
    """What a unit is to sow by its own plan, or by its parts' plans; rebuilt from the versions."""

    __tablename__ = "sowing_plan_rollups"
    __table_args__ = (PrimaryKeyConstraint("season_code", "crop_code", "digits", "area_code"),)

    season_code: Mapped[str] = mapped_column(ForeignKey("seasons.code"))
    crop_code: Mapped[str] = mapped_column(ordered_text(16))
    """A crop, or `GRAIN`."""
    digits: Mapped[int]
    area_code: Mapped[str] = mapped_column(ordered_text(12))
    plan_mu: Mapped[Decimal] = mapped_column(Mu)
    is_own: Mapped[bool]
