"""How people write headings, choices and numbers in their tables. Pure."""

import unicodedata
from decimal import Decimal, InvalidOperation

from service.files import Cell
from service.sowing import rules
from service.sowing.models import Basis, Method, Reason

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


def folded(text: Cell) -> str:
    """Return a text as it is compared: full-width folded, no spaces, small letters."""
    return unicodedata.normalize("NFKC", str(text or "")).strip().lower().replace(" ", "")


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


def number_of(cell: Cell) -> Decimal | None:
    """Read a number as people write it: full-width digits, thousands separators."""
    if isinstance(cell, Decimal):
        return cell
    if not isinstance(cell, str):
        return None
    plain = folded(cell).replace(",", "").removesuffix("亩")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() and plain[:1] not in {"+", "="} else None


BOUNDS = {
    "greater than or equal to 0": "面积不能是负数",
    "less than or equal to 9999999.99": "面积过大,请核实单位是否为亩",
    "at most": "文字过长",
}


def in_chinese(reason: str) -> str:
    """Say in Chinese why a figure is out of its bounds."""
    return next((text for part, text in BOUNDS.items() if part in reason), reason)
