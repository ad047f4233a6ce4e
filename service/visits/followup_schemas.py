"""What goes in and out of samples and findings, and the card of a visit with all of it."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator

from inspections.visits import FindingStep, SampleStep
from service.photos.schemas import PhotoRead
from service.record_schemas import Corrected, Correcting, Short, Written
from service.schemas import Code, Day, Id, Note, Strict
from service.visits.campaign_schemas import UnitName
from service.visits.schemas import AnswerRead, Described, Product, VisitRead

SealNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class SampleCreate(Strict):
    """A sample that was sealed at a visit."""

    id: Id | None = None
    visit_id: Id
    seal_no: SealNo
    product: Product
    batch: Short | None = None
    is_split: StrictBool = True
    sealed_on: Day


class SampleEventCreate(Correcting):
    """A step of a sample; with `supersedes_id` and `reason`, a correction of that step."""

    step: SampleStep
    occurred_on: Day
    lab: UnitName | None = None
    is_pass: StrictBool | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.step is SampleStep.RESULT) != (self.is_pass is not None):
            raise ValueError("出结果时填 is_pass(合格与否),其他步骤不填")
        if self.step is SampleStep.SENT and self.lab is None:
            raise ValueError("送检须填检测机构(lab)")
        return self


class SampleEventRead(Corrected):
    """One step of a sample."""

    sample_id: UUID
    step: SampleStep
    occurred_on: date
    lab: str | None
    is_pass: bool | None
    note: str | None


class SampleRead(Written):
    """One sample with its steps."""

    visit_id: UUID
    seal_no: str
    product: str
    batch: str | None
    is_split: bool
    step: SampleStep | None = None
    """The newest one; None where the sample was withdrawn."""
    is_pass: bool | None = None
    is_pending: bool = True
    """No result has come."""
    events: list[SampleEventRead] = Field(default_factory=list)


class FindingCreate(Correcting):
    """A violation that a visit found."""

    visit_id: Id
    violation_code: Code
    description: Described
    product: Product | None = None


class FindingEventCreate(Strict):
    """A step of a finding."""

    id: Id | None = None
    step: FindingStep
    occurred_on: Day
    due_on: Day | None = None
    recheck_visit_id: Id | None = None
    organ: UnitName | None = None
    document_no: Short | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        has_due = self.step in {FindingStep.ORDER, FindingStep.HAND_OVER}
        is_recheck = self.step in {FindingStep.RECHECK_PASSED, FindingStep.RECHECK_FAILED}
        if has_due != (self.due_on is not None):
            raise ValueError("责令改正和移送须填期限(due_on),其他步骤不填")
        if self.due_on is not None and self.due_on < self.occurred_on:
            raise ValueError("期限不能早于当天")
        if is_recheck != (self.recheck_visit_id is not None):
            raise ValueError("复查须填复查的那次检查(recheck_visit_id),其他步骤不填")
        if self.step is FindingStep.HAND_OVER and not (self.organ and self.document_no):
            raise ValueError("移送须填受移送机关(organ)和文号(document_no)")
        return self


class FindingEventRead(Written):
    """One step of a finding."""

    finding_id: UUID
    step: FindingStep
    occurred_on: date
    due_on: date | None
    recheck_visit_id: UUID | None
    organ: str | None
    document_no: str | None
    note: str | None


class FindingRead(Corrected):
    """One finding with its steps."""

    root_id: UUID
    visit_id: UUID
    violation_code: str
    description: str
    product: str | None
    step: FindingStep | None = None
    due_on: date | None = None
    is_open: bool = True
    is_overdue: bool = False
    events: list[FindingEventRead] = Field(default_factory=list)


class VisitPhotoCreate(Strict):
    """A photo that belongs to a visit."""

    photo_id: Id


class VisitPhotoRead(Written):
    """One photo of one visit."""

    visit_id: UUID
    photo_id: UUID


class VisitCard(VisitRead):
    """One visit with its answers, samples, findings, photos, and every version of it."""

    answers: list[AnswerRead]
    samples: list[SampleRead]
    findings: list[FindingRead]
    photos: list[PhotoRead]
    versions: list[VisitRead]
