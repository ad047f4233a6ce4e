"""List the products that outlets sell."""

import sqlalchemy as sa
from alembic import op

from service.columns import ExactDecimal, UtcInstant, ordered_text

revision = "0005"
down_revision = "0004"
CATEGORIES = ("fertilizer", "pesticide", "seed", "film")


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("code", ordered_text(16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("commodity", ordered_text(32), nullable=False),
        sa.Column(
            "category",
            sa.Enum(*CATEGORIES, name="category", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("pack_kg", ExactDecimal(10, 3), nullable=False),
        sa.Column("registration_no", sa.String(length=24), nullable=True),
        sa.Column("n_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("p2o5_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("k2o_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("ingredients", sa.String(length=200), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("pack_kg > 0", name=op.f("ck_products_some_pack")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_products_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_products")),
    )


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
