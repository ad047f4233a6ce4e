"""What the tests of every operation must know of this book: see `tests/books.py`."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from service import audit
from service.accounts.models import Account
from service.agronomy.models import (
    FieldType,
    Method,
    PestSurvey,
    PestSurveyTechnician,
    Reservoir,
    ReservoirReading,
    WeatherDay,
    WeatherStation,
)

A = "/api/v1"
CORRECTING = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d001",
    "supersedes_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d002",
    "reason": "抄错一行",
}
STATION = {
    **CORRECTING,
    "area_code": "441803102",
    "code": "G1234",
    "name": "太和自动站",
    "lon": 112.98,
    "lat": 23.71,
    "elevation_m": 18.5,
    "towns": ["441803102"],
}
# So that minus one fits nowhere: the day would be too wide, or out of order.
WEATHER = {
    **CORRECTING,
    "station_code": "S441803102",
    "observed_on": "2023-03-12",
    "mean_c": 25.5,
    "min_c": 20.0,
    "max_c": 36.0,
    "rain_mm": 1.2,
    "sun_h": 3.5,
}
RESERVOIR = {
    **CORRECTING,
    "area_code": "441803102",
    "code": "R-NEW",
    "name": "迎咀水库",
    "capacity_m3": 1200000.5,
    "dead_m3": 90000,
    "irrigates_mu": 8000.25,
}
READING = {
    **CORRECTING,
    "reservoir_code": "R441803102",
    "observed_on": "2023-03-12",
    "storage_m3": 400000,
}
SURVEY = {
    **CORRECTING,
    "area_code": "441803102",
    "plot_name": "北坑冬闲田",
    "plot_mu": 75.5,
    "surveyed_on": "2023-03-12",
    "pest_code": "RSB",
    "field_type": "fallow",
    "method": "dissection",
    "stage": "幼虫",
    "sampled_m2": 150.0,
    "live": 36,
    "dead": 4,
    "technicians": ["陈大文", "李明"],
}
WITHDRAW = {"reason": "录错了"}


def _body(make):
    return lambda place: {"json": make(place)}


def _area(place):
    return {"params": {"area": place.area}}


def _nothing(_):
    return {}


def _plain(body: dict):
    return {key: value for key, value in body.items() if key not in CORRECTING}


def _table(heading: str, row: str):
    return lambda place: {
        "files": {"file": ("t.csv", f"{heading}\n{row.format(place.area)}\n".encode(), "text/csv")}
    }


def _new_day(place) -> dict:
    return _plain(WEATHER) | {"station_code": f"S{place.area}"}


REQUESTS = {
    ("GET", f"{A}/weather/stations"): _nothing,
    ("POST", f"{A}/weather/stations"): _body(
        lambda place: (
            _plain(STATION) | {"area_code": place.area, "code": uuid4().hex, "towns": [place.area]}
        )
    ),
    ("GET", f"{A}/weather"): _area,
    ("POST", f"{A}/weather"): _body(_new_day),
    ("POST", f"{A}/weather/batch"): _body(lambda place: {"items": [_new_day(place)]}),
    ("GET", f"{A}/weather/imports/template"): _nothing,
    ("POST", f"{A}/weather/imports"): _table("站点,日期,平均气温,雨量", "S{},2023-03-14,15.5,0"),
    ("GET", f"{A}/weather/suitability"): _area,
    ("GET", f"{A}/weather/fieldwork_days"): _area,
    ("GET", f"{A}/weather/cold_spells"): _area,
    ("POST", f"{A}/weather/{{weather_id}}/withdraw"): _body(lambda _: WITHDRAW),
    ("GET", f"{A}/reservoirs"): _area,
    ("POST", f"{A}/reservoirs"): _body(
        lambda place: _plain(RESERVOIR) | {"area_code": place.area, "code": uuid4().hex}
    ),
    ("GET", f"{A}/reservoirs/summary"): _area,
    ("GET", f"{A}/reservoirs/readings"): _area,
    ("POST", f"{A}/reservoirs/readings"): _body(
        lambda place: _plain(READING) | {"reservoir_code": f"R{place.area}"}
    ),
    ("GET", f"{A}/reservoirs/readings/imports/template"): _nothing,
    ("POST", f"{A}/reservoirs/readings/imports"): _table(
        "水库,日期,蓄水量", "R{},2023-03-14,300000"
    ),
    ("POST", f"{A}/reservoirs/readings/{{reading_id}}/withdraw"): _body(lambda _: WITHDRAW),
    ("GET", f"{A}/pest_surveys/pests"): _nothing,
    ("GET", f"{A}/pest_surveys"): _area,
    ("POST", f"{A}/pest_surveys"): _body(
        lambda place: _plain(SURVEY) | {"area_code": place.area, "plot_name": uuid4().hex}
    ),
    ("GET", f"{A}/pest_surveys/summary"): _area,
    ("GET", f"{A}/pest_surveys/imports/template"): _nothing,
    ("POST", f"{A}/pest_surveys/imports"): _table(
        "镇,地块,代表面积,调查日期,病虫,田块类型,调查方法,取样面积,活虫数,技术人员",
        "{},东岸,60,2023-03-14,二化螟,冬闲田,剥查,150,3,陈大文",
    ),
    ("POST", f"{A}/pest_surveys/{{survey_id}}/withdraw"): _body(lambda _: WITHDRAW),
}
BODIES = {
    ("POST", f"{A}/weather/stations"): STATION,
    ("POST", f"{A}/weather"): WEATHER,
    ("POST", f"{A}/weather/batch"): {"items": [WEATHER]},
    ("POST", f"{A}/weather/{{weather_id}}/withdraw"): WITHDRAW,
    ("POST", f"{A}/reservoirs"): RESERVOIR,
    ("POST", f"{A}/reservoirs/readings"): READING,
    ("POST", f"{A}/reservoirs/readings/{{reading_id}}/withdraw"): WITHDRAW,
    ("POST", f"{A}/pest_surveys"): SURVEY,
    ("POST", f"{A}/pest_surveys/{{survey_id}}/withdraw"): WITHDRAW,
}
ROLE_OF = {"weather": "bureau", "reservoirs": "bureau", "pest_surveys": "bureau"}
APPEND_ONLY = (
    "weather_stations",
    "weather_station_towns",
    "weather_days",
    "reservoirs",
    "reservoir_readings",
    "pest_surveys",
    "pest_survey_technicians",
)
NAMES = ("weather_id", "reading_id", "survey_id")


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    with database.system_transaction() as session:
        common = {
            "area_code": area,
            "recorded_at": audit.instant(session),
            "recorded_by": session.query(Account.id).first()[0],
            "is_withdrawal": False,
        }
        day = date(2023, 3, 1)

        def add(model, **values):
            made = model(**common, **values, content_digest=uuid4().hex)
            session.add(made)
            session.flush()
            return made

        add(WeatherStation, code=f"S{area}", name=f"站{area}", lon=113.0, lat=23.7)
        weather = add(WeatherDay, station_code=f"S{area}", observed_on=day, mean_c=Decimal("13.5"))
        add(
            Reservoir,
            code=f"R{area}",
            name=f"水库{area}",
            capacity_m3=Decimal(1_000_000),
            dead_m3=Decimal(50_000),
            irrigates_mu=Decimal(5_000),
        )
        reading = add(
            ReservoirReading,
            reservoir_code=f"R{area}",
            observed_on=day,
            storage_m3=Decimal(600_000),
        )
        survey = add(
            PestSurvey,
            plot_name="一号地",
            plot_mu=Decimal(80),
            surveyed_on=day,
            pest_code="RSB",
            field_type=FieldType.FALLOW,
            method=Method.DISSECTION,
            sampled_m2=Decimal(150),
            live=5,
            dead=1,
        )
        session.add(PestSurveyTechnician(survey_id=survey.id, name="某人"))
        return {
            "weather_id": str(weather.id),
            "reading_id": str(reading.id),
            "survey_id": str(survey.id),
        }
