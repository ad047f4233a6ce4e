"""What goes in and out of the photo book."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from inspections.photos import Bearing
from service.parcels.schemas import Datum
from service.photos.headers import MediaType
from service.photos.models import SubjectKind


@dataclass(frozen=True)
class Declared:
    """What the device says of a photo."""

    device_time: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    datum: Datum = Datum.WGS84
    accuracy_m: float | None = None
    bearing_deg: float | None = None
    is_mock: bool | None = None


@dataclass(frozen=True)
class Offered:
    """A photo on its way in."""

    content: bytes
    id: UUID | None = None
    area_code: str | None = None
    subject_kind: SubjectKind | None = None
    subject_id: UUID | None = None
    declared: Declared = Declared()


class MarkRead(BaseModel):
    """Something about a photo that a person should know."""

    code: str
    text: str


class PositionRead(BaseModel):
    """Where the device says that a photo was taken, in CGCS2000 degrees."""

    lon: float | None
    lat: float | None
    datum: Datum | None
    given_position: str | None
    accuracy_m: float | None
    bearing_deg: float | None
    is_mock: bool | None


class ExifRead(BaseModel):
    """What the photo's EXIF tells; null where it tells nothing that can be."""

    make: str | None
    model: str | None
    orientation: int
    camera_time: str | None
    gps_time: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    bearing_deg: float | None
    bearing_from: Bearing | None


class PhotoRead(BaseModel):
    """One photo. Position and EXIF only for duties that may see where it was taken."""

    id: UUID
    area_code: str
    subject_kind: SubjectKind | None
    subject_id: UUID | None
    sha256: str
    sm3: str
    size_bytes: int
    media_type: MediaType
    width_px: int
    height_px: int
    recorded_at: datetime
    recorded_by: UUID
    device_time: datetime | None
    position: PositionRead | None
    exif: ExifRead | None
    marks: list[MarkRead]
