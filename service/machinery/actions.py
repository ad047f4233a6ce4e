"""Writing the machinery book."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.errors import Invalid, NotFound
from service.machinery import queries, rules
from service.machinery.models import (
    Machine,
    MachineClass,
    MachineRegister,
    Repair,
    Training,
    TrainingAttendee,
)
from service.machinery.queries import Period
from service.machinery.rules import Job
from service.machinery.schemas import (
    Correcting,
    MachineCreate,
    RegisterCreate,
    RepairCreate,
    TrainingCreate,
)


def _refuse_unknown(session: Session, area_code: str, class_code: str | None) -> None:
    areas.area(session, area_code)
    if class_code is not None and session.get(MachineClass, class_code) is None:
        raise NotFound(
            f"没有机具类别 {class_code};可用代码见 /api/v1/machinery/classes", field="class_code"
        )


def _refuse_future(session: Session, day: date, field: str) -> None:
    if day > queries.today(session):
        raise Invalid("日期不能晚于今天", field=field)


def _correcting(session: Session, model: type[Any], given: Correcting) -> Any:
    """Return the row that a filing corrects, if it says that it does."""
    if given.supersedes_id is None:
        return None
    return records.superseded(session, model, given.supersedes_id, given.reason)


def file_register(session: Session, given: RegisterCreate) -> tuple[MachineRegister, bool]:
    """Enter a town's register of a class; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, MachineRegister, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    _refuse_future(session, given.counted_on, "counted_on")
    _correcting(session, MachineRegister, given)
    values = given.model_dump(exclude={"id"})
    made = records.write(
        session, MachineRegister, values, row=given.id, digest=digest, action="machinery.register"
    )
    session.flush()
    return made, True


def file_machine(session: Session, given: MachineCreate) -> tuple[Machine, bool]:
    """Enter one machine; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Machine, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    _refuse_future(session, given.registered_on, "registered_on")
    kind = session.get(MachineClass, given.class_code)
    if kind is not None and kind.needs_plate and given.plate is None:
        raise Invalid(f"{kind.name}须登记号牌", field="plate")
    values = given.model_dump(exclude={"id"})
    made = records.write(
        session, Machine, values, row=given.id, digest=digest, action="machinery.machine"
    )
    session.flush()
    return made, True


def file_repair(session: Session, given: RepairCreate) -> tuple[Repair, bool]:
    """Enter a repair; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Repair, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, given.class_code)
    _refuse_future(session, given.repaired_on, "repaired_on")
    old = _correcting(session, Repair, given)
    values = given.model_dump(exclude={"id"}) | {"is_verified": given.machine_id is not None}
    if given.machine_id is not None:
        machine = session.scalars(select(Machine).where(Machine.id == given.machine_id)).first()
        if machine is None:
            raise NotFound("登记里没有这台机具;请先登记机具,或按类别成批填报", field="machine_id")
        values["class_code"] = machine.class_code
    else:
        _refuse_beyond_register(session, given, but=old.id if old is not None else None)
    made = records.write(
        session, Repair, values, row=given.id, digest=digest, action="machinery.repair"
    )
    session.flush()
    return made, True


def _refuse_beyond_register(session: Session, given: RepairCreate, *, but: UUID | None) -> None:
    """Refuse a group that makes more machines repaired in a year than the town has."""
    year = date(given.repaired_on.year, 1, 1)
    town = given.area_code[: queries.TOWN]
    end = date(given.repaired_on.year, 12, 31)
    asked = Period(year, end, area=town)
    stock = sum(
        each.n_registered
        for (_, class_code), each in queries.registers(session, asked).items()
        if class_code == given.class_code
    )
    jobs = [
        Job(each.machine_id, each.n_machines)
        for each in queries.repairs(session, asked)
        if each.class_code == given.class_code and each.id != but
    ]
    repaired = rules.n_machines(jobs)
    if repaired + given.n_machines > stock:
        raise Invalid(
            f"本镇这一类在册 {stock} 台,今年已检修 {repaired} 台,"
            f"再加 {given.n_machines} 台就超过在册数;请核对台数,或先更新登记",
            field="n_machines",
        )


def file_training(session: Session, given: TrainingCreate) -> tuple[Training, bool]:
    """Enter a training with who attended; tell whether it is new."""
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Training, given.id, digest)
    if known is not None:
        return known, False
    _refuse_unknown(session, given.area_code, None)
    _refuse_future(session, given.held_on, "held_on")
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


def withdraw_repair(session: Session, repair_id: UUID, reason: str) -> Repair:
    """Say that a repair was entered in error."""
    return records.withdraw(session, Repair, repair_id, reason, action="machinery.withdraw")


def withdraw_training(session: Session, training_id: UUID, reason: str) -> Training:
    """Say that a training was entered in error."""
    return records.withdraw(session, Training, training_id, reason, action="machinery.withdraw")
