"""Open the stock ledgers: events, what each day leaves, closings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0006"
down_revision = "0005"
KINDS = (
    *("receipt", "sale", "loss", "customer_return", "supplier_return"),
    *("transfer_out", "transfer_in", "count", "reversal"),
)
SOURCES = ("self_report", "phone", "ledger", "inspection")


def upgrade() -> None:
    _create_events()
    _create_days()
    _create_heads()
    _create_closings()
    refuse_changes("stock_events")
    refuse_changes("stock_closings")


def _keys(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["outlet_id"], ["outlets.id"], name=op.f(f"fk_{table}_outlet_id_outlets")
        ),
        sa.ForeignKeyConstraint(
            ["product_code"], ["products.code"], name=op.f(f"fk_{table}_product_code_products")
        ),
    ]


def _choice(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=16)


def _create_events() -> None:
    table = "stock_events"
    op.create_table(
        table,
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", ordered_text(16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", _choice("kind", KINDS), nullable=False),
        sa.Column("source", _choice("source", SOURCES), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("quantity_kg", ExactDecimal(16, 3), nullable=False),
        sa.Column("counted_kg", ExactDecimal(16, 3), nullable=True),
        sa.Column("n_packs", ExactDecimal(12, 3), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        *_keys(table),
        *_event_rules(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_events")),
    )
    key = ["outlet_id", "product_code", "occurred_on", "seq"]
    op.create_index("ix_stock_events_order", table, key)
    op.create_index("ix_stock_events_recorded", table, ["recorded_at"])
    op.create_index(op.f("ix_stock_events_transfer_id"), table, ["transfer_id"])


def _event_rules() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "(counted_kg IS NULL) = (kind <> 'count')",
            name=op.f("ck_stock_events_counts_are_counted"),
        ),
        sa.CheckConstraint(
            "counted_kg IS NULL OR counted_kg >= 0", name=op.f("ck_stock_events_counted_something")
        ),
        sa.CheckConstraint(
            "(reverses_id IS NULL) = (kind <> 'reversal')",
            name=op.f("ck_stock_events_reversals_reverse"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["stock_events.id"],
            name=op.f("fk_stock_events_reverses_id_stock_events"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_stock_events_recorded_by_accounts")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_stock_events_reverses_id")),
        sa.UniqueConstraint(
            *("outlet_id", "product_code", "seq"),
            name=op.f("uq_stock_events_outlet_id_product_code_seq"),
        ),
    ]


def _state() -> list[sa.Column[Any]]:
    return [
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closing_kg", ExactDecimal(16, 3), nullable=False),
        sa.Column("lowest_kg", ExactDecimal(16, 3), nullable=False),
        sa.Column("variance_kg", ExactDecimal(16, 3), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("ledger_on", sa.Date(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
    ]


def _create_days() -> None:
    op.create_table(
        "stock_days",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", ordered_text(16), nullable=False),
        *_state(),
        *_keys("stock_days"),
        sa.PrimaryKeyConstraint("outlet_id", "product_code", "day", name=op.f("pk_stock_days")),
        sqlite_with_rowid=False,
    )


def _create_heads() -> None:
    op.create_table(
        "stock_heads",
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", ordered_text(16), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        *_state(),
        *_keys("stock_heads"),
        sa.PrimaryKeyConstraint("outlet_id", "product_code", name=op.f("pk_stock_heads")),
        sqlite_with_rowid=False,
    )


def _create_closings() -> None:
    op.create_table(
        "stock_closings",
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_stock_closings_recorded_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["stock_closings.id"],
            name=op.f("fk_stock_closings_supersedes_id_stock_closings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_closings")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_stock_closings_supersedes_id")),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
