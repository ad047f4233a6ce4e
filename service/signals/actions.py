"""What the bureau does with signals. There is no action that changes or removes one."""

from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.signals import MatchState, Source
from service import audit, records
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Conflict
from service.parcels.models import ParcelVersion
from service.parcels.queries import Moment, valid
from service.security import is_in_view, whole_system
from service.signals import matching, recording
from service.signals.models import Signal, SignalDecision, SignalParcel, SignalStage, Stage
from service.signals.schemas import DecisionCreate, SignalCreate, StageCreate


def file_finding(session: Session, given: SignalCreate) -> tuple[Signal, bool]:
    """Enter what enforcement found, as a signal."""
    areas.refuse_out_of_view(session, given.area_code)
    if given.geometry is not None:
        spot = recording.area_spot(given.geometry, given.datum)
    else:
        assert given.lon is not None  # the schema has seen to it
        assert given.lat is not None
        spot = recording.point_spot(given.lon, given.lat, given.datum, given.accuracy_m)
    records.take_turn(session)
    said = recording.Said(
        Source.ENFORCEMENT,
        "officer",
        matching.unit_at(session, spot.geometry, given.area_code),
        given.claim,
        given.observed_at,
        thresholds_of(session).signals.enforcement_quality,
        spot,
        id=given.id,
        digest=records.content_digest(given.model_dump(exclude={"id"})),
        because_of=given.because_of,
        area_m2=given.area_m2,
        reference_no=given.reference_no,
        note=given.note,
    )
    return recording.record_signal(session, said)


def take_stage(session: Session, signal_id: UUID, given: StageCreate) -> SignalStage:
    """Enter the next step of a signal; the same step again changes nothing."""
    found = recording.signal(session, signal_id)
    records.take_turn(session)
    return step_to(session, found, given.stage, given.reason)


def step_to(session: Session, found: Signal, stage: Stage, reason: str | None) -> SignalStage:
    """Bring a signal to a stage."""
    last = session.scalars(
        select(SignalStage).where(SignalStage.signal_id == found.id).order_by(SignalStage.n.desc())
    ).first()
    if last is not None and last.stage is stage:
        return last
    made = SignalStage(
        id=uuid4(),
        area_code=found.area_code,
        signal_id=found.id,
        n=(last.n if last else 0) + 1,
        stage=stage,
        reason=reason,
        recorded_at=audit.instant(session),
        recorded_by=recording.author(session),
    )
    session.add(made)
    session.flush()
    actor = None if session.info.get("viewer") else "system"
    audit.record(
        session,
        "signal.stage",
        str(found.id),
        area_code=found.area_code,
        actor=actor,
        stage=stage,
        reason=reason,
    )
    return made


def decide(session: Session, signal_id: UUID, given: DecisionCreate) -> SignalDecision:
    """Enter what a person decided about a parcel; a later decision holds.

    A parcel that was never proposed can be said to be meant: a tip may only tell of a village.
    """
    found = recording.signal(session, signal_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}) | {"signal": signal_id})
    known = records.known(session, SignalDecision, given.id, digest)
    if known is not None:
        return known
    records.take_turn(session)
    key = (SignalDecision.signal_id == signal_id, SignalDecision.parcel_uid == given.parcel_uid)
    is_new = _attach(session, found, given)
    n = session.scalar(select(func.max(SignalDecision.n)).where(*key)) or 0
    values = {
        "area_code": found.area_code,
        "signal_id": signal_id,
        "parcel_uid": given.parcel_uid,
        "n": n + 1,
        "is_match": given.is_match,
        "reason": given.reason,
    }
    action = "signal.attach" if is_new else "signal.decide"
    return records.write(
        session, SignalDecision, values, row=given.id, digest=digest, action=action
    )


def _attach(session: Session, found: Signal, given: DecisionCreate) -> bool:
    """Put a parcel that was not proposed to a signal; tell whether it was not."""
    uid = given.parcel_uid
    with whole_system(session):
        proposed = session.get(SignalParcel, (found.id, uid))
    if proposed is not None and is_in_view(session, proposed.area_code):
        return False
    parcel = session.scalars(
        select(ParcelVersion).where(
            ParcelVersion.uid == uid, valid(ParcelVersion, Moment.of(session))
        )
    ).first()
    if proposed is not None or parcel is None:
        raise Conflict("图斑账里现在没有这个图斑,或不在您的辖区;请核对", parcel_uid=str(uid))
    if not given.is_match:
        raise Conflict("系统没有提出过这个图斑,不用否定", parcel_uid=str(uid))
    overlap_m2, distance_m = matching.in_common(found.geometry, parcel.geometry)
    session.add(
        SignalParcel(
            signal_id=found.id,
            parcel_uid=uid,
            area_code=parcel.area_code,
            recorded_at=audit.instant(session),
            overlap_m2=overlap_m2,
            share=0.0,
            distance_m=distance_m,
            match=0.0,  # no rule found it: what holds is the person's word
            state=MatchState.CANDIDATE,
        )
    )
    session.flush()
    return True
