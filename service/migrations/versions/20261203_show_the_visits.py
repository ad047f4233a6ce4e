"""Show the visits: the photos of each."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "visit_photos",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_photos_visit_id_visits")
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_visit_photos_photo_id_photos")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_visit_photos_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_photos")),
        sa.UniqueConstraint("visit_id", "photo_id", name=op.f("uq_visit_photos_visit_id_photo_id")),
    )
    refuse_changes("visit_photos")


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
