"""What goes in and out of the screening."""

import json
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, computed_field

from inspections.conversion_rules import CATEGORY_TEXT, Category
from inspections.fusion_words import CLASS_TEXT, UNKNOWN_TEXT, Unknown, VerdictClass
from inspections.land_uses import CLAIM_TEXT, Claim
from inspections.signals import SOURCE_TEXT, Source
from service.schemas import AreaCode, Day, Shown, Strict


def _list(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


Told = Annotated[list[str], BeforeValidator(_list)]
Season = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class ScreeningCreate(Strict):
    """What is to be screened: by default all that is in view, as of today."""

    as_of: Day | None = None
    area_code: AreaCode | None = None
    season: Season | None = None


class ScreeningCounts(BaseModel):
    """Parcels by class of verdict, and unknown ones by reason."""

    classes: dict[VerdictClass, int]
    unknown: dict[Unknown, int]


class ScreeningRead(Shown):
    """One screening."""

    id: UUID
    season: str
    as_of: date
    area_code: str
    ran_at: datetime
    recorded_by: UUID | None
    n_land: int
    n_new: int
    n_changed: int
    n_same: int
    n_newer: int
    n_leads: int
    counts: Annotated[ScreeningCounts, BeforeValidator(_list)]


class VerdictRead(Shown):
    """One verdict as a list and the map show it."""

    id: UUID
    parcel_uid: UUID
    season: str
    area_code: str
    as_of: date
    recorded_at: datetime
    superseded_at: datetime | None
    verdict_class: VerdictClass = Field(serialization_alias="class")
    claim: Claim | None
    category: Category
    severity: int
    rule_id: str | None
    overlap_m2: float
    is_farmland: bool
    is_urgent: bool
    n_sources: int
    first_source: Source | None
    first_observed_on: date | None
    unknown: Unknown | None

    @computed_field
    def class_text(self) -> str:
        """The class in Chinese."""
        return CLASS_TEXT[self.verdict_class]

    @computed_field
    def category_text(self) -> str:
        """The category in Chinese."""
        return CATEGORY_TEXT[self.category]

    @computed_field
    def claim_text(self) -> str | None:
        """The claim in Chinese."""
        return CLAIM_TEXT[self.claim] if self.claim else None

    @computed_field
    def unknown_text(self) -> str | None:
        """Why nobody can tell, in Chinese."""
        return UNKNOWN_TEXT[self.unknown] if self.unknown else None

    @computed_field
    def first_source_text(self) -> str | None:
        """Who saw it first, in Chinese."""
        return SOURCE_TEXT[self.first_source] if self.first_source else None


class VerdictCard(VerdictRead):
    """One verdict with its reasoning."""

    score: float
    screening_id: UUID
    signal_ids: Told
    reasons: Told
    missing: Told
    legal_basis: str | None = None
    competent_body: str | None = None
    action: str | None = None


class ParcelVerdicts(BaseModel):
    """What stands on a parcel in a season, and what stood before, newest first."""

    standing: VerdictCard | None
    earlier: list[VerdictCard]
