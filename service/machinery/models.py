"""Machine classes, registers, single machines, repairs and trainings."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, choice, ordered_text
from service.database import Base
from service.records import Correctable, Recorded
from service.security import AreaScoped


class Outcome(StrEnum):
    """How a repair left a machine."""

    FIT = "fit"
    WAITING = "waiting"
    SCRAPPED = "scrapped"


class EndCause(StrEnum):
    """Why a machine is no longer in the register."""

    SCRAPPED = "scrapped"
    SOLD = "sold"
    LEFT = "left"
    """It was visiting, and went on."""
    ERROR = "error"
    """It should not have been entered."""


class Audience(StrEnum):
    """Whom a training was for."""

    OPERATOR = "operator"
    MECHANIC = "mechanic"
    TECHNICIAN = "technician"
    COOPERATIVE = "cooperative"


class MachineClass(Base):
    """One class of farm machinery."""

    __tablename__ = "machine_classes"

    code: Mapped[str] = mapped_column(ordered_text(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    group_name: Mapped[str] = mapped_column(String(64))
    needs_plate: Mapped[bool]


class MachineRegister(AreaScoped, Correctable, Base):
    """How many machines of a class a town has, and how many are fit, on a day."""

    __tablename__ = "machine_registers"
    __table_args__ = (
        CheckConstraint("n_fit >= 0 AND n_fit <= n_registered", name="fit_within_registered"),
        Index("ix_machine_registers_key", "area_code", "class_code", "counted_on"),
    )

    class_code: Mapped[str] = mapped_column(ForeignKey("machine_classes.code"))
    counted_on: Mapped[date]
    n_registered: Mapped[int]
    n_fit: Mapped[int]


class Machine(AreaScoped, Recorded, Base):
    """One machine that is known by itself."""

    __tablename__ = "machines"
    __table_args__ = (Index("ix_machines_plate", "plate"),)

    class_code: Mapped[str] = mapped_column(ForeignKey("machine_classes.code"))
    plate: Mapped[str | None] = mapped_column(String(32))
    serial: Mapped[str | None] = mapped_column(String(64))
    owner_name: Mapped[str | None] = mapped_column(String(64))
    registered_on: Mapped[date]
    is_visiting: Mapped[bool]
    """跨区作业: from another county; it adds to capacity, not to the stock."""


class MachineEnd(AreaScoped, Correctable, Base):
    """The day from which a machine is not in the register any more.

    A repair that leaves a machine scrapped ends it as well.
    """

    __tablename__ = "machine_ends"

    machine_id: Mapped[UUID] = mapped_column(ForeignKey("machines.id"), index=True)
    ended_on: Mapped[date]
    cause: Mapped[EndCause] = mapped_column(choice(EndCause))


class Repair(AreaScoped, Correctable, Base):
    """One repair of one machine, or of several of a class together."""

    __tablename__ = "repairs"
    __table_args__ = (
        CheckConstraint("n_machines >= 1", name="some_machine"),
        CheckConstraint("machine_id IS NULL OR n_machines = 1", name="one_machine"),
        Index("ix_repairs_key", "area_code", "class_code", "repaired_on"),
    )

    machine_id: Mapped[UUID | None] = mapped_column(ForeignKey("machines.id"), index=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("machine_classes.code"))
    n_machines: Mapped[int]
    is_verified: Mapped[bool]
    """Whether each machine is named; a group of a class is not."""
    repaired_on: Mapped[date]
    team: Mapped[str | None] = mapped_column(String(100))
    items: Mapped[str | None] = mapped_column(String(500))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    cost_yuan: Mapped[Decimal | None] = mapped_column(ExactDecimal(14, 4))


class Training(AreaScoped, Correctable, Base):
    """One training that was held."""

    __tablename__ = "trainings"

    topic: Mapped[str] = mapped_column(String(200))
    held_on: Mapped[date]
    place: Mapped[str | None] = mapped_column(String(200))
    trainer: Mapped[str | None] = mapped_column(String(64))
    audience: Mapped[Audience] = mapped_column(choice(Audience))
    n_planned: Mapped[int | None]


class TrainingAttendee(Base):
    """One person at one training, told apart without a name."""

    __tablename__ = "training_attendees"

    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"), primary_key=True)
    person_hash: Mapped[str] = mapped_column(ordered_text(64), primary_key=True)
