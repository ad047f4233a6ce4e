"""What a table of a record book looks like: its columns, and the schema that a row fills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from service.schemas import Strict


class Kind(StrEnum):
    """What a column's cells hold."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DEGREES = "degrees"
    DAY = "day"
    CHOICE = "choice"
    AREA = "area"
    """A unit, by code or by name."""
    FLAG = "flag"
    LIST = "list"
    """Several texts, separated by 、 or ; or |."""


@dataclass(frozen=True)
class Column:
    """One column of a table: the field that it fills and the headings it may stand under."""

    name: str
    """Of the field."""
    headings: tuple[str, ...]
    kind: Kind = Kind.TEXT
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What people write -> the value."""
    is_required: bool = False
    hint: str = ""

    @property
    def title(self) -> str:
        """The heading in the template."""
        return self.headings[0]


I = TypeVar("I", bound=Strict)  # noqa: E741 - the item of a table


@dataclass(frozen=True)
class Layout(Generic[I]):
    """A table of one book."""

    kind: str
    """Names the table in ids and in file names."""
    title: str
    schema: type[I]
    columns: tuple[Column, ...]
