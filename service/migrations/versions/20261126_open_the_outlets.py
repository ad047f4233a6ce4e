"""Open the outlets: register and licences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from service.columns import UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0003"
down_revision = "0002"
APPEND_ONLY = ("outlets", "outlet_versions", "licences")
CHANGES = (
    *("opened", "suspended", "resumed", "revoked"),
    *("closed", "moved", "changed", "merged"),
)
STATUSES = ("active", "suspended", "revoked", "closed", "merged")
LICENCE_KINDS = (
    *("pesticide_licence", "restricted_pesticide", "seed_licence"),
    *("seed_filing", "business"),
)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("outlet_id", sa.Uuid(), nullable=True))
    op.create_table(
        "outlets",
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_outlets_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlets")),
    )
    _create_versions()
    _create_licences()
    for table in APPEND_ONLY:
        refuse_changes(table)


def _choice(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=24)


def _recorded(table: str) -> list[SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f(f"fk_{table}_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _create_versions() -> None:
    op.create_table(
        "outlet_versions",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("change", _choice(CHANGES, "change"), nullable=False),
        sa.Column("status", _choice(STATUSES, "status"), nullable=False),
        sa.Column("seat_code", ordered_text(12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("owner_name", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("given_position", sa.String(length=64), nullable=True),
        sa.Column("categories", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        *_recorded("outlet_versions"),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL)", name=op.f("ck_outlet_versions_whole_position")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_outlet_versions_outlet_id_outlets")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["outlets.id"],
            name=op.f("fk_outlet_versions_merged_into_id_outlets"),
        ),
    )
    op.create_index("ix_outlet_versions_state", "outlet_versions", ["outlet_id", "valid_from"])


def _create_licences() -> None:
    op.create_table(
        "licences",
        sa.Column("kind", _choice(LICENCE_KINDS, "licencekind"), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=500), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("authority", sa.String(length=100), nullable=True),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        *_recorded("licences"),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_licences_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f("fk_licences_outlet_id_outlets")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["licences.id"], name=op.f("fk_licences_supersedes_id_licences")
        ),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_licences_supersedes_id")),
    )
    op.create_index("ix_licences_number", "licences", ["kind", "number"])
    op.create_index(op.f("ix_licences_outlet_id"), "licences", ["outlet_id"])


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
