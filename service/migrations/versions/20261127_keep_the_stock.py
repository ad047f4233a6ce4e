"""Keep the stock: events and balances."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
