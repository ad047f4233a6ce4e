"""What a repair or a machine must not go beyond: the stock of a town, the life of a machine.

The rules look at all that a town has, whoever files; what they tell is what the filer may see.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid
from service.machinery import queries, rules
from service.machinery.models import Machine, Outcome, Repair
from service.machinery.queries import Period
from service.machinery.rules import Job
from service.machinery.schemas import RepairCreate
from service.records import standing
from service.security import is_in_view, whole_system


def refuse_beyond_stock(
    session: Session, given: RepairCreate, class_code: str, *, but: UUID | None
) -> None:
    """Refuse a repair that makes more machines repaired in a year than the town has."""
    year = given.repaired_on.year
    asked = Period(date(year, 1, 1), date(year, 12, 31), area=given.area_code[: queries.TOWN])
    session.flush()  # while every area is seen, nothing may be left to write
    with whole_system(session):
        stock = _stock(session, asked, class_code)
        jobs = _jobs(session, asked, class_code, but=but)
    before = rules.n_machines(jobs)
    after = rules.n_machines([*jobs, Job(given.machine_id, given.n_machines)])
    if after <= max(stock, before):
        return
    if not is_in_view(session, asked.area):
        raise Invalid("加上这些就超过本镇这一类的在册数;请与镇里核对台数", field="n_machines")
    raise Invalid(
        f"本镇这一类在册 {stock} 台,今年已检修 {before} 台,"
        f"再加 {after - before} 台就超过在册数;请核对台数,或先更新登记",
        field="n_machines",
    )


def _stock(session: Session, asked: Period, class_code: str) -> int:
    """Return how many machines of a class a town has: as registered, or as many as are named."""
    counted = sum(
        each.n_registered
        for (_, code), each in queries.registers(session, asked).items()
        if code == class_code
    )
    named = select(func.count(Machine.id)).where(
        queries.within(Machine.area_code, asked.area),
        Machine.class_code == class_code,
        Machine.is_visiting.is_(False),
    )
    return max(counted, session.scalar(named) or 0)


def _jobs(session: Session, asked: Period, class_code: str, *, but: UUID | None) -> list[Job]:
    guests = queries.visiting(session)
    return [
        Job(each.machine_id, each.n_machines, each.machine_id in guests)
        for each in queries.repairs(session, asked)
        if each.class_code == class_code and each.id != but
    ]


def refuse_after_its_end(session: Session, given: RepairCreate, *, but: UUID | None) -> None:
    """Refuse a repair of a machine that had been scrapped, or a scrapping before a repair."""
    session.flush()
    with whole_system(session):
        of_it = standing(Repair).where(Repair.machine_id == given.machine_id, Repair.id != but)
        others = list(session.scalars(of_it.order_by(Repair.repaired_on)))
    ended = [each.repaired_on for each in others if each.outcome is Outcome.SCRAPPED]
    if ended and given.repaired_on >= ended[0]:
        raise Conflict(
            f"这台机具 {ended[0]} 已报废,不能再检修;报废登记有误的,请先撤销那一条",
            field="repaired_on",
        )
    later = [each.repaired_on for each in others if each.repaired_on > given.repaired_on]
    if given.outcome is Outcome.SCRAPPED and later:
        raise Conflict(
            f"这台机具 {later[-1]} 还有检修,不能在那以前报废;请核对日期", field="repaired_on"
        )


def refuse_taken_plate(session: Session, plate: str | None, *, but: UUID | None = None) -> None:
    """Refuse a plate that a living machine bears, wherever it is."""
    if plate is None:
        return
    session.flush()
    with whole_system(session):
        bearing = set(session.scalars(select(Machine.id).where(Machine.plate == plate))) - {but}
        living = bearing - set(session.scalars(_scrapped(bearing)))
    if living:
        raise Conflict(
            "这块号牌已登记在另一台机具上;请核对号牌,旧机已报废的请先登记报废", field="plate"
        )


def refuse_second_plate(session: Session, machine_id: UUID) -> None:
    """Refuse to bring a machine back to life whose plate another one bears by now."""
    machine = Machine.__table__.c
    plate = session.scalar(select(machine.plate).where(machine.id == machine_id))
    refuse_taken_plate(session, plate, but=machine_id)


def _scrapped(machines: Iterable[UUID]) -> Select[UUID]:
    ended = standing(Repair).where(
        Repair.outcome == Outcome.SCRAPPED, Repair.machine_id.in_(machines)
    )
    return ended.with_only_columns(Repair.machine_id)
