"""What comes into and goes out of bulletins."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from inspections.bulletin_texts import MAX_BYTES
from service.bulletins.models import Kind, State, Step
from service.schemas import AreaCode, Day, Id, Note, Shown, ShownDecimal, Strict, Text, clean_text


def _one_kind_of_line_end(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


Template = Annotated[
    str,
    AfterValidator(clean_text),
    AfterValidator(_one_kind_of_line_end),
    Field(min_length=1, max_length=MAX_BYTES),
]
Masthead = Annotated[Text, Field(min_length=1, max_length=100)]
Line = Annotated[Text, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(strict=True, ge=1, le=9999)]
Leader = Annotated[Text, Field(min_length=1, max_length=64)]


class BulletinCreate(Strict):
    """A draft."""

    id: Id | None = None
    area_code: AreaCode
    kind: Kind = Kind.BULLETIN
    masthead: Masthead
    title: Line
    number: Number
    total_number: Number | None = None
    as_of: Day
    office: Line
    reported_to: Note = ""
    sent_to: Note = ""
    issued_to: Note = ""
    template: Template | None = None
    """Without one: the template that is shipped for its kind."""


class Revise(Strict):
    """Another text; it must be reviewed again."""

    id: Id | None = None
    template: Template


class Review(Strict):
    """A second person has read it."""

    id: Id | None = None
    note: Note | None = None


class IssueCreate(Strict):
    """Issue; with open doubts beyond the limit only as a leader decided, and why."""

    id: Id | None = None
    leader: Leader | None = None
    """The leader's account."""
    reason: Note | None = None


class CorrectionCreate(Strict):
    """A new issue that takes the place of an issued one."""

    id: Id | None = None
    reason: Annotated[Note, Field(min_length=1)]
    as_of: Day | None = None
    """Another day; without one that of the issue."""
    title: Line | None = None
    """Another title; without one that of the issue."""
    template: Template | None = None
    """Another text; without one that of the issue."""


class SlotValue(BaseModel):
    """One slot as it is printed."""

    code: str
    format: str
    text: str
    problem: str | None = None
    """Why it cannot be printed; such a bulletin cannot be issued."""


class FactFigure(BaseModel):
    """One fact as it was when the text was made."""

    code: str
    title: str
    unit: str
    exact: str | None
    statement: bool | None
    shown: str
    """As the table prints it."""
    is_lower_bound: bool
    coverage: ShownDecimal | None
    n_rows: int
    age_days: ShownDecimal | None
    doubts: list[str]
    digest: str
    books: list[str]


class Bar(BaseModel):
    """One town's progress."""

    name: str
    sown_mu: str | None
    plan_mu: str | None


class Frozen(BaseModel):
    """Everything of a bulletin that comes from the books."""

    paragraphs: list[list[SlotValue]]
    """Per paragraph its parts; literal text has no code."""
    facts: list[FactFigure]
    bars: list[Bar]


class StepRead(Shown):
    """What was done, by whom."""

    id: UUID
    n: int
    step: Step
    recorded_at: datetime
    recorded_by: UUID
    by_name: str = ""
    reason: str | None
    leader_name: str | None


class OpenDoubt(BaseModel):
    """What is open about one of its figures."""

    code: str
    title: str
    text: str


class BulletinRead(Shown):
    """One bulletin's head and where it stands."""

    id: UUID
    area_code: str
    kind: Kind
    masthead: str
    title: str
    year: int
    number: int
    total_number: int | None
    as_of: date
    office: str
    reported_to: str
    sent_to: str
    issued_to: str
    corrects_id: UUID | None
    corrected_by_id: UUID | None = None
    state: State
    issued_at: datetime | None = None
    digest: str | None = None


class BulletinCard(BulletinRead):
    """One bulletin with its text, figures, doubts and steps."""

    template: str
    text: str
    known_at: datetime | None
    paragraphs: list[list[SlotValue]]
    facts: list[FactFigure]
    doubts: list[OpenDoubt]
    problems: list[str]
    """What keeps a draft from being issued."""
    steps: list[StepRead]


class Proposal(BaseModel):
    """更正建议: an issued figure that the books tell otherwise by now."""

    code: str
    title: str
    unit: str
    then: str | None
    now: str | None
    """Exact values; for statements, whether they hold."""
    texts_then: list[str]
    texts_now: list[str]
    is_wording_changed: bool


class Proposals(BaseModel):
    """One issue in force, and what the books tell otherwise by now."""

    bulletin: BulletinRead
    items: list[Proposal]


class Decision(BaseModel):
    """An issue that went out with open doubts, by whose decision and why."""

    bulletin_id: UUID
    year: int
    number: int
    title: str
    leader_name: str
    reason: str
    issued_by: str
    """Who issued it and named the leader."""
    issued_at: datetime
