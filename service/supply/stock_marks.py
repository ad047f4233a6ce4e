"""What about the stock of a day is doubted: queries, never stored."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from inspections.stock import banned, disagrees
from service.database import thresholds_of
from service.supply import outlets, products, stock_positions
from service.supply.models import SEPARATOR, Status
from service.supply.outlets import Question
from service.supply.stock_models import Kind, StockEvent
from service.supply.stock_positions import Position
from service.supply.stock_schemas import StockMark

TEXT = {
    "negative_stock": "账面自 {since} 起低于零,现为 {kg} 公斤;请补记进货或盘点",
    "disagreement": "{since} 盘点与账面相差 {kg} 公斤",
    "outside_scope": "存有 {kg} 公斤,但没有经营这类产品的有效许可",
    "banned_in_stock": "禁用产品仍有 {kg} 公斤库存",
    "implausible": "{since} 一次记入 {kg} 公斤,请核对单位",
}


def marks(
    session: Session, asked: Question, *, area: str = "", known: list[Position] | None = None
) -> list[StockMark]:
    """List what is doubted of the outlets in view, as of a day; `known` as in `stock.balances`.

    Of outlets out of business as well: a book below zero does not heal by closing the shop.
    """
    held = _all_positions(session, asked, area) if known is None else known
    found = [mark for each in held for mark in _of_position(session, asked, each)]
    by_card = {(each.ledger_id, each.product.code): each for each in held}
    return found + [
        _mark(by_card[event.outlet_id, event.product_code], kind, event.occurred_on, kg)
        for event, kind, kg in _of_events(session, asked, {card for card, _ in by_card})
        if (event.outlet_id, event.product_code) in by_card
    ]


def _all_positions(session: Session, asked: Question, area: str) -> list[Position]:
    shops = outlets.on_day(session, asked, area=area)
    return stock_positions.on_shelves(
        session, asked, {key: e for key, e in shops.items() if e.status is not Status.MERGED}
    )


def _of_position(session: Session, asked: Question, held: Position) -> list[StockMark]:
    state, found = held.state, []
    if state.closing_kg < 0:
        since = _below_zero_since(session, held, asked)
        found.append(_mark(held, "negative_stock", since, state.closing_kg))
    if is_outside_scope(held):
        found.append(_mark(held, "outside_scope", state.day, state.closing_kg))
    named = (held.product.ingredients or "").split(SEPARATOR)
    if state.closing_kg > 0 and banned(named, asked.as_of, products.restrictions()):
        found.append(_mark(held, "banned_in_stock", state.day, state.closing_kg))
    return found


def is_outside_scope(held: Position) -> bool:
    """Tell whether an outlet holds what it has no valid basis to sell that day."""
    return held.state.closing_kg > 0 and held.product.category not in held.outlet.licensed


def _below_zero_since(session: Session, held: Position, asked: Question) -> date:
    """Return the first day of the run below zero that a day lies in, as was known."""
    since = held.state.day
    for each in reversed(
        stock_positions.states_of(session, asked, (held.ledger_id, held.product.code))
    ):
        if each.closing_kg >= 0:
            break
        since = each.day
    return since


def _of_events(
    session: Session, asked: Question, ledgers: set[UUID]
) -> list[tuple[StockEvent, str, object]]:
    limits = thresholds_of(session).stock
    taken_back = select(StockEvent.reverses_id).where(StockEvent.reverses_id.is_not(None))
    if asked.known_at is not None:
        taken_back = taken_back.where(StockEvent.recorded_at <= asked.known_at)
    wanted = select(StockEvent).where(
        StockEvent.occurred_on <= asked.as_of,
        StockEvent.id.not_in(taken_back),
        # A first count, and one that met the book, say nothing: most are of those.
        (StockEvent.kind == Kind.COUNT)
        & (StockEvent.seq > 1)
        & _may_disagree(limits.variance_share)
        | (StockEvent.quantity_kg > limits.doubt_event_kg)
        | (StockEvent.quantity_kg < -limits.doubt_event_kg)
        | (StockEvent.counted_kg > limits.doubt_event_kg),
    )
    if asked.known_at is not None:
        wanted = wanted.where(StockEvent.recorded_at <= asked.known_at)
    found: list[tuple[StockEvent, str, object]] = []
    for each in session.scalars(wanted.order_by(StockEvent.occurred_on, StockEvent.id)):
        if each.outlet_id not in ledgers:
            continue
        moved = each.counted_kg if each.counted_kg is not None else abs(each.quantity_kg)
        if moved > limits.doubt_event_kg:
            found.append((each, "implausible", moved))
        is_recount = each.counted_kg is not None and each.seq > 1
        if is_recount and disagrees(each.quantity_kg, moved, limits.variance_share):
            found.append((each, "disagreement", each.quantity_kg))
    return found


def _may_disagree(share: Decimal) -> ColumnElement[bool]:
    """Return the criterion that a count differs from the book by more than a share of both.

    In whole numbers: a share times a mass would be rounded. `disagrees` has the last word.
    """
    moved, counted = StockEvent.quantity_kg, StockEvent.counted_kg
    part, whole = share.as_integer_ratio()
    book = func.abs(counted - moved)
    return and_(*(func.abs(moved) * whole >= each * part for each in (func.abs(counted), book)))


def _mark(held: Position, kind: str, since: date, kg: object) -> StockMark:
    return StockMark(
        outlet_id=held.outlet.id,
        outlet_name=held.outlet.name,
        area_code=held.outlet.area_code,
        product_code=held.product.code,
        category=held.product.category,
        mark=kind,
        since=since,
        text=f"{held.product.name}:" + TEXT[kind].format(since=since, kg=kg),
    )
