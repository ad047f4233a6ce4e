"""Seasons and their tasks; submitting, approving, accepting; lock exceptions; reminders."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from service import audit
from service.areas import actions as areas_actions
from service.areas import queries as areas
from service.database import clock_of, dialect_insert, thresholds_of
from service.errors import Conflict, Forbidden, IdTaken, Invalid, NotFound
from service.reporting import queries, rules
from service.reporting.models import (
    LockException,
    Notice,
    ReportingTask,
    Season,
    TaskEvent,
    TaskState,
)
from service.reporting.models import TaskEventKind as Kind
from service.reporting.schemas import LockExceptionCreate, SeasonCreate
from service.security import Viewer

AFTER_ACCEPT: dict[str, Callable[[Session, ReportingTask], None]] = {}
"""What each book does, in the same transaction, when a town's week of it is accepted."""
NATION = ""
BULK = 500
"""Ids per statement: below every engine's limit of bound values."""
LONGEST_SEASON = timedelta(days=366)


def create_season(session: Session, season_in: SeasonCreate) -> Season:
    """Create a season with the tasks of all its weeks; the same again answers with the same."""
    if not season_in.starts_on < season_in.ends_on <= season_in.starts_on + LONGEST_SEASON:
        raise Invalid(
            f"结束日期须晚于开始日期,且一季不超过 {LONGEST_SEASON.days} 天", field="ends_on"
        )
    audit.instant(session)  # takes the ledger's lock: a code that is free now stays free
    known = session.scalars(
        select(Season).where(
            (Season.code == season_in.code)
            | ((Season.kind == season_in.kind) & (Season.crop_year == season_in.crop_year))
        )
    ).first()
    content = season_in.model_dump()
    if known is not None:
        if _is_same(known, content):
            return known
        raise Conflict("已有同代码或同年同类的播种季")
    season = Season(**content)
    session.add(season)
    session.flush()
    ensure_tasks(session, season)
    audit.record(session, "season.create", season.code, title=season.title)
    return season


def _is_same(known: Season | LockException, content: dict[str, Any]) -> bool:
    return all(getattr(known, name) == value for name, value in content.items())


def ensure_tasks(session: Session, season: Season) -> int:
    """Make the tasks that towns still lack in a season; return how many. Safe to repeat."""
    known = {
        (area_code, period)
        for area_code, period in session.execute(
            select(ReportingTask.area_code, ReportingTask.period).where(
                ReportingTask.season_code == season.code
            )
        )
    }
    missing = []
    for period in queries.reference_days(season):
        clocks = rules.clocks(period, thresholds_of(session).reporting, queries.holidays())
        expected = _villages_by_town(session, period)
        missing += [
            {
                "dataset": "sowing",
                "season_code": season.code,
                "area_code": town,
                "period": period,
                "opens_at": clocks.opens_at,
                "due_at": clocks.due_at,
                "grace_until": clocks.grace_until,
                "locks_at": clocks.locks_at,
                "state": TaskState.PENDING,
                "n_expected": n,
            }
            for town, n in expected.items()
            if (town, period) not in known
        ]
    if missing:
        session.execute(insert(ReportingTask), missing)
        audit.record(session, "task.open", season.code, n_new=len(missing))
    return len(missing)


def _villages_by_town(session: Session, period: date) -> dict[str, int]:
    towns = dict.fromkeys(areas.unit_names(session, within=NATION, level="town", on=period), 0)
    for code in areas.unit_names(session, within=NATION, level="village", on=period):
        if code[:9] in towns:
            towns[code[:9]] += 1
    return towns


def recount_expected(session: Session, since: date) -> None:
    """Bring the villages that weeks wait for up to date, after units were merged on a day."""
    waiting = select(ReportingTask).where(ReportingTask.period >= since)
    towns: dict[date, dict[str, int]] = {}
    for task in session.scalars(waiting):
        if task.period not in towns:
            towns[task.period] = _villages_by_town(session, task.period)
        task.n_expected = towns[task.period].get(task.area_code, 0)


areas_actions.AFTER_MERGE.append(recount_expected)


def note_filing(session: Session, weeks: Sequence[Any]) -> None:
    """Move weeks that received rows to draft, once per actor and state."""
    viewer: Viewer | None = session.info.get("viewer")
    actor_id = viewer.account_id if viewer else None
    drafts = {week.id for week in weeks if week.state is TaskState.DRAFT}
    filed = _filed_before(session, drafts, actor_id)
    moving = [week.id for week in weeks if week.id not in filed]
    for start in range(0, len(moving), BULK):
        ids = moving[start : start + BULK]
        for task in session.scalars(select(ReportingTask).where(ReportingTask.id.in_(ids))):
            _step(session, task, Kind.FILE, actor_id=actor_id)


_FILED = select(TaskEvent.task_id).where(
    TaskEvent.task_id.in_(bindparam("tasks", expanding=True)),
    TaskEvent.actor_id == bindparam("actor"),
    TaskEvent.kind == Kind.FILE,
)


def _filed_before(session: Session, task_ids: set[UUID], actor_id: UUID | None) -> set[UUID]:
    """Return the weeks that an actor filed into before; once true it stays so and is kept."""
    kept: dict[Any, set[UUID]] = session.info["database"].kept.setdefault("filed", {})
    known = kept.setdefault(actor_id, set())
    filed, asked = task_ids & known, sorted(task_ids - known)
    for start in range(0, len(asked), BULK):
        wanted = {"tasks": asked[start : start + BULK], "actor": actor_id}
        filed |= set(session.scalars(_FILED, wanted))
    if not session.info.get("audit_queue"):
        known |= filed  # committed before this transaction: true for good
    return filed


def take_step(
    session: Session, task_id: UUID, kind: Kind, *, reason: str | None = None
) -> ReportingTask:
    """Submit, return, approve, accept or reopen a town's week."""
    audit.instant(session)
    task = queries.task(session, task_id, locked=True)
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is not None:
        if not viewer.covers(task.area_code):
            raise Forbidden("整镇的一周由镇级账号上报;村级账号只填本村")
        if rules.is_own_work(kind, _done_by(session, task.id, viewer.account_id)):
            raise Forbidden("不能审核自己填报或审核过的数据,请由另一人办理")
    if kind is Kind.SUBMIT:
        _refuse_closed(session, task)
    _step(session, task, kind, reason=reason, actor_id=viewer.account_id if viewer else None)
    if kind is Kind.ACCEPT:
        session.flush()
        AFTER_ACCEPT[task.dataset](session, task)
    return task


def _refuse_closed(session: Session, task: ReportingTask) -> None:
    """Refuse unless the town, or one of its villages by an exception, may file now."""
    exceptions = queries.exceptions_for(session, [task])
    now = clock_of(session)()
    units = {task.area_code} | {
        each.area_code for each in exceptions if each.area_code.startswith(task.area_code)
    }
    why = [queries.why_closed(task, unit, exceptions, now) for unit in sorted(units)]
    if None not in why:
        raise Conflict(why[0] or "")


def _step(
    session: Session,
    task: ReportingTask,
    kind: Kind,
    *,
    reason: str | None = None,
    actor_id: UUID | None,
) -> None:
    at = audit.instant(session)
    before, after = task.state, rules.next_state(task.state, kind)
    session.add(
        TaskEvent(
            task_id=task.id,
            kind=kind,
            from_state=before,
            to_state=after,
            actor_id=actor_id,
            at=at,
            reason=reason,
        )
    )
    task.state = after
    if kind in rules.NEEDS_REASON:
        hours = thresholds_of(session).reporting.return_open_hours
        task.open_until = at + timedelta(hours=hours)
    audit.record(
        session,
        f"task.{kind.value}",
        str(task.id),
        area_code=task.area_code,
        period=task.period,
        from_state=before,
        to_state=after,
        reason=reason,
    )


_DONE = select(TaskEvent.kind).where(
    TaskEvent.task_id == bindparam("task"), TaskEvent.actor_id == bindparam("actor")
)


def _done_by(session: Session, task_id: UUID, actor_id: UUID | None) -> set[Kind]:
    """Return what this actor ever did on a task."""
    return set(session.scalars(_DONE, {"task": task_id, "actor": actor_id}))


def grant_exception(session: Session, grant: LockExceptionCreate) -> LockException:
    """Let an area file into a locked week until a set instant; safe to repeat."""
    viewer: Viewer = session.info["viewer"]
    at = audit.instant(session)
    content = grant.model_dump(exclude={"id"}) | {"granted_by": viewer.account_id}
    known = session.get(LockException, grant.id) if grant.id else None
    if known is not None and _is_same(known, content):
        return known
    _refuse_unfit(session, viewer, grant)
    table = LockException.__table__
    if session.execute(select(table.c.id).where(table.c.id == grant.id)).first():
        raise IdTaken("这个编号已用于别的内容,请换一个")
    granted = LockException(**content, id=grant.id or uuid4(), granted_at=at)
    session.add(granted)
    session.flush()
    audit.record(
        session,
        "exception.grant",
        str(granted.id),
        area_code=granted.area_code,
        period=granted.period,
        reason=granted.reason,
        expires_at=granted.expires_at,
    )
    return granted


def _refuse_unfit(session: Session, viewer: Viewer, grant: LockExceptionCreate) -> None:
    now = clock_of(session)()
    max_days = thresholds_of(session).reporting.exception_max_days
    if not viewer.covers(grant.area_code) or not areas.villages_by_code(session, [grant.area_code]):
        raise NotFound("没有这个区划", field="area_code")
    longest = now + timedelta(days=max_days)
    if not now < grant.expires_at <= longest:
        raise Invalid(f"到期时刻须晚于现在,且不超过 {max_days} 天", field="expires_at")
    season = queries.season(session, grant.season_code)
    if grant.period not in queries.reference_days(season):
        raise Invalid("这一天不是该季的报告日", field="period")


def remind(session: Session) -> int:
    """Write the reminders that are due now, one per task and step; return how many."""
    now = clock_of(session)()
    waiting = select(ReportingTask).where(
        ReportingTask.state.in_((TaskState.PENDING, TaskState.DRAFT, TaskState.RETURNED)),
        ReportingTask.due_at <= now + timedelta(days=1),
        ReportingTask.locks_at >= now - timedelta(days=7),
        ReportingTask.n_expected > 0,  # a town that was merged owes nothing any more
    )
    return sum(_remind(session, task, now) for task in session.scalars(waiting))


def _remind(session: Session, task: ReportingTask, now: datetime) -> bool:
    reminder = rules.due_reminder(
        due_at=task.due_at, grace_until=task.grace_until, locks_at=task.locks_at, now=now
    )
    if reminder is None:
        return False
    values = {
        "task_id": task.id,
        "step": reminder.step,
        "audience": reminder.audience,
        "message": f"{task.period:%m月%d日}一周:{reminder.message}",
        "area_code": task.area_code,
        "at": now,
    }
    # RETURNING tells whether a row was made; PostgreSQL's driver counts -1 either way.
    written = session.execute(
        dialect_insert(session, Notice)
        .values(values)
        .on_conflict_do_nothing()
        .returning(Notice.step)
    )
    is_new = written.first() is not None
    if is_new:
        audit.record(
            session, "notice.write", str(task.id), area_code=task.area_code, step=reminder.step
        )
    return is_new
