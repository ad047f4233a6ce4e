"""What goes out of the figures of visits."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from inspections.visits import Outcome
from service.schemas import ShownDecimal


class Counted(BaseModel):
    """A number with what it counts."""

    value: int
    unit: str


class CoverageLine(BaseModel):
    """How many of the active outlets of a town or category were inspected."""

    key: str
    name: str
    n_active: int
    n_inspected: int
    share: ShownDecimal | None


class CheckedType(BaseModel):
    """How often one kind of violation was looked for."""

    violation_code: str
    name: str
    n_checked: int
    n_failed: int


class Bound(BaseModel):
    """What a random draw without a hit says of all; or why it says nothing."""

    at_most: int | None
    confidence: ShownDecimal
    n_listed: int
    n_inspected: int
    withheld: list[str]


class VisitCounts(BaseModel):
    """The figures of a period."""

    starts_on: date
    as_of: date
    known_at: datetime | None
    area: str
    campaign_id: UUID | None
    officer_times: Counted
    """人次 over all visits, whether the shop was open or not."""
    officers: Counted
    visit_times: Counted
    """家次 inspected."""
    outlets: Counted
    """家 inspected: different ones."""
    came_only_times: Counted
    """家次 where the officers came and could not inspect: closed or refused."""
    by_outcome: dict[Outcome, int]
    by_town: list[CoverageLine]
    by_category: list[CoverageLine]
    checked: list[CheckedType]
    n_samples: int
    n_pending_samples: int
    n_failed_samples: int
    n_findings: int
    n_open_findings: int
    n_overdue_findings: int
    may_say_none_found: bool
    reasons: list[str]
    """Why the negative sentence may not be said."""
    bound: Bound | None
    """Of a campaign only."""
