"""Campaigns with their draw, the roster of officers, and who must keep away from whom."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inspections.visits import Tier
from service.columns import ExactDecimal, choice, ordered_text
from service.database import Base
from service.records import Correctable, Recorded
from service.security import AreaScoped


class CampaignKind(StrEnum):
    """Why a campaign looks where it looks."""

    RANDOM = "random"
    """双随机: both the subjects and the officers are drawn."""
    SPECIAL = "special"
    """专项: what is looked at was chosen."""


class Officer(AreaScoped, Recorded, Base):
    """One law-enforcement officer, whatever certificates they had."""

    __tablename__ = "officers"

    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(100))
    username: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of their account, where they have one."""


class Certificate(AreaScoped, Correctable, Base):
    """执法证: what lets an officer inspect from one day to another."""

    __tablename__ = "officer_certificates"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="ends_after_start"),
        Index("ix_officer_certificates_number", "number"),
    )

    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), index=True)
    number: Mapped[str] = mapped_column(String(32))
    valid_from: Mapped[date]
    valid_to: Mapped[date]


class Exclusion(AreaScoped, Correctable, Base):
    """回避: this officer must not inspect this outlet."""

    __tablename__ = "officer_exclusions"
    __table_args__ = (Index("ix_officer_exclusions_pair", "officer_id", "outlet_id"),)

    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"))
    ground: Mapped[str] = mapped_column(String(500))
    """Why they must keep away."""


class Campaign(AreaScoped, Recorded, Base):
    """A plan to inspect some of the outlets of an area in a period."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("officers_per_visit >= 2", name="two_officers"),
    )

    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[CampaignKind] = mapped_column(choice(CampaignKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    categories: Mapped[str] = mapped_column(String(64))
    """Of the outlets that it is about, joined by |; empty for all."""
    ratio_high: Mapped[Decimal] = mapped_column(ExactDecimal(5, 4))
    ratio_medium: Mapped[Decimal] = mapped_column(ExactDecimal(5, 4))
    ratio_low: Mapped[Decimal] = mapped_column(ExactDecimal(5, 4))
    checklist_version: Mapped[str] = mapped_column(String(16))
    officers_per_visit: Mapped[int]

    def ratios(self) -> dict[str, Decimal]:
        """Return stratum -> share."""
        return {
            Tier.HIGH.value: self.ratio_high,
            Tier.MEDIUM.value: self.ratio_medium,
            Tier.LOW.value: self.ratio_low,
        }


class Draw(AreaScoped, Recorded, Base):
    """The one draw of a campaign: its seed and the digest of the list that it sorted."""

    __tablename__ = "draws"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), unique=True)
    seed: Mapped[str] = mapped_column(String(64))
    list_digest: Mapped[str] = mapped_column(String(64))
    drawn_on: Mapped[date]


class DrawnSubject(Base):
    """One outlet of the frozen list."""

    __tablename__ = "draw_subjects"

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    seat_code: Mapped[str] = mapped_column(ordered_text(12))
    tier: Mapped[Tier] = mapped_column(choice(Tier))
    tier_reasons: Mapped[str] = mapped_column(String(500))
    hash: Mapped[str] = mapped_column(ordered_text(64))
    is_drawn: Mapped[bool]


class DrawnOfficer(Base):
    """One officer who goes to a drawn outlet."""

    __tablename__ = "draw_officers"

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)
