"""What the tests of every operation must know of this book: see `tests/books.py`."""

from datetime import date
from uuid import uuid4

from service import audit
from service.accounts.models import Account
from service.machinery.models import (
    Audience,
    EndCause,
    Machine,
    MachineEnd,
    MachineRegister,
    Outcome,
    Repair,
    Training,
)

A = "/api/v1"
CORRECTING = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0c001",
    "supersedes_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0c002",
    "reason": "台数录错",
}
REGISTER = {
    **CORRECTING,
    "area_code": "441803102",
    "class_code": "TILL_R",
    "counted_on": "2023-01-10",
    "n_registered": 40,
    "n_fit": 35,
}
MACHINE = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0c003",
    "area_code": "441803102",
    "class_code": "TRAC_W",
    "plate": "粤18-12345",
    "serial": "LF804-0001",
    "owner_name": "陈大文",
    "registered_on": "2020-03-01",
    "is_visiting": False,
}
END = {**CORRECTING, "ended_on": "2023-03-20", "cause": "sold"}
REPAIR = {
    **CORRECTING,
    "area_code": "441803102",
    "machine_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0c004",
    "class_code": "TILL_R",
    "n_machines": 1,
    "repaired_on": "2023-03-10",
    "team": "太和农机服务队",
    "items": "换刀片、轴承",
    "outcome": "fit",
    "cost_yuan": 120.5,
}
TRAINING = {
    **CORRECTING,
    "area_code": "441803102",
    "topic": "插秧机操作",
    "held_on": "2023-03-12",
    "place": "镇农技站",
    "trainer": "李老师",
    "audience": "operator",
    "n_planned": 30,
    "attendees": [{"name": "陈大文", "phone4": "1234"}],
}


def _body(make):
    return lambda place: {"json": make(place)}


def _area(place):
    return {"params": {"area": place.area}}


def _nothing(_):
    return {}


def _plain(body: dict, *without: str):
    dropped = {*CORRECTING, *without}
    kept = {key: value for key, value in body.items() if key not in dropped}
    if "area_code" not in kept:
        return lambda _: kept
    return lambda place: kept | {"area_code": place.area, **_stamp(kept)}


def _stamp(kept: dict) -> dict:
    return {"owner_name": uuid4().hex[:6]} if "plate" in kept else {}


def _table(heading: str, row: str):
    return lambda place: {
        "files": {"file": ("t.csv", f"{heading}\n{row.format(place.area)}\n".encode(), "text/csv")}
    }


REQUESTS = {
    ("GET", f"{A}/machinery/classes"): _nothing,
    ("GET", f"{A}/machinery/summary"): _area,
    ("GET", f"{A}/machinery/capacity"): lambda place: {
        "params": {"season": "2023-spring", "area": place.area, "as_of": "2023-04-20"}
    },
    ("GET", f"{A}/machinery/registers"): _area,
    ("POST", f"{A}/machinery/registers"): _body(_plain(REGISTER)),
    ("GET", f"{A}/machinery/registers/imports/template"): _nothing,
    ("POST", f"{A}/machinery/registers/imports"): _table(
        "镇,机具类别,统计日期,在册台数,完好台数", "{},旋耕机,2023-01-11,41,36"
    ),
    ("POST", f"{A}/machinery/registers/{{register_id}}/withdraw"): _body(
        lambda _: {"reason": "录错了"}
    ),
    ("GET", f"{A}/machines"): _area,
    ("GET", f"{A}/machines/imports/template"): _nothing,
    ("POST", f"{A}/machines/imports"): _table("镇,机具类别,登记日期", "{},旋耕机,2023-03-11"),
    ("GET", f"{A}/machines/{{machine_id}}"): _nothing,
    ("POST", f"{A}/machines/{{machine_id}}/ends"): _body(_plain(END)),
    ("POST", f"{A}/machines/ends/{{end_id}}/withdraw"): _body(lambda _: {"reason": "录错了"}),
    ("POST", f"{A}/machines"): _body(_plain(MACHINE)),
    ("GET", f"{A}/repairs"): _area,
    ("POST", f"{A}/repairs"): _body(_plain(REPAIR, "machine_id")),
    ("GET", f"{A}/repairs/imports/template"): _nothing,
    ("POST", f"{A}/repairs/imports"): _table(
        "镇,机具类别,台数,检修日期,结果", "{},旋耕机,2,2023-03-11,完好"
    ),
    ("POST", f"{A}/repairs/{{repair_id}}/withdraw"): _body(lambda _: {"reason": "录错了"}),
    ("GET", f"{A}/trainings"): _area,
    ("GET", f"{A}/trainings/persons"): _area,
    ("POST", f"{A}/trainings"): _body(_plain(TRAINING)),
    ("GET", f"{A}/trainings/imports/template"): _nothing,
    ("POST", f"{A}/trainings/imports"): _table(
        "镇,培训内容,培训日期,对象,参训人员", "{},安全操作,2023-03-11,机手,陈大文:1234"
    ),
    ("POST", f"{A}/trainings/{{training_id}}/withdraw"): _body(lambda _: {"reason": "录错了"}),
}
BODIES = {
    ("POST", f"{A}/machinery/registers"): REGISTER,
    ("POST", f"{A}/machinery/registers/{{register_id}}/withdraw"): {"reason": "录错了"},
    ("POST", f"{A}/machines"): MACHINE,
    ("POST", f"{A}/machines/{{machine_id}}/ends"): END,
    ("POST", f"{A}/machines/ends/{{end_id}}/withdraw"): {"reason": "录错了"},
    ("POST", f"{A}/repairs"): REPAIR,
    ("POST", f"{A}/repairs/{{repair_id}}/withdraw"): {"reason": "录错了"},
    ("POST", f"{A}/trainings"): TRAINING,
    ("POST", f"{A}/trainings/{{training_id}}/withdraw"): {"reason": "录错了"},
}
ROLE_OF = {"machin": "bureau", "repairs": "bureau", "trainings": "bureau"}
APPEND_ONLY = (
    *("machine_registers", "machines", "machine_ends", "repairs"),
    *("trainings", "training_attendees"),
)
NAMES = ("repair_id", "training_id", "register_id", "machine_id", "end_id")


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    with database.system_transaction() as session:
        common = {
            "area_code": area,
            "recorded_at": audit.instant(session),
            "recorded_by": session.query(Account.id).first()[0],
        }
        day = date(2023, 3, 1)

        def add(model, **values):
            made = model(**common, **values, content_digest=uuid4().hex)
            session.add(made)
            session.flush()
            return made

        register = add(
            MachineRegister,
            class_code="TILL_R",
            counted_on=day,
            n_registered=50,
            n_fit=40,
            is_withdrawal=False,
        )
        machine, gone = (
            add(Machine, class_code="TILL_R", registered_on=day, is_visiting=False)
            for _ in range(2)
        )
        end = add(
            MachineEnd,
            machine_id=gone.id,
            ended_on=day,
            cause=EndCause.SOLD,
            is_withdrawal=False,
        )
        repair = add(
            Repair,
            class_code="TILL_R",
            n_machines=3,
            is_verified=False,
            repaired_on=day,
            outcome=Outcome.FIT,
            is_withdrawal=False,
        )
        training = add(
            Training,
            topic="安全操作",
            held_on=day,
            audience=Audience.OPERATOR,
            is_withdrawal=False,
        )
        found = (repair, training, register, machine, end)
        return {name: str(each.id) for name, each in zip(NAMES, found, strict=True)}
