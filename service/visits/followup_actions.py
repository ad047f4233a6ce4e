"""Writing what follows on a visit: samples and findings."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.visits import (
    NOT_INSPECTED,
    FindingStep,
    Outcome,
    SampleStep,
    StepOutOfOrder,
    refuse_finding_step,
    refuse_sample_step,
)
from service import audit, records
from service.errors import Conflict, Invalid, NotFound
from service.records import standing
from service.visits import queries
from service.visits.followup_schemas import (
    FindingCreate,
    FindingEventCreate,
    SampleCreate,
    SampleEventCreate,
)
from service.visits.history import failed_visits
from service.visits.models import (
    Finding,
    FindingEvent,
    Sample,
    SampleEvent,
    ViolationType,
    Visit,
    VisitKind,
)

RECHECKS = frozenset({FindingStep.RECHECK_PASSED, FindingStep.RECHECK_FAILED})


def file_sample(session: Session, given: SampleCreate) -> tuple[Sample, bool]:
    """Enter a sealed sample; tell whether it is new."""
    audit.instant(session)  # a seal number is looked for and taken in one turn
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Sample, given.id, digest)
    if known is not None:
        return known, False
    visit = queries.standing_visit(session, given.visit_id)
    records.refuse_future(session, given.sealed_on, "sealed_on")
    if visit.outcome in NOT_INSPECTED:
        raise Invalid("闭店或拒绝检查时不能抽样;请先更正检查结果", field="visit_id")
    if given.sealed_on < visit.visited_on:
        raise Invalid(f"封样不能早于检查的 {visit.visited_on}", field="sealed_on")
    taken = select(Sample.__table__.c.id).where(Sample.__table__.c.seal_no == given.seal_no)
    if session.scalar(taken) is not None:
        raise Conflict("这个封签号已用过;请核对封签", field="seal_no")
    values = given.model_dump(exclude={"id", "sealed_on"})
    values |= {"visit_id": visit.root_id, "area_code": visit.area_code}
    made = records.write(session, Sample, values, row=given.id, digest=digest, action="sample.seal")
    session.flush()
    sealed = {"sample_id": made.id, "area_code": made.area_code, "step": SampleStep.SEALED}
    _write_sample_step(session, sealed | {"occurred_on": given.sealed_on}, None, digest)
    return made, True


def _write_sample_step(
    session: Session, values: dict[str, Any], row: UUID | None, digest: str
) -> SampleEvent:
    action = f"sample.{values['step']}"
    made = records.write(session, SampleEvent, values, row=row, digest=digest, action=action)
    session.flush()
    return made


def sample(session: Session, sample_id: UUID) -> Sample:
    """Return one sample, or say that there is none."""
    found = session.scalars(select(Sample).where(Sample.id == sample_id)).first()
    if found is None:
        raise NotFound("没有这个样品;请核对编号", field="sample_id")
    return found


def _steps(session: Session, sample_id: UUID) -> list[SampleEvent]:
    wanted = standing(SampleEvent).where(SampleEvent.sample_id == sample_id)
    found = {each.step: each for each in session.scalars(wanted)}
    return [found[step] for step in SampleStep if step in found]


def step_sample(
    session: Session, sample_id: UUID, given: SampleEventCreate
) -> tuple[SampleEvent, bool]:
    """Enter the next step of a sample, or correct one; tell whether it is new."""
    audit.instant(session)
    found = sample(session, sample_id)
    told = given.model_dump(exclude={"id"}) | {"sample_id": sample_id}
    digest = records.content_digest(told)
    known = records.known(session, SampleEvent, given.id, digest)
    if known is not None:
        return known, False
    records.refuse_future(session, given.occurred_on, "occurred_on")
    steps = _steps(session, sample_id)
    if not steps:
        raise Conflict("这个样品已撤销")
    if given.supersedes_id is not None:
        _refuse_step_correction(session, steps, given)
    else:
        refuse_sample_step((steps[-1].step, steps[-1].occurred_on), given.step, given.occurred_on)
    values = told | {"area_code": found.area_code}
    return _write_sample_step(session, values, given.id, digest), True


def _refuse_step_correction(
    session: Session, steps: list[SampleEvent], given: SampleEventCreate
) -> None:
    """Refuse a correction that would put the steps out of order."""
    assert given.supersedes_id is not None
    old = records.superseded(session, SampleEvent, given.supersedes_id, given.reason)
    if old.step is not given.step or old.id not in {each.id for each in steps}:
        raise Invalid("更正须是同一样品的同一步", field="supersedes_id")
    at = [each.id for each in steps].index(old.id)
    before, after = steps[:at][-1:], steps[at + 1 :][:1]
    if any(each.occurred_on > given.occurred_on for each in before) or any(
        each.occurred_on < given.occurred_on for each in after
    ):
        raise StepOutOfOrder("更正后的日期须在前后两步之间")


def withdraw_sample(session: Session, sample_id: UUID, reason: str) -> Sample:
    """Say that a sample was entered in error: its seal does not hold, and so nothing of it."""
    audit.instant(session)
    found = sample(session, sample_id)
    for each in _steps(session, sample_id):
        records.withdraw(session, SampleEvent, each.id, reason, action="sample.withdraw")
    session.flush()
    return found


def file_finding(session: Session, given: FindingCreate) -> tuple[Finding, bool]:
    """Enter a violation that a visit found, or its correction; tell whether it is new."""
    audit.instant(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Finding, given.id, digest)
    if known is not None:
        return known, False
    visit = queries.standing_visit(session, given.visit_id)
    if session.get(ViolationType, given.violation_code) is None:
        raise Invalid(f"没有违法类型 {given.violation_code}", field="violation_code")
    is_clean = visit.outcome in {Outcome.NO_VIOLATION, Outcome.CLOSED_SHOP}
    if is_clean and visit.root_id not in failed_visits(session):
        raise Invalid(
            "这次检查的结果是未发现违法行为或闭店;请先更正检查结果,再登记问题", field="visit_id"
        )
    old: Finding | None = None
    if given.supersedes_id is not None:
        old = records.superseded(session, Finding, given.supersedes_id, given.reason)
        if old.visit_id != visit.root_id:
            raise Invalid("更正的问题须属于同一次检查", field="supersedes_id")
    row = given.id or uuid4()
    values = given.model_dump(exclude={"id"})
    values |= {"visit_id": visit.root_id, "area_code": visit.area_code}
    values |= {"root_id": old.root_id if old is not None else row}
    made = records.write(session, Finding, values, row=row, digest=digest, action="finding.file")
    session.flush()
    return made, True


def standing_finding(session: Session, finding_id: UUID) -> Finding:
    """Return what holds of a finding that any of its rows names."""
    named = session.scalars(select(Finding).where(Finding.id == finding_id)).first()
    if named is None:
        raise NotFound("没有这个问题;请核对编号", field="finding_id")
    found = session.scalars(standing(Finding).where(Finding.root_id == named.root_id)).first()
    if found is None:
        raise Conflict("这个问题已撤销", field="finding_id")
    return found


def withdraw_finding(session: Session, finding_id: UUID, reason: str) -> Finding:
    """Say that a finding was entered in error."""
    return records.withdraw(session, Finding, finding_id, reason, action="finding.withdraw")


def step_finding(
    session: Session, finding_id: UUID, given: FindingEventCreate
) -> tuple[FindingEvent, bool]:
    """Enter a step of a finding; tell whether it is new."""
    audit.instant(session)
    finding = standing_finding(session, finding_id)
    told = given.model_dump(exclude={"id"}) | {"finding_id": finding.root_id}
    digest = records.content_digest(told)
    known = records.known(session, FindingEvent, given.id, digest)
    if known is not None:
        return known, False
    records.refuse_future(session, given.occurred_on, "occurred_on")
    visit = queries.standing_visit(session, finding.visit_id)
    if given.occurred_on < visit.visited_on:
        raise Invalid(f"不能早于发现问题的 {visit.visited_on}", field="occurred_on")
    last = queries.last_step(session, finding.root_id)
    before = (last.step, last.occurred_on) if last is not None else None
    refuse_finding_step(before, given.step, given.occurred_on)
    if given.step in RECHECKS:
        told["recheck_visit_id"] = _recheck(session, visit, given).root_id
    values = told | {"area_code": finding.area_code, "n": 1 + (last.n if last is not None else 0)}
    made = records.write(
        session, FindingEvent, values, row=given.id, digest=digest, action=f"finding.{given.step}"
    )
    session.flush()
    return made, True


def _recheck(session: Session, visit: Visit, given: FindingEventCreate) -> Visit:
    """Return the visit that looked again; refuse one that cannot have."""
    assert given.recheck_visit_id is not None
    again = queries.standing_visit(session, given.recheck_visit_id)
    is_same = (again.outlet_id, again.area_code, again.subject_name) == (
        (visit.outlet_id, visit.area_code, visit.subject_name)
        if visit.outlet_id is None
        else (visit.outlet_id, again.area_code, again.subject_name)
    )
    if not is_same or again.kind is not VisitKind.RECHECK or again.outcome in NOT_INSPECTED:
        raise Invalid(
            "复查须是同一对象的一次“复查”检查,且进了店;请先登记复查", field="recheck_visit_id"
        )
    if again.visited_at <= visit.visited_at or again.visited_on != given.occurred_on:
        raise Invalid(
            f"复查须在发现问题之后,日期填复查那天 {again.visited_on}", field="recheck_visit_id"
        )
    return again
