"""Watch the weather, the water and the pests."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
