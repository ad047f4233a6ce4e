"""The season of the demonstration: weather with a late cold spell, water, pests. All invented."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from service.agronomy import pest_actions, water_actions, weather_actions
from service.agronomy.models import FieldType, Method
from service.agronomy.pest_schemas import SurveyCreate
from service.agronomy.water_schemas import ReadingCreate, ReservoirCreate
from service.agronomy.weather_schemas import StationCreate, WeatherBatch, WeatherCreate
from service.demo.cast import COUNTY
from service.demo.stage import Stage

FIRST_DAY, FIRST_WEEK, LAST_WEEK = date(2023, 2, 16), date(2023, 3, 2), date(2023, 4, 20)
ONE_DAY, WEEK = timedelta(days=1), timedelta(days=7)
STATIONS = (
    ("QX01", "清新国家站", 113.02, 23.73, 0.0),
    ("QX02", "北部山区站", 112.87, 24.05, -1.6),
    ("QX03", "西部站", 112.72, 23.78, -0.5),
)
"""Code, name, place, and how many degrees warmer than the first it is."""
SPELL = (date(2023, 3, 24), date(2023, 3, 28))
SPELL_C = 10.6
RESERVOIRS = (
    # name, capacity and dead storage in 10,000 m³, mu, share that is filled in March
    ("龙坑", 980, 60, 62_000, 0.66),
    ("石角", 410, 30, 26_000, 0.58),
    ("双塘", 265, 20, 16_000, 0.52),
    ("大岭", 620, 45, 43_000, 0.71),
    ("黄洞", 150, 15, 9_500, 0.49),
    ("竹坝", 88, 8, 0, 0.80),
)
UNREAD_SINCE = date(2023, 4, 6)
"""From then nobody reads the last but one."""
PLOT_MU = (
    *("62.5", "85", "71", "78.5", "66", "92", "74.5"),
    *("80", "69", "77.5", "83", "58", "81", "72"),
)
SURVEYED = {2021: 10, 2022: 12, 2023: len(PLOT_MU)}
"""Year -> plots."""
INSECTS = {2021: 34, 2022: 41, 2023: 52}
"""Year -> about how many live borers a sample holds."""
SAMPLE_M2, N_THREE, N_HOPPER_PLOTS = Decimal(150), 2, 4
FIELDS = (FieldType.FALLOW, FieldType.GREEN_MANURE, FieldType.WINTER_CROP)
PEOPLE = ("陈大文", "李明", "黄国强", "何秀兰", "梁志平", "罗丽华", "林文英", "朱永强")


class AgronomyChapter:
    """Three stations day by day in 2023, six reservoirs week by week, surveys of three winters."""

    def __init__(self) -> None:
        self.random = Random(667)
        self.told_until = FIRST_DAY - ONE_DAY
        self.water: dict[str, tuple[int, float]] = {}
        """Reservoir -> capacity in m³, share that is filled."""

    def begin(self, stage: Stage) -> None:
        """Nothing stands before 2021."""

    def week(self, stage: Stage, day: date) -> None:
        """Tell the week's weather, water and the plots that were surveyed."""
        self._survey(stage, day)
        if not FIRST_WEEK <= day <= LAST_WEEK:
            return
        if day == FIRST_WEEK:
            self._register(stage)
        with stage.acting("bureau") as session:
            weather_actions.file_days(session, WeatherBatch(items=list(self._days(day))))
            for reading in self._readings(day):
                water_actions.file_reading(session, reading)

    def _register(self, stage: Stage) -> None:
        towns = sorted(stage.towns)
        with stage.acting("bureau") as session:
            for n, (code, name, lon, lat, _) in enumerate(STATIONS):
                station = StationCreate(
                    area_code=COUNTY,
                    code=code,
                    name=name,
                    lon=lon,
                    lat=lat,
                    towns=towns[n :: len(STATIONS)],
                )
                weather_actions.file_station(session, station)
            for n, (name, capacity, dead, mu, share) in enumerate(RESERVOIRS):
                code = f"SK{n + 1:02d}"
                self.water[code] = (capacity * 10_000, share)
                reservoir = ReservoirCreate(
                    area_code=towns[n % len(towns)],
                    code=code,
                    name=f"{name}水库",
                    capacity_m3=Decimal(capacity * 10_000),
                    dead_m3=Decimal(dead * 10_000),
                    irrigates_mu=Decimal(mu),
                )
                water_actions.file_reservoir(session, reservoir)

    def _days(self, last: date) -> Iterator[WeatherCreate]:
        """Yield the days since the last week, at every station."""
        while self.told_until < last:
            self.told_until += ONE_DAY
            day, random = self.told_until, self.random
            is_spell = SPELL[0] <= day <= SPELL[1]
            mean = SPELL_C if is_spell else 14.6 + (day - FIRST_DAY).days * 0.105
            mean += random.uniform(-0.8, 0.8) if is_spell else random.uniform(-2.2, 2.2)
            is_wet = is_spell or random.random() < 0.4  # noqa: PLR2004 - a wet spring
            rain = round(random.uniform(0.5, 18.0), 1) if is_wet else 0.0
            for code, _, _, _, warmer in STATIONS:
                here = round(mean + warmer + random.uniform(-0.3, 0.3), 1)
                yield WeatherCreate(
                    station_code=code,
                    observed_on=day,
                    mean_c=_tenth(here),
                    min_c=_tenth(here - 3),
                    max_c=_tenth(here + (2 if is_wet else 6)),
                    rain_mm=_tenth(rain),
                    sun_h=_tenth(0.2 if is_wet else 5.5),
                )

    def _readings(self, day: date) -> Iterator[ReadingCreate]:
        """Yield the week's readings; the fields take water from the end of March."""
        weeks = max(0, (day - date(2023, 3, 23)) // WEEK)
        for code, (capacity, share) in self.water.items():
            if code == f"SK{len(RESERVOIRS) - 1:02d}" and day >= UNREAD_SINCE:
                continue
            filled = share + 0.01 * ((day.day + capacity) % 3) - 0.05 * weeks
            yield ReadingCreate(
                reservoir_code=code,
                observed_on=day,
                storage_m3=Decimal(round(capacity * filled)),
            )

    def _survey(self, stage: Stage, day: date) -> None:
        """Tell the plots of a week: two a week in March until all are surveyed."""
        if day.year not in SURVEYED or day.month < FIRST_WEEK.month:
            return
        week = (day - date(day.year, 3, 1)) // WEEK
        per_week = len(stage.towns) // 2
        towns = sorted(stage.towns)
        for n in range(week * per_week, min((week + 1) * per_week, SURVEYED[day.year])):
            town = towns[n % len(towns)]
            with stage.acting(f"recorder-{town}") as session:
                for survey in self._counts(n, town, stage.towns[town], day - ONE_DAY):
                    pest_actions.file_survey(session, survey)

    def _counts(self, n: int, town: str, name: str, day: date) -> Iterator[SurveyCreate]:
        about, random = INSECTS[day.year], self.random
        n_people = 3 if n < N_THREE else 2
        people = [PEOPLE[(n + k) % len(PEOPLE)] for k in range(n_people)]
        found = {"RSB": (about + random.randrange(-12, 13), random.randrange(2, 9))}
        if n < N_HOPPER_PLOTS:
            found["WBPH"] = (random.randrange(20), 0)
        for pest, (live, dead) in found.items():
            yield SurveyCreate(
                area_code=town,
                plot_name=f"{name.removesuffix('镇')}{n + 1}号测报田",
                plot_mu=Decimal(PLOT_MU[n]),
                surveyed_on=day,
                pest_code=pest,
                field_type=FIELDS[n % len(FIELDS)],
                method=Method.DISSECTION if pest == "RSB" else Method.TAPPING,
                stage="幼虫" if pest == "RSB" else "成若虫",
                sampled_m2=SAMPLE_M2,
                live=live,
                dead=dead,
                technicians=people,
            )

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""


def _tenth(value: float) -> Decimal:
    return Decimal(f"{value:.1f}")
