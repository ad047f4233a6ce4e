"""Moving cases: every step through one table, with its guards; and what each step brings."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import cases
from inspections.case_clocks import Pause, refuse_pauses
from inspections.case_held import Given
from inspections.case_words import Duty, Event, State
from inspections.cases import OPEN, Actor, GateClosed
from service import audit, records
from service.cases import leads, queries, stages, standing
from service.cases.lead_schemas import LeadCreate, SignalSeen
from service.cases.leads import open_lead, signal_matched
from service.cases.models import Case, CaseEvent, CaseEvidence, CasePause
from service.cases.schemas import TransitionCreate
from service.errors import Conflict, IdTaken, Invalid
from service.schemas import civil_day
from service.security import Viewer, whole_system

__all__ = ["LeadCreate", "SignalSeen", "move", "open_lead", "signal_matched"]

TOLD = (
    "reason",
    "document_no",
    "organ",
    "receipt_no",
    "receipt_due_on",
    "target_id",
)


TWO_COME = frozenset({Event.REPORT, Event.VERIFY})
"""What counts as an inspection only where two officers were there. Source: 行政处罚法 42."""


def move(session: Session, case_id: UUID, given: TransitionCreate) -> tuple[Case, bool]:
    """Take a step of a case; tell whether it is new. Who comes second is told so."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    digest = records.content_digest(
        given.model_dump(exclude={"id", "expected_n"}) | {"case_id": case.id}
    )
    if given.id is not None and _is_known(session, given.id, digest):
        return case, False
    if given.expected_n is not None and given.expected_n != case.n:
        raise Conflict("案件刚被别人办过一步,请刷新后再办", code="moved", n=case.n)
    target = _target(session, case, given)
    to, assignee_id = _next(session, case, given)
    if given.event is Event.REOPEN:
        _refuse_twin(session, case)
        case.round += 1
    viewer: Viewer = session.info["viewer"]
    told = {name: getattr(given, name) for name in TOLD} | {
        "assignee_id": assignee_id,
        "actor_id": viewer.account_id,
        "duty": Duty(viewer.role.value),
        "actor_area": viewer.area_code,
        "evidence_ids": leads.told_json(_cited(session, case, given.evidence_ids or [])),
        "content_digest": digest,
    }
    if given.id is not None:
        told["id"] = given.id
    step = leads.write_step(session, case, given.event, to, told)
    session.flush()
    _follow_up(session, case, step, target)
    standing.refresh(session, case)
    stages.tell_signals(session, case)
    return case, True


def _is_known(session: Session, row: UUID, digest: str) -> bool:
    """Tell whether a step under a client's id is there; refuse an id of other content."""
    with whole_system(session):
        found = session.get(CaseEvent, row)
    if found is None:
        return False
    if found.content_digest != digest or found.actor_id != records.author(session):
        raise IdTaken("这个编号已用于别的内容,请换一个")
    return True


def _next(session: Session, case: Case, given: TransitionCreate) -> tuple[State, UUID | None]:
    """Return where a step leads, and whom it names; refuse it where it cannot be."""
    viewer: Viewer = session.info["viewer"]
    actor = Actor(Duty(viewer.role.value), viewer.account_id)
    cases.edge(case.state, given.event, actor.duty)  # before anything that is named is looked up
    assignee_id = _assignee(session, case, given) if given.assignee else None
    if given.event is Event.HAND_OVER and given.receipt_due_on is not None:
        _refuse_past(session, given.receipt_due_on)
    brought = Given(
        reason=given.reason or "",
        has_assignee=assignee_id is not None,
        has_target=given.target_id is not None,
        document_no=given.document_no or "",
        organ=given.organ or "",
        has_receipt_due=given.receipt_due_on is not None,
        receipt_no=given.receipt_no or "",
    )
    try:
        to = cases.next_state(standing.held(session, case), given.event, actor, brought)
    except GateClosed as closed:
        told = [{"gate": each.gate.value, "text": each.text} for each in closed.lacks]
        raise Conflict(str(closed), code="gate_closed", missing=told) from closed
    return to, assignee_id


def _assignee(session: Session, case: Case, given: TransitionCreate) -> UUID:
    is_along = given.event in TWO_COME
    of_place = queries.companions if is_along else queries.assignees
    fit = {each.username: each.id for each in of_place(session, case)}
    if given.assignee not in fit:
        who = "同行的另一位执法员或区业务人员" if is_along else "一位在岗执法员"
        raise Invalid(f"须指定管辖本案所在地的{who}", field="assignee")
    return fit[given.assignee]


def _refuse_past(session: Session, day: date) -> None:
    if day < records.today(session):
        raise Invalid("回执期限不能早于今天", field="receipt_due_on")


def _cited(session: Session, case: Case, ids: list[UUID]) -> list[UUID]:
    """Return the evidence that a step names; refuse what is not this case's."""
    wanted = dict.fromkeys(ids)
    own = select(CaseEvidence.id).where(CaseEvidence.case_id == case.id)
    if wanted.keys() - set(session.scalars(own)):
        raise Invalid("列出的证据不是本案的", field="evidence_ids")
    return list(wanted)


def _target(session: Session, case: Case, given: TransitionCreate) -> Case | None:
    """Return the case to merge into; refuse one that cannot take it."""
    if given.event is not Event.MERGE or given.target_id is None:
        return None
    found = queries.case(session, given.target_id)
    if found.id == case.id or found.state not in OPEN:
        raise Conflict("须并入另一个在办的案件", field="target_id")
    return found


def _refuse_twin(session: Session, case: Case) -> None:
    """Refuse to open a case again beside another one of the same matter."""
    with whole_system(session):
        twin = session.scalars(
            select(Case.id).where(
                Case.parcel_uid == case.parcel_uid,
                Case.rule_id == case.rule_id,
                Case.state.in_(sorted(OPEN)),
            )
        ).first()
    if twin is not None:
        raise Conflict("同一图斑同一规则已有在办的案件,请在那一件上办理", case_id=str(twin))


def _follow_up(session: Session, case: Case, step: CaseEvent, target: Case | None) -> None:
    """Do what a step brings along."""
    if step.event is Event.ASSIGN:
        case.assigned_to = step.assignee_id
    elif step.event is Event.RECEIPT:
        _begin_pause(session, case, step)
    elif step.event in {Event.TAKE_BACK, Event.CONCLUDE}:
        _end_pause(session, case, step)
    elif target is not None:
        _merge(session, case, target)
    if step.event is Event.RELOOK:
        case.relook_on = None
    elif step.event is Event.REOPEN:
        leads.forget_end(case)
    elif case.state not in OPEN:
        _end(session, case, civil_day(step.at))


def _end(session: Session, case: Case, day: date) -> None:
    """Note the end; of a closed case, also when somebody is to look again."""
    case.ended_on = day
    if case.state is State.CLOSED:
        case.relook_on = day + timedelta(days=standing.limits(session).relook_days)


def _begin_pause(session: Session, case: Case, step: CaseEvent) -> None:
    """Let the clock stand: a receipt came, and another person than who handed over says so."""
    assert step.actor_id is not None
    day, reason = civil_day(step.at), step.reason or ""
    known = standing.as_pauses(standing.pauses(session, case.id))
    new = Pause(day, None, reason, str(step.actor_id))
    refuse_pauses([*known, new], civil_day(case.opened_at), None)
    session.add(_pause(case, step.id, day, reason, step.actor_id, step, is_end=False))


def _end_pause(session: Session, case: Case, step: CaseEvent) -> None:
    running = [row for row, end in standing.pauses(session, case.id) if end is None]
    for row in running:
        session.add(
            _pause(
                case,
                row.event_id,
                civil_day(step.at),
                row.reason,
                row.approved_by,
                step,
                is_end=True,
            )
        )


def _pause(
    case: Case,
    event_id: UUID,
    day: date,
    reason: str,
    approved_by: UUID,
    step: CaseEvent,
    *,
    is_end: bool,
) -> CasePause:
    values: dict[str, Any] = {
        "case_id": case.id,
        "area_code": case.area_code,
        "event_id": event_id,
        "is_end": is_end,
        "day": day,
        "reason": reason,
        "approved_by": approved_by,
        "recorded_at": step.at,
    }
    return CasePause(**values)


def _merge(session: Session, case: Case, target: Case) -> None:
    """Let the other case take over the land and the signals, and with them the earlier 发现."""
    case.merged_into_id = target.id
    for each in standing.parcels_of(session, case.id):
        leads.add_parcel(
            session, target, each.parcel_uid, came_from=each.came_from_uid, share=each.share
        )
    leads.copy_signals(session, target, standing.signals(session, case.id))
    standing.refresh(session, target)
    stages.tell_signals(session, target)
    audit.record(
        session, "case.take_over", str(target.id), area_code=target.area_code, merged=case.id
    )
