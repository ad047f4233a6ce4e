"""The desk of the stock ledger: one outlet's shelf, its newest events, and entering one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from service import records
from service.areas import queries as areas
from service.errors import Conflict, IdTaken, Invalid
from service.pages.board import BLANK
from service.pages.entry import attempt
from service.pages.page import PageFrame
from service.pages.stock_words import KIND_TEXT, SOURCE_TEXT
from service.schemas import Day, Id, Text
from service.security import Role
from service.supply import outlets, products, stock_actions, stock_positions, stock_shelves
from service.supply.models import Status
from service.supply.outlet_schemas import OutletRead
from service.supply.outlets import CATEGORY_TEXT, Question
from service.supply.stock_imports import ENTRY_TEXT
from service.supply.stock_models import Kind, StockEvent
from service.supply.stock_positions import Position
from service.supply.stock_rules import SOURCES
from service.supply.stock_schemas import Entry, EventCreate, ReversalCreate
from service.table_cells import number_of

N_RECENT = 20
UNITS = {"kg": "公斤", "packs": "包"}
FIELDS = {
    "": "请核对",
    "id": "编号",
    "outlet_id": "网点",
    "product_code": "产品",
    "kind": "业务",
    "quantity_kg": "数量",
    "n_packs": "数量",
    "occurred_on": "日期",
    "batch": "批号",
    "expires_on": "有效期",
    "document_no": "单据号",
    "reason": "原因",
    "source": "来源",
}
Typed = Annotated[Text, Field(max_length=1000)]


class Asked(BaseModel):
    """Which outlet the desk is of, or what its name holds; what the form begins with."""

    outlet: Annotated[Id | None, BLANK] = None
    kind: Annotated[Entry | None, BLANK] = None
    on: Annotated[Day | None, BLANK] = None
    q: Annotated[Text, Field(max_length=100)] = ""


class StockForm(BaseModel):
    """An event as it was typed; what it means is judged by the ledger's own schema."""

    id: Typed = ""
    outlet_id: Id
    product_code: Typed = ""
    kind: Typed = ""
    quantity: Typed = ""
    unit: Typed = "kg"
    occurred_on: Typed = ""
    batch: Typed = ""
    expires_on: Typed = ""
    document_no: Typed = ""
    reason: Typed = ""
    source: Typed = ""


class ReversalForm(BaseModel):
    """Why an event of an outlet does not hold."""

    id: Typed = ""
    outlet_id: Id
    reason: Typed = ""


@dataclass(frozen=True)
class Said:
    """What was sent with a form that is shown again, and what is said of it."""

    form: StockForm | None = None
    problem: dict[str, str] | None = None
    reversal: tuple[UUID, ReversalForm] | None = None
    brought: dict[str, Any] | None = None


@dataclass(frozen=True)
class Line:
    """One event of the list, with the form that takes it back."""

    event: StockEvent
    reversal: ReversalForm
    is_standing: bool
    """It can be taken back."""


@dataclass(frozen=True)
class Shelf:
    """What the reader may know of an outlet's stock."""

    held: list[Position] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def counts_blind(page: PageFrame) -> bool:
    """Tell whether the reader counts without knowing the book."""
    return page.viewer.role is Role.OFFICER


def offered(page: PageFrame) -> dict[Entry, str]:
    """Return what the reader may enter: an inspection counts, and does not trade."""
    if counts_blind(page):
        return {Entry.COUNT: ENTRY_TEXT[Entry.COUNT]}
    return ENTRY_TEXT


def desk(page: PageFrame, asked: Asked, said: Said | None = None) -> dict[str, Any]:
    """Gather the choice of outlets, and the shelf and the form of the chosen one."""
    said = said or Said()
    today = records.today(page.session)
    shops = _shops(page, today)
    found = {key: each for key, each in shops.items() if asked.q.strip() in each.name}
    shop = _chosen(asked, found)
    return {
        "asked": asked,
        "today": today,
        "shops": _by_town(page, found, today),
        "n_shops": len(shops),
        "n_found": len(found),
        "shop": shop,
        "is_blind": counts_blind(page),
        "shelf": _shelf(page, shop, today, said) if shop else Shelf(),
        "goods": _goods(page, shop) if shop else {},
        "product_names": {each.code: each.name for each in products.products(page.session)},
        "kinds": offered(page),
        "units": UNITS,
        "sources": {each.value: SOURCE_TEXT[each] for each in SOURCES[page.viewer.role]},
        "typed": _typed(page, shop, asked, said) if shop else None,
        "problem": said.problem,
        "reversed_id": said.reversal[0] if said.reversal else None,
        "brought": said.brought,
        "CATEGORY_TEXT": CATEGORY_TEXT,
        "KIND_TEXT": KIND_TEXT,
        "SOURCE_TEXT": SOURCE_TEXT,
    }


def _shops(page: PageFrame, today: date) -> dict[UUID, OutletRead]:
    """Return the outlets in view; those out of business still clear their shelves."""
    states = outlets.on_day(page.session, Question(today))
    return {key: each for key, each in states.items() if each.status is not Status.MERGED}


def _chosen(asked: Asked, found: dict[UUID, OutletRead]) -> OutletRead | None:
    if asked.outlet is not None and asked.outlet in found:
        return found[asked.outlet]
    only = list(found.values())
    return only[0] if len(only) == 1 else None


def _by_town(
    page: PageFrame, found: dict[UUID, OutletRead], today: date
) -> dict[str, list[OutletRead]]:
    within = page.viewer.area_code
    names = areas.unit_names(page.session, within=within, level="town", on=today)
    grouped: dict[str, list[OutletRead]] = {}
    for each in sorted(found.values(), key=lambda shop: (shop.area_code, shop.name)):
        town = each.area_code[: outlets.TOWN]
        grouped.setdefault(names.get(town, town), []).append(each)
    return grouped


def _shelf(page: PageFrame, shop: OutletRead, today: date, said: Said) -> Shelf:
    session = page.session
    held = stock_positions.on_shelves(session, Question(today), {shop.id: shop})
    author = page.viewer.account_id if counts_blind(page) else None
    events = stock_shelves.newest_events(session, shop.id, author, N_RECENT)
    if counts_blind(page):
        # What others told would tell the book: it is shown once the officer has counted.
        counted = {
            each.product_code
            for each in events
            if each.kind is Kind.COUNT and each.occurred_on == today
        }
        held = [each for each in held if each.product.code in counted]
    held.sort(key=lambda each: (each.product.category, each.product.name))
    return Shelf(held, _lines(page, events, said))


def _lines(page: PageFrame, events: list[StockEvent], said: Said) -> list[Line]:
    taken_back = stock_shelves.taken_back(page.session, events)
    again = dict([said.reversal]) if said.reversal else {}
    return [
        Line(
            each,
            again.get(each.id) or ReversalForm(id=str(uuid4()), outlet_id=each.outlet_id),
            each.kind is not Kind.REVERSAL and each.id not in taken_back,
        )
        for each in events
    ]


def _goods(page: PageFrame, shop: OutletRead) -> dict[str, list[tuple[str, str]]]:
    """Return class -> products that the outlet deals in."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in products.products(page.session):
        if each.category in shop.categories:
            found.setdefault(CATEGORY_TEXT[each.category], []).append((each.code, each.name))
    return found


def _typed(page: PageFrame, shop: OutletRead, asked: Asked, said: Said) -> StockForm:
    if said.form is None:
        kind = asked.kind if asked.kind in offered(page) else next(iter(offered(page)))
        day = asked.on or records.today(page.session)
        return StockForm(id=str(uuid4()), outlet_id=shop.id, kind=kind, occurred_on=str(day))
    is_spent = said.problem is not None and said.problem["field"] == "id"
    return said.form.model_copy(update={"id": str(uuid4())}) if is_spent else said.form


def enter(page: PageFrame, form: StockForm) -> dict[str, str] | None:
    """Enter a typed event; return the problem where it cannot be."""

    def post() -> None:
        if form.kind not in offered(page):
            raise Invalid("请选业务;执法检查只登记盘点", field="kind")
        try:
            stock_actions.post(page.session, _given(form))
        except IdTaken:
            raise Conflict(
                "上一次按“登记”已经记下了;现在的内容不同,如确是另一笔,请再按一次", field="id"
            ) from None

    return attempt(page, post, FIELDS)


def _given(form: StockForm) -> EventCreate:
    typed = {name: text.strip() for name, text in form.model_dump(mode="json").items()}
    unit, number = typed.pop("unit"), number_of(typed.pop("quantity"))
    if number is None:
        raise Invalid("数量须是数字", field="quantity_kg")
    typed["n_packs" if unit == "packs" else "quantity_kg"] = number
    return EventCreate.model_validate({name: value for name, value in typed.items() if value != ""})


def reverse(page: PageFrame, event_id: UUID, form: ReversalForm) -> dict[str, str] | None:
    """Take an event back; return the problem where that cannot be."""

    def post() -> None:
        given = ReversalCreate.model_validate(
            {"id": form.id or None, "reason": form.reason.strip()}
        )
        stock_actions.reverse(page.session, event_id, given)

    return attempt(page, post, FIELDS)
