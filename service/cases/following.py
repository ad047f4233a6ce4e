"""Following the land of a case through the surveys: a parcel that was split leaves children."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inspections.case_words import State
from service import audit, records
from service.cases import leads, queries, standing
from service.cases.models import Case
from service.errors import NotFound
from service.parcels import queries as parcels
from service.security import whole_system


def follow_case(session: Session, case_id: UUID) -> Case:
    """Put the children of a case's parcels to it; a second time changes nothing."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    follow(session, case)
    return case


def follow(session: Session, case: Case) -> int:
    """Put the children of a case's parcels to it, and theirs; return how many are new."""
    n_new = 0
    waiting = [each.parcel_uid for each in standing.parcels_of(session, case.id)]
    seen = set(waiting)
    while waiting:
        parent = waiting.pop()
        for child, share in children(session, parent).items():
            n_new += leads.add_parcel(session, case, child, came_from=parent, share=share)
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    if n_new:
        audit.record(
            session, "case.follow", str(case.id), area_code=case.area_code, n_parcels=n_new
        )
        session.flush()
    return n_new


def follow_ended(session: Session, today: date) -> int:
    """Follow the land of ended cases that may still be opened again; return how many are new."""
    since = today - timedelta(days=standing.limits(session).reopen_days)
    may_return = or_(Case.state == State.CLOSED, Case.state.in_(leads.UNDECIDED) & (Case.round > 1))
    wanted = select(Case).where(may_return, Case.ended_on >= since).order_by(Case.id)
    return sum(follow(session, each) for each in session.scalars(wanted))


def children(session: Session, uid: UUID) -> dict[UUID, float]:
    """Return the parcels that took over land of one, with their share of it."""
    least = standing.limits(session).follow_share
    with whole_system(session):
        try:
            ids = [each.id for each in parcels.versions(session, uid)]
        except NotFound:
            return {}
        steps = parcels.lineage(session, ids)
    found: dict[UUID, float] = {}
    for step, before, after in steps:
        if before == uid and after != uid and step.share_of_parent >= least:
            found[after] = max(found.get(after, 0.0), step.share_of_parent)
    return dict(sorted(found.items()))
