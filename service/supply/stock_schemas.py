"""What goes in and out of the stock ledger."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from service.record_schemas import Short
from service.schemas import AreaCode, Day, Id, Note, Shown, ShownDecimal, Strict, Text, exact
from service.supply.models import Category
from service.supply.product_schemas import ProductCode
from service.supply.stock_models import Kind, Source

CountedKg = Annotated[
    Decimal,
    BeforeValidator(exact(3)),
    Field(ge=0, le=Decimal("9999999.999")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 9999999.999}),
]


class Entry(StrEnum):
    """What a person or a table enters; transfers and reversals have doors of their own."""

    RECEIPT = "receipt"
    SALE = "sale"
    LOSS = "loss"
    CUSTOMER_RETURN = "customer_return"
    SUPPLIER_RETURN = "supplier_return"
    COUNT = "count"


class Quantity(Strict):
    """How much, and when."""

    id: Id | None = None
    occurred_on: Day
    quantity_kg: CountedKg | None = None
    n_packs: CountedKg | None = None
    batch: Short | None = None
    expires_on: Day | None = None
    document_no: Short | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _kg_or_packs(self) -> Self:
        if (self.quantity_kg is None) == (self.n_packs is None):
            raise ValueError("填 quantity_kg(公斤)或 n_packs(包数),两者填一个")
        return self


class Entered(Quantity):
    """How much moved or was counted."""

    kind: Entry

    @model_validator(mode="after")
    def _something_moved(self) -> Self:
        if self.kind is not Entry.COUNT and not (self.quantity_kg or self.n_packs):
            raise ValueError("数量须大于 0;只有盘点可以是 0")
        if self.kind is Entry.LOSS and not self.reason:
            raise ValueError("损耗须写明原因")
        return self


class Amount(Quantity):
    """How much of a product."""

    product_code: ProductCode


class EventCreate(Amount, Entered):
    """One movement or count."""

    outlet_id: Id
    source: Source | None = None


class TransferCreate(Amount):
    """Stock that goes from one outlet to another."""

    from_outlet_id: Id
    to_outlet_id: Id

    @model_validator(mode="after")
    def _between_two(self) -> Self:
        if self.from_outlet_id == self.to_outlet_id:
            raise ValueError("调出和调入须是两个网点")
        if not (self.quantity_kg or self.n_packs):
            raise ValueError("数量须大于 0")
        return self


class ReversalCreate(Strict):
    """Why an event does not hold."""

    id: Id | None = None
    reason: Annotated[Note, Field(min_length=1)]


class EventRead(Shown):
    """One event of the ledger."""

    id: UUID
    outlet_id: UUID
    product_code: str
    seq: int
    kind: Kind
    source: Source
    occurred_on: date
    recorded_at: datetime
    quantity_kg: ShownDecimal
    counted_kg: ShownDecimal | None
    n_packs: ShownDecimal | None
    batch: str | None
    expires_on: date | None
    document_no: str | None
    reason: str | None
    reverses_id: UUID | None
    transfer_id: UUID | None


class EventsRead(BaseModel):
    """The events that one request made: two for a transfer."""

    items: list[EventRead]


class DayRead(Shown):
    """What a day leaves of one product at one outlet."""

    product_code: str
    day: date
    closing_kg: ShownDecimal
    variance_kg: ShownDecimal | None


class ClosingCreate(Strict):
    """Close the books of an area up to a day."""

    id: Id | None = None
    area_code: Annotated[AreaCode, Field(min_length=6)]
    closed_through: Day
    note: Annotated[Text, Field(max_length=200)] | None = None


class ClosingRead(Shown):
    """Up to a day the books of an area are closed."""

    id: UUID
    area_code: str
    closed_through: date
    note: str | None
    recorded_at: datetime
    is_withdrawal: bool
    reason: str | None


class By(StrEnum):
    """What the lines of a balance are of."""

    TOWN = "town"
    OUTLET = "outlet"
    PRODUCT = "product"
    COMMODITY = "commodity"
    CATEGORY = "category"


class BalanceLine(BaseModel):
    """Stock of one town, outlet, product or category."""

    key: str
    name: str
    fresh_kg: ShownDecimal
    """Lower bound: what is believed on the day; stale or below zero adds nothing."""
    stale_kg: ShownDecimal
    """The last known balances of the others."""
    n_outlets: int
    """Outlets in business that sell the category."""
    n_fresh: int
    """Of these, outlets with a believed balance."""
    outlet_coverage: ShownDecimal | None
    mass_coverage: ShownDecimal | None
    """Believed part of all last known stock."""
    median_age_days: ShownDecimal | None


class Balances(BaseModel):
    """Balances of a day."""

    as_of: date
    known_at: datetime | None
    by: By
    total: BalanceLine
    items: list[BalanceLine]


class StockMark(BaseModel):
    """Something about the ledger that is doubted."""

    outlet_id: UUID
    outlet_name: str
    area_code: str
    product_code: str
    mark: str
    since: date
    text: str
    category: Category
