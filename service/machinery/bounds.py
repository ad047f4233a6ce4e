"""What a repair or a machine must not go beyond: the stock of a town, the life of a machine.

The rules look at all that a town has, whoever files; what they tell is what the filer may see.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import records
from service.errors import Conflict, Invalid
from service.machinery import lives, queries, rules
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
    town = given.area_code[: queries.TOWN]
    asked = Period(date(year, 1, 1), date(year, 12, 31), area=town, class_code=class_code)
    session.flush()  # while every area is seen, nothing may be left to write
    with whole_system(session):
        stock = _stock(session, asked)
        jobs = _jobs(session, asked, but=but)
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


def _stock(session: Session, asked: Period) -> int:
    """Return how many machines of a class a town has: as registered, or as many as are named."""
    counted = sum(each.n_registered for each in queries.registers(session, asked).values())
    own = select(Machine).where(
        records.within(Machine.area_code, asked.area),
        Machine.class_code == asked.class_code,
        Machine.is_visiting.is_(False),
    )
    named = list(session.scalars(own))
    if len(named) > counted:
        ended = lives.ends(session)
        named = [each for each in named if _was_there(each, ended, asked.starts_on)]
    return max(counted, len(named))


def _was_there(machine: Machine, ended: dict[UUID, date], since: date) -> bool:
    end = ended.get(machine.id)
    return end is None or (end > since and end > machine.registered_on)


def _jobs(session: Session, asked: Period, *, but: UUID | None) -> list[Job]:
    found = [each for each in queries.repairs(session, asked) if each.id != but]
    guests = queries.visiting(session) if any(each.machine_id for each in found) else set()
    return [Job(each.machine_id, each.n_machines, each.machine_id in guests) for each in found]


def refuse_after_its_end(session: Session, given: RepairCreate, *, but: UUID | None) -> None:
    """Refuse a repair of a machine that had ended, or a scrapping before a repair."""
    machine_id = given.machine_id
    if machine_id is None:
        return
    ended = lives.ends(session, but=but).get(machine_id)
    if ended is not None and given.repaired_on >= ended:
        raise Conflict(
            f"这台机具 {ended} 起已报废或注销,不能再检修;登记有误的,请先撤销那一条",
            field="repaired_on",
        )
    if given.outcome is Outcome.SCRAPPED:
        refuse_before_repairs(session, machine_id, given.repaired_on, but=but)


def refuse_before_repairs(
    session: Session, machine_id: UUID, day: date, *, but: UUID | None = None
) -> None:
    """Refuse to end a machine before one of its repairs."""
    session.flush()
    with whole_system(session):
        of_it = standing(Repair).where(
            Repair.machine_id == machine_id, Repair.id != but, Repair.repaired_on > day
        )
        later = session.scalars(of_it.order_by(Repair.repaired_on.desc())).first()
    if later is not None:
        raise Conflict(
            f"这台机具 {later.repaired_on} 还有检修,不能在那以前报废或注销;"
            "请核对日期,或先撤销那条检修",
            field="repaired_on",
        )


def refuse_taken_plate(session: Session, plate: str | None, *, but: UUID | None = None) -> None:
    """Refuse a plate that a living machine bears, wherever it is."""
    if plate is None:
        return
    session.flush()
    with whole_system(session):
        bearing = set(session.scalars(select(Machine.id).where(Machine.plate == plate))) - {but}
    if bearing - lives.ends(session).keys():
        raise Conflict(
            "这块号牌已登记在另一台机具上;请核对号牌,旧机已报废或注销的,请先登记", field="plate"
        )


def refuse_second_plate(session: Session, machine_id: UUID) -> None:
    """Refuse to bring a machine back to life whose plate another one bears by now."""
    machine = Machine.__table__.c
    plate = session.scalar(select(machine.plate).where(machine.id == machine_id))
    refuse_taken_plate(session, plate, but=machine_id)
