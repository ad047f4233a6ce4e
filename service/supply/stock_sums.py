"""What stands on a day, in SQL: the queries are made once, for that takes longer than they run."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from service.supply.stock_rollups import DAY, HEAD, STATE

AS_OF: BindParameter[date] = bindparam("as_of")


@dataclass(frozen=True)
class Sums:
    """Queries over the newest day up to `as_of` of some cards."""

    cards: Select[Any]
    """Outlet, product and state of each."""
    believed: Select[Any]
    """Product and kg of these `outlets`, of what is told since the days given and above zero."""
    fresh: Select[Any]
    """Which of these `outlets` have told since the days given."""


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


def _sums(cards: Select[Any]) -> Sums:
    outlet, product, *state = cards.selected_columns
    named = {column.key: column for column in state}
    told = or_(
        named["reported_on"] >= bindparam("reported_since"),
        named["ledger_on"] >= bindparam("ledger_since"),
        named["inspected_on"] >= bindparam("inspected_since"),
    )
    of_these = cards.where(outlet.in_(bindparam("outlets", expanding=True)), told)
    kg = named["closing_kg"]
    believed = of_these.where(kg > 0).with_only_columns(product, func.sum(kg)).group_by(product)
    fresh = of_these.with_only_columns(outlet).distinct()
    return Sums(cards, believed, fresh)


STANDING, PAST = _sums(_of_heads()), _sums(_of_days())
"""Cards of which nothing later was told, read from their heads; and the others."""
_IS_LATER = select(HEAD.c.day).where(HEAD.c.day > AS_OF).limit(1)


def of_day(session: Session, as_of: date) -> tuple[Sums, ...]:
    """Return the queries that together give every card of a day."""
    is_later = session.execute(_IS_LATER, {"as_of": as_of}).first() is not None
    return (STANDING, PAST) if is_later else (STANDING,)
