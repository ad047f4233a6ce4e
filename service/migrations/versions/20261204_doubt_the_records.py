"""Doubt the records: doubts, their steps, the runs that found them."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0013"
down_revision = "0012"

BOOKS = ("sowing", "stock", "prices", "visits", "photos", "machinery", "agronomy")
KINDS = ("open", "assign", "reply", "settle", "auto_close", "expire", "reopen")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def upgrade() -> None:
    _create_doubts()
    _create_events()
    _create_runs()
    for table in ("doubts", "doubt_events", "doubt_runs"):
        refuse_changes(table)


def _create_doubts() -> None:
    op.create_table(
        "doubts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", ordered_text(32), nullable=False),
        sa.Column("book", _words("book", *BOOKS), nullable=False),
        sa.Column("severity", _words("severity", "block", "doubt", "hint"), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", ordered_text(160), nullable=False),
        sa.Column("observation", ordered_text(64), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("observed", sa.String(length=300), nullable=False),
        sa.Column("expected", sa.String(length=300), nullable=False),
        sa.Column("explanation", sa.String(length=500), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "which_range",
            _words("whichrange", "season", "peers", "static", "books"),
            nullable=False,
        ),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubts")),
        sa.UniqueConstraint(
            "rule", "subject_id", "observation", name=op.f("uq_doubts_rule_subject_id_observation")
        ),
    )
    op.create_index("ix_doubts_area_code", "doubts", ["area_code", "opened_at"])


def _create_events() -> None:
    op.create_table(
        "doubt_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("doubt_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", _words("eventkind", *KINDS), nullable=False),
        sa.Column("verdict", _words("verdict", "confirmed", "corrected", "upheld"), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["doubt_id"], ["doubts.id"], name=op.f("fk_doubt_events_doubt_id_doubts")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_doubt_events_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubt_events")),
        sa.UniqueConstraint("doubt_id", "n", name=op.f("uq_doubt_events_doubt_id_n")),
    )


def _create_runs() -> None:
    op.create_table(
        "doubt_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("ran_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("n_found", sa.Integer(), nullable=False),
        sa.Column("n_opened", sa.Integer(), nullable=False),
        sa.Column("n_reopened", sa.Integer(), nullable=False),
        sa.Column("n_closed", sa.Integer(), nullable=False),
        sa.Column("n_expired", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_doubt_runs_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubt_runs")),
    )
    op.create_index(op.f("ix_doubt_runs_ran_at"), "doubt_runs", ["ran_at"])


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
