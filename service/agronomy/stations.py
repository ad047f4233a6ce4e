"""Which stations there are, and from which of them a town has its weather."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import shapely
from pyproj import Geod
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.agronomy.models import WeatherStation, WeatherStationTown
from service.agronomy.weather_schemas import Basis, Source, StationRead
from service.areas import queries as areas
from service.errors import NotFound
from service.parcels.models import AreaOutline
from service.records import standing

GEOD = Geod(ellps="GRS80")
"""CGCS2000 differs from it by a tenth of a millimetre."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Served:
    """A town and the station that it has its weather from."""

    source: Source
    station_code: str | None


def stations(session: Session, known_at: datetime | None = None) -> list[WeatherStation]:
    """Return the stations in view, in order of code."""
    wanted = standing(WeatherStation, known_at).order_by(WeatherStation.code)
    return list(session.scalars(wanted))


def station(session: Session, code: str) -> WeatherStation:
    """Return the station that stands under a code."""
    wanted = standing(WeatherStation).where(WeatherStation.code == code)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound(f"没有气象站点 {code};请先登记站点,或核对代码", field="station_code")
    return found


def with_towns(session: Session, found: Iterable[WeatherStation]) -> list[StationRead]:
    """Return stations with the towns that are assigned to each."""
    listed = list(found)
    towns = assigned(session, [each.id for each in listed])
    return [
        StationRead.model_validate(each).model_copy(update={"towns": towns[each.id]})
        for each in listed
    ]


def assigned(session: Session, ids: list[UUID]) -> dict[UUID, list[str]]:
    """Return station -> its assigned towns, in order."""
    table = WeatherStationTown
    wanted = select(table).where(table.station_id.in_(ids)).order_by(table.town_code)
    towns: dict[UUID, list[str]] = defaultdict(list)
    for each in session.scalars(wanted):
        towns[each.station_id].append(each.town_code)
    return towns


def serving(session: Session, *, area: str, on: date, known_at: datetime | None) -> list[Served]:
    """Return the towns of an area, each with its station: assigned, its own, or the nearest."""
    towns = areas.unit_names(session, within=area[: areas.CODE_LENGTH["town"]], level="town", on=on)
    found = stations(session, known_at)
    lists = assigned(session, [each.id for each in found])
    of_town = {town: each for each in found for town in lists[each.id]}
    middles = _middles(session, towns, known_at)
    return [
        _served(town, name, found, of_town.get(town), middles.get(town))
        for town, name in towns.items()
    ]


def _served(
    town: str,
    name: str,
    found: list[WeatherStation],
    of_town: WeatherStation | None,
    middle: Point | None,
) -> Served:
    source = Source(area_code=town, name=name)
    around = [each for each in found if town.startswith(each.area_code)]
    own = [each for each in found if each.area_code.startswith(town)]
    if of_town is not None:
        return _from(source, of_town, Basis.ASSIGNED, middle)
    for some, basis in ((own, Basis.OWN), (around, Basis.NEAREST)):
        if len(some) == 1:
            return _from(source, some[0], Basis.ONLY if some is around else basis, middle)
        if some and middle is not None:
            nearest = min(some, key=lambda each: (_distance_km(each, middle), each.code))
            return _from(source, nearest, Basis.NEAREST, middle)
        if some:
            return _from(source, some[0], Basis.FIRST, middle)
    return Served(source, None)


def _from(source: Source, given: WeatherStation, basis: Basis, middle: Point | None) -> Served:
    told = {
        "station_code": given.code,
        "station_name": given.name,
        "basis": basis,
        "distance_km": None if middle is None else round(_distance_km(given, middle), 1),
    }
    return Served(source.model_copy(update=told), given.code)


def _distance_km(given: WeatherStation, middle: Point) -> float:
    _, _, metres = GEOD.inv(given.lon, given.lat, *middle)
    return float(metres) / 1000


def _middles(session: Session, towns: Iterable[str], known_at: datetime | None) -> dict[str, Point]:
    """Return a point inside each town that the land book has an outline of."""
    table = AreaOutline
    wanted = select(table.area_code, table.geometry).where(table.area_code.in_(sorted(towns)))
    if known_at is None:
        wanted = wanted.where(table.ended_at.is_(None), table.valid_to.is_(None))
    else:
        still = table.ended_at.is_(None) | (table.ended_at > known_at)
        wanted = wanted.where(table.recorded_at <= known_at, still)
    inside = [(code, shapely.point_on_surface(shape)) for code, shape in session.execute(wanted)]
    return {code: (point.x, point.y) for code, point in inside}
