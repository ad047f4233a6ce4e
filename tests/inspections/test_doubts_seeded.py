"""A book with thirty planted defects, and the same book without them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from config.thresholds import Thresholds
from inspections.doubts import (
    field,
    prices,
    sowing_pace,
    sowing_series,
    sowing_sums,
    sowing_towns,
    stock,
    visits,
)
from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import Doubt, Skipped
from inspections.doubts.field import Fleet, PestRow, StorageRow, TrainingRow, WeatherRow
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.prices import PriceRow
from inspections.doubts.sowing_series import SowingRow
from inspections.doubts.stock import StockCard, StockEntry, StockSum
from inspections.doubts.visits import PhotoRow, VisitRow
from inspections.price_spikes import SpikeRule

D = Decimal
SHIPPED = Thresholds.read()
LIMITS = DoubtLimits(**SHIPPED.doubts.model_dump(exclude={"due_workdays", "window_days"}))
SPIKES = SpikeRule(5, 3.5, 2.0, D("0.10"), D("0.30"), 3, D("0.70"))
AS_OF = date(2023, 4, 20)
WEEKS = [AS_OF - timedelta(days=7 * n) for n in range(5, -1, -1)]
GROWN = [D(each) for each in ("2", "8", "25", "60", "85", "98")]
"""Percent of the final area, week by week."""
TOWNS = ("441803101", "441803102", "441803103")
N_VILLAGES = 8
CROPS = {"RICE_E": "transplanted", "CORN_S": "sown"}


def village(town: int, n: int) -> str:
    return f"{TOWNS[town]}{201 + n}"


VILLAGES = [village(town, n) for town in range(len(TOWNS)) for n in range(N_VILLAGES)]


def final_mu(area: str, crop: str) -> D:
    return D(300 + 17 * (int(area[-3:]) % 20) + 31 * int(area[8])) / (1 if crop == "RICE_E" else 5)


def figures(year: int) -> list[SowingRow]:
    """One clean season: curves a little apart, nurseries before them."""
    rows = []
    for area in VILLAGES:
        for crop, method in CROPS.items():
            for n, week in enumerate(WEEKS):
                day = week.replace(year=year)
                mu = (final_mu(area, crop) * GROWN[n] / 100 - int(area[-1])).quantize(D("0.1"))
                if mu <= 0:
                    continue
                beds = None
                common = (f"{year}-spring", area, crop)
                told = (day, day.timetuple().tm_yday - 35)
                rows.append(SowingRow(*common, method, *told, mu, beds, recorded_on=day))
            if crop == "RICE_E":
                beds = final_mu(area, crop) * D("1.1")
                told = (WEEKS[1].replace(year=year), 41)
                rows.append(
                    SowingRow(
                        *common, "nursery", *told, D(30 + int(area[-1])), beds, recorded_on=told[0]
                    )
                )
    return rows


class Books:
    """All books of one county, clean until something is planted in them."""

    def __init__(self) -> None:
        self.rows = figures(2023)
        self.history = [row for year in (2020, 2021, 2022) for row in figures(year)]
        self.plans = {(v, crop): final_mu(v, crop) for v in VILLAGES for crop in CROPS}
        self.land = {v: final_mu(v, "RICE_E") * D("1.5") for v in VILLAGES}
        self.dry = {(town, week): 5 for town in TOWNS for week in WEEKS}
        self.cards = [
            self.card(f"o{n}", product, TOWNS[n % 3])
            for n in range(12)
            for product in ("urea", "npk")
        ]
        self.entries = [
            StockEntry(f"e{n}", f"店{n}", TOWNS[n % 3], "尿素", AS_OF, D(-5 * n), D(500), n == 11)
            for n in range(12)
        ]
        self.sums = [
            StockSum("fertilizer", "肥料", "441803", AS_OF, D(4_000_000), D(183_660)),
            StockSum("pesticide", "农药", "441803", AS_OF, D(80_000), D(183_660)),
        ]
        self.prices = [
            PriceRow(f"p{n}", TOWNS[n % 3], f"店{n}", "urea", "尿素", AS_OF, Fraction(270 + n, 100))
            for n in range(10)
        ]
        self.months = {2023 * 12 + 3 - n: 2.75 + 0.1 * (n * 7 % 5 - 2) for n in range(1, 60)}
        self.visits = [self.visit(f"v{n}", n) for n in range(10)]
        self.photos = [PhotoRow(f"f{n}", TOWNS[0], f"{n:064x}", f"v{n}", AS_OF) for n in range(10)]
        self.fleets = [Fleet(town, "TILL_R", "旋耕机", 2023, AS_OF, 30, 40) for town in TOWNS]
        self.trainings = [
            TrainingRow(f"t{n}", TOWNS[0], "插秧机", AS_OF, 30, 25 + n) for n in range(5)
        ]
        self.days = [self.day(AS_OF - timedelta(days=n)) for n in range(30)]
        self.past = [
            self.day((AS_OF - timedelta(days=n)).replace(year=year))
            for year in (2020, 2021, 2022)
            for n in range(30)
        ]
        self.pests = [PestRow(f"s{n}", TOWNS[0], f"田{n}", AS_OF, D(160), D(150)) for n in range(4)]
        self.storage = [
            StorageRow("R1", "太和水库", TOWNS[0], day, D(900), D(1000)) for day in WEEKS
        ]

    @staticmethod
    def card(outlet: str, product: str, town: str) -> StockCard:
        moved, told = AS_OF - timedelta(days=3), AS_OF - timedelta(days=1)
        kg = D(500)
        return StockCard(outlet, f"店{outlet}", town, product, product, kg, None, moved, told, True)

    @staticmethod
    def visit(root: str, n: int, **other) -> VisitRow:
        at = datetime(2023, 4, 20, 1, 10 * (n % 6), tzinfo=UTC)
        officers = ((f"a{n}", "粤1"), (f"b{n}", "粤2"))
        made = VisitRow(root, f"店{n}", TOWNS[0], AS_OF, at, officers, (113.0 + n / 10, 23.7))
        return replace(made, **other)

    @staticmethod
    def day(on: date) -> WeatherRow:
        mean = D(18) + on.day % 7
        term = on.timetuple().tm_yday - 35
        return WeatherRow("G1", "441803", on, term, mean, mean - 4, mean + 6, D(on.day % 3) * 4)

    def change(self, area: str, week: int, crop: str = "RICE_E", **other) -> None:
        """Change one figure of a village."""
        for n, row in enumerate(self.rows):
            is_it = (row.area_code, row.crop, row.method) == (area, crop, CROPS[crop])
            if is_it and row.week == WEEKS[week]:
                self.rows[n] = replace(row, **other)
                return
        raise AssertionError((area, week, crop))

    def figure(self, area: str, week: int, crop: str = "RICE_E") -> D:
        return next(
            row.mu
            for row in self.rows
            if (row.area_code, row.crop, row.week) == (area, crop, WEEKS[week])
            and row.method == CROPS[crop]
        )

    def judged(self) -> list[Doubt | Skipped]:
        """Let every rule go over every book."""
        n_villages = dict.fromkeys(TOWNS, N_VILLAGES)
        found: list[Doubt | Skipped] = []
        for some in (
            sowing_series.falls(self.rows),
            sowing_series.jumps(self.rows, self.history, self.plans, LIMITS),
            sowing_pace.repeated(self.rows, self.plans, LIMITS),
            sowing_pace.early(self.rows, LIMITS),
            sowing_pace.beyond_fieldwork(self.rows, self.plans, self.dry, LIMITS),
            sowing_towns.round_towns(self.rows, LIMITS),
            sowing_sums.over_plan(self.rows, self.plans, LIMITS),
            sowing_sums.over_land(self.rows, self.land, {}, LIMITS),
            sowing_sums.over_nursery(self.rows, LIMITS),
            sowing_towns.neighbours(self.rows, self.plans, LIMITS),
            sowing_towns.town_totals(self.rows, n_villages, LIMITS),
            stock.negative(self.cards),
            stock.counts(self.entries, LIMITS),
            stock.silent(self.cards, AS_OF, LIMITS),
            stock.per_mu(self.sums, LIMITS),
            prices.out_of_line(self.prices, {"urea": self.months}, AS_OF, SPIKES),
            visits.too_few_officers(self.visits),
            visits.two_places(self.visits, LIMITS),
            visits.reused_photos(self.photos),
            field.beyond_register(self.fleets),
            field.beyond_planned(self.trainings, LIMITS),
            field.disordered(self.days),
            field.out_of_climate(self.days, self.past, LIMITS),
            field.unsampled(self.pests),
            field.over_capacity(self.storage, LIMITS),
        ):
            found += some
        return found

    def doubts(self) -> list[Doubt]:
        return [each for each in self.judged() if isinstance(each, Doubt)]


def own_total(books: Books, mu: D) -> None:
    """A town tells a total of its own, beside its villages."""
    template = next(row for row in books.rows if row.area_code == village(2, 0))
    books.rows.append(
        replace(template, area_code=TOWNS[2], mu=mu, week=WEEKS[5], method="transplanted")
    )


def equal_everywhere(books: Books) -> None:
    for n in range(N_VILLAGES):
        books.change(village(2, n), 0, mu=D(10)) if _has(
            books, village(2, n), 0
        ) else books.rows.append(
            SowingRow(
                *("2023-spring", village(2, n), "RICE_E", "transplanted", WEEKS[0], 40, D(10)),
                recorded_on=WEEKS[0],
            )
        )


def _has(books: Books, area: str, week: int) -> bool:
    return any(
        (row.area_code, row.crop, row.method, row.week)
        == (area, "RICE_E", "transplanted", WEEKS[week])
        for row in books.rows
    )


def copied_weeks(books: Books) -> None:
    for week in (4, 5):
        books.change(village(0, 4), week, mu=books.figure(village(0, 4), 3))


def stops_early(books: Books) -> None:
    for week in range(3, 6):
        books.change(village(1, 7), week, mu=books.figure(village(1, 7), 2) + week)


def fewer_dry_days(books: Books) -> None:
    books.dry[TOWNS[2], WEEKS[3]] = 1


def no_nursery(books: Books) -> None:
    for n, row in enumerate(books.rows):
        if (row.area_code, row.method) == (village(2, 6), "nursery"):
            books.rows[n] = replace(row, equivalent_mu=D(100))


def set_card(n: int, **other):
    return lambda books: books.cards.__setitem__(n, replace(books.cards[n], **other))


def days_ago(n: int) -> date:
    return AS_OF - timedelta(days=n)


DEFECTS = {
    "a figure falls": ("sowing.fall", lambda b: b.change(village(0, 0), 4, mu=D(100))),
    "a fall in another crop": (
        "sowing.fall",
        lambda b: b.change(village(1, 0), 5, "CORN_S", mu=D(20)),
    ),
    "a zero too many": (
        "sowing.jump",
        lambda b: b.change(village(0, 1), 5, mu=b.figure(village(0, 1), 5) * 10),
    ),
    "square metres for mu": (
        "sowing.jump",
        lambda b: b.change(
            village(1, 1), 3, "CORN_S", mu=b.figure(village(1, 1), 3, "CORN_S") * 666
        ),
    ),
    "more than the dry days allow": ("sowing.fieldwork", fewer_dry_days),
    "three weeks copied": ("sowing.repeated", copied_weeks),
    "told ten days ahead": (
        "sowing.early",
        lambda b: b.change(village(0, 5), 5, recorded_on=days_ago(10)),
    ),
    "one number for all villages": ("sowing.round", equal_everywhere),
    "far beyond the plan": (
        "sowing.over_plan",
        lambda b: b.plans.update({(village(0, 6), "RICE_E"): D(300)}),
    ),
    "far beyond the plan of corn": (
        "sowing.over_plan",
        lambda b: b.plans.update({(village(1, 2), "CORN_S"): D(50)}),
    ),
    "118 % of the land": (
        "sowing.over_land",
        lambda b: b.land.update(
            {
                village(1, 3): (b.figure(village(1, 3), 5) + b.figure(village(1, 3), 5, "CORN_S"))
                / D("1.18")
            }
        ),
    ),
    "more planted out than raised": ("sowing.over_nursery", no_nursery),
    "behind all its neighbours": ("sowing.neighbours", stops_early),
    "a total that is no sum": ("sowing.town_total", lambda b: own_total(b, D(9999))),
    "below zero": ("stock.negative", set_card(0, closing_kg=D(-40), below_since=days_ago(4))),
    "a count far from the book": (
        "stock.variance",
        lambda b: b.entries.__setitem__(3, replace(b.entries[3], quantity_kg=D(-200))),
    ),
    "tonnes for kilograms": (
        "stock.slip",
        lambda b: b.entries.append(
            StockEntry("e99", "店9", TOWNS[0], "尿素", AS_OF, D(2_000_000), None, False)
        ),
    ),
    "stock that never moves": (
        "stock.unchanged",
        set_card(6, moved_on=days_ago(40), has_sold=False),
    ),
    "an outlet that fell silent": (
        "stock.stale",
        lambda b: [set_card(n, told_on=days_ago(45))(b) for n in (2, 3)],
    ),
    "4.36 kg of pesticide per mu": (
        "stock.per_mu",
        lambda b: b.sums.__setitem__(1, replace(b.sums[1], held_kg=D(800_000))),
    ),
    "fertilizer in tonnes": (
        "stock.per_mu",
        lambda b: b.sums.__setitem__(0, replace(b.sums[0], held_kg=D(4_000))),
    ),
    "a price half again as high": (
        "price.median",
        lambda b: b.prices.__setitem__(2, replace(b.prices[2], yuan_per_kg=Fraction(420, 100))),
    ),
    "a price far from its trend": (
        "price.spike",
        lambda b: b.prices.__setitem__(4, replace(b.prices[4], yuan_per_kg=Fraction(330, 100))),
    ),
    "one officer": (
        "visit.officers",
        lambda b: b.visits.__setitem__(0, b.visit("v0", 0, officers=(("a0", "粤1"), ("b0", " ")))),
    ),
    "in two places at once": (
        "visit.two_places",
        lambda b: b.visits.append(b.visit("v99", 6, officers=b.visits[0].officers)),
    ),
    "a photo of another visit": (
        "photo.reused",
        lambda b: b.photos.append(PhotoRow("f99", TOWNS[1], f"{3:064x}", "v8", AS_OF)),
    ),
    "more repaired than there are": (
        "machinery.repaired",
        lambda b: b.fleets.__setitem__(1, replace(b.fleets[1], n_repaired=55)),
    ),
    "ten times the planned attend": (
        "training.attendance",
        lambda b: b.trainings.append(TrainingRow("t99", TOWNS[0], "植保", AS_OF, 20, 200)),
    ),
    "the lowest above the mean": (
        "weather.order",
        lambda b: b.days.__setitem__(5, replace(b.days[5], min_c=D(30))),
    ),
    "a mean of another climate": (
        "weather.climate",
        lambda b: b.days.__setitem__(8, replace(b.days[8], mean_c=D(2), min_c=D(1))),
    ),
    "a density of no area": (
        "pest.unsampled",
        lambda b: b.pests.append(PestRow("s99", TOWNS[0], "田9", AS_OF, D(900), None)),
    ),
    "more water than the reservoir holds": (
        "reservoir.over",
        lambda b: b.storage.append(
            StorageRow("R1", "太和水库", TOWNS[0], days_ago(2), D(9000), D(1000))
        ),
    ),
}


def test_the_clean_book_has_no_doubt_and_nothing_skipped():
    assert Books().judged() == []


def test_of_thirty_planted_defects_no_more_than_two_go_unseen():
    books = Books()
    for _, plant in DEFECTS.values():
        plant(books)
    found = books.doubts()
    assert len(DEFECTS) >= 30
    assert len({each.key for each in found}) == len(found)
    wanted = [rule for rule, _ in DEFECTS.values()]
    seen = [each.rule for each in found]
    caught = sum(min(seen.count(rule), wanted.count(rule)) for rule in set(wanted))
    assert caught >= len(DEFECTS) - 2
    assert set(wanted) == RULES.keys()


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_alone_is_doubted_by_its_own_rule(name):
    rule, plant = DEFECTS[name]
    books = Books()
    plant(books)
    assert [each.rule for each in books.doubts()].count(rule) == 1
