"""What goes in and out of the price panel."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
    computed_field,
)

from inspections.price_spikes import Against
from inspections.prices import shown, yuan_per_kg
from service.schemas import Day, Id, Note, Shown, ShownDecimal, Strict, Text, exact
from service.supply.models import Category
from service.supply.price_models import PriceKind, Unit
from service.supply.product_schemas import PackKg, ProductCode

Yuan = Annotated[
    Decimal,
    BeforeValidator(exact(4)),
    Field(ge=Decimal("0.0001"), le=Decimal("9999999.9999")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0.0001, "maximum": 9999999.9999}),
]
"""A price in yuan, four decimal places; nothing costs nothing."""
Word = Annotated[Text, Field(min_length=1, max_length=64)]
KG_PER_TONNE = Decimal(1000)


class Comparison(StrEnum):
    """What present prices are compared with."""

    MOM = "mom"
    """环比: the window before."""
    YOY = "yoy"
    """同比: the same 旬 of last year."""


def kg_of(unit: Unit, pack_kg: Decimal) -> Decimal:
    """Return how many kg a price is for."""
    return {Unit.PACK: pack_kg, Unit.KG: Decimal(1), Unit.TONNE: KG_PER_TONNE}[unit]


class PriceFacts(Strict):
    """What is told of a price."""

    id: Id | None = None
    brand: Word | None = None
    pack_kg: PackKg | None = None
    """Left out: the product's own pack."""
    observed_on: Day
    price_yuan: Yuan
    unit: Unit = Unit.PACK
    price_kind: PriceKind = PriceKind.RETAIL
    is_promotion: StrictBool = False
    observer: Word | None = None


class PriceCreate(PriceFacts):
    """A price as it was seen; with `supersedes_id` and `reason`, a correction."""

    outlet_id: Id
    product_code: ProductCode
    supersedes_id: Id | None = None
    reason: Note | None = None


class PriceRow(PriceFacts):
    """One row of a table of prices; outlet and product as people write them."""

    outlet_id: Annotated[Text, Field(min_length=1, max_length=100)]
    product_code: Annotated[Text, Field(min_length=1, max_length=100)]


class PriceRead(Shown):
    """A price as it was seen."""

    id: UUID
    outlet_id: UUID
    area_code: str
    product_code: str
    brand: str | None
    pack_kg: ShownDecimal
    observed_on: date
    price_yuan: ShownDecimal
    unit: Unit
    price_kind: PriceKind
    is_promotion: bool
    observer: str | None
    supersedes_id: UUID | None
    is_withdrawal: bool
    reason: str | None
    recorded_at: datetime

    @computed_field  # type: ignore[prop-decorator]
    @property
    def yuan_per_kg(self) -> ShownDecimal:
        """The price per kg, four places."""
        return shown(yuan_per_kg(self.price_yuan, kg_of(self.unit, self.pack_kg)))


class IndexLine(BaseModel):
    """The index of one category, or of all."""

    category: Category | None
    """None for the whole."""
    n_pairs: int
    n_outlets: int
    index: ShownDecimal | None
    """Median of matched relatives; None where the sample is too small."""
    change_share: ShownDecimal | None
    low: ShownDecimal | None
    high: ShownDecimal | None
    """The ends of the bootstrap band."""
    wording: str


class PriceIndex(BaseModel):
    """How far prices have moved."""

    as_of: date
    known_at: datetime | None
    area: str
    kind: Comparison
    price_kind: PriceKind
    window_from: date
    window_to: date
    base_from: date
    base_to: date
    items: list[IndexLine]


class PricePair(BaseModel):
    """One row behind an index: a price now and the one that it is compared with."""

    outlet_id: UUID
    product_code: str
    category: Category
    brand: str | None
    pack_kg: ShownDecimal
    now_id: UUID
    now_on: date
    base_id: UUID
    now_yuan_per_kg: ShownDecimal
    base_yuan_per_kg: ShownDecimal
    relative: ShownDecimal


class PriceSpike(BaseModel):
    """A present price that stands out."""

    price: PriceRead
    product_name: str
    outlet_name: str
    against: Against
    """Which comparison was used."""
    z: float | None
    from_median_share: ShownDecimal | None
    n_peers: int
    text: str


class PriceMonth(BaseModel):
    """One month of a product."""

    month: str
    yuan_per_kg: ShownDecimal
    """The median of the month's last price of each outlet."""
    n_prices: int
    n_outlets: int
    mom_share: ShownDecimal | None
    """Against the month before, by matched pairs; None without a pair."""
    n_mom_pairs: int
    yoy_share: ShownDecimal | None
    n_yoy_pairs: int
