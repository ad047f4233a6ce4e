"""Tell uses apart: what a signal says of the land beyond its claim."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

USES = (
    "GRAIN",
    "ANNUAL_NON_GRAIN_FOOD",
    "NON_FOOD_ANNUAL",
    "ORCHARD",
    "TEA",
    "FOREST_TREES",
    "NURSERY",
    "TURF",
    "ORNAMENTAL",
    "FISH_POND",
    "RICE_FISH",
    "PASTURE",
    "FACILITY_PLANT",
    "FACILITY_LIVESTOCK",
    "FACILITY_AQUA",
    "BUILDING",
    "RURAL_HOUSE",
    "HARDENED",
    "ROAD",
    "EXCAVATION",
    "SOIL_TAKING",
    "SAND",
    "STONE",
    "MINING",
    "KILN",
    "GRAVE",
    "WASTE_DUMP",
    "SOLAR_PANEL",
    "LANDSCAPE_LAKE",
    "GREENBELT",
    "AFFORESTATION",
    "WEED_FALLOW",
    "SHRUB",
    "WINTER_FALLOW",
    "WATER",
    "BARE",
    "UNKNOWN",
)


def upgrade() -> None:
    words = sa.Enum(*USES, name="use", native_enum=False, length=24)
    op.add_column("signals", sa.Column("use", words, nullable=True))


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
