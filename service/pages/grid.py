"""The recorder's grid: one town's week, villages down and crops by method across."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel

from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of, thresholds_of
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.rendering import plain
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, TaskEventKind, TaskState
from service.reporting.rules import Timeliness
from service.reporting.schemas import TaskRead
from service.schemas import AreaCode, Code, Day, Id
from service.sowing import queries
from service.sowing.models import Answer, Method, SowingReport
from service.sowing.rules import COUNTED, METHOD_TEXT, NOT_GROWN_TEXT, methods_of

TOWN = 9
ALL_ROWS = 100_000
"""More than any town can have: the grid is shown whole."""


class Week(BaseModel):
    """Which week the grid is asked for: by its task, or by season, town and day."""

    task: Annotated[Id | None, BLANK] = None
    season: Annotated[Code | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    week: Annotated[Day | None, BLANK] = None


@dataclass(frozen=True)
class Column:
    """One crop by one method."""

    crop_code: str
    crop_name: str
    method: Method

    @property
    def label(self) -> str:
        """The method as people call it."""
        return METHOD_TEXT[self.method]

    @property
    def is_counted(self) -> bool:
        """Whether it adds to the sown area."""
        return self.method in COUNTED

    @property
    def key(self) -> tuple[str, Method]:
        """What a report of this column bears."""
        return self.crop_code, self.method


@dataclass(frozen=True)
class Cell:
    """What stands in one village's column this week, and what stood before."""

    column: Column
    now: SowingReport | None
    before: SowingReport | None
    is_submitted: bool

    @property
    def text(self) -> str:
        """This week's figure as one types it."""
        return written(self.now)

    @property
    def hint(self) -> str:
        """The last earlier figure as one types it."""
        return written(self.before)


@dataclass
class Row:
    """One village."""

    area: Area
    plan_mu: Decimal | None
    cells: list[Cell] = field(default_factory=list)


def written(report: SowingReport | None) -> str:
    """Write a report as one types it: a number, 无, or nothing."""
    if report is None:
        return ""
    return NOT_GROWN_TEXT if report.answer is Answer.NOT_GROWN else plain(report.cumulative_mu)


def weeks(page: PageFrame, *, season_code: str | None = None) -> list[TaskRead]:
    """Return the weeks of the reader's towns, newest first."""
    found, _ = reporting.tasks_page(
        page.session,
        season_code=season_code,
        area_code=page.viewer.area_code[:TOWN],
        limit=ALL_ROWS,
    )
    return found


def chosen_week(page: PageFrame, asked: Week) -> TaskRead | None:
    """Return the week that was asked for, else the one to fill now."""
    if asked.task is not None:
        task = reporting.task(page.session, asked.task)
        return reporting.shown(page.session, [task])[0]
    if asked.week is not None:
        found, _ = reporting.tasks_page(
            page.session,
            season_code=asked.season,
            period=asked.week,
            area_code=asked.town or page.viewer.area_code[:TOWN],
            limit=1,
        )
        return found[0] if found else None
    return to_fill(weeks(page, season_code=asked.season))


def to_fill(tasks: Iterable[TaskRead]) -> TaskRead | None:
    """Choose, of weeks newest first: one sent back, the oldest open one, the newest begun."""
    begun = [each for each in tasks if each.timeliness is not Timeliness.NOT_OPEN]
    is_open = [each for each in reversed(begun) if each.is_open]
    returned = [each for each in is_open if each.state is TaskState.RETURNED]
    return next(iter([*returned, *is_open, *begun]), None)


def grid(page: PageFrame, asked: Week) -> dict[str, Any]:
    """Gather what the grid shows."""
    shown = chosen_week(page, asked)
    if shown is None:
        return {"task": None}
    task = reporting.task(page.session, shown.id)
    reports = _reports(page, task)
    columns = _columns(page, task)
    rows = _rows(page, task, columns, reports)
    near = weeks_of_town(page, task)
    closed_because = _why_closed(page, task)
    return {
        "task": shown,
        "season": reporting.season(page.session, task.season_code),
        "columns": columns,
        "crops": [(c, list(g)) for c, g in groupby(columns, key=lambda each: each.crop_name)],
        "rows": rows,
        "plan_mu": sum((each.plan_mu for each in rows if each.plan_mu), Decimal(0)) or None,
        "closed_because": closed_because,
        "returned_because": _why_returned(page, task),
        "may_submit": page.may("reporting.task.submit") and page.viewer.covers(task.area_code),
        "is_open": closed_because is None,
        "earlier": max((w for w in near if w.period < task.period), key=_period, default=None),
        "later": min((w for w in near if w.period > task.period), key=_period, default=None),
        "over": thresholds_of(page.session).sowing.warn_share_of_plan,
    }


def weeks_of_town(page: PageFrame, task: ReportingTask) -> list[TaskRead]:
    """Return all weeks of one town's season."""
    found, _ = reporting.tasks_page(
        page.session, season_code=task.season_code, area_code=task.area_code, limit=ALL_ROWS
    )
    return found


def _period(task: TaskRead) -> date:
    return task.period


def _why_closed(page: PageFrame, task: ReportingTask) -> str | None:
    if not page.may("sowing.report.file"):
        return "您的岗位只能查看,填报由录入员办理"
    now = clock_of(page.session)()
    exceptions = reporting.exceptions_for(page.session, [task])
    # A grant to one village opens the week for that village's own recorder.
    return reporting.why_closed(task, page.viewer.area_code[:12], exceptions, now)


def _why_returned(page: PageFrame, task: ReportingTask) -> str | None:
    if task.state is not TaskState.RETURNED:
        return None
    steps = reporting.events(page.session, task)
    return next((each.reason for each in reversed(steps) if each.reason), None)


def _reports(page: PageFrame, task: ReportingTask) -> list[SowingReport]:
    found, _ = queries.reports(
        page.session, season_code=task.season_code, area_code=task.area_code, limit=ALL_ROWS
    )
    return [each for each in found if each.as_of <= task.period]


def _columns(page: PageFrame, task: ReportingTask) -> list[Column]:
    crops = queries.season_crops(page.session, task.season_code, task.area_code)
    return [
        Column(each.code, each.name, method)
        for each in crops
        for method in methods_of(each.group_name)
    ]


def _rows(
    page: PageFrame,
    task: ReportingTask,
    columns: list[Column],
    reports: list[SowingReport],
) -> list[Row]:
    villages = areas.units(page.session, within=task.area_code, level="village", on=task.period)
    plans = queries.plans(
        page.session,
        task.season_code,
        units=[each.area_code for each in villages],
        crops={each.crop_code for each in columns},
    )
    now, before = _by_cell(reports, task.period)
    submitted_at = _last_submitted(page, task)
    rows = [Row(each, plans.get(each.area_code)) for each in villages]
    for row in rows:
        for column in columns:
            key = (row.area.area_code, *column.key)
            report = now.get(key)
            is_submitted = bool(report and submitted_at and report.recorded_at <= submitted_at)
            row.cells.append(Cell(column, report, before.get(key), is_submitted))
    return rows


Key = tuple[str, str, Method]


def _by_cell(
    reports: Iterable[SowingReport], period: date
) -> tuple[dict[Key, SowingReport], dict[Key, SowingReport]]:
    """Return the figure of this week, and the last one before it, of each cell."""
    now: dict[Key, SowingReport] = {}
    before: dict[Key, SowingReport] = {}
    for each in sorted(reports, key=lambda report: (report.as_of, report.recorded_at)):
        side = now if each.as_of == period else before
        side[each.area_code, each.crop_code, each.method] = each
    return now, before


def _last_submitted(page: PageFrame, task: ReportingTask) -> datetime | None:
    steps = reporting.events(page.session, task)
    return max((each.at for each in steps if each.kind is TaskEventKind.SUBMIT), default=None)


def task_of(page: PageFrame, task_id: UUID) -> TaskRead:
    """Return one week in view as it is shown."""
    return reporting.shown(page.session, [reporting.task(page.session, task_id)])[0]
