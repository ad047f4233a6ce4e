"""Outlets and their licences."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, UtcInstant, choice, ordered_text
from service.database import Base
from service.records import Correctable, Recorded
from service.security import AreaScoped

SEPARATOR = "|"
"""Between the categories of an outlet, which a column holds together."""


class Category(StrEnum):
    """What an outlet sells."""

    FERTILIZER = "fertilizer"
    PESTICIDE = "pesticide"
    SEED = "seed"
    FILM = "film"


class Status(StrEnum):
    """Whether an outlet does business."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    CLOSED = "closed"
    MERGED = "merged"
    """This row of the register was a double of another."""


class Change(StrEnum):
    """What happened to an outlet on a day."""

    OPENED = "opened"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REVOKED = "revoked"
    CLOSED = "closed"
    MOVED = "moved"
    CHANGED = "changed"
    MERGED = "merged"


class LicenceKind(StrEnum):
    """What an outlet's business may rest on."""

    PESTICIDE_LICENCE = "pesticide_licence"
    RESTRICTED_PESTICIDE = "restricted_pesticide"
    SEED_LICENCE = "seed_licence"
    SEED_FILING = "seed_filing"
    BUSINESS = "business"


class Outlet(AreaScoped, Recorded, Base):
    """One place of business for farm inputs, by its first seat; all else is in its versions."""

    __tablename__ = "outlets"

    name: Mapped[str] = mapped_column(String(100))
    opened_on: Mapped[date]


class OutletVersion(Recorded, Base):
    """What an outlet is from a day on; append-only.

    Not scoped by itself: an outlet that moved away must not look as if it had stayed. Who may
    see an outlet is told by its state, in `outlets`.
    """

    __tablename__ = "outlet_versions"
    __table_args__ = (
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole_position"),
        Index("ix_outlet_versions_state", "outlet_id", "valid_from"),
    )

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"))
    valid_from: Mapped[date]
    change: Mapped[Change] = mapped_column(choice(Change, 24))
    status: Mapped[Status] = mapped_column(choice(Status, 24))
    seat_code: Mapped[str] = mapped_column(ordered_text(12))
    """The town or village of its seat."""
    name: Mapped[str] = mapped_column(String(100))
    uscc: Mapped[str | None] = mapped_column(String(18))
    owner_name: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(200))
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    """In CGCS2000 degrees, whatever the datum of what was given."""
    given_position: Mapped[str | None] = mapped_column(String(64))
    """The position as it was given, with its datum, where that is another."""
    categories: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("outlets.id"))


class Licence(Correctable, Base):
    """One licence or filing of an outlet.

    Not scoped by itself, as its outlet's versions are not: it goes where the outlet goes. Who may
    see it is who sees the outlet, in `outlets`.
    """

    __tablename__ = "licences"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_start"),
        Index("ix_licences_number", "kind", "number"),
    )

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), index=True)
    area_code: Mapped[str] = mapped_column(ordered_text(12))
    """Where the outlet was when this was filed."""
    kind: Mapped[LicenceKind] = mapped_column(choice(LicenceKind, 24))
    number: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str | None] = mapped_column(String(500))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    authority: Mapped[str | None] = mapped_column(String(100))


class Product(Base):
    """One product in one pack. The listed ones have no author; a bureau adds its own."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("pack_kg > 0", name="some_pack"),)

    code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    commodity: Mapped[str] = mapped_column(ordered_text(32))
    """What it is a pack of; needs are told by commodity."""
    category: Mapped[Category] = mapped_column(choice(Category, 24))
    pack_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 3))
    registration_no: Mapped[str | None] = mapped_column(String(24))
    n_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    p2o5_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    k2o_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    ingredients: Mapped[str | None] = mapped_column(String(200))
    """Active ingredients of a pesticide, apart by the separator."""
    content_digest: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
