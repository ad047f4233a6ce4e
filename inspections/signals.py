"""Rules of signals: from where they come, and when two of them speak of one thing. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from uuid import UUID

import numpy as np

from geo import ellipsoid
from inspections.land_uses import Claim

WHOLE = 1.0


class Source(StrEnum):
    """From where a signal comes; source: capabilities C.6."""

    TIP = "tip"
    PATROL = "patrol"
    MONITORING = "monitoring"
    SCREENING = "screening"
    ENFORCEMENT = "enforcement"


SOURCE_TEXT = {
    Source.TIP: "举报",
    Source.PATROL: "巡查",
    Source.MONITORING: "监测",
    Source.SCREENING: "影像筛查",
    Source.ENFORCEMENT: "执法",
}


class MatchState(StrEnum):
    """How sure it is that a signal speaks of a parcel."""

    MATCHED = "matched"
    CANDIDATE = "candidate"
    REJECTED = "rejected"


_ALIKE: Mapping[frozenset[Claim], float] = MappingProxyType(
    {
        frozenset({Claim.BUILDING, Claim.HARDENING}): 0.9,
        frozenset({Claim.BUILDING, Claim.EARTHWORK}): 0.8,
        frozenset({Claim.HARDENING, Claim.EARTHWORK}): 0.8,
        frozenset({Claim.BUILDING, Claim.LIVESTOCK_SHED}): 0.8,
        frozenset({Claim.HARDENING, Claim.LIVESTOCK_SHED}): 0.7,
        frozenset({Claim.EARTHWORK, Claim.LIVESTOCK_SHED}): 0.7,
        frozenset({Claim.EARTHWORK, Claim.FISH_POND}): 0.9,
        frozenset({Claim.TREES, Claim.NURSERY_TURF}): 0.9,
        frozenset({Claim.TREES, Claim.GREENBELT}): 0.8,
        frozenset({Claim.NURSERY_TURF, Claim.GREENBELT}): 0.8,
        frozenset({Claim.EARTHWORK, Claim.GREENBELT}): 0.5,
        frozenset({Claim.ABANDONED, Claim.TREES}): 0.4,
        frozenset({Claim.ABANDONED, Claim.EARTHWORK}): 0.3,
    }
)
_WITH_OTHER = 0.5
"""其他 says nothing against any claim."""


def compatibility(one: Claim, other: Claim) -> float:
    """Tell how well two claims can be about one and the same change of the land.

    Parameters
    ----------
    one, other : Claim
        In any order.

    Returns
    -------
    float
        1 for the same claim, 0 where one excludes the other (a field that is built on is not
        left fallow), between them where one often follows the other or is taken for it.

    References
    ----------
    Capabilities C.6 asks for the matrix; its values are the bureau's own.
    """
    if one is other:
        return WHOLE
    if Claim.OTHER in (one, other):
        return _WITH_OTHER
    return _ALIKE.get(frozenset({one, other}), 0.0)


def compatibilities() -> dict[tuple[Claim, Claim], float]:
    """Return the whole matrix: each pair once, a claim with itself left out."""
    return {pair: compatibility(*pair) for pair in combinations(Claim, 2)}


def kinship(one: tuple[Claim, date], other: tuple[Claim, date], *, window_days: int) -> float:
    """Tell how likely two signals on one parcel belong to one episode.

    Parameters
    ----------
    one, other : tuple of Claim and date
        What each claims, and when it was seen.
    window_days : int
        The largest gap.

    Returns
    -------
    float
        The compatibility of the claims inside the window, 0 outside it.
    """
    if abs((one[1] - other[1]).days) > window_days:
        return 0.0
    return compatibility(one[0], other[0])


@dataclass(frozen=True)
class Reported:
    """A signal, as the search for duplicates sees it.

    Attributes
    ----------
    id : UUID
        The signal.
    claim : Claim
        What it says.
    observed_on : date
        When.
    lon, lat : float
        Where, in EPSG:4490 degrees.
    """

    id: UUID
    claim: Claim
    observed_on: date
    lon: float
    lat: float


def duplicate_of(
    fresh: Reported,
    known: Sequence[Reported],
    *,
    radius_m: Mapping[Claim, float],
    window_days: int,
) -> Reported | None:
    """Return the signal that a fresh one says again, if there is one.

    Parameters
    ----------
    fresh : Reported
        What has just come.
    known : sequence of Reported
        What came before from the same source, open or closed, in any order.
    radius_m : mapping of Claim to float
        Within how many metres two signals of a claim mean the same place.
    window_days : int
        Within how many days they mean the same time.

    Returns
    -------
    Reported or None
        The nearest of the same claim; of two as near, the earlier, then by id.
    """
    alike = [
        each
        for each in known
        if each.claim is fresh.claim
        and abs((each.observed_on - fresh.observed_on).days) <= window_days
    ]
    if not alike:
        return None
    east, north = ellipsoid.local_scale(fresh.lat)
    gaps = [
        float(np.hypot((each.lon - fresh.lon) * east, (each.lat - fresh.lat) * north))
        for each in alike
    ]
    near = [
        (gap, each.observed_on, each.id, each)
        for gap, each in zip(gaps, alike, strict=True)
        if gap <= radius_m[fresh.claim]
    ]
    return min(near)[-1] if near else None


def tip_quality(*, has_position: bool, n_photos: int, has_words: bool) -> float:
    """Tell how much a tip by itself is worth, whoever sent it.

    Parameters
    ----------
    has_position : bool
        It lies on the map, and not only in a village.
    n_photos : int
        Photos that came with it.
    has_words : bool
        It says more than its claim.

    Returns
    -------
    float
        0.3 to 0.8: a tip is a reason to look, never a finding.

    Notes
    -----
    Whether the informant gave a name plays no part: what depends on it would tell of it.
    """
    return round(0.3 + 0.2 * has_position + 0.2 * (n_photos > 0) + 0.1 * has_words, 2)
