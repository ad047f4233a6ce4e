"""The lives of single machines: when each ended, and its card."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.machinery.models import Machine, MachineEnd, Outcome, Repair
from service.machinery.schemas import EndRead, MachineCard, MachineRead, RepairRead
from service.records import standing
from service.security import whole_system


def ends(
    session: Session, known_at: datetime | None = None, *, but: UUID | None = None
) -> dict[UUID, date]:
    """Return machine -> the first day on which it was not in the register any more.

    `but` is the record, an end or a repair, that is about to be superseded.
    """
    session.flush()  # while every area is seen, nothing may be left to write
    found: dict[UUID, date] = {}
    with whole_system(session):
        scrapped = standing(Repair, known_at).where(
            Repair.outcome == Outcome.SCRAPPED, Repair.machine_id.is_not(None), Repair.id != but
        )
        told = [(each.machine_id, each.repaired_on) for each in session.scalars(scrapped)]
        ended = standing(MachineEnd, known_at).where(MachineEnd.id != but)
        told += [(each.machine_id, each.ended_on) for each in session.scalars(ended)]
    for machine_id, day in told:
        if machine_id is not None:
            found[machine_id] = min(day, found.get(machine_id, day))
    return found


def machine(session: Session, machine_id: UUID) -> Machine:
    """Return one machine in view, or say that there is none."""
    found = session.scalars(select(Machine).where(Machine.id == machine_id)).first()
    if found is None:
        raise NotFound("登记里没有这台机具;请先登记机具,或按类别成批填报", field="machine_id")
    return found


def bearing(session: Session, plate: str, day: date) -> Machine:
    """Return the machine in view that bore a plate on a day, or say that there is none."""
    found = list(session.scalars(select(Machine).where(Machine.plate == plate)))
    ended = ends(session) if found else {}
    # The newest: a plate goes on to another machine, never back.
    for each in sorted(found, key=lambda each: each.recorded_at, reverse=True):
        if each.registered_on <= day < ended.get(each.id, date.max):
            return each
    raise NotFound(f"{day} 没有号牌为 {plate} 的机具;请核对号牌,或先登记机具", field="plate")


def shown(session: Session, machines: list[Machine]) -> list[MachineRead]:
    """Return machines with the day of their end."""
    ended = ends(session)
    return [
        MachineRead.model_validate(each).model_copy(update={"ended_on": ended.get(each.id)})
        for each in machines
    ]


def card(session: Session, machine_id: UUID) -> MachineCard:
    """Return one machine with its repairs and ends in view, newest first."""
    (found,) = shown(session, [machine(session, machine_id)])
    repairs = select(Repair).where(Repair.machine_id == machine_id)
    ended = select(MachineEnd).where(MachineEnd.machine_id == machine_id)
    in_order = repairs.order_by(Repair.repaired_on.desc(), Repair.recorded_at.desc())
    return MachineCard(
        **found.model_dump(),
        repairs=[RepairRead.model_validate(each) for each in session.scalars(in_order)],
        ends=[
            EndRead.model_validate(each)
            for each in session.scalars(ended.order_by(MachineEnd.recorded_at.desc()))
        ],
    )
