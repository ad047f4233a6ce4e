"""In which datum the patches of a file are: as a person says, else as they fit the parcels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo import datum as shifts
from inspections.patches import ShiftEvidence, shift_evidence
from service import space
from service.database import thresholds_of
from service.errors import Invalid
from service.parcels.models import ParcelVersion
from service.parcels.queries import Moment, valid
from service.parcels.schemas import Datum
from service.security import whole_system
from service.signals.recording import AS_IS

MAX_TRIED = 200
"""Patches that are laid on the parcels to tell their datum."""


@dataclass(frozen=True)
class Understood:
    """In which datum the patches are, and how that is known."""

    datum: Datum
    is_detected: bool
    reason: str


def understood(
    session: Session, places: Sequence[shapely.Geometry | None], declared: Datum | None
) -> Understood:
    """Say in which datum the patches are: as declared, else as they fit the parcels."""
    if declared is not None:
        return Understood(declared, False, "按您指明的坐标基准")
    if not places:
        return Understood(Datum.CGCS2000, False, "没有可以入账的图斑,不必判断")
    evidence = _evidence(session, [each for each in places if each is not None])
    if not evidence.is_told:
        raise Invalid(
            "判断不了坐标基准:点状图斑、太少的面状图斑,或附近没有图斑账,都没法比对;"
            "请问清数据来源,用 datum 指明(GCJ-02 当成 CGCS2000 会差 500 米左右)",
            field="datum",
        )
    told = f"{evidence.n_patches} 个图斑与地块重合:原样 {evidence.fit_as_given:.2f},"
    told += f"去掉 GCJ-02 偏移后 {evidence.fit_taken_back:.2f}"
    if evidence.is_shifted:
        return Understood(Datum.GCJ02, True, f"{told};判断为 GCJ-02,已换算,原坐标留存")
    return Understood(Datum.CGCS2000, False, f"{told};没有看出 GCJ-02 偏移,按 CGCS2000")


def _evidence(session: Session, given: list[shapely.Geometry]) -> ShiftEvidence:
    numbers = thresholds_of(session).signals
    areas = [each for each in given if each.geom_type != "Point"][:MAX_TRIED]
    taken_back = [shapely.transform(each, _unshifted) for each in areas]
    lands: list[shapely.Geometry] = []
    if len(areas) >= numbers.shift_least_patches:
        around = shapely.union_all([shapely.box(*e.bounds) for e in (*areas, *taken_back)])
        query = select(ParcelVersion.geometry).where(
            valid(ParcelVersion, Moment.of(session)),
            space.intersects(ParcelVersion.geometry, around),
        )
        with whole_system(session):
            lands = list(session.scalars(query))
    return shift_evidence(
        areas,
        taken_back,
        lands,
        least_patches=numbers.shift_least_patches,
        least_gain=numbers.shift_least_gain,
    )


def _unshifted(points: np.ndarray) -> np.ndarray:
    return np.column_stack(shifts.wgs84_from_gcj02(points[:, 0], points[:, 1]))


def true(points: np.ndarray, measured_in: Datum) -> np.ndarray:
    """Return positions in CGCS2000, as they were measured in another datum."""
    if measured_in is Datum.BD09:
        lon, lat = shifts.gcj02_from_bd09(points[:, 0], points[:, 1])
        points = np.column_stack([lon, lat])
    return points if measured_in in AS_IS else _unshifted(points)
