"""The stock of the demonstration: counts in March 2023, weekly sales, a few ledgers with trade."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from service.demo.cast import COUNTY
from service.demo.stage import Stage
from service.reporting import queries as reporting
from service.sowing import progress, remaining
from service.supply import outlets, stock_actions
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import TOWN, Question
from service.supply.stock_models import Source
from service.supply.stock_schemas import Entry, EventCreate

FIRST_WEEK, LAST_WEEK = date(2023, 3, 2), date(2023, 4, 20)
SOLD_BY = {
    date(2023, 3, 9): 6,
    date(2023, 3, 16): 16,
    date(2023, 3, 23): 31,
    date(2023, 3, 30): 49,
    date(2023, 4, 6): 67,
    date(2023, 4, 13): 85,
    LAST_WEEK: 100,
}
"""Week -> hundredths of the spring's sales by then: shops tell weekly, for a report is soon old."""
GRAM = Decimal("0.001")
TARGET_KG = {
    Category.FERTILIZER: Decimal(4_120_000),
    Category.PESTICIDE: Decimal(801_000),
    Category.SEED: Decimal(96_000),
    Category.FILM: Decimal(42_000),
}
"""What the believed balances of 20 April come to; the first two are the bulletin's 以上."""
SHELVES = {
    Category.FERTILIZER: (("NPK15-50", 28), ("UREA-50", 42), ("KCL-50", 30)),
    Category.PESTICIDE: (
        ("VAL-1", 30),
        ("IMI-10", 30),
        ("BENS-1", 25),
        ("NICL-1", 8),
        ("PACL-1", 7),
    ),
    Category.SEED: (("RICE-H-1", 100),),
    Category.FILM: (("FILM-10", 100),),
}
"""Category -> products with their part of it, in hundredths."""
N_STALE, N_TRADING, N_OPERATORS = 35, 8, 3
"""Outlets that told nothing since March; outlets whose trade is told weekly; with an operator."""


@dataclass(frozen=True)
class Shelf:
    """What one outlet holds of one product at the end."""

    outlet: OutletRead
    product_code: str
    kg: Decimal


class StockChapter:
    """Counts of every shelf in March, sales of most in April; a few ledgers with their trade."""

    def __init__(self) -> None:
        self.random = Random(4120)
        self.shelves: list[Shelf] = []
        self.stale: set[UUID] = set()

    def begin(self, stage: Stage) -> None:
        """Nothing stands before 2023."""

    def week(self, stage: Stage, day: date) -> None:
        """Tell the counts of March, or a week's sales and trade."""
        if not FIRST_WEEK <= day <= LAST_WEEK:
            return
        if day == FIRST_WEEK:
            self._fill(stage, day)
            self._count(stage, day - timedelta(days=1))
            return
        self._sell(stage, day)
        if day != LAST_WEEK:
            self._trade(stage, day)

    def _fill(self, stage: Stage, day: date) -> None:
        """Share the county's stock among the shelves."""
        with stage.acting("bureau") as session:
            states = outlets.on_day(session, Question(day)).values()
            plan = _plans(session, day)
        shops = [each for each in states if each.status is Status.ACTIVE]
        self.stale = {each.id for each in self.random.sample(shops, N_STALE)}
        for category, target in TARGET_KG.items():
            sellers = [each for each in shops if category in each.categories]
            fresh = [each for each in sellers if each.id not in self.stale]
            self.shelves += _shared(category, target, fresh, plan)
            for each in sellers:
                if each.id in self.stale:
                    kg = Decimal(self.random.randrange(50, 400) * 50)
                    self.shelves.append(Shelf(each, SHELVES[category][0][0], kg))

    def _count(self, stage: Stage, day: date) -> None:
        """Count half as much again as will be left."""
        for town, told in _by_town(stage, self.shelves):
            with stage.acting(f"recorder-{town}") as session:
                for each in told:
                    _tell(session, each, Entry.COUNT, day, each.kg + each.kg / 2, Source.PHONE)

    def _sell(self, stage: Stage, week: date) -> None:
        """Sell the week's part of that half, the day before; some outlets tell nothing."""
        fresh = [each for each in self.shelves if each.outlet.id not in self.stale]
        day = week - timedelta(days=1)
        for town, told in _by_town(stage, fresh):
            with stage.acting(f"recorder-{town}") as session:
                for each in told:
                    kg = _sold_by(each, week) - _sold_by(each, week - timedelta(days=7))
                    _tell(session, each, Entry.SALE, day, kg, Source.PHONE)

    def _trade(self, stage: Stage, day: date) -> None:
        """A few ledgers tell each week what came and went; three operators tell it themselves."""
        trading = [each for each in self.shelves if each.product_code == "NPK15-50"][:N_TRADING]
        for town, told in _by_town(stage, trading):
            with stage.acting(f"recorder-{town}") as session:
                for each in told:
                    came = Decimal(self.random.randrange(10, 40) * 50)
                    _tell(session, each, Entry.RECEIPT, day, came, Source.LEDGER)
                    _tell(session, each, Entry.SALE, day, came / 2, Source.LEDGER)
        for n in range(N_OPERATORS):
            name = f"outlet-{n + 1}"
            own = stage.viewers[name].outlet_id
            shelf = next((each for each in self.shelves if each.outlet.id == own), None)
            if shelf is not None:
                with stage.acting(name) as session:
                    _tell(session, shelf, Entry.SALE, day, Decimal(5), Source.SELF_REPORT)

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""


def _plans(session: Session, day: date) -> dict[str, Decimal]:
    """Return town -> planned mu of early rice: shops stock up for the land around them."""
    season = next(each for each in reporting.seasons(session) if each.starts_on <= day)
    question = progress.Question(season, COUNTY, "RICE_E")
    towns = remaining.by_town(session, question, day)
    return {each.area_code: each.plan_mu or Decimal(1) for each in towns}


def _shared(
    category: Category, target: Decimal, sellers: list[OutletRead], plan: dict[str, Decimal]
) -> Iterator[Shelf]:
    """Share a category's stock among its sellers by their towns' land, exact in kg."""
    there = Counter(each.area_code[:TOWN] for each in sellers)
    weights = [
        plan[each.area_code[:TOWN]] / there[each.area_code[:TOWN]] * (80 + n * 37 % 40)
        for n, each in enumerate(sellers)
    ]
    for code, hundredths in SHELVES[category]:
        left = whole = target * hundredths / 100
        for n, each in enumerate(sellers):
            is_last = n == len(sellers) - 1
            kg = left if is_last else (whole * weights[n] / sum(weights)).quantize(Decimal(1))
            left -= kg
            yield Shelf(each, code, kg)


def _sold_by(shelf: Shelf, week: date) -> Decimal:
    """Return what a shop has sold by a week: all weeks together exactly half of what is left."""
    return (shelf.kg / 2 * SOLD_BY.get(week, 0) / 100).quantize(GRAM)


def _by_town(stage: Stage, shelves: list[Shelf]) -> Iterator[tuple[str, list[Shelf]]]:
    for town in sorted(stage.towns):
        told = [each for each in shelves if each.outlet.area_code.startswith(town)]
        if told:
            yield town, told


def _tell(
    session: Session, shelf: Shelf, kind: Entry, day: date, kg: Decimal, source: Source
) -> None:
    given = EventCreate(
        outlet_id=shelf.outlet.id,
        product_code=shelf.product_code,
        kind=kind,
        occurred_on=day,
        quantity_kg=kg,
        source=source,
        reason="镇里逐店核对" if kind is Entry.COUNT else None,
    )
    stock_actions.post(session, given)
