"""The mark that a database holds demonstration data, and where its story stands."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.columns import UtcInstant
from service.database import Base


class DemoMark(Base):
    """One row: this database is a demonstration.

    Its clock goes on from `story_at` since `loaded_at`, so that the weeks of its story are as
    open or late as they were then.
    """

    __tablename__ = "demo_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    story_at: Mapped[datetime] = mapped_column(UtcInstant)
    loaded_at: Mapped[datetime] = mapped_column(UtcInstant)
