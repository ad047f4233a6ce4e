"""Writing the book of pest surveys."""

import unicodedata
from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.agronomy import codes, filing, pests
from service.agronomy.filing import Entry
from service.agronomy.models import PestSurvey, PestSurveyTechnician
from service.agronomy.pest_schemas import SurveyCreate
from service.areas import queries as areas
from service.errors import Invalid

NOT_COLUMNS = {"id", "supersedes_id", "reason", "technicians"}


def file_survey(session: Session, given: SurveyCreate) -> tuple[PestSurvey, bool]:
    """Enter one pest counted on one plot; tell whether it is new."""
    areas.area(session, given.area_code)
    pest = codes.pest(given.pest_code)
    records.refuse_future(session, given.surveyed_on, "surveyed_on")
    people, plot = (
        sorted({_plain(each) for each in given.technicians} - {""}),
        _plain(given.plot_name),
    )
    if not people or not plot:
        raise Invalid("地块名和至少一位技术人员的姓名不能是空格", field="technicians")
    entry = Entry(
        facts=given.model_dump(exclude=NOT_COLUMNS) | {"plot_name": plot},
        same=(PestSurvey.area_code == given.area_code)
        & (PestSurvey.plot_name == plot)
        & (PestSurvey.surveyed_on == given.surveyed_on)
        & (PestSurvey.pest_code == given.pest_code),
        twice=f"{given.plot_name} {given.surveyed_on} 已有{pest.name}的调查且不同;"
        "要更正请写明原因(reason,表格里是“更正原因”一列)",
        action="agronomy.survey",
        field="plot_name",
        has_same=lambda row: pests.technicians(session, [row])[row.id] == people,
    )
    made, is_new = filing.file(session, PestSurvey, given, entry)
    if is_new:
        session.add_all(PestSurveyTechnician(survey_id=made.id, name=each) for each in people)
        session.flush()
    return made, is_new


def _plain(name: str) -> str:
    """Write a name one way, so that one person is one name."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def withdraw_survey(session: Session, survey_id: UUID, reason: str) -> PestSurvey:
    """Say that a survey was entered in error."""
    return filing.withdraw(session, PestSurvey, survey_id, reason, action="agronomy.withdraw")
