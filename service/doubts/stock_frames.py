"""The stock ledger beside the land that it is for, as the rules read it."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.doubts import stock as rules
from inspections.doubts.catalogue import PER_MU
from inspections.doubts.doubt import Found
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_sums import standings
from inspections.doubts.stock import StockCard, StockEntry, StockSum
from service.doubts import sowing_frames
from service.doubts.question import Look
from service.supply import stock_held, stock_positions
from service.supply.models import Category
from service.supply.outlets import CATEGORY_TEXT, Question
from service.supply.stock_models import Kind, StockDay, StockEvent
from service.supply.stock_positions import Position

WEIGHED = (Category.FERTILIZER, Category.PESTICIDE)
STILL = frozenset({Kind.COUNT, Kind.REVERSAL})
"""What moves nothing."""
ZERO = Decimal(0)
Card = tuple[UUID, str]


def judge(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    """Go over the ledger as it stands."""
    asked = Question(look.as_of)
    held = stock_positions.positions(session, asked, area=look.area)
    told = cards(session, look, held, limits)
    yield from rules.negative(told)
    yield from rules.counts(entries(session, look, held), limits)
    yield from rules.silent(told, look.as_of, limits)
    yield from _per_mu(session, look, limits)


def cards(
    session: Session, look: Look, held: list[Position], limits: DoubtLimits
) -> list[StockCard]:
    """Return every product of every outlet in business."""
    moved = _last(session, look.as_of, [kind for kind in Kind if kind not in STILL])
    sold = _last(session, look.as_of, [Kind.SALE])
    lately = look.as_of - timedelta(days=limits.unchanged_days)
    below = _below_since(session, look.as_of)
    found = []
    for each in held:
        card = (each.outlet.id, each.product.code)
        found.append(
            StockCard(
                *(str(each.outlet.id), each.outlet.name, each.outlet.area_code),
                *(each.product.code, each.product.name, each.state.closing_kg),
                below_since=below.get(card) if each.state.closing_kg < 0 else None,
                moved_on=moved.get(card),
                told_on=look.as_of - timedelta(days=each.age_days),
                has_sold=sold.get(card, date.min) > lately,
            )
        )
    return found


def _last(session: Session, as_of: date, kinds: list[Kind]) -> dict[Card, date]:
    """Return card -> the last day with an event of some kinds."""
    event = StockEvent
    wanted = (
        select(event.outlet_id, event.product_code, func.max(event.occurred_on))
        .where(event.kind.in_(kinds), event.occurred_on <= as_of)
        .group_by(event.outlet_id, event.product_code)
    )
    return {(outlet, product): day for outlet, product, day in session.execute(wanted)}


def _below_since(session: Session, as_of: date) -> dict[Card, date]:
    """Return card -> first day below zero after the last day that was not."""
    day = StockDay
    above = (
        select(day.outlet_id, day.product_code, func.max(day.day).label("day"))
        .where(day.day <= as_of, day.closing_kg >= 0)
        .group_by(day.outlet_id, day.product_code)
        .subquery()
    )
    is_same = (day.outlet_id == above.c.outlet_id) & (day.product_code == above.c.product_code)
    wanted = (
        select(day.outlet_id, day.product_code, func.min(day.day))
        .join(above, is_same, isouter=True)
        .where(
            day.day <= as_of, day.closing_kg < 0, above.c.day.is_(None) | (day.day > above.c.day)
        )
        .group_by(day.outlet_id, day.product_code)
    )
    return {(outlet, product): first for outlet, product, first in session.execute(wanted)}


def entries(session: Session, look: Look, held: list[Position]) -> list[StockEntry]:
    """Return the entries of the days looked at that were not taken back."""
    by_card = {(each.outlet.id, each.product.code): each for each in held}
    event = StockEvent
    taken_back = select(event.reverses_id).where(event.reverses_id.is_not(None))
    wanted = select(
        *(event.id, event.outlet_id, event.product_code, event.occurred_on),
        *(event.quantity_kg, event.counted_kg, event.seq),
    ).where(
        event.occurred_on.between(look.since, look.as_of),
        event.kind != Kind.REVERSAL,
        event.id.not_in(taken_back),
    )
    found = []
    for key, outlet, product, on, quantity, counted, seq in session.execute(wanted):
        card = by_card.get((outlet, product))
        if card is not None:
            place = (card.outlet.name, card.outlet.area_code, card.product.name)
            found.append(StockEntry(str(key), *place, on, quantity, counted, seq == 1))
    return sorted(found, key=lambda each: (each.on, each.event_id))


def _per_mu(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    told = stock_held.held(session, Question(look.as_of), area=look.area)
    if not told.n_fresh:
        yield PER_MU.skipped("没有一个网点的库存还可信")
        return
    land, name = _land_mu(session, look)
    yield from rules.per_mu(
        [
            StockSum(
                *(each.value, CATEGORY_TEXT[each], look.area, look.as_of),
                told.of_category(each),
                land,
                name,
            )
            for each in WEIGHED
        ],
        limits,
    )


def _land_mu(session: Session, look: Look) -> tuple[Decimal, str]:
    """Return the larger of what is sown and what is planned in the newest season, and which."""
    begun = sowing_frames.seasons_in(session, look)
    if not begun:
        return ZERO, "播种面积"
    told = sowing_frames.book(session, look, begun[0])
    villages = [each for each in standings(told.rows) if len(each.area_code) > sowing_frames.TOWN]
    sown = sum((each.sown_mu for each in villages), ZERO)
    planned = sum(
        (mu for (area, _), mu in told.plans.items() if len(area) > sowing_frames.TOWN), ZERO
    )
    return max((sown, "播种面积"), (planned, "计划面积"))
