"""Filing figures and plans into the sowing book."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit
from service.areas import queries as areas
from service.errors import Conflict, IdTaken, Invalid, NotFound, ServiceError
from service.records import content_digest
from service.reporting import actions as reporting_actions
from service.reporting import queries as reporting
from service.security import Viewer
from service.sowing import plan_rollups, queries, rollups, rules
from service.sowing.book import BULK, DATASET
from service.sowing.filing import (
    CLOSED,
    MISSING,
    TAKEN,
    Filed,
    Filing,
    Problem,
)
from service.sowing.models import SowingPlan
from service.sowing.schemas import BatchFiled, PlanCreate, ReportCreate
from service.tables import MAX_SHOWN, RowsRefused

reporting_actions.AFTER_ACCEPT[DATASET] = rollups.refresh


class WeekClosed(Conflict):
    """The week takes no rows now."""

    title = "Week closed"


REFUSAL_OF_CODE: dict[str, type[ServiceError]] = {
    CLOSED: WeekClosed,
    TAKEN: IdTaken,
    MISSING: NotFound,
}


def file_report(session: Session, report_in: ReportCreate) -> Filed:
    """File one figure."""
    filing = Filing(session, [report_in])
    if filing.problems:
        raise _as_refusal(filing.problems[0])
    return filing.write()[0]


def _as_refusal(problem: Problem) -> ServiceError:
    kind = REFUSAL_OF_CODE.get(problem.code, Invalid)
    errors = [{"field": f"body.{problem.field}", "code": problem.code, "allowed": problem.reason}]
    return kind(problem.reason, field=problem.field, errors=errors)


def file_batch(session: Session, items: Sequence[ReportCreate]) -> list[Filed]:
    """File many figures: all of them, or none and a report by row."""
    filing = Filing(session, items)
    if filing.problems:
        shown = [vars(problem) for problem in filing.problems[:MAX_SHOWN]]
        raise RowsRefused(
            f"有 {len(filing.problems)} 行不能保存,全部未保存;请按各行原因改正后重试", rows=shown
        )
    return filing.write()


def file_plan(session: Session, plan_in: PlanCreate) -> tuple[SowingPlan, bool]:
    """File a new version of one plan; tell whether it is new."""
    return file_plans(session, [plan_in])[0]


def file_plans(session: Session, items: Sequence[PlanCreate]) -> list[tuple[SowingPlan, bool]]:
    """File new versions of plans: all of them, or none; tell of each whether it is new."""
    _refuse_unknown(session, items)
    at = audit.instant(session)
    taken = _taken_ids(session, items)
    newest = _newest_versions(session, items)
    filed = [_file_plan(session, each, at, taken, newest) for each in items]
    for season_code in {each.season_code for each in items}:
        new = [plan for plan, is_new in filed if is_new and plan.season_code == season_code]
        if new:
            plan_rollups.refresh(session, season_code, new)
    return filed


def _refuse_unknown(session: Session, items: Sequence[PlanCreate]) -> None:
    known = areas.villages_by_code(session, [each.area_code for each in items])
    for season_code in {each.season_code for each in items}:
        reporting.season(session, season_code)
    crops = {each.code: each for each in queries.crop_rows(session)}
    for item in items:
        if item.area_code not in known:
            raise NotFound(f"没有区划 {item.area_code}", field="area_code")
        crop = crops.get(item.crop_code)
        if crop is None or not rules.methods_of(crop.group_name):
            raise NotFound(f"没有可计播种面积的作物 {item.crop_code}", field="crop_code")


def _taken_ids(session: Session, items: Sequence[PlanCreate]) -> dict[UUID, SowingPlan | None]:
    """Return the ids that stand already; None for a row outside the viewer's area."""
    ids = [each.id for each in items if each.id is not None]
    if not ids:
        return {}
    table = SowingPlan.__table__
    # By table: an id taken elsewhere is taken, though its row stays out of sight.
    taken = session.scalars(select(table.c.id).where(table.c.id.in_(ids)))
    seen = {
        each.id: each for each in session.scalars(select(SowingPlan).where(SowingPlan.id.in_(ids)))
    }
    return {each: seen.get(each) for each in taken}


PlanKey = tuple[str, str, str]


def _key(plan: PlanCreate | SowingPlan) -> PlanKey:
    return plan.season_code, plan.area_code, plan.crop_code


def _newest_versions(session: Session, items: Sequence[PlanCreate]) -> dict[PlanKey, SowingPlan]:
    found: dict[PlanKey, SowingPlan] = {}
    codes = sorted({each.area_code for each in items})
    for start in range(0, len(codes), BULK):
        rows = session.scalars(
            select(SowingPlan)
            .where(
                SowingPlan.season_code.in_({each.season_code for each in items}),
                SowingPlan.area_code.in_(codes[start : start + BULK]),
            )
            .order_by(SowingPlan.version)
        )
        found |= {_key(each): each for each in rows}
    return found


def _file_plan(
    session: Session,
    item: PlanCreate,
    at: datetime,
    taken: dict[UUID, SowingPlan | None],
    newest: dict[PlanKey, SowingPlan],
) -> tuple[SowingPlan, bool]:
    digest = content_digest(item.model_dump(exclude={"id"}))
    if item.id is not None and item.id in taken:
        known = taken[item.id]
        if known is None or known.content_digest != digest:
            raise IdTaken("这个编号已用于别的内容,请换一个")
        return known, False
    last = newest.get(_key(item))
    if last is not None and item.id is None and last.content_digest == digest:
        return last, False
    if last is not None and not item.reason:
        raise Invalid("调整已下达的计划须写明原因", field="reason")
    viewer: Viewer = session.info["viewer"]
    plan = SowingPlan(
        **item.model_dump(exclude={"id"}),
        id=item.id or uuid4(),
        version=last.version + 1 if last else 1,
        recorded_at=at,
        recorded_by=viewer.account_id,
        content_digest=digest,
    )
    session.add(plan)
    newest[_key(item)] = plan
    audit.record(
        session,
        "plan.file",
        str(plan.id),
        area_code=plan.area_code,
        crop=plan.crop_code,
        mu=plan.plan_mu,
        version=plan.version,
    )
    return plan, True


def summary(items: Sequence[ReportCreate], filed: Sequence[Filed]) -> BatchFiled:
    """Count what became of a batch."""
    return BatchFiled(
        n_read=len(items),
        n_filed=sum(each.is_new for each in filed),
        n_unchanged=sum(not each.is_new for each in filed),
        warnings=[
            {"row": row, "area_code": items[row].area_code, "warning": each.warning}
            for row, each in enumerate(filed)
            if each.warning
        ],
    )
