"""Note the prices."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
