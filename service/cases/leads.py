"""Leads as the screening opens them, and signals that a case hears of. Safe to repeat."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.case_words import Duty, Event, Source, State
from inspections.cases import OPEN
from service import audit, records
from service.cases import stages, standing
from service.cases.lead_schemas import LeadCreate, SignalSeen
from service.cases.models import Case, CaseEvent, CaseParcel, CaseSignal
from service.security import whole_system
from service.signals.models import Signal

UNDECIDED = frozenset({State.EXCLUDED, State.DISMISSED})
"""People said that there is nothing: for a while the screening does not ask again."""


def open_lead(session: Session, lead: LeadCreate) -> tuple[Case, bool]:
    """Open a lead; tell whether it is new. Same parcel, matter and window: the same one.

    A machine opens a lead and nothing more. A case that was closed is opened again, as a lead, by
    what was seen after its closing and within the time for that; what was seen before changes
    nothing, so that a run on the same data does not either.
    """
    records.take_turn(session)
    with whole_system(session):
        known = _known(session, lead)
        if known is None:
            made = _open(session, lead)
            session.flush()
            return made, True
        _hear(session, known, _seen(session, lead), lead.observed_on, lead.reason)
        session.flush()
        return known, False


def signal_matched(
    session: Session,
    parcel_uid: UUID,
    signal_id: UUID,
    observed_on: date,
    *,
    seen: SignalSeen | None = None,
) -> Case | None:
    """Tell the case of a parcel that a signal speaks of it; return the case, if there is one.

    An open case takes it; without one the newest that was closed is opened again, if the signal
    was seen after that and soon enough.
    """
    records.take_turn(session)
    with whole_system(session):
        cases = _of_parcel(session, parcel_uid)
        found = next(
            (
                each
                for each in cases
                if each.state in OPEN or _may_reopen(session, each, observed_on)
            ),
            None,
        )
        if found is None:
            return None
        told = seen or _look_up(session, [signal_id], observed_on)[0]
        _hear(session, found, [told], observed_on, "新的信号与本案图斑重叠")
        session.flush()
        return found


def _of_parcel(session: Session, parcel_uid: UUID, lead: LeadCreate | None = None) -> list[Case]:
    """Return the cases about a parcel, or of them the same matter as a lead.

    Open ones come first, then the last ended. The matter is told by the rule or by the claim: what
    was fresh earthwork goes under another rule a month later, and is one matter all the same.
    """
    wanted = (
        select(Case)
        .join(CaseParcel, CaseParcel.case_id == Case.id)
        .where(CaseParcel.parcel_uid == parcel_uid)
    )
    if lead is not None:
        wanted = wanted.where((Case.rule_id == lead.rule_id) | (Case.claim == lead.claim))
    found = {
        each.id: each for each in (standing.heir(session, one) for one in session.scalars(wanted))
    }
    return sorted(
        found.values(),
        key=lambda each: (each.state in OPEN, each.ended_on or date.min, each.opened_at, each.id),
        reverse=True,
    )


def _known(session: Session, lead: LeadCreate) -> Case | None:
    quiet = timedelta(days=standing.limits(session).quiet_days)
    for each in _of_parcel(session, lead.parcel_uid, lead):
        if each.state in OPEN or each.ended_on is None:
            return each
        if lead.observed_on <= each.ended_on or _may_reopen(session, each, lead.observed_on):
            return each
        if each.state in UNDECIDED and lead.observed_on <= each.ended_on + quiet:
            return each
    return None


def _may_reopen(session: Session, case: Case, observed_on: date) -> bool:
    """Tell whether what was seen on a day opens a case again.

    One that was closed once stays open to that after a false alarm too, when people have had
    their quiet.
    """
    if case.ended_on is None:
        return False
    told, days = standing.limits(session), (observed_on - case.ended_on).days
    if case.state is State.CLOSED:
        return 0 < days <= told.reopen_days
    return case.state in UNDECIDED and case.round > 1 and told.quiet_days < days <= told.reopen_days


def _open(session: Session, lead: LeadCreate) -> Case:
    at = audit.instant(session)
    told = lead.model_dump(exclude={"signal_ids", "signals"})
    made = Case(
        id=uuid4(),
        **told,
        is_basic_farmland=standing.is_farmland(session, [lead.parcel_uid]),
        opened_at=at,
        state=State.LEAD,
        n=0,
        round=1,
        step_n=0,
    )
    session.add(made)
    session.flush()
    add_parcel(session, made, lead.parcel_uid)
    for each in _seen(session, lead):
        _link(session, made, each)
    standing.refresh_as_known(session, made)
    audit.record(
        session, "case.open", str(made.id), area_code=made.area_code, rule=lead.rule_id,
        parcel=lead.parcel_uid, verdict=lead.verdict_id,
    )  # fmt: skip
    return made


def add_parcel(
    session: Session,
    case: Case,
    parcel_uid: UUID,
    *,
    came_from: UUID | None = None,
    share: float = 1.0,
) -> bool:
    """Put a parcel to a case; tell whether it is new there."""
    known = select(CaseParcel.id).where(
        CaseParcel.case_id == case.id, CaseParcel.parcel_uid == parcel_uid
    )
    if session.scalar(known) is not None:
        return False
    session.add(
        CaseParcel(
            case_id=case.id,
            area_code=case.area_code,
            parcel_uid=parcel_uid,
            came_from_uid=came_from,
            share=share,
            added_at=audit.instant(session),
        )
    )
    session.flush()
    return True


def _hear(
    session: Session, case: Case, seen: Sequence[SignalSeen], observed_on: date, reason: str
) -> None:
    """Let a case hear of signals; open it again where that is due."""
    is_due = _may_reopen(session, case, observed_on)
    if is_due:
        reopen(session, case, reason)
    if not is_due and case.state not in OPEN:
        return  # what was seen before the end is no news
    n_new = sum(_link(session, case, each) for each in seen)
    if n_new or is_due:
        standing.refresh_as_known(session, case)
        stages.tell_signals(session, case)
    if n_new:
        audit.record(
            session, "case.signal", str(case.id), area_code=case.area_code, n_signals=n_new
        )


def reopen(session: Session, case: Case, reason: str) -> None:
    """Open a closed case again, as a lead, by the system: 反弹."""
    case.round += 1
    write_step(session, case, Event.REOPEN, State.LEAD, {"reason": reason[:500]})
    forget_end(case)


def forget_end(case: Case) -> None:
    """Take back what the end of a round had set."""
    case.ended_on = case.relook_on = case.assigned_to = None


def write_step(
    session: Session, case: Case, event: Event, to: State, told: dict[str, Any]
) -> CaseEvent:
    """Write one step of a case, and where it leads; by the system unless told otherwise."""
    plain = {
        "id": uuid4(),
        "duty": Duty.SYSTEM,
        "actor_area": "",
        "evidence_ids": "[]",
        "content_digest": "",
    }
    case.n += 1
    made = CaseEvent(
        **(plain | told),
        case_id=case.id,
        area_code=case.area_code,
        n=case.n,
        round=case.round,
        event=event,
        from_state=case.state,
        to_state=to,
        at=audit.instant(session),
    )
    case.state = to
    session.add(made)
    audit.record(session, f"case.{event}", str(case.id), area_code=case.area_code, n=case.n, to=to)
    return made


def _link(session: Session, case: Case, seen: SignalSeen) -> bool:
    """Let the present round of a case hear of a signal; tell whether it had not.

    What an earlier round heard is news only if it was seen again since.
    """
    last = session.scalars(
        select(CaseSignal)
        .where(CaseSignal.case_id == case.id, CaseSignal.signal_id == seen.signal_id)
        .order_by(CaseSignal.round.desc())
    ).first()
    seen_at = seen.seen_at
    if last is not None:
        seen_at = seen.again_at or seen.seen_at
        if last.round == case.round or seen_at <= last.seen_at:
            return False
    values = seen.model_dump(exclude={"again_at"}) | {"seen_at": seen_at, "case_id": case.id}
    session.add(
        CaseSignal(
            **values, area_code=case.area_code, round=case.round, added_at=audit.instant(session)
        )
    )
    session.flush()
    return True


def copy_signals(session: Session, case: Case, rows: Iterable[CaseSignal]) -> None:
    """Let a case hear of the signals of one that went into it."""
    for each in rows:
        seen = SignalSeen(
            signal_id=each.signal_id, source=each.source, seen_at=each.seen_at, quality=each.quality
        )
        _link(session, case, seen)


def _seen(session: Session, lead: LeadCreate) -> list[SignalSeen]:
    told = {each.signal_id for each in lead.signals}
    others = [each for each in dict.fromkeys(lead.signal_ids) if each not in told]
    return [*lead.signals, *_look_up(session, others, lead.observed_on)]


def _look_up(session: Session, ids: Sequence[UUID], observed_on: date) -> list[SignalSeen]:
    """Return what the book of signals tells of some, in view or not.

    What it does not tell is the screening's own, seen on the day that the lead speaks of.
    """
    book = Signal.__table__.c
    wanted = select(book.id, book.source, book.observed_at, book.quality)
    known = {
        row: (Source(source), seen_at, quality)
        for row, source, seen_at, quality in session.execute(wanted.where(book.id.in_(ids)))
    }
    plain = (Source.SCREENING, standing.midnight(observed_on), 1.0)
    return [
        SignalSeen(signal_id=each, source=source, seen_at=seen_at, quality=quality)
        for each in ids
        for source, seen_at, quality in (known.get(each, plain),)
    ]


def told_json(ids: Iterable[UUID]) -> str:
    """Return ids as a JSON list."""
    return json.dumps([str(each) for each in ids])
