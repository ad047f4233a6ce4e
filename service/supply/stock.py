"""Balances: what is believed of the stock, what is stale, and how much of all that is."""

from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from statistics import median

from sqlalchemy.orm import Session

from service.supply import outlets, products
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import CATEGORY_TEXT, TOWN, Question
from service.supply.stock_held import share_of
from service.supply.stock_positions import Position, positions
from service.supply.stock_schemas import BalanceLine, Balances, By

NOTHING = Decimal(0)


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
        outlet_coverage=share_of(Decimal(n_fresh), Decimal(len(selling))),
        mass_coverage=share_of(fresh_kg, fresh_kg + stale_kg),
        median_age_days=Decimal(str(median(each.age_days for each in held))) if held else None,
    )
