"""The page of the machines: towns, capacity, trainings, and what is entered there."""

from typing import Annotated, Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from service import records
from service.areas import queries as areas
from service.capacity import queries as capacity
from service.errors import Invalid
from service.machinery import actions, queries
from service.machinery.imports import AUDIENCE_TEXT, TrainingRow, file_repair_row
from service.machinery.models import Outcome
from service.machinery.schemas import RepairRow
from service.pages.board import BLANK
from service.pages.entry import attempt
from service.pages.page import PageFrame
from service.reporting import queries as reporting
from service.schemas import AreaCode, Day, Text

OUTCOMES = {"完好": Outcome.FIT, "待件": Outcome.WAITING, "报废": Outcome.SCRAPPED}
KINDS = ("machine_registers", "machines", "repairs", "trainings")
"""Tables that the page takes."""
TEMPLATES = {
    "machine_registers": "/api/v1/machinery/registers/imports/template",
    "machines": "/api/v1/machines/imports/template",
    "repairs": "/api/v1/repairs/imports/template",
    "trainings": "/api/v1/trainings/imports/template",
}
FIELDS = {
    "area_code": "镇村",
    "plate": "号牌",
    "class_code": "类别",
    "n_machines": "台数",
    "repaired_on": "检修日期",
    "outcome": "结果",
    "team": "检修队",
    "items": "检修内容",
    "topic": "培训内容",
    "held_on": "培训日期",
    "audience": "对象",
    "place": "地点",
    "trainer": "讲师",
    "attendees": "参训人员",
}
N_RECENT = 20
Typed = Annotated[Text, Field(max_length=10_000)]


class Asked(BaseModel):
    """Which day and town the page shows, and how many days there are to work."""

    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    days_left: Annotated[int | None, BLANK, Field(ge=0, le=120)] = None


class Form(BaseModel):
    """What was typed, as it was typed: it is judged by the book, and shown again if refused."""

    model_config = ConfigDict(extra="forbid")
    id: Typed = ""

    def filled(self) -> dict[str, Any]:
        """Return the fields that hold something."""
        return {name: text.strip() for name, text in self.model_dump().items() if text.strip()}


class RepairForm(Form):
    """One machine by its plate, or several of a class."""

    area_code: Typed = ""
    plate: Typed = ""
    class_code: Typed = ""
    n_machines: Typed = ""
    repaired_on: Typed = ""
    outcome: Typed = ""
    team: Typed = ""
    items: Typed = ""


class TrainingForm(Form):
    """A training; who attended stands on lines."""

    area_code: Typed = ""
    topic: Typed = ""
    held_on: Typed = ""
    audience: Typed = ""
    place: Typed = ""
    trainer: Typed = ""
    attendees: Typed = ""


def show(page: PageFrame, asked: Asked, **told: Any) -> dict[str, Any]:
    """Gather the figures of a day, and the forms of those who may enter."""
    day = asked.as_of or records.today(page.session)
    question = queries.period(page.session, None, day, None, asked.town or "")
    towns = areas.unit_names(page.session, within=page.viewer.area_code, level="town", on=day)
    found = queries.summary(page.session, question, by="town")
    repairs = queries.repairs(page.session, question)[: -N_RECENT - 1 : -1]
    trainings = queries.trainings(page.session, question)[: -N_RECENT - 1 : -1]
    classes = queries.classes(page.session)
    return {
        "asked": asked,
        "as_of": day,
        "today": records.today(page.session),
        "towns": towns,
        "seats": towns or _own_seat(page),
        "found": found,
        "capacity": _capacity(page, asked, day),
        "classes": {each.code: each.name for each in classes},
        "outcomes": {each.value: text for text, each in OUTCOMES.items()},
        "audiences": {each.value: text for text, each in AUDIENCE_TEXT.items()},
        "repairs": repairs,
        "trainings": queries.with_attendance(page.session, trainings),
        "kinds": KINDS,
        "templates": TEMPLATES,
        "repair": RepairForm(id=str(uuid4())),
        "training": TrainingForm(id=str(uuid4())),
        "problem": None,
        "brought": None,
    } | told


def _own_seat(page: PageFrame) -> dict[str, str]:
    """Return the village of a reader who has no town of their own."""
    code = page.viewer.area_code
    return {
        each: found.name for each, found in areas.villages_by_code(page.session, [code]).items()
    }


def _capacity(page: PageFrame, asked: Asked, day: Any) -> Any:
    """Return the capacity of the spring of that day; None where there is none to tell."""
    area = asked.town or page.viewer.area_code
    if not page.may("machinery.capacity.read") or len(area) > queries.TOWN:
        return None
    for season in reporting.seasons(page.session):
        if season.kind == capacity.SPRING and season.starts_on <= day <= season.ends_on:
            question = capacity.Question(season, area, day, days_left=asked.days_left)
            return capacity.capacity(page.session, question)
    return None


def enter_repair(page: PageFrame, form: RepairForm) -> dict[str, str] | None:
    """Enter a repair of one or of several; return the problem where it cannot be."""

    def enter() -> None:
        typed = form.filled()
        number = typed.pop("n_machines", "1" if "plate" in typed else "")
        if not number.isdecimal():
            raise Invalid("台数须是整数", field="n_machines")
        if "plate" in typed:
            typed.pop("class_code", None)  # the list always names one; the machine knows its own
        given = RepairRow.model_validate(typed | {"n_machines": int(number[:9])})
        file_repair_row(page.session, given)

    return attempt(page, enter, FIELDS)


def enter_training(page: PageFrame, form: TrainingForm) -> dict[str, str] | None:
    """Enter a training; return the problem where it cannot be."""

    def enter() -> None:
        typed = form.filled()
        people = [each.strip() for each in typed.pop("attendees", "").splitlines()]
        given = TrainingRow.model_validate(typed | {"attendees": list(filter(None, people))})
        actions.file_training(page.session, given)

    return attempt(page, enter, FIELDS)
