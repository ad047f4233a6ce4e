"""Lay the house: areas, accounts, the reporting calendar, the sowing book, the audit chain."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from service.columns import ExactDecimal, UtcInstant

revision = "0001"
down_revision = None

APPEND_ONLY = ("audit_entries", "sowing_reports", "sowing_plans", "task_events")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "username",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "recorder",
                "approver",
                "bureau",
                "officer",
                "leader",
                "outlet",
                "auditor",
                "admin",
                name="role",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    op.create_table(
        "areas",
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("match_name", sa.String(length=100), nullable=False),
        sa.Column(
            "parent_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_areas_ends_after_start")
        ),
        sa.CheckConstraint(
            "length(area_code) IN (2, 4, 6, 9, 12)", name=op.f("ck_areas_code_length")
        ),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_areas")),
    )
    with op.batch_alter_table("areas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_areas_match_name"), ["match_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "crops",
        sa.Column(
            "code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("is_grain", sa.Boolean(), nullable=False),
        sa.Column("season", sa.String(length=32), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_crops")),
    )
    op.create_table(
        "demo_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("story_at", UtcInstant(), nullable=False),
        sa.Column("loaded_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_marks")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", UtcInstant(), nullable=False),
        sa.Column("claimed_at", UtcInstant(), nullable=False),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("waits_until", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failures")),
    )
    op.create_table(
        "seasons",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("crop_year", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("week_ends_on", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_seasons_ends_after_start")),
        sa.CheckConstraint("week_ends_on BETWEEN 1 AND 7", name=op.f("ck_seasons_iso_weekday")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_seasons")),
        sa.UniqueConstraint("kind", "crop_year", name=op.f("uq_seasons_kind_crop_year")),
    )
    op.create_table(
        "area_successions",
        sa.Column(
            "predecessor_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "successor_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["predecessor_code"],
            ["areas.area_code"],
            name=op.f("fk_area_successions_predecessor_code_areas"),
        ),
        sa.ForeignKeyConstraint(
            ["successor_code"],
            ["areas.area_code"],
            name=op.f("fk_area_successions_successor_code_areas"),
        ),
        sa.PrimaryKeyConstraint(
            "predecessor_code", "successor_code", name=op.f("pk_area_successions")
        ),
    )
    op.create_table(
        "lock_exceptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.String(length=16), nullable=False),
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["accounts.id"], name=op.f("fk_lock_exceptions_granted_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["season_code"], ["seasons.code"], name=op.f("fk_lock_exceptions_season_code_seasons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_exceptions")),
    )
    op.create_table(
        "login_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_login_sessions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_sessions")),
    )
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_sessions_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "nursery_factors",
        sa.Column(
            "crop_code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("factor", ExactDecimal(8, 3), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["crop_code"], ["crops.code"], name=op.f("fk_nursery_factors_crop_code_crops")
        ),
        sa.PrimaryKeyConstraint("crop_code", "starts_on", name=op.f("pk_nursery_factors")),
    )
    op.create_table(
        "reporting_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.String(length=16), nullable=False),
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("opens_at", UtcInstant(), nullable=False),
        sa.Column("due_at", UtcInstant(), nullable=False),
        sa.Column("grace_until", UtcInstant(), nullable=False),
        sa.Column("locks_at", UtcInstant(), nullable=False),
        sa.Column("open_until", UtcInstant(), nullable=True),
        sa.Column("n_expected", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "draft",
                "submitted",
                "returned",
                "approved",
                "accepted",
                "archived",
                name="taskstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["season_code"], ["seasons.code"], name=op.f("fk_reporting_tasks_season_code_seasons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_tasks")),
        sa.UniqueConstraint(
            "dataset",
            "season_code",
            "area_code",
            "period",
            name=op.f("uq_reporting_tasks_dataset_season_code_area_code_period"),
        ),
    )
    with op.batch_alter_table("reporting_tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reporting_tasks_state"), ["state"], unique=False)
        batch_op.create_index(
            "ix_reporting_tasks_week", ["season_code", "period", "area_code"], unique=False
        )

    op.create_table(
        "sowing_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column(
            "crop_code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint("plan_mu >= 0", name=op.f("ck_sowing_plans_plan_not_negative")),
        sa.ForeignKeyConstraint(
            ["crop_code"], ["crops.code"], name=op.f("fk_sowing_plans_crop_code_crops")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_sowing_plans_recorded_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["season_code"], ["seasons.code"], name=op.f("fk_sowing_plans_season_code_seasons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sowing_plans")),
        sa.UniqueConstraint(
            "season_code",
            "area_code",
            "crop_code",
            "version",
            name=op.f("uq_sowing_plans_season_code_area_code_crop_code_version"),
        ),
    )
    op.create_table(
        "sowing_rollups",
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "crop_code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("sown_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("direct_seeded_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("transplanted_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("dry_sown_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("nursery_field_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("declared_mu", ExactDecimal(14, 2), nullable=True),
        sa.Column("n_reported", sa.Integer(), nullable=False),
        sa.Column("n_growing", sa.Integer(), nullable=False),
        sa.Column("n_not_grown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["season_code"], ["seasons.code"], name=op.f("fk_sowing_rollups_season_code_seasons")
        ),
        sa.PrimaryKeyConstraint(
            "season_code",
            "crop_code",
            "as_of",
            "digits",
            "area_code",
            name=op.f("pk_sowing_rollups"),
        ),
    )
    op.create_table(
        "sowing_plan_rollups",
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column(
            "crop_code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("plan_mu", ExactDecimal(14, 2), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["season_code"],
            ["seasons.code"],
            name=op.f("fk_sowing_plan_rollups_season_code_seasons"),
        ),
        sa.PrimaryKeyConstraint(
            "season_code",
            "crop_code",
            "digits",
            "area_code",
            name=op.f("pk_sowing_plan_rollups"),
        ),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["reporting_tasks.id"], name=op.f("fk_notices_task_id_reporting_tasks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("task_id", "step", name=op.f("uq_notices_task_id_step")),
    )
    op.create_table(
        "sowing_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_code", sa.String(length=32), nullable=False),
        sa.Column(
            "crop_code",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "method",
            sa.Enum(
                "direct_seeded",
                "nursery",
                "transplanted",
                "thrown",
                "sown",
                name="method",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("area", "not_grown", name="answer", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("cumulative_mu", ExactDecimal(14, 2), nullable=True),
        sa.Column("field_equivalent_mu", ExactDecimal(14, 2), nullable=True),
        sa.Column(
            "basis",
            sa.Enum("measured", "ledger", "estimated", name="basis", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "misreport", "crop_lost", "definition", name="reason", native_enum=False, length=16
            ),
            nullable=True,
        ),
        sa.Column("old_mu", ExactDecimal(14, 2), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("doubt_mark", sa.String(length=32), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(answer = 'area') = (cumulative_mu IS NOT NULL)",
            name=op.f("ck_sowing_reports_area_has_figure"),
        ),
        sa.CheckConstraint(
            "cumulative_mu >= 0", name=op.f("ck_sowing_reports_cumulative_not_negative")
        ),
        sa.CheckConstraint(
            "length(area_code) IN (9, 12)", name=op.f("ck_sowing_reports_village_or_town")
        ),
        sa.ForeignKeyConstraint(
            ["crop_code"], ["crops.code"], name=op.f("fk_sowing_reports_crop_code_crops")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_sowing_reports_recorded_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["season_code"], ["seasons.code"], name=op.f("fk_sowing_reports_season_code_seasons")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["sowing_reports.id"],
            name=op.f("fk_sowing_reports_supersedes_id_sowing_reports"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["reporting_tasks.id"],
            name=op.f("fk_sowing_reports_task_id_reporting_tasks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sowing_reports")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_sowing_reports_supersedes_id")),
    )
    with op.batch_alter_table("sowing_reports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sowing_reports_key",
            ["season_code", "area_code", "crop_code", "method", "as_of"],
            unique=False,
        )
        batch_op.create_index("ix_sowing_reports_task_id", ["task_id"], unique=False)
        batch_op.create_index(
            "ix_sowing_reports_week", ["season_code", "as_of", "area_code"], unique=False
        )
        batch_op.create_index(
            "ix_sowing_reports_corrections",
            ["season_code", "area_code"],
            unique=False,
            sqlite_where=sa.text("reason IS NOT NULL"),
            postgresql_where=sa.text("reason IS NOT NULL"),
        )

    op.create_table(
        "task_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "file",
                "submit",
                "return",
                "approve",
                "accept",
                "reopen",
                "archive",
                name="taskeventkind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "from_state",
            sa.Enum(
                "pending",
                "draft",
                "submitted",
                "returned",
                "approved",
                "accepted",
                "archived",
                name="taskstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "pending",
                "draft",
                "submitted",
                "returned",
                "approved",
                "accepted",
                "archived",
                name="taskstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_task_events_actor_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["reporting_tasks.id"], name=op.f("fk_task_events_task_id_reporting_tasks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
    )
    with op.batch_alter_table("task_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_events_task_id"), ["task_id"], unique=False)
    op.bulk_insert(
        sa.table(
            "audit_head",
            sa.column("id", sa.Integer),
            sa.column("n", sa.BigInteger),
            sa.column("hash", sa.String),
            sa.column("at", UtcInstant()),
        ),
        [{"id": 1, "n": 0, "hash": "0" * 64, "at": datetime(1990, 1, 1, tzinfo=UTC)}],
    )
    for table in APPEND_ONLY:
        refuse_changes(table)


def refuse_changes(table: str) -> None:
    """Let triggers refuse update and delete: what was written stays."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION chungeng_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION chungeng_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION chungeng_append_only()"
    )


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing below it; restore a backup instead")
