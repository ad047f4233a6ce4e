"""What goes in and out of the doubts."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from inspections.doubts.doubt import Book, Severity, WhichRange
from service.doubts.models import EventKind, Verdict
from service.doubts.states import State
from service.schemas import AreaCode, Day, Id, Note, Shown, Strict

RuleCode = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$", max_length=32)]
Said = Annotated[Note, Field(min_length=1)]


class RunCreate(Strict):
    """Which books are to be gone over: by default all that are in view, as of today."""

    as_of: Day | None = None
    area_code: AreaCode | None = None


class ReplyCreate(Strict):
    """What whoever keeps the record says to a doubt."""

    id: Id | None = None
    text: Said


class SettleCreate(Strict):
    """What the bureau decides."""

    id: Id | None = None
    verdict: Verdict
    text: Said


class EvidenceRead(BaseModel):
    """One thing that speaks for or against what was observed."""

    label: str
    value: str


class EventRead(Shown):
    """One step of a doubt."""

    id: UUID
    n: int
    kind: EventKind
    verdict: Verdict | None
    text: str | None
    recorded_at: datetime
    recorded_by: UUID | None


class DoubtRead(Shown):
    """One doubt as it stands."""

    id: UUID
    rule: str
    title: str = ""
    book: Book
    book_text: str = ""
    severity: Severity
    severity_text: str = ""
    area_code: str
    subject_kind: str
    subject_id: str
    observed_on: date
    observed: str
    expected: str
    explanation: str
    which_range: WhichRange
    range_text: str = ""
    opened_at: datetime
    due_on: date
    state: State = State.NEW
    state_text: str = ""
    owner: str = ""
    """Who answers: of which area, and by which duty."""
    is_open: bool = True
    is_overdue: bool = False


class DoubtCard(DoubtRead):
    """One doubt with its evidence and its life."""

    evidence: list[EvidenceRead]
    events: list[EventRead]


class RunRead(Shown):
    """One time that the rules went over the books."""

    id: UUID
    area_code: str
    as_of: date
    ran_at: datetime
    n_found: int
    n_opened: int
    n_reopened: int
    n_closed: int
    n_expired: int


class SkippedRead(BaseModel):
    """One check that could not be made."""

    rule: str
    title: str
    book: Book
    reason: str
    n_subjects: int
    is_whole: bool


class SkippedChecks(BaseModel):
    """What the last run could not check, and why; no run at all is None."""

    run: RunRead | None
    items: list[SkippedRead]
