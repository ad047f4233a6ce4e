"""What a parcel is used for, as its markers tell, and what may be mistaken for a change."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from geo.marker_records import NEVER
from geo.marker_words import SeasonState, Unknown
from geo.markers import Markers, Spells
from inspections.land_uses import USES, Use

Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float32]
Codes = NDArray[np.uint8]
Offsets = NDArray[np.int16]

CODE_OF = {use: np.uint8(code) for code, use in enumerate(USES)}
YEAR_DAYS = 365
LATEST = np.int16(np.iinfo(np.int16).max)
BLIND = (Unknown.CLOUD, Unknown.NO_IMAGE, Unknown.FEW_DATES)
ABANDONED_SEASONS = 2
"""Main seasons without a crop that make a parcel idle whatever was before; domain part 5."""


class LookAlike(IntEnum):
    """What explains a change that is none: the pseudo changes of the conversion rules."""

    NONE = 0
    FILM = 1
    """Bare for weeks, then a crop: plastic film or a late planting."""
    FLOODED_PADDY = 2
    """Water out of which a crop grew."""
    HARVEST = 3
    """Bare after a harvest, then the next crop."""
    CLOUD_GAP = 4
    """Nothing was seen: no sign that nothing is there."""


@dataclass(frozen=True)
class UseLimits:
    """How markers become a use; sources in `config/thresholds.toml`.

    Attributes
    ----------
    earthwork_days : int
        Bare for so long is earth work; shorter it is only bare.
    crop_after_bare_days : int
        A crop that greens so soon after a bare spell explains it.
    harvest_before_bare_days : int
        A bare spell that begins so soon after a harvest comes from it.
    grain_days, crop_days : int
        Longest time from green-up to harvest of grain and of any annual crop: what stood longer
        was cleared, not harvested.
    unseen_flood_confidence, dry_crop_confidence, one_season_confidence : float
        Of grain whose flooding a gap may hide; of a crop without flooding; at most, of one idle
        season.
    """

    earthwork_days: int
    crop_after_bare_days: int
    harvest_before_bare_days: int
    grain_days: int
    crop_days: int
    unseen_flood_confidence: float
    dry_crop_confidence: float
    one_season_confidence: float


@dataclass(frozen=True)
class ObservedUses:
    """What n parcels are used for.

    Attributes
    ----------
    use : uint8 array, shape (n,)
        Index into `list(Use)`.
    confidence : float32 array, shape (n,)
        0 to 1; 0 where unknown.
    first_seen, last_seen : datetime64[D] array, shape (n,)
        Between which days the use was seen; NaT where unknown.
    began_after : datetime64[D] array, shape (n,)
        The last day on which clear images showed something else; NaT where none did: the use may
        be as old as the land.
    n_grain_cycles : int8 array, shape (n,)
        Grain crops whose height fell in the 12 months before the day that was asked for.
    n_main_seasons_idle : int8 array, shape (n,)
        In a row, up to the last that is over.
    reason_unknown : uint8 array, shape (n,)
        A `geo.marker_words.Unknown`; `KNOWN` where the use is known.
    look_alike : uint8 array, shape (n,)
        A `LookAlike`.
    """

    use: Codes
    confidence: Shares
    first_seen: Days
    last_seen: Days
    began_after: Days
    n_grain_cycles: NDArray[np.int8]
    n_main_seasons_idle: NDArray[np.int8]
    reason_unknown: Codes
    look_alike: Codes


@dataclass(frozen=True)
class _Crops:
    """Crops of the last 12 months: kinds (n, p); when they begin, stand highest and end (n,)."""

    is_flooded: Flags
    is_hidden: Flags
    is_dry: Flags
    first: Offsets
    latest: Offsets
    last: Offsets


def observed(markers: Markers, limits: UseLimits, as_of: date) -> ObservedUses:
    """Tell the use of each parcel.

    Parameters
    ----------
    markers : Markers
        Of n parcels over at least a main season; over 12 months for trees and abandonment.
    limits : UseLimits
        How markers become a use.
    as_of : date
        The day that "the last 12 months" end on; markers of later days do not count as crops.

    Returns
    -------
    ObservedUses
        The first of: pond, built, trees, two idle main seasons, bare at last, a crop, an idle
        main season. A place that was built or bare before a crop grew on it is neither. What
        fits none is `UNKNOWN` with its reason; a gap never becomes a use.

    Notes
    -----
    Pixels do not tell an orchard from a wood, nor a floor from a house: `ORCHARD` and `HARDENED`
    stand for both, and the inspector is asked.
    """
    crops = _crops(markers, limits, as_of)
    result = _Draft(len(markers.unknown))
    is_known = markers.unknown == Unknown.KNOWN
    result.take(Use.FISH_POND, markers.pond.is_seen() & is_known, markers.pond)
    is_built = markers.built.is_seen() & (crops.latest <= markers.built.last)
    result.take(Use.HARDENED, is_built & is_known, markers.built)
    result.take(Use.ORCHARD, markers.trees.is_seen() & is_known, markers.trees)
    is_abandoned = markers.n_idle >= ABANDONED_SEASONS
    result.take(Use.WEED_FALLOW, is_abandoned & is_known, markers.idle)
    is_bare = markers.bare.is_seen() & (crops.latest <= markers.bare.last) & is_known
    is_long = markers.bare.last - markers.bare.first >= limits.earthwork_days
    result.take(Use.EXCAVATION, is_bare & is_long, markers.bare)
    result.take(Use.BARE, is_bare, markers.bare)
    _take_crops(result, markers, crops, limits, is_known)
    is_idle = (markers.n_idle > 0) & is_known
    result.take(Use.WEED_FALLOW, is_idle, markers.idle, at_most=limits.one_season_confidence)
    return ObservedUses(
        use=result.use,
        confidence=result.confidence,
        first_seen=_days(result.first, markers),
        last_seen=_days(result.last, markers),
        began_after=_days(result.before, markers),
        n_grain_cycles=(crops.is_flooded | crops.is_hidden).sum(axis=1).astype(np.int8),
        n_main_seasons_idle=markers.n_idle,
        reason_unknown=_reasons(markers, result.use),
        look_alike=_look_alikes(markers, crops, limits, result.use),
    )


class _Draft:
    """Uses being told: each parcel takes the first that fits."""

    def __init__(self, n: int) -> None:
        self.use = np.full(n, CODE_OF[Use.UNKNOWN], dtype=np.uint8)
        self.confidence = np.zeros(n, dtype=np.float32)
        self.first, self.last, self.before = (np.full(n, NEVER, dtype=np.int16) for _ in range(3))

    def take(self, use: Use, fits: Flags, spell: Spells, *, at_most: float = 1.0) -> None:
        """Give a use to the parcels that it fits and that have none."""
        free = fits & (self.use == CODE_OF[Use.UNKNOWN])
        self.use[free] = CODE_OF[use]
        self.confidence[free] = np.minimum(spell.confidence[free], np.float32(at_most))
        self.first[free], self.last[free] = spell.first[free], spell.last[free]
        self.before[free] = spell.before[free]


def _crops(markers: Markers, limits: UseLimits, as_of: date) -> _Crops:
    """Find the crops of the last 12 months among the green phases."""
    day = int((np.datetime64(as_of, "D") - markers.dates[0]).astype(int))
    peak = markers.peak
    is_recent = (peak != NEVER) & (peak > day - YEAR_DAYS) & (peak <= day)
    is_flooded = is_recent & (markers.flooding.offset != NEVER)
    green, harvest = markers.green_up.offset, markers.harvest.offset
    stood = np.where(green == NEVER, 0, harvest - green)
    is_cut = is_recent & ~is_flooded & (harvest != NEVER) & (stood <= limits.crop_days)
    is_crop = is_flooded | is_cut
    is_hidden = is_cut & markers.may_be_flooded & (stood <= limits.grain_days)
    begins = np.where(is_flooded, markers.flooding.offset, np.where(green == NEVER, peak, green))
    ends = np.where(harvest == NEVER, peak, harvest)
    return _Crops(
        is_flooded=is_flooded,
        is_hidden=is_hidden,
        is_dry=is_cut & ~is_hidden,
        first=np.where(is_crop, begins, LATEST).min(axis=1, initial=LATEST),
        latest=np.where(is_crop, peak, NEVER).max(axis=1, initial=NEVER),
        last=np.where(is_crop, ends, NEVER).max(axis=1, initial=NEVER),
    )


def _take_crops(
    result: _Draft, markers: Markers, crops: _Crops, limits: UseLimits, is_known: Flags
) -> None:
    """Take flooded crops as grain; of others only a gap speaks for grain."""
    seen = np.where(crops.is_flooded, markers.flooding.confidence, np.float32(0)).max(axis=1)
    n = len(seen)

    def span(confidence: Shares) -> Spells:
        unknown, before = np.zeros(n, dtype=np.uint8), np.full(n, NEVER, dtype=np.int16)
        return Spells(crops.first, crops.last, confidence, unknown, before, markers.dates[0])

    result.take(Use.GRAIN, crops.is_flooded.any(axis=1) & is_known, span(seen))
    hidden = np.full(n, limits.unseen_flood_confidence, dtype=np.float32)
    result.take(Use.GRAIN, crops.is_hidden.any(axis=1) & is_known, span(hidden))
    dry = np.full(n, limits.dry_crop_confidence, dtype=np.float32)
    is_dry = crops.is_dry.any(axis=1) & is_known
    result.take(Use.ANNUAL_NON_GRAIN_FOOD, is_dry, span(dry))


def _reasons(markers: Markers, use: Codes) -> Codes:
    """Say why a use is unknown: the parcel's reason, else a gap, else that nothing fits."""
    has_gap = (markers.seasons == SeasonState.UNKNOWN).any(axis=1)
    is_short = (markers.seasons == SeasonState.NOT_OVER).all(axis=1)
    reason = np.where(
        has_gap, Unknown.GAP, np.where(is_short, Unknown.SHORT_SERIES, Unknown.UNCLEAR)
    )
    reason = np.where(markers.unknown != Unknown.KNOWN, markers.unknown, reason)
    return np.where(use == CODE_OF[Use.UNKNOWN], reason, Unknown.KNOWN).astype(np.uint8)


def _look_alikes(markers: Markers, crops: _Crops, limits: UseLimits, use: Codes) -> Codes:
    """Name what would look like a conversion and is explained."""
    is_crop = np.isin(use, [CODE_OF[Use.GRAIN], CODE_OF[Use.ANNUAL_NON_GRAIN_FOOD]])
    bare, green = markers.bare, markers.green_up.offset
    after = (green != NEVER) & (green >= bare.last[:, None])
    after &= green - bare.last[:, None] <= limits.crop_after_bare_days
    is_bare_crop = is_crop & bare.is_seen() & after.any(axis=1)
    harvest = markers.harvest.offset
    cut = (harvest != NEVER) & (harvest <= bare.first[:, None])
    cut &= bare.first[:, None] - harvest <= limits.harvest_before_bare_days
    has_gap = (markers.seasons == SeasonState.UNKNOWN).any(axis=1)
    has_gap &= (markers.unknown == Unknown.KNOWN) & (use == CODE_OF[Use.UNKNOWN])
    is_blind = has_gap | np.isin(markers.unknown, BLIND)
    result = np.full(len(use), LookAlike.NONE, dtype=np.uint8)
    result[is_crop & crops.is_flooded.any(axis=1)] = LookAlike.FLOODED_PADDY
    result[is_bare_crop] = LookAlike.FILM
    result[is_bare_crop & cut.any(axis=1)] = LookAlike.HARVEST
    result[is_blind] = LookAlike.CLOUD_GAP
    return result


def _days(offset: Offsets, markers: Markers) -> Days:
    days = markers.dates[0] + offset.astype("timedelta64[D]")
    days[offset == NEVER] = np.datetime64("NaT")
    return np.asarray(days)
