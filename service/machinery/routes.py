"""The API of machines, repairs and trainings."""

from enum import StrEnum

from fastapi import APIRouter, Response

from service.accounts.access import allow
from service.machinery import actions, lives, queries
from service.machinery.models import Machine, MachineEnd, MachineRegister, Repair
from service.machinery.schemas import (
    EndCreate,
    EndRead,
    MachineCard,
    MachineClassRead,
    MachineCreate,
    MachineRead,
    MachinerySummary,
    PersonTrained,
    RegisterCreate,
    RegisterRead,
    RepairCreate,
    RepairRead,
    TrainingCreate,
    TrainingRead,
)
from service.record_schemas import Withdraw
from service.schemas import (
    AreaCode,
    Cursor,
    Day,
    Id,
    Instant,
    Limit,
    Page,
    Since,
    StrictRoute,
    said_already,
)
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["machinery"], route_class=StrictRoute)
READ, WRITE = [allow("machinery.read")], [allow("machinery.write")]


class By(StrEnum):
    """What a summary's lines are of."""

    TOWN = "town"
    CLASS = "class"


@router.get("/machinery/classes", response_model=Page[MachineClassRead], dependencies=READ)
def list_classes(session: SessionDep) -> Page[MachineClassRead]:
    """List the classes of machinery."""
    found = queries.classes(session)
    return Page(items=[MachineClassRead.model_validate(each) for each in found])


@router.get("/machinery/summary", response_model=MachinerySummary, dependencies=READ)
def read_summary(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    by: By = By.TOWN,
) -> MachinerySummary:
    """Return machines repaired, fitness and people trained, by town or by class."""
    asked = queries.period(session, since, as_of, known_at, area)
    return queries.summary(session, asked, by=by.value)


@router.get("/machinery/registers", response_model=Page[RegisterRead], dependencies=READ)
def list_registers(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[RegisterRead]:
    """List the newest register of each town and class on a day."""
    found = queries.registers(session, queries.period(session, None, as_of, known_at, area))
    return Page(items=[RegisterRead.model_validate(each) for each in found.values()])


@router.post(
    "/machinery/registers",
    status_code=201,
    response_model=RegisterRead,
    responses=said_already(RegisterRead),
    dependencies=WRITE,
)
def file_register(
    session: SessionDep, response: Response, given: RegisterCreate
) -> MachineRegister:
    """Enter a town's register of a class."""
    found, is_new = actions.file_register(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/machinery/registers/{register_id}/withdraw", response_model=RegisterRead, dependencies=WRITE
)
def withdraw_register(session: SessionDep, register_id: Id, given: Withdraw) -> MachineRegister:
    """Say that a register was entered in error."""
    return actions.withdraw_register(session, register_id, given.reason)


@router.get("/machines", response_model=Page[MachineRead], dependencies=READ)
def list_machines(
    session: SessionDep, area: AreaCode = "", cursor: Cursor = 0, limit: Limit = 500
) -> Page[MachineRead]:
    """List the machines that are known by themselves."""
    found = queries.machines(session, area, limit, cursor)
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=lives.shown(session, found), next=following)


@router.post(
    "/machines",
    status_code=201,
    response_model=MachineRead,
    responses=said_already(MachineRead),
    dependencies=WRITE,
)
def file_machine(session: SessionDep, response: Response, given: MachineCreate) -> Machine:
    """Enter one machine."""
    found, is_new = actions.file_machine(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/machines/{machine_id}", response_model=MachineCard, dependencies=READ)
def read_machine(session: SessionDep, machine_id: Id) -> MachineCard:
    """Return one machine with its repairs and its end."""
    return lives.card(session, machine_id)


@router.post(
    "/machines/{machine_id}/ends",
    status_code=201,
    response_model=EndRead,
    responses=said_already(EndRead),
    dependencies=WRITE,
)
def end_machine(
    session: SessionDep, response: Response, machine_id: Id, given: EndCreate
) -> MachineEnd:
    """Say from which day a machine is not in the register."""
    found, is_new = actions.end_machine(session, machine_id, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post("/machines/ends/{end_id}/withdraw", response_model=EndRead, dependencies=WRITE)
def withdraw_end(session: SessionDep, end_id: Id, given: Withdraw) -> MachineEnd:
    """Say that a machine did not end."""
    return actions.withdraw_end(session, end_id, given.reason)


@router.get("/repairs", response_model=Page[RepairRead], dependencies=READ)
def list_repairs(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[RepairRead]:
    """List the repairs of a period that hold."""
    found = queries.repairs(session, queries.period(session, since, as_of, known_at, area))
    return Page(items=[RepairRead.model_validate(each) for each in found])


@router.post(
    "/repairs",
    status_code=201,
    response_model=RepairRead,
    responses=said_already(RepairRead),
    dependencies=WRITE,
)
def file_repair(session: SessionDep, response: Response, given: RepairCreate) -> Repair:
    """Enter a repair of one machine, or of some of a class."""
    found, is_new = actions.file_repair(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post("/repairs/{repair_id}/withdraw", response_model=RepairRead, dependencies=WRITE)
def withdraw_repair(session: SessionDep, repair_id: Id, given: Withdraw) -> Repair:
    """Say that a repair was entered in error."""
    return actions.withdraw_repair(session, repair_id, given.reason)


@router.get("/trainings", response_model=Page[TrainingRead], dependencies=READ)
def list_trainings(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[TrainingRead]:
    """List the trainings of a period that hold, with how many attended."""
    asked = queries.period(session, since, as_of, known_at, area)
    return Page(items=queries.with_attendance(session, queries.trainings(session, asked)))


@router.get("/trainings/persons", response_model=Page[PersonTrained], dependencies=READ)
def list_persons(
    session: SessionDep,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[PersonTrained]:
    """List the different persons trained in a period, nameless, with where each of them was."""
    asked = queries.period(session, since, as_of, known_at, area)
    return Page(items=queries.persons(session, queries.trainings(session, asked)))


@router.post(
    "/trainings",
    status_code=201,
    response_model=TrainingRead,
    responses=said_already(TrainingRead),
    dependencies=WRITE,
)
def file_training(session: SessionDep, response: Response, given: TrainingCreate) -> TrainingRead:
    """Enter a training with who attended; names are not kept."""
    found, is_new = actions.file_training(session, given)
    response.status_code = 201 if is_new else 200
    return queries.with_attendance(session, [found])[0]


@router.post("/trainings/{training_id}/withdraw", response_model=TrainingRead, dependencies=WRITE)
def withdraw_training(session: SessionDep, training_id: Id, given: Withdraw) -> TrainingRead:
    """Say that a training was entered in error."""
    found = actions.withdraw_training(session, training_id, given.reason)
    return queries.with_attendance(session, [found])[0]
