"""What goes out of the capacity of machines."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel

from inspections.machinery import Verdict
from service.schemas import ShownDecimal


class Operation(StrEnum):
    """What is done on the land."""

    PLOUGH = "plough"
    TRANSPLANT = "transplant"


class RateRead(BaseModel):
    """What one machine of a class does in a day, and where that figure is from."""

    class_code: str
    class_name: str
    operation: Operation
    variant: str
    low_mu_per_day: ShownDecimal
    high_mu_per_day: ShownDecimal
    is_default: bool
    """Nobody here has measured it yet."""
    source: str


class CapacityLine(BaseModel):
    """Machines and area left of one town."""

    area_code: str
    name: str
    n_fit: int
    """Fit machines of the classes that do this, by the register."""
    n_visiting: int
    """跨区作业: machines from elsewhere, which count here and nowhere else."""
    low_mu: ShownDecimal
    high_mu: ShownDecimal
    """What they can work in the days left, at the low and at the high rates."""
    left_mu: ShownDecimal | None
    """Planned less sown; None without a plan."""
    gap_mu: ShownDecimal | None
    """What is left beyond the low capacity; 0 where that suffices."""
    verdict: Verdict
    text: str


class OperationCapacity(BaseModel):
    """One operation, town by town."""

    operation: Operation
    name: str
    crop: str
    """Whose planned and sown areas are compared."""
    stage_ends_on: date
    days_left: int
    is_default_days: bool
    """Counted from the calendar's stage; the weather may leave fewer."""
    total: CapacityLine
    items: list[CapacityLine]


class Capacity(BaseModel):
    """Capacity of the machines against the area left."""

    season: str
    area_code: str
    as_of: date
    known_at: datetime | None
    operations: list[OperationCapacity]
    rates: list[RateRead]
