"""Terms of cases: beginning one, and every step of one, by the rules of `inspections`."""

from uuid import UUID

from sqlalchemy.orm import Session

from inspections import penalty_terms
from inspections.case_words import Duty, State
from inspections.cases import OPEN
from inspections.penalty_rules import Term, rule_on
from inspections.term_gates import take
from inspections.term_steps import Leave, Standing, TermEvent, TermStep, begun
from service import records
from service.cases import queries, terms
from service.cases.models import Case
from service.cases.term_models import CaseTerm, CaseTermStep
from service.cases.term_schemas import TermCreate, TermStepCreate
from service.errors import Conflict, Invalid
from service.security import Viewer
from service.workdays import work_calendar

TAKES_TERMS = (OPEN - {State.LEAD}) | {State.CLOSED}
"""A person has taken the case up; of a closed one a decision may still be served and paid."""


def begin(session: Session, case_id: UUID, given: TermCreate) -> tuple[CaseTerm, bool]:
    """Begin a term on a case; tell whether it is new."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}) | {"case_id": case.id})
    known = records.known(session, CaseTerm, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unfit(session, case, given)
    begun(given.term, given.started_on).due_on(work_calendar())  # refused where it is not known
    values = given.model_dump(exclude={"id"}) | {"case_id": case.id, "area_code": case.area_code}
    made = records.write(session, CaseTerm, values, row=given.id, digest=digest, action="case.term")
    terms.refresh(session, case)
    return made, True


def _refuse_unfit(session: Session, case: Case, given: TermCreate) -> None:
    """Refuse a term that lacks what makes it one, or that runs already."""
    if case.state not in TAKES_TERMS:
        raise Conflict("先受理案件,再登记法定期限;已排除、不予受理或合并的案件没有期限")
    if not rule_on(given.term, given.started_on).is_backward:
        records.refuse_future(session, given.started_on, "started_on")
    if (given.term is Term.PAYMENT) != (given.fine_yuan is not None):
        raise Invalid("缴纳罚款的期限须写罚款数额,别的期限没有", field="fine_yuan")
    if given.term is Term.DECISION and _is_decision_running(session, case):
        raise Conflict("本案作出处罚决定的期限已在计算,请在那一条上办理")


def _is_decision_running(session: Session, case: Case) -> bool:
    rows = [each for each in terms.terms(session, case.id) if each.term is Term.DECISION]
    taken = terms.steps(session, rows)
    return any(terms.standing(each, taken[each.id]).is_open for each in rows)


def step(
    session: Session, case_id: UUID, term_id: UUID, given: TermStepCreate
) -> tuple[CaseTerm, bool]:
    """Take a step of a term; tell whether it is new. Who comes second is told so."""
    records.take_turn(session)
    case = queries.case(session, case_id)
    row = terms.term(session, case.id, term_id)
    told = given.model_dump(exclude={"id", "expected_n"})
    # With its author: who repeats another's approval has approved nothing.
    digest = records.content_digest(told | {"term_id": row.id, "by": records.author(session)})
    if records.known(session, CaseTermStep, given.id, digest) is not None:
        return row, False
    taken = terms.steps(session, [row])[row.id]
    if given.expected_n is not None and given.expected_n != len(taken):
        raise Conflict("这个期限刚被别人办过一步,请刷新后再办", code="moved", n=len(taken))
    held = terms.standing(row, taken)
    if held.term is Term.DECISION and given.event is TermEvent.DONE and not given.document_no:
        raise Invalid("办结须写处罚决定书文号", field="document_no")
    new = _as_step(session, given, len(taken) + 1)
    after = _taken(session, held, new)
    _write(session, row, given, new, digest, is_end=not after.is_open)
    terms.refresh(session, case)
    return row, True


def _as_step(session: Session, given: TermStepCreate, n: int) -> TermStep:
    """Return a step as the rules need it; what is not of this kind of step is left out."""
    is_ask, is_done = given.event is TermEvent.ASK, given.event is TermEvent.DONE
    return TermStep(
        event=given.event,
        day=records.today(session),
        by=records.author(session),
        leave=given.leave if is_ask else None,
        days=given.days if is_ask and given.leave is Leave.EXTEND else None,
        reason=given.reason or "",
        occurred_on=(given.occurred_on or records.today(session)) if is_done else None,
        n=n,
    )


def _taken(session: Session, held: Standing, new: TermStep) -> Standing:
    viewer: Viewer = session.info["viewer"]
    try:
        return take(held, new, Duty(viewer.role.value), work_calendar())
    except penalty_terms.ExtensionNotAllowed as refusal:
        raise Conflict(
            str(refusal), code="extension_not_allowed", reason=refusal.reason.value
        ) from refusal


def _write(
    session: Session,
    row: CaseTerm,
    given: TermStepCreate,
    new: TermStep,
    digest: str,
    *,
    is_end: bool,
) -> None:
    viewer: Viewer = session.info["viewer"]
    values = {
        "area_code": row.area_code,
        "term_id": row.id,
        "n": new.n,
        "event": new.event,
        "duty": Duty(viewer.role.value),
        "actor_area": viewer.area_code,
        "leave": new.leave,
        "days": new.days,
        "reason": given.reason,
        "occurred_on": new.occurred_on,
        "document_no": given.document_no,
        "is_end": is_end,
    }
    records.write(
        session, CaseTermStep, values, row=given.id, digest=digest, action="case.term.step"
    )
