"""Rules over present prices: far from their peers' median, or from season and trend."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from inspections.doubts.catalogue import MEDIAN, SPIKE
from inspections.doubts.doubt import Doubt, Found, Subject, WhichRange
from inspections.price_spikes import Against, Deviation, SpikeRule, deviation
from inspections.prices import middle

MONTHS = 12


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One comparable price: of one kind, no promotion.

    Attributes
    ----------
    price_id, area_code, outlet_name, product_code, product_name : str
        Which, and where.
    on : date
        When it was seen.
    yuan_per_kg : Fraction
        The price, exact.
    """

    price_id: str
    area_code: str
    outlet_name: str
    product_code: str
    product_name: str
    on: date
    yuan_per_kg: Fraction

    def subject(self) -> Subject:
        """Return it as what is doubted; another price of the same row is another row."""
        return Subject("price", self.price_id, self.area_code, self.on)


def out_of_line(
    rows: Iterable[PriceRow],
    history: Mapping[str, Mapping[int, float]],
    as_of: date,
    rule: SpikeRule,
) -> Iterator[Found]:
    """Yield a doubt for each price far from its peers' median, or from its season and trend.

    Parameters
    ----------
    rows : iterable of PriceRow
        The latest price of each outlet and product within the present window, yuan per kg.
    history : mapping
        Product -> earlier months (12 x year + month - 1) -> median yuan per kg.
    as_of : date
        The day; its month is the one that history is extended to.
    rule : SpikeRule
        When a price stands out.

    Yields
    ------
    Doubt or Skipped
        At most one of each rule per price; skipped for products with too few prices.
    """
    by_product: dict[str, list[PriceRow]] = defaultdict(list)
    for row in rows:
        by_product[row.product_code].append(row)
    month = as_of.year * MONTHS + as_of.month - 1
    bare = 0
    for code, told in sorted(by_product.items()):
        peers = [each.yuan_per_kg for each in told]
        bare += len(told) if len(told) < rule.min_peers else 0
        for each in told:
            judged = deviation(each.yuan_per_kg, peers, (history.get(code, {}), month), rule)
            yield from _doubts(each, judged, peers, rule)
    if bare:
        is_whole = bare == sum(map(len, by_product.values()))
        yield MEDIAN.skipped("同一产品的价格太少,没有中位价可比", bare, is_whole=is_whole)


def _doubts(
    row: PriceRow, judged: Deviation, peers: list[Fraction], rule: SpikeRule
) -> Iterator[Doubt]:
    seen = f"{row.outlet_name} {row.product_name} {row.on} 每公斤 {float(row.yuan_per_kg):.2f} 元"
    centre = float(middle(peers))
    if judged.from_median is not None and abs(judged.from_median) > Fraction(rule.median_share):
        yield MEDIAN.doubt(
            row.subject(),
            observed=seen,
            expected=f"同期 {len(peers)} 个价的中位数每公斤 {centre:.2f} 元,"
            f"上下不超过 {float(rule.median_share):.0%}",
            because=f"偏离同类中位价 {float(judged.from_median):+.0%};请核对价格、规格和单位",
            evidence=(("中位价(元/公斤)", f"{centre:.2f}"), ("可比的价(个)", len(peers))),
            which=WhichRange.PEERS,
        )
    is_season = judged.against is Against.SEASON
    limit = rule.season_z if is_season else rule.peer_z
    if judged.is_marked and judged.z is not None and abs(judged.z) > limit:
        base = "本产品历年趋势和季节" if is_season else "同期同类的价"
        yield SPIKE.doubt(
            row.subject(),
            observed=seen,
            expected=f"离{base}不超过 {limit:g} 个标准差",
            because=f"偏离{base} {judged.z:+.1f} 个标准差;请核对,确属涨跌的请说明",
            evidence=(("标准差个数", f"{judged.z:+.2f}"),),
            which=WhichRange.SEASON if is_season else WhichRange.PEERS,
        )
