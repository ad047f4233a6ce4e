"""What a unit is to sow: its own plan, or what its parts were given."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from service.security import AFTER_ANY_DIGIT
from service.sowing.models import ALL_GRAIN, Crop, SowingPlan

COUNTY, TOWN = 6, 9
LEVELS = (12, TOWN, COUNTY, 4, 2)
"""Digits of an area code, from the village up."""
ZERO = Decimal(0)
Plans = dict[tuple[str, str], Decimal]
"""(area code, crop code) -> planned mu."""
_later = SowingPlan.__table__.alias().c
_town = SowingPlan.__table__.alias().c


def from_versions(
    session: Session,
    season_code: str,
    *,
    within: str,
    digits: int,
    crop: str,
    known_at: datetime | None = None,
) -> dict[str, Decimal]:
    """Return unit -> planned mu of a crop or all grain: an area, and its units of one level.

    The plan versions known at an instant count. A unit's own plan of a crop counts; a crop
    that it has no plan of counts with what its parts were given.
    """
    known = _of_units(session, season_code, within, digits, crop, known_at)
    found = _over_crops(known, digits)
    if within and len(within) < digits:
        for level in LEVELS[LEVELS.index(digits) : LEVELS.index(len(within))]:
            known = _risen(known, level)
        found |= _over_crops(known, len(within))
    return found


def _over_crops(known: Plans, digits: int) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for (unit, _), plan in known.items():
        if len(unit) == digits:
            sums[unit] = sums.get(unit, ZERO) + plan
    return sums


def _risen(known: Plans, digits: int) -> Plans:
    """Add the plans of one level up to the next, where that has none of its own."""
    above = LEVELS[LEVELS.index(digits) + 1]
    sums: Plans = {}
    for (unit, crop), plan in known.items():
        if len(unit) == digits:
            key = (unit[:above], crop)
            sums[key] = sums.get(key, ZERO) + plan
    return sums | {key: plan for key, plan in known.items() if len(key[0]) < digits}


def _of_units(
    session: Session,
    season_code: str,
    within: str,
    digits: int,
    crop: str,
    known_at: datetime | None,
) -> Plans:
    """Return the plans of units of one level, and those that units above it have of their own."""
    unit = func.substr(SowingPlan.area_code, 1, digits)
    length = func.length(SowingPlan.area_code)
    wanted = (
        select(unit, SowingPlan.crop_code, length, func.sum(SowingPlan.plan_mu))
        .where(
            SowingPlan.season_code == season_code,
            SowingPlan.area_code >= within,
            SowingPlan.area_code < within + AFTER_ANY_DIGIT,
            is_newest(known_at),
        )
        .group_by(unit, SowingPlan.crop_code, length)
        .order_by(length)
    )
    if digits < TOWN:
        wanted = wanted.where(~_is_in_planned_town(known_at))
    if crop == ALL_GRAIN:
        wanted = wanted.where(SowingPlan.crop_code.in_(select(Crop.code).where(Crop.is_grain)))
    else:
        wanted = wanted.where(SowingPlan.crop_code == crop)
    own: Plans = {}
    parts: Plans = {}
    for code, one, n_digits, plan in session.execute(wanted):
        target = parts if n_digits > digits else own
        target[code, one] = target.get((code, one), ZERO) + plan
    return parts | own


def _is_in_planned_town(known_at: datetime | None) -> ColumnElement[bool]:
    """Return the criterion that a village's plan is part of its town's own."""
    found = exists().where(
        func.length(SowingPlan.area_code) > TOWN,
        _town.season_code == SowingPlan.season_code,
        _town.area_code == func.substr(SowingPlan.area_code, 1, TOWN),
        _town.crop_code == SowingPlan.crop_code,
    )
    return found if known_at is None else found.where(_town.recorded_at <= known_at)


def is_newest(known_at: datetime | None) -> ColumnElement[bool]:
    """Return the criterion that a plan was the newest version at an instant (None: now)."""
    newer = exists().where(
        _later.season_code == SowingPlan.season_code,
        _later.area_code == SowingPlan.area_code,
        _later.crop_code == SowingPlan.crop_code,
        _later.version == SowingPlan.version + 1,
    )
    if known_at is None:
        return ~newer
    return (SowingPlan.recorded_at <= known_at) & ~newer.where(_later.recorded_at <= known_at)
