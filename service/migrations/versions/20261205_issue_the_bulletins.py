"""Issue the bulletins: heads, steps, and what was frozen."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _create_heads()
    _create_steps()
    _create_issues()
    for table in ("bulletins", "bulletin_steps", "bulletin_issues"):
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


def _of_bulletin(table: str) -> list[SchemaItem]:
    return [
        sa.Column("bulletin_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletins.id"], name=op.f(f"fk_{table}_bulletin_id_bulletins")
        ),
    ]


def _choice(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def _create_heads() -> None:
    op.create_table(
        "bulletins",
        sa.Column("kind", _choice("kind", "bulletin", "report"), nullable=False),
        sa.Column("masthead", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total_number", sa.Integer(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("reported_to", sa.String(length=500), nullable=False),
        sa.Column("sent_to", sa.String(length=500), nullable=False),
        sa.Column("issued_to", sa.String(length=500), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        *_recorded("bulletins"),
        sa.CheckConstraint("number >= 1", name=op.f("ck_bulletins_a_number")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["bulletins.id"], name=op.f("fk_bulletins_corrects_id_bulletins")
        ),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_bulletins_corrects_id")),
    )
    op.create_index("ix_bulletins_key", "bulletins", ["area_code", "kind", "as_of"])


def _create_steps() -> None:
    op.create_table(
        "bulletin_steps",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            _choice("step", "draft", "revise", "review", "issue", "correct"),
            nullable=False,
        ),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("leader_name", sa.String(length=64), nullable=True),
        *_of_bulletin("bulletin_steps"),
        *_recorded("bulletin_steps"),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["accounts.id"], name=op.f("fk_bulletin_steps_leader_id_accounts")
        ),
        sa.UniqueConstraint("bulletin_id", "n", name=op.f("uq_bulletin_steps_bulletin_id_n")),
    )


def _create_issues() -> None:
    op.create_table(
        "bulletin_issues",
        sa.Column("known_at", UtcInstant(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        *_of_bulletin("bulletin_issues"),
        *_recorded("bulletin_issues"),
        sa.UniqueConstraint("bulletin_id", name=op.f("uq_bulletin_issues_bulletin_id")),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
