"""Reading crops, plans and reports."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.security import AFTER_ANY_DIGIT
from service.sowing.models import (
    ALL_GRAIN,
    Crop,
    SowingPlan,
    SowingReport,
)
from service.sowing.rules import methods_of
from service.sowing.schemas import CropRead
from service.sowing.standing import VILLAGE


def crops(session: Session) -> list[CropRead]:
    """List the crops with the methods that each can be reported under."""
    found = session.scalars(select(Crop).order_by(Crop.is_grain.desc(), Crop.code))
    return [
        CropRead(
            code=each.code,
            name=each.name,
            is_grain=each.is_grain,
            season=each.season,
            group_name=each.group_name,
            methods=list(methods_of(each.group_name)),
        )
        for each in found
    ]


def crop_rows(session: Session) -> list[Crop]:
    """Return all crops."""
    return list(session.scalars(select(Crop).order_by(Crop.code)))


def crop_codes(session: Session, crop: str) -> list[str]:
    """Return the crops that a crop code or `GRAIN` stands for."""
    if crop == ALL_GRAIN:
        return list(session.scalars(select(Crop.code).where(Crop.is_grain).order_by(Crop.code)))
    if session.get(Crop, crop) is None:
        raise NotFound(f"没有作物 {crop};可用代码见 /api/v1/crops", crop=crop)
    return [crop]


def season_crops(session: Session, season_code: str, area_code: str) -> list[Crop]:
    """Return the crops that are planned or reported in an area this season."""
    planned = select(SowingPlan.crop_code).where(
        SowingPlan.season_code == season_code,
        SowingPlan.area_code >= area_code,
        SowingPlan.area_code < area_code + AFTER_ANY_DIGIT,
    )
    return list(session.scalars(select(Crop).where(Crop.code.in_(planned)).order_by(Crop.code)))


def plans(
    session: Session,
    season_code: str,
    *,
    units: Collection[str],
    crops: Collection[str],
    known_at: datetime | None = None,
) -> dict[str, Decimal]:
    """Return unit -> planned mu over these crops, by the plan versions known at an instant.

    A unit's own plans count; a unit without any has what its parts were given.
    """
    own = latest_plans(session, season_code, crops, known_at=known_at, units=units)
    planned = {unit for unit, _ in own}
    lacking = [unit for unit in units if unit not in planned and len(unit) < VILLAGE]
    if lacking:
        parts = _parts(session, season_code, crops, known_at, lacking)
        own |= {key: plan for key, plan in parts.items() if key[0] in set(lacking)}
    found: dict[str, Decimal] = {}
    for (unit, _), plan in own.items():
        found[unit] = found.get(unit, Decimal(0)) + plan
    return found


def latest_plans(
    session: Session,
    season_code: str,
    crops: Collection[str],
    *,
    known_at: datetime | None = None,
    units: Collection[str] | None = None,
    within: str = "",
) -> dict[tuple[str, str], Decimal]:
    """Return (area, crop) -> planned mu of the newest version, of some units or of a subtree."""
    rank = (
        func.row_number()
        .over(
            partition_by=(SowingPlan.area_code, SowingPlan.crop_code),
            order_by=SowingPlan.version.desc(),
        )
        .label("rank")
    )
    wanted = select(SowingPlan.area_code, SowingPlan.crop_code, SowingPlan.plan_mu, rank).where(
        SowingPlan.season_code == season_code, SowingPlan.crop_code.in_(list(crops))
    )
    if units is not None:
        wanted = wanted.where(SowingPlan.area_code.in_(list(units)))
    if within:
        wanted = wanted.where(
            SowingPlan.area_code >= within, SowingPlan.area_code < within + AFTER_ANY_DIGIT
        )
    if known_at is not None:
        wanted = wanted.where(SowingPlan.recorded_at <= known_at)
    latest = wanted.subquery()
    rows = session.execute(
        select(latest.c.area_code, latest.c.crop_code, latest.c.plan_mu).where(latest.c.rank == 1)
    )
    return {(area, crop): plan for area, crop, plan in rows}


def _parts(
    session: Session,
    season_code: str,
    crops: Collection[str],
    known_at: datetime | None,
    lacking: Collection[str],
) -> dict[tuple[str, str], Decimal]:
    """Add up, level by level from below, the plans of the parts of units without their own."""
    common = min(lacking)[: _common_length(lacking)]
    known = latest_plans(session, season_code, crops, known_at=known_at, within=common)
    for digits in (9, 6, 4, 2):
        sums: dict[tuple[str, str], Decimal] = {}
        for (area, crop), plan in known.items():
            if len(area) > digits and _parent_digits(len(area)) == digits:
                key = (area[:digits], crop)
                sums[key] = sums.get(key, Decimal(0)) + plan
        known = sums | known
    return known


def _parent_digits(digits: int) -> int:
    return {12: 9, 9: 6, 6: 4, 4: 2}.get(digits, 0)


def _common_length(codes: Collection[str]) -> int:
    low, high = min(codes), max(codes)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return same


def plan_versions(
    session: Session, *, season_code: str, area_code: str | None, limit: int, offset: int
) -> tuple[list[SowingPlan], int | None]:
    """Return one page of plan versions in view."""
    wanted = (
        select(SowingPlan)
        .where(SowingPlan.season_code == season_code)
        .order_by(SowingPlan.area_code, SowingPlan.crop_code, SowingPlan.version)
    )
    if area_code is not None:
        wanted = wanted.where(SowingPlan.area_code == area_code)
    found = list(session.scalars(wanted.offset(offset).limit(limit + 1)))
    return found[:limit], offset + limit if len(found) > limit else None


def reports(  # noqa: PLR0913 - each is one filter of the list
    session: Session,
    *,
    season_code: str,
    area_code: str | None = None,
    as_of: date | None = None,
    crop_code: str | None = None,
    is_history: bool = False,
    known_at: datetime | None = None,
    limit: int = 500,
    offset: int = 0,
) -> tuple[list[SowingReport], int | None]:
    """Return one page of reports in view; with `is_history` also those superseded."""
    wanted = (
        select(SowingReport)
        .where(SowingReport.season_code == season_code)
        .order_by(
            SowingReport.area_code,
            SowingReport.crop_code,
            SowingReport.method,
            SowingReport.as_of,
            SowingReport.recorded_at,
        )
    )
    if area_code is not None:
        wanted = wanted.where(
            SowingReport.area_code >= area_code,
            SowingReport.area_code < area_code + AFTER_ANY_DIGIT,
        )
    if as_of is not None:
        wanted = wanted.where(SowingReport.as_of == as_of)
    if crop_code is not None:
        wanted = wanted.where(SowingReport.crop_code == crop_code)
    if known_at is not None:
        wanted = wanted.where(SowingReport.recorded_at <= known_at)
    if not is_history:
        later = select(SowingReport.supersedes_id).where(SowingReport.supersedes_id.is_not(None))
        if known_at is not None:
            later = later.where(SowingReport.recorded_at <= known_at)
        wanted = wanted.where(SowingReport.id.not_in(later))
    found = list(session.scalars(wanted.offset(offset).limit(limit + 1)))
    return found[:limit], offset + limit if len(found) > limit else None


def report(session: Session, report_id: object) -> SowingReport:
    """Return one report in view."""
    found = session.get(SowingReport, report_id)
    if found is None:
        raise NotFound("没有这条记录")
    return found
