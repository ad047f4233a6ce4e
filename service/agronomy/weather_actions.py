"""Writing the weather book."""

from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.agronomy import filing, stations
from service.agronomy.filing import Entry
from service.agronomy.models import WeatherDay, WeatherStation, WeatherStationTown
from service.agronomy.weather_schemas import (
    BatchResult,
    StationCreate,
    WeatherBatch,
    WeatherCreate,
)
from service.areas import queries as areas
from service.errors import Invalid

FACTS = ("station_code", "observed_on", "mean_c", "min_c", "max_c", "rain_mm", "sun_h")
STATION_FACTS = ("area_code", "code", "name", "lon", "lat", "elevation_m")


def file_station(session: Session, given: StationCreate) -> tuple[WeatherStation, bool]:
    """Enter a station; tell whether it is new."""
    areas.area(session, given.area_code)
    towns = sorted(set(given.towns or []))
    for town in towns:
        areas.area(session, town)
        if not town.startswith(given.area_code) or len(town) != areas.CODE_LENGTH["town"]:
            raise Invalid("指定的镇须在站点服务的范围之内,写 9 位镇代码", field="towns")
    entry = Entry(
        facts=given.model_dump(include=set(STATION_FACTS)),
        same=WeatherStation.code == given.code,
        twice=f"站点代码 {given.code} 已登记;要改动请写明原因(reason)作为更正",
        action="agronomy.station",
        field="code",
        has_same=lambda row: stations.assigned(session, [row.id])[row.id] == towns,
    )
    made, is_new = filing.file(session, WeatherStation, given, entry)
    if is_new:
        session.add_all(WeatherStationTown(station_id=made.id, town_code=each) for each in towns)
        session.flush()
    return made, is_new


def file_day(session: Session, given: WeatherCreate) -> tuple[WeatherDay, bool]:
    """Enter one day at one station; tell whether it is new."""
    return _file_day(session, stations.station(session, given.station_code), given)


def _file_day(
    session: Session, station: WeatherStation, given: WeatherCreate
) -> tuple[WeatherDay, bool]:
    filing.refuse_foreign(session, station.area_code)
    records.refuse_future(session, given.observed_on, "observed_on")
    same = WeatherDay.station_code == given.station_code
    entry = Entry(
        facts=given.model_dump(include=set(FACTS)) | {"area_code": station.area_code},
        same=same & (WeatherDay.observed_on == given.observed_on),
        twice=f"{station.name} {given.observed_on} 已有数据且不同;"
        "要更正请写明原因(reason,表格里是“更正原因”一列)",
        action="agronomy.weather",
        field="observed_on",
    )
    return filing.file(session, WeatherDay, given, entry)


def file_days(session: Session, given: WeatherBatch) -> BatchResult:
    """Enter days that come together: all of them, or none."""
    codes = sorted({each.station_code for each in given.items})
    found = {code: stations.station(session, code) for code in codes}
    new = [_file_day(session, found[each.station_code], each)[1] for each in given.items]
    return BatchResult(n_filed=sum(new), n_unchanged=len(new) - sum(new))


def withdraw_day(session: Session, weather_id: UUID, reason: str) -> WeatherDay:
    """Say that a day was entered in error."""
    return filing.withdraw(session, WeatherDay, weather_id, reason, action="agronomy.withdraw")
