"""What goes in and out of the cases."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from inspections.case_words import (
    Duty,
    Escalation,
    Event,
    EvidenceKind,
    Gate,
    NoEntry,
    Purpose,
    Shows,
    Source,
    State,
)
from inspections.land_uses import Claim
from service.accounts.schemas import Username
from service.cases.term_schemas import LimitationRead, TermRead
from service.parcels.schemas import Datum
from service.record_schemas import Short
from service.schemas import Day, Id, Instant, Note, Shown, Strict, Text
from service.supply.outlet_schemas import Lat, Lon
from service.visits.schemas import Accuracy

Title = Annotated[Text, Field(max_length=200)]
Organ = Annotated[Text, Field(min_length=1, max_length=100)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TransitionCreate(Strict):
    """One step of a case, with what it asks for."""

    id: Id | None = None
    event: Event
    expected_n: Annotated[int, Field(ge=0, le=9999, strict=True)] | None = None
    """How many steps the case had when it was read; another number is refused."""
    reason: Note | None = None
    evidence_ids: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None
    document_no: Short | None = None
    organ: Organ | None = None
    receipt_no: Short | None = None
    receipt_due_on: Day | None = None
    assignee: Username | None = None
    """The user name of the officer who is to go; of a check or an acceptance, of who came along."""
    target_id: Id | None = None


class EvidenceCreate(Strict):
    """One piece of evidence; of a photo its id, or its hash."""

    id: Id | None = None
    kind: EvidenceKind
    purpose: Purpose
    photo_id: Id | None = None
    sha256: Sha256 | None = None
    occurred_at: Instant | None = None
    source: Source | None = None
    document_no: Short | None = None
    title: Title | None = None
    note: Note | None = None
    no_entry: NoEntry | None = None
    shows: Shows | None = None
    signal_id: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = Datum.WGS84
    accuracy_m: Accuracy | None = None
    is_mock: StrictBool = False


class FaultRead(BaseModel):
    """Why something proves nothing."""

    code: str
    text: str


class PlaceRead(BaseModel):
    """Where something was taken, in CGCS2000 degrees."""

    lon: float
    lat: float
    accuracy_m: float | None
    distance_m: float | None


class EvidenceRead(Shown):
    """One piece of evidence and what it came to. Places only for duties that may see them."""

    id: UUID
    round: int
    kind: EvidenceKind
    purpose: Purpose
    occurred_at: datetime | None
    recorded_at: datetime
    recorded_by: UUID
    photo_id: UUID | None
    sha256: str | None
    size_bytes: int | None
    media_type: str | None
    document_no: str | None
    title: str | None
    note: str | None
    no_entry: NoEntry | None
    shows: Shows | None
    is_qualified: bool
    verdict: str = ""
    """合格, or why not."""
    faults: Annotated[list[FaultRead], Field(default_factory=list)]
    place: PlaceRead | None = None


class EventRead(Shown):
    """One step of a case."""

    id: UUID
    n: int
    round: int
    event: Event
    event_text: str = ""
    from_state: State
    to_state: State
    actor_id: UUID | None
    actor_name: str = "系统"
    duty: Duty
    at: datetime
    reason: str | None
    evidence_ids: list[UUID]
    document_no: str | None
    organ: str | None
    receipt_no: str | None
    receipt_due_on: date | None
    assignee_id: UUID | None
    assignee_name: str | None = None
    target_id: UUID | None


class PauseRead(BaseModel):
    """Days on which the clock stood."""

    starts_on: date
    ends_on: date | None
    reason: str
    approved_by: UUID


class CaseRead(Shown):
    """One case as it stands."""

    id: UUID
    area_code: str
    parcel_uid: UUID
    rule_id: str
    claim: Claim
    claim_text: str = ""
    category: str
    severity: int
    verdict_class: str
    verdict_id: UUID | None
    observed_on: date
    overlap_m2: float
    reason: str
    is_basic_farmland: bool
    opened_at: datetime
    state: State
    state_text: str = ""
    n: int
    reopened: int = 0
    """反弹次数."""
    due_on: date | None
    term_due_on: date | None
    """Of the terms of the law that run, the first."""
    is_open: bool = True
    is_overdue: bool = False
    ended_on: date | None
    relook_on: date | None
    assigned_to: UUID | None
    merged_into_id: UUID | None
    found_at: datetime | None
    found_by: Source | None


class SourceFirst(BaseModel):
    """When a source first saw it."""

    source: Source
    source_text: str
    seen_at: datetime


class ClocksRead(BaseModel):
    """The three clocks of the present round."""

    found_at: datetime | None
    found_by: Source | None
    stopped_at: datetime | None
    settled_at: datetime | None
    found_to_stopped_days: float | None
    found_to_settled_days: float | None
    start_text: str
    first_by_source: list[SourceFirst]
    lead_days: float | None
    """By how much the first source was earlier than the next."""
    step: str | None
    step_started_on: date
    step_workdays: int | None
    step_workdays_used: int | None
    is_paused: bool


class LackRead(BaseModel):
    """Something that the next step still needs."""

    gate: Gate
    text: str


class WayRead(BaseModel):
    """A step that may come next; whose it is, and what is missing for it."""

    event: Event
    event_text: str
    to_state: State | None
    duties: list[Duty]
    is_mine: bool
    missing: list[LackRead]


class ParcelRead(Shown):
    """A parcel that a case is about."""

    parcel_uid: UUID
    came_from_uid: UUID | None
    share: float
    added_at: datetime


class SignalRead(Shown):
    """A signal that speaks of a case."""

    signal_id: UUID
    round: int
    source: Source
    seen_at: datetime


class CaseCard(CaseRead):
    """One case with its life."""

    clocks: ClocksRead
    ways: list[WayRead]
    marks: list[str]
    """What a reader should know, in Chinese."""
    events: list[EventRead]
    evidence: list[EvidenceRead]
    pauses: list[PauseRead]
    parcels: list[ParcelRead]
    signals: list[SignalRead]
    merged_ids: list[UUID]
    terms: list[TermRead]
    """The terms of the law."""
    limitation: LimitationRead | None
    """The two years, while nobody has filed the case."""


class AssigneeRead(Shown):
    """An officer who may be sent."""

    username: str
    display_name: str
    area_code: str


class NoticeRead(Shown):
    """A reminder."""

    id: UUID
    case_id: UUID
    area_code: str
    kind: Escalation
    audience: Duty
    message: str
    sent_at: datetime
