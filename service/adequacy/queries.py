"""Reading whether farm inputs last, town by commodity."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from inspections import adequacy as rules
from inspections.adequacy import Alert, Grams, Need
from service import audit
from service.adequacy import codes
from service.adequacy.schemas import (
    Adequacy,
    AdequacyCell,
    CommodityRead,
    RateRead,
    StockRatio,
    TownRead,
)
from service.areas.queries import CODE_LENGTH, refuse_out_of_view
from service.database import thresholds_of
from service.errors import Invalid
from service.reporting.models import Season
from service.security import Viewer
from service.sowing import plan_rollups, remaining
from service.sowing import queries as sowing
from service.sowing.progress import Question as SowingQuestion
from service.sowing.remaining import Remaining
from service.supply import products, stock_held
from service.supply.models import Category
from service.supply.outlets import CATEGORY_TEXT, Question
from service.supply.stock_held import Held

TOWN = CODE_LENGTH["town"]
SPRING, GRAIN = "spring", "GRAIN"
N_WEEKS, NEAR_WEEKS = 12, 3
LATE_WITHIN = timedelta(days=13)
GRAMS, ZERO = 1000, Decimal(0)
SHARE, TENTH, HUNDREDTH = Decimal("0.0001"), Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True)
class Asked:
    """A season's towns on a day."""

    season: Season
    area_code: str
    as_of: date
    known_at: datetime | None = None

    @property
    def question(self) -> Question:
        """The same of the ledger."""
        return Question(self.as_of, self.known_at)


@dataclass(frozen=True)
class Table:
    """Towns by commodities: what is wanted, what is there, how far it goes."""

    asked: Asked
    towns: list[Remaining]
    commodities: list[CommodityRead]
    demand: Grams
    stock: Grams

    @cached_property
    def outlook(self) -> rules.Outlook:
        """How far the stock goes."""
        place = {each.area_code: n for n, each in enumerate(self.towns)}
        reach = {
            place[town]: [place[other] for other in others if other in place]
            for town, others in codes.reach().items()
            if town in place
        }
        return rules.outlook(self.demand, self.stock, reach)


def adequacy(session: Session, asked: Asked) -> Adequacy:
    """Return whether farm inputs last in the towns of an area; made once until the next write."""
    viewer: Viewer | None = session.info.get("viewer")
    seen = viewer and (viewer.role, viewer.area_code)
    key = ("adequacy", seen, asked.season.code, asked.area_code, asked.as_of, asked.known_at)
    return audit.until_the_next_write(session, key, lambda: _adequacy(session, asked))


def _adequacy(session: Session, asked: Asked) -> Adequacy:
    if asked.season.kind != SPRING:
        raise Invalid("农资需求只按春播的农时计算;请选春播的播种季", field="season")
    if len(asked.area_code) > TOWN:
        raise Invalid("农资保障按镇计算;请选镇或区", field="area")
    refuse_out_of_view(session, asked.area_code)
    rates = codes.rates(asked.as_of)
    held = stock_held.held(session, asked.question, area=asked.area_code)
    table = _table(session, asked, rates, held)
    cells = list(_cells(session, table))
    coverage = held.outlet_coverage
    short, unplanned = _short_soon(table), [e.name for e in table.towns if e.plan_mu is None]
    limit = thresholds_of(session).adequacy.least_coverage
    is_met = not short and not unplanned and coverage is not None and coverage >= limit
    return Adequacy(
        season=asked.season.code,
        area_code=asked.area_code,
        as_of=asked.as_of,
        known_at=asked.known_at,
        n_weeks=N_WEEKS,
        outlet_coverage=coverage,
        is_met=is_met,
        text=_text(short, unplanned, coverage, is_met=is_met),
        towns=[_town(each) for each in table.towns],
        commodities=table.commodities,
        items=cells,
        rates=_rates_read(rates, table.commodities),
        crops_without_rate=_without_rate(session, asked, rates),
        ratios=_ratios(session, asked, rates, held),
    )


def _table(session: Session, asked: Asked, rates: list[codes.Rate], held: Held) -> Table:
    listed = _commodities(session, rates)
    column = {each.code: n for n, each in enumerate(listed)}
    needs: list[Need] = []
    towns: list[Remaining] = []
    for crop in sorted({each.crop for each in rates}):
        question = SowingQuestion(asked.season, asked.area_code, crop, asked.known_at)
        towns = remaining.by_town(session, question, asked.as_of)
        own = [each for each in rates if each.crop == crop]
        needs += _needs(asked, own, towns, column)
    shape = (len(towns), len(listed))
    there = np.zeros(shape, np.int64)
    for n, town in enumerate(towns):
        for code, kg in held.of_town(town.area_code).items():
            if code in column:
                there[n, column[code]] = int(kg * GRAMS)
    demand = rules.demand_by_week(needs, asked.as_of, shape, N_WEEKS)
    return Table(asked, towns, listed, demand, there)


def _commodities(session: Session, rates: list[codes.Rate]) -> list[CommodityRead]:
    """Return the commodities that have a rate, in the order of the products' list."""
    wanted = {each.commodity for each in rates}
    found: dict[str, CommodityRead] = {}
    for each in products.goods(session):
        if each.commodity in wanted:
            found.setdefault(
                each.commodity,
                CommodityRead(
                    code=each.commodity,
                    name=products.commodity_name(each.commodity),
                    category=each.category,
                ),
            )
    return list(found.values())


def _needs(
    asked: Asked, rates: list[codes.Rate], towns: list[Remaining], column: dict[str, int]
) -> Iterable[Need]:
    for rate in rates:
        first, last = codes.stage(rate.stage_code, asked.season.crop_year)
        for n, town in enumerate(towns):
            mu, starts, ends = town.plan_mu or ZERO, first, last
            if rate.is_of_unplanted:
                # Land that is late wants its inputs all the same: within the next fortnight.
                mu = town.unplanted_mu or ZERO
                starts = max(first, asked.as_of)
                ends = max(last, starts + LATE_WITHIN)
            grams = int(mu * rate.kg_per_mu * GRAMS)
            yield Need(n, column[rate.commodity], grams, starts, ends)


def _cells(session: Session, table: Table) -> Iterable[AdequacyCell]:
    limits = thresholds_of(session).adequacy
    seen, as_of = table.outlook, table.asked.as_of
    for t, town in enumerate(table.towns):
        for c, commodity in enumerate(table.commodities):
            weekly = [int(each) for each in table.demand[t, c]]
            own, available = int(table.stock[t, c]), int(seen.available[t, c])
            wanted, near = sum(weekly), sum(weekly[:NEAR_WEEKS])
            week = int(seen.first_short_week[t, c])
            short_from = None if week == rules.NEVER else as_of + timedelta(weeks=week)
            level = rules.alert(available, wanted, limits.red_below, limits.orange_below)
            yield AdequacyCell(
                area_code=town.area_code,
                commodity=commodity.code,
                stock_kg=_kg(own),
                reached_kg=_kg(available - own),
                demand_kg=_kg(wanted),
                weekly_demand_kg=[_kg(each) for each in weekly],
                cover_share=_part(available, wanted, SHARE),
                cover_days=_part(own * NEAR_WEEKS * 7, near, TENTH),
                short_from=short_from,
                alert=level,
                text=_cell_text(level, short_from, wanted - available),
            )


def _cell_text(level: Alert, short_from: date | None, lack: int) -> str:
    if short_from is None:
        return "本季不再需要" if level is Alert.NO_DEMAND else "够用"
    return f"{short_from.month}月{short_from.day}日那周起不够,共缺 {_kg(lack):,.0f} 公斤"


def _kg(grams: int) -> Decimal:
    return Decimal(grams).scaleb(-3)


def _part(part: int, whole: int, places: Decimal) -> Decimal | None:
    return (Decimal(part) / whole).quantize(places) if whole else None


def _short_soon(table: Table) -> int:
    week = table.outlook.first_short_week
    return int(((week != rules.NEVER) & (week < NEAR_WEEKS)).sum())


def _text(n_short: int, unplanned: list[str], coverage: Decimal | None, *, is_met: bool) -> str:
    if is_met:
        return "农资供应顺畅,今后三周各镇各品种需求得到满足"
    if n_short:
        return f"今后三周有 {n_short} 处(镇×品种)不够,见表"
    if unplanned:
        return f"{'、'.join(unplanned)}没有计划面积,不能说需求得到满足;请先报计划"
    told = "没有网点" if coverage is None else f"只有 {coverage * 100:.1f}% 的网点"
    return f"{told}有近期库存,不能说需求得到满足;请先催报"


def _town(row: Remaining) -> TownRead:
    return TownRead(area_code=row.area_code, name=row.name, unplanted_mu=row.unplanted_mu)


def _rates_read(rates: list[codes.Rate], listed: list[CommodityRead]) -> list[RateRead]:
    names = {each.code: each.name for each in listed}
    same = ("crop", "commodity", "stage_code", "kg_per_mu", "is_default", "source")
    return [
        RateRead(
            name=names.get(each.commodity, each.commodity),
            **{key: getattr(each, key) for key in same},
        )
        for each in rates
    ]


def _without_rate(session: Session, asked: Asked, rates: list[codes.Rate]) -> list[str]:
    """Name the planned crops whose needs nobody has told: their demand is not in the table."""
    planned = plan_rollups.planned_crops(session, asked.season.code, asked.area_code)
    missing = planned - {each.crop for each in rates}
    return [each.name for each in sowing.crops(session) if each.code in missing]


def _ratios(
    session: Session, asked: Asked, rates: list[codes.Rate], held: Held
) -> list[StockRatio]:
    question = SowingQuestion(asked.season, asked.area_code, GRAIN, asked.known_at)
    sown = remaining.sown_mu(session, question, asked.as_of)
    category_of = {each.commodity: each.category for each in products.goods(session)}
    times = thresholds_of(session).adequacy.doubt_times_season_need
    found = []
    for category in (Category.FERTILIZER, Category.PESTICIDE):
        need = sum(
            (each.kg_per_mu for each in rates if category_of.get(each.commodity) is category), ZERO
        )
        found.append(_ratio(category, held.of_category(category), sown, need, times))
    return found


def _ratio(
    category: Category, kg: Decimal, sown: Decimal | None, need: Decimal, limit: Decimal
) -> StockRatio:
    per_mu = (kg / sown).quantize(HUNDREDTH) if sown else None
    times = (kg / sown / need).quantize(HUNDREDTH) if sown and need else None
    is_doubted = times is not None and times > limit
    text = "没有播种面积,不能比较"
    if per_mu is not None:
        text = f"按已播粮食面积合 {per_mu} 公斤/亩,为早稻一季常年用量 {need} 公斤/亩的 {times} 倍"
    if is_doubted:
        text += ";存疑:库存恐不只供春播粮食,或单位、口径有误"
    return StockRatio(
        category=category,
        name=CATEGORY_TEXT[category],
        fresh_kg=kg,
        sown_mu=sown,
        kg_per_mu=per_mu,
        season_need_kg_per_mu=need,
        times_season_need=times,
        is_doubted=is_doubted,
        text=text,
    )
