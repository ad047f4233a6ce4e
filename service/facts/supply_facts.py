"""Facts of outlets, stock and prices."""

from collections.abc import Callable
from decimal import Decimal

from inspections.units import Quantity, Unit, exact, rate
from service.facts.definitions import (
    PERCENT,
    Computed,
    FactDef,
    Row,
    Rows,
    count,
    ratio,
    statement,
)
from service.facts.reading import Reading
from service.facts.sowing_facts import sown_rows
from service.supply.models import Category
from service.supply.outlets import CATEGORY_TEXT

OUTLETS, STOCK, PRICES = "outlets", "stock", "prices"
ADEQUACY = "adequacy"
"""Rows that are reckoned of several books: nobody entered them."""
KG_PER_T = 1000
CLASSES = (Category.FERTILIZER, Category.PESTICIDE)
ONE = Decimal(1)


def _active(category: Category | None) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = [each for each in reading.outlets if category is None or category in each.licensed]
        rows = Rows(
            Row(OUTLETS, str(each.id), each.valid_from, each.area_code, each.name, ONE)
            for each in found
        )
        return Computed(counted=Quantity(len(found), Unit.ITEM), rows=rows)

    return compute


def _stock(category: Category) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        line = reading.balances.get(category)
        if line is None:
            return Computed(text="没有网点报过库存")
        held = [
            each
            for each in reading.positions
            if each.product.category is category and each.is_fresh and each.state.closing_kg > 0
        ]
        rows = Rows(
            Row(
                STOCK,
                f"{each.ledger_id}/{each.product.code}",
                each.state.day,
                each.outlet.area_code,
                f"{each.outlet.name} {each.product.name}",
                each.state.closing_kg / KG_PER_T,
            )
            for each in held
        )
        marks = [
            f"{each.outlet_name} {each.text}"
            for each in reading.unasked_marks
            if each.category is category
        ]
        return Computed(
            counted=Quantity(line.fresh_kg / KG_PER_T, Unit.TONNE),
            rows=rows,
            coverage=line.outlet_coverage,
            age_days=line.median_age_days,
            doubts=marks + _ratio_doubts(reading, category),
            text=f"{line.n_fresh}/{line.n_outlets} 个网点有近期库存;"
            f"过期的 {line.stale_kg} 公斤不计",
        )

    return compute


def _ratio_doubts(reading: Reading, category: Category) -> list[str]:
    """What is doubted of the stock by mu is doubted of the stock: one of both is wrong."""
    found = reading.adequacy
    if found is None:
        return []
    return [e.text for e in found.ratios if e.category is category and e.is_doubted]


def _per_mu(category: Category) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found, stock = reading.adequacy, _stock(category)(reading)
        ratio = next((e for e in found.ratios if e.category is category), None) if found else None
        if ratio is None or not ratio.sown_mu or stock.counted is None:
            return Computed(text="没有播种面积或库存")
        per_mu = rate(stock.counted, Quantity(ratio.sown_mu, Unit.MU), "公斤/亩")
        return Computed(
            ratio=None if per_mu is None else exact(per_mu),
            rows=Rows([*stock.rows, *sown_rows(reading)]),
            coverage=stock.coverage,
            age_days=stock.age_days,
            doubts=[ratio.text] if ratio.is_doubted else [],
            text=ratio.text,
        )

    return compute


def _needs_met(reading: Reading) -> Computed:
    found = reading.adequacy
    if found is None:
        return Computed(text="没有春播的播种季,不能判断")
    names = {each.code: each.name for each in found.commodities}
    towns = {each.area_code: each.name for each in found.towns}
    rows = Rows(
        Row(
            ADEQUACY,
            f"{each.area_code}/{each.commodity}",
            found.as_of,
            each.area_code,
            f"{towns[each.area_code]} {names[each.commodity]}:{each.text}",
            each.stock_kg / KG_PER_T,
        )
        for each in found.items
    )
    return Computed(
        statement=found.is_met, rows=rows, coverage=found.outlet_coverage, text=found.text
    )


def _prices(category: Category | None) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = reading.prices(category)
        rows = Rows(
            Row(
                PRICES,
                str(each.now_id),
                each.now_on,
                "",
                f"{each.product_code} {each.base_yuan_per_kg}→{each.now_yuan_per_kg} 元/公斤",
                each.relative,
            )
            for each in found.pairs
        )
        said = f"{found.line.n_pairs} 对、{found.line.n_outlets} 个网点:{found.line.wording}"
        if found.change is None:
            return Computed(rows=rows, text=said)
        is_level = "持平" in found.line.wording
        return Computed(ratio=exact(found.change), statement=is_level, rows=rows, text=said)

    return compute


def _price_fact(category: Category | None) -> FactDef:
    name = f"{CATEGORY_TEXT[category]}价格同比" if category else "农资价格同比"
    return ratio(
        f"prices.yoy_{category}" if category else "prices.yoy",
        name,
        PERCENT,
        4,
        "同一网点同一规格,今年与去年同旬价格之比的中位数减一;配对不足时不作结论",
        _prices(category),
        books=(PRICES,),
        grain="同一网点同一规格的一对价格",
    )


def _outlet_fact(code: str, title: str, category: Category | None, how: str) -> FactDef:
    return count(code, title, Unit.ITEM, how, _active(category), books=(OUTLETS,), grain="一个网点")


FACTS = (
    _outlet_fact(
        "outlets.active", "农资经营网点", None, "当天在营业的网点数,合并、停业、注销的不计"
    ),
    *(
        _outlet_fact(
            f"outlets.{each}",
            f"{CATEGORY_TEXT[each]}经营网点",
            each,
            f"当天在营业、且有经营{CATEGORY_TEXT[each]}的有效依据的网点数",
        )
        for each in (Category.FERTILIZER, Category.PESTICIDE, Category.SEED)
    ),
    *(
        count(
            f"stock.{each}",
            f"{CATEGORY_TEXT[each]}储备量",
            Unit.TONNE,
            "各网点仍可信的账面库存(实物量)之和,是下限:过期未报的网点不计,低于零的不计",
            _stock(each),
            books=(STOCK,),
            places=3,
            is_lower_bound=True,
            grain="一个网点的一种产品",
        )
        for each in CLASSES
    ),
    *(
        ratio(
            f"stock.{each}_per_mu",
            f"每亩已播粮食的{CATEGORY_TEXT[each]}储备",
            "公斤/亩",
            2,
            "储备量除以粮食播种面积;远超一季用量时存疑",
            _per_mu(each),
            books=(STOCK, "sowing"),
            is_lower_bound=True,
            grain="一个网点的一种产品;一村一作物的播种面积",
        )
        for each in CLASSES
    ),
    statement(
        "stock.needs_met",
        "农资需求得到满足",
        "今后三周各镇各品种的可用库存都不少于需求,且报库存的网点达到比例",
        _needs_met,
        books=(STOCK, "sowing"),
        grain="一镇一品种",
    ),
    *(_price_fact(each) for each in (None, Category.FERTILIZER, Category.PESTICIDE, Category.SEED)),
)
