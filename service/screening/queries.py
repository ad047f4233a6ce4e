"""Reading verdicts and screenings."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import shapely
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from inspections.conversion_rules import Rule
from inspections.fusion_words import VerdictClass
from service import space
from service.errors import NotFound
from service.parcels.models import ParcelVersion
from service.records import within
from service.schemas import Page
from service.screening import codes
from service.screening.models import Screening, Verdict
from service.screening.schemas import ParcelVerdicts, ScreeningRead, VerdictCard, VerdictRead
from service.space import Box

QUIET = frozenset({VerdictClass.NONE})
"""Verdicts that only say that an earlier one does not hold any more."""

_GRAVEST = (Verdict.is_urgent.desc(), Verdict.severity.desc(), Verdict.as_of.desc(), Verdict.id)
_LAND = ParcelVersion.id == Verdict.parcel_version_id


@dataclass(frozen=True)
class Wanted:
    """Which verdicts are asked for; None is any."""

    area_code: str = ""
    box: Box | None = None
    verdict_class: VerdictClass | None = None
    season: str | None = None
    as_of: date | None = None
    known_at: datetime | None = None
    """With a day: as was known then; None is all that is known."""
    is_urgent: bool | None = None
    classes: frozenset[VerdictClass] | None = None
    """Any of these, where no single class is asked for."""


def verdicts(wanted: Wanted) -> Select[Verdict]:
    """Return the query for the verdicts that stand, or stood on a day."""
    query = select(Verdict).where(within(Verdict.area_code, wanted.area_code))
    if wanted.as_of is None:
        query = query.where(Verdict.superseded_at.is_(None))
    else:
        later = Verdict.superseded_on
        holds = or_(later.is_(None), later > wanted.as_of)
        if wanted.known_at is not None:
            query = query.where(Verdict.recorded_at <= wanted.known_at)
            # What superseded it was not known yet.
            holds = or_(holds, Verdict.superseded_at > wanted.known_at)
        query = query.where(Verdict.as_of <= wanted.as_of, holds)
    if wanted.verdict_class is not None:
        query = query.where(Verdict.verdict_class == wanted.verdict_class)
    elif wanted.classes is not None:
        query = query.where(Verdict.verdict_class.in_(sorted(wanted.classes)))
    else:
        query = query.where(Verdict.verdict_class.not_in(QUIET))
    if wanted.season is not None:
        query = query.where(Verdict.season == wanted.season)
    if wanted.is_urgent is not None:
        query = query.where(Verdict.is_urgent.is_(wanted.is_urgent))
    if wanted.box is not None:
        query = query.join(ParcelVersion, _LAND).where(
            space.intersects(ParcelVersion.geometry, space.place_of(wanted.box))
        )
    return query


def page(session: Session, wanted: Wanted, *, offset: int, limit: int) -> Page[VerdictRead]:
    """Return one page of verdicts, the gravest first."""
    query = verdicts(wanted).order_by(*_GRAVEST).offset(offset).limit(limit + 1)
    found = session.scalars(query).all()
    items = [VerdictRead.model_validate(each) for each in found[:limit]]
    return Page(items=items, next=str(offset + limit) if len(found) > limit else None)


def of_parcel(session: Session, uid: UUID, season: str | None) -> ParcelVerdicts:
    """Return what is and was said of a parcel, with the reasoning."""
    query = select(Verdict).where(Verdict.parcel_uid == uid)
    if season is not None:
        query = query.where(Verdict.season == season)
    order = (Verdict.season.desc(), Verdict.recorded_at.desc(), Verdict.as_of.desc())
    found = [card(each) for each in session.scalars(query.order_by(*order))]
    if not found:
        raise NotFound("这个图斑没有研判结果;请核对编号,或先运行筛查", uid=str(uid))
    standing = next((each for each in found if each.superseded_at is None), None)
    return ParcelVerdicts(standing=standing, earlier=[it for it in found if it is not standing])


def outlines(
    session: Session, wanted: Wanted, box: Box, *, limit: int
) -> list[tuple[VerdictRead, shapely.Geometry]]:
    """Return the verdicts in a box, give or take a metre, with their land; the gravest first."""
    query = (
        verdicts(replace(wanted, box=None))
        .join(ParcelVersion, _LAND)
        .where(space.near_box(ParcelVersion.geometry, box))
        .add_columns(space.wkb_of(ParcelVersion.geometry))
        .order_by(*_GRAVEST)
        .limit(limit)
    )
    found = session.execute(query).all()
    lands = shapely.from_wkb([wkb for _, wkb in found])
    shown = [VerdictRead.model_validate(verdict) for verdict, _ in found]
    return list(zip(shown, lands, strict=True))


def counts(session: Session, wanted: Wanted) -> dict[VerdictClass, int]:
    """Return how many verdicts there are of each class, whichever is asked for."""
    any_class = replace(wanted, verdict_class=None, classes=None)
    query = verdicts(any_class).with_only_columns(Verdict.verdict_class, func.count())
    return {each: n for each, n in session.execute(query.group_by(Verdict.verdict_class))}


def seasons(session: Session) -> list[str]:
    """Return the seasons that were screened, the newest first."""
    query = select(Screening.season).distinct().order_by(Screening.season.desc())
    return list(session.scalars(query))


def known(session: Session, verdict_id: UUID) -> VerdictCard | None:
    """Return one verdict with its reasoning, if it is in view."""
    found = session.scalars(select(Verdict).where(Verdict.id == verdict_id)).first()
    return None if found is None else card(found)


def card(verdict: Verdict) -> VerdictCard:
    """Return a verdict with its reasoning, and what its rule says of basis and body."""
    made = VerdictCard.model_validate(verdict)
    rule = rule_of(verdict.rule_id)
    if rule is None:
        return made
    told = {"legal_basis": rule.legal_basis, "competent_body": rule.body}
    return made.model_copy(update=told | {"action": rule.action_text})


def rule_of(rule_id: str | None) -> Rule | None:
    """Return a rule of the table, if it is still there."""
    return next((each for each in codes.rules() if each.rule_id == rule_id), None)


def screenings(session: Session, *, offset: int, limit: int) -> Page[ScreeningRead]:
    """Return one page of screenings, the newest first."""
    query = select(Screening).order_by(Screening.ran_at.desc(), Screening.id)
    found = session.scalars(query.offset(offset).limit(limit + 1)).all()
    items = [ScreeningRead.model_validate(each) for each in found[:limit]]
    return Page(items=items, next=str(offset + limit) if len(found) > limit else None)
