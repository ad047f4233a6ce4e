"""Filing approvals, and taking back those that were filed in error."""

from typing import Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from service import audit, space
from service.areas import queries as areas
from service.errors import Conflict, IdTaken, Invalid, NotFound
from service.parcels import bulk, outlines, queries
from service.parcels.models import Approval, AreaOutline, LandKind, LandRevision
from service.parcels.queries import Moment
from service.parcels.schemas import ApprovalCreate, ApprovalWithdraw
from service.security import Viewer

SAID = ("kind", "document_no", "issued_by", "valid_from", "valid_to", "note")


def file_approval(session: Session, viewer: Viewer, given: ApprovalCreate) -> tuple[Approval, bool]:
    """File an approval; tell whether it is new."""
    geometry = outlines.polygon(given.geometry, given.datum)
    if given.valid_to is not None and given.valid_to <= given.valid_from:
        raise Invalid("有效期的止日须在起日之后", field="valid_to")
    now = audit.instant(session)
    known = _known(session, given.uid)
    if known is not None:
        return _the_same(known, given, geometry), False
    approval = Approval(
        id=bulk.next_id(session, Approval),
        uid=given.uid or uuid4(),
        area_code=area_of(session, viewer, given.area_code, geometry),
        recorded_at=now,
        recorded_by=viewer.account_id,
        ellipsoidal_area_m2=float(ellipsoid.areas_m2([geometry])[0]),
        geometry=geometry,
        **{name: getattr(given, name) for name in SAID},
    )
    session.add(approval)
    bump(session, LandKind.APPROVALS)
    audit.record(
        session,
        "approval.file",
        str(approval.uid),
        area_code=approval.area_code,
        kind=approval.kind,
        document_no=approval.document_no,
        valid_from=approval.valid_from,
        valid_to=approval.valid_to,
        area_m2=round(approval.ellipsoidal_area_m2, 2),
    )
    return approval, True


def withdraw(session: Session, uid: UUID, given: ApprovalWithdraw) -> Approval:
    """Take back an approval that was filed in error; it stays readable as it was known."""
    now = audit.instant(session)
    found = _known(session, uid)
    if found is None:
        raise NotFound("没有这一条批准用地;请核对编号", uid=str(uid))
    if found.ended_at is not None:
        raise Conflict("这一条批准用地已经撤回过了")
    found.ended_at, found.end_reason = now, given.reason
    bump(session, LandKind.APPROVALS)
    audit.record(
        session, "approval.withdraw", str(uid), area_code=found.area_code, reason=given.reason
    )
    return found


def bump(session: Session, kind: LandKind) -> None:
    """Count a change of the book: tiles and dry runs made before it are of another revision."""
    found = session.get(LandRevision, kind)
    if found is None:
        session.add(LandRevision(kind=kind, revision=1))
    else:
        found.revision += 1


def _known(session: Session, uid: UUID | None) -> Approval | None:
    return session.scalars(select(Approval).where(Approval.uid == uid)).first() if uid else None


def _the_same(known: Approval, given: ApprovalCreate, geometry: shapely.Geometry) -> Approval:
    is_same = all(getattr(known, name) == getattr(given, name) for name in SAID)
    if not is_same or not shapely.equals(known.geometry, geometry):
        raise IdTaken("这个编号已用于另一条批准用地;请换一个编号", uid=str(known.uid))
    return known


def area_of(
    session: Session, viewer: Viewer, wanted: str | None, geometry: shapely.Geometry
) -> str:
    """Return the unit that an area lies in: the one named, else the smallest around it."""
    if wanted is not None:
        areas.area(session, wanted)  # refuses what does not exist or is out of view
        return wanted
    point: Any = shapely.point_on_surface(geometry)
    found = session.scalars(
        select(AreaOutline.area_code)
        .where(
            queries.valid(AreaOutline, Moment.of(session)),
            space.contains(AreaOutline.geometry, point),
        )
        .order_by(AreaOutline.area_code.desc())
    ).all()
    within = [code for code in found if viewer.covers(code)]
    if found and not within:
        raise Invalid("图形不在您管辖的范围内", field="geometry")
    return max(within, key=len, default=viewer.area_code)
