"""What the forms about cases send, turned into what the API takes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel

from inspections.case_words import Event, EvidenceKind, NoEntry, Purpose
from service.cases.schemas import EvidenceCreate, TransitionCreate
from service.pages.board import BLANK
from service.pages.visit_forms import Absent, checked, local_instant
from service.parcels.schemas import Datum
from service.schemas import Day, Id

Back = Literal["leads", "visit", ""]
"""The page that a form came from, to which it leads back."""


class StepForm(BaseModel):
    """A step of a case; empty fields are absent ones."""

    id: Id
    event: Event
    expected_n: int
    reason: Absent = None
    document_no: Absent = None
    organ: Absent = None
    receipt_no: Absent = None
    receipt_due_on: Annotated[Day | None, BLANK] = None
    assignee: Absent = None
    target_id: Annotated[Id | None, BLANK] = None
    back: Back = ""

    def as_step(self) -> TransitionCreate:
        """Return the step that the form tells of; say in Chinese what does not fit."""
        return checked(TransitionCreate, self.model_dump(exclude={"back"}))


class EvidenceForm(BaseModel):
    """A position, a document's number, an image, a visit, or that nobody could enter."""

    id: Id
    kind: EvidenceKind
    purpose: Purpose
    title: Absent = None
    document_no: Absent = None
    note: Absent = None
    occurred_at: Absent = None
    no_entry: Annotated[NoEntry | None, BLANK] = None
    lon: Annotated[float | None, BLANK] = None
    lat: Annotated[float | None, BLANK] = None
    datum: Datum = Datum.WGS84
    accuracy_m: Annotated[float | None, BLANK] = None
    back: Back = ""

    def as_evidence(self) -> EvidenceCreate:
        """Return the evidence that the form tells of; say in Chinese what does not fit."""
        given: dict[str, Any] = self.model_dump(exclude={"back"})
        if self.occurred_at is not None:
            given["occurred_at"] = local_instant(self.occurred_at)
        if self.accuracy_m is not None:
            given["accuracy_m"] = round(self.accuracy_m, 1)
        return checked(EvidenceCreate, given)
