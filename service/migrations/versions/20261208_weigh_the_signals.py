"""Weigh the signals: screenings, and the verdicts that they write."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import let_end_once, refuse_changes

revision = "0017"
down_revision = "0016"

CLASSES = ("none", "unknown", "excluded", "hint", "suspected", "likely", "confirmed")
CATEGORIES = ("NONE", "OUT_OF_SCOPE", "REVIEW", "NON_AG", "NON_GRAIN", "ABANDON")
CLAIMS = (
    "building",
    "hardening",
    "earthwork",
    "fish_pond",
    "trees",
    "nursery_turf",
    "greenbelt",
    "livestock_shed",
    "abandoned",
    "other",
)
SOURCES = ("tip", "patrol", "monitoring", "screening", "enforcement")
UNKNOWNS = ("cloud", "no_image", "no_access", "no_data")
STANDS = sa.text("superseded_at IS NULL")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def upgrade() -> None:
    _create_screenings()
    _create_verdicts()
    refuse_changes("screenings")
    let_end_once("verdicts", "superseded_at", "superseded_on")


def _create_screenings() -> None:
    op.create_table(
        "screenings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season", ordered_text(8), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("ran_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("n_land", sa.Integer(), nullable=False),
        sa.Column("n_new", sa.Integer(), nullable=False),
        sa.Column("n_changed", sa.Integer(), nullable=False),
        sa.Column("n_same", sa.Integer(), nullable=False),
        sa.Column("n_newer", sa.Integer(), nullable=False),
        sa.Column("n_leads", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_screenings_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screenings")),
    )
    op.create_index(op.f("ix_screenings_ran_at"), "screenings", ["ran_at"])


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_uid", sa.Uuid(), nullable=False),
        sa.Column("parcel_version_id", sa.BigInteger(), nullable=True),
        sa.Column("season", ordered_text(8), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("superseded_at", UtcInstant(), nullable=True),
        sa.Column("superseded_on", sa.Date(), nullable=True),
        sa.Column("screening_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("verdict_class", _words("verdictclass", *CLASSES), nullable=False),
        sa.Column("claim", _words("claim", *CLAIMS), nullable=True),
        sa.Column("category", _words("category", *CATEGORIES), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("rule_id", ordered_text(32), nullable=True),
        sa.Column("overlap_m2", sa.Double(), nullable=False),
        sa.Column("is_farmland", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("n_sources", sa.Integer(), nullable=False),
        sa.Column("first_source", _words("source", *SOURCES), nullable=True),
        sa.Column("first_observed_on", sa.Date(), nullable=True),
        sa.Column("unknown", _words("unknown", *UNKNOWNS), nullable=True),
        sa.Column("signal_ids", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["parcel_version_id"],
            ["parcel_versions.id"],
            name=op.f("fk_verdicts_parcel_version_id_parcel_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["screening_id"], ["screenings.id"], name=op.f("fk_verdicts_screening_id_screenings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    for column in ("parcel_uid", "screening_id"):
        op.create_index(op.f(f"ix_verdicts_{column}"), "verdicts", [column])
    op.create_index("ix_verdicts_area_code", "verdicts", ["area_code", "verdict_class"])
    op.create_index(
        "uq_verdicts_one_stands",
        "verdicts",
        ["parcel_uid", "season"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
