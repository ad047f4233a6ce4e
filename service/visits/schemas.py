"""What goes in and out of visits, samples and findings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from inspections.visits import Outcome
from service.parcels.schemas import Datum
from service.record_schemas import Corrected, Correcting
from service.schemas import (
    AreaCode,
    Code,
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
Product = Annotated[Text, Field(min_length=1, max_length=200)]
Described = Annotated[Note, Field(min_length=1)]


class ItemAnswer(Strict):
    """What one item of the checklist came to."""

    code: Code
    result: Answer


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
