"""Filing figures and plans into the sowing book."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit
from service.areas import queries as areas
from service.errors import Conflict, IdTaken, Invalid, NotFound, ServiceError
from service.reporting import actions as reporting_actions
from service.reporting import queries as reporting
from service.security import Viewer
from service.sowing import rollups, rules
from service.sowing.filing import (
    CLOSED,
    DATASET,
    MISSING,
    TAKEN,
    Filed,
    Filing,
    Problem,
    content_digest,
)
from service.sowing.models import Crop, SowingPlan
from service.sowing.schemas import BatchFiled, PlanCreate, ReportCreate

MAX_SHOWN = 500
"""Refused rows that an answer lists."""
reporting_actions.AFTER_ACCEPT[DATASET] = rollups.refresh


class RowsRefused(Invalid):
    """Some rows cannot be filed; nothing was."""

    title = "Rows refused"


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
    """File a new version of a plan; tell whether it is new."""
    digest = content_digest(plan_in.model_dump(exclude={"id"}))
    _refuse_unknown(session, plan_in)
    audit.instant(session)
    known = session.get(SowingPlan, plan_in.id) if plan_in.id else None
    table = SowingPlan.__table__
    taken = select(table.c.id).where(table.c.id == plan_in.id)
    if known is None and plan_in.id and session.execute(taken).first():
        raise IdTaken("这个编号已用于别的内容,请换一个")
    if known is not None:
        if known.content_digest != digest:
            raise IdTaken("这个编号已用于别的内容,请换一个")
        return known, False
    last = session.scalars(
        select(SowingPlan)
        .where(
            SowingPlan.season_code == plan_in.season_code,
            SowingPlan.area_code == plan_in.area_code,
            SowingPlan.crop_code == plan_in.crop_code,
        )
        .order_by(SowingPlan.version.desc())
        .limit(1)
    ).first()
    if last is not None and plan_in.id is None and last.content_digest == digest:
        return last, False
    if last is not None and not plan_in.reason:
        raise Invalid("调整已下达的计划须写明原因", field="reason")
    viewer: Viewer | None = session.info.get("viewer")
    plan = SowingPlan(
        **plan_in.model_dump(exclude={"id"}),
        id=plan_in.id or uuid4(),
        version=last.version + 1 if last else 1,
        recorded_at=audit.instant(session),
        recorded_by=viewer.account_id if viewer else session.info["actor_id"],
        content_digest=digest,
    )
    session.add(plan)
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


def _refuse_unknown(session: Session, plan_in: PlanCreate) -> None:
    areas.area(session, plan_in.area_code)
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is not None and not viewer.covers(plan_in.area_code):
        raise NotFound(f"没有区划 {plan_in.area_code}", area_code=plan_in.area_code)
    reporting.season(session, plan_in.season_code)
    crop = session.get(Crop, plan_in.crop_code)
    if crop is None or not rules.methods_of(crop.group_name):
        raise NotFound(f"没有可计播种面积的作物 {plan_in.crop_code}", field="crop_code")


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
