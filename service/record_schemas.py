"""What every record tells of its writing, and what its correction and withdrawal bring."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from service.schemas import AreaCode, Id, Note, Shown, Strict, Text

SeatCode = Annotated[AreaCode, Field(min_length=9)]
"""A town or a village."""
Short = Annotated[Text, Field(min_length=1, max_length=64)]


class Correcting(Strict):
    """A record that may correct an earlier one, with the reason."""

    id: Id | None = None
    supersedes_id: Id | None = None
    reason: Note | None = None


class Withdraw(Strict):
    """Why a record does not hold."""

    reason: Annotated[Note, Field(min_length=1)]


class Written(Shown):
    """What every record tells of its writing."""

    id: UUID
    area_code: str
    recorded_at: datetime


class Corrected(Written):
    """A record that may be corrected."""

    supersedes_id: UUID | None
    is_withdrawal: bool
    reason: str | None
