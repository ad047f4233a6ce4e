"""Reading the stock ledger: positions, balances with their coverage, events, what is doubted."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any
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
from service.supply.models import Category, Product, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import CATEGORY_TEXT, TOWN, Question
from service.supply.stock_models import StockEvent
from service.supply.stock_rollups import DAY, EVENT, STATE, Card
from service.supply.stock_schemas import BalanceLine, Balances, By, DayRead
from service.supply.stock_sums import Sums

MANY = 60
"""Outlets from which on it is cheaper to read the whole book than to name them."""
SHARE = Decimal("0.0001")
NOTHING = Decimal(0)


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
    if _must_fold(session, asked):
        return _folded(session, asked, ids)
    return {
        (outlet_id, code): DayState(*told)
        for sums in stock_sums.of_day(session, asked.as_of)
        for outlet_id, code, *told in session.execute(sums.cards, {"as_of": asked.as_of})
        if outlet_id in ids
    }


def _must_fold(session: Session, asked: Question) -> bool:
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
    if _must_fold(session, asked):
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


@dataclass(frozen=True)
class Held:
    """Believed stock: what is stale or below zero adds nothing."""

    by_town: dict[str, dict[str, Decimal]]
    """Town -> commodity -> kg."""
    by_category: dict[Category, Decimal]
    n_outlets: int
    n_fresh: int

    def of_town(self, town: str) -> dict[str, Decimal]:
        """Return commodity -> kg of one town."""
        return self.by_town.get(town, {})

    def of_category(self, category: Category) -> Decimal:
        """Return the kg of one category."""
        return self.by_category.get(category, NOTHING)

    @property
    def outlet_coverage(self) -> Decimal | None:
        """Outlets that have told, of all in business; None without any."""
        return _share(Decimal(self.n_fresh), Decimal(self.n_outlets))


def held(session: Session, asked: Question, *, area: str = "") -> Held:
    """Return the believed stock of a day by town and commodity."""
    if _must_fold(session, asked):
        return _held_of(session, asked, area)
    seats = outlet_states.seats(session, asked, area=area)
    ledgers_of: dict[str, list[UUID]] = defaultdict(list)
    for ledger_id, seat in seats.items():
        ledgers_of[seat.code[:TOWN]].append(ledger_id)
    told = _told_since(session, asked.as_of)
    sums = stock_sums.of_day(session, asked.as_of)
    kinds = {each.code: each for each in products.goods(session)}
    by_town: dict[str, dict[str, Decimal]] = {}
    by_category: dict[Category, Decimal] = defaultdict(Decimal)
    n_fresh = 0
    # Town by town: both engines find an outlet's cards by their key, and none is held twice.
    for town, ids in sorted(ledgers_of.items()):
        there: dict[str, Decimal] = defaultdict(Decimal)
        fresh: set[UUID] = set()
        for code, shop, kg in _told(session, sums, told | {"outlets": ids}):
            if shop is not None:
                fresh.add(seats[shop].outlet_id)
            if code is not None and kg:
                there[kinds[code].commodity] += kg
                by_category[kinds[code].category] += kg
        n_fresh += len(fresh)
        if there:
            by_town[town] = there
    n_outlets = len({seat.outlet_id for seat in seats.values()})
    return Held(by_town, by_category, n_outlets, n_fresh)


def _told(
    session: Session, sums: tuple[Sums, ...], given: Mapping[str, Any]
) -> Iterator[tuple[str | None, UUID | None, Decimal | None]]:
    for each in sums:
        yield from (tuple(row) for row in session.execute(each.told, given))


def _told_since(session: Session, as_of: date) -> dict[str, date]:
    """Return since when each source is believed: `inspections.stock.is_fresh`, for SQL."""
    days = freshness(session)
    return {
        "as_of": as_of,
        "reported_since": as_of - timedelta(days=days.report_days),
        "ledger_since": as_of - timedelta(days=days.ledger_days),
        "inspected_since": as_of - timedelta(days=days.inspection_days),
    }


def _held_of(session: Session, asked: Question, area: str) -> Held:
    """Add up the positions, where the days cannot tell what was known."""
    by_town: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    by_category: dict[Category, Decimal] = defaultdict(Decimal)
    fresh = set()
    for each in positions(session, asked, area=area):
        if not each.is_fresh:
            continue
        fresh.add(each.outlet.id)
        kg = each.state.closing_kg
        if kg > 0:
            by_town[each.outlet.area_code[:TOWN]][each.product.commodity] += kg
            by_category[each.product.category] += kg
    sellers = _sellers(session, asked, area, None)
    return Held(by_town, by_category, len(sellers), len(fresh))


KEY: dict[By, Callable[[Position], tuple[str, str]]] = {
    By.TOWN: lambda each: (each.outlet.area_code[:TOWN], ""),
    By.OUTLET: lambda each: (str(each.outlet.id), each.outlet.name),
    By.PRODUCT: lambda each: (each.product.code, each.product.name),
    By.COMMODITY: lambda each: (
        each.product.commodity,
        products.commodity_name(each.product.commodity),
    ),
    By.CATEGORY: lambda each: (each.product.category, CATEGORY_TEXT[each.product.category]),
}


def balances(
    session: Session,
    asked: Question,
    by: By,
    *,
    area: str = "",
    category: Category | None = None,
    product_code: str | None = None,
    known: list[Position] | None = None,
) -> Balances:
    """Return the stock of a day: what is believed, what is stale, and how much of all that is.

    Whoever has read the area's positions already gives them as `known`.
    """
    held = [
        each
        for each in (positions(session, asked, area=area) if known is None else known)
        if category in {None, each.product.category} and product_code in {None, each.product.code}
    ]
    sellers = _sellers(session, asked, area, category)
    key = KEY[by]
    lines = []
    for name, group in groupby(sorted(held, key=lambda each: key(each)[0]), key=key):
        told = list(group)
        lines.append(_line(*name, told, _of_line(by, told, sellers)))
    return Balances(
        as_of=asked.as_of,
        known_at=asked.known_at,
        by=by,
        total=_line("", "", held, sellers),
        items=lines,
    )


def _sellers(
    session: Session, asked: Question, area: str, category: Category | None
) -> list[OutletRead]:
    return [
        each
        for each in outlets.on_day(session, asked, area=area).values()
        if each.status is Status.ACTIVE and (category is None or category in each.categories)
    ]


def _of_line(by: By, told: list[Position], sellers: list[OutletRead]) -> list[OutletRead]:
    """Return the outlets that a line speaks of: those that could have told of its stock."""
    first = told[0]
    if by is By.TOWN:
        town = first.outlet.area_code[:TOWN]
        return [each for each in sellers if each.area_code.startswith(town)]
    if by is By.OUTLET:
        return [first.outlet]
    return [each for each in sellers if first.product.category in each.categories]


def _line(key: str, name: str, held: list[Position], sellers: list[OutletRead]) -> BalanceLine:
    fresh = [each for each in held if each.is_fresh]
    fresh_kg = sum((max(each.state.closing_kg, NOTHING) for each in fresh), NOTHING)
    stale_kg = sum(
        (max(each.state.closing_kg, NOTHING) for each in held if not each.is_fresh), NOTHING
    )
    selling = {each.id for each in sellers}
    n_fresh = len({each.outlet.id for each in fresh} & selling)
    return BalanceLine(
        key=key,
        name=name,
        fresh_kg=fresh_kg,
        stale_kg=stale_kg,
        n_outlets=len(selling),
        n_fresh=n_fresh,
        outlet_coverage=_share(Decimal(n_fresh), Decimal(len(selling))),
        mass_coverage=_share(fresh_kg, fresh_kg + stale_kg),
        median_age_days=Decimal(str(median(each.age_days for each in held))) if held else None,
    )


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(SHARE) if whole else None


@dataclass(frozen=True)
class Search:
    """Which events are asked for."""

    since: date
    as_of: date
    known_at: datetime | None = None
    outlet_id: UUID | None = None
    product_code: str | None = None
    area: str = ""


def days(session: Session, outlet_id: UUID, asked: Search) -> list[DayRead]:
    """Return what each day with events left at an outlet in view."""
    outlets.known_outlet(session, outlet_id)
    wanted = select(DAY.c.product_code, *(DAY.c[name] for name in STATE)).where(
        DAY.c.outlet_id == outlet_id, DAY.c.day.between(asked.since, asked.as_of)
    )
    if asked.product_code is not None:
        wanted = wanted.where(DAY.c.product_code == asked.product_code)
    ordered = wanted.order_by(DAY.c.product_code, DAY.c.day)
    return [DayRead.model_validate(each) for each in session.execute(ordered)]


def events(session: Session, asked: Search, *, offset: int, limit: int) -> list[StockEvent]:
    """Return events of the outlets in view, the newest first, and one more where there are."""
    everything = Question(date.max)
    seen = outlets.on_day(session, everything, area=asked.area, outlet_id=asked.outlet_id)
    wanted = select(StockEvent).where(
        StockEvent.outlet_id.in_(seen), StockEvent.occurred_on.between(asked.since, asked.as_of)
    )
    if asked.known_at is not None:
        wanted = wanted.where(StockEvent.recorded_at <= asked.known_at)
    if asked.product_code is not None:
        wanted = wanted.where(StockEvent.product_code == asked.product_code)
    order = (StockEvent.occurred_on.desc(), StockEvent.recorded_at.desc(), StockEvent.id)
    return list(session.scalars(wanted.order_by(*order).offset(offset).limit(limit + 1)))
