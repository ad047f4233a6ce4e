"""What goes in and out of the linter."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from inspections.lint import Verdict
from service.schemas import AreaCode, Day, Instant, Strict, Text


class LintCreate(Strict):
    """A text to be judged."""

    text: Annotated[Text, Field(min_length=1)]
    as_of: Day | None = None
    known_at: Instant | None = None
    area: AreaCode | None = None


class LintLine(BaseModel):
    """One figure of the text."""

    start: int
    end: int
    text: str
    code: str | None
    title: str
    verdict: Verdict
    verdict_text: str
    value: str | None
    """What the books say, exactly; a share where the unit is %."""
    value_text: str
    """The same as one writes it."""
    unit: str
    n_rows: int
    open_doubts: int
    reason: str


class LintAnswer(BaseModel):
    """Every figure of a text, judged."""

    as_of: date
    known_at: datetime | None
    area_code: str
    counts: dict[Verdict, int]
    is_contradicted: bool
    unread_characters: int
    items: list[LintLine]
