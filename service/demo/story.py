"""What is told: the made-up springs of 2020 to 2023. Pure, seeded, the same every time.

The one figure that is not made up is the bulletin's: on 2023-04-20 the accepted total of all
grain is 183,660.00 mu. Everything else is invented so that it looks like such a spring.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

from service.sowing.models import Method

SEED = 20230420
YEARS = (2020, 2021, 2022, 2023)
CLOSING_DAY = date(2023, 4, 20)
"""The day of the bulletin's figure."""
CLOSING_MU = Decimal("183660.00")
"""Source: 清新区乡村振兴工作动态 2023 年第 3 期: 截至4月20日…粮食播种面积达18.366万亩."""
CHANGED_TOWN = "441803104"
"""Whose land is surveyed again at the end of March 2023."""
CLOSING_SHARE = 0.872
"""Share of the plan that the closing figure is; invented."""
LATE = 8
"""Towns with one late village in the closing week: all but the forest farm."""
OVER_PLAN_SHARE = Decimal("1.27")
BUILT_UP_SHARE = 0.6
"""Share of the urban communities that grow nothing."""
NOT_BEGUN_SHARE = 0.02
WEEKS = timedelta(days=7)
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Growth:
    """How one crop comes onto the land: methods with their share, middle day and spread."""

    crop: str
    share: float
    methods: Mapping[Method, tuple[float, date, float]]


def _around(month: int, day: int) -> date:
    return date(2023, month, day)


GROWTHS = (
    Growth(
        "RICE_E",
        0.87,
        {
            Method.NURSERY: (0.10, _around(3, 14), 4.0),
            Method.DIRECT_SEEDED: (0.22, _around(4, 5), 4.5),
            Method.TRANSPLANTED: (0.46, _around(4, 12), 4.0),
            Method.THROWN: (0.32, _around(4, 13), 3.6),
        },
    ),
    Growth("CORN_S", 0.05, {Method.SOWN: (1.0, _around(3, 20), 6.0)}),
    Growth("SOY_S", 0.025, {Method.SOWN: (1.0, _around(3, 28), 6.0)}),
    Growth("SWEETPOTATO", 0.055, {Method.SOWN: (1.0, _around(4, 10), 8.0)}),
    Growth("PEANUT_S", 0.06, {Method.SOWN: (1.0, _around(3, 24), 6.0)}),
)
"""Shares of grain add up to one without the peanut, which is no grain."""
LAG_DAYS = {2020: 4.0, 2021: 1.0, 2022: 2.5, 2023: 0.0}
"""Later springs than 2023's; that of 2020 had a cold spell in early April."""
SIZE = {2020: 0.97, 2021: 0.985, 2022: 0.992, 2023: 1.0}

Key = tuple[str, str, Method]
"""Village, crop, method."""


@dataclass(frozen=True)
class Week:
    """What one village reports for one crop and method: mu, or None for 无此作物."""

    village: str
    crop: str
    method: Method
    mu: Decimal | None


class Story:
    """The weekly cumulative figures of every village, and the events that befall them."""

    def __init__(self, villages: Sequence[tuple[str, str]]) -> None:
        """Tell the story over these villages (code, name)."""
        self.names = dict(villages)
        self.villages = sorted(self.names)
        self.towns = sorted({code[:9] for code in self.villages})
        fate = random.Random(SEED)
        self.weight = {code: self._weight(code, fate) for code in self.villages}
        self.lag = {code: fate.gauss(0, 1.2) for code in self.villages}
        growing = [code for code in self.villages if self.weight[code] > 0]
        by_town = {town: [c for c in growing if c[:9] == town] for town in self.towns}
        self.late = {by_town[town][-2] for town in self.towns[:LATE]}
        self.over_plan = by_town["441803104"][3]
        self.misreporter = by_town["441803112"][4]
        self.returned_town = "441803117"
        self.balancer = max(
            (c for c in growing if c not in self.late | {self.over_plan, self.misreporter}),
            key=lambda code: self.weight[code],
        )

    def _weight(self, code: str, fate: random.Random) -> float:
        drawn = fate.lognormvariate(0, 0.5)
        is_urban = "社区" in self.names[code]
        is_built_up = is_urban and fate.random() < BUILT_UP_SHARE
        return 0.0 if is_built_up else drawn * (0.3 if is_urban else 1.0)

    @cached_property
    def scale(self) -> float:
        """Return mu of final grain area per unit of weight, so that 2023 closes a little low."""
        raw = float(sum(self._closing(1000.0).values(), Decimal(0)))
        return 1000.0 * (float(CLOSING_MU) - 30) / raw

    def plan(self, year: int) -> dict[tuple[str, str], Decimal]:
        """Return (village, crop) -> planned mu, in whole mu."""
        factor = self.scale * SIZE[year] * self._plan_factor
        plans = {
            (code, growth.crop): Decimal(round(self.weight[code] * growth.share * factor))
            for code in self.villages
            if self.weight[code] > 0
            for growth in GROWTHS
        }
        if year == CLOSING_DAY.year:
            sown = self.rice_closing[self.over_plan]
            plans[self.over_plan, "RICE_E"] = Decimal(round(sown / OVER_PLAN_SHARE))
        return plans

    @cached_property
    def _plan_factor(self) -> float:
        weights = sum(self.weight.values())
        return float(CLOSING_MU) / CLOSING_SHARE / (weights * self.scale)

    @cached_property
    def rice_closing(self) -> dict[str, Decimal]:
        """Return what each village has of early rice on the closing day."""
        found: dict[str, Decimal] = {}
        for (code, crop, method), mu in self._closing(self.scale).items():
            if crop == "RICE_E" and method is not Method.NURSERY:
                found[code] = found.get(code, Decimal(0)) + mu
        return found

    def _closing(self, scale: float) -> dict[Key, Decimal]:
        """Return the standing grain figures of the closing day, late villages a week behind."""
        found: dict[Key, Decimal] = {}
        for code in self.villages:
            day = CLOSING_DAY - WEEKS if code in self.late else CLOSING_DAY
            for growth in GROWTHS:
                for method in growth.methods:
                    is_counted = growth.crop != "PEANUT_S" and method is not Method.NURSERY
                    if is_counted and self.weight[code] > 0:
                        mu = self._cumulative(code, growth, method, day, scale)
                        found[code, growth.crop, method] = mu
        return found

    @cached_property
    def balance_mu(self) -> Decimal:
        """Return what the balancing village adds, to close on the bulletin's figure."""
        return CLOSING_MU - sum(self._closing(self.scale).values(), Decimal(0))

    def _cumulative(
        self, code: str, growth: Growth, method: Method, day: date, scale: float
    ) -> Decimal:
        part, middle, spread = growth.methods[method]
        lag = LAG_DAYS[day.year] + self.lag[code]
        days = (day - middle.replace(year=day.year)).days - lag
        done = 1 / (1 + math.exp(-days / spread))
        done = 0.0 if done < NOT_BEGUN_SHARE else min(done * 1.02, 1.0)
        final = self.weight[code] * growth.share * part * scale * SIZE[day.year]
        return Decimal(final * done).quantize(TENTH, ROUND_DOWN)

    def late_town(self, day: date) -> str | None:
        """Return the town that submits after the due hour: every third week another one."""
        week = day.toordinal() // 7
        return self.towns[week // 3 % len(self.towns)] if week % 3 == 0 else None

    def week(self, town: str, day: date) -> list[Week]:
        """Return what a town's villages report for a week; late ones are missing."""
        rows = []
        for code in self.villages:
            if code[:9] != town or (day == CLOSING_DAY and code in self.late):
                continue
            for growth in GROWTHS:
                rows += self._village(code, growth, day)
        return rows

    def _village(self, code: str, growth: Growth, day: date) -> list[Week]:
        if self.weight[code] == 0:
            method = next(iter(growth.methods))
            return [Week(code, growth.crop, method, None)]
        rows = []
        for method in growth.methods:
            mu = self._cumulative(code, growth, method, day, self.scale)
            if (code, growth.crop, method) == (self.balancer, "RICE_E", Method.TRANSPLANTED):
                mu += self.balance_mu if day >= CLOSING_DAY and day.year == CLOSING_DAY.year else 0
            rows.append(Week(code, growth.crop, method, mu))
        return rows
