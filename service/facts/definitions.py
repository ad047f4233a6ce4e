"""What a fact is: a code, a unit, how it is computed, and the rows behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from inspections.units import Quantity, Unit
from inspections.wording import Kind

if TYPE_CHECKING:
    from service.facts.reading import Reading


PERCENT = "%"
"""The unit of what is kept as a share of one."""


class Form(StrEnum):
    """What a fact's value is."""

    COUNT = "count"
    """Something counted or measured, in a unit."""
    RATIO = "ratio"
    """One figure by another; its unit is told in words."""
    STATEMENT = "statement"
    """True, false, or not to be said."""


@dataclass(frozen=True)
class Row:
    """One row behind a fact, as it bears on it."""

    book: str
    id: str
    day: date
    area_code: str
    label: str
    amount: Decimal | None = None
    recorded_at: datetime | None = None
    recorded_by: UUID | None = None
    task_id: UUID | None = None
    """The week that was approved and accepted with it, where the book has that."""


class Rows(list[Row]):
    """Rows behind a fact; several facts and days may share them."""

    @cached_property
    def told(self) -> list[list[str]]:
        """What they say, in an order of its own; ids and instants are a database's own."""
        return sorted([str(e.day), e.area_code, e.label, plain(e.amount)] for e in self)


def plain(value: Decimal | None) -> str:
    """Write a number without zeros that say nothing; nothing where there is none."""
    return "" if value is None else f"{value.normalize():f}"


@dataclass(frozen=True)
class Computed:
    """What a fact comes to."""

    counted: Quantity | None = None
    """Of a count: the figure with its unit."""
    ratio: Decimal | None = None
    """Of a ratio: to twelve places."""
    statement: bool | None = None
    rows: list[Row] = field(default_factory=Rows)
    coverage: Decimal | None = None
    """The part of those who should have told that has."""
    age_days: Decimal | None = None
    doubts: list[str] = field(default_factory=list)
    text: str = ""
    """What is to be said beside it: a reason, a caveat."""

    @property
    def exact(self) -> Decimal | None:
        """The figure with all its places, whatever it counts."""
        return self.ratio if self.counted is None else Decimal(self.counted.value)


@dataclass(frozen=True)
class FactDef:
    """One figure that may be published."""

    code: str
    title: str
    form: Form
    unit: Unit | None
    unit_text: str
    places: int
    """Decimal places of the value that is shown; the exact value is kept beside it."""
    how: str
    """How it is computed, in Chinese."""
    books: tuple[str, ...]
    compute: Callable[["Reading"], Computed]
    is_lower_bound: bool = False
    is_additive: bool = False
    """Whether its rows' amounts add up to it."""
    grain: str = ""
    """What one row is, in Chinese."""
    version: int = 1
    """Rises when the same books would give another figure."""

    @property
    def kind(self) -> Kind:
        """What a bulletin may word it as."""
        if self.form is not Form.RATIO:
            return Kind.COUNT if self.form is Form.COUNT else Kind.STATEMENT
        if self.unit_text != PERCENT:
            return Kind.RATE
        is_change = "yoy" in self.code.rsplit(".", maxsplit=1)[-1]
        return Kind.CHANGE if is_change else Kind.SHARE


def count(  # noqa: PLR0913 - each is one part of a definition
    code: str,
    title: str,
    unit: Unit,
    how: str,
    compute: Callable[["Reading"], Computed],
    *,
    books: tuple[str, ...],
    grain: str,
    places: int = 0,
    is_additive: bool = True,
    is_lower_bound: bool = False,
) -> FactDef:
    """Define something counted or measured; its rows add up to it unless told otherwise."""
    return FactDef(
        code,
        title,
        Form.COUNT,
        unit,
        unit.value,
        places,
        how,
        books,
        compute,
        is_lower_bound=is_lower_bound,
        is_additive=is_additive,
        grain=grain,
    )


def ratio(  # noqa: PLR0913 - each is one part of a definition
    code: str,
    title: str,
    unit_text: str,
    places: int,
    how: str,
    compute: Callable[["Reading"], Computed],
    *,
    books: tuple[str, ...],
    grain: str,
    is_lower_bound: bool = False,
) -> FactDef:
    """Define one figure by another."""
    return FactDef(
        code,
        title,
        Form.RATIO,
        None,
        unit_text,
        places,
        how,
        books,
        compute,
        is_lower_bound=is_lower_bound,
        grain=grain,
    )


def statement(
    code: str,
    title: str,
    how: str,
    compute: Callable[["Reading"], Computed],
    *,
    books: tuple[str, ...],
    grain: str,
) -> FactDef:
    """Define what holds, or does not, or cannot be said."""
    return FactDef(code, title, Form.STATEMENT, None, "", 0, how, books, compute, grain=grain)
