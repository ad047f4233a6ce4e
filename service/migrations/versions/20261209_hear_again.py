"""Hear again: a later round of a case may hear of the same signal, seen again since."""

from alembic import op

from service.migrations.triggers import refuse_changes

revision = "0018"
down_revision = "0017"

BEFORE = "uq_case_signals_case_id_signal_id"
AFTER = "uq_case_signals_case_id_signal_id_round"


def upgrade() -> None:
    with op.batch_alter_table("case_signals") as table:
        table.drop_constraint(op.f(BEFORE), type_="unique")
        table.create_unique_constraint(op.f(AFTER), ["case_id", "signal_id", "round"])
    if op.get_bind().dialect.name == "sqlite":
        refuse_changes("case_signals")  # the table was made anew, without its triggers


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
