"""Visit the outlets: campaigns, draws, visits, samples."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
