"""The queue of weeks that wait for a step, and one week opened for judgement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from service.areas import queries as areas
from service.database import clock_of, thresholds_of
from service.errors import Invalid
from service.pages.board import BLANK, current_season
from service.pages.grid import ALL_ROWS, Key, task_of
from service.pages.page import PageFrame, see
from service.reporting import actions, rules
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, TaskEventKind, TaskState
from service.reporting.schemas import LockExceptionCreate, TaskRead
from service.schemas import AreaCode, Code, Day
from service.security import Role
from service.sowing import progress, queries
from service.sowing.models import Crop, SowingReport
from service.sowing.schemas import ProgressRow

TURN = {Role.APPROVER: TaskState.SUBMITTED, Role.BUREAU: TaskState.APPROVED}
"""The state in which a week waits for this duty."""
STEPS = {
    TaskEventKind.APPROVE: "reporting.task.approve",
    TaskEventKind.ACCEPT: "reporting.task.accept",
    TaskEventKind.RETURN: "reporting.task.return",
    TaskEventKind.REOPEN: "reporting.task.reopen",
}


class Wanted(BaseModel):
    """Which weeks the list shows; by default those that wait for the reader."""

    season: Annotated[Code | None, BLANK] = None
    state: Annotated[TaskState | None, BLANK] = None
    week: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None


def queue(page: PageFrame, wanted: Wanted) -> dict[str, Any]:
    """Gather what waits, the list that was asked for, and the rates of the season."""
    seasons = reporting.seasons(page.session)
    if not seasons:
        return {"season": None}
    season = (
        reporting.season(page.session, wanted.season)
        if wanted.season
        else current_season(page, seasons)
    )
    area_code = wanted.town or page.viewer.area_code
    found, _ = reporting.tasks_page(
        page.session,
        season_code=season.code,
        period=wanted.week,
        area_code=area_code,
        state=wanted.state,
        limit=ALL_ROWS,
    )
    begun = [each for each in found if each.timeliness is not rules.Timeliness.NOT_OPEN]
    is_narrowed = wanted.week or wanted.state or wanted.town
    return {
        "season": season,
        "seasons": seasons,
        "wanted": wanted,
        "towns": areas.unit_names(
            page.session, within=page.viewer.area_code[:9], level="town", on=season.starts_on
        ),
        "weeks": reporting.reference_days(season),
        "waiting": _waiting(page),
        "tasks": begun,
        "begun": sorted({each.period for each in begun}),
        "matrix": {} if is_narrowed else _matrix(begun),
        "rates": reporting.task_rates(
            page.session, season_code=season.code, area_code=page.viewer.area_code
        ),
        "exceptions": reporting.lock_exceptions(page.session, season_code=season.code),
    }


def _waiting(page: PageFrame) -> list[TaskRead]:
    """Return the weeks of every season that wait for the reader's duty, oldest first."""
    state = TURN.get(page.viewer.role)
    if state is None:
        return []
    found, _ = reporting.tasks_page(
        page.session, area_code=page.viewer.area_code, state=state, limit=ALL_ROWS
    )
    return found[::-1]


def _matrix(tasks: Iterable[TaskRead]) -> dict[str, dict[date, TaskRead]]:
    """Set the weeks side by side: town -> week -> task, in order of code."""
    lines: dict[str, dict[date, TaskRead]] = {}
    for each in sorted(tasks, key=lambda task: task.area_code):
        lines.setdefault(each.area_code, {})[each.period] = each
    return lines


@dataclass(frozen=True)
class Line:
    """One village's figure by crop and method, beside the week before and what it replaced."""

    crop: str
    now: SowingReport
    before: SowingReport | None

    @property
    def change_mu(self) -> Any:
        """The change on the last earlier figure."""
        if self.now.cumulative_mu is None or self.before is None:
            return None
        return self.now.cumulative_mu - (self.before.cumulative_mu or 0)


@dataclass(frozen=True)
class VillageWeek:
    """One village: its grain total beside plan and last week, and the lines behind it."""

    total: ProgressRow
    lines: list[Line]

    @property
    def corrections(self) -> list[Line]:
        """The lines that corrected a figure."""
        return [each for each in self.lines if each.now.reason is not None]

    @property
    def doubts(self) -> list[Line]:
        """The lines that carry a doubt mark."""
        return [each for each in self.lines if each.now.doubt_mark is not None]


def opened(page: PageFrame, task_id: UUID) -> dict[str, Any]:
    """Gather one town's week as it was filed, with its history."""
    task = reporting.task(page.session, task_id)
    shown = task_of(page, task_id)
    season = reporting.season(page.session, task.season_code)
    filed = progress.Question(season, task.area_code, is_accepted=False)
    found = progress.progress(page.session, filed, by="village", as_of=task.period)
    lines = _lines(page, task)
    villages = [VillageWeek(each, lines.get(each.area_code, [])) for each in found.items]
    limits = thresholds_of(page.session)
    return {
        "task": shown,
        "season": season,
        "total": found.total,
        "late": found.late,
        "villages": villages,
        "corrections": [(v, line) for v in villages for line in v.corrections],
        "doubts": [(v, line) for v in villages for line in v.doubts],
        "over": limits.sowing.warn_share_of_plan,
        "steps": _steps(page, shown),
        "may_grant": page.may("reporting.exception.grant") and _is_locked(page, task),
        "max_days": limits.reporting.exception_max_days,
        "events": reporting.events(page.session, task),
    }


def _steps(page: PageFrame, task: TaskRead) -> list[str]:
    """Return the steps that exist from this state and belong to the reader's duty."""
    covers = page.viewer.covers(task.area_code)
    return [
        kind.value
        for kind, action in STEPS.items()
        if (task.state, kind) in rules.MOVES and page.may(action) and covers
    ]


def _is_locked(page: PageFrame, task: ReportingTask) -> bool:
    is_fillable = task.state in reporting.FILING_STATES
    return is_fillable and clock_of(page.session)() >= task.locks_at


def _lines(page: PageFrame, task: ReportingTask) -> dict[str, list[Line]]:
    reports, _ = queries.reports(
        page.session, season_code=task.season_code, area_code=task.area_code, limit=ALL_ROWS
    )
    names = _crop_names(page, {each.crop_code for each in reports})
    before: dict[Key, SowingReport] = {}
    lines: dict[str, list[Line]] = {}
    for each in sorted(reports, key=lambda report: (report.as_of, report.recorded_at)):
        key = (each.area_code, each.crop_code, each.method)
        if each.as_of == task.period:
            line = Line(names[each.crop_code], each, before.get(key))
            lines.setdefault(each.area_code, []).append(line)
        elif each.as_of < task.period:
            before[key] = each
    return lines


def _crop_names(page: PageFrame, codes: Iterable[str]) -> dict[str, str]:
    return {code: page.session.get_one(Crop, code).name for code in codes}


def take(page: PageFrame, task_id: UUID, kind: TaskEventKind, reason: str | None = None) -> None:
    """Take a step; one that sends work back needs its reason."""
    if reason is not None and not reason.strip():
        raise Invalid("请写明原因:录入员要靠它改正", field="reason")
    actions.take_step(page.session, task_id, kind, reason=reason)


def back_to(task_id: UUID, done: str) -> Response:
    """Lead back to the week, saying what was done."""
    return see(f"/queue/{task_id}?done={done}")


def grant(page: PageFrame, task_id: UUID, *, days: int, reason: str) -> None:
    """Let a town file into its locked week for so many days."""
    if not reason.strip():
        raise Invalid("请写明为什么准予补报", field="reason")
    task = reporting.task(page.session, task_id)
    actions.grant_exception(
        page.session,
        LockExceptionCreate(
            season_code=task.season_code,
            area_code=task.area_code,
            period=task.period,
            reason=reason.strip(),
            expires_at=clock_of(page.session)() + timedelta(days=days),
        ),
    )
