"""Writing the book of reservoirs."""

from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.agronomy import filing, water
from service.agronomy.filing import Entry
from service.agronomy.models import Reservoir, ReservoirReading
from service.agronomy.water_schemas import ReadingCreate, ReservoirCreate
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Invalid

CORRECTING = {"id", "supersedes_id", "reason"}


def file_reservoir(session: Session, given: ReservoirCreate) -> tuple[Reservoir, bool]:
    """Enter a reservoir; tell whether it is new."""
    areas.area(session, given.area_code)
    entry = Entry(
        facts=given.model_dump(exclude=CORRECTING),
        same=Reservoir.code == given.code,
        twice=f"水库代码 {given.code} 已登记;要改动请写明原因(reason)作为更正",
        action="agronomy.reservoir",
        field="code",
    )
    return filing.file(session, Reservoir, given, entry)


def file_reading(session: Session, given: ReadingCreate) -> tuple[ReservoirReading, bool]:
    """Enter what a reservoir held on a day; tell whether it is new."""
    held_by = water.reservoir(session, given.reservoir_code)
    records.refuse_future(session, given.observed_on, "observed_on")
    share = thresholds_of(session).agronomy.over_capacity_share
    if given.storage_m3 > held_by.capacity_m3 * share:
        raise Invalid(
            f"{held_by.name}总库容 {held_by.capacity_m3:f} 立方米,"
            f"蓄水量不能超过它的 {share * 100:f}%;请核对单位(立方米,不是万立方米)",
            field="storage_m3",
        )
    same = ReservoirReading.reservoir_code == given.reservoir_code
    entry = Entry(
        facts=given.model_dump(exclude=CORRECTING) | {"area_code": held_by.area_code},
        same=same & (ReservoirReading.observed_on == given.observed_on),
        twice=f"{held_by.name} {given.observed_on} 已有读数且不同;"
        "要更正请写明原因(reason,表格里是“更正原因”一列)",
        action="agronomy.reading",
        field="observed_on",
    )
    return filing.file(session, ReservoirReading, given, entry)


def withdraw_reading(session: Session, reading_id: UUID, reason: str) -> ReservoirReading:
    """Say that a reading was entered in error."""
    return filing.withdraw(
        session, ReservoirReading, reading_id, reason, action="agronomy.withdraw"
    )
