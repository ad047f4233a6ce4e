"""Whether a photo proves anything of a parcel: from where, which way, when, and whether anew. Pure.

A photo is 合格, or it says in Chinese why not, while whoever took it still stands in the field.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import shapely

from inspections.photos import Bearing, Mark
from inspections.view_cones import FULL_CIRCLE, converted, distance_m, laid, view_cone


@dataclass(frozen=True)
class Shot:
    """What a photo says of itself.

    Attributes
    ----------
    lon, lat : float or None
        Where it was taken, degrees in `datum`.
    datum : str
        cgcs2000, wgs84, gcj02 or bd09; the latter two are converted.
    accuracy_m : float or None
        Radius of the position's uncertainty, metres.
    bearing_deg : float or None
        Which way the camera looked, degrees clockwise from the north of `bearing_from`.
    bearing_from : Bearing or None
        True or magnetic north; None where it is not said.
    taken_at : datetime or None
        Aware.
    other_lon, other_lat : float or None
        A second position, that of the EXIF, degrees of WGS 84.
    is_mock : bool
        Whether the device says that the position is made up.
    is_known : bool
        Whether the same content was handed in before, for something else.
    """

    lon: float | None = None
    lat: float | None = None
    datum: str = "cgcs2000"
    accuracy_m: float | None = None
    bearing_deg: float | None = None
    bearing_from: Bearing | None = None
    taken_at: datetime | None = None
    other_lon: float | None = None
    other_lat: float | None = None
    is_mock: bool = False
    is_known: bool = False


@dataclass(frozen=True)
class ShotLimits:
    """When a photo proves something.

    Attributes
    ----------
    good_accuracy_m, max_accuracy_m : float
        Up to the first a position is taken as it is; up to the second only if the whole circle of
        its uncertainty is near enough; metres.
    max_distance_m : float
        From the parcel's edge, metres; inside is 0.
    max_position_gap_m : float
        Between the two positions, metres.
    bearing_tolerance_deg, field_of_view_deg : float
        How far a phone's compass errs to either side; how wide its lens sees.
    declination_deg : float
        Of magnetic from true north, east positive.
    near_m, range_m : float
        What lies nearer or farther is not seen; metres.
    """

    good_accuracy_m: float
    max_accuracy_m: float
    max_distance_m: float
    max_position_gap_m: float
    bearing_tolerance_deg: float
    field_of_view_deg: float
    declination_deg: float
    near_m: float
    range_m: float


@dataclass(frozen=True)
class Judged:
    """What a photo came to.

    Attributes
    ----------
    faults : tuple of Mark
        Why it is not 合格; empty where it is.
    distance_m : float or None
        From the parcel, metres; None without a position.
    bearing_deg : float or None
        From true north; None where it is not known.
    """

    faults: tuple[Mark, ...]
    distance_m: float | None
    bearing_deg: float | None

    @property
    def is_qualified(self) -> bool:
        """Whether it is 合格."""
        return not self.faults

    @property
    def text(self) -> str:
        """合格, or why not."""
        return ";".join(each.text for each in self.faults) or "合格"


def true_bearing(shot: Shot, limits: ShotLimits) -> tuple[float, float] | None:
    """Return which way the camera looked, and how far that may err to either side.

    Parameters
    ----------
    shot : Shot
        With its bearing and which north it is counted from.
    limits : ShotLimits
        With the tolerance and the declination.

    Returns
    -------
    tuple of float, or None
        Degrees from true north, and the tolerance: wider by the declination where it is not
        said from which north the bearing is counted. None without a bearing.
    """
    if shot.bearing_deg is None:
        return None
    if shot.bearing_from is Bearing.MAGNETIC:
        told = shot.bearing_deg + limits.declination_deg
        return told % FULL_CIRCLE, limits.bearing_tolerance_deg
    unsaid = 0.0 if shot.bearing_from is Bearing.TRUE else abs(limits.declination_deg)
    return shot.bearing_deg % FULL_CIRCLE, limits.bearing_tolerance_deg + unsaid


def judge(
    shot: Shot,
    parcel: shapely.Geometry,
    limits: ShotLimits,
    *,
    since: datetime | None,
    until: datetime,
) -> Judged:
    """Return whether a photo proves anything of a parcel.

    Parameters
    ----------
    shot : Shot
        What it says of itself.
    parcel : shapely geometry
        In CGCS2000 degrees; the parcels of a case together.
    limits : ShotLimits
        When it proves something.
    since, until : datetime or None, datetime
        The task's window, aware; no `since` where an older photo is welcome.

    Returns
    -------
    Judged
        With every fault that it has, not only the first.

    Raises
    ------
    ValueError
        Where the datum is none that we know.
    """
    faults = [*_origin_faults(shot), *_time_faults(shot, since, until)]
    if shot.lon is None or shot.lat is None:
        faults.append(Mark("no_position", "照片没有位置"))
        return Judged(tuple(faults), None, None)
    lon, lat = converted(shot.lon, shot.lat, shot.datum)
    placed = replace(shot, lon=lon, lat=lat, datum="cgcs2000")
    land = laid(parcel, lon, lat)
    away = float(shapely.distance(land, shapely.Point(0, 0)))
    faults += [*_place_faults(placed, away, limits), *_view_faults(placed, land, limits)]
    bearing = true_bearing(shot, limits)
    return Judged(tuple(faults), away, bearing[0] if bearing else None)


def _origin_faults(shot: Shot) -> Iterator[Mark]:
    if shot.is_mock:
        yield Mark("mock_position", "设备报告位置是模拟的")
    if shot.is_known:
        yield Mark("reused", "同一张照片已用在别处")


def _time_faults(shot: Shot, since: datetime | None, until: datetime) -> Iterator[Mark]:
    if shot.taken_at is None:
        yield Mark("no_time", "照片没有拍摄时间")
    elif since is not None and shot.taken_at < since:
        yield Mark("too_early", "拍摄时间早于任务开始")
    elif shot.taken_at > until:
        yield Mark("too_late", "拍摄时间晚于提交")


def _place_faults(shot: Shot, away: float, limits: ShotLimits) -> Iterator[Mark]:
    most, accuracy = limits.max_distance_m, shot.accuracy_m
    if accuracy is None:
        yield Mark("no_accuracy", "没有定位精度")
        accuracy = 0.0
    elif accuracy > limits.max_accuracy_m:
        yield Mark(
            "inaccurate", f"定位精度 {accuracy:.0f} 米,须在 {limits.max_accuracy_m:g} 米以内"
        )
    rough = accuracy if accuracy > limits.good_accuracy_m else 0.0
    if away > most:
        yield Mark("too_far", f"拍摄点离图斑 {away:.0f} 米,须在 {most:g} 米以内")
    elif away + rough > most:
        yield Mark("too_far", f"离图斑 {away:.0f} 米,定位误差 {rough:.0f} 米,可能超出 {most:g} 米")
    gap = _gap_m(shot)
    if gap is not None and gap > limits.max_position_gap_m:
        yield Mark("positions_apart", f"照片内的位置与所报位置相距 {gap:.0f} 米")


def _gap_m(shot: Shot) -> float | None:
    if shot.other_lon is None or shot.other_lat is None or shot.lon is None or shot.lat is None:
        return None
    return distance_m(shapely.Point(shot.other_lon, shot.other_lat), shot.lon, shot.lat)


def _view_faults(shot: Shot, land: shapely.Geometry, limits: ShotLimits) -> Iterator[Mark]:
    told = true_bearing(shot, limits)
    if told is None:
        # In the midst of the parcel every direction shows it.
        around = shapely.Point(0, 0).buffer(limits.near_m + (shot.accuracy_m or 0.0))
        if not land.contains(around):
            yield Mark("no_bearing", "没有拍摄方向,不能判断图斑是否在画面内")
        return
    if not view_of(*told, limits).intersects(land):
        yield Mark("not_in_view", f"朝 {told[0]:.0f} 度拍摄,图斑不在画面内")


def view_of(bearing_deg: float, tolerance_deg: float, limits: ShotLimits) -> shapely.Polygon:
    """Return what a camera may see, in metres east and north of where it stood.

    Parameters
    ----------
    bearing_deg, tolerance_deg : float
        From true north, and how far that may err, degrees.
    limits : ShotLimits
        With the field of view, and from and to where a photo proves something.
    """
    half = limits.field_of_view_deg / 2 + tolerance_deg
    return view_cone(bearing_deg, half, limits.near_m, limits.range_m)
