"""The page of prices: how they have moved, which stand out, and entering them."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from service import records
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import ServiceError, field_problems
from service.pages.board import BLANK
from service.pages.page import PageFrame, see
from service.schemas import AreaCode, Day
from service.supply import outlets, price_actions, price_imports, price_spikes, prices, products
from service.supply.models import Status
from service.supply.outlet_schemas import OutletRead
from service.supply.price_models import PriceKind, Unit
from service.supply.price_schemas import Comparison, PriceCreate
from service.supply.prices import Asked, Filter
from service.table_cells import number_of
from service.tables import ImportReport, Upload

N_SHOWN = 30
"""Prices that the page lists, the newest first."""
UNIT_TEXT = {Unit.PACK: "元/包装", Unit.KG: "元/公斤", Unit.TONNE: "元/吨"}
KIND_TEXT = {
    PriceKind.RETAIL: "零售价",
    PriceKind.WHOLESALE: "批发价",
    PriceKind.SUBSIDISED: "补贴价",
}
COMPARISON_TEXT = {Comparison.MOM: "环比上周", Comparison.YOY: "同比去年同旬"}
NUMBERS = ("price_yuan", "pack_kg")
TITLES = {each.name: each.title for each in price_imports.LAYOUT.columns}
"""What a field is called."""


class PriceQuery(BaseModel):
    """Which prices the page shows, and of which day."""

    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    price_kind: PriceKind = PriceKind.RETAIL


class PriceForm(BaseModel):
    """A price as it was typed; what it means is judged by the API's own schema."""

    id: str = ""
    outlet_id: str = ""
    product_code: str = ""
    brand: str = ""
    pack_kg: str = ""
    observed_on: str = ""
    price_yuan: str = ""
    unit: str = Unit.PACK.value
    price_kind: str = PriceKind.RETAIL.value
    is_promotion: bool = False


@dataclass(frozen=True)
class Said:
    """What was sent with a form that is shown again, and what is said of it."""

    form: PriceForm = field(default_factory=PriceForm)
    problem: str | None = None
    report: ImportReport | None = None
    upload_problem: str | None = None


def panel(page: PageFrame, asked: PriceQuery, said: Said | None = None) -> dict[str, Any]:
    """Gather the index, what stands out, the list, and the form for whoever may enter."""
    session, day = page.session, asked.as_of or records.today(page.session)
    question = Asked(day, None, asked.town or "", asked.price_kind)
    may_compare = page.may("price.compare")
    listed = prices.page(session, question, Filter(price_kind=asked.price_kind), (0, N_SHOWN))
    known = outlets.on_day(session, outlets.Question(day))
    return {
        "asked": asked,
        "as_of": day,
        "towns": areas.unit_names(session, within=page.viewer.area_code, level="town", on=day),
        "indices": [prices.price_index(session, question, kind) for kind in Comparison]
        if may_compare
        else [],
        "spikes": price_spikes.spikes(session, question) if may_compare else [],
        "items": listed.items,
        "band_share": thresholds_of(session).prices.band_share,
        "outlet_names": {key: each.name for key, each in known.items()},
        "product_names": {each.code: each.name for each in products.products(session)},
        "UNIT_TEXT": UNIT_TEXT,
        "KIND_TEXT": KIND_TEXT,
        "COMPARISON_TEXT": COMPARISON_TEXT,
        "CATEGORY_TEXT": outlets.CATEGORY_TEXT,
        **(_desk(page, said or Said()) if page.may("price.write") else {}),
    }


def _desk(page: PageFrame, said: Said) -> dict[str, Any]:
    """Gather what the forms need: shops, goods by class, what was typed before."""
    today = records.today(page.session)
    shops = [
        each
        for each in outlets.on_day(page.session, outlets.Question(today)).values()
        if each.status is Status.ACTIVE
    ]
    typed = said.form.model_dump() | {"id": said.form.id or str(uuid4())}
    typed["observed_on"] = said.form.observed_on or str(today)
    return {
        "today": today,
        "shops": shops,
        "goods": _goods(page, shops),
        "typed": typed,
        "problem": said.problem,
        "report": said.report,
        "upload_problem": said.upload_problem,
    }


def _goods(page: PageFrame, shops: list[OutletRead]) -> dict[str, list[tuple[str, str]]]:
    """Return class -> products; of an operator's own classes only."""
    sold = {each for shop in shops for each in shop.categories}
    found: dict[str, list[tuple[str, str]]] = {}
    for each in products.products(page.session):
        if each.category in sold:
            title = outlets.CATEGORY_TEXT[each.category]
            found.setdefault(title, []).append((each.code, each.name))
    return found


def enter(page: PageFrame, form: PriceForm) -> Response:
    """Enter a typed price, or show the form again and why not."""
    try:
        price_actions.file_price(page.session, _given(form))
    except ValidationError as error:
        (first, *_) = field_problems(error.errors())
        title = TITLES.get(first["field"], first["field"])
        return _again(page, Said(form, f"{title}:{first['allowed']}"))
    except ServiceError as refusal:
        return _again(page, Said(form, refusal.detail))
    return see("/prices?done=price-entered")


def _given(form: PriceForm) -> PriceCreate:
    typed = {name: value for name, value in form.model_dump().items() if value not in {"", None}}
    for name in NUMBERS:
        if name in typed:
            number = number_of(typed[name])
            typed[name] = typed[name] if number is None else number
    return PriceCreate(**typed)


def _again(page: PageFrame, said: Said) -> Response:
    answer = page.show("prices.html", panel(page, PriceQuery(), said))
    answer.status_code = 422
    return answer


def take(page: PageFrame, upload: Upload) -> Response:
    """Try a table, and enter it where nothing in it is refused and more than a trial was asked."""
    try:
        trial = replace(upload, is_dry_run=True, is_partial=False)
        report = price_imports.import_prices(page.session, trial)
    except ServiceError as refusal:
        return _again(page, Said(upload_problem=refusal.detail))
    if report.n_refused == 0 and not upload.is_dry_run:
        price_imports.import_prices(page.session, replace(upload, is_partial=False))
        return see("/prices?done=prices-imported")
    return page.show("prices.html", panel(page, PriceQuery(), Said(report=report)))
