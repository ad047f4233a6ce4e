"""What past visits and the other books tell of outlets: their risk."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from inspections.visits import PastVisit, SampleStep, Tier, risk_tier
from service.records import standing
from service.security import whole_system
from service.supply.outlet_states import doubles
from service.visits import outlet_doubts
from service.visits.models import Sample, SampleEvent, Visit
from service.visits.outlet_doubts import Asked


def tiers(
    session: Session, outlet_ids: Collection[UUID], *, on: date, since: date
) -> dict[UUID, tuple[Tier, list[str]]]:
    """Return outlet -> risk tier on a day with its reasons, from all that is known today.

    Seen as a whole: an outlet that moved here brings its past along.
    """
    past: dict[UUID, list[PastVisit]] = defaultdict(list)
    with whole_system(session):
        failed, same = failed_visits(session), doubles(session)
        wanted = standing(Visit).where(Visit.visited_on >= since, Visit.outlet_id.is_not(None))
        for each in session.scalars(wanted):
            if each.outlet_id is not None:
                past[same.get(each.outlet_id, each.outlet_id)].append(
                    PastVisit(each.visited_on, each.outcome, each.root_id in failed)
                )
        doubted = outlet_doubts.doubts(session, outlet_ids, Asked(on, since, same))
    return {
        each: risk_tier(past[each], since=since, doubts=doubted.get(each, ()))
        for each in outlet_ids
    }


def failed_visits(session: Session) -> set[UUID]:
    """Return the visits of which a sample failed."""
    results = standing(SampleEvent).where(
        SampleEvent.step == SampleStep.RESULT, SampleEvent.is_pass.is_(False)
    )
    failed = {each.sample_id for each in session.scalars(results)}
    return {each.visit_id for each in session.query(Sample).where(Sample.id.in_(failed))}
