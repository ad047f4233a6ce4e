"""What goes in and out of the series of observations."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from geo.series import Missing
from service.schemas import Strict, Text, civil_day
from service.table_cells import day_of

TEN_THOUSAND = 10_000
DAY_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)


class Reason(StrEnum):
    """Why an observation has no value; see `geo.series.Missing`."""

    PRESENT = "present"
    CLOUD = "cloud"
    NO_IMAGE = "no_image"
    TOO_SMALL = "too_small"
    OUT_OF_RANGE = "out_of_range"

    @property
    def code(self) -> Missing:
        """The same as it is kept."""
        return Missing[self.name]


def reason_of(code: int) -> Reason:
    """Return the reason that a code stands for."""
    return Reason[Missing(code).name]


def _observed_day(value: Any) -> date:
    """Read a civil day; of an instant, the day it is here. A time without a zone is neither."""
    if isinstance(value, date):
        return value
    text = str(value).strip()
    day = day_of(text)
    if day is not None:
        return day
    instant = _instant_of(text)
    if instant.tzinfo is not None:
        return civil_day(instant)
    if instant.time() != time.min:
        raise ValueError("时刻没有时区,看不出是哪一天(世界时的 16:00 已是次日);请写日期,或补上时区")
    return instant.date()


def _instant_of(text: str) -> datetime:
    if DAY_AND_TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("没有这一天,或看不出年月日;日期写成 2023-04-20")


def _number(value: Any) -> Decimal:
    """Take a number as it was written, so that a refusal can show it so."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("须是数字,不加引号")
    return Decimal(str(value))


def _ratio(value: Any) -> Decimal:
    number = _number(value)
    if abs(number) <= 1:
        return number
    if abs(number) <= TEN_THOUSAND and number == number.to_integral_value():
        raise ValueError("指数在 -1 与 1 之间;像是放大了 10,000 倍,请除以 10,000")
    raise ValueError("指数须在 -1 与 1 之间;请核对算式和比例")


Ratio = Annotated[
    Decimal,
    BeforeValidator(_ratio),
    WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1}),
]
Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]


class ObservationRow(Strict):
    """One row of a table: a parcel on a day, with values or the reason why there are none."""

    parcel: Annotated[Text, Field(min_length=1, max_length=100)]
    observed_on: Annotated[date, BeforeValidator(_observed_day)]
    source: Annotated[Text, Field(min_length=1, max_length=32)] = "导入"
    ndvi: Ratio | None = None
    evi: Number | None = None
    lswi: Ratio | None = None
    bsi: Ratio | None = None
    n_pixels: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    cloud_share: Annotated[Number, Field(ge=0, le=1)] | None = None
    missing: Reason | None = None

    @model_validator(mode="after")
    def _value_or_reason(self) -> "ObservationRow":
        has_value = any(each is not None for each in self.values)
        if has_value and self.missing not in {None, Reason.PRESENT}:
            raise ValueError("写了缺测原因,又写了数值;只能有一样")
        if not has_value and self.missing in {None, Reason.PRESENT}:
            raise ValueError("没有数值;请写明缺测原因:云、无影像、太小或超出范围,不要写 0")
        return self

    @property
    def values(self) -> tuple[Decimal | None, ...]:
        """NDVI, EVI, LSWI, BSI."""
        return self.ndvi, self.evi, self.lswi, self.bsi


class ObservationRead(BaseModel):
    """One observation of a parcel; a value is null where it is missing, never zero."""

    parcel_uid: UUID
    observed_on: date
    source: str
    missing: Reason
    n_pixels: float | None
    cloud_share: float | None
    ndvi: float | None
    evi: float | None
    lswi: float | None
    bsi: float | None
    ndvi_sd: float | None
    ndvi_p25: float | None
    ndvi_p50: float | None
    ndvi_p75: float | None
    image: str
    recorded_at: datetime
