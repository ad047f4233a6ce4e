"""Which coordinate system is this? Reasoned from the numbers and the county's outline."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from geo import ellipsoid, systems
from geo.datum import Shift, shifted_by_gcj02
from geo.systems import System, transform

__all__ = ["Candidate", "Reasoning", "Shift", "reason", "shifted_by_gcj02", "transform"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SAMPLE = 5000
"""Points that are looked at: fewer would not show a shift of 600 m in a county of 50 km."""
INSIDE_BUFFER_M = 100.0
"""Points this far outside an outline still count as inside: outlines are generalised."""
CERTAIN_SHARE, DOUBTFUL_SHARE = 0.9, 0.5
"""At least this share of points must fall inside to be sure, and to be believed at all."""
OUTLINE_SHARE = 0.8
"""If such a share of points lies along the outline, the file is an outline itself."""
SAME_M = 0.1
"""Readings that agree within this are one reading under two names."""
ZONE_M = 10_000.0
"""Readings farther apart than this are other places: no guess is offered between them."""
LEAST_GAIN = 0.01
"""Share of points by which a reading must fit better to be preferred at all."""
CLEAR_GAIN = 0.1
"""Share of points by which it must fit better than all others to need no confirmation."""
MOST_DEGREES, CHINA_TOP = 180.0, 55.0
LEAST_NUMBERED_M = 1e7
"""Eastings above carry the number of their zone in front."""
NEAR_DEG = 4.5
"""Central meridians this near the county are tried: its own zones of 3° and 6°, and the next."""
_RANK = 0.0001
"""What the score loses for each place in the order of preference: enough to break a tie."""


@dataclass(frozen=True)
class Candidate:
    """A coordinate system that a file could be in, and how well it would fit."""

    code: str
    name_zh: str
    share_inside: float
    score: float
    reason_zh: str


@dataclass(frozen=True)
class Reasoning:
    """What a file's coordinate system is held to be, and why.

    `source` is "file" where its own declaration is taken, "reasoned" where another system (or
    any, where it declares none) is proposed, "asked" where only a person can say. Whatever is
    not certain is to be confirmed by a person.
    """

    chosen: Candidate | None
    runner_up: Candidate | None
    is_certain: bool
    source: Literal["file", "reasoned", "asked"]
    text_zh: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, eq=False)
class _Reading:
    system: System
    lonlat: Floats
    inside: Mask
    fits: Mask  # as inside, or which points lie along the outline if the file is one


def reason(
    points: npt.ArrayLike, outline: shapely.Geometry | None, declared_wkt: str | None
) -> Reasoning:
    """Reason which coordinate system a file's points are in.

    Parameters
    ----------
    points : array_like of float, shape (n, 2)
        Coordinates as in the file; at most `SAMPLE` of them, evenly chosen, are looked at.
    outline : shapely geometry or None
        Where the points should lie: the county, or a collection of its villages, in EPSG:4490
        degrees.
    declared_wkt : str or None
        The coordinate system that the file declares, as it stands there.

    Returns
    -------
    Reasoning
        Candidates come best first. Certain is a declaration that the outline bears out (or
        that nothing speaks against, without an outline), and a system reasoned from degrees
        that no other reading can rival. Projected coordinates without a declaration are never
        certain: three datums share their numbers.
    """
    sample = _sample(points)
    declared = systems.declared_system(declared_wkt) if declared_wkt else None
    readings = _readings(sample, outline, declared) if len(sample) else []
    if not readings:
        shown = f"{_shown(sample)} 不像任何常用坐标系" if len(sample) else "没有可用的坐标"
        return Reasoning(None, None, False, "asked", f"{shown},请核对文件", ())
    best = max(readings, key=lambda each: each.fits.mean())
    chosen = next(each for each in readings if not _is_better(best, each))
    if declared and best.fits.mean() < DOUBTFUL_SHARE:
        chosen = readings[0]
    found = _conclude(_Case(sample, tuple(readings), declared, outline is not None), chosen)
    if declared_wkt and not declared:
        return replace(found, text_zh=f"文件声明的坐标系无法识别;{found.text_zh}")
    return found


def _sample(points: npt.ArrayLike) -> Floats:
    given: Floats = np.asarray(points, dtype=float).reshape(-1, 2)
    given = given[np.isfinite(given).all(axis=1)]
    if len(given) > SAMPLE:
        given = given[np.linspace(0, len(given) - 1, SAMPLE).astype(int)]
    return given


def _readings(
    sample: Floats, outline: shapely.Geometry | None, declared: System | None
) -> list[_Reading]:
    """Read the sample in every system its magnitude allows, in order of preference."""
    centre = None if outline is None else outline.centroid.x
    chosen = [declared, declared.swapped()] if declared else []
    usual = [each for each in _by_magnitude(sample, centre) if each not in chosen]
    # Where the zone is declared wrong the datum may still be right.
    chosen += sorted(usual, key=lambda each: bool(declared and each.datum != declared.datum))
    read = [systems.lonlat_of(sample, each.code) for each in chosen]
    pairs = zip(chosen, read, strict=True)
    in_use = [systems.is_in_use(lonlat, each.code) for each, lonlat in pairs]
    inside, fits = (in_use, in_use) if outline is None else _fits(read, outline)
    made = [_Reading(*each) for each in zip(chosen, read, inside, fits, strict=True)]
    if outline is None and declared and inside[0].mean() >= CERTAIN_SHARE:
        return made[:1]
    pairs_in_use = zip(made, in_use, strict=True)
    return [each for each, used in pairs_in_use if used.any() or each.system is declared]


def _by_magnitude(sample: Floats, centre: float | None) -> list[System]:
    """Return the systems whose numbers look like these, the county's usual zone first."""
    first, second = np.median(np.abs(sample), axis=0)
    largest = max(first, second)
    if largest <= MOST_DEGREES:
        # In China latitudes stay below 54° and longitudes above 73°.
        found, is_swapped = list(systems.DEGREES), first < CHINA_TOP < second
    elif largest >= LEAST_NUMBERED_M:
        found, is_swapped = systems.numbered_zones(int(largest // 1e6)), first < second
    else:
        meridians = [m for m in range(75, 136, 3) if centre is None or abs(m - centre) <= NEAR_DEG]
        meridians.sort(key=lambda meridian: abs(meridian - (centre or 0)))
        found = [each for m in meridians for each in systems.bare_zones(m, is_utm_too=True)]
        found = found if centre else [systems.bare_zones(m)[0] for m in meridians]
        # North of 8° the distance from the equator is larger than any easting.
        is_swapped = first > second
    return [each.swapped() for each in found] if is_swapped else found


def _fits(read: list[Floats], outline: shapely.Geometry) -> tuple[list[Mask], list[Mask]]:
    """Tell which points lie inside the outline, and which are to be counted for it."""
    margin = INSIDE_BUFFER_M / float(ellipsoid.local_scale(outline.centroid.y)[1])
    region = shapely.buffer(outline, margin)
    edges = shapely.union_all(shapely.boundary(shapely.get_parts(outline)))
    strip = shapely.buffer(edges, margin)
    inside = [_within(region, lonlat) for lonlat in read]
    along = [_within(strip, lonlat) for lonlat in read]
    is_outline = max((each.mean() for each in along), default=0.0) >= OUTLINE_SHARE
    return inside, along if is_outline else inside


def _within(region: shapely.Geometry, lonlat: Floats) -> Mask:
    shapely.prepare(region)
    found: Mask = shapely.contains_xy(region, lonlat[:, 0], lonlat[:, 1])
    return found


def _is_better(one: _Reading, other: _Reading) -> bool:
    """Tell whether one reading fits so much better that chance cannot have done it.

    McNemar's test at three standard deviations over the points on which the two disagree, and
    at least one point in a hundred; or half of all points, where there are too few to test.
    """
    won, lost = (one.fits & ~other.fits).sum(), (other.fits & ~one.fits).sum()
    share = (won - lost) / len(one.fits)
    is_no_chance = won - lost > 3 * np.sqrt(won + lost) and share >= LEAST_GAIN
    return bool(is_no_chance or share >= DOUBTFUL_SHARE)


def _apart_m(one: _Reading, other: _Reading) -> float:
    """Return the mean distance of two readings of the same points, metres; inf if unreadable."""
    east, north = ellipsoid.local_scale(one.lonlat[:, 1])
    metres: Floats = np.hypot(*((one.lonlat - other.lonlat) * np.column_stack([east, north])).T)
    return float(np.nanmean(metres)) if np.isfinite(metres).any() else np.inf


@dataclass(frozen=True)
class _Case:
    sample: Floats
    readings: tuple[_Reading, ...]
    declared: System | None
    has_outline: bool

    def share_zh(self, reading: _Reading) -> str:
        place = "本县范围内" if self.has_outline else "该坐标系使用范围内"
        along = "" if reading.fits is reading.inside else f",沿界线的占 {reading.fits.mean():.0%}"
        return f"落在{place}的点占 {reading.inside.mean():.0%}{along}"

    def candidate(self, reading: _Reading) -> Candidate:
        system, note = reading.system, systems.shift_note_zh(reading.system.code)
        return Candidate(
            code=system.code,
            name_zh=system.name_zh,
            share_inside=float(reading.inside.mean()),
            score=float(reading.fits.mean()) - _RANK * self.readings.index(reading),
            reason_zh=self.share_zh(reading) + (f";{note}" if note else ""),
        )


def _conclude(case: _Case, chosen: _Reading) -> Reasoning:
    fitting = [each for each in case.readings if each.fits.any()]
    others = [each for each in fitting if _apart_m(chosen, each) > SAME_M]
    rivals = [each for each in others if not _is_better(chosen, each)]
    candidates = sorted(map(case.candidate, case.readings), key=lambda each: -each.score)
    is_declared, share = chosen.system is case.declared, float(chosen.inside.mean())
    is_elsewhere = any(_apart_m(chosen, each) > ZONE_M for each in rivals)
    if not is_declared and (share < DOUBTFUL_SHARE or is_elsewhere):
        return Reasoning(None, None, False, "asked", _open_text(case), tuple(candidates))
    second = max(rivals or others, key=lambda each: case.candidate(each).score, default=None)
    gain = chosen.fits.mean() - max((each.fits.mean() for each in others), default=0.0)
    is_clear = chosen.system.is_degrees and case.has_outline and bool(gain >= CLEAR_GAIN)
    is_certain = share >= CERTAIN_SHARE and (is_declared or (is_clear and not case.declared))
    text = _text(case, chosen, second)
    return Reasoning(
        chosen=case.candidate(chosen),
        runner_up=case.candidate(second) if second else None,
        is_certain=is_certain,
        source="file" if is_declared else "reasoned",
        text_zh=text if is_certain else f"{text};请确认",
        candidates=tuple(candidates),
    )


def _text(case: _Case, chosen: _Reading, second: _Reading | None) -> str:
    verb = "采用文件声明的" if chosen.system is case.declared else "判为"
    said = f"{_shown(case.sample)},{case.share_zh(chosen)},{verb} {chosen.system.name_zh}"
    told = [said, systems.shift_note_zh(chosen.system.code)]
    for each in case.readings:
        if each.system is case.declared and each is not chosen:
            told.append(f"文件声明为 {each.system.name_zh},按声明{case.share_zh(each)}")
    if second:
        apart = _distance_zh(_apart_m(chosen, second))
        told.append(f"次选 {second.system.name_zh}({case.share_zh(second)}){apart}")
        if not {chosen.system.datum, second.system.datum}.isdisjoint(systems.OLD_DATUMS):
            told[-1] += "(未计两基准之差,可达百余米)"
        if not _is_better(chosen, second):
            told.append("只凭位置分不开这两种")
            told[-1] += ",以声明为准" if chosen.system is case.declared else ""
    return ";".join(each for each in told if each)


def _open_text(case: _Case) -> str:
    if case.has_outline:
        why = "按常用坐标系都没有一半以上的点落在本县范围内"
    else:
        why = "没有县界可以比对,分不出是哪一带"
    return f"{_shown(case.sample)},{why},请指定坐标系"


def _shown(sample: Floats) -> str:
    first, second = np.median(sample, axis=0)
    largest = max(first, second)
    zone, rest = divmod(int(largest), 1_000_000)
    if systems.numbered_zones(zone):
        return f"坐标东伪值 {zone} {rest // 100_000}xx xxx 带 {zone} 带号"
    return f"坐标约 ({first:.7g}, {second:.7g})"


def _distance_zh(metres: float) -> str:
    if not np.isfinite(metres):
        return ""
    far = f"{metres:.0f} 米" if metres < ZONE_M else f"{metres / 1000:.0f} 公里"
    return f",两种读法相差约 {far}"
