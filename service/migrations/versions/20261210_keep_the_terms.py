"""Keep the terms: when one began on a case, its steps, its reminders, and the earliest due day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0019"
down_revision = "0018"

TERMS = (
    "decision",
    "preservation",
    "hearing_request",
    "hearing_notice",
    "service",
    "payment",
    "withdrawal",
)
EVENTS = ("ask", "grant", "deny", "resume", "draft", "review", "approve", "done")
DUTIES = (
    "recorder",
    "approver",
    "bureau",
    "officer",
    "leader",
    "outlet",
    "auditor",
    "admin",
    "system",
)
TABLES = ("case_terms", "case_term_steps", "case_term_notices")


def upgrade() -> None:
    _create_terms()
    _create_steps()
    _create_notices()
    for table in TABLES:
        refuse_changes(table)
    op.add_column("cases", sa.Column("term_due_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_cases_term_due_on"), "cases", ["term_due_on"])


def _choice(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def _refers(table: str, column: str, other: str) -> SchemaItem:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _recorded(table: str) -> list[SchemaItem]:
    return [
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        _refers(table, "recorded_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _create_terms() -> None:
    op.create_table(
        "case_terms",
        *_recorded("case_terms"),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("term", _choice("term", *TERMS), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("fine_yuan", ExactDecimal(14, 2), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint("fine_yuan > 0", name=op.f("ck_case_terms_some_fine")),
        sa.CheckConstraint(
            "(term = 'payment') = (fine_yuan IS NOT NULL)",
            name=op.f("ck_case_terms_fine_of_payment"),
        ),
        _refers("case_terms", "case_id", "cases"),
    )
    op.create_index("ix_case_terms_case_id", "case_terms", ["case_id", "recorded_at"])


def _create_steps() -> None:
    op.create_table(
        "case_term_steps",
        *_recorded("case_term_steps"),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("event", _choice("termevent", *EVENTS), nullable=False),
        sa.Column("duty", _choice("duty", *DUTIES), nullable=False),
        sa.Column("actor_area", ordered_text(12), nullable=False),
        sa.Column("leave", _choice("leave", "extend", "pause", "drop"), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("is_end", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(event = 'ask') = (leave IS NOT NULL)",
            name=op.f("ck_case_term_steps_leave_is_asked"),
        ),
        _refers("case_term_steps", "term_id", "case_terms"),
        sa.UniqueConstraint("term_id", "n", name=op.f("uq_case_term_steps_term_id_n")),
    )


def _create_notices() -> None:
    table = "case_term_notices"
    op.create_table(
        table,
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("step_n", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("escalation", "half", "full", "over", "relook"), nullable=False),
        sa.Column("audience", _choice("duty", *DUTIES), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("sent_at", UtcInstant(), nullable=False),
        _refers(table, "case_id", "cases"),
        _refers(table, "term_id", "case_terms"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "term_id", "step_n", "kind", name=op.f("uq_case_term_notices_term_id_step_n_kind")
        ),
    )
    op.create_index(op.f("ix_case_term_notices_case_id"), table, ["case_id"])
    op.create_index(op.f("ix_case_term_notices_sent_at"), table, ["sent_at"])


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
