"""What goes out of facts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from service.facts.definitions import Form
from service.schemas import Shown, ShownDecimal


class FactValue(BaseModel):
    """One figure of a day."""

    code: str
    title: str
    form: Form
    unit: str
    places: int
    """Decimal places of the value that is shown."""
    grain: str
    """What one row is."""
    version: int
    wording: str
    """The formats in which a bulletin may write it."""
    as_of: date
    known_at: datetime | None
    area_code: str
    value: ShownDecimal | None
    """Rounded as it is shown; None where there is none."""
    exact: str | None
    """The value with all its places, as text."""
    statement: bool | None
    is_lower_bound: bool
    coverage: ShownDecimal | None
    n_rows: int
    open_doubts: int
    weighty_doubts: int
    """Open doubts that are more than hints."""
    doubts: list[str]
    """What the weighty ones say."""
    hints: list[str]
    doubt_ids: list[UUID]
    """The doubts of the book that touch it; what it doubts itself has no id."""
    age_days: ShownDecimal | None
    digest: str
    """Of the value and its rows: the same on both databases for the same books."""
    text: str
    how: str
    books: list[str]

    @property
    def exact_value(self) -> Decimal | None:
        """The value with all its places."""
        return None if self.exact is None else Decimal(self.exact)


class FactPoint(BaseModel):
    """One figure of one day of a series; what it rests on is at `facts/{code}`."""

    code: str
    value: ShownDecimal | None
    statement: bool | None
    coverage: ShownDecimal | None
    n_rows: int
    open_doubts: int
    digest: str


class DayFacts(BaseModel):
    """The figures of one day."""

    as_of: date
    facts: list[FactPoint]


class FactRow(Shown):
    """One row behind a figure."""

    book: str
    id: str
    day: date
    area_code: str
    label: str
    amount: ShownDecimal | None
    recorded_at: datetime | None
    recorded_by: UUID | None
    recorded_by_name: str | None = None
    approved: str | None = None
    """Who approved and who accepted it, and when; None where a book asks for neither."""
