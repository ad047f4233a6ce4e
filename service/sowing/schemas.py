"""What goes in and out of the sowing book."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from service.reporting.models import TaskState
from service.schemas import AreaCode, Code, Day, Id, Mu, Note, Shown, ShownDecimal, Strict
from service.sowing.models import Answer, Basis, Method, Reason


class CropRead(Shown):
    """One crop of the field's list."""

    code: str
    name: str
    is_grain: bool
    season: str
    group_name: str
    methods: list[Method]


class PlanCreate(Strict):
    """A new version of what a unit is to sow."""

    id: Id | None = None
    season_code: Code
    area_code: AreaCode
    crop_code: Code
    plan_mu: Mu
    document_no: Annotated[Note, Field(max_length=100)] | None = None
    reason: Note | None = None


class PlanRead(Shown):
    """One version of a plan."""

    id: UUID
    season_code: str
    area_code: str
    crop_code: str
    version: int
    plan_mu: ShownDecimal
    document_no: str | None
    reason: str | None
    recorded_at: datetime


class ReportCreate(Strict):
    """One cumulative figure of a village (or a town's own total) for one week."""

    id: Id | None = None
    season_code: Code
    area_code: AreaCode
    crop_code: Code
    method: Method
    as_of: Day
    answer: Answer = Answer.AREA
    cumulative_mu: Mu | None = None
    basis: Basis = Basis.LEDGER
    reason: Reason | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _area_has_figure(self) -> Self:
        if (self.answer is Answer.AREA) != (self.cumulative_mu is not None):
            raise ValueError(
                "answer 为 area 时须填 cumulative_mu(零也要填);为 not_grown 时不填 cumulative_mu"
            )
        return self


class ReportRead(Shown):
    """One figure as it was reported."""

    id: UUID
    season_code: str
    area_code: str
    crop_code: str
    method: Method
    as_of: date
    answer: Answer
    cumulative_mu: ShownDecimal | None
    field_equivalent_mu: ShownDecimal | None
    basis: Basis
    reason: Reason | None
    old_mu: ShownDecimal | None
    note: str | None
    supersedes_id: UUID | None
    doubt_mark: str | None
    recorded_at: datetime
    warning: str | None = None
    """Said once, in the answer to the filing."""


class ReportBatch(Strict):
    """Many figures at once: all are filed, or none."""

    items: Annotated[list[ReportCreate], Field(min_length=1, max_length=5000)]


class BatchFiled(BaseModel):
    """What became of a batch."""

    n_read: int
    n_filed: int
    n_unchanged: int
    warnings: list[dict[str, Any]]


class ImportReport(BatchFiled):
    """What became of an uploaded table."""

    n_refused: int
    refused: list[dict[str, Any]]
    encoding: str | None = None
    is_dry_run: bool = False


class Comparison(BaseModel):
    """The figure of another year, and on which reference day it stood."""

    as_of: date | None
    sown_mu: ShownDecimal | None
    change_mu: ShownDecimal | None
    change_share: ShownDecimal | None


class TermComparison(Comparison):
    """The figure of last year at the same distance from the same solar term."""

    term: str
    days_after_term: int


class MeanOfYears(BaseModel):
    """The mean of earlier years on the same date; None with fewer than three years."""

    n: int
    years: list[int]
    sown_mu: ShownDecimal | None
    change_share: ShownDecimal | None


class Coverage(BaseModel):
    """How many villages the figure rests on."""

    expected: int
    reported: int
    """Villages with a row of this very week."""
    carried: int
    """沿用: villages whose last earlier figure stands in."""
    missing: int
    """Villages that never reported in this season; they add nothing."""
    not_grown: int


class ProgressRow(BaseModel):
    """One unit's progress."""

    area_code: str
    name: str
    sown_mu: ShownDecimal | None
    """None: nothing was ever reported here. Zero is a figure."""
    plan_mu: ShownDecimal | None
    share_of_plan: ShownDecimal | None
    direct_seeded_mu: ShownDecimal | None
    transplanted_mu: ShownDecimal | None
    dry_sown_mu: ShownDecimal | None
    nursery_field_mu: ShownDecimal | None
    declared_mu: ShownDecimal | None
    is_carried: bool
    last_week: Comparison
    last_year: Comparison
    same_term: TermComparison
    mean: MeanOfYears
    coverage: Coverage
    open_corrections: int
    task_state: TaskState | None = None


class LateVillage(BaseModel):
    """A village without a row for the week."""

    area_code: str
    name: str
    town_code: str


class Progress(BaseModel):
    """Sowing progress of an area, unit by unit."""

    season: str
    area_code: str
    area_name: str
    by: str
    crop: str
    as_of: date
    week: date | None
    """The reference day whose figures stand on `as_of`."""
    known_at: datetime | None
    status: str
    total: ProgressRow
    items: list[ProgressRow]
    difference_mu: ShownDecimal
    """Total less the sum of the units shown; zero unless a town filed a total of its own."""
    late: list[LateVillage]
    is_demonstration: bool = False


class CurvePoint(BaseModel):
    """One week of a season's curve."""

    week: date
    sown_mu: ShownDecimal | None
    last_year_week: date | None
    last_year_mu: ShownDecimal | None


class Curve(BaseModel):
    """A season's curve against last year's."""

    season: str
    area_code: str
    crop: str
    plan_mu: ShownDecimal | None
    points: list[CurvePoint]
