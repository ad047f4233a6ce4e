"""What the forms about the terms of a case send, turned into what the API takes."""

from typing import Annotated, Any

from pydantic import BaseModel

from inspections.penalty_rules import Term
from inspections.term_steps import Leave, TermEvent
from service.cases.term_schemas import TermCreate, TermStepCreate
from service.errors import Invalid
from service.pages.board import BLANK
from service.pages.visit_forms import Absent, checked
from service.schemas import Day, Id
from service.table_cells import number_of


class TermForm(BaseModel):
    """A term that begins; empty fields are absent ones."""

    id: Id
    term: Term
    started_on: Day
    fine_yuan: Absent = None
    note: Absent = None

    def as_term(self) -> TermCreate:
        """Return the term that the form tells of; say in Chinese what does not fit."""
        given: dict[str, Any] = self.model_dump()
        if self.fine_yuan is not None:
            given["fine_yuan"] = number_of(self.fine_yuan)
            if given["fine_yuan"] is None:
                raise Invalid("罚款数额须是数字,例如 500.00", field="fine_yuan")
        return checked(TermCreate, given)


class TermStepForm(BaseModel):
    """A step of a term; empty fields are absent ones."""

    id: Id
    event: TermEvent
    expected_n: int
    leave: Annotated[Leave | None, BLANK] = None
    days: Annotated[int | None, BLANK] = None
    reason: Absent = None
    occurred_on: Annotated[Day | None, BLANK] = None
    document_no: Absent = None

    def as_step(self) -> TermStepCreate:
        """Return the step that the form tells of; say in Chinese what does not fit."""
        return checked(TermStepCreate, self.model_dump())
