"""Mend the machines: registers, repairs, trainings."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("records are not thrown away; restore a backup instead")
