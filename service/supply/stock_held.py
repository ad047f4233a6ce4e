"""The believed stock of a day by town and commodity, added up by the database."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.supply import outlet_states, products, stock_sums
from service.supply.models import Category
from service.supply.outlets import TOWN, Question
from service.supply.stock_positions import freshness, must_fold, positions
from service.supply.stock_sums import Sums

SHARE = Decimal("0.0001")
NOTHING = Decimal(0)


def share_of(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(SHARE) if whole else None


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
        return share_of(Decimal(self.n_fresh), Decimal(self.n_outlets))


def held(session: Session, asked: Question, *, area: str = "") -> Held:
    """Return the believed stock of a day by town and commodity."""
    if must_fold(session, asked):
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
    seats = outlet_states.seats(session, asked, area=area)
    n_outlets = len({seat.outlet_id for seat in seats.values()})
    return Held(by_town, by_category, n_outlets, len(fresh))
