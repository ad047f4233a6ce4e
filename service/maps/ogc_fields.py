"""What the features of a collection tell: names, types and titles of their properties."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Boolean, Date, Enum, Float, Integer, Numeric, Uuid
from sqlalchemy.types import TypeDecorator

from service.columns import UtcInstant

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "uid": "编号",
        "area_code": "区划代码",
        "valid_from": "起效日",
        "valid_to": "失效日",
        "recorded_at": "入库时刻",
        "ended_at": "终止时刻",
        "survey_code": "标识码",
        "parcel_number": "图斑编号",
        "land_class": "地类编码",
        "planting_attribute": "种植属性代码",
        "ownership": "权属性质",
        "owner_code": "权属单位代码",
        "location_code": "坐落单位代码",
        "location_name": "坐落单位名称",
        "deduction_class": "扣除地类编码",
        "deduction_ratio": "扣除地类系数",
        "terrain": "耕地类型",
        "slope_grade": "耕地坡度级别",
        "strip_width_m": "线状地物宽度(米)",
        "refinement": "图斑细化代码",
        "settlement_attribute": "城镇村属性码",
        "is_enclave": "飞入地",
        "source_year": "数据年份",
        "declared_area_m2": "图斑面积(平方米)",
        "deducted_area_m2": "扣除地类面积(平方米)",
        "net_area_m2": "图斑地类面积(平方米)",
        "ellipsoidal_area_m2": "椭球面积(平方米)",
        "remark": "备注",
        "attributes": "来源文件的其他字段",
        "village_share": "在所属村的面积占比",
        "village_margin": "领先次多村的占比",
        "is_repaired": "入库时修复过图形",
        "exam": "体检结果",
        "name": "名称",
        "level": "级别",
        "kind": "批准类型",
        "document_no": "批准文号",
        "issued_by": "批准机关",
        "note": "说明",
        "end_reason": "撤回原因",
        "import_id": "导入编号",
        "rule": "规则",
        "severity": "轻重",
        "source_row": "文件中的行号",
        "other_row": "相关的行号",
        "numbers": "数值",
        "message": "说明",
    }
)
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"exam": ("ok", "warn", "block"), "severity": ("warn", "block")}
)
JSON_COLUMNS = frozenset({"attributes", "numbers"})

Write = Callable[[Any], Any]


@dataclass(frozen=True)
class Field:
    """One property of the features of a collection."""

    name: str
    schema: Mapping[str, Any]
    write: Write
    """Turns a value of the column into what JSON can hold; never called with none."""

    @property
    def type(self) -> str:
        """The property's JSON type."""
        return str(self.schema["type"])


def _as_it_is(value: Any) -> Any:
    return value


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _day(value: date) -> str:
    return value.isoformat()


def _instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _object(value: str) -> Any:
    return json.loads(value, parse_constant=lambda _: None)


KINDS: tuple[tuple[Any, dict[str, Any], Write], ...] = (
    (Uuid, {"type": "string", "format": "uuid"}, str),
    (Boolean, {"type": "boolean"}, _as_it_is),
    (UtcInstant, {"type": "string", "format": "date-time"}, _instant),
    (Date, {"type": "string", "format": "date"}, _day),
    (Integer, {"type": "integer"}, _as_it_is),
    ((Numeric, Float), {"type": "number"}, _number),
)
"""JSON's type for each column type, the first that fits; anything else is text."""


def field_of(name: str, column_type: Any) -> Field:
    """Return the property that shows a column."""
    title = {"title": TITLES[name]}
    if name in JSON_COLUMNS:
        return Field(name, title | {"type": "object"}, _object)
    inner = column_type.impl if isinstance(column_type, TypeDecorator) else column_type
    for kind, schema, write in KINDS:
        if isinstance(column_type, kind) or isinstance(inner, kind):
            return Field(name, title | schema, write)
    choices = column_type.enums if isinstance(column_type, Enum) else CHOICES.get(name)
    limits = {"enum": list(choices)} if choices else {}
    return Field(name, title | {"type": "string"} | limits, str)
