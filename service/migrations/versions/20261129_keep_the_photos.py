"""Keep the photos."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0008"
down_revision = "0007"
SUBJECTS = ("visit", "parcel", "survey", "other")
TYPES = ("image/jpeg", "image/png", "image/webp")
DATUMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
NORTHS = ("true", "magnetic")


def _choice(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("subject_kind", _choice("subjectkind", SUBJECTS), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", ordered_text(64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", _choice("mediatype", TYPES), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("device_at", UtcInstant(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("datum", _choice("datum", DATUMS), nullable=True),
        sa.Column("given_position", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("bearing_deg", sa.Double(), nullable=True),
        sa.Column("is_mock", sa.Boolean(), nullable=True),
        sa.Column("make", sa.String(length=64), nullable=True),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("orientation", sa.Integer(), nullable=False),
        sa.Column("camera_time", sa.String(length=32), nullable=True),
        sa.Column("gps_at", UtcInstant(), nullable=True),
        sa.Column("exif_lon", sa.Double(), nullable=True),
        sa.Column("exif_lat", sa.Double(), nullable=True),
        sa.Column("exif_accuracy_m", sa.Double(), nullable=True),
        sa.Column("exif_bearing_deg", sa.Double(), nullable=True),
        sa.Column("exif_bearing_from", _choice("bearing", NORTHS), nullable=True),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_photos_whole_position")),
        sa.CheckConstraint(
            "(exif_lon IS NULL) = (exif_lat IS NULL)", name=op.f("ck_photos_whole_exif_position")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_photos_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    op.create_index(op.f("ix_photos_sha256"), "photos", ["sha256"])
    op.create_index("ix_photos_subject", "photos", ["subject_id", "recorded_at"])
    refuse_changes("photos")


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
