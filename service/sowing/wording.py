"""How people write headings, choices and numbers in their tables. Pure."""

from decimal import Decimal

from service.files import Cell
from service.sowing import rules
from service.sowing.models import Basis, Method, Reason
from service.table_cells import folded, number_of

CODE, NAME, CROP, METHOD, MU = "area_code", "name", "crop_code", "method", "cumulative_mu"
AS_OF, BASIS, REASON, NOTE = "as_of", "basis", "reason", "note"
HEADINGS: dict[str, tuple[str, ...]] = {
    CODE: ("村代码", "区划代码", "代码", "area_code"),
    NAME: ("村名", "村", "名称", "name"),
    CROP: ("作物", "作物代码", "crop_code", "crop"),
    METHOD: ("方式", "播种方式", "method"),
    MU: ("累计面积(亩)", "累计面积", "累计亩", "cumulative_mu"),
    AS_OF: ("报告日", "截至日期", "as_of"),
    BASIS: ("依据", "basis"),
    REASON: ("更正原因", "原因", "reason"),
    NOTE: ("备注", "note"),
}
TITLES = {
    CODE: "村代码",
    NAME: "村名",
    BASIS: "依据",
    REASON: "更正原因",
    NOTE: "备注",
}
NOT_GROWN = frozenset({"无", "无此作物", "不种", "not_grown"})


FIELD_OF_HEADING = {
    folded(heading): name for name, headings in HEADINGS.items() for heading in headings
}
METHOD_OF_TEXT = {folded(text): each for each, text in rules.METHOD_TEXT.items()} | {
    each.value: each for each in Method
}
BASIS_OF_TEXT = {folded(text): each for each, text in rules.BASIS_TEXT.items()} | {
    each.value: each for each in Basis
}
REASON_OF_TEXT = {folded(text): each for each, text in rules.REASON_TEXT.items()} | {
    each.value: each for each in Reason
}


def mu_of(cell: Cell) -> Decimal | None:
    """Read an area as people write it, with or without its unit."""
    return number_of(cell.strip().removesuffix("亩") if isinstance(cell, str) else cell)


BOUNDS = {
    "greater than or equal to 0": "面积不能是负数",
    "less than or equal to 9999999.99": "面积过大,请核实单位是否为亩",
    "at most": "文字过长",
}


def in_chinese(reason: str) -> str:
    """Say in Chinese why a figure is out of its bounds."""
    return next((text for part, text in BOUNDS.items() if part in reason), reason)
