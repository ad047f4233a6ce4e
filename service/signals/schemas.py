"""What goes in and out about signals."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StrictBool,
    model_validator,
)

from inspections.land_uses import Claim
from inspections.signals import MatchState, Source
from service.parcels.schemas import Datum, Geometry
from service.schemas import AreaCode, Id, Instant, Note, Shown, Strict, Text, clean_text, exact
from service.signals.models import Stage

MAX_WORDS = 2000
MAX_CONTACT = 100
MAX_POINTS = 20_000
MAX_FINDINGS = 200
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
"""In a form, as a phone tells it."""
Accuracy = Annotated[float, BeforeValidator(exact(1)), Field(ge=0, le=9999.9)]
SquareMetres = Annotated[float, BeforeValidator(exact(2)), Field(gt=0, le=9_999_999.99)]
Words = Annotated[str, AfterValidator(clean_text), Field(max_length=MAX_WORDS)]
Contact = Annotated[str, AfterValidator(clean_text), Field(max_length=MAX_CONTACT)]
Place = Annotated[str, AfterValidator(clean_text), Field(max_length=200)]
Reference = Annotated[Text, Field(min_length=1, max_length=64)]
Reason = Annotated[Note, Field(min_length=1)]
# The country's box: a swapped pair, or one in metres, is told at once.
Lon = Annotated[float, Field(ge=73, le=136, strict=True, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=18, le=54, strict=True, allow_inf_nan=False)]


class SignalCreate(Strict):
    """An enforcement finding, as a signal."""

    id: Id | None = None
    area_code: AreaCode
    claim: Claim
    observed_at: Instant
    geometry: Geometry | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    accuracy_m: Accuracy | None = None
    datum: Datum = Datum.CGCS2000
    area_m2: SquareMetres | None = None
    because_of: Id | None = None
    """The signal because of which somebody went there."""
    reference_no: Reference | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度要么都填,要么都不填")
        if (self.geometry is None) == (self.lon is None):
            raise ValueError("图形和经纬度填一样,只填一样")
        return self


class SignalParcelRead(Shown):
    """A parcel that a signal speaks of; the state is what holds after people decided.

    Where the signal's place is shown coarsely, what measures it is not shown.
    """

    parcel_uid: UUID
    overlap_m2: float
    share: float | None
    distance_m: float | None
    match: float | None
    state: MatchState


class SignalRead(Shown):
    """One signal."""

    id: UUID
    area_code: str
    source: Source
    channel: str
    origin_id: UUID
    observed_at: datetime
    received_at: datetime
    recorded_at: datetime
    claim: Claim
    is_asked: bool
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    is_coarse: bool = False
    """The position is the middle of a cell of about 100 m: of a tip, to whoever reads no tips."""
    datum: Datum | None
    area_m2: float | None
    quality: float
    reference_no: str | None
    note: str | None
    before_on: date | None
    is_farmland_told: bool | None
    farmland_differs: bool | None
    """Whether our own layer of basic farmland says otherwise; None where either says nothing."""
    stage: Stage
    parcels: list[SignalParcelRead]


class RelatedRead(BaseModel):
    """Another signal on the same land, and how likely it is of the same episode."""

    id: UUID
    source: Source
    claim: Claim
    observed_at: datetime
    kinship: float
    is_independent: bool
    """Of another chain of origins."""


class SignalCard(SignalRead):
    """One signal with what else was said of the same land."""

    geometry: dict[str, object] | None
    related: list[RelatedRead]


class StageCreate(Strict):
    """The next step of a signal."""

    stage: Stage
    reason: Reason


class DecisionCreate(Strict):
    """Whether a signal speaks of a parcel."""

    id: Id | None = None
    parcel_uid: Id
    is_match: StrictBool
    reason: Reason
