"""Reading seasons, tasks, lock exceptions and notices."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.areas.models import Area
from service.database import clock_of
from service.errors import NotFound
from service.reporting import rules
from service.reporting.models import (
    LockException,
    Notice,
    ReportingTask,
    Season,
    TaskEvent,
    TaskEventKind,
    TaskState,
)
from service.reporting.schemas import TaskEventRead, TaskRead
from service.schemas import CIVIL_ZONE
from service.security import AFTER_ANY_DIGIT
from service.workdays import work_calendar

FILING_STATES = frozenset({TaskState.PENDING, TaskState.DRAFT, TaskState.RETURNED})


def holidays() -> frozenset[date]:
    """Return the public holidays that the working calendar knows."""
    return work_calendar().holidays


def seasons(session: Session) -> list[Season]:
    """List the seasons, newest first."""
    return list(session.scalars(select(Season).order_by(Season.starts_on.desc())))


def season(session: Session, code: str) -> Season:
    """Return one season, or say that there is none."""
    found = session.get(Season, code)
    if found is None:
        raise NotFound(f"没有播种季 {code}", season=code)
    return found


def earlier_seasons(session: Session, of: Season, years: int) -> dict[int, Season]:
    """Return crop year -> season of the same kind, for so many years before."""
    wanted = select(Season).where(
        Season.kind == of.kind,
        Season.crop_year < of.crop_year,
        Season.crop_year >= of.crop_year - years,
    )
    return {each.crop_year: each for each in session.scalars(wanted)}


def reference_days(season: Season) -> list[date]:
    """Return the days that close the season's weeks."""
    return list(rules.reference_days(season.starts_on, season.ends_on, season.week_ends_on))


def task(session: Session, task_id: UUID, *, locked: bool = False) -> ReportingTask:
    """Return one task in view, on demand locked for this transaction."""
    found = session.get(ReportingTask, task_id, with_for_update=locked)
    if found is None:
        raise NotFound("没有这项报送任务")
    return found


_WEEKS = (
    select(ReportingTask)
    .where(
        ReportingTask.dataset == bindparam("dataset"),
        ReportingTask.season_code == bindparam("season"),
        ReportingTask.area_code.in_(bindparam("towns", expanding=True)),
        ReportingTask.period.in_(bindparam("periods", expanding=True)),
    )
    .order_by(ReportingTask.id)
    .with_for_update()
)


def weeks_of(
    session: Session, season_code: str, keys: Collection[tuple[str, date]], *, dataset: str
) -> dict[tuple[str, date], ReportingTask]:
    """Return (town, period) -> task, locked for this transaction."""
    asked = {
        "dataset": dataset,
        "season": season_code,
        "towns": sorted({town for town, _ in keys}),
        "periods": sorted({period for _, period in keys}),
    }
    found = session.scalars(_WEEKS, asked)
    return {(each.area_code, each.period): each for each in found}


_WEEK = ReportingTask.__table__.c
_WEEK_ROWS = select(
    _WEEK.id,
    _WEEK.dataset,
    _WEEK.season_code,
    _WEEK.area_code,
    _WEEK.period,
    _WEEK.state,
    _WEEK.opens_at,
    _WEEK.locks_at,
    _WEEK.open_until,
).where(
    _WEEK.dataset == bindparam("dataset"),
    _WEEK.season_code == bindparam("season"),
    _WEEK.area_code.in_(bindparam("towns", expanding=True)),
    _WEEK.period.in_(bindparam("periods", expanding=True)),
)


def week_rows(
    session: Session, season_code: str, keys: Collection[tuple[str, date]], *, dataset: str
) -> list[Any]:
    """Return the weeks of towns as plain rows, by table: for areas that were found in view."""
    asked = {
        "dataset": dataset,
        "season": season_code,
        "towns": sorted({town for town, _ in keys}),
        "periods": sorted({period for _, period in keys}),
    }
    return list(session.connection().execute(_WEEK_ROWS, asked))


def exceptions_for(session: Session, tasks: Iterable[Any]) -> list[LockException]:
    """Return the lock exceptions in force now for any of these weeks."""
    weeks = list(tasks)
    now = clock_of(session)()
    wanted = select(LockException).where(
        LockException.expires_at > now,
        LockException.season_code.in_({each.season_code for each in weeks}),
        LockException.period.in_({each.period for each in weeks}),
    )
    return list(session.scalars(wanted))


def why_closed(
    task: Any, area_code: str, exceptions: Iterable[LockException], now: datetime
) -> str | None:
    """Return why this area's rows cannot be filed into this week now, or None."""
    if now < task.opens_at:
        return f"这一周 {_local(task.opens_at)} 才开始填报"
    if task.state not in FILING_STATES:
        return f"这一周是“{rules.STATE_TEXT[task.state]}”,须先退回才能改动"
    if now < task.locks_at or (task.open_until is not None and now < task.open_until):
        return None
    is_granted = any(
        (each.dataset, each.season_code, each.period)
        == (task.dataset, task.season_code, task.period)
        and area_code.startswith(each.area_code)
        for each in exceptions
    )
    return None if is_granted else f"这一周已于 {_local(task.locks_at)} 锁定,补报须由区里准予"


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(CIVIL_ZONE):%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class _Facts:
    first_submitted_at: datetime | None
    was_returned: bool


def _facts(session: Session, task_ids: Collection[UUID]) -> dict[UUID, _Facts]:
    wanted = (
        select(TaskEvent.task_id, TaskEvent.kind, func.min(TaskEvent.at))
        .where(
            TaskEvent.task_id.in_(task_ids),
            TaskEvent.kind.in_((TaskEventKind.SUBMIT, TaskEventKind.RETURN)),
        )
        .group_by(TaskEvent.task_id, TaskEvent.kind)
    )
    found = {(task_id, kind): at for task_id, kind, at in session.execute(wanted)}
    return {
        each: _Facts(found.get((each, TaskEventKind.SUBMIT)), (each, TaskEventKind.RETURN) in found)
        for each in task_ids
    }


def tasks_page(
    session: Session,
    *,
    season_code: str | None = None,
    period: date | None = None,
    area_code: str | None = None,
    state: TaskState | None = None,
    offset: int = 0,
    limit: int = 100,
) -> tuple[list[TaskRead], str | None]:
    """Return one page of tasks in view, newest week first."""
    wanted = select(ReportingTask).order_by(
        ReportingTask.period.desc(), ReportingTask.area_code, ReportingTask.id
    )
    if season_code is not None:
        wanted = wanted.where(ReportingTask.season_code == season_code)
    if period is not None:
        wanted = wanted.where(ReportingTask.period == period)
    if area_code is not None:
        wanted = wanted.where(
            ReportingTask.area_code >= area_code,
            ReportingTask.area_code < area_code + AFTER_ANY_DIGIT,
        )
    if state is not None:
        wanted = wanted.where(ReportingTask.state == state)
    found = list(session.scalars(wanted.offset(offset).limit(limit + 1)))
    following = str(offset + limit) if len(found) > limit else None
    return shown(session, found[:limit]), following


def shown(session: Session, tasks: list[ReportingTask]) -> list[TaskRead]:
    """Return tasks as they are shown: with names, timeliness and whether they are open."""
    now = clock_of(session)()
    facts = _facts(session, [each.id for each in tasks])
    exceptions = exceptions_for(session, tasks)
    names = _names(session, {each.area_code for each in tasks})
    return [
        TaskRead(
            **{
                field: getattr(each, field)
                for field in TaskRead.model_fields
                if hasattr(ReportingTask, field)
            },
            area_name=names.get(each.area_code, each.area_code),
            timeliness=rules.timeliness(
                facts[each.id].first_submitted_at,
                opens_at=each.opens_at,
                due_at=each.due_at,
                locks_at=each.locks_at,
                now=now,
            ),
            is_open=why_closed(each, each.area_code, exceptions, now) is None,
            submitted_at=facts[each.id].first_submitted_at,
        )
        for each in tasks
    ]


def _names(session: Session, codes: set[str]) -> dict[str, str]:
    # A village recorder sees their town's week but not the town's row: its name is no secret.
    areas = Area.__table__.c
    wanted = select(areas.area_code, areas.name).where(areas.area_code.in_(codes))
    return {code: name for code, name in session.execute(wanted)}


def events(session: Session, task: ReportingTask) -> list[TaskEventRead]:
    """Return the life of one task."""
    wanted = (
        select(TaskEvent, Account.__table__.c.display_name)
        .outerjoin(Account.__table__, Account.__table__.c.id == TaskEvent.actor_id)
        .where(TaskEvent.task_id == task.id)
        .order_by(TaskEvent.at)
    )
    return [
        TaskEventRead(
            kind=event.kind,
            from_state=event.from_state,
            to_state=event.to_state,
            actor=name,
            at=event.at,
            reason=event.reason,
        )
        for event, name in session.execute(wanted)
    ]


def task_rates(
    session: Session, *, season_code: str, area_code: str, until: date | None = None
) -> rules.Rates:
    """Return 填报率, 按时率 and 差错率 of the tasks of a season in an area."""
    wanted = select(ReportingTask).where(
        ReportingTask.season_code == season_code,
        ReportingTask.n_expected > 0,
        ReportingTask.area_code >= area_code,
        ReportingTask.area_code < area_code + AFTER_ANY_DIGIT,
    )
    if until is not None:
        wanted = wanted.where(ReportingTask.period <= until)
    tasks = list(session.scalars(wanted))
    facts = _facts(session, [each.id for each in tasks])
    stories = (
        rules.TaskStory(
            each.id,
            each.opens_at,
            each.due_at,
            each.locks_at,
            facts[each.id].first_submitted_at,
            facts[each.id].was_returned,
        )
        for each in tasks
    )
    return rules.rates(stories, clock_of(session)())


def lock_exceptions(session: Session, *, season_code: str) -> list[LockException]:
    """List the lock exceptions of a season in view."""
    wanted = (
        select(LockException)
        .where(LockException.season_code == season_code)
        .order_by(LockException.granted_at.desc())
        .limit(500)
    )
    return list(session.scalars(wanted))


def notices(session: Session, *, limit: int = 100) -> list[Notice]:
    """List the newest notices in view for the viewer's duty."""
    wanted = select(Notice).order_by(Notice.at.desc()).limit(limit)
    viewer = session.info.get("viewer")
    if viewer is not None and viewer.role in {"recorder", "approver", "bureau"}:
        wanted = wanted.where(Notice.audience == viewer.role)
    return list(session.scalars(wanted))
