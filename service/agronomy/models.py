"""Weather stations and their days, reservoirs and their readings, pest surveys."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.columns import ExactDecimal, Mu, choice, ordered_text
from service.database import Base
from service.records import Correctable
from service.security import AreaScoped, SeenFromBelow

Tenth = ExactDecimal(6, 1)
"""Degrees, millimetres, hours."""
Cubic = ExactDecimal(12, 1)
"""Cubic metres."""


class FieldType(StrEnum):
    """What stood on the field that was surveyed."""

    FALLOW = "fallow"
    GREEN_MANURE = "green_manure"
    WINTER_CROP = "winter_crop"
    SEEDBED = "seedbed"
    PADDY = "paddy"
    DRY_CROP = "dry_crop"
    OTHER = "other"


class Method(StrEnum):
    """How the insects were found."""

    DISSECTION = "dissection"
    TAPPING = "tapping"
    SWEEPING = "sweeping"
    VISUAL = "visual"
    OTHER = "other"


class WeatherStation(SeenFromBelow, Correctable, Base):
    """A station or a grid point; it serves the units inside its area, which all see it."""

    __tablename__ = "weather_stations"
    __table_args__ = (Index("ix_weather_stations_code", "code"),)

    code: Mapped[str] = mapped_column(ordered_text(32))
    name: Mapped[str] = mapped_column(String(64))
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    elevation_m: Mapped[Decimal | None] = mapped_column(Tenth)


class WeatherStationTown(Base):
    """A town that a station was assigned to, whatever lies nearer."""

    __tablename__ = "weather_station_towns"

    station_id: Mapped[UUID] = mapped_column(ForeignKey("weather_stations.id"), primary_key=True)
    town_code: Mapped[str] = mapped_column(ordered_text(9), primary_key=True)


class WeatherDay(SeenFromBelow, Correctable, Base):
    """One day at one station."""

    __tablename__ = "weather_days"
    __table_args__ = (
        CheckConstraint("mean_c IS NOT NULL OR rain_mm IS NOT NULL", name="some_value"),
        CheckConstraint("rain_mm >= 0", name="rain"),
        Index("ix_weather_days_key", "station_code", "observed_on"),
    )

    station_code: Mapped[str] = mapped_column(ordered_text(32))
    observed_on: Mapped[date]
    mean_c: Mapped[Decimal | None] = mapped_column(Tenth)
    min_c: Mapped[Decimal | None] = mapped_column(Tenth)
    max_c: Mapped[Decimal | None] = mapped_column(Tenth)
    rain_mm: Mapped[Decimal | None] = mapped_column(Tenth)
    sun_h: Mapped[Decimal | None] = mapped_column(Tenth)


class Reservoir(AreaScoped, Correctable, Base):
    """A reservoir and the land that it waters."""

    __tablename__ = "reservoirs"
    __table_args__ = (
        CheckConstraint("dead_m3 >= 0 AND dead_m3 <= capacity_m3", name="dead_within"),
        CheckConstraint("irrigates_mu >= 0", name="irrigates"),
        Index("ix_reservoirs_code", "code"),
    )

    code: Mapped[str] = mapped_column(ordered_text(32))
    name: Mapped[str] = mapped_column(String(64))
    capacity_m3: Mapped[Decimal] = mapped_column(Cubic)
    dead_m3: Mapped[Decimal] = mapped_column(Cubic)
    irrigates_mu: Mapped[Decimal] = mapped_column(Mu)


class ReservoirReading(AreaScoped, Correctable, Base):
    """What a reservoir held on a day."""

    __tablename__ = "reservoir_readings"
    __table_args__ = (
        CheckConstraint("storage_m3 >= 0", name="storage"),
        Index("ix_reservoir_readings_key", "reservoir_code", "observed_on"),
    )

    reservoir_code: Mapped[str] = mapped_column(ordered_text(32))
    observed_on: Mapped[date]
    storage_m3: Mapped[Decimal] = mapped_column(Cubic)


class PestSurvey(AreaScoped, Correctable, Base):
    """One pest counted on a sample of one plot; the plot stands for more land than the sample."""

    __tablename__ = "pest_surveys"
    __table_args__ = (
        CheckConstraint("sampled_m2 > 0", name="some_sample"),
        CheckConstraint("live >= 0 AND dead >= 0", name="counts"),
        Index("ix_pest_surveys_key", "area_code", "surveyed_on"),
    )

    plot_name: Mapped[str] = mapped_column(String(64))
    plot_mu: Mapped[Decimal] = mapped_column(Mu)
    """The land that the plot stands for."""
    surveyed_on: Mapped[date]
    pest_code: Mapped[str] = mapped_column(ordered_text(32))
    field_type: Mapped[FieldType] = mapped_column(choice(FieldType))
    method: Mapped[Method] = mapped_column(choice(Method))
    stage: Mapped[str | None] = mapped_column(String(64))
    sampled_m2: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    live: Mapped[int]
    dead: Mapped[int]


class PestSurveyTechnician(Base):
    """One of those who counted."""

    __tablename__ = "pest_survey_technicians"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("pest_surveys.id"), primary_key=True)
    name: Mapped[str] = mapped_column(ordered_text(64), primary_key=True)
