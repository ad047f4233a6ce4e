"""Reading the price panel: what was seen, how far it moved, and by which rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from config.thresholds import PriceThresholds
from inspections.prices import (
    IndexRule,
    Window,
    matched_index,
    middle,
    relatives,
    same_xun_last_year,
    shown,
    window_until,
    yuan_per_kg,
)
from service import records
from service.database import thresholds_of
from service.records import standing
from service.schemas import FIRST_DAY, Page
from service.supply import products
from service.supply.models import Category
from service.supply.outlet_states import doubles
from service.supply.price_models import PriceKind, PriceObservation
from service.supply.price_schemas import (
    Comparison,
    IndexLine,
    PriceIndex,
    PriceMonth,
    PricePair,
    PriceRead,
    kg_of,
)
from service.table_cells import folded

Key = tuple[UUID, str, str, Decimal, PriceKind]
"""What makes two prices comparable: outlet, product, brand, pack, kind."""
Latest = dict[Key, PriceObservation]
Survivors = Mapping[UUID, UUID]
"""Double -> the outlet that it was merged into."""
INDEXED = (None, Category.FERTILIZER, Category.PESTICIDE, Category.SEED)
"""The lines of an index; None is the whole."""
MONTHS = 12


@dataclass(frozen=True)
class Asked:
    """Until which day, as was known at an instant (None: all), of which area and kind."""

    as_of: date
    known_at: datetime | None = None
    area: str = ""
    price_kind: PriceKind = PriceKind.RETAIL


def comparable(
    session: Session, asked: Asked, window: Window, product_code: str | None = None
) -> list[PriceObservation]:
    """Return the prices of a window that may be compared, the latest at the end."""
    last = min(window.last, asked.as_of)
    key = ("prices", window.first, last, asked.known_at, asked.area, asked.price_kind, product_code)
    shown = Window(window.first, last)
    return records.once(session, key, lambda: _comparable(session, asked, shown, product_code))


def _comparable(
    session: Session, asked: Asked, window: Window, product_code: str | None
) -> list[PriceObservation]:
    seen = PriceObservation
    wanted = standing(seen, asked.known_at).where(
        seen.observed_on >= window.first,
        seen.observed_on <= window.last,
        seen.price_kind == asked.price_kind,
        seen.is_promotion.is_(False),
        records.within(seen.area_code, asked.area),
    )
    if product_code is not None:
        wanted = wanted.where(seen.product_code == product_code)
    # By price before id: ids are random, and both engines must choose the same of two.
    in_order = wanted.order_by(seen.observed_on, seen.recorded_at, seen.price_yuan, seen.id)
    return list(session.scalars(in_order))


def per_kg(row: PriceObservation) -> Fraction:
    """Return a price per kg, exactly."""
    return yuan_per_kg(row.price_yuan, kg_of(row.unit, row.pack_kg))


def key_of(row: PriceObservation, kept: Survivors) -> Key:
    """Return what a price may be compared by; a double's price is that of the outlet it is."""
    outlet = kept.get(row.outlet_id, row.outlet_id)
    return outlet, row.product_code, folded(row.brand), row.pack_kg, row.price_kind


def latest(rows: Iterable[PriceObservation], kept: Survivors) -> Latest:
    """Return the last price of each key."""
    return {key_of(row, kept): row for row in rows}


def windows(asked: Asked, kind: Comparison, limits: PriceThresholds) -> tuple[Window, Window]:
    """Return the present window and the one that it is compared with."""
    now = window_until(asked.as_of, limits.window_days)
    if kind is Comparison.YOY:
        return now, same_xun_last_year(asked.as_of)
    return now, window_until(now.first - timedelta(days=1), limits.window_days)


def matched(session: Session, asked: Asked, kind: Comparison) -> tuple[Latest, Latest]:
    """Return the last prices of the present window and of its base."""
    now, base = windows(asked, kind, thresholds_of(session).prices)
    kept = doubles(session, asked.known_at)
    present, earlier = (comparable(session, asked, each) for each in (now, base))
    return latest(present, kept), latest(earlier, kept)


def rule_of(limits: PriceThresholds) -> IndexRule:
    """Return the index's limits."""
    return IndexRule(
        min_pairs=limits.min_pairs,
        min_outlets=limits.min_outlets,
        draws=limits.bootstrap_draws,
        band_share=limits.band_share,
        level_share=limits.level_share,
        about_level_share=limits.about_level_share,
    )


def price_index(
    session: Session, asked: Asked, kind: Comparison, category: Category | None = None
) -> PriceIndex:
    """Return how far matched prices have moved: the whole and each class, or one class."""
    limits = thresholds_of(session).prices
    now, base = windows(asked, kind, limits)
    moved = _moved(*matched(session, asked, kind))
    categories = _categories(session)
    lines = INDEXED if category is None else (category,)
    return PriceIndex(
        as_of=asked.as_of,
        known_at=asked.known_at,
        area=asked.area,
        kind=kind,
        price_kind=asked.price_kind,
        window_from=now.first,
        window_to=now.last,
        base_from=base.first,
        base_to=base.last,
        items=[
            _line(
                each,
                {key: value for key, value in moved.items() if each in {None, categories[key[1]]}},
                rule_of(limits),
            )
            for each in lines
        ],
    )


def _moved(now: Latest, base: Latest) -> dict[Key, Fraction]:
    return relatives(
        {key: per_kg(row) for key, row in now.items()},
        {key: per_kg(row) for key, row in base.items()},
    )


def _categories(session: Session) -> dict[str, Category]:
    return {each.code: each.category for each in products.products(session)}


def _line(category: Category | None, moved: dict[Key, Fraction], rule: IndexRule) -> IndexLine:
    found = matched_index(list(moved.values()), len({key[0] for key in moved}), rule)
    return IndexLine(
        category=category,
        n_pairs=found.n_pairs,
        n_outlets=found.n_outlets,
        index=found.index,
        change_share=found.change_share,
        low=found.low,
        high=found.high,
        wording=found.wording,
    )


@dataclass(frozen=True)
class Moved:
    """An index of prices with what it rests on."""

    line: IndexLine
    change: Fraction | None
    """The median relative less one, exactly; None where the sample is too small."""
    pairs: list[PricePair]


def moved(
    session: Session, asked: Asked, kind: Comparison, category: Category | None = None
) -> Moved:
    """Return the index of all classes together or of one, and its rows."""
    now, base = records.once(
        session, ("matched", asked, kind), lambda: matched(session, asked, kind)
    )
    categories = _categories(session)
    found = {
        key: value
        for key, value in _moved(now, base).items()
        if category in {None, categories[key[1]]}
    }
    line = _line(category, found, rule_of(thresholds_of(session).prices))
    change = None if line.index is None else middle(found.values()) - 1
    return Moved(line, change, _pairs(session, now, base, found))


def pairs(
    session: Session, asked: Asked, kind: Comparison, category: Category | None = None
) -> list[PricePair]:
    """Return the rows behind an index, those that fell most at the head."""
    now, base = matched(session, asked, kind)
    found = _pairs(session, now, base, _moved(now, base))
    return [each for each in found if category in {None, each.category}]


def _pairs(
    session: Session, now: Latest, base: Latest, moved: Mapping[Key, Fraction]
) -> list[PricePair]:
    categories = _categories(session)
    return [
        PricePair(
            outlet_id=key[0],
            product_code=key[1],
            category=categories[key[1]],
            brand=now[key].brand,
            pack_kg=key[3],
            now_id=now[key].id,
            now_on=now[key].observed_on,
            base_id=base[key].id,
            now_yuan_per_kg=shown(per_kg(now[key])),
            base_yuan_per_kg=shown(per_kg(base[key])),
            relative=shown(relative),
        )
        for key, relative in sorted(moved.items(), key=lambda each: (each[1], str(each[0])))
    ]


@dataclass(frozen=True)
class Filter:
    """Which prices a list shows."""

    since: date = FIRST_DAY
    outlet: UUID | None = None
    product: str | None = None
    price_kind: PriceKind | None = None


def page(
    session: Session, asked: Asked, wanted: Filter, cut: tuple[int, int] = (0, 500)
) -> Page[PriceRead]:
    """Return one page of the prices that hold, the newest at the head."""
    seen = PriceObservation
    query = standing(seen, asked.known_at).where(
        seen.observed_on >= wanted.since,
        seen.observed_on <= asked.as_of,
        records.within(seen.area_code, asked.area),
    )
    for column, value in (
        (seen.outlet_id, wanted.outlet),
        (seen.product_code, wanted.product),
        (seen.price_kind, wanted.price_kind),
    ):
        if value is not None:
            query = query.where(column == value)
    offset, limit = cut
    in_order = query.order_by(seen.observed_on.desc(), seen.recorded_at.desc(), seen.id)
    found = list(session.scalars(in_order.offset(offset).limit(limit + 1)))
    following = str(offset + limit) if len(found) > limit else None
    return Page(items=[PriceRead.model_validate(each) for each in found[:limit]], next=following)


def month_number(day: date) -> int:
    """Count months from year 0."""
    return MONTHS * day.year + day.month - 1


def months(session: Session, asked: Asked, product_code: str) -> list[PriceMonth]:
    """Return a product month by month, compared by matched pairs."""
    products.product(session, product_code)
    by_month: dict[int, Latest] = defaultdict(dict)
    kept = doubles(session, asked.known_at)
    for row in comparable(session, asked, Window(FIRST_DAY, asked.as_of), product_code):
        by_month[month_number(row.observed_on)][key_of(row, kept)] = row
    return [_month(number, by_month) for number in sorted(by_month)]


def _month(number: int, by_month: dict[int, Latest]) -> PriceMonth:
    held = by_month[number]
    mom = _moved(held, by_month.get(number - 1, {})).values()
    yoy = _moved(held, by_month.get(number - MONTHS, {})).values()
    return PriceMonth(
        month=f"{number // MONTHS}-{number % MONTHS + 1:02d}",
        yuan_per_kg=shown(middle(per_kg(row) for row in held.values())),
        n_prices=len(held),
        n_outlets=len({key[0] for key in held}),
        mom_share=shown(middle(mom) - 1) if mom else None,
        n_mom_pairs=len(mom),
        yoy_share=shown(middle(yoy) - 1) if yoy else None,
        n_yoy_pairs=len(yoy),
    )
