"""What goes in and out of the book of reservoirs."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, model_validator

from inspections.water import Supply
from service.agronomy.schemas import CubicMetres, ServedCode
from service.record_schemas import Corrected, Correcting, Short
from service.schemas import Code, Day, Mu, ShownDecimal


class ReservoirCreate(Correcting):
    """A reservoir and the land that it waters (0: none)."""

    area_code: ServedCode
    code: Code
    name: Short
    capacity_m3: CubicMetres
    dead_m3: CubicMetres
    irrigates_mu: Mu

    @model_validator(mode="after")
    def _dead_within(self) -> Self:
        if self.dead_m3 > self.capacity_m3:
            raise ValueError("死库容不能大于总库容")
        return self


class ReservoirRead(Corrected):
    """A reservoir."""

    code: str
    name: str
    capacity_m3: ShownDecimal
    dead_m3: ShownDecimal
    irrigates_mu: ShownDecimal


class ReadingCreate(Correcting):
    """What a reservoir held on a day."""

    reservoir_code: Code
    observed_on: Day
    storage_m3: CubicMetres


class ReadingRead(Corrected):
    """What a reservoir held on a day."""

    reservoir_code: str
    observed_on: date
    storage_m3: ShownDecimal


class WaterFigures(BaseModel):
    """Water against need; None where it cannot be told."""

    available_m3: ShownDecimal | None
    """Above the dead storage."""
    irrigates_mu: ShownDecimal
    m3_per_mu: ShownDecimal | None
    need_m3_per_mu: ShownDecimal | None
    supply: Supply
    supply_text: str


class ReservoirLine(WaterFigures):
    """One reservoir on a day, by its newest reading."""

    code: str
    name: str
    area_code: str
    observed_on: date | None
    age_days: int | None
    is_stale: bool
    storage_m3: ShownDecimal | None
    filled_share: ShownDecimal | None


class ReservoirTotal(WaterFigures):
    """All reservoirs that have a reading; the others are counted, not guessed.

    A mu's water is of those that water land; what the others hold is in `available_m3` only.
    """

    n_reservoirs: int
    n_read: int
    n_stale: int


class ReservoirSummary(BaseModel):
    """Reservoirs on a day, against what early rice needs then."""

    as_of: date
    known_at: datetime | None
    stage_code: str | None
    stage_name: str | None
    need_note: str
    total: ReservoirTotal
    items: list[ReservoirLine]
