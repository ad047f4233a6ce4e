"""Which books a run goes over, and as of which day."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from service import records


@dataclass(frozen=True)
class Look:
    """One look at the books of an area, as of a day, so many days back."""

    as_of: date
    area: str
    days: int

    @property
    def since(self) -> date:
        """The first day that is looked at."""
        return self.as_of - timedelta(days=self.days)

    def within(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """Return the criterion that a row lies in the area."""
        return records.within(column, self.area)
