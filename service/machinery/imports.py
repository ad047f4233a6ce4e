"""Tables of the machinery book."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlalchemy.orm import Session

from service import records
from service.errors import Invalid
from service.machinery import actions, lives, queries
from service.machinery.models import Audience, Outcome, Repair
from service.machinery.schemas import (
    Attendee,
    MachineCreate,
    RegisterCreate,
    RepairCreate,
    RepairRow,
    TrainingCreate,
)
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows

OUTCOME_TEXT = {"完好": Outcome.FIT, "修复": Outcome.FIT, "待件": Outcome.WAITING}
OUTCOME_TEXT |= {"待修": Outcome.WAITING, "报废": Outcome.SCRAPPED}
AUDIENCE_TEXT = {"机手": Audience.OPERATOR, "修理工": Audience.MECHANIC}
AUDIENCE_TEXT |= {"农技人员": Audience.TECHNICIAN, "合作社": Audience.COOPERATIVE}
ATTENDEE = re.compile(r"\s*(\S[^::]{0,63}?)\s*[::]\s*(\d{4})\s*")
TOWN_COLUMN = Column("area_code", ("镇", "所在镇村", "区划代码", "area_code"), Kind.AREA, {}, True)


def _attendees(given: Any) -> Any:
    """Split what stands in the cell into names and the last digits of phones."""
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return given
    people = []
    for each in given:
        found = ATTENDEE.fullmatch(each)
        if found is None:
            raise ValueError(f"“{each}”写成 姓名:手机后四位,例如 陈大文:1234")
        people.append({"name": found[1], "phone4": unicodedata.normalize("NFKC", found[2])})
    return people


def _class_column(session: Session) -> Column:
    names = {each.name: each.code for each in queries.classes(session)}
    return Column("class_code", ("机具类别", "类别", "class_code"), Kind.CHOICE, names, True)


def register_layout(session: Session) -> Layout[RegisterCreate]:
    """Return the table of registers."""
    return Layout(
        kind="machine_registers",
        title="农机在册数",
        schema=RegisterCreate,
        columns=(
            TOWN_COLUMN,
            _class_column(session),
            Column("counted_on", ("统计日期", "counted_on"), Kind.DAY, {}, True),
            Column("n_registered", ("在册台数", "n_registered"), Kind.INTEGER, {}, True),
            Column("n_fit", ("完好台数", "n_fit"), Kind.INTEGER, {}, True),
        ),
    )


def repair_layout(session: Session) -> Layout[RepairRow]:
    """Return the table of repairs: of a machine by its plate, or of several of a class."""
    return Layout(
        kind="repairs",
        title="农机检修",
        schema=RepairRow,
        columns=(
            TOWN_COLUMN,
            Column("plate", ("号牌", "号牌号码", "plate"), hint="单台填号牌,成批填类别和台数"),
            replace(_class_column(session), is_required=False),
            Column("n_machines", ("台数", "检修台数", "n_machines"), Kind.INTEGER),
            Column("repaired_on", ("检修日期", "repaired_on"), Kind.DAY, {}, True),
            Column("team", ("检修队", "team")),
            Column("items", ("检修内容", "items")),
            Column("outcome", ("结果", "outcome"), Kind.CHOICE, OUTCOME_TEXT, True),
            Column("cost_yuan", ("费用(元)", "费用", "cost_yuan"), Kind.NUMBER),
        ),
    )


def machine_layout(session: Session) -> Layout[MachineCreate]:
    """Return the table of single machines."""
    return Layout(
        kind="machines",
        title="农机登记",
        schema=MachineCreate,
        columns=(
            TOWN_COLUMN,
            _class_column(session),
            Column("plate", ("号牌", "号牌号码", "plate"), hint="拖拉机、联合收割机必填"),
            Column("serial", ("出厂编号", "机架号", "serial")),
            Column("owner_name", ("机主", "所有人", "owner_name")),
            Column("registered_on", ("登记日期", "registered_on"), Kind.DAY, {}, True),
            Column("is_visiting", ("跨区作业", "外来", "is_visiting"), Kind.FLAG, hint="是 或 否"),
        ),
    )


class TrainingRow(TrainingCreate):
    """A row of the table of trainings: who attended stands in one cell."""

    attendees: Annotated[
        list[Attendee], BeforeValidator(_attendees), Field(min_length=1, max_length=2000)
    ]


def training_layout(_: Session) -> Layout[TrainingRow]:
    """Return the table of trainings."""
    return Layout(
        kind="trainings",
        title="农机培训",
        schema=TrainingRow,
        columns=(
            TOWN_COLUMN,
            Column("topic", ("培训内容", "主题", "topic"), is_required=True),
            Column("held_on", ("培训日期", "日期", "held_on"), Kind.DAY, {}, True),
            Column("audience", ("对象", "audience"), Kind.CHOICE, AUDIENCE_TEXT, True),
            Column("place", ("地点", "place")),
            Column("trainer", ("讲师", "trainer")),
            Column("n_planned", ("计划人数", "n_planned"), Kind.INTEGER),
            Column(
                "attendees",
                ("参训人员", "学员", "attendees"),
                Kind.LIST,
                {},
                True,
                "姓名:手机后四位,几人用顿号隔开,如 陈大文:1234、李明:5678",
            ),
        ),
    )


def file_repair_row(session: Session, row: RepairRow) -> tuple[Repair, bool]:
    """Enter a repair whose machine is told by its plate, or a group."""
    given = row.model_dump(exclude={"plate"})
    if row.plate is not None:
        machine = lives.bearing(session, row.plate, row.repaired_on)
        if row.class_code not in {None, machine.class_code}:
            raise Invalid("这块号牌的机具登记的是另一类别;请核对号牌和类别", field="class_code")
        given |= {"machine_id": machine.id, "class_code": None}
    return actions.file_repair(session, RepairCreate(**given))


LAYOUTS: dict[str, Callable[[Session], Layout[Any]]] = {
    "machine_registers": register_layout,
    "machines": machine_layout,
    "repairs": repair_layout,
    "trainings": training_layout,
}
FILE: dict[str, Callable[[Session, Any], tuple[Any, bool]]] = {
    "machine_registers": actions.file_register,
    "machines": actions.file_machine,
    "repairs": file_repair_row,
    "trainings": actions.file_training,
}
"""What a row of each table is filed by."""


def import_table(session: Session, kind: str, upload: Upload) -> ImportReport:
    """Enter a table of one kind: all of it, or nothing and a report by row."""
    records.take_turn(session)
    return import_rows(
        session, upload, LAYOUTS[kind](session), lambda item: FILE[kind](session, item)[1]
    )
