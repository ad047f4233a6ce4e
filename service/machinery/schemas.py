"""What goes in and out of the machinery book."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from service.machinery.models import Audience, EndCause, Outcome
from service.machinery.rules import plate_text
from service.record_schemas import Corrected, Correcting, SeatCode, Short, Written
from service.schemas import Code, Day, Id, Note, Shown, ShownDecimal, Strict, Text, exact

MachineCount = Annotated[int, Field(ge=1, le=50_000, strict=True)]
Stock = Annotated[int, Field(ge=0, le=50_000, strict=True)]
Line = Annotated[Text, Field(min_length=1, max_length=200)]
Yuan = Annotated[
    Decimal,
    BeforeValidator(exact(2)),
    Field(ge=0, le=Decimal("9999999.99")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 9999999.99}),
]
Plate = Annotated[Text, Field(max_length=32), AfterValidator(plate_text), Field(min_length=1)]
FourDigits = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class MachineClassRead(Shown):
    """One class of machinery."""

    code: str
    name: str
    group_name: str
    needs_plate: bool


class RegisterCreate(Correcting):
    """How many machines of a class a town has on a day."""

    area_code: SeatCode
    class_code: Code
    counted_on: Day
    n_registered: Stock
    n_fit: Stock

    @model_validator(mode="after")
    def _fit_within(self) -> Self:
        if self.n_fit > self.n_registered:
            raise ValueError("完好台数不能多于在册台数")
        return self


class MachineCreate(Strict):
    """One machine."""

    id: Id | None = None
    area_code: SeatCode
    class_code: Code
    plate: Plate | None = None
    serial: Short | None = None
    owner_name: Short | None = None
    registered_on: Day
    is_visiting: StrictBool = False


class EndCreate(Correcting):
    """From which day a machine is not in the register, and why."""

    ended_on: Day
    cause: EndCause


class RepairCreate(Correcting):
    """One repair: of a named machine, or of some of a class."""

    area_code: SeatCode
    machine_id: Id | None = None
    class_code: Code | None = None
    n_machines: MachineCount = 1
    repaired_on: Day
    team: Annotated[Text, Field(max_length=100)] | None = None
    items: Note | None = None
    outcome: Outcome
    cost_yuan: Yuan | None = None

    @model_validator(mode="after")
    def _one_or_a_group(self) -> Self:
        if (self.machine_id is None) == (self.class_code is None):
            raise ValueError("填 machine_id(单台)或 class_code(成批),两者填一个")
        if self.machine_id is not None and self.n_machines != 1:
            raise ValueError("单台检修的 n_machines 是 1")
        return self


class RepairRow(RepairCreate):
    """A repair as a table or a form tells it: a single machine by its plate."""

    plate: Plate | None = None

    @model_validator(mode="after")
    def _one_or_a_group(self) -> Self:
        if self.plate is None and self.class_code is None:
            raise ValueError("填号牌(单台)或机具类别(成批)")
        if self.plate is not None and self.n_machines != 1:
            raise ValueError("填了号牌的是单台,台数填 1 或不填")
        return self


class Attendee(Strict):
    """One person; kept as a hash only, so that persons can be told apart and not named."""

    name: Short
    phone4: FourDigits


class TrainingCreate(Correcting):
    """One training."""

    area_code: SeatCode
    topic: Line
    held_on: Day
    place: Annotated[Text, Field(max_length=200)] | None = None
    trainer: Short | None = None
    audience: Audience
    n_planned: Stock | None = None
    attendees: Annotated[list[Attendee], Field(min_length=1, max_length=2000)]


class RegisterRead(Corrected):
    """A register of a town and class."""

    class_code: str
    counted_on: date
    n_registered: int
    n_fit: int


class MachineRead(Written):
    """One machine."""

    class_code: str
    plate: str | None
    serial: str | None
    owner_name: str | None
    registered_on: date
    is_visiting: bool
    ended_on: date | None = None
    """The day from which it is not in the register any more: scrapped, sold, gone on."""


class EndRead(Corrected):
    """The end of a machine."""

    machine_id: UUID
    ended_on: date
    cause: EndCause


class RepairRead(Corrected):
    """One repair."""

    machine_id: UUID | None
    class_code: str
    n_machines: int
    is_verified: bool
    repaired_on: date
    team: str | None
    items: str | None
    outcome: Outcome
    cost_yuan: ShownDecimal | None


class MachineCard(MachineRead):
    """One machine with what was told of it, corrected rows among them."""

    repairs: list[RepairRead]
    ends: list[EndRead]


class TrainingRead(Corrected):
    """One training."""

    topic: str
    held_on: date
    place: str | None
    trainer: str | None
    audience: Audience
    n_planned: int | None
    n_attendees: int = 0


class PersonTrained(BaseModel):
    """One person who was trained, without a name."""

    number: int
    """In this answer alone; it says nothing of who it is."""
    n_times: int
    training_ids: list[UUID]


class MachineryLine(BaseModel):
    """The figures of one town or one class."""

    key: str
    name: str
    n_machines: int
    """台(套): different machines repaired; a group counts each of its machines once."""
    n_jobs: int
    """台次: repairs, each machine as often as it was repaired."""
    n_unverified: int
    """Of the machines, those that only a group row tells of."""
    n_visiting: int
    """跨区作业: machines from elsewhere that were repaired here; in no other of these figures."""
    n_registered: int
    n_fit: int
    fit_share: ShownDecimal | None
    """完好率; None without a register."""


class MachinerySummary(BaseModel):
    """Repairs and trainings from one day to another."""

    starts_on: date
    as_of: date
    known_at: datetime | None
    total: MachineryLine
    items: list[MachineryLine]
    n_trainings: int
    n_persons: int
    """人: different persons trained."""
    n_person_times: int
    """人次: persons at each training together."""
