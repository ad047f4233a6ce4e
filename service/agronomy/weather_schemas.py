"""What goes in and out of the weather book."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from inspections.agronomy import Bed, Grade
from service.agronomy.schemas import ServedCode, Spoken
from service.record_schemas import Corrected, Correcting, SeatCode, Short
from service.schemas import Code, Day, ShownDecimal, Strict, exact

MISSING_MARKS = frozenset(
    Decimal(each)
    for each in ("999.9", "999", "-99.9", "-999", "-999.9", "9999", "9999.9", "32766", "32744")
)
"""What weather files write for "not measured": a blank here."""
WIDEST_DAY_C = 35
"""Between the day's lowest and highest; in this province 25 is much."""


def _measured(places: int, low: str, high: str) -> object:
    number = exact(places)

    def measured(value: object) -> Decimal:
        found = number(value)
        if found in MISSING_MARKS:
            raise ValueError(f"{found.normalize():f} 是缺测标记,不是数值;没有测到就不填")
        if not Decimal(low) <= found <= Decimal(high):
            raise ValueError(f"须在 {low} 与 {high} 之间")
        return found

    return BeforeValidator(measured)


def _plain(low: float, high: float) -> object:
    return WithJsonSchema({"type": "number", "minimum": low, "maximum": high})


_AS_NUMBER = PlainSerializer(float, when_used="json")
Celsius = Annotated[Decimal, _measured(1, "-60", "60"), _AS_NUMBER, _plain(-60, 60)]
Rain = Annotated[Decimal, _measured(1, "0", "2000"), _AS_NUMBER, _plain(0, 2000)]
Sun = Annotated[Decimal, _measured(1, "0", "24"), _AS_NUMBER, _plain(0, 24)]
Metres = Annotated[Decimal, _measured(1, "0", "9000"), _AS_NUMBER, _plain(0, 9000)]
# The country's box: a swapped pair, or one in metres, is told at once.
Lon = Annotated[float, Field(ge=73, le=136, strict=True, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=18, le=54, strict=True, allow_inf_nan=False)]


class StationCreate(Correcting):
    """A station or grid point, in CGCS2000 or WGS 84."""

    area_code: ServedCode
    """The area that it serves."""
    code: Code
    name: Short
    lon: Lon
    lat: Lat
    elevation_m: Metres | None = None
    towns: Annotated[list[SeatCode], Field(min_length=1, max_length=100)] | None = None
    """Towns that are assigned to it, whatever lies nearer."""


class StationRead(Corrected):
    """A station."""

    code: str
    name: str
    lon: float
    lat: float
    elevation_m: ShownDecimal | None
    towns: list[str] = Field(default_factory=list)


class WeatherCreate(Correcting):
    """One day at one station; what was not measured is left out."""

    station_code: Code
    observed_on: Day
    mean_c: Celsius | None = None
    min_c: Celsius | None = None
    max_c: Celsius | None = None
    rain_mm: Rain | None = None
    sun_h: Sun | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.mean_c is None and self.rain_mm is None:
            raise ValueError("平均气温和雨量至少填一项")
        known = [each for each in (self.min_c, self.mean_c, self.max_c) if each is not None]
        if known != sorted(known):
            raise ValueError("须最低气温 ≤ 平均气温 ≤ 最高气温")
        if known and known[-1] - known[0] > WIDEST_DAY_C:
            raise ValueError(f"一天之内相差超过 {WIDEST_DAY_C} ℃,请核对")
        return self


class WeatherBatch(Strict):
    """Days that come together: all are filed, or none."""

    items: Annotated[list[WeatherCreate], Field(min_length=1, max_length=500)]


class WeatherRead(Corrected):
    """One day at one station."""

    station_code: str
    observed_on: date
    mean_c: ShownDecimal | None
    min_c: ShownDecimal | None
    max_c: ShownDecimal | None
    rain_mm: ShownDecimal | None
    sun_h: ShownDecimal | None


class BatchResult(BaseModel):
    """What became of days that came together."""

    n_filed: int
    n_unchanged: int


class Basis(StrEnum):
    """Why a town has its weather from a station."""

    ASSIGNED = "assigned"
    OWN = "own"
    NEAREST = "nearest"
    ONLY = "only"
    FIRST = "first"
    """Several serve the county, and without an outline of the town none is nearer."""


class Source(BaseModel):
    """Where a town's weather comes from; all None where no station serves it."""

    area_code: str
    name: str
    station_code: str | None = None
    station_name: str | None = None
    basis: Basis | None = None
    distance_km: float | None = None


class SuitabilityDay(Source):
    """How a day suits sowing in a town."""

    day: date
    grade: Grade
    grade_text: str
    running_mean_c: ShownDecimal | None
    n_low_rain_days: int | None
    reasons: list[str]


class SuitabilityTable(Spoken):
    """Town by town, day by day."""

    bed: Bed
    rule_version: str
    items: list[SuitabilityDay]


class FieldworkWeek(Source):
    """Seven days of a town."""

    week_ends_on: date
    n_days: int
    n_workable: int
    n_lost: int
    n_unknown: int


class FieldworkTable(Spoken):
    """Town by town, week by week."""

    items: list[FieldworkWeek]


class SpellRead(BaseModel):
    """A cold spell."""

    starts_on: date
    ends_on: date
    n_days: int
    lowest_c: ShownDecimal
    may_be_longer: bool
    criterion: str


class TownSpells(Source):
    """The cold spells of a town."""

    n_days_missing: int
    """Days of the window without a temperature: the list may be short of what was."""
    spells: list[SpellRead]


class SpellTable(Spoken):
    """The late-spring cold spells of a year, town by town."""

    items: list[TownSpells]
