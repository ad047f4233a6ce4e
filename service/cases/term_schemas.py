"""What goes in and out of the terms of cases."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from inspections.penalty_rules import Term
from inspections.term_steps import Leave, TermEvent
from service.record_schemas import Short
from service.schemas import Day, Id, Note, Shown, ShownDecimal, Strict, exact

MAX_FINE = 99_999_999
Fine = Annotated[
    Decimal,
    BeforeValidator(exact(2)),
    Field(gt=0, le=MAX_FINE),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": MAX_FINE}),
]
"""A fine, yuan, two decimal places."""


class TermCreate(Strict):
    """A term that begins on a case; of a payment, with the fine."""

    id: Id | None = None
    term: Term
    started_on: Day
    """The day that begins it, which does not count; of a hearing's notice, the hearing."""
    fine_yuan: Fine | None = None
    note: Note | None = None


class TermStepCreate(Strict):
    """What happens to a term."""

    id: Id | None = None
    event: TermEvent
    expected_n: Annotated[int, Field(ge=0, le=9999, strict=True)] | None = None
    """How many steps the term had when it was read; another number is refused."""
    leave: Leave | None = None
    days: Annotated[int, Field(ge=1, le=365, strict=True)] | None = None
    reason: Note | None = None
    occurred_on: Day | None = None
    document_no: Short | None = None


class TermStepRead(Shown):
    """One thing that happened to a term."""

    id: UUID
    n: int
    event: TermEvent
    event_text: str = ""
    leave: Leave | None
    leave_text: str | None = None
    days: int | None
    reason: str | None
    occurred_on: date | None
    document_no: str | None
    recorded_at: datetime
    recorded_by: UUID
    by_name: str = ""


class TermWay(BaseModel):
    """A step of a term that the reader's duty has; `missing` says why not now."""

    event: TermEvent
    event_text: str
    leaves: list[Leave] = []
    missing: str | None


class TermRead(Shown):
    """A term of the law on a case, as it stands today."""

    id: UUID
    case_id: UUID
    term: Term
    term_text: str
    article: str
    starts: str
    """What begins it, in Chinese."""
    started_on: date
    days: int
    """With its extensions."""
    is_workday: bool
    is_backward: bool
    max_extension_days: int
    extension_source: str
    fine_yuan: ShownDecimal | None
    note: str | None
    recorded_at: datetime
    recorded_by: UUID
    by_name: str
    n: int
    due_on: date | None
    """By whose end it is due; none while it is paused, or where the calendar does not reach."""
    days_left: int | None
    """From today, all days; negative when it is over."""
    is_open: bool
    is_paused: bool
    is_overdue: bool
    is_late: bool
    """It was done after its last day."""
    done_on: date | None
    dropped_on: date | None
    surcharge_yuan: ShownDecimal | None
    """Of a fine that is, or was, paid late: what it may be raised by."""
    steps: list[TermStepRead]
    ways: list[TermWay]


class LimitationRead(Shown):
    """Until when a breach that nobody has taken up may still be punished."""

    since: date
    ends_on: date
    days_left: int
    is_near: bool
    is_over: bool
