"""Keep what patches say: the day of the image before, and whether it is basic farmland."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("signals", sa.Column("before_on", sa.Date(), nullable=True))
    op.add_column("signals", sa.Column("is_farmland_told", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
