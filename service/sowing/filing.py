"""One filing: figures judged against what stands, then written; or refused, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service import audit
from service.database import thresholds_of
from service.records import content_digest
from service.reporting import actions as reporting_actions
from service.reporting import queries as reporting
from service.security import Viewer
from service.sowing import book as books
from service.sowing import rules
from service.sowing.book import BULK
from service.sowing.models import Answer, Method, SowingReport
from service.sowing.schemas import ReportCreate

REPORTABLE_DIGITS = (9, 12)
NEW_REPORT = insert(SowingReport)
CLOSED, MISSING, TAKEN = "closed", "missing", "taken"


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


class Filing:
    """Figures and the verdict on each; `write` files those that may be filed."""

    def __init__(self, session: Session, items: Sequence[ReportCreate]) -> None:
        """Read what stands, and judge every figure in order of its week."""
        self.session, self.items = session, items
        self.problems: list[Problem] = []
        self.filed: dict[int, Filed] = {}
        self.rows: list[dict[str, Any]] = []
        self.new_ids: set[UUID] = set()
        self.touched: dict[UUID, Any] = {}
        self.book = books.read(session, items)
        self.limits = thresholds_of(session).sowing
        for row in sorted(range(len(items)), key=lambda n: (items[n].as_of, n)):
            self._judge(row, items[row])
        self.problems.sort(key=lambda each: each.row)

    def _judge(self, row: int, item: ReportCreate) -> None:
        """Judge one figure; note the problem or the row to write."""
        digest = content_digest(item.model_dump(exclude={"id"}))
        if item.id is not None and item.id in self.book.known_ids:
            self._repeat(row, item, self.book.known_ids[item.id], digest)
            return
        refusal = self._place(item)
        if refusal is not None:
            self._refuse(row, item, refusal)
            return
        key = (item.season_code, item.area_code, item.crop_code)
        village = self.book.standing.setdefault(key, rules.Village())
        weeks = village.by_method.setdefault(item.method, {})
        content = rules.Content(item.answer, item.cumulative_mu, item.basis, item.note)
        refusal = self._said_twice(item, content, weeks.get(item.as_of))
        if refusal is not None:
            self._refuse(row, item, refusal)
            return
        verdict = rules.judge(content, item.as_of, item.reason, weeks)
        if isinstance(verdict, rules.Refusal):
            self._refuse(row, item, verdict)
        elif isinstance(verdict, rules.Acceptable):
            self._accept(row, item, verdict, digest)
        elif item.id is not None:
            # A client's own id must answer alike for ever, so it gets a version of its own,
            # with the reason of the one that says the same.
            same = weeks[item.as_of]
            again = item.model_copy(update={"reason": item.reason or same.reason})
            self._accept(row, again, rules.Acceptable(same, same.old_mu), digest)
        else:
            self.filed[row] = Filed({"id": weeks[item.as_of].id}, is_new=False)

    def _said_twice(
        self, item: ReportCreate, content: rules.Content, current: rules.Figure | None
    ) -> rules.Refusal | None:
        """Refuse what this very batch says otherwise: of two at one instant, neither is newer."""
        if current is not None and current.recorded_at == self.book.at:
            if current.content != content:
                return rules.Refusal("cumulative_mu", "同一批里这一格填了两个不同的数,请只留一个")
        elif item.id in self.new_ids:
            return rules.Refusal("id", "同一批里这个编号用了两次,请换一个", TAKEN)
        return None

    def _repeat(self, row: int, item: ReportCreate, known: Any, digest: str) -> None:
        if known.content_digest == digest and known.area_code in self.book.areas:
            self.filed[row] = Filed(dict(known._mapping), is_new=False)
        else:
            self._refuse(row, item, rules.Refusal("id", "这个编号已用于别的内容,请换一个", TAKEN))

    def _refuse(self, row: int, item: ReportCreate, refusal: rules.Refusal) -> None:
        value = getattr(item, refusal.field, None)
        shown = "" if value is None else str(value)[:100]
        self.problems.append(Problem(row, refusal.field, shown, refusal.reason, refusal.code))

    def _place(self, item: ReportCreate) -> rules.Refusal | None:
        """Refuse a figure that has no place in the book."""
        area = self.book.areas.get(item.area_code)
        if area is None or len(item.area_code) not in REPORTABLE_DIGITS:
            return rules.Refusal("area_code", f"没有可填报的村或镇 {item.area_code}", MISSING)
        if item.season_code not in self.book.seasons:
            return rules.Refusal("season_code", f"没有播种季 {item.season_code}", MISSING)
        crop = self.book.crops.get(item.crop_code)
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
        task = self.book.weeks.get((item.season_code, item.area_code[:9], item.as_of))
        if task is None:
            season = self.book.seasons[item.season_code]
            weekday = "一二三四五六日"[season.week_ends_on - 1]
            span = f"{season.starts_on} 至 {season.ends_on} 间的周{weekday}"
            return rules.Refusal("as_of", f"须是 {season.title} 的报告日:{span}")
        why = reporting.why_closed(task, item.area_code, self.book.exceptions, self.book.now)
        if why is not None:
            return rules.Refusal("as_of", why, CLOSED)
        self.touched[task.id] = task
        return None

    def _accept(self, row: int, item: ReportCreate, verdict: rules.Acceptable, digest: str) -> None:
        key = (item.season_code, item.area_code, item.crop_code)
        village = self.book.standing[key]
        task = self.book.weeks[item.season_code, item.area_code[:9], item.as_of]
        report_id = item.id or uuid4()
        content = rules.Content(item.answer, item.cumulative_mu, item.basis, item.note)
        village.by_method[item.method][item.as_of] = rules.Figure(
            report_id,
            item.as_of,
            content,
            item.reason,
            self.book.at,
            was_submitted=False,
            old_mu=verdict.old_mu,
        )
        plan = self.book.plans.get(key) if item.method in rules.COUNTED else None
        beyond = rules.over_plan(village.sown_mu(item.as_of), plan, self.limits)
        viewer: Viewer | None = self.session.info.get("viewer")
        values = {
            **item.model_dump(exclude={"id"}),
            "id": report_id,
            "field_equivalent_mu": self._field_equivalent(item),
            "old_mu": verdict.old_mu,
            "supersedes_id": verdict.supersedes.id if verdict.supersedes else None,
            "task_id": task.id,
            "doubt_mark": rules.OVER_PLAN if beyond and beyond.is_doubtful else None,
            "recorded_at": self.book.at,
            "recorded_by": viewer.account_id if viewer else self.session.info["actor_id"],
            "content_digest": digest,
        }
        self.rows.append(values)
        self.new_ids.add(report_id)
        warning = f"{self.book.areas[item.area_code].name}{beyond.text}" if beyond else None
        self.filed[row] = Filed(values, is_new=True, warning=warning)

    def _field_equivalent(self, item: ReportCreate) -> Decimal | None:
        if item.method is not Method.NURSERY or item.answer is Answer.NOT_GROWN:
            return None
        factor = next(
            (
                each.factor
                for each in reversed(self.book.factors)
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
                rows = self.rows[start : start + BULK]
                self.session.connection().execute(NEW_REPORT, rows)
            reporting_actions.note_filing(self.session, list(self.touched.values()))
            for values in self.rows:
                _audit_filing(self.session, values)
        self._read_unchanged()
        return [self.filed[row] for row in range(len(self.items))]

    def _read_unchanged(self) -> None:
        lacking = [each for each in self.filed.values() if len(each.report) == 1]
        new = {values["id"]: values for values in self.rows}
        ids = [each.report["id"] for each in lacking if each.report["id"] not in new]
        known = new | {
            each: dict(row._mapping) for each, row in books.rows_by_id(self.session, ids).items()
        }
        for each in lacking:
            each.report = known[each.report["id"]]


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
