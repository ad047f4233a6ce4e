"""What goes in and out of visits, samples and findings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from inspections.visits import FindingStep, Outcome, SampleStep
from service.parcels.schemas import Datum
from service.schemas import (
    AreaCode,
    Code,
    Day,
    Id,
    Instant,
    Note,
    Shown,
    ShownDecimal,
    Strict,
    Text,
    exact,
)
from service.visits.campaign_schemas import UnitName, Version
from service.visits.models import Answer, VisitKind

# The country's box: a swapped pair, or one in metres, is told at once.
Lon = Annotated[float, Field(ge=73, le=136, strict=True, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=18, le=54, strict=True, allow_inf_nan=False)]
Accuracy = Annotated[
    Decimal,
    BeforeValidator(exact(1)),
    Field(ge=0, le=Decimal("9999.9")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 9999.9}),
]
SealNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Short = Annotated[Text, Field(min_length=1, max_length=64)]
Product = Annotated[Text, Field(min_length=1, max_length=200)]
Described = Annotated[Note, Field(min_length=1)]


class ItemAnswer(Strict):
    """What one item of the checklist came to."""

    code: Code
    result: Answer


class Correcting(Strict):
    """A record that may correct an earlier one, with the reason."""

    id: Id | None = None
    supersedes_id: Id | None = None
    reason: Note | None = None


class VisitCreate(Correcting):
    """A visit to an outlet, or to another subject that the register does not hold."""

    outlet_id: Id | None = None
    subject_name: UnitName | None = None
    area_code: Annotated[AreaCode, Field(min_length=9)] | None = None
    visited_at: Instant
    campaign_id: Id | None = None
    kind: VisitKind
    officer_ids: Annotated[list[Id], Field(min_length=2, max_length=12)]
    outcome: Outcome
    checklist_version: Version | None = None
    answers: Annotated[list[ItemAnswer], Field(min_length=1, max_length=100)] | None = None
    partner_unit: UnitName | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = Datum.CGCS2000
    accuracy_m: Accuracy | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.outlet_id is None) == (self.subject_name is None):
            raise ValueError("填 outlet_id(登记的网点)或 subject_name(别的对象),两者填一个")
        if (self.subject_name is None) != (self.area_code is None):
            raise ValueError("subject_name 和 area_code 须一起填;登记的网点不用填 area_code")
        if len(set(self.officer_ids)) != len(self.officer_ids):
            raise ValueError("同一名执法人员填了两次;每次检查须有两名以上不同的执法人员")
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度须同时填,或都不填")
        return self

    @model_validator(mode="after")
    def _answers_agree(self) -> Self:
        told = self.answers or []
        if (self.checklist_version is None) != (self.answers is None):
            raise ValueError("检查表版本和各项结果须同时填,或都不填")
        if len({each.code for each in told}) != len(told):
            raise ValueError("检查表里同一项填了两次")
        if self.outcome is Outcome.NO_VIOLATION and any(e.result is Answer.FAIL for e in told):
            raise ValueError("有不合格的项目,结果不能是“未发现违法行为”;请改结果或改该项")
        if self.outcome in {Outcome.CLOSED_SHOP, Outcome.REFUSED} and told:
            raise ValueError("闭店或拒绝检查时没有检查,不能填检查表")
        return self


class Written(Shown):
    """What every record tells of its writing."""

    id: UUID
    area_code: str
    recorded_at: datetime


class Corrected(Written):
    """A record that may be corrected."""

    supersedes_id: UUID | None
    is_withdrawal: bool
    reason: str | None


class OfficerAtVisit(Shown):
    """One officer at a visit, with the certificate that they showed."""

    officer_id: UUID
    certificate_no: str
    name: str = ""


class AnswerRead(Shown):
    """What one item came to."""

    item_code: str
    result: Answer


class VisitRead(Corrected):
    """One visit."""

    root_id: UUID
    outlet_id: UUID | None
    subject_name: str
    visited_on: date
    visited_at: datetime
    campaign_id: UUID | None
    kind: VisitKind
    outcome: Outcome
    checklist_version: str | None
    partner_unit: str | None
    lon: float | None
    lat: float | None
    given_position: str | None
    accuracy_m: ShownDecimal | None
    note: str | None
    officers: list[OfficerAtVisit] = Field(default_factory=list)


class SampleCreate(Strict):
    """A sample that was sealed at a visit."""

    id: Id | None = None
    visit_id: Id
    seal_no: SealNo
    product: Product
    batch: Short | None = None
    is_split: StrictBool = True
    sealed_on: Day


class SampleStepCreate(Correcting):
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


class FindingStepCreate(Strict):
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


class VisitCard(VisitRead):
    """One visit with its answers, samples, findings, and every version of it."""

    answers: list[AnswerRead]
    samples: list[SampleRead]
    findings: list[FindingRead]
    versions: list[VisitRead]


class ChecklistItemRead(Shown):
    """One item of a version of the checklist."""

    version: str
    code: str
    domain: str
    text: str
    hint: str
    violation_code: str
    article: str
    consequence: str


class Withdraw(Strict):
    """Why a record does not hold."""

    reason: Described


class Counted(BaseModel):
    """A number with what it counts."""

    value: int
    unit: str


class CoverageLine(BaseModel):
    """How many of the active outlets of a town or category were inspected."""

    key: str
    name: str
    n_active: int
    n_inspected: int
    share: ShownDecimal | None


class CheckedType(BaseModel):
    """How often one kind of violation was looked for."""

    violation_code: str
    name: str
    n_checked: int
    n_failed: int


class Bound(BaseModel):
    """What a random draw without a hit says of all; or why it says nothing."""

    at_most: int | None
    confidence: ShownDecimal
    n_listed: int
    n_inspected: int
    withheld: list[str]


class VisitCounts(BaseModel):
    """The figures of a period."""

    starts_on: date
    as_of: date
    known_at: datetime | None
    area: str
    campaign_id: UUID | None
    officer_times: Counted
    """人次 over all visits, whether the shop was open or not."""
    officers: Counted
    visit_times: Counted
    """家次 inspected."""
    outlets: Counted
    """家 inspected: different ones."""
    came_only_times: Counted
    """家次 where the officers came and could not inspect: closed or refused."""
    by_outcome: dict[Outcome, int]
    by_town: list[CoverageLine]
    by_category: list[CoverageLine]
    checked: list[CheckedType]
    n_samples: int
    n_pending_samples: int
    n_failed_samples: int
    n_findings: int
    n_open_findings: int
    n_overdue_findings: int
    may_say_none_found: bool
    reasons: list[str]
    """Why the negative sentence may not be said."""
    bound: Bound | None
    """Of a campaign only."""
