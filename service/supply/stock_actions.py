"""Writing the stock ledger: every event is judged on what the book would be with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.stock import DayState, Movement, disagrees
from service import records
from service.database import thresholds_of
from service.errors import Conflict, Invalid, NotFound
from service.supply import outlet_states, outlets, stock_rules
from service.supply import products as product_list
from service.supply import stock_rollups as rollups
from service.supply.models import Product
from service.supply.stock_models import Kind, Source, StockEvent
from service.supply.stock_rollups import Book
from service.supply.stock_schemas import Amount, EventCreate, ReversalCreate, TransferCreate

LOWERS = frozenset({Kind.SALE, Kind.LOSS, Kind.SUPPLIER_RETURN, Kind.TRANSFER_OUT})
EXACT_SOURCES = frozenset({Source.LEDGER, Source.INSPECTION})
"""What these tell can be checked: they never go below zero. A report that does is doubted."""


@dataclass(frozen=True)
class Draft:
    """An event that is judged but not yet written."""

    book: Book
    values: dict[str, Any]
    states: list[DayState]


def post(session: Session, given: EventCreate) -> tuple[StockEvent, bool]:
    """Enter one event; tell whether it is new."""
    records.take_turn(session)
    life = outlet_states.life(session, given.outlet_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, StockEvent, given.id, digest)
    if known is not None:
        return known, False
    product = product_list.product(session, given.product_code)
    source = stock_rules.source_of(session, given.source)
    kind = Kind(given.kind)
    stock_rules.judge(session, life, product, kind, given)
    draft = _draft(session, given.outlet_id, kind, source, _told(given, product, kind))
    return _write(session, draft, row=given.id, digest=digest), True


def _told(given: Amount, product: Product, kind: Kind) -> dict[str, Any]:
    """Return what an amount tells, in kg."""
    kg = given.quantity_kg
    if kg is None:
        kg = (given.n_packs or Decimal(0)) * product.pack_kg
        if kg != round(kg, 3):
            raise Invalid("包数折成公斤超过 3 位小数,请填整包数", field="n_packs")
    same = ("occurred_on", "n_packs", "batch", "expires_on", "document_no", "reason")
    told = {name: getattr(given, name) for name in same} | {"product_code": product.code}
    if kind is Kind.COUNT:
        return told | {"counted_kg": kg, "quantity_kg": Decimal(0)}
    return told | {"counted_kg": None, "quantity_kg": -kg if kind in LOWERS else kg}


def _draft(
    session: Session, outlet_id: UUID, kind: Kind, source: Source, told: dict[str, Any]
) -> Draft:
    """Judge an event on the book as it would be with it."""
    book = rollups.book(session, (outlet_id, told["product_code"]))
    seq = book.next_seq
    new = Movement(told["occurred_on"], seq, source, told["quantity_kg"], told["counted_kg"])
    states = rollups.fold_from(session, book, new.day, [new])
    values = told | {"outlet_id": outlet_id, "kind": kind, "source": source, "seq": seq}
    if kind is Kind.COUNT:
        values["quantity_kg"] = _variance(session, book, new, told["reason"])
    elif told["quantity_kg"] < 0 and source in EXACT_SOURCES:
        refuse_below_zero(states)
    return Draft(book, values, states)


def _variance(session: Session, book: Book, count: Movement, reason: str | None) -> Decimal:
    """Return what a count finds beyond the book; ask why, where it is much."""
    without = rollups.fold_from(session, book, count.day)
    same_day = [each for each in without if each.day == count.day]
    state = same_day[0] if same_day else rollups.before(session, book.card, count.day)
    if state is None or count.counted_kg is None:
        return count.counted_kg or Decimal(0)
    variance = count.counted_kg - state.closing_kg
    is_much = disagrees(variance, count.counted_kg, thresholds_of(session).stock.variance_share)
    # An officer counts without knowing the book: asking them why would tell it.
    if is_much and not reason and count.source != Source.INSPECTION:
        raise Invalid("盘点与账面相差较大,请在原因里说明(如漏记销售、损耗)", field="reason")
    return variance


def refuse_below_zero(states: Iterable[DayState]) -> None:
    """Refuse what would leave less than nothing on any day."""
    short = next((each for each in states if each.lowest_kg < 0), None)
    if short is not None:
        raise Conflict(
            f"库存不够:{short.day} 账面会是 {short.lowest_kg:f} 公斤;"
            "请核对数量和日期,或先补记进货、盘点",
            field="quantity_kg",
        )


def _write(
    session: Session, draft: Draft, *, row: UUID | None, digest: str, action: str = "stock.event"
) -> StockEvent:
    made = records.write(session, StockEvent, draft.values, row=row, digest=digest, action=action)
    session.flush()
    seq: int = draft.values["seq"]
    rollups.put(session, draft.book, made.occurred_on, draft.states, last_seq=seq)
    return made


def transfer(session: Session, given: TransferCreate) -> tuple[list[StockEvent], bool]:
    """Enter both legs of a transfer, or neither; tell whether it is new."""
    records.take_turn(session)
    ends = (given.from_outlet_id, given.to_outlet_id)
    lives = [outlet_states.life(session, outlet_id) for outlet_id in ends]
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    transfer_id = given.id or uuid4()
    ids = [uuid5(transfer_id, leg) for leg in (Kind.TRANSFER_OUT, Kind.TRANSFER_IN)]
    known = [records.known(session, StockEvent, each, digest) for each in ids]
    if known[0] is not None and known[1] is not None:
        return [known[0], known[1]], False
    product = product_list.product(session, given.product_code)
    source = stock_rules.source_of(session, None)
    made = []
    legs = (Kind.TRANSFER_OUT, Kind.TRANSFER_IN)
    for row, outlet_id, life, kind in zip(ids, ends, lives, legs, strict=True):
        stock_rules.judge(session, life, product, kind, given)
        told = _told(given, product, kind) | {"transfer_id": transfer_id}
        draft = _draft(session, outlet_id, kind, source, told)
        if kind is Kind.TRANSFER_OUT:
            refuse_below_zero(draft.states)  # whoever tells of it: the other leg is real
        made.append(_write(session, draft, row=row, digest=digest, action="stock.transfer"))
    return made, True


def reverse(
    session: Session, event_id: UUID, given: ReversalCreate
) -> tuple[list[StockEvent], bool]:
    """Take back an event, or both legs of a transfer; tell whether that is new."""
    records.take_turn(session)
    found = session.get(StockEvent, event_id)
    if found is None or not outlets.is_seen(session, found.outlet_id):
        raise NotFound("没有这条库存记录", id=str(event_id))
    digest = records.content_digest({"reverses": str(event_id), "reason": given.reason})
    known = records.known(session, StockEvent, given.id, digest)
    if known is not None:
        return _made_with(session, known), False
    legs = _legs(session, found)
    for each in legs:
        stock_rules.judge_reversal(session, each)
    made = []
    for each in legs:
        draft = _draft_of_reversal(session, each, given.reason)
        row = given.id if each is found else None
        made.append(_write(session, draft, row=row, digest=digest, action="stock.reversal"))
    return made, True


def _made_with(session: Session, reversal: StockEvent) -> list[StockEvent]:
    """Return what one request made: of a transfer both reversals, as the first time."""
    if reversal.transfer_id is None:
        return [reversal]
    wanted = select(StockEvent).where(
        StockEvent.transfer_id == reversal.transfer_id, StockEvent.kind == Kind.REVERSAL
    )
    return sorted(session.scalars(wanted), key=lambda each: each.quantity_kg, reverse=True)


def _legs(session: Session, found: StockEvent) -> list[StockEvent]:
    if found.transfer_id is None or found.kind is Kind.REVERSAL:
        return [found]
    wanted = select(StockEvent).where(
        StockEvent.transfer_id == found.transfer_id, StockEvent.kind != Kind.REVERSAL
    )
    legs = list(session.scalars(wanted.order_by(StockEvent.kind)))
    for each in legs:
        if not outlets.is_seen(session, each.outlet_id):
            raise Conflict("这次调拨的另一个网点不在您的范围内,请由区里冲正")
    return sorted(legs, key=lambda each: each.quantity_kg)


def _draft_of_reversal(session: Session, found: StockEvent, reason: str) -> Draft:
    book, day = rollups.book(session, (found.outlet_id, found.product_code)), found.occurred_on
    seq = book.next_seq
    quantity = Decimal(0) if found.kind is Kind.COUNT else -found.quantity_kg
    values = {
        "outlet_id": found.outlet_id,
        "product_code": found.product_code,
        "kind": Kind.REVERSAL,
        "source": found.source,
        "seq": seq,
        "occurred_on": day,
        "quantity_kg": quantity,
        "reverses_id": found.id,
        "transfer_id": found.transfer_id,
        "reason": reason,
    }
    but = found.seq if found.kind is Kind.COUNT else None
    new = Movement(day, seq, found.source, quantity)
    states = rollups.fold_from(session, book, day, [new], but)
    may_lower = quantity < 0 or found.kind is Kind.COUNT
    if may_lower and (found.source in EXACT_SOURCES or found.transfer_id is not None):
        refuse_below_zero(states)
    return Draft(book, values, states)
