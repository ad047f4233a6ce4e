"""What goes in and out about tips and what is sealed of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
    StrictBool,
)

from inspections.land_uses import Claim
from service.parcels.schemas import Datum
from service.schemas import Id, Note, Shown, Strict, Text
from service.signals.models import Stage, UnsealingStep
from service.signals.schemas import Reason


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
