"""Visit the outlets: campaigns and their draw, officers, visits, samples, findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0009"
down_revision = "0008"
APPEND_ONLY = (
    "officers",
    "officer_certificates",
    "officer_exclusions",
    "campaigns",
    "draws",
    "draw_subjects",
    "draw_officers",
    "visits",
    "visit_officers",
    "visit_answers",
    "samples",
    "sample_events",
    "visit_findings",
    "finding_events",
)


def upgrade() -> None:
    _create_codes()
    _create_roster()
    _create_campaigns()
    _create_visits()
    _create_samples()
    _create_findings()
    for table in APPEND_ONLY:
        refuse_changes(table)


def _choice(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


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


def _create_codes() -> None:
    op.create_table(
        "violation_types",
        sa.Column("code", ordered_text(16), nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("legal_basis", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_violation_types")),
    )

    op.create_table(
        "checklist_items",
        sa.Column("version", ordered_text(16), nullable=False),
        sa.Column("code", ordered_text(16), nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.Column("hint", sa.String(length=200), nullable=False),
        sa.Column("violation_code", ordered_text(16), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("consequence", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["violation_code"],
            ["violation_types.code"],
            name=op.f("fk_checklist_items_violation_code_violation_types"),
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_checklist_items")),
    )


def _create_roster() -> None:
    op.create_table(
        "officers",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        *_recorded("officers"),
        sa.UniqueConstraint("username", name=op.f("uq_officers_username")),
    )

    op.create_table(
        "officer_certificates",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        *_correctable("officer_certificates"),
        sa.CheckConstraint(
            "valid_to >= valid_from", name=op.f("ck_officer_certificates_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"],
            ["officers.id"],
            name=op.f("fk_officer_certificates_officer_id_officers"),
        ),
    )
    op.create_index("ix_officer_certificates_number", "officer_certificates", ["number"])
    op.create_index(
        op.f("ix_officer_certificates_officer_id"),
        "officer_certificates",
        ["officer_id"],
    )

    op.create_table(
        "officer_exclusions",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(length=500), nullable=False),
        *_correctable("officer_exclusions"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_officer_exclusions_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_officer_exclusions_outlet_id_outlets")
        ),
    )
    op.create_index(
        "ix_officer_exclusions_pair",
        "officer_exclusions",
        ["officer_id", "outlet_id"],
    )


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", _choice("campaignkind", "random", "special"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("categories", sa.String(length=64), nullable=False),
        sa.Column("ratio_high", ExactDecimal(5, 4), nullable=False),
        sa.Column("ratio_medium", ExactDecimal(5, 4), nullable=False),
        sa.Column("ratio_low", ExactDecimal(5, 4), nullable=False),
        sa.Column("checklist_version", sa.String(length=16), nullable=False),
        sa.Column("officers_per_visit", sa.Integer(), nullable=False),
        *_recorded("campaigns"),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_campaigns_ends_after_start")),
        sa.CheckConstraint("officers_per_visit >= 2", name=op.f("ck_campaigns_two_officers")),
    )

    op.create_table(
        "draws",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("list_digest", sa.String(length=64), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        *_recorded("draws"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_draws_campaign_id_campaigns")
        ),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_draws_campaign_id")),
    )

    op.create_table(
        "draw_subjects",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("seat_code", ordered_text(12), nullable=False),
        sa.Column("tier", _choice("tier", "high", "medium", "low"), nullable=False),
        sa.Column("tier_reasons", sa.String(length=500), nullable=False),
        sa.Column("hash", ordered_text(64), nullable=False),
        sa.Column("is_drawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draws.id"], name=op.f("fk_draw_subjects_draw_id_draws")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_draw_subjects_outlet_id_outlets")
        ),
        sa.PrimaryKeyConstraint("draw_id", "outlet_id", name=op.f("pk_draw_subjects")),
    )

    op.create_table(
        "draw_officers",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draws.id"], name=op.f("fk_draw_officers_draw_id_draws")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_draw_officers_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_draw_officers_outlet_id_outlets")
        ),
        sa.PrimaryKeyConstraint(
            "draw_id", "outlet_id", "officer_id", name=op.f("pk_draw_officers")
        ),
    )


def _create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("subject_name", sa.String(length=100), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visited_at", UtcInstant(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            _choice("visitkind", "random", "special", "complaint_check", "recheck"),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            _choice(
                "outcome",
                "no_violation",
                "on_site_fix",
                "order_fix",
                "case",
                "transfer",
                "closed_shop",
                "refused",
            ),
            nullable=False,
        ),
        sa.Column("checklist_version", sa.String(length=16), nullable=True),
        sa.Column("partner_unit", sa.String(length=100), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("given_position", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", ExactDecimal(6, 1), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        *_correctable("visits"),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_visits_whole_position")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_visits_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_visits_outlet_id_outlets")
        ),
        sa.ForeignKeyConstraint(["root_id"], ["visits.id"], name=op.f("fk_visits_root_id_visits")),
    )
    op.create_index(op.f("ix_visits_campaign_id"), "visits", ["campaign_id"])
    op.create_index("ix_visits_day", "visits", ["visited_on", "area_code"])
    op.create_index(op.f("ix_visits_outlet_id"), "visits", ["outlet_id"])
    op.create_index(op.f("ix_visits_root_id"), "visits", ["root_id"])

    op.create_table(
        "visit_officers",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_no", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_visit_officers_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_officers_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("visit_id", "officer_id", name=op.f("pk_visit_officers")),
    )

    op.create_table(
        "visit_answers",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", ordered_text(16), nullable=False),
        sa.Column("version", ordered_text(16), nullable=False),
        sa.Column("result", _choice("answer", "pass", "fail", "not_applicable"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version", "item_code"],
            ["checklist_items.version", "checklist_items.code"],
            name=op.f("fk_visit_answers_version_item_code_checklist_items"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_answers_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("visit_id", "item_code", name=op.f("pk_visit_answers")),
    )


def _create_samples() -> None:
    op.create_table(
        "samples",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("seal_no", ordered_text(64), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=True),
        sa.Column("is_split", sa.Boolean(), nullable=False),
        *_recorded("samples"),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_samples_visit_id_visits")
        ),
        sa.UniqueConstraint("seal_no", name=op.f("uq_samples_seal_no")),
    )
    op.create_index(op.f("ix_samples_visit_id"), "samples", ["visit_id"])

    op.create_table(
        "sample_events",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("step", _choice("samplestep", "sealed", "sent", "result"), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("lab", sa.String(length=100), nullable=True),
        sa.Column("is_pass", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        *_correctable("sample_events"),
        sa.CheckConstraint(
            "(step = 'result') = (is_pass IS NOT NULL)", name=op.f("ck_sample_events_result_tells")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["samples.id"], name=op.f("fk_sample_events_sample_id_samples")
        ),
    )
    op.create_index(op.f("ix_sample_events_sample_id"), "sample_events", ["sample_id"])


def _create_findings() -> None:
    op.create_table(
        "visit_findings",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("violation_code", ordered_text(16), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=True),
        *_correctable("visit_findings"),
        sa.ForeignKeyConstraint(
            ["root_id"],
            ["visit_findings.id"],
            name=op.f("fk_visit_findings_root_id_visit_findings"),
        ),
        sa.ForeignKeyConstraint(
            ["violation_code"],
            ["violation_types.code"],
            name=op.f("fk_visit_findings_violation_code_violation_types"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_findings_visit_id_visits")
        ),
    )
    op.create_index(op.f("ix_visit_findings_root_id"), "visit_findings", ["root_id"])
    op.create_index(op.f("ix_visit_findings_visit_id"), "visit_findings", ["visit_id"])

    op.create_table(
        "finding_events",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            _choice(
                "findingstep", "order", "recheck_failed", "recheck_passed", "hand_over", "receipt"
            ),
            nullable=False,
        ),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("recheck_visit_id", sa.Uuid(), nullable=True),
        sa.Column("organ", sa.String(length=100), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        *_recorded("finding_events"),
        sa.UniqueConstraint("finding_id", "n", name=op.f("uq_finding_events_finding_id_n")),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["visit_findings.id"],
            name=op.f("fk_finding_events_finding_id_visit_findings"),
        ),
        sa.ForeignKeyConstraint(
            ["recheck_visit_id"],
            ["visits.id"],
            name=op.f("fk_finding_events_recheck_visit_id_visits"),
        ),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
