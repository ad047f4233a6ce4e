"""Inspections and photos as the rules read them."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.doubts import visits as rules
from inspections.doubts.doubt import Found
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.visits import PhotoRow, VisitRow
from service.doubts.question import Look
from service.photos.models import Photo
from service.schemas import civil_day
from service.visits import queries as visits
from service.visits.queries import Period


def judge(session: Session, look: Look, limits: DoubtLimits) -> Iterable[Found]:
    """Go over the visits of the days looked at, and over photos that came twice."""
    told = visit_rows(session, look)
    yield from rules.too_few_officers(told)
    yield from rules.two_places(told, limits)
    for doubt in rules.reused_photos(photo_rows(session, look.area, look.as_of)):
        if doubt.observed_on >= look.since:
            yield doubt


def visit_rows(session: Session, look: Look) -> list[VisitRow]:
    """Return the visits that stand."""
    found = visits.visits(session, Period(look.since, look.as_of, None, look.area))
    there = visits.officers_of(session, (each.id for each in found))
    return [
        VisitRow(
            *(str(each.root_id), each.subject_name, each.area_code),
            *(each.visited_on, each.visited_at),
            tuple((str(one.officer_id), one.certificate_no) for one in there[each.id]),
            None if each.lon is None or each.lat is None else (each.lon, each.lat),
        )
        for each in found
    ]


def photo_rows(session: Session, area: str, as_of: date) -> list[PhotoRow]:
    """Return the photos whose bytes came for more than one subject."""
    again = (
        select(Photo.sha256)
        .where(Photo.subject_id.is_not(None))
        .group_by(Photo.sha256)
        .having(func.count(Photo.subject_id.distinct()) > 1)
    )
    look = Look(as_of, area, 0)
    wanted = select(
        Photo.id, Photo.area_code, Photo.sha256, Photo.subject_id, Photo.recorded_at
    ).where(Photo.sha256.in_(again), Photo.subject_id.is_not(None), look.within(Photo.area_code))
    found = session.execute(wanted.order_by(Photo.recorded_at, Photo.id))
    rows = [
        PhotoRow(str(key), code, sha256, str(subject), civil_day(at))
        for key, code, sha256, subject, at in found
    ]
    return [each for each in rows if each.on <= as_of]
