"""What goes in and out of campaigns, draws and the roster."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, model_validator
from pydantic import WithJsonSchema as JsonSchema

from inspections.visits import Tier
from service.schemas import AreaCode, Day, Id, Name, Note, Shown, ShownDecimal, Strict, Text, exact
from service.supply.models import Category
from service.visits.campaign_models import CampaignKind

Ratio = Annotated[
    Decimal,
    BeforeValidator(exact(4)),
    Field(ge=0, le=1),
    PlainSerializer(float, when_used="json"),
    JsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Seed = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""No character that a shell would read otherwise: the seed stands in the published recipe."""
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,16}$")]
CertificateNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{4,32}$")]
Username = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Line = Annotated[Text, Field(min_length=1, max_length=200)]
UnitName = Annotated[Text, Field(min_length=1, max_length=100)]
SeatCode = Annotated[AreaCode, Field(min_length=6)]
Team = Annotated[int, Field(ge=2, le=6, strict=True)]


class CampaignCreate(Strict):
    """A campaign: whom it is about, and how many of each risk tier are drawn."""

    id: Id | None = None
    area_code: SeatCode
    title: Line
    kind: CampaignKind
    starts_on: Day
    ends_on: Day
    categories: Annotated[list[Category], Field(min_length=1, max_length=4)] | None = None
    ratio_high: Ratio = Decimal(1)
    ratio_medium: Ratio
    ratio_low: Ratio
    checklist_version: Version
    officers_per_visit: Team = 2

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("止日不能早于起日")
        return self


class CampaignRead(Shown):
    """A campaign."""

    id: UUID
    area_code: str
    title: str
    kind: CampaignKind
    starts_on: date
    ends_on: date
    categories: Annotated[
        list[Category], BeforeValidator(lambda text: text.split("|") if text else [])
    ]
    ratio_high: ShownDecimal
    ratio_medium: ShownDecimal
    ratio_low: ShownDecimal
    checklist_version: str
    officers_per_visit: int
    recorded_at: datetime


class DrawCreate(Strict):
    """The order to draw. Without a seed one is made from the system's secrets."""

    id: Id | None = None
    seed: Seed | None = None


class SubjectRead(Shown):
    """One outlet of the frozen list."""

    outlet_id: UUID
    name: str
    seat_code: str
    tier: Tier
    tier_reasons: str
    hash: str
    is_drawn: bool
    officer_ids: list[UUID] = Field(default_factory=list)


class StratumRead(BaseModel):
    """One risk tier of the draw."""

    tier: Tier
    ratio: ShownDecimal
    n_listed: int
    n_drawn: int


class DrawRead(BaseModel):
    """A draw with all that is needed to draw again."""

    id: UUID
    campaign_id: UUID
    seed: str
    drawn_on: date
    list_digest: str
    """SHA-256 of the list as `draw/list` gives it: what `sha256sum` says of that file."""
    recipe: str
    """One shell line that prints the drawn ids from the list."""
    strata: list[StratumRead]
    items: list[SubjectRead]


class CertificateCreate(Strict):
    """A certificate of an officer; with `supersedes_id` and `reason`, a correction."""

    id: Id | None = None
    number: CertificateNo
    valid_from: Day
    valid_to: Day
    supersedes_id: Id | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_to < self.valid_from:
            raise ValueError("有效期的止日不能早于起日")
        return self


class OfficerCreate(Strict):
    """An officer with their first certificate."""

    id: Id | None = None
    area_code: SeatCode
    name: Name
    unit: UnitName
    username: Username | None = None
    certificate_no: CertificateNo
    valid_from: Day
    valid_to: Day

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_to < self.valid_from:
            raise ValueError("有效期的止日不能早于起日")
        return self


class CertificateRead(Shown):
    """A certificate that holds."""

    id: UUID
    officer_id: UUID
    number: str
    valid_from: date
    valid_to: date


class OfficerRead(Shown):
    """An officer of the roster."""

    id: UUID
    area_code: str
    name: str
    unit: str
    username: str | None
    certificates: list[CertificateRead] = Field(default_factory=list)
    is_certified: bool = False
    """On the day that was asked about."""


class ExclusionCreate(Strict):
    """This officer keeps away from this outlet; with `supersedes_id`, a correction."""

    id: Id | None = None
    officer_id: Id
    outlet_id: Id
    ground: Annotated[Note, Field(min_length=1)]
    supersedes_id: Id | None = None
    reason: Note | None = None


class ExclusionRead(Shown):
    """Who keeps away from where, and why."""

    id: UUID
    area_code: str
    officer_id: UUID
    outlet_id: UUID
    ground: str
    supersedes_id: UUID | None
    is_withdrawal: bool
    reason: str | None
    recorded_at: datetime
