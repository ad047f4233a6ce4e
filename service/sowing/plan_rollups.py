"""Plans by every unit and level, kept beside the plan versions and provably equal to them.

A unit's own plan of a crop counts; a crop that it has no plan of counts with what its parts were
given. They change in the transaction that files a plan; a question about an earlier instant of
knowledge is answered from the versions (`plans.planned`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.database import dialect_insert
from service.security import AFTER_ANY_DIGIT, whole_system
from service.sowing import plans
from service.sowing.models import ALL_GRAIN, Crop, SowingPlan, SowingPlanRollup
from service.sowing.plans import LEVELS, Plans

BULK = 500
NATION = ""


def refresh(session: Session, season_code: str, filed: Collection[SowingPlan]) -> None:
    """Bring the rollups up to date with plans that were just filed."""
    own: Plans = {(plan.area_code, plan.crop_code): plan.plan_mu for plan in filed}
    session.flush()
    with whole_system(session):
        _store(session, season_code, own, is_own=True)
        changed = set(own)
        for child, digits in pairwise(LEVELS):
            risen = {(area[:digits], crop) for area, crop in changed if len(area) == child}
            sums = _sums(session, season_code, child, digits, risen)
            _store(session, season_code, sums, is_own=False)
            changed |= sums.keys()
        _store_grain(session, season_code, {area for area, _ in changed})


def _sums(
    session: Session,
    season_code: str,
    child: int,
    digits: int,
    wanted: Collection[tuple[str, str]],
) -> Plans:
    """Add up the parts of units that have no plan of their own."""
    if not wanted:
        return {}
    low, high = min(wanted)[0], max(wanted)[0]
    span = (
        SowingPlanRollup.season_code == season_code,
        SowingPlanRollup.crop_code.in_({crop for _, crop in wanted}),
        SowingPlanRollup.area_code >= low,
        SowingPlanRollup.area_code < high + AFTER_ANY_DIGIT,
    )
    has_own = {
        (area, crop)
        for area, crop in session.execute(
            select(SowingPlanRollup.area_code, SowingPlanRollup.crop_code).where(
                *span, SowingPlanRollup.digits == digits, SowingPlanRollup.is_own
            )
        )
    }
    unit = func.substr(SowingPlanRollup.area_code, 1, digits)
    rows = session.execute(
        select(unit, SowingPlanRollup.crop_code, func.sum(SowingPlanRollup.plan_mu))
        .where(*span, SowingPlanRollup.digits == child)
        .group_by(unit, SowingPlanRollup.crop_code)
    )
    found = {(area, crop): plan for area, crop, plan in rows}
    return {key: found[key] for key in wanted if key in found and key not in has_own}


def _store_grain(session: Session, season_code: str, areas: Collection[str]) -> None:
    is_grain = select(Crop.code).where(Crop.is_grain)
    for codes in _chunks(sorted(areas)):
        rows = session.execute(
            select(SowingPlanRollup.area_code, func.sum(SowingPlanRollup.plan_mu))
            .where(
                SowingPlanRollup.season_code == season_code,
                SowingPlanRollup.area_code.in_(codes),
                SowingPlanRollup.crop_code.in_(is_grain),
            )
            .group_by(SowingPlanRollup.area_code)
        )
        sums = {(area, ALL_GRAIN): plan for area, plan in rows}
        _store(session, season_code, sums, is_own=False)


def _chunks(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), BULK):
        yield codes[start : start + BULK]


def _store(session: Session, season_code: str, found: Plans, *, is_own: bool) -> None:
    insert = dialect_insert(session, SowingPlanRollup)
    upsert = insert.on_conflict_do_update(
        index_elements=["season_code", "crop_code", "digits", "area_code"],
        set_={"plan_mu": insert.excluded.plan_mu, "is_own": insert.excluded.is_own},
    )
    rows = [
        {
            "season_code": season_code,
            "crop_code": crop,
            "digits": len(area),
            "area_code": area,
            "plan_mu": plan,
            "is_own": is_own,
        }
        for (area, crop), plan in found.items()
    ]
    if rows:
        session.connection().execute(upsert, rows)


def rebuild(session: Session, season_code: str) -> None:
    """Make a season's plan rollups anew from the plan versions."""
    session.execute(delete(SowingPlanRollup).where(SowingPlanRollup.season_code == season_code))
    newest = session.scalars(
        select(SowingPlan).where(SowingPlan.season_code == season_code, plans.is_newest(None))
    )
    refresh(session, season_code, list(newest))


def planned(
    session: Session, season_code: str, *, within: str, digits: int, crop: str
) -> dict[str, Decimal]:
    """Return unit -> planned mu of a crop or all grain: an area, and its units of one level."""
    rows = session.execute(
        select(SowingPlanRollup.area_code, SowingPlanRollup.plan_mu).where(
            SowingPlanRollup.season_code == season_code,
            SowingPlanRollup.crop_code == crop,
            SowingPlanRollup.digits.in_({digits, len(within)}),
            SowingPlanRollup.area_code >= within,
            SowingPlanRollup.area_code < within + AFTER_ANY_DIGIT,
        )
    )
    return {area: plan for area, plan in rows}


def differences(session: Session, season_code: str) -> list[tuple[str, str]]:
    """Return (area, crop) of each rollup that its plan versions do not bear out."""
    kept = {
        (area, crop): plan
        for area, crop, plan in session.execute(
            select(
                SowingPlanRollup.area_code, SowingPlanRollup.crop_code, SowingPlanRollup.plan_mu
            ).where(SowingPlanRollup.season_code == season_code)
        )
    }
    true: Plans = {}
    for crop in (ALL_GRAIN, *_crops_of(session, season_code)):
        for digits in LEVELS:
            found = plans.from_versions(
                session, season_code, within=NATION, digits=digits, crop=crop
            )
            true |= {(area, crop): plan for area, plan in found.items() if area}
    return sorted(key for key in kept.keys() | true.keys() if kept.get(key) != true.get(key))


def _crops_of(session: Session, season_code: str) -> Iterable[str]:
    wanted = select(SowingPlan.crop_code).where(SowingPlan.season_code == season_code)
    return list(session.scalars(wanted.distinct()))


def planned_crops(session: Session, season_code: str, area_code: str) -> set[str]:
    """Return the crops of which an area has a plan; all grain together is none of them."""
    wanted = select(SowingPlanRollup.crop_code).where(
        SowingPlanRollup.season_code == season_code,
        SowingPlanRollup.area_code == area_code,
        SowingPlanRollup.crop_code != ALL_GRAIN,
        SowingPlanRollup.plan_mu > 0,
    )
    return set(session.scalars(wanted))
