"""Present prices that stand out."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from config.thresholds import PriceThresholds
from inspections.price_spikes import Against, Deviation, SpikeRule, deviation
from inspections.prices import Window, middle, shown, window_until
from service.database import thresholds_of
from service.supply import outlets, prices, products
from service.supply.outlet_states import doubles
from service.supply.price_models import PriceObservation
from service.supply.price_schemas import PriceRead, PriceSpike
from service.supply.prices import Asked

DAYS_PER_YEAR = 366
Months = Mapping[int, float]


def rule_of(limits: PriceThresholds) -> SpikeRule:
    """Return the limits of what stands out."""
    return SpikeRule(
        min_peers=limits.min_peers,
        peer_z=float(limits.peer_z),
        season_z=float(limits.season_z),
        least_share=limits.least_share,
        median_share=limits.median_share,
        min_years=limits.season_min_years,
        min_months_share=limits.season_min_months_share,
    )


def spikes(session: Session, asked: Asked) -> list[PriceSpike]:
    """Return the prices of the present window that stand out, the farthest at the head."""
    limits = thresholds_of(session).prices
    present = window_until(asked.as_of, limits.window_days)
    by_product: dict[str, list[PriceObservation]] = defaultdict(list)
    kept = doubles(session, asked.known_at)
    for row in prices.latest(prices.comparable(session, asked, present), kept).values():
        by_product[row.product_code].append(row)
    history = monthly_medians(session, asked, limits)
    names = _Names(session, asked)
    month, rule = prices.month_number(asked.as_of), rule_of(limits)
    found = []
    for code, rows in by_product.items():
        peers = [prices.per_kg(row) for row in rows]
        for row, value in zip(rows, peers, strict=True):
            judged = deviation(value, peers, (history.get(code, {}), month), rule)
            if judged.is_marked:
                found.append(names.told(row, judged, len(peers)))
    return sorted(found, key=_how_far, reverse=True)


def monthly_medians(session: Session, asked: Asked, limits: PriceThresholds) -> dict[str, Months]:
    """Return product -> earlier months -> median of the month, in yuan per kg."""
    last = asked.as_of.replace(day=1) - timedelta(days=1)
    first = last - timedelta(days=DAYS_PER_YEAR * limits.season_max_years)
    seen: dict[str, dict[int, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for row in prices.comparable(session, asked, Window(first, last)):
        seen[row.product_code][prices.month_number(row.observed_on)].append(prices.per_kg(row))
    return {
        code: {month: float(middle(values)) for month, values in months.items()}
        for code, months in seen.items()
    }


def _how_far(spike: PriceSpike) -> tuple[float, float, str, str]:
    away = abs(spike.from_median_share) if spike.from_median_share is not None else 0
    code = spike.price.product_code
    return float(away), abs(spike.z or 0), code, str(spike.price.price_yuan)


class _Names:
    """What products and outlets are called."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.products = {each.code: each.name for each in products.products(session)}
        question = outlets.Question(asked.as_of, asked.known_at)
        self.outlets: dict[UUID, str] = {
            key: each.name for key, each in outlets.on_day(session, question).items()
        }

    def told(self, row: PriceObservation, judged: Deviation, n_peers: int) -> PriceSpike:
        """Say how a price stands out."""
        share = None if judged.from_median is None else shown(judged.from_median)
        return PriceSpike(
            price=PriceRead.model_validate(row),
            product_name=self.products[row.product_code],
            outlet_name=self.outlets.get(row.outlet_id, "—"),
            against=judged.against,
            z=None if judged.z is None else round(judged.z, 2),
            from_median_share=share,
            n_peers=n_peers,
            text=_text(judged, n_peers),
        )


def _text(judged: Deviation, n_peers: int) -> str:
    said = []
    if judged.from_median is not None:
        way = "高" if judged.from_median >= 0 else "低"
        said.append(f"比同类 {n_peers} 个价的中位数{way} {abs(float(judged.from_median)):.0%}")
    if judged.z is not None and judged.against is Against.SEASON:
        said.append(f"偏离本产品历年趋势和季节 {judged.z:+.1f} 个标准差")
    if judged.z is not None and judged.against is Against.PEERS:
        said.append(f"偏离同类 {judged.z:+.1f} 个稳健标准差")
    return ";".join(said)
