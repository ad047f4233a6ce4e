"""What a photo says of itself, and what of that can be believed.

A value that cannot be is left out with a mark that says why; the original keeps it as it was.
Three clocks are kept apart: the camera's, the satellites' and the server's.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from inspections.exif import Directory, Exif, Ratio, Tag, Value

MAX_LAT, MAX_LON, FULL_CIRCLE, SIXTY = 90, 180, 360, 60
UPRIGHT, ORIENTATIONS = 1, 8
MAX_WORDS = 64
MAX_ACCURACY_M = 100_000
FIRST_YEAR, LAST_YEAR = 1990, 2100
CAMERA_TIME = re.compile(r"(\d{4}):(\d{2}):(\d{2}) (\d{2}):(\d{2}):(\d{2})", re.ASCII)
GPS_DATE = re.compile(r"(\d{4})[:\-](\d{2})[:\-](\d{2})", re.ASCII)
OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)
SIGNS = {"N": 1, "E": 1, "S": -1, "W": -1}


class Bearing(StrEnum):
    """Which north a bearing is counted from."""

    TRUE = "true"
    MAGNETIC = "magnetic"


class Mark(NamedTuple):
    """Something about a photo that a person should know; never a reason to refuse it."""

    code: str
    text: str


@dataclass(frozen=True)
class Told:
    """What a photo's EXIF tells; None where it tells nothing that can be.

    `lon`, `lat` in degrees of WGS 84, `accuracy_m` in metres, `bearing_deg` clockwise from the
    north of `bearing_from`. `camera_at` is civil time by the camera's own clock, without a zone
    unless the camera wrote `camera_offset`; `gps_at` is UTC.
    """

    make: str | None = None
    model: str | None = None
    orientation: int = UPRIGHT
    camera_at: datetime | None = None
    camera_offset: timedelta | None = None
    gps_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    bearing_deg: float | None = None
    bearing_from: Bearing | None = None
    marks: tuple[Mark, ...] = ()


@dataclass
class _Marks:
    found: list[Mark] = field(default_factory=list)

    def add(self, code: str, text: str) -> None:
        self.found.append(Mark(code, text))


def told(exif: Exif) -> Told:
    """Return what an EXIF block tells of a photo.

    Parameters
    ----------
    exif : Exif
        As `inspections.exif.read_exif` returns it.

    Returns
    -------
    Told
        With one mark for each value that was left out. Never raises.

    References
    ----------
    CIPA DC-008-2019 (Exif 2.32), 4.6.4 to 4.6.6.
    """
    marks = _Marks()
    if exif.is_broken:
        marks.add("exif_broken", "EXIF 信息有损坏,读不出的部分没有采用")
    lat = _degrees(exif.gps, Tag.GPS_LAT, marks)
    lon = _degrees(exif.gps, Tag.GPS_LON, marks)
    if lat is None or lon is None:
        lat = lon = None
    bearing = _bearing(exif.gps, marks)
    return Told(
        make=_words(exif.main, Tag.MAKE),
        model=_words(exif.main, Tag.MODEL),
        orientation=_orientation(exif.main, marks),
        camera_at=_camera_time(exif.camera, marks),
        camera_offset=_offset(exif.camera),
        gps_at=_gps_time(exif.gps, marks),
        lon=lon,
        lat=lat,
        accuracy_m=_accuracy(exif.gps, marks),
        bearing_deg=bearing[0] if bearing else None,
        bearing_from=bearing[1] if bearing else None,
        marks=tuple(marks.found),
    )


def _words(directory: Directory, tag: Tag) -> str | None:
    value = directory.get(tag)
    return value[:MAX_WORDS] if isinstance(value, str) and value else None


def _ratios(value: Value | None) -> list[float | None]:
    """Divide; None for each that cannot be divided."""
    if not isinstance(value, tuple):
        return []
    return [_quotient(each) if isinstance(each, tuple) else float(each) for each in value]


def _quotient(ratio: Ratio) -> float | None:
    numerator, denominator = ratio
    return numerator / denominator if denominator else None


def _orientation(main: Directory, marks: _Marks) -> int:
    value = main.get(Tag.ORIENTATION)
    if value is None:
        return UPRIGHT
    first = value[0] if isinstance(value, tuple) else None
    if isinstance(first, int) and UPRIGHT <= first <= ORIENTATIONS:
        return first
    marks.add("orientation_wrong", "EXIF 方向值无效,按原样显示")
    return UPRIGHT


def _degrees(gps: Directory, tag: Tag, marks: _Marks) -> float | None:
    """Return latitude or longitude: degrees, minutes, seconds, and a letter for the sign."""
    is_lat = tag is Tag.GPS_LAT
    word, limit = ("纬度", MAX_LAT) if is_lat else ("经度", MAX_LON)
    code = "lat_wrong" if is_lat else "lon_wrong"
    if tag not in gps:
        return None
    parts = _ratios(gps[tag])
    letter = gps.get(Tag.GPS_LAT_REF if is_lat else Tag.GPS_LON_REF)
    sign = SIGNS.get(letter[:1].upper()) if isinstance(letter, str) else None
    if not parts or len(parts) > 3 or None in parts:  # noqa: PLR2004 - degrees, minutes, seconds
        marks.add(code, f"GPS {word}的分母为零或格式不对,没有采用")
        return None
    if sign is None:
        marks.add(code, f"GPS {word}没有写明{'南北' if is_lat else '东西'},没有采用")
        return None
    numbers = [part or 0.0 for part in parts]
    whole = math.fsum(part / SIXTY**n for n, part in enumerate(numbers))
    if min(numbers) < 0 or whole > limit or max(numbers[1:], default=0) > SIXTY:
        marks.add(code, f"GPS {word}读作 {whole:g} 度,不可能,没有采用")
        return None
    return sign * whole


def _accuracy(gps: Directory, marks: _Marks) -> float | None:
    if Tag.GPS_ACCURACY not in gps:
        return None
    value = next(iter(_ratios(gps[Tag.GPS_ACCURACY])), None)
    if value is None or not 0 <= value <= MAX_ACCURACY_M:
        marks.add("accuracy_wrong", "GPS 精度值无效,没有采用")
        return None
    return value


def _bearing(gps: Directory, marks: _Marks) -> tuple[float, Bearing | None] | None:
    if Tag.GPS_BEARING not in gps:
        return None
    value = next(iter(_ratios(gps[Tag.GPS_BEARING])), None)
    if value is None:
        marks.add("bearing_wrong", "拍摄方向的分母为零或格式不对,没有采用")
        return None
    if not 0 <= value <= FULL_CIRCLE:
        marks.add("bearing_wrong", f"拍摄方向读作 {value:g} 度,不在 0 至 360 之间,没有采用")
        return None
    letter = gps.get(Tag.GPS_BEARING_REF)
    if letter == "T":
        return value % FULL_CIRCLE, Bearing.TRUE
    if letter == "M":
        marks.add("bearing_magnetic", "拍摄方向以磁北为准,与真北有偏差")
        return value % FULL_CIRCLE, Bearing.MAGNETIC
    marks.add("bearing_unsaid", "拍摄方向没有写明是真北还是磁北")
    return value % FULL_CIRCLE, None


def _camera_time(camera: Directory, marks: _Marks) -> datetime | None:
    value = camera.get(Tag.TAKEN)
    if value is None:
        return None
    found = CAMERA_TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        taken = datetime(*map(int, found.groups())) if found else None  # type: ignore[arg-type]
    except ValueError:
        taken = None
    if taken is None or not FIRST_YEAR <= taken.year <= LAST_YEAR:
        marks.add("camera_time_wrong", "相机时间无效(如 0000:00:00),没有采用")
        return None
    return taken


def _offset(camera: Directory) -> timedelta | None:
    value = camera.get(Tag.TAKEN_OFFSET)
    found = OFFSET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return (size if found[1] == "+" else -size) if size < timedelta(hours=24) else None


def _gps_time(gps: Directory, marks: _Marks) -> datetime | None:
    if Tag.GPS_DATE not in gps:
        return None  # a time without its day is no instant
    day = gps[Tag.GPS_DATE]
    found = GPS_DATE.fullmatch(day) if isinstance(day, str) else None
    parts = _ratios(gps.get(Tag.GPS_TIME))
    try:
        on = date(*map(int, found.groups())) if found else None
        if on is not None and FIRST_YEAR <= on.year < LAST_YEAR and len(parts) == 3:  # noqa: PLR2004
            hour, minute, second = (float("nan") if each is None else each for each in parts)
            if 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61:  # noqa: PLR2004
                start = datetime(on.year, on.month, on.day, tzinfo=UTC)
                return start + timedelta(hours=hour, minutes=minute, seconds=second)
    except ValueError:
        pass
    marks.add("gps_time_wrong", "GPS 日期或时间无效(如 0000),没有采用")
    return None
