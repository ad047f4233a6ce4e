"""What the screening tells a case of: a lead, and the signals that speak of it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from inspections.case_words import Source
from inspections.land_uses import Claim


class SignalSeen(BaseModel):
    """A signal as a case needs it: when it was seen, by whom, how far it can be trusted."""

    model_config = ConfigDict(frozen=True)

    signal_id: UUID
    source: Source
    seen_at: datetime
    quality: float = 1.0
    again_at: datetime | None = None
    """When it was seen last, if what is seen goes on: a later round counts from then."""


class LeadCreate(BaseModel):
    """What a lead is opened on."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    parcel_uid: UUID
    rule_id: str
    claim: Claim
    category: str
    severity: int
    verdict_class: Annotated[str, Field(alias="class")]
    verdict_id: UUID | None = None
    observed_on: date
    reason: str
    area_code: str
    overlap_m2: float
    signal_ids: tuple[UUID, ...] = ()
    signals: tuple[SignalSeen, ...] = ()
    """Where the caller knows more of them than their ids."""
