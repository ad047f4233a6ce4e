"""Gather the signals: tips and what is sealed of them, patrols, patches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes
from service.space import Geometry

revision = "0015"
down_revision = "0014"
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
DATUMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
TABLES = (
    "signals",
    "signal_parcels",
    "signal_decisions",
    "signal_stages",
    "tips",
    "tip_photos",
    "sealed_informants",
    "sealed_originals",
    "tip_unsealings",
    "tip_unsealing_events",
    "patrols",
    "patch_imports",
)


def upgrade() -> None:
    _create_signals()
    _create_steps()
    _create_tips()
    _create_seals()
    _create_unsealings()
    _create_patrols()
    _create_imports()
    for table in TABLES:
        refuse_changes(table)


def _choice(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def _area() -> sa.Column[str]:
    return sa.Column("area_code", ordered_text(12), nullable=False)


def _id(table: str) -> list[SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _by(table: str, *, nullable: bool) -> list[SchemaItem]:
    return [
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=nullable),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f(f"fk_{table}_recorded_by_accounts")
        ),
    ]


def _recorded(table: str) -> list[SchemaItem]:
    return [
        _area(),
        *_id(table),
        *_by(table, nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
    ]


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> list[SchemaItem]:
    return [
        sa.Column(column, sa.Uuid(), nullable=nullable),
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
        ),
    ]


def _create_signals() -> None:
    op.create_table(
        "signals",
        _area(),
        *_id("signals"),
        *_by("signals", nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "source",
            _choice("source", "tip", "patrol", "monitoring", "screening", "enforcement"),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=32), nullable=False),
        *_to("signals", "origin_id", "signals"),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("observed_at", UtcInstant(), nullable=False),
        sa.Column("received_at", UtcInstant(), nullable=False),
        sa.Column("claim", _choice("claim", *CLAIMS), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("geometry", Geometry("Geometry"), nullable=True),
        *(
            sa.Column(edge, sa.Double(), nullable=True)
            for edge in ("west", "south", "east", "north")
        ),
        sa.Column("datum", _choice("datum", *DATUMS), nullable=True),
        sa.Column("given_geometry", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("reference_no", ordered_text(64), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_signals_whole_position")),
        sa.CheckConstraint(
            "(lon IS NULL) = (geometry IS NULL)", name=op.f("ck_signals_a_place_has_a_position")
        ),
    )
    op.create_index("ix_signals_area", "signals", ["area_code", "observed_at"])
    op.create_index("ix_signals_source", "signals", ["source", "claim", "observed_at"])
    for column in ("recorded_at", "origin_id", "batch_id"):
        op.create_index(op.f(f"ix_signals_{column}"), "signals", [column])
    op.create_table(
        "signal_parcels",
        _area(),
        *_to("signal_parcels", "signal_id", "signals"),
        sa.Column("parcel_uid", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("overlap_m2", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("match", sa.Double(), nullable=False),
        sa.Column(
            "state", _choice("matchstate", "matched", "candidate", "rejected"), nullable=False
        ),
        sa.PrimaryKeyConstraint("signal_id", "parcel_uid", name=op.f("pk_signal_parcels")),
    )
    op.create_index(op.f("ix_signal_parcels_parcel_uid"), "signal_parcels", ["parcel_uid"])


def _create_steps() -> None:
    op.create_table(
        "signal_decisions",
        *_to("signal_decisions", "signal_id", "signals"),
        sa.Column("parcel_uid", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("is_match", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        *_recorded("signal_decisions"),
        sa.UniqueConstraint(
            "signal_id",
            "parcel_uid",
            "n",
            name=op.f("uq_signal_decisions_signal_id_parcel_uid_n"),
        ),
    )
    op.create_table(
        "signal_stages",
        _area(),
        *_id("signal_stages"),
        *_to("signal_stages", "signal_id", "signals"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column(
            "stage", _choice("stage", "received", "accepted", "checking", "done"), nullable=False
        ),
        sa.Column("reason", sa.String(length=500), nullable=True),
        *_by("signal_stages", nullable=True),
        sa.UniqueConstraint("signal_id", "n", name=op.f("uq_signal_stages_signal_id_n")),
    )


def _create_tips() -> None:
    op.create_table(
        "tips",
        _area(),
        *_id("tips"),
        *_to("tips", "signal_id", "signals"),
        sa.Column("is_joined", sa.Boolean(), nullable=False),
        sa.Column("claim", _choice("claim", *CLAIMS), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("received_at", UtcInstant(), nullable=False),
        sa.Column("n_photos", sa.Integer(), nullable=False),
        sa.Column("photo_bytes", sa.Integer(), nullable=False),
        sa.Column("receipt_hash", ordered_text(64), nullable=False),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_tips_receipt_hash")),
    )
    op.create_index(op.f("ix_tips_signal_id"), "tips", ["signal_id"])
    op.create_index(op.f("ix_tips_received_at"), "tips", ["received_at"])
    op.create_table(
        "tip_photos",
        _area(),
        *_id("tip_photos"),
        *_to("tip_photos", "tip_id", "tips"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sha256", ordered_text(64), nullable=False),
        sa.Column("received_at", UtcInstant(), nullable=False),
        sa.UniqueConstraint("tip_id", "n", name=op.f("uq_tip_photos_tip_id_n")),
    )


def _create_seals() -> None:
    op.create_table(
        "sealed_informants",
        *_to("sealed_informants", "tip_id", "tips"),
        sa.Column("submission", ordered_text(64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tip_id", name=op.f("pk_sealed_informants")),
        sa.UniqueConstraint("submission", name=op.f("uq_sealed_informants_submission")),
    )
    op.create_table(
        "sealed_originals",
        *_to("sealed_originals", "photo_id", "tip_photos"),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("sha256", ordered_text(64), nullable=False),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_sealed_originals")),
    )


def _create_unsealings() -> None:
    op.create_table(
        "tip_unsealings",
        *_to("tip_unsealings", "tip_id", "tips"),
        sa.Column("reason", sa.String(length=500), nullable=False),
        *_recorded("tip_unsealings"),
    )
    op.create_index(op.f("ix_tip_unsealings_tip_id"), "tip_unsealings", ["tip_id"])
    op.create_table(
        "tip_unsealing_events",
        *_to("tip_unsealing_events", "unsealing_id", "tip_unsealings"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("step", _choice("unsealingstep", "approve", "refuse", "open"), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        *_recorded("tip_unsealing_events"),
        sa.UniqueConstraint(
            "unsealing_id", "n", name=op.f("uq_tip_unsealing_events_unsealing_id_n")
        ),
    )


def _create_patrols() -> None:
    op.create_table(
        "patrols",
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=False),
        *_to("patrols", "dispatched_by_id", "signals", nullable=True),
        sa.Column("track", Geometry("Geometry"), nullable=True),
        sa.Column("n_points", sa.Integer(), nullable=False),
        sa.Column("n_slips", sa.Integer(), nullable=False),
        sa.Column("effort_min", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("n_cells", sa.Integer(), nullable=False),
        sa.Column("n_cells_seen", sa.Integer(), nullable=False),
        sa.Column("n_findings", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        *_recorded("patrols"),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_patrols_ends_after_start")),
    )
    op.create_index("ix_patrols_area", "patrols", ["area_code", "started_at"])
    op.create_index(op.f("ix_patrols_dispatched_by_id"), "patrols", ["dispatched_by_id"])


def _create_imports() -> None:
    op.create_table(
        "patch_imports",
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("datum", _choice("datum", *DATUMS), nullable=False),
        sa.Column("is_datum_detected", sa.Boolean(), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("n_new", sa.Integer(), nullable=False),
        sa.Column("n_known", sa.Integer(), nullable=False),
        sa.Column("n_refused", sa.Integer(), nullable=False),
        *_recorded("patch_imports"),
    )
    op.create_index(op.f("ix_patch_imports_file_sha256"), "patch_imports", ["file_sha256"])


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
