"""Mend the machines: registers, repairs, trainings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0004"
down_revision = "0003"
APPEND_ONLY = ("machine_registers", "machines", "repairs", "trainings", "training_attendees")


def upgrade() -> None:
    op.create_table(
        "machine_classes",
        sa.Column("code", ordered_text(16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.Column("needs_plate", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_machine_classes")),
    )
    _create_registers()
    _create_machines()
    _create_repairs()
    _create_trainings()
    for table in APPEND_ONLY:
        refuse_changes(table)


def _recorded(table: str) -> list[SchemaItem]:
    return [
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f(f"fk_{table}_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _correctable(table: str) -> list[SchemaItem]:
    return [
        *_recorded(table),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            [f"{table}.id"],
            name=op.f(f"fk_{table}_supersedes_id_{table}"),
        ),
        sa.UniqueConstraint("supersedes_id", name=op.f(f"uq_{table}_supersedes_id")),
    ]


def _class_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["class_code"],
        ["machine_classes.code"],
        name=op.f(f"fk_{table}_class_code_machine_classes"),
    )


def _create_registers() -> None:
    op.create_table(
        "machine_registers",
        sa.Column("class_code", ordered_text(16), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("n_registered", sa.Integer(), nullable=False),
        sa.Column("n_fit", sa.Integer(), nullable=False),
        *_correctable("machine_registers"),
        sa.CheckConstraint(
            "n_fit >= 0 AND n_fit <= n_registered",
            name=op.f("ck_machine_registers_fit_within_registered"),
        ),
        _class_key("machine_registers"),
    )
    op.create_index(
        "ix_machine_registers_key", "machine_registers", ["area_code", "class_code", "counted_on"]
    )


def _create_machines() -> None:
    op.create_table(
        "machines",
        sa.Column("class_code", ordered_text(16), nullable=False),
        sa.Column("plate", sa.String(length=32), nullable=True),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("owner_name", sa.String(length=64), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("is_visiting", sa.Boolean(), nullable=False),
        *_recorded("machines"),
        _class_key("machines"),
    )
    op.create_index("ix_machines_plate", "machines", ["plate"])


def _create_repairs() -> None:
    op.create_table(
        "repairs",
        sa.Column("machine_id", sa.Uuid(), nullable=True),
        sa.Column("class_code", ordered_text(16), nullable=False),
        sa.Column("n_machines", sa.Integer(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("repaired_on", sa.Date(), nullable=False),
        sa.Column("team", sa.String(length=100), nullable=True),
        sa.Column("items", sa.String(length=500), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(*("fit", "waiting", "scrapped"), name="outcome", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("cost_yuan", ExactDecimal(14, 4), nullable=True),
        *_correctable("repairs"),
        sa.CheckConstraint("n_machines >= 1", name=op.f("ck_repairs_some_machine")),
        sa.CheckConstraint(
            "machine_id IS NULL OR n_machines = 1", name=op.f("ck_repairs_one_machine")
        ),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name=op.f("fk_repairs_machine_id_machines")
        ),
        _class_key("repairs"),
    )
    op.create_index("ix_repairs_key", "repairs", ["area_code", "class_code", "repaired_on"])
    op.create_index(op.f("ix_repairs_machine_id"), "repairs", ["machine_id"])


def _create_trainings() -> None:
    op.create_table(
        "trainings",
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("trainer", sa.String(length=64), nullable=True),
        sa.Column(
            "audience",
            sa.Enum(
                *("operator", "mechanic", "technician", "cooperative"),
                name="audience",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("n_planned", sa.Integer(), nullable=True),
        *_correctable("trainings"),
    )
    op.create_table(
        "training_attendees",
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("person_hash", ordered_text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["trainings.id"],
            name=op.f("fk_training_attendees_training_id_trainings"),
        ),
        sa.PrimaryKeyConstraint("training_id", "person_hash", name=op.f("pk_training_attendees")),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
