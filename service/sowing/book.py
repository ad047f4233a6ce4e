"""The part of the book that a filing touches: what stands, read in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from service import audit
from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of
from service.reporting import queries as reporting
from service.reporting.models import (
    LockException,
    ReportingTask,
    Season,
    TaskEvent,
    TaskEventKind,
)
from service.sowing import plans, rules
from service.sowing.models import Crop, Method, NurseryFactor, SowingPlan, SowingReport
from service.sowing.schemas import ReportCreate

DATASET = "sowing"
BULK = 500
"""Rows per statement: below every engine's limit of bound values."""

Key = tuple[str, str, str]
"""Season, area, crop."""


@dataclass(frozen=True)
class Book:
    """What a filing is judged against.

    `read` locks the ledger before anything that can change is read, so what is judged is what
    stands until the commit.
    """

    areas: dict[str, Area]
    seasons: dict[str, Any]
    crops: dict[str, Any]
    factors: list[NurseryFactor]
    at: datetime
    now: datetime
    tasks: dict[tuple[str, str, date], ReportingTask]
    exceptions: list[LockException]
    standing: dict[Key, rules.Village]
    plans: dict[Key, Decimal]
    known_ids: dict[UUID, Any]


def read(session: Session, items: Sequence[ReportCreate]) -> Book:
    """Read what these figures touch."""
    found = areas.villages_by_code(session, [each.area_code for each in items])
    seasons = _known(session, "seasons", SEASONS, {each.season_code for each in items})
    crops = _known(session, "crops", CROPS, {each.crop_code for each in items})
    has_nursery = any(each.method is Method.NURSERY for each in items)
    factors = list(session.scalars(FACTORS)) if has_nursery else []
    at, now = audit.instant(session), clock_of(session)()
    inside = [each for each in items if each.area_code in found]
    tasks = _tasks(session, seasons, inside)
    is_late = any(now >= task.locks_at for task in tasks.values())
    return Book(
        areas=found,
        seasons=seasons,
        crops=crops,
        factors=factors,
        at=at,
        now=now,
        tasks=tasks,
        exceptions=reporting.exceptions_for(session, tasks.values()) if is_late else [],
        standing=_standing(session, inside, tasks),
        plans=_plans(session, inside),
        known_ids=rows_by_id(session, [each.id for each in items if each.id is not None]),
    )


SEASONS = select(
    Season.code, Season.title, Season.starts_on, Season.ends_on, Season.week_ends_on
).where(Season.code.in_(bindparam("codes", expanding=True)))
CROPS = select(Crop.code, Crop.name, Crop.group_name).where(
    Crop.code.in_(bindparam("codes", expanding=True))
)
FACTORS = select(NurseryFactor).order_by(NurseryFactor.starts_on)


def _known(session: Session, kind: str, wanted: Any, codes: set[str]) -> dict[str, Any]:
    """Return what never changes once it stands, read once per server: seasons and crops."""
    kept: dict[str, Any] = session.info["database"].kept.setdefault(kind, {})
    lacking = sorted(codes - kept.keys())
    if lacking:
        kept |= {row.code: row for row in session.execute(wanted, {"codes": lacking})}
    return {code: kept[code] for code in codes if code in kept}


def _tasks(
    session: Session, seasons: dict[str, Any], items: Sequence[ReportCreate]
) -> dict[tuple[str, str, date], ReportingTask]:
    found: dict[tuple[str, str, date], ReportingTask] = {}
    for code in seasons:
        keys = {(each.area_code[:9], each.as_of) for each in items if each.season_code == code}
        weeks = reporting.weeks_of(session, code, keys, dataset=DATASET)
        found |= {(code, town, period): task for (town, period), task in weeks.items()}
    return found


_COLUMNS = (
    SowingReport.id,
    SowingReport.season_code,
    SowingReport.area_code,
    SowingReport.crop_code,
    SowingReport.method,
    SowingReport.as_of,
    SowingReport.answer,
    SowingReport.cumulative_mu,
    SowingReport.basis,
    SowingReport.note,
    SowingReport.reason,
    SowingReport.recorded_at,
    SowingReport.task_id,
)


def _touched() -> Select[Any]:
    rank = func.row_number().over(
        partition_by=(
            SowingReport.season_code,
            SowingReport.area_code,
            SowingReport.crop_code,
            SowingReport.method,
        ),
        order_by=(SowingReport.as_of.desc(), SowingReport.recorded_at.desc()),
    )
    concerned = select(*_COLUMNS, rank.label("rank")).where(
        SowingReport.season_code.in_(bindparam("seasons", expanding=True)),
        SowingReport.area_code.in_(bindparam("areas", expanding=True)),
        SowingReport.crop_code.in_(bindparam("crops", expanding=True)),
    )
    before = concerned.where(SowingReport.as_of < bindparam("first")).subquery()
    since = concerned.where(SowingReport.as_of >= bindparam("first")).subquery()
    both = union_all(select(before).where(before.c.rank == 1), select(since)).subquery()
    return select(both).order_by(both.c.recorded_at)


TOUCHED = _touched()
"""Every row since the first week of a filing, and of each key the last one before it."""
SUBMITTED = (
    select(TaskEvent.task_id, func.max(TaskEvent.at))
    .where(
        TaskEvent.task_id.in_(bindparam("tasks", expanding=True)),
        TaskEvent.kind == TaskEventKind.SUBMIT,
    )
    .group_by(TaskEvent.task_id)
)


def _standing(
    session: Session,
    items: Sequence[ReportCreate],
    tasks: dict[tuple[str, str, date], ReportingTask],
) -> dict[Key, rules.Village]:
    """Return (season, area, crop) -> the figures that stand, newest version of each."""
    found: dict[Key, rules.Village] = {}
    if not items:
        return found
    asked = {
        "seasons": sorted({each.season_code for each in items}),
        "crops": sorted({each.crop_code for each in items}),
        "first": min(each.as_of for each in items),
    }
    codes = sorted({each.area_code for each in items})
    rows = [
        row
        for start in range(0, len(codes), BULK)
        for row in session.execute(TOUCHED, asked | {"areas": codes[start : start + BULK]})
    ]
    submitted = _submitted(session, {row.task_id for row in rows}, tasks)
    for row in rows:
        key = (row.season_code, row.area_code, row.crop_code)
        last_submitted = submitted.get(row.task_id)
        weeks = found.setdefault(key, rules.Village()).by_method.setdefault(row.method, {})
        earlier = weeks.get(row.as_of)
        is_submitted = last_submitted is not None and last_submitted >= row.recorded_at
        weeks[row.as_of] = rules.Figure(
            row.id,
            row.as_of,
            rules.Content(row.answer, row.cumulative_mu, row.basis, row.note),
            row.reason,
            row.recorded_at,
            is_submitted or (earlier is not None and earlier.was_submitted),
        )
    return found


def _submitted(
    session: Session,
    with_rows: set[UUID],
    tasks: dict[tuple[str, str, date], ReportingTask],
) -> dict[UUID, datetime]:
    """Return when the weeks that may be corrected were last submitted."""
    wanted = [task.id for task in tasks.values() if task.id in with_rows]
    if not wanted:
        return {}
    return {task_id: at for task_id, at in session.execute(SUBMITTED, {"tasks": wanted})}


PLANS = select(
    SowingPlan.season_code, SowingPlan.area_code, SowingPlan.crop_code, SowingPlan.plan_mu
).where(
    SowingPlan.season_code.in_(bindparam("seasons", expanding=True)),
    SowingPlan.area_code.in_(bindparam("areas", expanding=True)),
    SowingPlan.crop_code.in_(bindparam("crops", expanding=True)),
    plans.is_newest(None),
)


def _plans(session: Session, items: Sequence[ReportCreate]) -> dict[Key, Decimal]:
    asked = {
        "seasons": sorted({each.season_code for each in items}),
        "crops": sorted({each.crop_code for each in items}),
    }
    codes = sorted({each.area_code for each in items})
    return {
        (season, area, crop): plan
        for start in range(0, len(codes), BULK)
        for season, area, crop, plan in session.execute(
            PLANS, asked | {"areas": codes[start : start + BULK]}
        )
    }


def rows_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return the rows with these ids, in view or not: an id taken elsewhere is taken."""
    table = SowingReport.__table__
    return {
        row.id: row
        for start in range(0, len(ids), BULK)
        for row in session.execute(select(table).where(table.c.id.in_(ids[start : start + BULK])))
    }
