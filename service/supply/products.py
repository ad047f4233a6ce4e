"""Products: what outlets sell, by the pack."""

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.stock import Restriction
from service import audit, records
from service.errors import Conflict, NotFound
from service.supply.models import SEPARATOR, Category, Product
from service.supply.product_schemas import ProductCreate

CODES = Path(__file__).parents[2] / "config" / "codes"
PRODUCTS_FILE, RESTRICTED_FILE = CODES / "products.csv", CODES / "restricted_pesticides.csv"
COMMODITIES_FILE = CODES / "commodities.csv"
SHARES = ("n_share", "p2o5_share", "k2o_share")


def load(session: Session) -> None:
    """Bring the listed products to what the list says; safe to repeat."""
    with PRODUCTS_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            session.merge(
                Product(
                    code=row["code"],
                    name=row["name"],
                    commodity=row["commodity"],
                    category=Category(row["category"]),
                    pack_kg=Decimal(row["pack_kg"]),
                    registration_no=row["registration_no"] or None,
                    ingredients=row["ingredients"] or None,
                    **{name: Decimal(row[name]) if row[name] else None for name in SHARES},
                )
            )


@cache
def restrictions() -> tuple[Restriction, ...]:
    """Return the pesticides that are banned or sold at fixed points only."""
    with RESTRICTED_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Restriction(
                row["ingredient"],
                row["fixed_point_sale"] == "Y",
                date.fromisoformat(row["banned_from"]) if row["banned_from"] else None,
                row["notice"],
            )
            for row in csv.DictReader(file)
        )


def products(session: Session, category: Category | None = None) -> list[Product]:
    """Return the products, by category and code."""
    wanted = select(Product).order_by(Product.category, Product.code)
    if category is not None:
        wanted = wanted.where(Product.category == category)
    return list(session.scalars(wanted))


class Goods(NamedTuple):
    """What a product is a pack of."""

    code: str
    commodity: str
    category: Category


_GOODS = select(Product.code, Product.commodity, Product.category).order_by(
    Product.category, Product.code
)


def goods(session: Session) -> list[Goods]:
    """Return what every product is a pack of: all that sums by commodity need."""
    return [Goods(*each) for each in session.execute(_GOODS)]


def product(session: Session, code: str) -> Product:
    """Return one product, or say that there is none."""
    found = session.get(Product, code)
    if found is None:
        raise NotFound(f"没有产品 {code};可用代码见 /api/v1/products", field="product_code")
    return found


def add(session: Session, given: ProductCreate) -> tuple[Product, bool]:
    """Enter a product; tell whether it is new. What a code means never changes."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump())
    known = session.get(Product, given.code)
    if known is not None:
        if known.content_digest != digest:
            raise Conflict("这个产品代码已有别的内容;换了包装或含量请用新代码", field="code")
        return known, False
    values = given.model_dump(exclude={"ingredients"})
    made = Product(
        **values,
        ingredients=SEPARATOR.join(given.ingredients) if given.ingredients else None,
        content_digest=digest,
        recorded_at=audit.instant(session),
        recorded_by=records.author(session),
    )
    session.add(made)
    audit.record(session, "product.add", given.code, digest=digest)
    session.flush()
    return made, True


@cache
def _commodities() -> dict[str, str]:
    with COMMODITIES_FILE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def commodity_name(code: str) -> str:
    """Return what a commodity is called; one that only a bureau knows goes by its code."""
    return _commodities().get(code, code)
