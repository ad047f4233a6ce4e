"""What is planned and what is sown, unit by unit: as much of progress as other books need."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.reporting import queries as reporting
from service.sowing import progress, terms
from service.sowing.moments import Moment
from service.sowing.progress import Question

TOWN = areas.CODE_LENGTH["town"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Remaining:
    """One town's plan and sown area of a crop, in mu; None where nothing was told."""

    area_code: str
    name: str
    plan_mu: Decimal | None
    sown_mu: Decimal | None

    @property
    def unplanted_mu(self) -> Decimal | None:
        """What is planned and not yet sown; None without a plan."""
        if self.plan_mu is None:
            return None
        return max(ZERO, self.plan_mu - (self.sown_mu or ZERO))


def by_town(session: Session, question: Question, as_of: date) -> list[Remaining]:
    """Return every town of an area, in order of code."""
    names = areas.unit_names(session, within=question.area_code, level="town", on=as_of)
    planned = progress.planned(
        session,
        question.season.code,
        within=question.area_code,
        crop=question.crop,
        known_at=question.known_at,
        digits=TOWN,
    )
    sown = _sown(session, question, as_of)
    return [
        Remaining(code, name, planned.get(code), sown.get(code))
        for code, name in sorted(names.items())
    ]


def _sown(session: Session, question: Question, as_of: date) -> dict[str, Decimal]:
    week = terms.week_of(reporting.reference_days(question.season), as_of)
    if week is None:
        return {}
    this = Moment(question.season.code, week)
    found = progress.figures(session, question, [this], TOWN)[this]
    return {code: figure.sown_mu for code, figure in found.items()}


def sown_mu(session: Session, question: Question, as_of: date) -> Decimal | None:
    """Return what an area has sown; None where nothing was told."""
    told = _sown(session, question, as_of)
    return sum(told.values(), ZERO) if told else None
