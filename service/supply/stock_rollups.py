"""What each day leaves, kept beside the events and always made from them."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, delete, exists, insert, select
from sqlalchemy.orm import Session

from inspections.stock import DayState, Movement, fold
from service.supply.stock_models import StockDay, StockEvent, StockHead

# By table and column: these run with every event, and need none of the ORM.
DAY: Table = StockDay.__table__  # type: ignore[assignment]
EVENT: Table = StockEvent.__table__  # type: ignore[assignment]
HEAD: Table = StockHead.__table__  # type: ignore[assignment]
STATE = tuple(
    DAY.c[name]
    for name in (
        *("day", "closing_kg", "lowest_kg", "variance_kg"),
        *("reported_on", "ledger_on", "inspected_on"),
    )
)
TOLD = tuple(
    EVENT.c[name] for name in ("occurred_on", "seq", "source", "quantity_kg", "counted_kg")
)
Card = tuple[UUID, str]
"""An outlet and a product."""


def of_card(table: Table, card: Card) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the condition that rows are of one card."""
    return table.c.outlet_id == card[0], table.c.product_code == card[1]


def folded_events(known_at: datetime | None = None) -> Select[tuple]:  # type: ignore[type-arg]
    """Return the query for the events that the fold takes, without counts that were taken back."""
    reversal = EVENT.alias().c
    taken_back = (reversal.reverses_id == EVENT.c.id) & EVENT.c.counted_kg.is_not(None)
    wanted = select(*TOLD)
    if known_at is not None:
        wanted = wanted.where(EVENT.c.recorded_at <= known_at)
        taken_back &= reversal.recorded_at <= known_at
    return wanted.where(~exists(select(reversal.id).where(taken_back)))


def before(session: Session, card: Card, day: date) -> DayState | None:
    """Return how a card stands before a day."""
    wanted = select(*STATE).where(*of_card(DAY, card), DAY.c.day < day)
    found = session.execute(wanted.order_by(DAY.c.day.desc()).limit(1)).first()
    return DayState(*found) if found else None


def movements(session: Session, card: Card, since: date) -> list[Movement]:
    """Return a card's events from a day on, in order."""
    wanted = folded_events().where(*of_card(EVENT, card), EVENT.c.occurred_on >= since)
    found = session.execute(wanted.order_by(EVENT.c.occurred_on, EVENT.c.seq))
    return [Movement(*each) for each in found]


def fold_from(
    session: Session,
    card: Card,
    since: date,
    more: Iterable[Movement] = (),
    last_on: date | None = None,
) -> list[DayState]:
    """Return what the days leave from one on, as if these movements were told as well."""
    told = [] if last_on is not None and since > last_on else movements(session, card, since)
    ordered = sorted([*told, *more], key=lambda each: (each.day, each.seq))
    return fold(before(session, card, since), ordered)


def put(
    session: Session, card: Card, since: date, states: Iterable[DayState], *, is_newest: bool
) -> None:
    """Let these be what the days leave from one on."""
    if not is_newest:
        session.execute(delete(DAY).where(*of_card(DAY, card), DAY.c.day >= since))
    rows = [vars(each) | {"outlet_id": card[0], "product_code": card[1]} for each in states]
    if rows:
        session.execute(insert(DAY), rows)


def rebuild(session: Session, card: Card) -> None:
    """Make a card's days anew from its events."""
    put(session, card, date.min, fold_from(session, card, date.min), is_newest=False)


def fold_without(
    session: Session, card: Card, since: date, more: Movement, seq: int
) -> list[DayState]:
    """Return what the days leave from one on without one event, and with another."""
    told = [each for each in movements(session, card, since) if each.seq != seq]
    ordered = sorted([*told, more], key=lambda each: (each.day, each.seq))
    return fold(before(session, card, since), ordered)
