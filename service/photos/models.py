"""Photos as they came: whose, of what, and what they say of themselves."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from inspections.photos import Bearing
from service.columns import UtcInstant, choice, ordered_text
from service.database import Base
from service.parcels.schemas import Datum
from service.photos.headers import MediaType
from service.records import Recorded
from service.security import AreaScoped


class SubjectKind(StrEnum):
    """What a photo is of."""

    VISIT = "visit"
    PARCEL = "parcel"
    SURVEY = "survey"
    OTHER = "other"


class Photo(AreaScoped, Recorded, Base):
    """One photo; its bytes lie in the store under their hash."""

    __tablename__ = "photos"
    __table_args__ = (
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole_position"),
        CheckConstraint("(exif_lon IS NULL) = (exif_lat IS NULL)", name="whole_exif_position"),
        Index("ix_photos_subject", "subject_id", "recorded_at"),
    )

    subject_kind: Mapped[SubjectKind | None] = mapped_column(choice(SubjectKind))
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Of the visit, parcel or survey; the photo may come before its record does."""
    sha256: Mapped[str] = mapped_column(ordered_text(64), index=True)
    sm3: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    media_type: Mapped[MediaType] = mapped_column(choice(MediaType))
    width_px: Mapped[int]
    height_px: Mapped[int]
    # What the device declared.
    device_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    """In CGCS2000 degrees, whatever the datum of what was given."""
    datum: Mapped[Datum | None] = mapped_column(choice(Datum))
    given_position: Mapped[str | None] = mapped_column(String(64))
    """As it was given, where that is in another datum."""
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    bearing_deg: Mapped[float | None] = mapped_column(Double)
    is_mock: Mapped[bool | None]
    # What its EXIF tells, where that can be.
    make: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64))
    orientation: Mapped[int]
    camera_time: Mapped[str | None] = mapped_column(String(32))
    """By the camera's own clock, ISO 8601; with an offset only if the camera wrote one."""
    gps_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    exif_lon: Mapped[float | None] = mapped_column(Double)
    exif_lat: Mapped[float | None] = mapped_column(Double)
    exif_accuracy_m: Mapped[float | None] = mapped_column(Double)
    exif_bearing_deg: Mapped[float | None] = mapped_column(Double)
    exif_bearing_from: Mapped[Bearing | None] = mapped_column(choice(Bearing))
    marks: Mapped[str] = mapped_column(Text)
    """JSON list of code and text."""
