"""One filing: figures judged against the part of the book that they touch, then written.

Gather, decide, apply: a few queries for any number of figures, pure rules, bulk inserts. The
ledger is locked before anything that can change is read, so what is judged is what stands
until the commit.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service import audit
from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of, thresholds_of
from service.reporting import actions as reporting_actions
from service.reporting import queries as reporting
from service.reporting.models import (
    LockException,
    ReportingTask,
    Season,
    TaskEvent,
    TaskEventKind,
)
from service.security import Viewer
from service.sowing import queries, rules
from service.sowing.models import Answer, Crop, Method, NurseryFactor, SowingReport
from service.sowing.schemas import ReportCreate

DATASET = "sowing"
REPORTABLE_DIGITS = (9, 12)
CLOSED, MISSING, TAKEN = "closed", "missing", "taken"
BULK = 500
"""Rows per statement: below every engine's limit of bound values."""


@dataclass(frozen=True)
class Problem:
    """Why one row was refused."""

    row: int
    field: str
    value: str
    reason: str
    code: str = "refused"


@dataclass
class Filed:
    """What became of one figure."""

    report: dict[str, Any]
    is_new: bool
    warning: str | None = None


def content_digest(values: dict[str, Any]) -> str:
    """Hash what a client sent, so that a repeat can be told from another content."""
    canonical = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Filing:
    """The part of the book that a filing touches, gathered in a few queries."""

    def __init__(self, session: Session, items: Sequence[ReportCreate]) -> None:
        """Gather what stands, and judge every figure in order of its week."""
        self.session, self.items = session, items
        self.problems: list[Problem] = []
        self.filed: dict[int, Filed] = {}
        self.rows: list[dict[str, Any]] = []
        self.touched: dict[UUID, ReportingTask] = {}
        self.areas = areas.villages_by_code(session, [each.area_code for each in items])
        self.seasons = {
            each.code: each
            for each in session.scalars(
                select(Season).where(Season.code.in_({each.season_code for each in items}))
            )
        }
        self.crops = {
            each.code: each
            for each in session.scalars(
                select(Crop).where(Crop.code.in_({each.crop_code for each in items}))
            )
        }
        self.factors = self._factors()
        self.at = audit.instant(session)
        self.now = clock_of(session)()
        self.tasks = self._tasks()
        self.exceptions = self._exceptions()
        self.standing = self._standing()
        self.plans = self._plans()
        self.known_ids = self._known_ids()
        self.limits = thresholds_of(session).sowing
        for row in sorted(range(len(items)), key=lambda n: (items[n].as_of, n)):
            self._judge(row, items[row])
        self.problems.sort(key=lambda each: each.row)

    def _factors(self) -> list[NurseryFactor]:
        if all(each.method is not Method.NURSERY for each in self.items):
            return []
        wanted = select(NurseryFactor).order_by(NurseryFactor.starts_on)
        return list(self.session.scalars(wanted))

    def _tasks(self) -> dict[tuple[str, str, date], ReportingTask]:
        found: dict[tuple[str, str, date], ReportingTask] = {}
        for code in self.seasons:
            keys = {
                (each.area_code[:9], each.as_of)
                for each in self.items
                if each.season_code == code and each.area_code in self.areas
            }
            weeks = reporting.weeks_of(self.session, code, keys, dataset=DATASET)
            found |= {(code, town, period): task for (town, period), task in weeks.items()}
        return found

    def _exceptions(self) -> list[LockException]:
        is_late = any(self.now >= task.locks_at for task in self.tasks.values())
        return reporting.exceptions_for(self.session, self.tasks.values()) if is_late else []

    def _standing(self) -> dict[tuple[str, str, str], rules.Village]:
        """Return (season, area, crop) -> the figures that stand, newest version of each."""
        columns = SowingReport.__mapper__.columns
        submitted = self._submitted()
        found: dict[tuple[str, str, str], rules.Village] = {}
        codes = sorted(self.areas)
        for start in range(0, len(codes), BULK):
            rows = self.session.execute(
                select(*(columns[name] for name in _STANDING))
                .where(
                    SowingReport.season_code.in_(self.seasons),
                    SowingReport.area_code.in_(codes[start : start + BULK]),
                    SowingReport.crop_code.in_(self.crops),
                )
                .order_by(SowingReport.recorded_at)
            )
            for row in rows:
                self._stand(found, row, submitted)
        return found

    @staticmethod
    def _stand(
        found: dict[tuple[str, str, str], rules.Village],
        row: Any,
        submitted: dict[UUID, datetime],
    ) -> None:
        key = (row.season_code, row.area_code, row.crop_code)
        last_submitted = submitted.get(row.task_id)
        village = found.setdefault(key, rules.Village())
        village.by_method.setdefault(row.method, {})[row.as_of] = rules.Figure(
            row.id,
            row.as_of,
            rules.Content(row.answer, row.cumulative_mu, row.basis, row.note),
            row.reason,
            row.recorded_at,
            last_submitted is not None and last_submitted >= row.recorded_at,
        )

    def _submitted(self) -> dict[UUID, datetime]:
        rows = self.session.execute(
            select(TaskEvent.task_id, func.max(TaskEvent.at))
            .where(
                TaskEvent.task_id.in_([task.id for task in self.tasks.values()]),
                TaskEvent.kind == TaskEventKind.SUBMIT,
            )
            .group_by(TaskEvent.task_id)
        )
        return {task_id: at for task_id, at in rows}

    def _plans(self) -> dict[tuple[str, str, str], Decimal]:
        found: dict[tuple[str, str, str], Decimal] = {}
        for season in self.seasons:
            for start in range(0, len(self.areas), BULK):
                units = sorted(self.areas)[start : start + BULK]
                plans = queries.latest_plans(self.session, season, list(self.crops), units=units)
                found |= {(season, area, crop): plan for (area, crop), plan in plans.items()}
        return found

    def _known_ids(self) -> dict[UUID, SowingReport]:
        ids = [each.id for each in self.items if each.id is not None]
        known: dict[UUID, SowingReport] = {}
        table = SowingReport.__table__
        for start in range(0, len(ids), BULK):
            # By table: an id taken elsewhere is taken, though its row stays out of sight.
            rows = self.session.execute(
                select(table).where(table.c.id.in_(ids[start : start + BULK]))
            )
            known |= {row.id: row for row in rows}
        return known

    def _judge(self, row: int, item: ReportCreate) -> None:
        """Judge one figure; note the problem or the row to write."""
        digest = content_digest(item.model_dump(exclude={"id"}))
        if item.id is not None and item.id in self.known_ids:
            self._repeat(row, item, self.known_ids[item.id], digest)
            return
        refusal = self._place(item)
        if refusal is not None:
            self._refuse(row, item, refusal)
            return
        key = (item.season_code, item.area_code, item.crop_code)
        village = self.standing.setdefault(key, rules.Village())
        weeks = village.by_method.setdefault(item.method, {})
        content = rules.Content(item.answer, item.cumulative_mu, item.basis, item.note)
        verdict = rules.judge(content, item.as_of, item.reason, weeks)
        if isinstance(verdict, rules.Refusal):
            self._refuse(row, item, verdict)
        elif isinstance(verdict, rules.Acceptable):
            self._accept(row, item, verdict, digest)
        else:
            self.filed[row] = Filed({"id": weeks[item.as_of].id}, is_new=False)

    def _repeat(self, row: int, item: ReportCreate, known: Any, digest: str) -> None:
        if known.content_digest == digest and known.area_code in self.areas:
            self.filed[row] = Filed(dict(known._mapping), is_new=False)
        else:
            self._refuse(row, item, rules.Refusal("id", "这个编号已用于别的内容,请换一个", TAKEN))

    def _refuse(self, row: int, item: ReportCreate, refusal: rules.Refusal) -> None:
        value = getattr(item, refusal.field, None)
        shown = "" if value is None else str(value)[:100]
        self.problems.append(Problem(row, refusal.field, shown, refusal.reason, refusal.code))

    def _place(self, item: ReportCreate) -> rules.Refusal | None:
        """Refuse a figure that has no place in the book."""
        area: Area | None = self.areas.get(item.area_code)
        if area is None or len(item.area_code) not in REPORTABLE_DIGITS:
            return rules.Refusal("area_code", f"没有可填报的村或镇 {item.area_code}", MISSING)
        if item.season_code not in self.seasons:
            return rules.Refusal("season_code", f"没有播种季 {item.season_code}", MISSING)
        crop = self.crops.get(item.crop_code)
        if crop is None:
            return rules.Refusal("crop_code", f"没有作物 {item.crop_code}", MISSING)
        methods = rules.methods_of(crop.group_name)
        if item.method not in methods:
            allowed = "、".join(f"{each.value} {rules.METHOD_TEXT[each]}" for each in methods)
            return rules.Refusal(
                "method", f"{crop.name}只能填:{allowed}" if allowed else f"{crop.name}不计播种面积"
            )
        if not area.starts_on <= item.as_of < (area.ends_on or date.max):
            return rules.Refusal("area_code", f"{area.name} 在 {item.as_of} 不存在(已撤并或未设立)")
        return self._week(item)

    def _week(self, item: ReportCreate) -> rules.Refusal | None:
        task = self.tasks.get((item.season_code, item.area_code[:9], item.as_of))
        if task is None:
            season = self.seasons[item.season_code]
            weekday = "一二三四五六日"[season.week_ends_on - 1]
            span = f"{season.starts_on} 至 {season.ends_on} 间的周{weekday}"
            return rules.Refusal("as_of", f"须是 {season.title} 的报告日:{span}")
        why = reporting.why_closed(task, item.area_code, self.exceptions, self.now)
        if why is not None:
            return rules.Refusal("as_of", why, CLOSED)
        self.touched[task.id] = task
        return None

    def _accept(self, row: int, item: ReportCreate, verdict: rules.Acceptable, digest: str) -> None:
        key = (item.season_code, item.area_code, item.crop_code)
        village = self.standing[key]
        task = self.tasks[item.season_code, item.area_code[:9], item.as_of]
        report_id = item.id or uuid4()
        content = rules.Content(item.answer, item.cumulative_mu, item.basis, item.note)
        village.by_method[item.method][item.as_of] = rules.Figure(
            report_id, item.as_of, content, item.reason, self.at, was_submitted=False
        )
        beyond = rules.over_plan(village.sown_mu(item.as_of), self.plans.get(key), self.limits)
        viewer: Viewer | None = self.session.info.get("viewer")
        values = {
            **item.model_dump(exclude={"id"}),
            "id": report_id,
            "field_equivalent_mu": self._field_equivalent(item),
            "old_mu": verdict.old_mu,
            "supersedes_id": verdict.supersedes.id if verdict.supersedes else None,
            "task_id": task.id,
            "doubt_mark": rules.OVER_PLAN if beyond and beyond.is_doubtful else None,
            "recorded_at": self.at,
            "recorded_by": viewer.account_id if viewer else self.session.info["actor_id"],
            "content_digest": digest,
        }
        self.rows.append(values)
        warning = f"{self.areas[item.area_code].name}{beyond.text}" if beyond else None
        self.filed[row] = Filed(values, is_new=True, warning=warning)

    def _field_equivalent(self, item: ReportCreate) -> Decimal | None:
        if item.method is not Method.NURSERY or item.answer is Answer.NOT_GROWN:
            return None
        factor = next(
            (
                each.factor
                for each in reversed(self.factors)
                if each.crop_code == item.crop_code and each.starts_on <= item.as_of
            ),
            None,
        )
        assert item.cumulative_mu is not None
        return round(item.cumulative_mu * factor, 2) if factor is not None else None

    def write(self) -> list[Filed]:
        """Write all rows, their audit entries, and the steps of their weeks."""
        if self.rows:
            # The order of the rows: a row that supersedes another of this batch comes after it.
            for start in range(0, len(self.rows), BULK):
                self.session.execute(insert(SowingReport), self.rows[start : start + BULK])
            reporting_actions.note_filing(self.session, self.touched.values())
            for values in self.rows:
                _audit_filing(self.session, values)
        self._read_unchanged()
        return [self.filed[row] for row in range(len(self.items))]

    def _read_unchanged(self) -> None:
        lacking = [each for each in self.filed.values() if len(each.report) == 1]
        new = {values["id"]: values for values in self.rows}
        ids = [each.report["id"] for each in lacking if each.report["id"] not in new]
        table = SowingReport.__table__
        known = dict(new)
        for start in range(0, len(ids), BULK):
            rows = self.session.execute(
                select(table).where(table.c.id.in_(ids[start : start + BULK]))
            )
            known |= {row.id: dict(row._mapping) for row in rows}
        for each in lacking:
            each.report = known[each.report["id"]]


_STANDING = (
    "id",
    "season_code",
    "area_code",
    "crop_code",
    "method",
    "as_of",
    "answer",
    "cumulative_mu",
    "basis",
    "note",
    "reason",
    "recorded_at",
    "task_id",
)


def _audit_filing(session: Session, values: dict[str, Any]) -> None:
    audit.record(
        session,
        "report.correct" if values["supersedes_id"] else "report.file",
        str(values["id"]),
        area_code=values["area_code"],
        crop=values["crop_code"],
        method=values["method"].value,
        as_of=values["as_of"],
        mu=values["cumulative_mu"],
        reason=values["reason"],
        old_mu=values["old_mu"],
    )
