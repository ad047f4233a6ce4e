"""Reading the parcel book: as it was on a day, as it was known at an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self
from uuid import UUID

import shapely
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from service import space
from service.database import clock_of
from service.errors import NotFound
from service.parcels.models import (
    Approval,
    AreaOutline,
    FarmlandOverlay,
    FarmlandVersion,
    LandKind,
    LandRevision,
    Lineage,
    ParcelVersion,
)
from service.schemas import civil_day
from service.security import AFTER_ANY_DIGIT
from service.space import Box

ALL_THAT_IS_KNOWN = datetime(9999, 12, 31, tzinfo=UTC)
"""The ledger's clock may run ahead of the wall's: "now" is not a time but whatever stands."""


@dataclass(frozen=True)
class Moment:
    """Which book is meant: the day that it speaks of, and the instant of knowledge."""

    on: date
    known_at: datetime

    @classmethod
    def of(cls, session: Session, on: date | None = None, known_at: datetime | None = None) -> Self:
        """Return the moment asked for; today, with all that is known, where nothing is."""
        return cls(on or civil_day(clock_of(session)()), known_at or ALL_THAT_IS_KNOWN)


def valid(model: Any, moment: Moment) -> ColumnElement[bool]:
    """Return the criterion that a version holds on a day, as known at an instant."""
    return and_(
        model.valid_from <= moment.on,
        model.recorded_at <= moment.known_at,
        or_(
            model.valid_to.is_(None),
            model.valid_to > moment.on,
            model.ended_at > moment.known_at,
        ),
    )


def approved(moment: Moment) -> ColumnElement[bool]:
    """Return the criterion that an approval covers a day, as known at an instant."""
    return (
        (Approval.valid_from <= moment.on)
        & or_(Approval.valid_to.is_(None), Approval.valid_to > moment.on)
        & (Approval.recorded_at <= moment.known_at)
        & or_(Approval.ended_at.is_(None), Approval.ended_at > moment.known_at)
    )


def revision(session: Session, kind: LandKind) -> int:
    """Return how often this kind of land was changed."""
    found = session.get(LandRevision, kind)
    return found.revision if found else 0


@dataclass(frozen=True)
class Wanted:
    """What of the book is asked for."""

    moment: Moment
    area_code: str | None = None
    box: Box | None = None
    land_class: str | None = None
    exam: str | None = None


def placed(query: Select[Any], model: Any, wanted: Wanted) -> Select[Any]:
    """Return the query for what of a layer lies in the area and the box asked for."""
    if wanted.area_code:
        low, high = wanted.area_code, wanted.area_code + AFTER_ANY_DIGIT
        query = query.where(model.area_code >= low, model.area_code < high)
    if wanted.box:
        query = query.where(space.intersects(model.geometry, space.place_of(wanted.box)))
    return query


def parcels(wanted: Wanted) -> Select[ParcelVersion]:
    """Return the query for the parcels asked for."""
    query = select(ParcelVersion).where(valid(ParcelVersion, wanted.moment))
    query = placed(query, ParcelVersion, wanted)
    if wanted.land_class:
        # Not LIKE, which folds case on one engine and not on the other.
        begins = func.substr(ParcelVersion.land_class, 1, len(wanted.land_class))
        query = query.where(begins == wanted.land_class)
    if wanted.exam:
        query = query.where(ParcelVersion.exam == wanted.exam)
    return query


def parcels_page(
    session: Session, wanted: Wanted, *, after: int, limit: int
) -> tuple[list[ParcelVersion], int | None]:
    """Return one page of parcels in order of their key, and the key to go on from."""
    query = parcels(wanted).where(ParcelVersion.id > after).order_by(ParcelVersion.id)
    found = list(session.scalars(query.limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def parcels_at(session: Session, lon: float, lat: float, moment: Moment) -> list[ParcelVersion]:
    """Return the parcels that a point lies in, or on the edge of."""
    point = shapely.Point(lon, lat)
    query = select(ParcelVersion).where(
        valid(ParcelVersion, moment), space.intersects(ParcelVersion.geometry, point)
    )
    return list(session.scalars(query.order_by(ParcelVersion.id)))


def parcel(session: Session, uid: UUID, moment: Moment) -> ParcelVersion:
    """Return one parcel as it was, or say that there is none."""
    found = session.scalars(
        select(ParcelVersion)
        .where(ParcelVersion.uid == uid, valid(ParcelVersion, moment))
        .order_by(ParcelVersion.id.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound(f"{moment.on} 的图斑账里没有这个图斑;请核对编号,或换一个日期", uid=str(uid))
    return found


def versions(session: Session, uid: UUID) -> list[ParcelVersion]:
    """Return every version of one parcel, oldest first."""
    found = list(
        session.scalars(
            select(ParcelVersion)
            .where(ParcelVersion.uid == uid)
            .order_by(ParcelVersion.valid_from, ParcelVersion.id)
        )
    )
    if not found:
        raise NotFound("没有这个图斑;请核对编号", uid=str(uid))
    return found


def lineage(session: Session, ids: Sequence[int]) -> list[tuple[Lineage, UUID, UUID]]:
    """Return the steps that lead to or from these versions, with both parcels' uid."""
    parent, child = aliased(ParcelVersion), aliased(ParcelVersion)
    return [
        (step, before, after)
        for step, before, after in session.execute(
            select(Lineage, parent.uid, child.uid)
            .join(parent, parent.id == Lineage.parent_id)
            .join(child, child.id == Lineage.child_id)
            .where(or_(Lineage.parent_id.in_(ids), Lineage.child_id.in_(ids)))
            .order_by(Lineage.child_id, Lineage.parent_id)
        )
    ]


def farmland_of(
    session: Session, parcel_id: int, moment: Moment
) -> list[tuple[FarmlandOverlay, FarmlandVersion]]:
    """Return the basic farmland that a parcel version shares land with."""
    return [
        (overlay, farmland)
        for overlay, farmland in session.execute(
            select(FarmlandOverlay, FarmlandVersion)
            .join(FarmlandVersion, FarmlandVersion.id == FarmlandOverlay.farmland_id)
            .where(FarmlandOverlay.parcel_id == parcel_id, valid(FarmlandVersion, moment))
            .order_by(FarmlandOverlay.area_m2.desc())
        )
    ]


def approvals_over(
    session: Session, geometry: shapely.Geometry, moment: Moment | None
) -> list[Approval]:
    """Return the approvals that touch a geometry; with a moment, those that cover its day."""
    query = select(Approval).where(space.intersects(Approval.geometry, geometry))
    query = query.where(approved(moment) if moment else Approval.ended_at.is_(None))
    return list(session.scalars(query.order_by(Approval.valid_from, Approval.id)))


def approvals_page(
    session: Session, wanted: Wanted, *, after: int, limit: int
) -> tuple[list[Approval], int | None]:
    """Return one page of the approvals that cover a day."""
    query = select(Approval).where(approved(wanted.moment), Approval.id > after)
    query = placed(query, Approval, wanted)
    found = list(session.scalars(query.order_by(Approval.id).limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def outline(session: Session, area_code: str, moment: Moment) -> AreaOutline | None:
    """Return the outline of a unit, if the book has one."""
    return session.scalars(
        select(AreaOutline)
        .where(AreaOutline.area_code == area_code, valid(AreaOutline, moment))
        .order_by(AreaOutline.id.desc())
        .limit(1)
    ).first()


def uids_of_survey_code(session: Session, code: str, moment: Moment) -> list[UUID]:
    """Return the parcels in view that a survey calls by a code (标识码)."""
    return list(
        session.scalars(
            select(ParcelVersion.uid)
            .where(ParcelVersion.survey_code == code, valid(ParcelVersion, moment))
            .order_by(ParcelVersion.uid)
        )
    )


def outlines(session: Session, *, within: str, level: str, moment: Moment) -> list[AreaOutline]:
    """Return the outlines of one level inside an area, in order of code."""
    low, high = within, within + AFTER_ANY_DIGIT
    return list(
        session.scalars(
            select(AreaOutline)
            .where(
                AreaOutline.area_code >= low,
                AreaOutline.area_code < high,
                AreaOutline.level == level,
                valid(AreaOutline, moment),
            )
            .order_by(AreaOutline.area_code)
        )
    )
