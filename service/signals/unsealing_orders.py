"""Reading the orders to unseal, and how each stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.database import clock_of, thresholds_of
from service.errors import NotFound
from service.signals.models import Tip, TipUnsealing, TipUnsealingEvent, UnsealingStep
from service.signals.tip_schemas import UnsealingRead

ORDER = TipUnsealing.__table__.c
FIRST = TipUnsealingEvent.__table__.alias("first_step")
"""The answer to an order; one without has none."""
ANSWERS = (FIRST.c.unsealing_id == ORDER.id) & (FIRST.c.n == 1)
STEP = TipUnsealingEvent.__table__.alias("any_step")


class Standing(StrEnum):
    """What has become of an order."""

    WAITING = "waiting"
    APPROVED = "approved"
    USED = "used"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Order:
    """An order with its tip, its steps, and the names of those who took them."""

    order: TipUnsealing
    tip: Tip
    steps: list[TipUnsealingEvent]
    standing: Standing
    ends_at: datetime | None
    """Until when an approved one holds."""
    is_open: bool
    """Whether it may be used now, by whoever gave it."""
    names: dict[UUID, str]


def order(session: Session, order_id: UUID) -> TipUnsealing:
    """Return one order in view."""
    found = session.scalars(select(TipUnsealing).where(TipUnsealing.id == order_id)).first()
    if found is None:
        raise NotFound("没有这份启封申请;请核对编号", id=str(order_id))
    return found


def steps(session: Session, order_id: UUID) -> list[TipUnsealingEvent]:
    """Return what was done about an order, in order."""
    return _steps(session, [order_id])[order_id]


def _steps(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[TipUnsealingEvent]]:
    found: dict[UUID, list[TipUnsealingEvent]] = defaultdict(list)
    query = select(TipUnsealingEvent).where(TipUnsealingEvent.unsealing_id.in_(ids))
    for each in session.scalars(query.order_by(TipUnsealingEvent.n)):
        found[each.unsealing_id].append(each)
    return found


def ends_at(session: Session, approval: TipUnsealingEvent) -> datetime:
    """Return until when an approval holds."""
    return approval.recorded_at + timedelta(hours=thresholds_of(session).signals.unseal_hours)


def shown(session: Session, found: Sequence[TipUnsealing]) -> list[UnsealingRead]:
    """Return orders with what became of them."""
    done = _steps(session, [each.id for each in found])
    return [
        UnsealingRead(
            id=each.id,
            tip_id=each.tip_id,
            area_code=each.area_code,
            reason=each.reason,
            recorded_at=each.recorded_at,
            recorded_by=each.recorded_by,
            steps=[step.step for step in done[each.id]],
        )
        for each in found
    ]


def orders(session: Session, *, offset: int, limit: int) -> list[TipUnsealing]:
    """Return the orders in view, the newest first."""
    query = select(TipUnsealing).order_by(TipUnsealing.recorded_at.desc(), TipUnsealing.id)
    return list(session.scalars(query.offset(offset).limit(limit)))


def worklist(
    session: Session, standing: Standing | None, *, offset: int, limit: int
) -> list[Order]:
    """Return the orders that stand so, those that wait first, the newest first."""
    query = select(TipUnsealing).outerjoin(FIRST, ANSWERS)
    if standing is not None:
        query = query.where(_standing(session) == standing)
    rank = case((FIRST.c.id.is_(None), 0), else_=1)
    query = query.order_by(rank, ORDER.recorded_at.desc(), ORDER.id)
    return cards(session, session.scalars(query.offset(offset).limit(limit)).all())


def counts(session: Session) -> dict[Standing, int]:
    """Return how many orders in view stand how."""
    standing = _standing(session).label("standing")
    inner = select(TipUnsealing.id, standing).outerjoin(FIRST, ANSWERS).subquery()
    query = select(inner.c.standing, func.count()).group_by(inner.c.standing)
    return {Standing(value): n for value, n in session.execute(query)}


def _standing(session: Session) -> ColumnElement[str]:
    hours = thresholds_of(session).signals.unseal_hours
    oldest = clock_of(session)() - timedelta(hours=hours)
    is_used = exists().where(STEP.c.unsealing_id == ORDER.id, STEP.c.step == UnsealingStep.OPEN)
    return case(
        (FIRST.c.id.is_(None), Standing.WAITING.value),
        (FIRST.c.step == UnsealingStep.REFUSE, Standing.REFUSED.value),
        (is_used, Standing.USED.value),
        (FIRST.c.recorded_at < oldest, Standing.EXPIRED.value),
        else_=Standing.APPROVED.value,
    )


def cards(session: Session, found: Sequence[TipUnsealing]) -> list[Order]:
    """Return orders with all that is known of them, but nothing of what is sealed."""
    done = _steps(session, [each.id for each in found])
    tips = {
        each.id: each
        for each in session.scalars(select(Tip).where(Tip.id.in_([o.tip_id for o in found])))
    }
    names = _names(session, {each.recorded_by for each in found}, done)
    return [_card(session, each, tips[each.tip_id], done[each.id], names) for each in found]


def _card(
    session: Session,
    found: TipUnsealing,
    tip: Tip,
    done: list[TipUnsealingEvent],
    names: dict[UUID, str],
) -> Order:
    if not done:
        return Order(found, tip, done, Standing.WAITING, None, False, names)
    if done[0].step is UnsealingStep.REFUSE:
        return Order(found, tip, done, Standing.REFUSED, None, False, names)
    ends = ends_at(session, done[0])
    holds = clock_of(session)() <= ends
    standing = Standing.APPROVED if holds else Standing.EXPIRED
    if any(each.step is UnsealingStep.OPEN for each in done):
        standing = Standing.USED
    return Order(found, tip, done, standing, ends, holds, names)


def _names(
    session: Session, asking: set[UUID], done: dict[UUID, list[TipUnsealingEvent]]
) -> dict[UUID, str]:
    ids = asking | {each.recorded_by for steps_ in done.values() for each in steps_}
    # By table: an auditor may sit in another unit.
    account = Account.__table__.c
    wanted = select(account.id, account.display_name).where(account.id.in_(ids))
    return {key: name for key, name in session.execute(wanted)}
