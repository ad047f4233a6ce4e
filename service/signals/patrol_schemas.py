"""What goes in and out about patrols."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
)

from inspections.land_uses import Claim
from service.parcels.schemas import Datum
from service.schemas import AreaCode, Id, Instant, Note, Shown, Strict
from service.signals.schemas import MAX_FINDINGS, MAX_POINTS, Accuracy, Lat, Lon, SquareMetres


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
