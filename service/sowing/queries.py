"""Reading crops, plans and reports."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.reporting.models import Season
from service.security import AFTER_ANY_DIGIT
from service.sowing.models import (
    ALL_GRAIN,
    Crop,
    SowingPlan,
    SowingReport,
)
from service.sowing.plans import is_newest
from service.sowing.rules import RICE_GROUP, methods_of
from service.sowing.schemas import CropRead

COUNTY = 6
"""Digits of a county's area code."""


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


def refuse_unknown_crop(session: Session, crop: str) -> None:
    """Say so where a crop code is neither in the list nor `GRAIN`."""
    if crop != ALL_GRAIN and session.get(Crop, crop) is None:
        raise NotFound(f"没有作物 {crop};可用代码见 /api/v1/crops", crop=crop)


def season_crops(session: Session, season_code: str, area_code: str) -> list[Crop]:
    """Return the crops that a week of this area is asked for.

    Those that the county planned for the season, and those that the area reported; without
    either, the grain crops of such a season.
    """
    plan, county = SowingPlan.__table__.c, area_code[:COUNTY]
    # By table: which crops the county plans is no secret to its towns.
    planned = select(plan.crop_code).where(
        plan.season_code == season_code,
        plan.area_code >= county,
        plan.area_code < county + AFTER_ANY_DIGIT,
    )
    reported = select(SowingReport.crop_code).where(
        SowingReport.season_code == season_code,
        SowingReport.area_code >= area_code,
        SowingReport.area_code < area_code + AFTER_ANY_DIGIT,
    )
    wanted = select(Crop).where(Crop.code.in_(planned) | Crop.code.in_(reported))
    rice_first = (Crop.group_name != RICE_GROUP, Crop.is_grain.desc(), Crop.code)
    found = list(session.scalars(wanted.order_by(*rice_first)))
    if found:
        return found
    season = session.get(Season, season_code)
    kind = season.kind if season else ""
    usual = select(Crop).where(Crop.is_grain, Crop.season.contains(kind, autoescape=True))
    return list(session.scalars(usual.order_by(*rice_first)))


def plans(
    session: Session, season_code: str, *, units: Collection[str], crops: Collection[str]
) -> dict[str, Decimal]:
    """Return unit -> planned mu over these crops, of units that have plans of their own."""
    found: dict[str, Decimal] = {}
    for (unit, _), plan in latest_plans(session, season_code, crops, units=units).items():
        found[unit] = found.get(unit, Decimal(0)) + plan
    return found


def latest_plans(
    session: Session, season_code: str, crops: Collection[str], *, units: Collection[str]
) -> dict[tuple[str, str], Decimal]:
    """Return (area, crop) -> planned mu of the newest version, of some units."""
    wanted = select(SowingPlan.area_code, SowingPlan.crop_code, SowingPlan.plan_mu).where(
        SowingPlan.season_code == season_code,
        SowingPlan.crop_code.in_(list(crops)),
        SowingPlan.area_code.in_(list(units)),
        is_newest(None),
    )
    return {(area, crop): plan for area, crop, plan in session.execute(wanted)}


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
