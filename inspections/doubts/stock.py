"""Rules over the stock of outlets: balances, counts, silence, and what there is per mu."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.doubts.catalogue import NEGATIVE, PER_MU, SLIP, STALE, UNCHANGED, VARIANCE
from inspections.doubts.doubt import Doubt, Found, Skipped, Subject, WhichRange, plain
from inspections.doubts.limits import DoubtLimits
from inspections.stock import disagrees

TOWN = 9


@dataclass(frozen=True, slots=True)
class StockCard:
    """One product at one outlet in business, as it stands on a day.

    Attributes
    ----------
    outlet_id, outlet_name, area_code, product_code, product_name : str
        Which, and where.
    closing_kg : Decimal
        What the book says is there.
    below_since : date or None
        First day of a run below zero that still lasts.
    moved_on : date or None
        Last day on which anything was received, sold or lost; None where nothing ever was.
    told_on : date
        Last day on which any source told anything.
    has_sold : bool
        Whether it sold within the last `unchanged_days`.
    """

    outlet_id: str
    outlet_name: str
    area_code: str
    product_code: str
    product_name: str
    closing_kg: Decimal
    below_since: date | None
    moved_on: date | None
    told_on: date
    has_sold: bool

    def subject(self, on: date, version: str) -> Subject:
        """Return it as what is doubted."""
        name = f"{self.outlet_id}/{self.product_code}"
        return Subject("stock_card", name, self.area_code, on, version)


@dataclass(frozen=True, slots=True)
class StockEntry:
    """One entry of the ledger that was not taken back.

    Attributes
    ----------
    event_id, outlet_name, area_code, product_name : str
        Which, and where.
    on : date
        The day that it speaks of.
    quantity_kg : Decimal
        Signed; of a count its variance from the book.
    counted_kg : Decimal or None
        What a count found.
    is_first : bool
        Whether it opened the book: a first count has nothing to differ from.
    """

    event_id: str
    outlet_name: str
    area_code: str
    product_name: str
    on: date
    quantity_kg: Decimal
    counted_kg: Decimal | None
    is_first: bool

    def subject(self) -> Subject:
        """Return it as what is doubted; an entry never changes."""
        return Subject("stock_event", self.event_id, self.area_code, self.on)


@dataclass(frozen=True, slots=True)
class StockSum:
    """What all outlets of an area have of a category, beside the land that it is for.

    Attributes
    ----------
    category, category_name : str
        fertilizer or pesticide, and its Chinese name.
    area_code : str
        Whose outlets.
    on : date
        The day.
    held_kg : Decimal
        Believed stock.
    land_mu : Decimal
        The larger of what was sown and what is planned.
    land_name : str
        Which of both that is, in Chinese.
    """

    category: str
    category_name: str
    area_code: str
    on: date
    held_kg: Decimal
    land_mu: Decimal
    land_name: str = "播种面积"


def negative(cards: Iterable[StockCard]) -> Iterator[Doubt]:
    """Yield a doubt for each balance below zero.

    Parameters
    ----------
    cards : iterable of StockCard
        As they stand, kg.

    Yields
    ------
    Doubt
        One per card and run below zero.
    """
    for card in cards:
        if card.closing_kg < 0:
            since = card.below_since or card.told_on
            yield NEGATIVE.doubt(
                card.subject(since, f"since {since}"),
                observed=f"{card.outlet_name} {card.product_name} 账面 "
                f"{plain(card.closing_kg)} 公斤",
                expected="不少于 0 公斤",
                because=f"自 {since} 起账面低于零:卖出的比进的多;请补记进货或盘点",
            )


def counts(entries: Iterable[StockEntry], limits: DoubtLimits) -> Iterator[Doubt]:
    """Yield a doubt for each count that differs from the book, and each entry that is too large.

    Parameters
    ----------
    entries : iterable of StockEntry
        Entries that stand, kg.
    limits : DoubtLimits
        `variance_share`, `slip_kg`.

    Yields
    ------
    Doubt
        At most one per rule and entry.
    """
    for each in entries:
        counted = each.counted_kg
        moved = abs(each.quantity_kg) if counted is None else counted
        if moved > limits.slip_kg:
            yield SLIP.doubt(
                each.subject(),
                observed=f"{each.outlet_name} {each.product_name} {each.on} 一次 {moved:.0f} 公斤",
                expected=f"一次不超过 {limits.slip_kg:.0f} 公斤",
                because="一个零售网点一次记入这么多,多半是单位写错;请核对",
                which=WhichRange.STATIC,
            )
        if counted is None or each.is_first:
            continue
        if disagrees(each.quantity_kg, counted, limits.variance_share):
            yield _variance(each, counted)


def _variance(each: StockEntry, counted: Decimal) -> Doubt:
    book = counted - each.quantity_kg
    return VARIANCE.doubt(
        each.subject(),
        observed=f"{each.outlet_name} {each.product_name} {each.on} 盘点 {plain(counted)} 公斤",
        expected=f"账面 {plain(book)} 公斤",
        because=f"盘点与账面相差 {plain(each.quantity_kg)} 公斤;请说明原因或补记漏记的进销",
        evidence=(("账面(公斤)", plain(book)), ("盘点(公斤)", plain(counted))),
    )


def silent(cards: Iterable[StockCard], as_of: date, limits: DoubtLimits) -> Iterator[Doubt]:
    """Yield a doubt for stock that never moves beside sellers, and for outlets long silent.

    Parameters
    ----------
    cards : iterable of StockCard
        As they stand, kg.
    as_of : date
        The day.
    limits : DoubtLimits
        `unchanged_days`, `unchanged_sellers`, `stale_days`.

    Yields
    ------
    Doubt
        One per card that others of its town sold from, and one per outlet that tells nothing.
    """
    told = list(cards)
    sellers = Counter((card.area_code[:TOWN], card.product_code) for card in told if card.has_sold)
    for card in told:
        n_sellers = sellers[card.area_code[:TOWN], card.product_code]
        still = (as_of - card.moved_on).days if card.moved_on else None
        is_still = still is not None and still >= limits.unchanged_days
        is_telling = (as_of - card.told_on).days < limits.unchanged_days
        if (
            card.closing_kg > 0
            and is_still
            and is_telling
            and n_sellers >= limits.unchanged_sellers
        ):
            yield _unchanged(card, n_sellers)
    newest: dict[str, StockCard] = {}
    for card in told:
        known = newest.get(card.outlet_id)
        newest[card.outlet_id] = card if known is None or card.told_on > known.told_on else known
    for _, card in sorted(newest.items()):
        if (as_of - card.told_on).days > limits.stale_days:
            yield _stale(card, limits)


def _unchanged(card: StockCard, n_sellers: int) -> Doubt:
    assert card.moved_on is not None
    return UNCHANGED.doubt(
        card.subject(card.moved_on, f"{card.moved_on}:{plain(card.closing_kg)}"),
        observed=f"{card.outlet_name} {card.product_name} 自 {card.moved_on} 起一直是 "
        f"{plain(card.closing_kg)} 公斤",
        expected="有进有销",
        because=f"同镇另有 {n_sellers} 个网点在卖这个产品,这里的库存却没有动;请核对是否漏记",
        evidence=(("同镇在卖的网点(个)", n_sellers),),
        which=WhichRange.PEERS,
    )


def _stale(card: StockCard, limits: DoubtLimits) -> Doubt:
    return STALE.doubt(
        Subject("outlet", card.outlet_id, card.area_code, card.told_on, f"since {card.told_on}"),
        observed=f"{card.outlet_name} 最近一次上报是 {card.told_on}",
        expected=f"每 {limits.stale_days} 天至少上报一次",
        because="长期没有上报,库存已不计入合计;请网点上报或电话核实",
        which=WhichRange.STATIC,
    )


def per_mu(sums: Iterable[StockSum], limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt where the stock per mu is out of its band.

    Parameters
    ----------
    sums : iterable of StockSum
        kg and mu.
    limits : DoubtLimits
        The bands of fertilizer and pesticide, kg of product per mu.

    Yields
    ------
    Doubt or Skipped
        One per category and area, until the direction or the month changes.
    """
    bands = {
        "fertilizer": (limits.fertilizer_low_kg_per_mu, limits.fertilizer_high_kg_per_mu),
        "pesticide": (limits.pesticide_low_kg_per_mu, limits.pesticide_high_kg_per_mu),
    }
    for each in sums:
        if not each.land_mu:
            yield _no_land(each)
            continue
        low, high = bands[each.category]
        ratio = each.held_kg / each.land_mu
        if low <= ratio <= high:
            continue
        way = "above" if ratio > high else "below"
        name = f"{each.area_code}/{each.category}"
        yield PER_MU.doubt(
            Subject("stock_sum", name, each.area_code, each.on, f"{each.on:%Y-%m} {way}"),
            observed=f"{each.on} {each.category_name}按{each.land_name}每亩 {ratio:.2f} 公斤",
            expected=f"每亩 {plain(low)} 至 {plain(high)} 公斤",
            because="亩均储备量不合常理:请核对库存单位(公斤、吨),以及储备是否也供水果、蔬菜等作物",
            evidence=(
                ("储备(公斤)", f"{each.held_kg:.0f}"),
                (f"{each.land_name}(亩)", plain(each.land_mu)),
            ),
            which=WhichRange.STATIC,
        )


def _no_land(each: StockSum) -> Skipped:
    return PER_MU.skipped(f"{each.category_name}:没有播种面积或计划,不能按亩比较", 1)
