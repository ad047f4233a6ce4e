"""Follow the cases: leads and where they stand, steps, evidence, pauses, land, signals, notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0016"
down_revision = "0015"

STATES = (
    "lead",
    "dismissed",
    "accepted",
    "assigned",
    "checking",
    "excluded",
    "confirmed",
    "stopped",
    "rectifying",
    "awaiting",
    "failed",
    "closed",
    "handed_over",
    "merged",
)
EVENTS = (
    "accept",
    "dismiss",
    "assign",
    "arrive",
    "report",
    "exclude",
    "confirm",
    "stop",
    "order",
    "submit",
    "verify",
    "fail",
    "close",
    "relook",
    "reopen",
    "hand_over",
    "receipt",
    "take_back",
    "conclude",
    "merge",
)
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
SOURCES = ("tip", "patrol", "monitoring", "screening", "enforcement", "photo")
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
KINDS = ("photo", "position", "document", "no_entry", "image", "visit")
PURPOSES = (
    "sighting",
    "check",
    "stop",
    "rectification",
    "acceptance",
    "restored",
    "relook",
    "other",
)
NO_ENTRY = ("locked", "refused", "flooded", "dangerous", "no_road", "military")
IS_OPEN = "state NOT IN ('closed', 'dismissed', 'excluded', 'merged')"


def upgrade() -> None:
    _create_cases()
    _create_events()
    _create_evidence()
    _create_pauses()
    _create_parcels()
    _create_signals()
    _create_notices()
    for table in ("events", "evidence", "pauses", "parcels", "signals", "notices"):
        refuse_changes(f"case_{table}")


def _choice(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def _refers(table: str, column: str, other: str) -> SchemaItem:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _of_case(table: str) -> list[SchemaItem]:
    return [
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        _refers(table, "case_id", "cases"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_uid", sa.Uuid(), nullable=False),
        sa.Column("rule_id", ordered_text(32), nullable=False),
        sa.Column("claim", _choice("claim", *CLAIMS), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("verdict_class", sa.String(length=16), nullable=False),
        sa.Column("verdict_id", sa.Uuid(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("overlap_m2", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_basic_farmland", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.Column("state", _choice("state", *STATES), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step_n", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("relook_on", sa.Date(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("found_at", UtcInstant(), nullable=True),
        sa.Column("found_by", _choice("source", *SOURCES), nullable=True),
        sa.CheckConstraint("severity BETWEEN 0 AND 4", name=op.f("ck_cases_severity")),
        sa.CheckConstraint("round >= 1", name=op.f("ck_cases_round")),
        _refers("cases", "assigned_to", "accounts"),
        _refers("cases", "merged_into_id", "cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_state", "cases", ["state", "due_on"])
    op.create_index("ix_cases_area_code", "cases", ["area_code", "opened_at"])
    op.create_index(op.f("ix_cases_merged_into_id"), "cases", ["merged_into_id"])
    op.create_index(
        "uq_cases_one_open_lead",
        "cases",
        ["parcel_uid", "rule_id"],
        unique=True,
        sqlite_where=sa.text(IS_OPEN),
        postgresql_where=sa.text(IS_OPEN),
    )


def _create_events() -> None:
    op.create_table(
        "case_events",
        *_of_case("case_events"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("event", _choice("event", *EVENTS), nullable=False),
        sa.Column("from_state", _choice("state", *STATES), nullable=False),
        sa.Column("to_state", _choice("state", *STATES), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("duty", _choice("duty", *DUTIES), nullable=False),
        sa.Column("actor_area", ordered_text(12), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("evidence_ids", sa.Text(), nullable=False),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("organ", sa.String(length=100), nullable=True),
        sa.Column("receipt_no", sa.String(length=64), nullable=True),
        sa.Column("receipt_due_on", sa.Date(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        _refers("case_events", "actor_id", "accounts"),
        _refers("case_events", "assignee_id", "accounts"),
        _refers("case_events", "target_id", "cases"),
        sa.UniqueConstraint("case_id", "n", name=op.f("uq_case_events_case_id_n")),
    )


def _create_evidence() -> None:
    op.create_table(
        "case_evidence",
        *_of_case("case_evidence"),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("evidencekind", *KINDS), nullable=False),
        sa.Column("purpose", _choice("purpose", *PURPOSES), nullable=False),
        sa.Column("occurred_at", UtcInstant(), nullable=True),
        sa.Column("source", _choice("source", *SOURCES), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", ordered_text(64), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=32), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("no_entry", _choice("noentry", *NO_ENTRY), nullable=True),
        sa.Column("shows", _choice("shows", "crop", "tilled_soil"), nullable=True),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("given_position", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("is_qualified", sa.Boolean(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL)", name=op.f("ck_case_evidence_whole_position")
        ),
        _refers("case_evidence", "recorded_by", "accounts"),
        _refers("case_evidence", "photo_id", "photos"),
    )
    op.create_index("ix_case_evidence_case_id", "case_evidence", ["case_id", "recorded_at"])
    op.create_index(op.f("ix_case_evidence_sha256"), "case_evidence", ["sha256"])


def _create_pauses() -> None:
    op.create_table(
        "case_pauses",
        *_of_case("case_pauses"),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("is_end", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        _refers("case_pauses", "event_id", "case_events"),
        _refers("case_pauses", "approved_by", "accounts"),
        sa.UniqueConstraint("event_id", "is_end", name=op.f("uq_case_pauses_event_id_is_end")),
    )
    op.create_index(op.f("ix_case_pauses_case_id"), "case_pauses", ["case_id"])


def _create_parcels() -> None:
    op.create_table(
        "case_parcels",
        *_of_case("case_parcels"),
        sa.Column("parcel_uid", sa.Uuid(), nullable=False),
        sa.Column("came_from_uid", sa.Uuid(), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("added_at", UtcInstant(), nullable=False),
        sa.UniqueConstraint(
            "case_id", "parcel_uid", name=op.f("uq_case_parcels_case_id_parcel_uid")
        ),
    )
    op.create_index(op.f("ix_case_parcels_parcel_uid"), "case_parcels", ["parcel_uid"])


def _create_signals() -> None:
    op.create_table(
        "case_signals",
        *_of_case("case_signals"),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("source", _choice("source", *SOURCES), nullable=False),
        sa.Column("seen_at", UtcInstant(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("added_at", UtcInstant(), nullable=False),
        sa.UniqueConstraint("case_id", "signal_id", name=op.f("uq_case_signals_case_id_signal_id")),
    )
    op.create_index(op.f("ix_case_signals_signal_id"), "case_signals", ["signal_id"])


def _create_notices() -> None:
    op.create_table(
        "case_notices",
        *_of_case("case_notices"),
        sa.Column("step_n", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("escalation", "half", "full", "over", "relook"), nullable=False),
        sa.Column("audience", _choice("duty", *DUTIES), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("sent_at", UtcInstant(), nullable=False),
        sa.UniqueConstraint(
            "case_id", "step_n", "kind", name=op.f("uq_case_notices_case_id_step_n_kind")
        ),
    )
    op.create_index(op.f("ix_case_notices_sent_at"), "case_notices", ["sent_at"])


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
