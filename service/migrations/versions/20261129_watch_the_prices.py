"""Watch the prices that outlets ask."""

import sqlalchemy as sa
from alembic import op

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0007"
down_revision = "0006"
UNITS = ("yuan_per_pack", "yuan_per_kg", "yuan_per_t")
KINDS = ("retail", "wholesale", "subsidised")


def upgrade() -> None:
    op.create_table(
        "prices",
        sa.Column("product_code", ordered_text(16), nullable=False),
        sa.Column("brand", sa.String(length=64), nullable=True),
        sa.Column("pack_kg", ExactDecimal(10, 3), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("price_yuan", ExactDecimal(14, 4), nullable=False),
        sa.Column(
            "unit", sa.Enum(*UNITS, name="unit", native_enum=False, length=24), nullable=False
        ),
        sa.Column(
            "price_kind",
            sa.Enum(*KINDS, name="pricekind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("is_promotion", sa.Boolean(), nullable=False),
        sa.Column("observer", sa.String(length=64), nullable=True),
        sa.Column("area_code", ordered_text(12), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("price_yuan > 0", name=op.f("ck_prices_some_price")),
        sa.CheckConstraint("pack_kg > 0", name=op.f("ck_prices_some_pack")),
        *_foreign_keys(),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_prices_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
    )
    op.create_index("ix_prices_key", "prices", ["product_code", "observed_on"])
    op.create_index("ix_prices_day", "prices", ["observed_on"])
    op.create_index(op.f("ix_prices_outlet_id"), "prices", ["outlet_id"])
    refuse_changes("prices")


def _foreign_keys() -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_prices_{column}_{table}"))
        for column, target, table in (
            ("product_code", "products.code", "products"),
            ("outlet_id", "outlets.id", "outlets"),
            ("recorded_by", "accounts.id", "accounts"),
            ("supersedes_id", "prices.id", "prices"),
        )
    ]


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
