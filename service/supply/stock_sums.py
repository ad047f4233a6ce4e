"""What stands on a day, in SQL: the queries are made once, for that takes longer than they run."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Executable,
    Select,
    bindparam,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session

from service.supply.stock_rollups import DAY, HEAD, STATE

AS_OF: BindParameter[date] = bindparam("as_of")


@dataclass(frozen=True)
class Sums:
    """Queries over the newest day up to `as_of` of some cards."""

    cards: Select[Any]
    """Outlet, product and state of each."""
    told: Executable
    """Of these `outlets`, what is told since the days given: (product, None, kg above zero) of
    each product, and (None, outlet, …) of each outlet that has told of anything."""


def _of_heads() -> Select[Any]:
    return select(HEAD.c.outlet_id, HEAD.c.product_code, *(HEAD.c[name] for name in STATE)).where(
        HEAD.c.day <= AS_OF
    )


def _of_days() -> Select[Any]:
    card = HEAD.alias("card").c
    newest = (
        select(func.max(DAY.c.day))
        .where(
            DAY.c.outlet_id == card.outlet_id,
            DAY.c.product_code == card.product_code,
            DAY.c.day <= AS_OF,
        )
        .correlate(card.outlet_id.table)
        .scalar_subquery()
    )
    return (
        select(card.outlet_id, card.product_code, *(DAY.c[name] for name in STATE))
        .join(
            DAY,
            (DAY.c.outlet_id == card.outlet_id)
            & (DAY.c.product_code == card.product_code)
            & (DAY.c.day == newest),
        )
        .where(card.first_on <= AS_OF, card.day > AS_OF)
    )


def _of_days_at_once() -> Select[Any]:
    """Return the same for PostgreSQL, which can bring the row along with the day it looks for."""
    card = HEAD.alias("card").c
    newest = (
        select(*(DAY.c[name] for name in STATE))
        .where(
            DAY.c.outlet_id == card.outlet_id,
            DAY.c.product_code == card.product_code,
            DAY.c.day <= AS_OF,
        )
        .order_by(DAY.c.day.desc())
        .limit(1)
        .lateral("newest")
    )
    return (
        select(card.outlet_id, card.product_code, *(newest.c[name] for name in STATE))
        .join(newest, true())
        .where(card.first_on <= AS_OF, card.day > AS_OF)
    )


def _told(cards: Select[Any]) -> tuple[Select[Any], Any, Any, Any]:
    outlet, product, *state = cards.selected_columns
    named = {column.key: column for column in state}
    is_told = or_(
        named["reported_on"] >= bindparam("reported_since"),
        named["ledger_on"] >= bindparam("ledger_since"),
        named["inspected_on"] >= bindparam("inspected_since"),
    )
    of_these = cards.where(outlet.in_(bindparam("outlets", expanding=True)), is_told)
    return of_these, outlet, product, named["closing_kg"]


def _sums(cards: Select[Any]) -> Sums:
    of_these, outlet, product, kg = _told(cards)
    # Used twice, so SQLite looks for the cards once and keeps them.
    told = of_these.with_only_columns(
        outlet.label("outlet_id"), product.label("product_code"), kg.label("kg")
    )
    kept = told.cte("told").c
    no_outlet = type_coerce(null(), kept.outlet_id.type)  # the first part types the columns
    products = select(kept.product_code, no_outlet, func.sum(kept.kg)).where(kept.kg > 0)
    outlets = select(null(), kept.outlet_id, null()).distinct()
    return Sums(cards, products.group_by(kept.product_code).union_all(outlets))


def _sums_at_once(cards: Select[Any]) -> Sums:
    """Return the same for PostgreSQL, which groups one reading in two ways."""
    of_these, outlet, product, kg = _told(cards)
    above_zero = func.sum(kg).filter(kg > 0)
    both = of_these.with_only_columns(product, outlet, above_zero)
    return Sums(cards, both.group_by(func.grouping_sets(tuple_(product), tuple_(outlet))))


BY_ENGINE = {
    "sqlite": (_sums(_of_heads()), _sums(_of_days())),
    "postgresql": (_sums_at_once(_of_heads()), _sums_at_once(_of_days_at_once())),
}
"""Cards of which nothing later was told, read from their heads; and the others."""
_IS_LATER = select(HEAD.c.day).where(HEAD.c.day > AS_OF).limit(1)


def of_day(session: Session, as_of: date) -> tuple[Sums, ...]:
    """Return the queries that together give every card of a day."""
    standing, past = BY_ENGINE[session.get_bind().dialect.name]
    is_later = session.execute(_IS_LATER, {"as_of": as_of}).first() is not None
    return (standing, past) if is_later else (standing,)
