"""The area tree and what became of merged units."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, synonym

from service.columns import UtcInstant, ordered_text
from service.database import Base
from service.security import AreaScoped

LEVEL_OF_LENGTH = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}


class Area(AreaScoped, Base):
    """One unit of the statistical area tree; its code's prefixes are its ancestors."""

    __tablename__ = "areas"
    __table_args__ = (
        CheckConstraint("length(area_code) IN (2, 4, 6, 9, 12)", name="code_length"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
    )

    area_code: Mapped[str] = mapped_column(ordered_text(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    match_name: Mapped[str] = mapped_column(String(100), index=True)
    """The name as it is matched: NFKC, no zero-width characters, no unit suffix."""
    parent_code: Mapped[str | None] = mapped_column(ordered_text(12), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day on which the unit no longer exists."""

    code: Mapped[str] = synonym("area_code")

    @property
    def level(self) -> str:
        """province, city, county, town or village."""
        return LEVEL_OF_LENGTH[len(self.area_code)]


class AreaSuccession(Base):
    """A unit that ended and the unit that took its place."""

    __tablename__ = "area_successions"

    predecessor_code: Mapped[str] = mapped_column(
        ordered_text(12), ForeignKey("areas.area_code"), primary_key=True
    )
    successor_code: Mapped[str] = mapped_column(
        ordered_text(12), ForeignKey("areas.area_code"), primary_key=True
    )
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)
