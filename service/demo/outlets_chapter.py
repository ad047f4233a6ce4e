"""The outlets of the demonstration: 233 in business on 20 April 2023, and what went before."""

from datetime import date, timedelta
from random import Random
from uuid import uuid5

import numpy as np
from sqlalchemy.orm import Session

from inspections.outlets import uscc_check_character
from service.areas.actions import shipped_areas
from service.demo import territory
from service.demo.stage import Stage
from service.records import NAMESPACE
from service.supply import outlet_actions as actions
from service.supply.models import Category, Change, LicenceKind
from service.supply.outlet_schemas import (
    ChangeCreate,
    LicenceCreate,
    MergeCreate,
    OperatorCreate,
    OutletCreate,
    OutletRead,
)

N_ACTIVE, N_CLOSED, N_SUSPENDED, N_DOUBLES = 233, 6, 3, 2
N_WITHOUT_PLACE, N_EXPIRING, N_OPERATORS = 3, 8, 3
SURNAMES = "陈李黄何梁罗林朱欧阳邓"
NAMES = (
    "丰收",
    "春雨",
    "禾苗",
    "绿源",
    "金穗",
    "农友",
    "惠农",
    "沃土",
    "新禾",
    "百丰",
    "旺田",
    "稻香",
)
KINDS = ("农资店", "农资经营部", "农业服务部", "种子农药店", "肥料门市部")
N_ASTRAY = 2
"""Outlets whose place was noted in the next town, for someone to find."""
MIXES = (
    (Category.FERTILIZER, Category.PESTICIDE, Category.SEED),
    (Category.FERTILIZER, Category.PESTICIDE),
    (Category.FERTILIZER, Category.FILM),
    (Category.PESTICIDE, Category.SEED),
    (Category.FERTILIZER,),
)
LAST_YEAR, MERGED_FROM = date(2022, 9, 1), date(2023, 3, 1)


class OutletsChapter:
    """Openings in the winter of 2020, endings in 2022, two doubles found in March 2023."""

    def __init__(self) -> None:
        self.random = Random(233)
        self.opened: list[OutletRead] = []
        self.places = np.random.default_rng(N_ACTIVE)
        outline = territory.read_outline(territory.OUTLINE)
        surveyor = np.random.default_rng(territory.SEED)
        self.ground = territory.survey(outline, shipped_areas(), surveyor)

    def begin(self, stage: Stage) -> None:
        """Enter the register with its licences."""
        towns = sorted(stage.towns)
        count = N_ACTIVE + N_CLOSED + N_SUSPENDED + N_DOUBLES
        with stage.acting("bureau") as session:
            for n in range(count):
                given = self._outlet(n, towns[n % len(towns)], stage)
                outlet, _ = actions.open_outlet(session, given)
                self.opened.append(outlet)
                for licence in self._licences(n, outlet):
                    actions.file_licence(session, licence)
            for n in range(N_OPERATORS):
                operator = OperatorCreate(username=f"outlet-{n + 1}")
                actions.name_operator(session, self.opened[n].id, operator)
        stage.adopt(*(f"outlet-{n + 1}" for n in range(N_OPERATORS)))

    def _outlet(self, n: int, town: str, stage: Stage) -> OutletCreate:
        random = self.random
        first = f"92441803MA{n:04d}{random.choice('ABCDEFGH')}{random.randrange(100):02d}"
        name = f"{stage.towns[town].removesuffix('镇')}{NAMES[n % len(NAMES)]}"
        place = self._place(n, town)
        return OutletCreate(
            id=uuid5(NAMESPACE, f"demo:outlet:{n}"),  # a draw sorts by it
            area_code=town,
            name=f"{name}{KINDS[n % len(KINDS)]}{n // 60 + 1}店",
            uscc=first + (uscc_check_character(first) or ""),
            owner_name=f"{random.choice(SURNAMES)}{random.choice('文明强英华丽')}",
            phone=f"0763-58{n:05d}",
            address=f"圩镇农贸路 {random.randrange(1, 200)} 号",
            lon=place[0] if place else None,
            lat=place[1] if place else None,
            categories=list(MIXES[n % len(MIXES)]),
            opened_on=self._opening(n, random.randrange(2000)),
        )

    def _opening(self, n: int, days_before: int) -> date:
        """Return a shop's first day; a double's is the day after the one it doubles."""
        first_double = N_ACTIVE + N_CLOSED + N_SUSPENDED
        if n >= first_double:
            return self.opened[n - first_double].opened_on + timedelta(days=1)
        return date(2019, 12, 1) - timedelta(days=days_before)

    def _place(self, n: int, town: str) -> tuple[float, float] | None:
        """Return a place in one of the town's villages; none for a few, a wrong one for two."""
        if n < N_WITHOUT_PLACE:
            return None
        codes = self.ground.codes.tolist()
        is_astray = n < N_WITHOUT_PLACE + N_ASTRAY
        there = [k for k, code in enumerate(codes) if code.startswith(town) != is_astray]
        lon, lat = territory.near(self.ground, there[n % len(there)], self.places)
        return round(lon, 6), round(lat, 6)

    def _licences(self, n: int, outlet: OutletRead) -> list[LicenceCreate]:
        """Give five years from 2020 on; a few end in this spring."""
        ends = date(2023, 5, 10) if n % 29 == 1 and n // 29 < N_EXPIRING else date(2025, 12, 31)
        kinds = {
            Category.PESTICIDE: (LicenceKind.PESTICIDE_LICENCE, "农药经许(粤)4418032{:04d}"),
            Category.SEED: (LicenceKind.SEED_FILING, "粤清新种备(2020)第{:04d}号"),
        }
        return [
            LicenceCreate(
                outlet_id=outlet.id,
                kind=kinds[category][0],
                number=kinds[category][1].format(n),
                valid_from=date(2020, 1, 2),
                valid_to=ends,
                authority="清新区农业农村局",
            )
            for category in outlet.categories
            if category in kinds
        ]

    def week(self, stage: Stage, day: date) -> None:
        """End some in the autumn before the last spring; find two doubles in March of it."""
        if day >= MERGED_FROM and self.opened:
            with stage.acting("bureau") as session:
                for n in range(N_CLOSED):
                    self._end(session, N_ACTIVE + n, Change.CLOSED)
                for n in range(N_SUSPENDED):
                    self._end(session, N_ACTIVE + N_CLOSED + n, Change.SUSPENDED)
                for n in range(N_DOUBLES):
                    double = self.opened[N_ACTIVE + N_CLOSED + N_SUSPENDED + n]
                    into = MergeCreate(into_id=self.opened[n].id, reason="与另一条登记为同一家")
                    actions.merge(session, double.id, into)
            self.opened = []

    def _end(self, session: Session, n: int, change: Change) -> None:
        given = ChangeCreate(change=change, valid_from=LAST_YEAR, reason="经营者申请")
        actions.change_outlet(session, self.opened[n].id, given)

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""
