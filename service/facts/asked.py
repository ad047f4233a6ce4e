"""The question that facts answer: a day, an area, an instant of knowledge."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from service.reporting.models import Season
from service.supply.outlets import Question

TOWN = 9


@dataclass(frozen=True)
class Asked:
    """A day, an area, a season, and the instant of knowledge (None: all that is known)."""

    season: Season | None
    area_code: str
    as_of: date
    known_at: datetime | None = None


class OfDay:
    """What every reading of a day starts from."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.session, self.asked = session, asked
        self.question = Question(asked.as_of, asked.known_at)
        self.year_starts_on = date(asked.as_of.year, 1, 1)

    def beside_towns(self, total: int, towns: int, unit: str) -> str:
        """Say by how much what towns add up to is more: who came in two towns is one."""
        if len(self.asked.area_code) >= TOWN or towns == total:
            return ""
        return f";各镇合计 {towns} {unit},其中跨镇重复 {towns - total} {unit}"


def share(part: int, whole: int) -> Decimal | None:
    """Return a share of counts, four places; None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None
