"""Writing the machinery book."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.errors import Conflict, Invalid, NotFound
from service.machinery import bounds, lives, queries, rules
from service.machinery.models import (
    EndCause,
    Machine,
    MachineClass,
    MachineEnd,
    MachineRegister,
    Outcome,
    Repair,
    Training,
    TrainingAttendee,
)
from service.machinery.schemas import (
    EndCreate,
    MachineCreate,
    RegisterCreate,
    RepairCreate,
    TrainingCreate,
)
from service.record_schemas import Correcting
from service.records import standing


def _refuse_unknown(session: Session, area_code: str, class_code: str | None) -> None:
    areas.area(session, area_code)
    if class_code is not None and session.get(MachineClass, class_code) is None:
        raise NotFound(
            f"没有机具类别 {class_code};可用代码见 /api/v1/machinery/classes", field="class_code"
        )


def _correcting(session: Session, model: type[Any], given: Correcting) -> Any:
    """Return the row that a filing corrects, if it says that it does."""
    if given.supersedes_id is None:
        return None
    return records.superseded(session, model, given.supersedes_id, given.reason)


def file_register(session: Session, given: RegisterCreate) -> tuple[MachineRegister, bool]:
    """Enter a town's register of a class; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, MachineRegister, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    records.refuse_future(session, given.counted_on, "counted_on")
    _correcting(session, MachineRegister, given)
    values = given.model_dump(exclude={"id"})
    made = records.write(
        session, MachineRegister, values, row=given.id, digest=digest, action="machinery.register"
    )
    session.flush()
    return made, True


def file_machine(session: Session, given: MachineCreate) -> tuple[Machine, bool]:
    """Enter one machine; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Machine, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    records.refuse_future(session, given.registered_on, "registered_on")
    kind = session.get(MachineClass, given.class_code)
    if kind is not None and kind.needs_plate and given.plate is None:
        raise Invalid(f"{kind.name}须登记号牌", field="plate")
    bounds.refuse_taken_plate(session, given.plate)
    values = given.model_dump(exclude={"id"})
    made = records.write(
        session, Machine, values, row=given.id, digest=digest, action="machinery.machine"
    )
    session.flush()
    return made, True


def file_repair(session: Session, given: RepairCreate) -> tuple[Repair, bool]:
    """Enter a repair; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Repair, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    records.refuse_future(session, given.repaired_on, "repaired_on")
    old: Repair | None = _correcting(session, Repair, given)
    machine = _repaired_machine(session, given)
    class_code = machine.class_code if machine is not None else str(given.class_code)
    but = old.id if old is not None else None
    if machine is not None:
        bounds.refuse_after_its_end(session, given, but=but)
    if machine is None or not machine.is_visiting:
        bounds.refuse_beyond_stock(session, given, class_code, but=but)
    if old is not None:
        _refuse_revival(session, old, given)
    values = given.model_dump(exclude={"id"})
    values |= {"is_verified": machine is not None, "class_code": class_code}
    made = records.write(
        session, Repair, values, row=given.id, digest=digest, action="machinery.repair"
    )
    session.flush()
    return made, True


def _repaired_machine(session: Session, given: RepairCreate) -> Machine | None:
    """Return the machine that a repair names; None for a group."""
    if given.machine_id is None:
        return None
    machine = lives.machine(session, given.machine_id)
    town = machine.area_code[: queries.TOWN]
    if not machine.is_visiting and not given.area_code.startswith(town):
        raise Invalid(f"这台机具登记在 {machine.area_code};检修记在机具登记的镇", field="area_code")
    return machine


def _refuse_revival(session: Session, old: Repair, given: RepairCreate | None = None) -> None:
    """Refuse to undo a scrapping where the plate is on another machine by now."""
    is_still = given is not None and (given.machine_id, given.outcome) == (
        old.machine_id,
        Outcome.SCRAPPED,
    )
    if old.outcome is Outcome.SCRAPPED and old.machine_id is not None and not is_still:
        bounds.refuse_second_plate(session, old.machine_id)


def file_training(session: Session, given: TrainingCreate) -> tuple[Training, bool]:
    """Enter a training with who attended; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Training, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, None)
    records.refuse_future(session, given.held_on, "held_on")
    _correcting(session, Training, given)
    values = given.model_dump(exclude={"id", "attendees"})
    made = records.write(
        session, Training, values, row=given.id, digest=digest, action="machinery.training"
    )
    session.flush()
    people = {rules.person_hash(each.name, each.phone4) for each in given.attendees}
    session.add_all(
        TrainingAttendee(training_id=made.id, person_hash=each) for each in sorted(people)
    )
    session.flush()
    return made, True


def end_machine(session: Session, machine_id: UUID, given: EndCreate) -> tuple[MachineEnd, bool]:
    """Say from which day a machine is not in the register; tell whether that is new."""
    records.take_turn(session)
    machine = lives.machine(session, machine_id)
    values = given.model_dump(exclude={"id"}) | {"machine_id": machine_id}
    digest = records.content_digest(values)
    known = records.known(session, MachineEnd, given.id, digest)
    if known is not None:
        return known, False
    records.refuse_future(session, given.ended_on, "ended_on")
    old: MachineEnd | None = _correcting(session, MachineEnd, given)
    if old is not None and old.machine_id != machine_id:
        raise Invalid("更正的记录须属于同一台机具", field="supersedes_id")
    if given.ended_on < machine.registered_on:
        raise Invalid(f"这台机具 {machine.registered_on} 才登记", field="ended_on")
    if machine_id in lives.ends(session, but=old.id if old is not None else None):
        raise Conflict("这台机具已报废或注销;改日期请更正那一条")
    # What should not have been entered was never there.
    day = machine.registered_on if given.cause is EndCause.ERROR else given.ended_on
    bounds.refuse_before_repairs(session, machine_id, day)
    values |= {"ended_on": day, "area_code": machine.area_code}
    made = records.write(
        session, MachineEnd, values, row=given.id, digest=digest, action="machinery.end"
    )
    session.flush()
    return made, True


def withdraw_end(session: Session, end_id: UUID, reason: str) -> MachineEnd:
    """Say that a machine did not end."""
    records.take_turn(session)
    old = session.scalars(standing(MachineEnd).where(MachineEnd.id == end_id)).first()
    if old is not None:
        bounds.refuse_second_plate(session, old.machine_id)
    return records.withdraw(session, MachineEnd, end_id, reason, action="machinery.withdraw")


def withdraw_register(session: Session, register_id: UUID, reason: str) -> MachineRegister:
    """Say that a register was entered in error."""
    records.take_turn(session)
    return records.withdraw(
        session, MachineRegister, register_id, reason, action="machinery.withdraw"
    )


def withdraw_repair(session: Session, repair_id: UUID, reason: str) -> Repair:
    """Say that a repair was entered in error."""
    records.take_turn(session)
    old = session.scalars(standing(Repair).where(Repair.id == repair_id)).first()
    if old is not None:
        _refuse_revival(session, old)
    return records.withdraw(session, Repair, repair_id, reason, action="machinery.withdraw")


def withdraw_training(session: Session, training_id: UUID, reason: str) -> Training:
    """Say that a training was entered in error."""
    return records.withdraw(session, Training, training_id, reason, action="machinery.withdraw")
