"""The part of the book that a filing touches: what stands, read in a few queries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from service import audit
from service.areas.models import Area
from service.database import clock_of
from service.reporting import queries as reporting
from service.reporting.models import (
    LockException,
    Season,
    TaskEvent,
    TaskEventKind,
)
from service.security import is_in_view
from service.sowing import rules
from service.sowing.models import Crop, Method, NurseryFactor, SowingPlanRollup, SowingReport
from service.sowing.schemas import ReportCreate

DATASET = "sowing"
BULK = 500
"""Rows per statement: below every engine's limit of bound values."""

Key = tuple[str, str, str]
"""Season, area, crop."""
WeekKey = tuple[str, str, date]
"""Season, town, reference day."""


class Place(NamedTuple):
    """What a filing needs to know of an area."""

    name: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Book:
    """What a filing is judged against.

    `read` locks the ledger before anything that can change is read, so what is judged is what
    stands until the commit.
    """

    areas: dict[str, Place]
    seasons: dict[str, Any]
    crops: dict[str, Any]
    factors: list[NurseryFactor]
    at: datetime
    now: datetime
    weeks: dict[WeekKey, Any]
    exceptions: list[LockException]
    standing: dict[Key, rules.Village]
    plans: dict[Key, Decimal]
    known_ids: dict[UUID, Any]


def read(session: Session, items: Sequence[ReportCreate]) -> Book:
    """Read what these figures touch."""
    seasons = _known(session, "seasons", SEASONS, {each.season_code for each in items})
    crops = _known(session, "crops", CROPS, {each.crop_code for each in items})
    found, plans = _places(session, items)
    has_nursery = any(each.method is Method.NURSERY for each in items)
    factors = list(session.scalars(FACTORS)) if has_nursery else []
    at, now = audit.instant(session), clock_of(session)()
    inside = [each for each in items if each.area_code in found]
    weeks = _weeks(session, seasons, inside)
    is_late = any(now >= week.locks_at for week in weeks.values())
    return Book(
        areas=found,
        seasons=seasons,
        crops=crops,
        factors=factors,
        at=at,
        now=now,
        weeks=weeks,
        exceptions=reporting.exceptions_for(session, weeks.values()) if is_late else [],
        standing=_standing(session, inside, weeks),
        plans=plans,
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


PLACES = (
    select(
        Area.area_code,
        Area.name,
        Area.starts_on,
        Area.ends_on,
        SowingPlanRollup.season_code,
        SowingPlanRollup.crop_code,
        SowingPlanRollup.plan_mu,
    )
    .outerjoin(
        SowingPlanRollup,
        and_(
            SowingPlanRollup.season_code.in_(bindparam("seasons", expanding=True)),
            SowingPlanRollup.crop_code.in_(bindparam("crops", expanding=True)),
            SowingPlanRollup.digits == func.length(Area.area_code),
            SowingPlanRollup.area_code == Area.area_code,
        ),
    )
    .where(Area.area_code.in_(bindparam("areas", expanding=True)))
)


def _places(
    session: Session, items: Sequence[ReportCreate]
) -> tuple[dict[str, Place], dict[Key, Decimal]]:
    """Return the areas in view, and what each is to sow of the crops that are asked about."""
    asked, connection = _asked(items), session.connection()
    found: dict[str, Place] = {}
    plans: dict[Key, Decimal] = {}
    for codes in _chunks(items):
        in_view = [code for code in codes if is_in_view(session, code)]
        for code, name, starts_on, ends_on, season, crop, plan in connection.execute(
            PLACES, asked | {"areas": in_view}
        ):
            found[code] = Place(name, starts_on, ends_on)
            if plan is not None:
                plans[season, code, crop] = plan
    return found, plans


def _asked(items: Sequence[ReportCreate]) -> dict[str, Any]:
    return {
        "seasons": sorted({each.season_code for each in items}),
        "crops": sorted({each.crop_code for each in items}),
    }


def _chunks(items: Sequence[ReportCreate]) -> Iterator[list[str]]:
    codes = sorted({each.area_code for each in items})
    for start in range(0, len(codes), BULK):
        yield codes[start : start + BULK]


def _weeks(
    session: Session, seasons: dict[str, Any], items: Sequence[ReportCreate]
) -> dict[WeekKey, Any]:
    found: dict[WeekKey, Any] = {}
    for code in seasons:
        keys = {(each.area_code[:9], each.as_of) for each in items if each.season_code == code}
        rows = reporting.week_rows(session, code, keys, dataset=DATASET)
        found |= {(code, row.area_code, row.period): row for row in rows}
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
    SowingReport.old_mu,
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
    session: Session, items: Sequence[ReportCreate], weeks: dict[WeekKey, Any]
) -> dict[Key, rules.Village]:
    """Return (season, area, crop) -> the figures that stand, newest version of each."""
    found: dict[Key, rules.Village] = {}
    if not items:
        return found
    asked = _asked(items) | {"first": min(each.as_of for each in items)}
    # By table, as all of this: the areas were found in view, and these rows are theirs.
    connection = session.connection()
    rows = [
        row
        for codes in _chunks(items)
        for row in connection.execute(TOUCHED, asked | {"areas": codes})
    ]
    submitted = _submitted(session, {row.task_id for row in rows}, weeks)
    for row in rows:
        key = (row.season_code, row.area_code, row.crop_code)
        last_submitted = submitted.get(row.task_id)
        figures = found.setdefault(key, rules.Village()).by_method.setdefault(row.method, {})
        earlier = figures.get(row.as_of)
        is_submitted = last_submitted is not None and last_submitted >= row.recorded_at
        figures[row.as_of] = rules.Figure(
            row.id,
            row.as_of,
            rules.Content(row.answer, row.cumulative_mu, row.basis, row.note),
            row.reason,
            row.recorded_at,
            is_submitted or (earlier is not None and earlier.was_submitted),
            row.old_mu,
        )
    return found


def _submitted(
    session: Session, with_rows: set[UUID], weeks: dict[WeekKey, Any]
) -> dict[UUID, datetime]:
    """Return when the weeks that may be corrected were last submitted."""
    wanted = [week.id for week in weeks.values() if week.id in with_rows]
    if not wanted:
        return {}
    return {task_id: at for task_id, at in session.execute(SUBMITTED, {"tasks": wanted})}


def rows_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return the rows with these ids, in view or not: an id taken elsewhere is taken."""
    table = SowingReport.__table__
    return {
        row.id: row
        for start in range(0, len(ids), BULK)
        for row in session.execute(select(table).where(table.c.id.in_(ids[start : start + BULK])))
    }
