"""One parcel's card: what it is, what protects it, what was approved, what became of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.units import M2_PER_MU
from service.areas.queries import villages_by_code
from service.parcels import codes, findings, queries
from service.parcels.models import Approval, LandImport, ParcelVersion
from service.parcels.queries import Moment
from service.parcels.schemas import (
    ApprovalOver,
    ApprovalRead,
    Card,
    FarmlandShare,
    History,
    LineageStep,
    ParcelRead,
    VersionRead,
)

TOWN = 9


def mu(area_m2: Decimal | float | None) -> float | None:
    """Return an area in mu."""
    return None if area_m2 is None else float(area_m2) / M2_PER_MU


def card(session: Session, uid: UUID, moment: Moment) -> Card:
    """Return all that the book knows of one parcel on a day."""
    parcel = queries.parcel(session, uid, moment)
    shares = _farmland(session, parcel, moment)
    protected = sum(each.area_m2 for each in shares if not each.is_edge_only)
    names = villages_by_code(session, {parcel.area_code, parcel.area_code[:TOWN]})
    town = names.get(parcel.area_code[:TOWN])
    village = names.get(parcel.area_code)
    centre = parcel.geometry.representative_point()
    return Card(
        parcel=ParcelRead.model_validate(parcel),
        land_class_name=codes.land_classes().get(parcel.land_class or ""),
        planting_attribute_name=codes.planting_attributes().get(parcel.planting_attribute or ""),
        village_name=village.name if village else None,
        town_name=town.name if town else None,
        declared_mu=mu(parcel.declared_area_m2),
        net_mu=mu(parcel.net_area_m2),
        ellipsoidal_mu=parcel.ellipsoidal_area_m2 / M2_PER_MU,
        area_difference_share=_difference(parcel),
        farmland_area_m2=protected,
        farmland_share=protected / parcel.ellipsoidal_area_m2,
        farmland=shares,
        approvals=_approvals(session, parcel, moment),
        findings=findings.of_parcel(session, uid),
        history=history(session, uid),
        centre=(centre.x, centre.y),
        box=parcel.geometry.bounds,
    )


def _difference(parcel: ParcelVersion) -> float | None:
    if parcel.declared_area_m2 is None:
        return None
    return float(parcel.declared_area_m2) / parcel.ellipsoidal_area_m2 - 1


def _farmland(session: Session, parcel: ParcelVersion, moment: Moment) -> list[FarmlandShare]:
    return [
        FarmlandShare(
            uid=farmland.uid,
            parcel_number=farmland.parcel_number,
            area_m2=overlay.area_m2,
            share_of_parcel=overlay.share_of_parcel,
            is_edge_only=overlay.is_edge_only,
        )
        for overlay, farmland in queries.farmland_of(session, parcel.id, moment)
    ]


def _approvals(session: Session, parcel: ParcelVersion, moment: Moment) -> list[ApprovalOver]:
    found = queries.approvals_over(session, parcel.geometry, None)
    covered = ellipsoid.areas_m2(
        shapely.intersection(parcel.geometry, np.array([each.geometry for each in found], object))
    )
    return [
        ApprovalOver(
            **ApprovalRead.model_validate(each).model_dump(),
            covered_m2=area,
            covered_share=area / parcel.ellipsoidal_area_m2,
            is_in_force=_is_in_force(each, moment),
        )
        for each, area in zip(found, covered.tolist(), strict=True)
        if area > 0
    ]


def _is_in_force(approval: Approval, moment: Moment) -> bool:
    ends = approval.valid_to
    return approval.valid_from <= moment.on and (ends is None or ends > moment.on)


def history(session: Session, uid: UUID) -> History:
    """Return every version of a parcel and what became of its land."""
    found = queries.versions(session, uid)
    files = _filenames(session, [each.import_id for each in found if each.import_id])
    return History(
        uid=uid,
        versions=[_version(each, files) for each in found],
        lineage=[
            LineageStep(
                op=step.op,
                before=before,
                after=after,
                before_id=step.parent_id,
                after_id=step.child_id,
                area_m2=step.area_m2,
                share_of_before=step.share_of_parent,
                share_of_after=step.share_of_child,
            )
            for step, before, after in queries.lineage(session, [each.id for each in found])
        ],
    )


def _version(version: ParcelVersion, files: dict[UUID, str]) -> VersionRead:
    names = tuple(name for name in VersionRead.model_fields if name != "filename")
    said: dict[str, Any] = {name: getattr(version, name) for name in names}
    return VersionRead(**said, filename=files.get(version.import_id) if version.import_id else None)


def _filenames(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    query = select(LandImport.id, LandImport.filename).where(LandImport.id.in_(ids))
    return {key: name for key, name in session.execute(query)}
