"""What the land desk says: stages, states, columns and numbers in the words of the bureau."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from inspections.units import M2_PER_MU
from service.landfiles import canonical, presets
from service.landfiles.limits import STAGES
from service.parcels.codes import KIND_TEXT
from service.parcels.models import ImportState, LandKind

STAGE_TEXT = {
    "surroundings": "取出账本和界线",
    "read": "读取文件",
    "geometry": "解析图形",
    "reference": "判断坐标系",
    "attributes": "对应字段",
    "exam": "体检图形和属性",
    "compare": "与账本比对",
    "write": "写出结果",
    "insert": "写入新版本",
    "end": "终止旧版本",
    "lineage": "记录沿革",
    "overlay": "叠加永久基本农田",
}
STEPS = {
    ImportState.READING: ("surroundings", *STAGES),
    ImportState.COMMITTING: ("insert", "end", "lineage", "overlay"),
}
TONE = {
    ImportState.READING: "plain",
    ImportState.ASKING: "warn",
    ImportState.READY: "warn",
    ImportState.REFUSED: "bad",
    ImportState.COMMITTING: "plain",
    ImportState.COMMITTED: "good",
    ImportState.DISCARDED: "idle",
}
FILE_KIND_TEXT = {
    "shapefile": "Shapefile",
    "gpkg": "GeoPackage",
    "filegdb": "FileGDB",
    "geojson": "GeoJSON",
    "parquet": "GeoParquet",
}
KINDS = tuple(LandKind)
"""What a file can be imported as."""
ENCODINGS = {
    "utf-8": "UTF-8",
    "gb18030": "GB18030(含 GBK、GB2312)",
    "big5": "Big5",
    "cp1252": "西文",
}
DAY_TEXT = {
    "given": "您填写的",
    "source_year": "文件数据年份 SJNF 的年末(年末未到的,取检查那天)",
    "today": "今天(文件没有数据年份)",
}
HISTORY_TEXT = {
    "land.upload": "上传",
    "land.read": "读完并检查",
    "land.ask": "读到要您回答的地方",
    "land.answer": "改选项,重新检查",
    "land.refuse": "停下",
    "land.commit": "入账",
    "land.discard": "作废",
}
TYPE_TEXT = {
    "bool": "是否",
    "int": "整数",
    "uint": "整数",
    "float": "小数",
    "double": "小数",
    "decimal": "小数",
    "date": "日期",
    "timestamp": "时间",
    "binary": "二进制",
}
KIB, MIB = 2**10, 2**20


def type_text(arrow: str) -> str:
    """Name the type of a file's field."""
    return next((text for start, text in TYPE_TEXT.items() if arrow.startswith(start)), "文字")


@cache
def column_texts() -> dict[str, str]:
    """Return our columns with their names, as the survey calls them."""
    named: dict[str, str] = {}
    for each in presets.land_fields():
        if each.canonical:
            named.setdefault(each.canonical, f"{each.name_zh} {each.names[0]}")
    return {name: named.get(name, name) for name in canonical.COLUMNS}


def count(value: int | None) -> str:
    """Write a count with thousands separators."""
    return "—" if value is None else f"{value:,}"


def mu(area_m2: float | None) -> str:
    """Write an area in mu."""
    return "—" if area_m2 is None else f"{area_m2 / M2_PER_MU:,.2f}"


def signed_share(share: float | None) -> str:
    """Write a difference as a percentage with its sign."""
    if share is None:
        return "—"
    text = f"{share:+.3%}".replace("-", "\N{MINUS SIGN}")
    return text if text.strip("+\N{MINUS SIGN}") != "0.000%" else "0.000%"


def size(n_bytes: int) -> str:
    """Write the size of a file."""
    if n_bytes >= MIB:
        return f"{n_bytes / MIB:,.1f} MB"
    return f"{max(n_bytes / KIB, 0.1):,.1f} KB"


def consequence(kind: LandKind | None, standing: Mapping[str, int], day: Any) -> str:
    """Say in plain words what goes into the book."""
    if kind is LandKind.OUTLINES:
        total = standing["new"] + standing["changed"]
        return f"将按行政区代码写入 {total:,} 条界线,账上已有的代码换成新界线,有效日 {day}"
    verbs = {"new": "新增", "changed": "更新", "gone": "终止"}
    parts = [f"{verb} {standing[name]:,} 个" for name, verb in verbs.items() if standing[name]]
    if not parts:
        return "文件与账上完全一致;入账后图斑不变,只留下这次导入的记录"
    noun = "基本农田图斑" if kind is LandKind.FARMLAND else "图斑"
    return f"将{'、'.join(parts)}{noun},有效日 {day}"


def kind_text(kind: LandKind | None, report: Mapping[str, Any]) -> str | None:
    """Name what a file is, once that is known and not only assumed."""
    is_assumed = report.get("state") == "needs_mapping" and not report.get("mapping")
    return None if kind is None or is_assumed else KIND_TEXT[kind]
