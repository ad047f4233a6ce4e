"""What goes in and out of the book of pest surveys."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from service.agronomy.models import FieldType, Method
from service.agronomy.schemas import Count, Spoken, SquareMetres
from service.record_schemas import Corrected, Correcting, SeatCode, Short
from service.schemas import Code, Day, Mu, Shown, ShownDecimal

M2_PER_MU = Decimal(2000) / 3


class PestRead(Shown):
    """One pest, and from how many insects per mu its grades 2 to 5 begin."""

    code: str
    name: str
    name_en: str
    grades_from: list[ShownDecimal]


class SurveyCreate(Correcting):
    """One pest counted on a sample of one plot; nothing found is 0 live, not a blank."""

    area_code: SeatCode
    plot_name: Short
    plot_mu: Mu
    """The land that the plot stands for."""
    surveyed_on: Day
    pest_code: Code
    field_type: FieldType
    method: Method
    stage: Short | None = None
    sampled_m2: SquareMetres
    live: Count
    dead: Count = 0
    technicians: Annotated[list[Short], Field(min_length=1, max_length=30)]

    @model_validator(mode="after")
    def _sample_within(self) -> Self:
        if self.sampled_m2 > self.plot_mu * M2_PER_MU:
            raise ValueError("取样面积不能大于地块的代表面积(1 亩 = 2000/3 平方米)")
        return self


class SurveyRead(Corrected):
    """One pest on one plot."""

    plot_name: str
    plot_mu: ShownDecimal
    surveyed_on: date
    pest_code: str
    pest_name: str = ""
    field_type: FieldType
    method: Method
    stage: str | None
    sampled_m2: ShownDecimal
    live: int
    dead: int
    technicians: list[str] = Field(default_factory=list)
    per_mu: ShownDecimal | None = None
    """亩虫量: live × 667 / sampled m²."""
    death_share: ShownDecimal | None = None
    """死亡率; None where nothing was found."""
    grade: int | None = None


class Baseline(BaseModel):
    """The same days of another year, or the mean of several."""

    n_years: int
    n_surveys: int
    per_mu: ShownDecimal | None
    change_share: ShownDecimal | None
    text: str


class PestLine(BaseModel):
    """One pest: what was found, pooled over its samples, and beside other years."""

    pest_code: str
    pest_name: str
    n_surveys: int
    n_plots: int
    represented_mu: ShownDecimal
    sampled_m2: ShownDecimal
    live: int
    dead: int
    per_mu: ShownDecimal
    death_share: ShownDecimal | None
    grade: int
    last_year: Baseline
    mean_of_years: Baseline


class PestSummary(Spoken):
    """Surveys of a period: who went, where, for how much land, and what they found."""

    n_surveys: int
    n_visits: int
    """A plot on a day."""
    n_person_times: int
    """人次: different technicians of each visit together."""
    n_persons: int
    """人: different names."""
    n_plots: int
    """地块: different plots."""
    represented_mu: ShownDecimal
    """Of the different plots, each as its newest survey says."""
    sampled_m2: ShownDecimal
    items: list[PestLine]
