"""Open the outlets: register, licences, products."""

import sqlalchemy as sa
from alembic import op

from service.columns import ExactDecimal, UtcInstant, ordered_text
from service.migrations.triggers import refuse_changes

revision = "0003"
down_revision = "0002"
APPEND_ONLY: tuple[str, ...] = ()


def upgrade() -> None:
    op.add_column("accounts", sa.Column("outlet_id", sa.Uuid(), nullable=True))
    op.create_table(
        "products",
        sa.Column("code", ordered_text(32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                *("fertilizer", "pesticide", "seed", "film", "fuel"),
                name="productkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("group_name", sa.String(length=32), nullable=False),
        sa.Column("n_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("p2o5_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("k2o_share", ExactDecimal(6, 4), nullable=True),
        sa.Column("pack_kg", ExactDecimal(12, 3), nullable=True),
        sa.Column("active_ingredient", sa.String(length=200), nullable=True),
        sa.Column("registration_no", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_products")),
    )
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
    for table in APPEND_ONLY:
        refuse_changes(table)


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
