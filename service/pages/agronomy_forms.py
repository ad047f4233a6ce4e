"""What comes in by the forms of the agronomy page: a reading, a survey, a table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Form
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from service.agronomy import imports, pest_actions, water_actions
from service.agronomy.pest_schemas import SurveyCreate
from service.agronomy.water_schemas import ReadingCreate
from service.errors import Invalid, ServiceError, field_problems
from service.pages.page import PageFrame, see
from service.schemas import Strict, Text
from service.table_cells import number_of
from service.tables import ImportReport, Upload

TABLES: dict[str, tuple[str, str, Callable[[Session, Upload], ImportReport]]] = {
    "weather": ("逐日气象", "/api/v1/weather/imports/template", imports.import_weather),
    "readings": (
        "水库蓄水",
        "/api/v1/reservoirs/readings/imports/template",
        imports.import_readings,
    ),
    "surveys": ("病虫调查", "/api/v1/pest_surveys/imports/template", imports.import_surveys),
}
"""Kind -> what people call it, where its template is, who takes it."""
FIELD_TITLES = {
    "reservoir_code": "水库",
    "observed_on": "日期",
    "storage_m3": "蓄水量",
    "area_code": "镇",
    "plot_name": "地块",
    "plot_mu": "代表面积",
    "surveyed_on": "调查日期",
    "pest_code": "病虫",
    "sampled_m2": "取样面积",
    "live": "活虫数",
    "dead": "死虫数",
    "technicians": "技术人员",
    "reason": "更正原因",
}
S = TypeVar("S", bound=Strict)
Typed = Annotated[Text, Form()]


class ReadingForm(BaseModel):
    """A reading as it was typed."""

    reservoir_code: Text = ""
    observed_on: Text = ""
    storage_m3: Text = ""
    reason: Text = ""


class SurveyForm(BaseModel):
    """A survey as it was typed."""

    area_code: Text = ""
    plot_name: Text = ""
    plot_mu: Text = ""
    surveyed_on: Text = ""
    pest_code: Text = ""
    field_type: Text = ""
    method: Text = ""
    stage: Text = ""
    sampled_m2: Text = ""
    live: Text = ""
    dead: Text = ""
    technicians: Text = ""
    reason: Text = ""


@dataclass(frozen=True)
class Said:
    """What was sent with a form that is shown again, and what became of it."""

    where: str = ""
    """Of which form: reading, survey or table."""
    problem: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    report: ImportReport | None = None
    reading: ReadingForm = field(default_factory=ReadingForm)
    survey: SurveyForm = field(default_factory=SurveyForm)
    kind: str = "weather"


Show = Callable[[PageFrame, Said], Response]


def file_reading(page: PageFrame, typed: ReadingForm, show: Show) -> Response:
    """Take a reading, or show the form again and why not."""
    said = Said(where="reading", reading=typed)

    def take() -> None:
        values = _filled(typed) | _numbers(typed, "storage_m3")
        water_actions.file_reading(page.session, _made(ReadingCreate, values))

    return _taken(page, take, said, show)


def file_survey(page: PageFrame, typed: SurveyForm, show: Show) -> Response:
    """Take a survey, or show the form again and why not."""
    said = Said(where="survey", survey=typed)

    def take() -> None:
        values = _filled(typed) | _numbers(typed, "plot_mu", "sampled_m2")
        values |= {name: _whole(typed, name) for name in ("live", "dead") if name in values}
        values["technicians"] = _people(typed.technicians)
        pest_actions.file_survey(page.session, _made(SurveyCreate, values))

    return _taken(page, take, said, show)


def upload(page: PageFrame, kind: str, table: Upload, show: Show) -> Response:
    """Take a table, or show which rows cannot be taken and why."""
    said = Said(where="table", kind=kind)
    try:
        if kind not in TABLES:
            raise Invalid("请选是哪一种表", field="kind")
        if not table.content:
            raise Invalid("请先选一个文件", field="file")
        report = TABLES[kind][2](page.session, table)
    except ServiceError as refusal:
        return _again(page, refusal, said, show)
    return show(page, Said(where="table", kind=kind, report=report, rows=report.refused))


def _taken(page: PageFrame, take: Callable[[], None], said: Said, show: Show) -> Response:
    try:
        take()
    except ServiceError as refusal:
        return _again(page, refusal, said, show)
    return see(f"/agronomy?done=agronomy-{said.where}")


def _again(page: PageFrame, refusal: ServiceError, said: Said, show: Show) -> Response:
    # Some rows of a refused table may be written by now: a page that is shown is committed.
    page.session.rollback()
    told = {**vars(said), "problem": refusal.detail, "rows": refusal.members.get("rows", [])}
    answer = show(page, Said(**told))
    answer.status_code = refusal.status
    return answer


def _filled(typed: BaseModel) -> dict[str, Any]:
    return {name: value.strip() for name, value in typed if value.strip()}


def _numbers(typed: BaseModel, *names: str) -> dict[str, Any]:
    found = {name: number_of(getattr(typed, name)) for name in names if getattr(typed, name)}
    for name, value in found.items():
        if value is None:
            raise Invalid(f"{FIELD_TITLES[name]}:须是数字", field=name)
    return found


def _whole(typed: BaseModel, name: str) -> int:
    number = _numbers(typed, name)[name]
    if number != number.to_integral_value() or abs(number) >= 10**9:
        raise Invalid(f"{FIELD_TITLES[name]}:须是整数", field=name)
    return int(number)


def _people(text: str) -> list[str]:
    for mark in "、;；,，|":
        text = text.replace(mark, " ")
    return text.split()


def _made(schema: type[S], values: dict[str, Any]) -> S:
    try:
        return schema(**values)
    except ValidationError as error:
        first = field_problems(error.errors(include_url=False))[0]
        title = FIELD_TITLES.get(first["field"])
        said = f"{title}:{first['allowed']}" if title else first["allowed"]
        raise Invalid(said, field=first["field"]) from None
