"""Prices as they were seen at outlets."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, choice
from service.database import Base
from service.records import Correctable
from service.security import OutletScoped


class Unit(StrEnum):
    """What a price is for."""

    PACK = "yuan_per_pack"
    KG = "yuan_per_kg"
    TONNE = "yuan_per_t"


class PriceKind(StrEnum):
    """Who pays a price; kinds are never compared with one another."""

    RETAIL = "retail"
    WHOLESALE = "wholesale"
    SUBSIDISED = "subsidised"


class PriceObservation(OutletScoped, Correctable, Base):
    """One price of one product at one outlet on one day."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("price_yuan > 0", name="some_price"),
        CheckConstraint("pack_kg > 0", name="some_pack"),
        Index("ix_prices_key", "product_code", "observed_on"),
        Index("ix_prices_day", "observed_on"),
    )

    product_code: Mapped[str] = mapped_column(ForeignKey("products.code"))
    brand: Mapped[str | None] = mapped_column(String(64))
    pack_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 3))
    """Of what was priced; as a rule the product's own."""
    observed_on: Mapped[date]
    price_yuan: Mapped[Decimal] = mapped_column(ExactDecimal(14, 4))
    unit: Mapped[Unit] = mapped_column(choice(Unit, 24))
    price_kind: Mapped[PriceKind] = mapped_column(choice(PriceKind, 24))
    is_promotion: Mapped[bool]
    """A passing offer: kept, and left out of every comparison."""
    observer: Mapped[str | None] = mapped_column(String(64))
