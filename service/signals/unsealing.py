"""Opening what is sealed: one duty orders it with a reason, another approves, all is audited."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit, records
from service.database import clock_of, thresholds_of
from service.errors import Conflict, NotFound
from service.photos.store import PhotoStore
from service.signals import informants
from service.signals import unsealing_orders as orders
from service.signals.models import (
    TipPhoto,
    TipUnsealing,
    TipUnsealingEvent,
    UnsealingStep,
)
from service.signals.queries import tip
from service.signals.sealing import Sealer
from service.signals.tip_schemas import InformantRead, UnsealingAnswer, UnsealingCreate

Step = UnsealingStep


def ask(session: Session, tip_id: UUID, given: UnsealingCreate) -> tuple[TipUnsealing, bool]:
    """Order that a tip be opened."""
    found = tip(session, tip_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}) | {"tip": tip_id})
    known = records.known(session, TipUnsealing, given.id, digest)
    if known is not None:
        return known, False
    values = {"area_code": found.area_code, "tip_id": tip_id, "reason": given.reason}
    order = records.write(
        session, TipUnsealing, values, row=given.id, digest=digest, action="tip.unseal.ask"
    )
    session.flush()
    return order, True


def answer(session: Session, order_id: UUID, given: UnsealingAnswer) -> TipUnsealing:
    """Approve or refuse an order; never one's own."""
    found = orders.order(session, order_id)
    records.take_turn(session)
    if orders.steps(session, order_id):
        raise Conflict("这份申请已经有人答复,不能再改")
    if found.recorded_by == records.author(session):
        raise Conflict("不能批准自己提出的申请")
    step = Step.APPROVE if given.is_approved else Step.REFUSE
    _note(session, found, step, given.reason)
    return found


def open_informant(session: Session, box: Sealer, order_id: UUID) -> InformantRead:
    """Open who told, after writing down who reads it and why."""
    found = _usable(session, order_id)
    _note(session, found, Step.OPEN, None)
    inside = informants.informant(session, box, found.tip_id)
    photos = session.scalars(
        select(TipPhoto.id).where(TipPhoto.tip_id == found.tip_id).order_by(TipPhoto.n)
    )
    return InformantRead(name=inside.name, contact=inside.contact, photos=list(photos))


def open_original(
    session: Session, box: Sealer, store: PhotoStore, order_id: UUID, photo_id: UUID
) -> bytes:
    """Open the file of a photo as it came, after writing down who reads it and why."""
    found = _usable(session, order_id)
    photo = session.scalars(
        select(TipPhoto).where(TipPhoto.id == photo_id, TipPhoto.tip_id == found.tip_id)
    ).first()
    if photo is None:
        raise NotFound("这份举报没有这张照片;请核对编号", id=str(photo_id))
    _note(session, found, Step.OPEN, f"照片 {photo.n}")
    return informants.original(session, box, store, photo_id)


def _usable(session: Session, order_id: UUID) -> TipUnsealing:
    found = orders.order(session, order_id)
    records.take_turn(session)
    if found.recorded_by != records.author(session):
        raise Conflict("只有提出申请的人能启封;请自己提出申请")
    steps = orders.steps(session, order_id)
    if not steps or steps[0].step is not Step.APPROVE:
        raise Conflict("申请还没有批准,不能启封;请审计人员批准")
    if clock_of(session)() > orders.ends_at(session, steps[0]):
        hours = thresholds_of(session).signals.unseal_hours
        raise Conflict(f"批准已超过 {hours} 小时,作废;请重新申请")
    return found


def _note(session: Session, found: TipUnsealing, step: Step, reason: str | None) -> None:
    n = len(orders.steps(session, found.id)) + 1
    values = {
        "area_code": found.area_code,
        "unsealing_id": found.id,
        "n": n,
        "step": step,
        "reason": reason,
    }
    digest = records.content_digest(values)
    action = f"tip.unseal.{step}"
    records.write(session, TipUnsealingEvent, values, row=None, digest=digest, action=action)
    # Who, why, when, on one line of the log: it is written in the transaction of the reading.
    audit.record(
        session,
        f"{action}.of",
        str(found.tip_id),
        area_code=found.area_code,
        order=found.id,
        why=found.reason,
        said=reason,
    )
    session.flush()
