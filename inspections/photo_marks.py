"""What about a photo does not fit together: its clocks, its places, what the device says."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from inspections.photos import Mark, Told

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class Circumstances:
    """What is known of a photo beside its own EXIF.

    Parameters
    ----------
    received_at : datetime
        When the server received it, aware.
    device_at : datetime, optional
        When the device says that it was taken, aware.
    lon, lat : float, optional
        Where the device says that it was taken, in degrees of CGCS2000 or WGS 84.
    accuracy_m : float, optional
        How well the device knows that, metres.
    is_mock : bool, optional
        Whether the device says that the position is made up.
    box : tuple of float, optional
        West, south, east, north of the county, in degrees of CGCS2000.
    subject_distance_m : float, optional
        From the land that the photo is of to the farther of its positions, metres.
    """

    received_at: datetime
    device_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    is_mock: bool | None = None
    box: tuple[float, float, float, float] | None = None
    subject_distance_m: float | None = None


@dataclass(frozen=True)
class PhotoLimits:
    """When a photo is marked."""

    max_clock_gap_hours: float
    max_accuracy_m: float
    max_position_gap_m: float
    max_subject_distance_m: float
    assumed_zone_hours: float
    """Of a camera that wrote no zone."""


def marks_of(photo: Told, around: Circumstances, limits: PhotoLimits) -> list[Mark]:
    """Return every mark of a photo: its EXIF's own, then what does not fit together.

    Parameters
    ----------
    photo : Told
        What its EXIF tells.
    around : Circumstances
        What else is known of it.
    limits : PhotoLimits
        From where on a difference is marked.

    Returns
    -------
    list of Mark
        Each code at most once, in a fixed order.
    """
    found = [*photo.marks, *_clock_marks(photo, around, limits)]
    found += _place_marks(photo, around, limits)
    return list({each.code: each for each in reversed(found)}.values())[::-1]


def _camera_instant(photo: Told, limits: PhotoLimits) -> datetime | None:
    if photo.camera_at is None:
        return None
    assumed = timedelta(hours=limits.assumed_zone_hours)
    offset = assumed if photo.camera_offset is None else photo.camera_offset
    return photo.camera_at.replace(tzinfo=timezone(offset)).astimezone(UTC)


def _clock_marks(photo: Told, around: Circumstances, limits: PhotoLimits) -> Iterator[Mark]:
    gap = timedelta(hours=limits.max_clock_gap_hours)
    hours = f"{limits.max_clock_gap_hours:g}"
    camera = _camera_instant(photo, limits)
    if photo.gps_at and camera and abs(photo.gps_at - camera) > gap:
        yield Mark("clocks_apart", f"相机时间与 GPS 时间相差超过 {hours} 小时")
    said = [each for each in (around.device_at, camera, photo.gps_at) if each is not None]
    if any(each - around.received_at > gap for each in said):
        yield Mark("clock_ahead", f"所称的拍摄时间比收到的时间还晚 {hours} 小时以上")
    device, measured = around.device_at, photo.gps_at or camera
    if device and measured and abs(device - measured) > gap:
        yield Mark("device_clock_apart", f"设备所报时间与照片内的时间相差超过 {hours} 小时")
    if device and around.received_at - device > gap:
        yield Mark("late", f"拍摄后超过 {hours} 小时才收到")


def _place_marks(photo: Told, around: Circumstances, limits: PhotoLimits) -> Iterator[Mark]:
    own = (photo.lon, photo.lat)
    declared = (around.lon, around.lat)
    if around.is_mock:
        yield Mark("mock_position", "设备报告位置是模拟的")
    accuracies = [each for each in (around.accuracy_m, photo.accuracy_m) if each is not None]
    if any(each > limits.max_accuracy_m for each in accuracies):
        yield Mark("inaccurate", f"位置精度超过 {limits.max_accuracy_m:g} 米")
    places = [(x, y) for x, y in (own, declared) if x is not None and y is not None]
    if not places:
        yield Mark("no_position", "照片没有位置")
    if len(places) > 1 and distance_m(*places[0], *places[1]) > limits.max_position_gap_m:
        yield Mark(
            "positions_apart", f"照片内的位置与所报位置相距超过 {limits.max_position_gap_m:g} 米"
        )
    if around.box is not None and any(not _is_in(around.box, *each) for each in places):
        yield Mark("outside_county", "位置在本县(区)范围之外")

    far = around.subject_distance_m
    if far is not None and far > limits.max_subject_distance_m:
        limit = limits.max_subject_distance_m / 1000
        yield Mark("far_from_subject", f"拍摄位置离所拍的图斑超过 {limit:g} 公里")


def _is_in(box: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = box
    return west <= lon <= east and south <= lat <= north


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance of two places on the sphere.

    Parameters
    ----------
    lon, lat, other_lon, other_lat : float
        Degrees of WGS 84 or CGCS2000.

    Returns
    -------
    float
        Metres by the haversine on the mean radius: within 0.6 % of the ellipsoid's, and no
        threshold here is finer.
    """
    south, north = math.radians(lat), math.radians(other_lat)
    half = math.sin((north - south) / 2) ** 2
    turn = math.radians(other_lon - lon) / 2
    half += math.cos(south) * math.cos(north) * math.sin(turn) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
