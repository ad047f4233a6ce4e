"""The prices of the demonstration: what recorders wrote down at some shops, spring by spring."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from service.demo.stage import Stage
from service.supply import outlets
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.price_actions import Register, file_price
from service.supply.price_models import PriceKind
from service.supply.price_schemas import PriceCreate

VISITS = {
    date(2020, 4, 23),
    date(2021, 4, 22),
    date(2022, 4, 14),
    date(2022, 4, 21),
    date(2023, 4, 13),
    date(2023, 4, 20),
}
"""Thursdays of the weeks in which prices were taken."""
FULL_FROM = 2022
N_PER_TOWN = 3
YUAN = {
    Category.FERTILIZER: {"UREA-50": 134, "NPK15-50": 168, "KCL-50": 205, "MAP-50": 176},
    Category.PESTICIDE: {"IMI-10": 46, "PYM-20": 88, "TRI-1": 62, "BUTA-1": 31, "VAL-1": 18},
    Category.SEED: {"RICE-C-5": 45, "RICE-H-1": 78},
    Category.FILM: {"FILM-10": 138},
}
"""Category -> product -> what a pack cost in the spring of 2022."""
LEVEL = {2020: 0.78, 2021: 0.86, 2022: 1.0, 2023: 1.008}
"""Of a spring, against 2022's: fertilizer had risen for two years, and then no more."""
LAST_WEEK = 0.998
DEAR = Decimal("1.45")
"""One shop asks so much for its urea in the last week."""
PAID = Decimal("0.6")
"""Of the price of hybrid seed, what a farmer pays where it is subsidised."""


def whole(yuan: Decimal) -> Decimal:
    """Round to whole yuan, as a price tag does."""
    return yuan.quantize(Decimal(1))


class PricesChapter:
    """Three shops of each town, in the week before 20 April and in its own."""

    def __init__(self) -> None:
        self.random = Random(2073)
        self.shops: list[OutletRead] = []
        self.own: dict[tuple[str, str], float] = {}
        """How a shop's price of a product differs from the others', for good."""

    def begin(self, stage: Stage) -> None:
        """Nothing stands before the first spring."""

    def week(self, stage: Stage, day: date) -> None:
        """Take the prices of a week, town by town."""
        if day not in VISITS:
            return
        self.shops = self.shops or self._chosen(stage, day)
        for town in sorted(stage.towns):
            with stage.acting(f"recorder-{town}") as session:
                register = Register(session)
                for shop in self.shops:
                    if shop.area_code.startswith(town):
                        for price in self._prices(shop, day):
                            file_price(session, price, register)

    def _chosen(self, stage: Stage, day: date) -> list[OutletRead]:
        """Choose shops that stay: of each town those with the most kinds of goods."""
        with stage.acting("bureau") as session:
            found = [
                each
                for each in outlets.on_day(session, outlets.Question(day)).values()
                if each.status is Status.ACTIVE and each.lon is not None
            ]
        found.sort(key=lambda each: (-len(each.categories), each.name))
        return [
            shop
            for town in sorted(stage.towns)
            for shop in [each for each in found if each.area_code.startswith(town)][:N_PER_TOWN]
        ]

    def _prices(self, shop: OutletRead, day: date) -> Iterable[PriceCreate]:
        goods = [
            (code, yuan)
            for category in shop.categories
            for code, yuan in YUAN[category].items()
            if day.year >= FULL_FROM or code == "UREA-50"
        ]
        seen_on = day - timedelta(days=1 + len(shop.name) % 3)
        for code, yuan in goods:
            asked = self._yuan(shop, code, yuan * LEVEL[day.year], day)
            price = PriceCreate(
                outlet_id=shop.id,
                product_code=code,
                observed_on=seen_on,
                price_yuan=asked,
                observer="镇农技员",
            )
            yield price
            if code == "RICE-H-1":
                paid = {"price_yuan": whole(asked * PAID), "price_kind": PriceKind.SUBSIDISED}
                yield price.model_copy(update=paid)

    def _yuan(self, shop: OutletRead, code: str, about: float, day: date) -> Decimal:
        """Return what a shop asks: about the spring's price, to the half yuan."""
        own = self.own.setdefault((shop.name, code), self.random.uniform(0.95, 1.05))
        is_earlier = (day + timedelta(days=7)) in VISITS
        drift = self.random.uniform(0.985, 1.015) * (LAST_WEEK if is_earlier else 1)
        asked = Decimal(round(about * own * drift * 2)) / 2
        is_dear = code == "UREA-50" and day == max(VISITS) and shop is self.shops[0]
        return whole(asked * DEAR) if is_dear else asked

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""
