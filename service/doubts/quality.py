"""How each town answers doubts, and which of its villages are looked at again."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.doubts import quality as rules
from inspections.units import exact
from service import records
from service.areas import queries as areas
from service.database import thresholds_of
from service.doubts.models import Doubt, DoubtEvent, EventKind, Verdict
from service.schemas import ShownDecimal, civil_day

TOWN = 9


class TownQuality(BaseModel):
    """How a town answers; towns are in order of their codes, for this is no ranking."""

    area_code: str
    name: str
    n_asked: int
    n_answered: int
    n_on_time: int
    n_corrected: int
    on_time_share: ShownDecimal | None
    """None where too little was asked to say anything."""
    corrected_share: ShownDecimal | None
    recheck_share: ShownDecimal
    recheck: list[str]
    """Villages whose reports are looked at again this week."""


def towns(session: Session, as_of: date, area: str) -> list[TownQuality]:
    """Return every town's answers of the days looked back on, and the villages drawn for it."""
    limits = thresholds_of(session).rechecks
    since = as_of - timedelta(days=limits.days)
    rule = rules.RecheckRule(
        limits.min_asked, Fraction(limits.least_share), Fraction(limits.most_share)
    )
    asked = _asked(session, since, as_of, area)
    villages: dict[str, list[str]] = defaultdict(list)
    for each in areas.units(session, within=area, level="village", on=as_of):
        villages[each.area_code[:TOWN]].append(each.area_code)
    year, week, _ = as_of.isocalendar()
    found = []
    for code, name in sorted(
        areas.unit_names(session, within=area, level="town", on=as_of).items()
    ):
        told = rules.quality(asked[code], rule)
        found.append(
            TownQuality(
                area_code=code,
                name=name,
                n_asked=told.n_asked,
                n_answered=told.n_answered,
                n_on_time=told.n_on_time,
                n_corrected=told.n_corrected,
                on_time_share=_share(told.on_time_share),
                corrected_share=_share(told.corrected_share),
                recheck_share=exact(told.recheck_share),
                recheck=rules.drawn(villages[code], told.recheck_share, f"{year}-W{week:02d}"),
            )
        )
    return found


def _share(value: Fraction | None) -> Decimal | None:
    return None if value is None else exact(value)


def _asked(session: Session, since: date, as_of: date, area: str) -> dict[str, list[rules.Asked]]:
    """Return town -> what it was asked and should have answered, as it stood by the day."""
    wanted = select(Doubt).where(
        records.within(Doubt.area_code, area), Doubt.due_on >= since, Doubt.due_on <= as_of
    )
    doubts = [each for each in session.scalars(wanted) if len(each.area_code) >= TOWN]
    steps: dict[UUID, list[DoubtEvent]] = defaultdict(list)
    of = select(DoubtEvent).where(records.within(DoubtEvent.area_code, area))
    for step in session.scalars(of.order_by(DoubtEvent.doubt_id, DoubtEvent.n)):
        if civil_day(step.recorded_at) <= as_of:
            steps[step.doubt_id].append(step)
    found: dict[str, list[rules.Asked]] = defaultdict(list)
    for each in doubts:
        told = steps[each.id]
        answers = [step.recorded_at for step in told if step.kind is EventKind.REPLY]
        found[each.area_code[:TOWN]].append(
            rules.Asked(
                is_answered=bool(answers),
                is_on_time=bool(answers) and civil_day(answers[0]) <= each.due_on,
                is_corrected=any(
                    step.verdict is Verdict.CORRECTED or step.kind is EventKind.AUTO_CLOSE
                    for step in told
                ),
            )
        )
    return found
