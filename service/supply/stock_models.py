"""The stock ledger: events that stay, and what they leave at the end of each day."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, choice
from service.database import Base
from service.records import Correctable, Recorded
from service.security import SeenFromBelow

Mass = ExactDecimal(16, 3)
"""A mass in kg."""


class Kind(StrEnum):
    """What moved stock."""

    RECEIPT = "receipt"
    SALE = "sale"
    LOSS = "loss"
    CUSTOMER_RETURN = "customer_return"
    SUPPLIER_RETURN = "supplier_return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    COUNT = "count"
    """What was found on the shelves; the book goes on from there."""
    REVERSAL = "reversal"
    """Takes back what an earlier event did."""


class Source(StrEnum):
    """Where an event is known from."""

    SELF_REPORT = "self_report"
    PHONE = "phone"
    LEDGER = "ledger"
    INSPECTION = "inspection"


class StockEvent(Recorded, Base):
    """One movement or count of one product at one outlet; append-only.

    Not scoped by itself, for it goes along with an outlet that moves: who may see it is who may
    see the outlet, and every reader here asks for the outlets in view first.
    """

    __tablename__ = "stock_events"
    __table_args__ = (
        UniqueConstraint("outlet_id", "product_code", "seq"),
        CheckConstraint("(counted_kg IS NULL) = (kind <> 'count')", name="counts_are_counted"),
        CheckConstraint("counted_kg IS NULL OR counted_kg >= 0", name="counted_something"),
        CheckConstraint("(reverses_id IS NULL) = (kind <> 'reversal')", name="reversals_reverse"),
        Index("ix_stock_events_order", "outlet_id", "product_code", "occurred_on", "seq"),
        Index("ix_stock_events_recorded", "recorded_at"),
    )

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"))
    product_code: Mapped[str] = mapped_column(ForeignKey("products.code"))
    seq: Mapped[int]
    """Order of recording within outlet and product."""
    kind: Mapped[Kind] = mapped_column(choice(Kind, 16))
    source: Mapped[Source] = mapped_column(choice(Source, 16))
    occurred_on: Mapped[date]
    quantity_kg: Mapped[Decimal] = mapped_column(Mass)
    """Signed: what the book gains. Of a count, its variance from the book when it was entered."""
    counted_kg: Mapped[Decimal | None] = mapped_column(Mass)
    n_packs: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 3))
    """As it was given, where packs were given."""
    batch: Mapped[str | None] = mapped_column(String(64))
    expires_on: Mapped[date | None]
    document_no: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_events.id"), unique=True)
    transfer_id: Mapped[UUID | None] = mapped_column(index=True)
    """What both legs of a transfer share."""


class StockDay(Base):
    """What a day with events leaves; made anew from the events, never told otherwise."""

    __tablename__ = "stock_days"
    # Kept in the order of the key: the day that is looked for brings its row along.
    __table_args__ = ({"sqlite_with_rowid": False},)

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    product_code: Mapped[str] = mapped_column(ForeignKey("products.code"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    closing_kg: Mapped[Decimal] = mapped_column(Mass)
    lowest_kg: Mapped[Decimal] = mapped_column(Mass)
    """The lowest that the book stood on that day."""
    variance_kg: Mapped[Decimal | None] = mapped_column(Mass)
    """What the day's counts put right; None without one."""
    reported_on: Mapped[date | None]
    ledger_on: Mapped[date | None]
    inspected_on: Mapped[date | None]
    """The last day on which each source told anything."""


class StockHead(Base):
    """One product that one outlet has ever told of, and how it stands after its newest day.

    The newest day's row is repeated here: what stands today is read without looking for it.
    """

    __tablename__ = "stock_heads"
    __table_args__ = ({"sqlite_with_rowid": False},)

    outlet_id: Mapped[UUID] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    product_code: Mapped[str] = mapped_column(ForeignKey("products.code"), primary_key=True)
    last_seq: Mapped[int]
    first_on: Mapped[date]
    day: Mapped[date]
    closing_kg: Mapped[Decimal] = mapped_column(Mass)
    lowest_kg: Mapped[Decimal] = mapped_column(Mass)
    variance_kg: Mapped[Decimal | None] = mapped_column(Mass)
    reported_on: Mapped[date | None]
    ledger_on: Mapped[date | None]
    inspected_on: Mapped[date | None]


class StockClosing(SeenFromBelow, Correctable, Base):
    """Up to a day the books of an area are closed; withdrawn, they are open again."""

    __tablename__ = "stock_closings"

    closed_through: Mapped[date]
    note: Mapped[str | None] = mapped_column(String(200))
