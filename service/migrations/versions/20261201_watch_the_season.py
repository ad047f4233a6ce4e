"""Watch the season: weather, reservoirs, pest surveys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0010"
down_revision = "0009"
APPEND_ONLY = (
    "weather_stations",
    "weather_station_towns",
    "weather_days",
    "reservoirs",
    "reservoir_readings",
    "pest_surveys",
    "pest_survey_technicians",
)


def upgrade() -> None:
    _create_stations()
    _create_days()
    _create_reservoirs()
    _create_surveys()
    for table in APPEND_ONLY:
        refuse_changes(table)


def _correctable(table: str) -> list[SchemaItem]:
    return [
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f(f"fk_{table}_recorded_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            [f"{table}.id"],
            name=op.f(f"fk_{table}_supersedes_id_{table}"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("supersedes_id", name=op.f(f"uq_{table}_supersedes_id")),
    ]


def _create_stations() -> None:
    op.create_table(
        "weather_stations",
        sa.Column("code", ordered_text(32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("elevation_m", ExactDecimal(6, 1), nullable=True),
        *_correctable("weather_stations"),
    )
    op.create_index("ix_weather_stations_code", "weather_stations", ["code"])
    op.create_table(
        "weather_station_towns",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("town_code", ordered_text(9), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["weather_stations.id"],
            name=op.f("fk_weather_station_towns_station_id_weather_stations"),
        ),
        sa.PrimaryKeyConstraint("station_id", "town_code", name=op.f("pk_weather_station_towns")),
    )


def _create_days() -> None:
    op.create_table(
        "weather_days",
        sa.Column("station_code", ordered_text(32), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, ExactDecimal(6, 1), nullable=True)
            for name in ("mean_c", "min_c", "max_c", "rain_mm", "sun_h")
        ),
        *_correctable("weather_days"),
        sa.CheckConstraint(
            "mean_c IS NOT NULL OR rain_mm IS NOT NULL", name=op.f("ck_weather_days_some_value")
        ),
        sa.CheckConstraint("rain_mm >= 0", name=op.f("ck_weather_days_rain")),
    )
    op.create_index("ix_weather_days_key", "weather_days", ["station_code", "observed_on"])


def _create_reservoirs() -> None:
    op.create_table(
        "reservoirs",
        sa.Column("code", ordered_text(32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("capacity_m3", ExactDecimal(12, 1), nullable=False),
        sa.Column("dead_m3", ExactDecimal(12, 1), nullable=False),
        sa.Column("irrigates_mu", ExactDecimal(14, 2), nullable=False),
        *_correctable("reservoirs"),
        sa.CheckConstraint(
            "dead_m3 >= 0 AND dead_m3 <= capacity_m3", name=op.f("ck_reservoirs_dead_within")
        ),
        sa.CheckConstraint("irrigates_mu >= 0", name=op.f("ck_reservoirs_irrigates")),
    )
    op.create_index("ix_reservoirs_code", "reservoirs", ["code"])
    op.create_table(
        "reservoir_readings",
        sa.Column("reservoir_code", ordered_text(32), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("storage_m3", ExactDecimal(12, 1), nullable=False),
        *_correctable("reservoir_readings"),
        sa.CheckConstraint("storage_m3 >= 0", name=op.f("ck_reservoir_readings_storage")),
    )
    op.create_index(
        "ix_reservoir_readings_key", "reservoir_readings", ["reservoir_code", "observed_on"]
    )


def _word(name: str, *words: str) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name.replace("_", ""), native_enum=False, length=16)
    return sa.Column(name, kind, nullable=False)


def _create_surveys() -> None:
    op.create_table(
        "pest_surveys",
        sa.Column("plot_name", sa.String(length=64), nullable=False),
        sa.Column("plot_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("surveyed_on", sa.Date(), nullable=False),
        sa.Column("pest_code", ordered_text(32), nullable=False),
        _word(
            "field_type",
            "fallow",
            "green_manure",
            "winter_crop",
            "seedbed",
            "paddy",
            "dry_crop",
            "other",
        ),
        _word("method", "dissection", "tapping", "sweeping", "visual", "other"),
        sa.Column("stage", sa.String(length=64), nullable=True),
        sa.Column("sampled_m2", ExactDecimal(10, 2), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Integer(), nullable=False),
        *_correctable("pest_surveys"),
        sa.CheckConstraint("sampled_m2 > 0", name=op.f("ck_pest_surveys_some_sample")),
        sa.CheckConstraint("live >= 0 AND dead >= 0", name=op.f("ck_pest_surveys_counts")),
    )
    op.create_index("ix_pest_surveys_key", "pest_surveys", ["area_code", "surveyed_on"])
    op.create_table(
        "pest_survey_technicians",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("name", ordered_text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"],
            ["pest_surveys.id"],
            name=op.f("fk_pest_survey_technicians_survey_id_pest_surveys"),
        ),
        sa.PrimaryKeyConstraint("survey_id", "name", name=op.f("pk_pest_survey_technicians")),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
