"""What goes in and out about seasons, tasks and lock exceptions."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from service.reporting.models import TaskEventKind, TaskState
from service.reporting.rules import Timeliness
from service.schemas import AreaCode, Code, Day, Id, Instant, Name, Note, Shown, Strict

Reason = Annotated[Note, Field(min_length=1)]


class SeasonCreate(Strict):
    """A new season; its tasks are made with it."""

    code: Code
    title: Name
    kind: Annotated[Code, Field(max_length=16)]
    crop_year: Annotated[int, Field(strict=True, ge=1990, le=2100)]
    starts_on: Day
    ends_on: Day
    week_ends_on: Annotated[int, Field(strict=True, ge=1, le=7)] = 4


class SeasonRead(Shown):
    """One season."""

    code: str
    title: str
    kind: str
    crop_year: int
    starts_on: date
    ends_on: date
    week_ends_on: int


class TaskRead(Shown):
    """One town's week, with how it stands to its clocks."""

    id: UUID
    dataset: str
    season_code: str
    area_code: str
    area_name: str
    period: date
    state: TaskState
    timeliness: Timeliness
    opens_at: datetime
    due_at: datetime
    grace_until: datetime
    locks_at: datetime
    open_until: datetime | None
    is_open: bool
    """Whether rows can be filed at this moment."""
    n_expected: int
    submitted_at: datetime | None


class TaskEventRead(Shown):
    """One step in a task's life."""

    kind: TaskEventKind
    from_state: TaskState
    to_state: TaskState
    actor: str | None
    at: datetime
    reason: str | None


class TaskStep(Strict):
    """A step without a reason."""


class TaskStepWithReason(Strict):
    """A step that needs a reason: it is shown to whom it sends work back."""

    reason: Reason


class LockExceptionCreate(Strict):
    """A grant to file into a locked week."""

    id: Id | None = None
    dataset: Annotated[str, Field(pattern="^sowing$")] = "sowing"
    season_code: Code
    area_code: AreaCode
    period: Day
    reason: Reason
    expires_at: Instant


class LockExceptionRead(Shown):
    """A lock exception that was granted."""

    id: UUID
    dataset: str
    season_code: str
    area_code: str
    period: date
    reason: str
    granted_by: UUID
    granted_at: datetime
    expires_at: datetime


class NoticeRead(Shown):
    """A reminder or an overdue mark."""

    id: UUID
    area_code: str
    step: str
    audience: str
    message: str
    at: datetime


class RatesRead(Shown):
    """填报率, 按时率, 差错率 of the tasks in view."""

    n_due: int
    n_submitted: int
    n_on_time: int
    n_returned: int
    reported_share: float | None
    on_time_share: float | None
    error_share: float | None
