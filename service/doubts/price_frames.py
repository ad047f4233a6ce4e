"""The price panel as the rules read it."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.doubts import prices as rules
from inspections.doubts.doubt import Found
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.prices import PriceRow
from inspections.prices import window_until
from service.database import thresholds_of
from service.doubts.question import Look
from service.supply import outlets, price_spikes, prices, products
from service.supply.outlet_states import doubles
from service.supply.price_models import PriceObservation
from service.supply.prices import Asked


def window_days(session: Session) -> int:
    """Return how many days back a price is a present one."""
    return thresholds_of(session).prices.window_days - 1


def judge(session: Session, look: Look, _limits: DoubtLimits) -> Iterable[Found]:
    """Go over the prices of the present window."""
    limits = thresholds_of(session).prices
    asked = Asked(look.as_of, None, look.area)
    history = price_spikes.monthly_medians(session, asked, limits)
    rule = price_spikes.rule_of(limits)
    yield from rules.out_of_line(rows(session, asked), history, look.as_of, rule)


def rows(session: Session, asked: Asked) -> list[PriceRow]:
    """Return the latest comparable price of each outlet and product."""
    window = window_until(asked.as_of, thresholds_of(session).prices.window_days)
    kept = doubles(session, asked.known_at)
    found = prices.latest(prices.comparable(session, asked, window), kept).values()
    names = {each.code: each.name for each in products.products(session)}
    shops = outlets.on_day(session, outlets.Question(asked.as_of), area=asked.area)
    told = {key: each.name for key, each in shops.items()}
    return [
        PriceRow(
            price_id=str(row.id),
            area_code=row.area_code,
            outlet_name=told.get(row.outlet_id, "—"),
            product_code=row.product_code,
            product_name=names[row.product_code],
            on=row.observed_on,
            yuan_per_kg=prices.per_kg(row),
        )
        for row in found
    ]


def corrected(session: Session) -> frozenset[str]:
    """Return the prices that a later row corrected or withdrew."""
    later = PriceObservation.supersedes_id
    found = session.scalars(select(later).where(later.is_not(None)))
    return frozenset(str(each) for each in found)
