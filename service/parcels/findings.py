"""What exams found: by parcel, by import, as a workbook."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import xlsxwriter
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.files import MADE
from service.parcels.models import ExamFinding, ImportState, LandImport
from service.parcels.schemas import FindingRead

RULE_TEXT = {
    "geometry.empty": "没有图形",
    "geometry.type": "不是面",
    "geometry.invalid": "图形自相交或不闭合",
    "geometry.duplicate": "图形重复",
    "geometry.overlap": "图形重叠",
    "geometry.outside": "在本县范围外",
    "geometry.crosses_county": "跨出县界",
    "geometry.sliver": "碎面或狭长面",
    "geometry.gap": "与村界之间有缝隙",
    "geometry.area": "申报面积与椭球面积不符",
    "geometry.vertices": "边界点过多",
    "land.survey-code-missing": "缺标识码",
    "land.survey-code-repeated": "标识码重复",
    "land.land-class-missing": "缺地类编码",
    "land.location-missing": "缺坐落单位代码",
    "land.location-form": "坐落单位代码写法不对",
    "land.owner-form": "权属单位代码写法不对",
    "land.parcel-number-repeated": "同一坐落内图斑编号重复",
    "land.land-class-unknown": "没有这个地类编码",
    "land.planting-unknown": "没有这个种植属性",
    "land.cropland-without-slope": "耕地缺坡度级别",
    "land.cropland-without-planting": "耕地缺种植属性",
    "land.slope-unknown": "坡度级别不对",
    "land.terrain-unknown": "耕地类型不对",
    "land.slope-without-terrain": "坡耕地缺耕地类型",
    "land.terrain-of-flat": "平地填了耕地类型",
    "land.other-with-terrain": "非耕地填了耕地类型",
    "land.other-with-slope": "非耕地填了坡度级别",
    "land.other-with-ratio": "非耕地填了扣除系数",
    "land.other-with-deduction": "非耕地填了扣除地类",
    "land.other-with-planting": "非耕地填了耕地的种植属性",
    "land.deduction-class": "扣除地类不对",
    "land.settlement-missing": "缺城镇村属性码",
    "land.settlement-unknown": "没有这个城镇村属性码",
    "land.refinement-unknown": "没有这个图斑细化代码",
    "land.width-of-no-strip": "非线状地物填了宽度",
    "land.road-too-wide": "农村道路过宽",
    "land.area-missing": "缺图斑面积",
    "land.ratio-range": "扣除系数超出范围",
    "land.deducted-area": "扣除面积算得不对",
    "land.net-area": "图斑地类面积算得不对",
    "land.ownership-unknown": "没有这个权属性质",
    "land.enclave": "飞入地标识不对",
    "land.year": "数据年份不可信",
}
"""Every rule of the exam by its title."""
SEVERITY_TEXT = {"block": "阻断", "warn": "提示"}
HEADINGS = ("级别", "规则", "行号", "另一行", "标识码", "说明", "数值", "经度", "纬度")
WIDTHS = (6, 22, 8, 8, 22, 60, 40, 12, 12)


def in_book() -> ColumnElement[bool]:
    """Return the criterion that a finding is of an import that went into the book.

    By table: the file may be of the whole county, and yet a finding in it of one's own town.
    """
    imports = LandImport.__table__
    committed = select(imports.c.id).where(imports.c.state == ImportState.COMMITTED)
    return ExamFinding.import_id.in_(committed)


def of_parcel(session: Session, uid: UUID) -> list[FindingRead]:
    """Return what the exams of what is in the book found about one parcel."""
    query = select(ExamFinding).where(ExamFinding.uid == uid, in_book()).order_by(ExamFinding.id)
    return [read(each) for each in session.scalars(query)]


def of_import(
    session: Session, import_id: UUID, *, rule: str | None, after: int, limit: int
) -> tuple[list[ExamFinding], int | None]:
    """Return one page of what was found in a file."""
    query = select(ExamFinding).where(ExamFinding.import_id == import_id, ExamFinding.id > after)
    if rule is not None:
        query = query.where(ExamFinding.rule == rule)
    found = list(session.scalars(query.order_by(ExamFinding.id).limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def counts(session: Session, import_id: UUID) -> list[tuple[str, str, int]]:
    """Return (severity, rule, number) of an import's findings, the gravest first."""
    query = (
        select(ExamFinding.severity, ExamFinding.rule, func.count())
        .where(ExamFinding.import_id == import_id)
        .group_by(ExamFinding.severity, ExamFinding.rule)
        .order_by(ExamFinding.severity, ExamFinding.rule)
    )
    return [(severity, rule, n) for severity, rule, n in session.execute(query)]


def read(finding: ExamFinding) -> FindingRead:
    """Show one finding, with its place."""
    place = finding.geometry.representative_point() if finding.geometry is not None else None
    return FindingRead(
        rule=finding.rule,
        rule_name=RULE_TEXT.get(finding.rule, finding.rule),
        severity=finding.severity,
        source_row=finding.source_row,
        other_row=finding.other_row,
        survey_code=finding.survey_code,
        uid=finding.uid,
        numbers=json.loads(finding.numbers),
        message=finding.message,
        lon=place.x if place else None,
        lat=place.y if place else None,
    )


def feature(finding: ExamFinding) -> dict[str, Any]:
    """Return one finding as a GeoJSON feature."""
    shown = read(finding)
    return {
        "type": "Feature",
        "id": finding.id,
        "geometry": finding.geometry.__geo_interface__ if finding.geometry is not None else None,
        "properties": shown.model_dump(mode="json"),
    }


def collection(found: list[ExamFinding]) -> bytes:
    """Return findings with a place as a GeoJSON collection."""
    features = [feature(each) for each in found if each.geometry is not None]
    content = {"type": "FeatureCollection", "features": features}
    return json.dumps(content, ensure_ascii=False).encode()


def workbook(session: Session, import_id: UUID) -> bytes:
    """Return an import's findings as a workbook; text stays text, whatever it begins with."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties(MADE)
    sheet, bold = book.add_worksheet("体检问题"), book.add_format({"bold": True})
    for column, (text, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        sheet.write_string(0, column, text, bold)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    n = 0
    for n, cells in enumerate(_rows(session, import_id), start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(n, column, cell)
            elif cell is not None:
                sheet.write_number(n, column, cell)
    sheet.autofilter(0, 0, n, len(HEADINGS) - 1)
    book.close()
    return content.getvalue()


def _rows(session: Session, import_id: UUID) -> Iterator[tuple[str | float | None, ...]]:
    query = select(ExamFinding).where(ExamFinding.import_id == import_id).order_by(ExamFinding.id)
    for each in session.scalars(query):
        found = read(each)
        numbers = ";".join(f"{name}={value:.6g}" for name, value in found.numbers.items())
        yield (
            SEVERITY_TEXT[found.severity],
            found.rule_name,
            found.source_row,
            found.other_row,
            found.survey_code,
            found.message,
            numbers,
            found.lon,
            found.lat,
        )
