"""Outlets and products: what every book of supply refers to."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, ordered_text
from service.database import Base
from service.records import Recorded
from service.security import AreaScoped


class ProductKind(StrEnum):
    """The classes of farm input."""

    FERTILIZER = "fertilizer"
    PESTICIDE = "pesticide"
    SEED = "seed"
    FILM = "film"
    FUEL = "fuel"


def choice(kind: type[StrEnum], length: int = 24) -> Enum:
    """Return the column type of one of a few words."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        values_callable=lambda kinds: [each.value for each in kinds],
    )


class Outlet(AreaScoped, Recorded, Base):
    """One place of business for farm inputs; `area_code` is the town or village of its seat."""

    __tablename__ = "outlets"

    name: Mapped[str] = mapped_column(String(100))
    opened_on: Mapped[date]


class Product(Base):
    """One kind of farm input, as stock and prices are kept of it."""

    __tablename__ = "products"

    code: Mapped[str] = mapped_column(ordered_text(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[ProductKind] = mapped_column(choice(ProductKind))
    group_name: Mapped[str] = mapped_column(String(32))
    n_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    p2o5_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    k2o_share: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 4))
    pack_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 3))
    """The usual pack, in kilograms of product."""
    active_ingredient: Mapped[str | None] = mapped_column(String(200))
    registration_no: Mapped[str | None] = mapped_column(String(64))
