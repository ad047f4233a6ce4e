"""What the forms about campaigns and visits send, turned into what the API takes."""

from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from inspections.visits import FindingStep, SampleStep
from service.errors import IN_CHINESE, Invalid
from service.pages.board import BLANK
from service.parcels.schemas import Datum
from service.schemas import CIVIL_ZONE, Day, Id, Strict
from service.supply.models import Category
from service.table_cells import number_of
from service.visits.campaign_models import CampaignKind
from service.visits.campaign_schemas import CampaignCreate, DrawCreate
from service.visits.followup_schemas import (
    FindingCreate,
    FindingEventCreate,
    SampleCreate,
    SampleEventCreate,
)
from service.visits.models import VisitKind
from service.visits.schemas import VisitCreate

ANSWER_PARTS = 2
Absent = Annotated[str | None, BLANK]
"""A text; an empty field is an absent one."""
M = TypeVar("M", bound=Strict)


class VisitForm(BaseModel):
    """What the form of a visit sends; empty fields are absent ones."""

    id: Id
    outlet_id: Id
    visited_at: str
    campaign_id: Annotated[Id | None, BLANK] = None
    kind: VisitKind
    officer_ids: list[Id] = Field(default_factory=list)
    outcome: str
    checklist_version: str
    answers: list[str] = Field(default_factory=list)
    partner_unit: Absent = None
    lon: Annotated[float | None, BLANK] = None
    lat: Annotated[float | None, BLANK] = None
    accuracy_m: Annotated[float | None, BLANK] = None
    note: Absent = None

    def as_visit(self) -> VisitCreate:
        """Return the visit that the form tells of; say in Chinese what does not fit."""
        told = [each.split(":") for each in self.answers if each]
        given: dict[str, Any] = self.model_dump(exclude={"answers", "visited_at"})
        given |= {"datum": Datum.WGS84, "visited_at": local_instant(self.visited_at)}
        given["accuracy_m"] = None if self.accuracy_m is None else round(self.accuracy_m, 1)
        given["answers"] = [
            {"code": each[0], "result": each[-1]} for each in told if len(each) == ANSWER_PARTS
        ] or None
        given["checklist_version"] = self.checklist_version if given["answers"] else None
        return checked(VisitCreate, given)


def checked(model: type[M], given: dict[str, Any]) -> M:
    """Return what a form tells of, as the API takes it; refuse it in the API's words."""
    try:
        return model(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        known = IN_CHINESE.get(first["type"])
        said = known.format(**first.get("ctx", {})) if known else str(first["msg"])
        raise Invalid(said.removeprefix("Value error, ")) from None


def local_instant(text: str) -> datetime:
    """Return the instant that a field of date and time tells, by the clock on the wall."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CIVIL_ZONE)
    except ValueError:
        raise Invalid("检查时间写成 2023-04-20T14:30", field="visited_at") from None


class CampaignForm(BaseModel):
    """A new campaign; ratios in percent, as people say them."""

    id: Id
    title: str
    kind: CampaignKind
    starts_on: Day
    ends_on: Day
    categories: list[Category] = Field(default_factory=list)
    high_percent: str = "100"
    medium_percent: str
    low_percent: str
    checklist_version: str
    officers_per_visit: int = 2

    def as_campaign(self, area_code: str) -> CampaignCreate:
        """Return the campaign for an area."""
        tiers = ("high", "medium", "low")
        given = self.model_dump(exclude={f"{each}_percent" for each in tiers})
        given |= {f"ratio_{each}": share(getattr(self, f"{each}_percent")) for each in tiers}
        given["categories"] = self.categories or None
        return checked(CampaignCreate, given | {"area_code": area_code})


class DrawForm(BaseModel):
    """The order to draw."""

    id: Id
    seed: Absent = None

    def as_draw(self) -> DrawCreate:
        """Return the order."""
        return checked(DrawCreate, self.model_dump())


class SampleForm(BaseModel):
    """A sealed sample."""

    id: Id
    seal_no: str
    product: str
    batch: Absent = None
    sealed_on: Day

    def as_sample(self, visit_id: UUID) -> SampleCreate:
        """Return the sample of a visit."""
        return checked(SampleCreate, self.model_dump() | {"visit_id": visit_id})


class SampleStepForm(BaseModel):
    """The next step of a sample."""

    step: SampleStep
    occurred_on: Day
    lab: Absent = None
    result: Annotated[bool | None, BLANK] = None

    def as_step(self) -> SampleEventCreate:
        """Return the step."""
        given = self.model_dump(exclude={"result"}) | {"is_pass": self.result}
        return checked(SampleEventCreate, given)


class FindingForm(BaseModel):
    """A violation that the visit found."""

    id: Id
    violation_code: str
    description: str
    product: Absent = None

    def as_finding(self, visit_id: UUID) -> FindingCreate:
        """Return the finding of a visit."""
        return checked(FindingCreate, self.model_dump() | {"visit_id": visit_id})


class FindingStepForm(BaseModel):
    """The next step of a finding."""

    step: FindingStep
    occurred_on: Annotated[Day | None, BLANK] = None
    due_on: Annotated[Day | None, BLANK] = None
    recheck: Absent = None
    """Id and day of the visit that looked again."""
    organ: Absent = None
    document_no: Absent = None

    def as_step(self) -> FindingEventCreate:
        """Return the step; a recheck is of the day of its visit."""
        given = self.model_dump(exclude={"recheck"})
        if self.recheck is not None:
            given["recheck_visit_id"], _, given["occurred_on"] = self.recheck.partition(" ")
        return checked(FindingEventCreate, given)


def share(percent: str) -> Any:
    """Return a percentage as a share; what is no number stays as it is, to be refused."""
    number = number_of(percent)
    return percent if number is None else number / 100
