"""Reading the machinery book."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.machinery import rules
from service.machinery.models import (
    Machine,
    MachineClass,
    MachineRegister,
    Repair,
    Training,
    TrainingAttendee,
)
from service.machinery.rules import Job
from service.machinery.schemas import (
    MachineryLine,
    MachinerySummary,
    PersonTrained,
    TrainingRead,
)
from service.records import standing

TOWN = areas.CODE_LENGTH["town"]
RegisterKey = tuple[str, str]
"""Area and class."""


@dataclass(frozen=True)
class Period:
    """From a day to another, as was known at an instant (None: all that is known)."""

    starts_on: date
    as_of: date
    known_at: datetime | None = None
    area: str = ""
    class_code: str | None = None
    """Only of this class; None for all."""


def period(
    session: Session,
    starts_on: date | None,
    as_of: date | None,
    known_at: datetime | None,
    area: str,
) -> Period:
    """Return the period that was asked for: by default this year until today."""
    until = as_of or records.today(session)
    return Period(starts_on or date(until.year, 1, 1), until, known_at, area)


def classes(session: Session) -> list[MachineClass]:
    """Return the classes of machinery."""
    return list(session.scalars(select(MachineClass).order_by(MachineClass.code)))


def registers(session: Session, asked: Period) -> dict[RegisterKey, MachineRegister]:
    """Return the newest register of each area and class on a day."""
    wanted = standing(MachineRegister, asked.known_at).where(
        MachineRegister.counted_on <= asked.as_of,
        records.within(MachineRegister.area_code, asked.area),
    )
    if asked.class_code is not None:
        wanted = wanted.where(MachineRegister.class_code == asked.class_code)
    in_order = wanted.order_by(
        MachineRegister.counted_on, MachineRegister.recorded_at, MachineRegister.id
    )
    return {(each.area_code, each.class_code): each for each in session.scalars(in_order)}


def machines(session: Session, area: str, limit: int, offset: int) -> list[Machine]:
    """Return the machines in view, in order of area and plate."""
    wanted = select(Machine).where(records.within(Machine.area_code, area))
    in_order = wanted.order_by(Machine.area_code, Machine.plate, Machine.id)
    return list(session.scalars(in_order.limit(limit).offset(offset)))


def repairs(session: Session, asked: Period) -> list[Repair]:
    """Return the repairs of a period that hold, in order of day."""
    return list(records.once(session, ("repairs", asked), lambda: _repairs(session, asked)))


def _repairs(session: Session, asked: Period) -> list[Repair]:
    wanted = standing(Repair, asked.known_at).where(
        Repair.repaired_on >= asked.starts_on,
        Repair.repaired_on <= asked.as_of,
        records.within(Repair.area_code, asked.area),
    )
    if asked.class_code is not None:
        wanted = wanted.where(Repair.class_code == asked.class_code)
    return list(session.scalars(wanted.order_by(Repair.repaired_on, Repair.id)))


def trainings(session: Session, asked: Period) -> list[Training]:
    """Return the trainings of a period that hold, in order of day."""
    wanted = standing(Training, asked.known_at).where(
        Training.held_on >= asked.starts_on,
        Training.held_on <= asked.as_of,
        records.within(Training.area_code, asked.area),
    )
    return list(session.scalars(wanted.order_by(Training.held_on, Training.id)))


def with_attendance(session: Session, found: Iterable[Training]) -> list[TrainingRead]:
    """Return trainings with how many attended each."""
    counts = {
        training_id: n
        for training_id, n in session.execute(
            select(TrainingAttendee.training_id, func.count()).group_by(
                TrainingAttendee.training_id
            )
        )
    }
    return [
        TrainingRead.model_validate(each).model_copy(update={"n_attendees": counts.get(each.id, 0)})
        for each in found
    ]


def summary(session: Session, asked: Period, *, by: str) -> MachinerySummary:
    """Return repairs, fitness and trainings of a period, by town or by class."""
    jobs: dict[str, list[Job]] = defaultdict(list)
    everything: list[Job] = []
    guests = visiting(session)
    for each in repairs(session, asked):
        job = Job(each.machine_id, each.n_machines, each.machine_id in guests)
        jobs[each.class_code if by == "class" else each.area_code[:TOWN]].append(job)
        everything.append(job)
    stock: dict[str, list[MachineRegister]] = defaultdict(list)
    for (area_code, class_code), register in registers(session, asked).items():
        stock[class_code if by == "class" else area_code[:TOWN]].append(register)
    names = _names(session, asked, by)
    held = trainings(session, asked)
    people = persons(session, held)
    return MachinerySummary(
        starts_on=asked.starts_on,
        as_of=asked.as_of,
        known_at=asked.known_at,
        total=_line("", "合计", everything, [each for some in stock.values() for each in some]),
        items=[
            _line(key, names.get(key, key), jobs.get(key, []), stock.get(key, []))
            for key in sorted(jobs.keys() | stock.keys())
        ],
        n_trainings=len(held),
        n_persons=len(people),
        n_person_times=sum(each.n_times for each in people),
    )


def visiting(session: Session) -> set[UUID]:
    """Return the machines from elsewhere: no town's stock, and of no town's repaired machines."""
    # By table: whose guest a machine is does not depend on who asks.
    machine = Machine.__table__.c
    return set(session.scalars(select(machine.id).where(machine.is_visiting)))


def _names(session: Session, asked: Period, by: str) -> dict[str, str]:
    if by == "class":
        return {each.code: each.name for each in classes(session)}
    return areas.unit_names(session, within=asked.area, level="town", on=asked.as_of)


def _line(key: str, name: str, jobs: list[Job], registered: list[MachineRegister]) -> MachineryLine:
    n_registered = sum(each.n_registered for each in registered)
    n_fit = sum(each.n_fit for each in registered)
    return MachineryLine(
        key=key,
        name=name,
        n_machines=rules.n_machines(jobs),
        n_jobs=rules.n_jobs(jobs),
        n_unverified=rules.n_unverified(jobs),
        n_visiting=rules.n_visiting(jobs),
        n_registered=n_registered,
        n_fit=n_fit,
        fit_share=rules.share(n_fit, n_registered),
    )


def persons(session: Session, held: list[Training]) -> list[PersonTrained]:
    """Return the different persons of trainings, in order of their first; nobody can be named.

    What is kept of a name and a number could be guessed at, so not even that goes out.
    """
    place = {each.id: n for n, each in enumerate(held)}
    been: dict[str, list[UUID]] = defaultdict(list)
    wanted = select(TrainingAttendee.training_id, TrainingAttendee.person_hash)
    for training_id, person in records.once(
        session, "attendees", lambda: list(session.execute(wanted))
    ):
        if training_id in place:
            been[person].append(training_id)
    found = [sorted(ids, key=place.__getitem__) for ids in been.values()]
    found.sort(key=lambda ids: [place[each] for each in ids])
    return [
        PersonTrained(number=n, n_times=len(ids), training_ids=ids)
        for n, ids in enumerate(found, start=1)
    ]
