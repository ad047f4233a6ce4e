"""The newest events: of one outlet, and of each product at each outlet with who told of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.supply.outlets import Question
from service.supply.stock_models import StockEvent
from service.supply.stock_rollups import EVENT, Card


@dataclass(frozen=True)
class Told:
    """An event, and who entered it."""

    event: StockEvent
    author: str
    """The name that the account shows."""


def last_told(session: Session, asked: Question, outlet_ids: Iterable[UUID]) -> dict[Card, Told]:
    """Return the newest event of every card of these outlets, by a day.

    The caller has asked for the outlets in view. Authors are named whatever their area is.
    """
    newest = func.row_number().over(
        partition_by=(EVENT.c.outlet_id, EVENT.c.product_code),
        order_by=(EVENT.c.occurred_on.desc(), EVENT.c.seq.desc()),
    )
    ranked = select(EVENT.c.id, newest.label("place")).where(
        EVENT.c.outlet_id.in_(set(outlet_ids)), EVENT.c.occurred_on <= asked.as_of
    )
    if asked.known_at is not None:
        ranked = ranked.where(EVENT.c.recorded_at <= asked.known_at)
    first, account = ranked.subquery().c, Account.__table__
    wanted = (
        select(StockEvent, account.c.display_name)
        .join(first.id.table, first.id == StockEvent.id)
        .join(account, account.c.id == StockEvent.recorded_by)
        .where(first.place == 1)
    )
    return {
        (event.outlet_id, event.product_code): Told(event, name)
        for event, name in session.execute(wanted)
    }


def newest_events(
    session: Session, outlet_id: UUID, author: UUID | None, limit: int
) -> list[StockEvent]:
    """Return the events of an outlet, or those that one account entered, as they came in last.

    The caller has asked for the outlets in view.
    """
    wanted = select(StockEvent).where(StockEvent.outlet_id == outlet_id)
    if author is not None:
        wanted = wanted.where(StockEvent.recorded_by == author)
    order = (StockEvent.recorded_at.desc(), StockEvent.seq.desc(), StockEvent.id)
    return list(session.scalars(wanted.order_by(*order).limit(limit)))


def taken_back(session: Session, events: Iterable[StockEvent]) -> set[UUID]:
    """Return which of these events another has taken back."""
    ids = [each.id for each in events]
    found = session.scalars(select(EVENT.c.reverses_id).where(EVENT.c.reverses_id.in_(ids)))
    return set(found)
