"""What goes in and out of the outlet register."""

import re
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from inspections.outlets import is_uscc
from service.parcels.schemas import Datum
from service.record_schemas import SeatCode
from service.schemas import Day, Id, Note, Shown, Strict, Text
from service.supply.models import Category, Change, LicenceKind, Status

UNDONE = {
    Change.SUSPENDED: Status.SUSPENDED,
    Change.REVOKED: Status.REVOKED,
    Change.CLOSED: Status.CLOSED,
}
PHONE = re.compile(r"[0-9+() -]{3,32}", re.ASCII)


def _uscc(value: str) -> str:
    code = value.strip().upper()
    if not is_uscc(code):
        raise ValueError("统一社会信用代码须是 18 位且校验位正确,请核对营业执照")
    return code


def _phone(value: str) -> str:
    if not PHONE.fullmatch(value):
        raise ValueError("电话只能有数字、空格、括号、加号和短横")
    return value


OutletName = Annotated[Text, Field(min_length=1, max_length=100)]
Uscc = Annotated[Text, Field(max_length=18), AfterValidator(_uscc)]
Phone = Annotated[Text, Field(max_length=32), AfterValidator(_phone)]
# The country's box: a swapped pair, or one in metres, is told at once.
Lon = Annotated[float, Field(ge=73, le=136, strict=True, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=18, le=54, strict=True, allow_inf_nan=False)]
Categories = Annotated[list[Category], Field(min_length=1, max_length=4)]


class OutletFacts(Strict):
    """What is told of an outlet."""

    area_code: SeatCode
    name: OutletName
    uscc: Uscc | None = None
    owner_name: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    phone: Phone | None = None
    address: Annotated[Text, Field(max_length=200)] | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = Datum.CGCS2000
    categories: Categories

    @model_validator(mode="after")
    def _whole_position(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度须同时填,或都不填")
        return self


class OutletCreate(OutletFacts):
    """A new outlet."""

    id: Id | None = None
    opened_on: Day


class ChangeCreate(Strict):
    """What happened to an outlet on a day; fields that are left out stay as they were."""

    id: Id | None = None
    change: Change
    valid_from: Day
    reason: Annotated[Note, Field(min_length=1)]
    area_code: SeatCode | None = None
    name: OutletName | None = None
    uscc: Uscc | None = None
    owner_name: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    phone: Phone | None = None
    address: Annotated[Text, Field(max_length=200)] | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = Datum.CGCS2000
    categories: Categories | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度须同时填,或都不填")
        if self.change in {Change.OPENED, Change.MERGED}:
            raise ValueError("开业用登记新网点,合并用合并;这里填停业、恢复、吊销、注销、迁址或变更")
        if self.change is Change.MOVED and self.area_code is None:
            raise ValueError("迁址须填新的所在镇或村(area_code)")
        return self


class MergeCreate(Strict):
    """A person's finding that two rows are one outlet."""

    into_id: Id
    reason: Annotated[Note, Field(min_length=1)]


class OperatorCreate(Strict):
    """Which account speaks for the outlet."""

    username: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class OutletRead(Shown):
    """An outlet as it is on a day."""

    id: UUID
    area_code: str
    name: str
    status: Status
    opened_on: date
    valid_from: date
    uscc: str | None
    owner_name: str | None
    phone: str | None
    address: str | None
    lon: float | None
    lat: float | None
    categories: list[Category]
    licensed: list[Category]
    """Of its categories, those with a valid basis on the day."""
    merged_into_id: UUID | None


class VersionRead(Shown):
    """One change in the life of an outlet."""

    id: UUID
    change: Change
    status: Status
    valid_from: date
    area_code: str
    name: str
    reason: str | None
    recorded_at: datetime


class LicenceCreate(Strict):
    """A licence or filing of an outlet; with `supersedes_id` and `reason`, a correction."""

    id: Id | None = None
    outlet_id: Id
    kind: LicenceKind
    number: Annotated[Text, Field(min_length=1, max_length=64)]
    scope: Note | None = None
    valid_from: Day
    valid_to: Day | None = None
    authority: Annotated[Text, Field(max_length=100)] | None = None
    supersedes_id: Id | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("有效期的止日不能早于起日")
        return self


class LicenceRead(Shown):
    """A licence or filing."""

    id: UUID
    outlet_id: UUID
    area_code: str
    kind: LicenceKind
    number: str
    scope: str | None
    valid_from: date
    valid_to: date | None
    authority: str | None
    is_withdrawal: bool
    reason: str | None
    supersedes_id: UUID | None
    recorded_at: datetime


class OutletCard(OutletRead):
    """An outlet with its life and its licences."""

    versions: list[VersionRead]
    licences: list[LicenceRead]


class OutletCounts(BaseModel):
    """How many outlets there are on a day."""

    as_of: date
    known_at: datetime | None
    n_active: int
    by_category: dict[Category, int]
    """Active outlets with a valid basis for the category."""
    by_town: dict[str, int]
    n_suspended: int
    n_expiring: int
    n_without_basis: int
    n_selling_outside_scope: int
    """Pairs of outlet and category: in stock by the ledger, without a valid basis."""
    n_without_place: int
    n_outside_town: int


class OutletFinding(BaseModel):
    """Something about an outlet that wants attention."""

    outlet_id: UUID
    name: str
    area_code: str
    finding: str
    text: str
