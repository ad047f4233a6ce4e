"""Tables of the machinery book."""

from sqlalchemy.orm import Session

from service.machinery import actions, queries
from service.machinery.models import Outcome
from service.machinery.schemas import RegisterCreate, RepairCreate
from service.tables import Column, ImportReport, Kind, Layout, Upload, import_rows

OUTCOME_TEXT = {"完好": Outcome.FIT, "修复": Outcome.FIT, "待件": Outcome.WAITING}
OUTCOME_TEXT |= {"待修": Outcome.WAITING, "报废": Outcome.SCRAPPED}
TOWN_COLUMN = Column("area_code", ("镇", "所在镇村", "区划代码", "area_code"), Kind.AREA, {}, True)


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


def repair_layout(session: Session) -> Layout[RepairCreate]:
    """Return the table of repairs by class."""
    return Layout(
        kind="repairs",
        title="农机检修",
        schema=RepairCreate,
        columns=(
            TOWN_COLUMN,
            _class_column(session),
            Column("n_machines", ("台数", "检修台数", "n_machines"), Kind.INTEGER, {}, True),
            Column("repaired_on", ("检修日期", "repaired_on"), Kind.DAY, {}, True),
            Column("team", ("检修队", "team")),
            Column("items", ("检修内容", "items")),
            Column("outcome", ("结果", "outcome"), Kind.CHOICE, OUTCOME_TEXT, True),
            Column("cost_yuan", ("费用(元)", "费用", "cost_yuan"), Kind.NUMBER),
        ),
    )


def import_registers(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of registers."""
    layout = register_layout(session)
    return import_rows(
        session, upload, layout, lambda item: actions.file_register(session, item)[1]
    )


def import_repairs(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of repairs."""
    layout = repair_layout(session)
    return import_rows(session, upload, layout, lambda item: actions.file_repair(session, item)[1])
