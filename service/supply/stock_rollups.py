"""What each day leaves, kept beside the events and always made from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from inspections.stock import DayState, Movement, fold
from service.supply.stock_models import StockDay, StockEvent, StockHead

DAY: Table = StockDay.__table__  # type: ignore[assignment]
EVENT: Table = StockEvent.__table__  # type: ignore[assignment]
HEAD: Table = StockHead.__table__  # type: ignore[assignment]
STATE = (
    *("day", "closing_kg", "lowest_kg", "variance_kg"),
    *("reported_on", "ledger_on", "inspected_on"),
)
TOLD = tuple(
    EVENT.c[name] for name in ("occurred_on", "seq", "source", "quantity_kg", "counted_kg")
)
Card = tuple[UUID, str]
"""An outlet and a product."""


def folded_events(known_at: datetime | None = None) -> Select[tuple]:  # type: ignore[type-arg]
    """Return the query for the events that the fold takes, without counts that were taken back."""
    reversal = EVENT.alias().c
    taken_back = (reversal.reverses_id == EVENT.c.id) & EVENT.c.counted_kg.is_not(None)
    wanted = select(*TOLD)
    if known_at is not None:
        wanted = wanted.where(EVENT.c.recorded_at <= known_at)
        taken_back &= reversal.recorded_at <= known_at
    return wanted.where(~exists(select(reversal.id).where(taken_back)))


# Made once: these run with every event, and making them would take longer than running them.
_SINCE: BindParameter[date] = bindparam("since")


def _of_card(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.outlet_id == bindparam("outlet"), table.c.product_code == bindparam("product")


_HEAD = select(HEAD.c.last_seq, HEAD.c.first_on, *(HEAD.c[name] for name in STATE)).where(
    *_of_card(HEAD)
)
_BEFORE = (
    select(*(DAY.c[name] for name in STATE))
    .where(*_of_card(DAY), DAY.c.day < _SINCE)
    .order_by(DAY.c.day.desc())
    .limit(1)
)
_MOVEMENTS = (
    folded_events()
    .where(*_of_card(EVENT), EVENT.c.occurred_on >= _SINCE)
    .order_by(EVENT.c.occurred_on, EVENT.c.seq)
)
_CLEAR = delete(DAY).where(*_of_card(DAY), DAY.c.day >= _SINCE)
_ADD, _OPEN = insert(DAY), insert(HEAD)
_MOVE = (
    update(HEAD)
    .where(*_of_card(HEAD))
    .values({name: bindparam(f"new_{name}") for name in ("last_seq", "first_on", *STATE)})
)


class Head:
    """How a card stands after its newest day, and the number of its newest event."""

    def __init__(self, last_seq: int, first_on: date, *state: object) -> None:
        self.last_seq, self.first_on = last_seq, first_on
        self.state = DayState(*state)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Book:
    """One card as a transaction found it; None as its head where nothing was told."""

    card: Card
    head: Head | None

    @property
    def next_seq(self) -> int:
        """Number of the next event."""
        return self.head.last_seq + 1 if self.head else 1


def book(session: Session, card: Card) -> Book:
    """Return a card as it stands."""
    found = session.execute(_HEAD, _named(card)).first()
    return Book(card, Head(*found) if found else None)


def _named(card: Card) -> dict[str, object]:
    return {"outlet": card[0], "product": card[1]}


def before(session: Session, card: Card, day: date) -> DayState | None:
    """Return how a card stands before a day."""
    found = session.execute(_BEFORE, _named(card) | {"since": day}).first()
    return DayState(*found) if found else None


def movements(session: Session, card: Card, since: date) -> list[Movement]:
    """Return a card's events from a day on, in order."""
    found = session.execute(_MOVEMENTS, _named(card) | {"since": since})
    return [Movement(*each) for each in found]


def fold_from(
    session: Session,
    book: Book,
    since: date,
    more: Iterable[Movement] = (),
    but: int | None = None,
) -> list[DayState]:
    """Return what the days leave from one on, as if `more` were told too and event `but` not."""
    card, newest = book.card, book.head
    if newest is None or since > newest.state.day:
        return fold(newest.state if newest else None, more)
    told = [each for each in movements(session, card, since) if each.seq != but]
    ordered = sorted([*told, *more], key=lambda each: (each.day, each.seq))
    return fold(before(session, card, since), ordered)


def put(
    session: Session, book: Book, since: date, states: list[DayState], *, last_seq: int
) -> None:
    """Let these be what the days leave from one on."""
    card, newest = book.card, book.head
    named = _named(card)
    if newest is not None and since <= newest.state.day:
        session.execute(_CLEAR, named | {"since": since})
    key = {"outlet_id": card[0], "product_code": card[1]}
    session.execute(_ADD, [vars(each) | key for each in states])
    first_on = min(since, newest.first_on) if newest else since
    values = {"last_seq": last_seq, "first_on": first_on} | vars(states[-1])
    if newest is None:
        session.execute(_OPEN, values | key)
        return
    session.execute(_MOVE, named | {f"new_{name}": value for name, value in values.items()})


def rebuild(session: Session, card: Card) -> None:
    """Make a card's days anew from its events."""
    found = book(session, card)
    if found.head is not None:
        states = fold(None, movements(session, card, date.min))
        put(session, found, states[0].day, states, last_seq=found.head.last_seq)
