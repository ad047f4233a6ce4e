"""Mend again: the end of a machine."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "machine_ends",
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                *("scrapped", "sold", "left", "error"),
                name="endcause",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name=op.f("fk_machine_ends_machine_id_machines")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_machine_ends_recorded_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["machine_ends.id"],
            name=op.f("fk_machine_ends_supersedes_id_machine_ends"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_ends")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_machine_ends_supersedes_id")),
    )
    op.create_index(op.f("ix_machine_ends_machine_id"), "machine_ends", ["machine_id"])
    refuse_changes("machine_ends")


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
