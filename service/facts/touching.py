"""Which figures an open doubt touches: by what is doubted, not by the whole book."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.doubts.doubt import Book
from service.doubts.models import Doubt
from service.photos.models import Photo, SubjectKind
from service.sowing.models import Crop
from service.supply import products
from service.supply.models import Category
from service.supply.price_models import PriceObservation
from service.supply.stock_models import StockEvent

EARLY_RICE = "RICE_E"
SOWN = ("sowing.grain", "sowing.share_of_plan", "sowing.yoy", "sowing.yoy_points")
FROM_SOWN = ("stock.fertilizer_per_mu", "stock.pesticide_per_mu", "stock.needs_met")
"""Figures of stock in which the sown area stands."""
WEIGHED = (Category.FERTILIZER, Category.PESTICIDE)
INDEXED = (*WEIGHED, Category.SEED)
VISITED = (
    *("visits.officer_times", "visits.visit_times", "visits.outlets", "visits.coverage"),
    *("visits.per_visit", "visits.none_found", "visits.samples"),
)
SURVEYED = (
    *("pests.technician_times", "pests.technicians", "pests.plots", "pests.area", "pests.per_mu"),
)
OF_KIND = {
    "visit": VISITED,
    "fleet": ("machinery.repaired", "machinery.repairs", "machinery.fit_share"),
    "training": ("machinery.trained", "machinery.training_times"),
    "weather_day": ("weather.suitable_days", "weather.cold_days"),
    "pest_survey": SURVEYED,
    "reservoir_reading": ("water.available_per_mu",),
}
"""Kind of subject -> the facts of whatever is doubted of that kind."""
OF_PHOTO: dict[SubjectKind | None, tuple[str, ...]] = {
    SubjectKind.VISIT: VISITED,
    SubjectKind.SURVEY: SURVEYED,
}
"""What a photo shows -> the facts that rest on it."""


def touched(session: Session, found: Iterable[Doubt]) -> dict[str, list[Doubt]]:
    """Return fact -> the doubts that touch it."""
    listed = list(found)
    topics = _Topics(session, listed)
    touching: dict[str, list[Doubt]] = defaultdict(list)
    for each in listed:
        for code in topics.facts(each):
            touching[code].append(each)
    return touching


class _Topics:
    """What the subjects of doubts are about: crops, categories, and what photos show."""

    def __init__(self, session: Session, found: list[Doubt]) -> None:
        self.category_of = {each.code: each.category for each in products.products(session)}
        self.grain = set(session.scalars(select(Crop.code).where(Crop.is_grain)))
        ids: dict[str, set[UUID]] = defaultdict(set)
        for each in found:
            if each.subject_kind in {"stock_event", "price", "photo"}:
                ids[each.subject_kind].add(UUID(each.subject_id))
        event, price, photo = (each.__table__.c for each in (StockEvent, PriceObservation, Photo))
        self.product_of: dict[str, str] = {}
        for table, some in ((event, ids["stock_event"]), (price, ids["price"])):
            wanted = select(table.id, table.product_code).where(table.id.in_(some))
            self.product_of |= {str(key): code for key, code in session.execute(wanted)}
        shown = select(photo.id, photo.subject_kind).where(photo.id.in_(ids["photo"]))
        self.shown = {str(key): kind for key, kind in session.execute(shown)}

    def facts(self, doubt: Doubt) -> tuple[str, ...]:
        """Return the codes of the facts that a doubt touches."""
        kind, parts = doubt.subject_kind, doubt.subject_id.split("/")
        if doubt.book is Book.SOWING:
            return self._of_crop(_crop(kind, parts))
        if doubt.book is Book.STOCK:
            return _of_stock(self._category(kind, parts), is_shelf=kind != "stock_sum")
        if kind == "price":
            category = self.category_of.get(self.product_of.get(parts[0], ""))
            of_class = (f"prices.yoy_{category}",) if category in INDEXED else ()
            return ("prices.yoy", *of_class)
        if kind == "photo":
            return OF_PHOTO.get(self.shown.get(parts[0]), ())
        return OF_KIND.get(kind, ())

    def _of_crop(self, crop: str | None) -> tuple[str, ...]:
        """Return the facts of one crop; of all where it is not of one crop."""
        if crop is not None and crop not in self.grain:
            return ()
        early = ("sowing.early_rice",) if crop in {None, EARLY_RICE} else ()
        return (*SOWN, *early, *FROM_SOWN)

    def _category(self, kind: str, parts: list[str]) -> Category | None:
        """Return the category that a subject is of; None where it is of all."""
        if kind == "stock_sum":
            return Category(parts[-1])
        product = parts[-1] if kind == "stock_card" else self.product_of.get(parts[0])
        return self.category_of.get(product) if product else None


def _crop(kind: str, parts: list[str]) -> str | None:
    at = {"sowing_report": 1, "sowing_series": 1, "sowing_sum": 2}.get(kind)
    if kind == "town_week" and len(parts) > 2:  # noqa: PLR2004 - town, crop, method, week
        at = 1
    return parts[at].split("-")[0] if at is not None and len(parts) > at else None


def _of_stock(category: Category | None, *, is_shelf: bool) -> tuple[str, ...]:
    """Return the facts of a category of stock; of all where it is not of one."""
    some = [each for each in WEIGHED if category in {None, each}]
    met = ("stock.needs_met",) if is_shelf else ()
    return (
        *(f"stock.{each}" for each in some),
        *(f"stock.{each}_per_mu" for each in some),
        *met,
    )
