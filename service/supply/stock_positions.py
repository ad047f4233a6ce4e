"""How every product in every ledger stands on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import (
    exists,
    select,
)
from sqlalchemy.orm import Session

from inspections.stock import DayState, Freshness, Movement, fold, is_fresh
from service.database import thresholds_of
from service.supply import outlet_states, outlets, products, stock_sums
from service.supply import stock_rollups as rollups
from service.supply.models import Product, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import Question
from service.supply.stock_rollups import DAY, EVENT, STATE, Card

MANY = 60
"""Outlets from which on it is cheaper to read the whole book than to name them."""


@dataclass(frozen=True)
class Position:
    """One product in one ledger on a day."""

    outlet: OutletRead
    """The shop; of a double's ledger, the outlet that it is."""
    ledger_id: UUID
    product: Product
    state: DayState
    is_fresh: bool
    age_days: int


def freshness(session: Session) -> Freshness:
    """Return for how many days each source is believed."""
    limits = thresholds_of(session).stock
    return Freshness(limits.report_days, limits.ledger_days, limits.inspection_days)


def states(session: Session, asked: Question, outlet_ids: Iterable[UUID]) -> dict[Card, DayState]:
    """Return how every product of these outlets stands at the end of a day."""
    ids = set(outlet_ids)
    if must_fold(session, asked):
        return _folded(session, asked, ids)
    return {
        (outlet_id, code): DayState(*told)
        for sums in stock_sums.of_day(session, asked.as_of)
        for outlet_id, code, *told in session.execute(sums.cards, {"as_of": asked.as_of})
        if outlet_id in ids
    }


def must_fold(session: Session, asked: Question) -> bool:
    """Tell whether something was told after the instant of knowledge: days know no instants."""
    if asked.known_at is None:
        return False
    later = select(exists().where(EVENT.c.recorded_at > asked.known_at))
    return bool(session.scalar(later))


def _folded(session: Session, asked: Question, ids: set[UUID]) -> dict[Card, DayState]:
    """Fold the events themselves, as far as they were known."""
    wanted = (
        rollups.folded_events(asked.known_at)
        .add_columns(EVENT.c.outlet_id, EVENT.c.product_code)
        .where(EVENT.c.occurred_on <= asked.as_of)
        .order_by(EVENT.c.outlet_id, EVENT.c.product_code, EVENT.c.occurred_on, EVENT.c.seq)
    )
    if len(ids) < MANY:
        wanted = wanted.where(EVENT.c.outlet_id.in_(ids))
    rows = (row for row in session.execute(wanted) if row.outlet_id in ids)
    return {
        card: fold(None, (Movement(*row[:5]) for row in told))[-1]
        for card, told in groupby(rows, key=lambda row: (row.outlet_id, row.product_code))
    }


def states_of(session: Session, asked: Question, card: Card) -> list[DayState]:
    """Return how one card stood after each of its days up to one, as was known."""
    outlet_id, product_code = card
    if must_fold(session, asked):
        events = rollups.folded_events(asked.known_at).where(
            EVENT.c.outlet_id == outlet_id,
            EVENT.c.product_code == product_code,
            EVENT.c.occurred_on <= asked.as_of,
        )
        told = session.execute(events.order_by(EVENT.c.occurred_on, EVENT.c.seq))
        return fold(None, (Movement(*row) for row in told))
    wanted = select(*(DAY.c[name] for name in STATE)).where(
        DAY.c.outlet_id == outlet_id,
        DAY.c.product_code == product_code,
        DAY.c.day <= asked.as_of,
    )
    return [DayState(*row) for row in session.execute(wanted.order_by(DAY.c.day))]


def positions(session: Session, asked: Question, *, area: str = "") -> list[Position]:
    """Return every product of every outlet in view that was in business on a day."""
    seen = outlets.on_day(session, asked, area=area)
    return on_shelves(
        session, asked, {key: e for key, e in seen.items() if e.status is Status.ACTIVE}
    )


def on_shelves(
    session: Session, asked: Question, shops: Mapping[UUID, OutletRead]
) -> list[Position]:
    """Return every product that these outlets, or doubles of them, have told of."""
    same = outlet_states.doubles(session, asked.known_at)
    ledgers = dict(shops) | {double: shops[kept] for double, kept in same.items() if kept in shops}
    listed = {each.code: each for each in products.products(session)}
    days = freshness(session)
    found = []
    for (outlet_id, code), state in states(session, asked, ledgers).items():
        told_on = (state.reported_on, state.ledger_on, state.inspected_on)
        newest = max(day for day in told_on if day is not None)
        found.append(
            Position(
                ledgers[outlet_id],
                outlet_id,
                listed[code],
                state,
                is_fresh(asked.as_of, told_on, days),
                (asked.as_of - newest).days,
            )
        )
    return found
