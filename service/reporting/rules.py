"""The life of a reporting task and its clocks. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from config.thresholds import ReportingThresholds
from service.reporting.models import TaskEventKind as Kind
from service.reporting.models import TaskState as State
from service.schemas import CIVIL_ZONE

MOVES: dict[tuple[State, Kind], State] = {
    (State.PENDING, Kind.FILE): State.DRAFT,
    (State.DRAFT, Kind.FILE): State.DRAFT,
    (State.RETURNED, Kind.FILE): State.DRAFT,
    (State.DRAFT, Kind.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Kind.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Kind.RETURN): State.RETURNED,
    (State.APPROVED, Kind.RETURN): State.RETURNED,
    (State.SUBMITTED, Kind.APPROVE): State.APPROVED,
    (State.APPROVED, Kind.ACCEPT): State.ACCEPTED,
    (State.ACCEPTED, Kind.REOPEN): State.RETURNED,
    (State.ACCEPTED, Kind.ARCHIVE): State.ARCHIVED,
}
"""Every step that there is; what is not written here is refused."""

NEEDS_REASON = frozenset({Kind.RETURN, Kind.REOPEN})
CONFLICTING: dict[Kind, frozenset[Kind]] = {
    Kind.APPROVE: frozenset({Kind.FILE, Kind.SUBMIT}),
    Kind.ACCEPT: frozenset({Kind.FILE, Kind.SUBMIT, Kind.APPROVE}),
}
"""Who has done one of the latter on a task may not do the former: nobody approves their own."""

STATE_TEXT = {
    State.PENDING: "待报",
    State.DRAFT: "草稿",
    State.SUBMITTED: "已报,待镇审",
    State.RETURNED: "已退回",
    State.APPROVED: "镇已审,待区接收",
    State.ACCEPTED: "区已接收",
    State.ARCHIVED: "已归档",
}


class MoveNotAllowed(ValueError):
    """This step does not exist from this state."""


def next_state(state: State, kind: Kind) -> State:
    """Return where a step leads, or raise MoveNotAllowed."""
    try:
        return MOVES[state, kind]
    except KeyError:
        raise MoveNotAllowed(f"这一周现在是“{STATE_TEXT[state]}”,不能做这一步") from None


def is_own_work(kind: Kind, done_by_actor: Collection[Kind]) -> bool:
    """Tell whether this actor would judge what they did themselves."""
    return bool(CONFLICTING.get(kind, frozenset()) & set(done_by_actor))


@dataclass(frozen=True)
class Clocks:
    """The four instants of a task."""

    opens_at: datetime
    due_at: datetime
    grace_until: datetime
    locks_at: datetime


def reference_days(starts_on: date, ends_on: date, iso_weekday: int) -> Iterator[date]:
    """Yield the days that close a season's weeks."""
    day = starts_on + timedelta(days=(iso_weekday - starts_on.isoweekday()) % 7)
    while day <= ends_on:
        yield day
        day += timedelta(days=7)


def clocks(period: date, limits: ReportingThresholds, holidays: Collection[date]) -> Clocks:
    """Return when a week opens, is due, ends its grace and locks.

    A reference day on a public holiday is due on the next working day instead.
    """
    due_on = period
    while due_on in holidays or (due_on != period and due_on.isoweekday() > 5):  # noqa: PLR2004
        due_on += timedelta(days=1)
    opens_at = _midnight(period) - timedelta(days=limits.opens_days_before_period)
    due_at = _midnight(due_on) + timedelta(hours=limits.due_hour)
    return Clocks(
        opens_at,
        due_at,
        due_at + timedelta(hours=limits.grace_hours),
        due_at + timedelta(hours=limits.lock_hours),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CIVIL_ZONE)


class Timeliness(StrEnum):
    """How a task stands to its clocks."""

    NOT_OPEN = "not_open"
    WAITING = "waiting"
    ON_TIME = "on_time"
    LATE = "late"
    AFTER_LOCK = "after_lock"
    OVERDUE = "overdue"


TIMELINESS_TEXT = {
    Timeliness.NOT_OPEN: "未开",
    Timeliness.WAITING: "待报",
    Timeliness.ON_TIME: "按时",
    Timeliness.LATE: "逾期",
    Timeliness.AFTER_LOCK: "补报",
    Timeliness.OVERDUE: "逾期未报",
}


def timeliness(
    submitted_at: datetime | None,
    *,
    opens_at: datetime,
    due_at: datetime,
    locks_at: datetime,
    now: datetime,
) -> Timeliness:
    """Judge the first submission against the clocks; without one, judge the present."""
    if submitted_at is not None:
        if submitted_at <= due_at:
            return Timeliness.ON_TIME
        return Timeliness.LATE if submitted_at < locks_at else Timeliness.AFTER_LOCK
    if now < opens_at:
        return Timeliness.NOT_OPEN
    return Timeliness.OVERDUE if now > due_at else Timeliness.WAITING


@dataclass(frozen=True)
class Rates:
    """How well a set of tasks was reported; a rate without a denominator is None."""

    n_due: int
    n_submitted: int
    n_on_time: int
    n_returned: int

    @property
    def reported_share(self) -> float | None:
        """填报率: submitted of due."""
        return self.n_submitted / self.n_due if self.n_due else None

    @property
    def on_time_share(self) -> float | None:
        """按时率: submitted by the due instant, of due."""
        return self.n_on_time / self.n_due if self.n_due else None

    @property
    def error_share(self) -> float | None:
        """差错率: returned at least once, of submitted."""
        return self.n_returned / self.n_submitted if self.n_submitted else None


@dataclass(frozen=True)
class TaskStory:
    """A task with the events that its rates follow from."""

    task_id: UUID
    opens_at: datetime
    due_at: datetime
    locks_at: datetime
    first_submitted_at: datetime | None
    was_returned: bool


def rates(stories: Iterable[TaskStory], now: datetime) -> Rates:
    """Count the tasks that are due: those past their due instant, and those already in."""
    n_due = n_submitted = n_on_time = n_returned = 0
    for story in stories:
        is_submitted = story.first_submitted_at is not None
        if not is_submitted and now <= story.due_at:
            continue
        n_due += 1
        n_submitted += is_submitted
        n_on_time += is_submitted and story.first_submitted_at <= story.due_at  # type: ignore[operator]
        n_returned += is_submitted and story.was_returned
    return Rates(n_due, n_submitted, n_on_time, n_returned)


@dataclass(frozen=True)
class Reminder:
    """One step of reminding: from when, whom, and in what words."""

    step: str
    audience: str
    message: str


def due_reminder(
    *, due_at: datetime, grace_until: datetime, locks_at: datetime, now: datetime
) -> Reminder | None:
    """Return the one reminder that fits now for a task not yet submitted.

    Only the latest step: after a stop of the server one message goes out, not a heap.
    """
    steps = (
        (locks_at, Reminder("locked", "bureau", "已锁定仍未上报,请区里督促或准予补报")),
        (grace_until, Reminder("grace-over", "approver", "宽限期已过仍未上报,请镇里督促")),
        (due_at, Reminder("overdue", "recorder", "已过截止时间,请尽快上报")),
        (due_at - timedelta(hours=2), Reminder("two-hours", "recorder", "两小时后截止")),
        (due_at - timedelta(days=1), Reminder("one-day", "recorder", "明天截止")),
    )
    return next((reminder for since, reminder in steps if now >= since), None)
