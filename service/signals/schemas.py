"""What goes in and out about signals."""

from dataclasses import dataclass
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
from service.signals.models import Stage, UnsealingStep

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


@dataclass(frozen=True)
class Informant:
    """Who told; nothing of it leaves the seal."""

    name: str = ""
    contact: str = ""


@dataclass(frozen=True)
class TipOffered:
    """A tip on its way in."""

    claim: Claim
    submission: UUID
    area_code: str | None = None
    text: str = ""
    place: str = ""
    seen_on: date | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    datum: Datum = Datum.WGS84
    informant: Informant = Informant()
    photos: tuple[bytes, ...] = ()


class TipReceipt(BaseModel):
    """What the sender of a tip gets, once: the code to follow it by."""

    receipt: str
    stage: Stage
    text: str


class StatusAsked(Strict):
    """A receipt, as it was typed."""

    receipt: Annotated[Text, Field(min_length=1, max_length=64)]


class TipStatus(BaseModel):
    """How far a tip is; nothing else."""

    stage: Stage
    text: str


class TipRead(Shown):
    """A tip as the bureau sees it; nothing in it depends on who sent it."""

    id: UUID
    area_code: str
    signal_id: UUID
    is_joined: bool
    claim: Claim
    text: str
    place: str | None
    seen_on: date
    lon: float | None
    lat: float | None
    received_at: datetime
    stage: Stage
    photos: list[UUID]


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


class UnsealingCreate(Strict):
    """An order to open what is sealed of a tip."""

    id: Id | None = None
    reason: Annotated[Note, Field(min_length=5)]


class UnsealingAnswer(Strict):
    """What another duty says to an order."""

    is_approved: StrictBool
    reason: Reason


class UnsealingRead(BaseModel):
    """An order to unseal, and what became of it."""

    id: UUID
    tip_id: UUID
    area_code: str
    reason: str
    recorded_at: datetime
    recorded_by: UUID
    steps: list[UnsealingStep]


class InformantRead(BaseModel):
    """What was sealed of a tip; every reading of it is in the audit."""

    name: str
    contact: str
    photos: list[UUID]
    """Whose sealed files may be read as well."""


class TrackPointIn(Strict):
    """Where a patrol was at an instant."""

    lon: Lon
    lat: Lat
    at: Instant


class PatrolFinding(Strict):
    """Something that a patrol saw."""

    lon: Lon
    lat: Lat
    accuracy_m: Accuracy | None = None
    claim: Claim
    observed_at: Instant
    area_m2: SquareMetres | None = None
    note: Note | None = None


class PatrolCreate(Strict):
    """One patrol with its track and findings."""

    id: Id | None = None
    area_code: AreaCode
    started_at: Instant
    ended_at: Instant
    because_of: Id | None = None
    """The signal because of which it was sent; its findings only verify that one."""
    datum: Datum = Datum.WGS84
    points: Annotated[list[TrackPointIn], Field(min_length=1, max_length=MAX_POINTS)] | None = None
    findings: (
        Annotated[list[PatrolFinding], Field(min_length=1, max_length=MAX_FINDINGS)] | None
    ) = None
    note: Note | None = None


class PatrolRead(Shown):
    """One patrol; its track is not shown."""

    id: UUID
    area_code: str
    started_at: datetime
    ended_at: datetime
    because_of: UUID | None
    n_points: int
    n_slips: int
    effort_min: float
    distance_m: float
    n_cells: int
    n_cells_seen: int
    coverage_share: float | None
    n_findings: int
    note: str | None
    recorded_at: datetime


class TownCoverageRead(BaseModel):
    """How much of a town's basic farmland some patrol of a period went through."""

    area_code: str
    name: str
    n_cells: int
    n_seen: int
    share: float | None
    last_seen_on: date | None


class UnseenCellRead(BaseModel):
    """A cell with basic farmland that no patrol of a period went through, in CGCS2000."""

    area_code: str
    west: float
    south: float
    east: float
    north: float


class PatrolCoverageRead(BaseModel):
    """How much of an area's basic farmland some patrol of a period went through."""

    area_code: str
    since: date
    until: date
    """Also the day of whose basic farmland it is."""
    n_cells: int
    n_seen: int
    share: float | None
    last_seen_on: date | None
    towns: list[TownCoverageRead]
    n_unseen: int
    unseen: list[UnseenCellRead]
    next: str | None


class PatchRowRead(BaseModel):
    """What is wrong with one row of a file."""

    row: int
    column: str
    value: str
    reason: str


class PatchReport(BaseModel):
    """What a file of patches holds, and what became of it."""

    import_id: UUID | None
    is_dry_run: bool
    n_rows: int
    n_new: int
    n_known: int
    n_without_claim: int
    n_to_ask: int
    n_refused: int
    n_matched: int
    n_farmland_differs: int
    datum: Datum
    is_datum_detected: bool
    datum_reason: str
    crs_reason: str
    box: tuple[float, float, float, float] | None
    rows: list[PatchRowRead]
