"""Approvals laid over land: what each kind covers of it, and by which document."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.conversion_lands import KINDS, NO, UNKNOWN, YES, Approvals
from inspections.conversion_rules import ApprovalKind as Kind
from service import space
from service.parcels import queries as parcels
from service.parcels.codes import APPROVAL_TEXT
from service.parcels.models import Approval, FarmlandOverlay, FarmlandVersion, ParcelVersion
from service.parcels.queries import Moment
from service.records import within

STATE_COUNCIL = ("国务院", "自然资源部", "国土资源部")
"""Who approves for the State Council; the ministry signs for it."""


@dataclass(frozen=True)
class Piece:
    """Land that changed, with the basic farmland in it; EPSG:4490 degrees."""

    geometry: shapely.Geometry
    farmland: shapely.Geometry


@dataclass(frozen=True)
class Title:
    """What the approvals of one kind cover of a piece of land."""

    kind: Kind
    covered_m2: float
    covered_farmland_m2: float
    approved_m2: float
    valid_from: date
    valid_to: date | None
    is_state_council: int
    number: str

    @property
    def text(self) -> str:
        """What it is, in Chinese."""
        return APPROVAL_TEXT[self.kind]  # type: ignore[index] # words of one list


def touched(
    session: Session, moment: Moment, area: str
) -> tuple[dict[int, list[Approval]], dict[int, Piece]]:
    """Return the approvals over each parcel version of an area, and these parcels' land.

    Those that lapsed are there too: what was not restored is a matter.
    """
    found: dict[int, list[Approval]] = defaultdict(list)
    shapes: dict[int, shapely.Geometry] = {}
    for approval in session.scalars(
        select(Approval)
        .where(
            Approval.valid_from <= moment.on,
            Approval.recorded_at <= moment.known_at,
            Approval.ended_at.is_(None) | (Approval.ended_at > moment.known_at),
        )
        .order_by(Approval.id)
    ):
        query = select(ParcelVersion.id, ParcelVersion.geometry).where(
            parcels.valid(ParcelVersion, moment),
            within(ParcelVersion.area_code, area),
            space.intersects(ParcelVersion.geometry, approval.geometry),
        )
        for version_id, geometry in session.execute(query):
            found[version_id].append(approval)
            shapes[version_id] = geometry
    farmland = farmland_of(session, moment, list(shapes))
    pieces = {each: Piece(shape, farmland[each]) for each, shape in shapes.items()}
    return found, pieces


def farmland_of(
    session: Session, moment: Moment, version_ids: Sequence[int]
) -> Mapping[int, shapely.Geometry]:
    """Return the basic farmland that each parcel version shares land with, as one shape."""
    found: dict[int, list[shapely.Geometry]] = defaultdict(list)
    for start in range(0, len(version_ids), 500):
        query = (
            select(FarmlandOverlay.parcel_id, FarmlandVersion.geometry)
            .join(FarmlandVersion, FarmlandVersion.id == FarmlandOverlay.farmland_id)
            .where(
                FarmlandOverlay.parcel_id.in_(version_ids[start : start + 500]),
                FarmlandOverlay.is_edge_only.is_(False),
                parcels.valid(FarmlandVersion, moment),
            )
        )
        for version_id, geometry in session.execute(query):
            found[version_id].append(geometry)
    empty = shapely.MultiPolygon()
    return {each: shapely.union_all(found[each]) if found[each] else empty for each in version_ids}


def titles(
    piece: Piece, approvals: Iterable[Approval], as_of: date, *, least_share: float
) -> list[Title]:
    """Return what approvals cover of a piece of land, united by kind.

    One that covers less than a share of it is a neighbour's, whose border was drawn again.
    """
    by_kind: dict[Kind, list[Approval]] = defaultdict(list)
    some = list(approvals)
    common = shapely.intersection(piece.geometry, [each.geometry for each in some])
    shares = ellipsoid.areas_m2([areal(each) for each in common])
    whole = max(float(ellipsoid.areas_m2([areal(piece.geometry)])[0]), 1e-9)
    for each, share in zip(some, shares / whole, strict=True):
        if share >= least_share:
            by_kind[Kind(each.kind.value)].append(each)
    made = (_title(piece, kind, _holding(some, as_of)) for kind, some in by_kind.items())
    return [each for each in made if each.covered_m2 > 0]


def _holding(approvals: Sequence[Approval], as_of: date) -> list[Approval]:
    """Return those in force; where none is, those that ended last."""
    in_force = [each for each in approvals if each.valid_to is None or each.valid_to > as_of]
    if in_force:
        return in_force
    last = max(each.valid_to for each in approvals if each.valid_to is not None)
    return [each for each in approvals if each.valid_to == last]


def _title(piece: Piece, kind: Kind, approvals: Sequence[Approval]) -> Title:
    range_of_all = shapely.union_all([each.geometry for each in approvals])
    covered = shapely.intersection(piece.geometry, range_of_all)
    farmland = shapely.intersection(covered, piece.farmland)
    covered_m2, farmland_m2, approved_m2 = ellipsoid.areas_m2(
        [areal(each) for each in (covered, farmland, range_of_all)]
    )
    ends = [each.valid_to for each in approvals]
    return Title(
        kind=kind,
        covered_m2=float(covered_m2),
        covered_farmland_m2=float(farmland_m2),
        approved_m2=float(approved_m2),
        valid_from=min(each.valid_from for each in approvals),
        valid_to=None if None in ends else max(day for day in ends if day is not None),
        is_state_council=min(_level(each.issued_by) for each in approvals),
        number="、".join(dict.fromkeys(each.document_no for each in approvals)),
    )


def _level(issued_by: str | None) -> int:
    if not issued_by:
        return UNKNOWN
    return YES if issued_by.startswith(STATE_COUNCIL) else NO


def areal(shape: Any) -> Any:
    """Leave out the points and lines of common edges."""
    parts = [each for each in shapely.get_parts(shape) if each.area > 0]
    return shapely.MultiPolygon([part for each in parts for part in shapely.get_parts(each)])


def laid_out(titles_of_row: Mapping[int, Sequence[Title]]) -> Approvals:
    """Return the titles of some rows as arrays."""
    told = [(row, each) for row, some in sorted(titles_of_row.items()) for each in some]
    if not told:
        return Approvals.none()
    ends = [each.valid_to or np.datetime64("NaT") for _, each in told]
    return Approvals(
        land=np.array([row for row, _ in told], np.int64),
        kind=np.array([KINDS.index(each.kind) for _, each in told], np.uint8),
        covered_m2=np.array([each.covered_m2 for _, each in told]),
        covered_farmland_m2=np.array([each.covered_farmland_m2 for _, each in told]),
        approved_m2=np.array([each.approved_m2 for _, each in told]),
        valid_from=np.array([each.valid_from for _, each in told], "M8[D]"),
        valid_to=np.array(ends, "M8[D]"),
        is_state_council=np.array([each.is_state_council for _, each in told], np.int8),
    )
