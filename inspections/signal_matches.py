"""Which parcels a signal speaks of, and how sure that is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo import ellipsoid
from inspections.signals import MatchState

WHOLE = 1.0
BESIDE = 2
"""Beside basic farmland other land counts half, unless the point lies in it."""
DISC_QUARTER = 16
"""Corners of a quarter of a disc: its area is right within 0.2 %."""


@dataclass(frozen=True)
class MatchLimits:
    """When a signal is taken to speak of a parcel.

    Attributes
    ----------
    overlap_share : float
        Common part of the smaller of both areas, from which they match.
    overlap_m2 : float
        Common area in m², from which they match whatever the share.
    trusted_accuracy_m : float
        A position this good tells a parcel by itself.
    unknown_accuracy_m : float
        Taken where a position's accuracy was not told.
    nearest_m : float
        How far basic farmland is looked for, where nothing lies within the accuracy.
    farthest_m : float
        How far any land is looked for, however poor the position.
    candidate_score, matched_score : float
        From the first on a person is asked, from the second on the parcel is matched.
    """

    overlap_share: float
    overlap_m2: float
    trusted_accuracy_m: float
    unknown_accuracy_m: float
    nearest_m: float
    farthest_m: float
    candidate_score: float
    matched_score: float


@dataclass(frozen=True)
class Placed:
    """Where a signal lies.

    Attributes
    ----------
    geometry : shapely geometry
        Point or area in EPSG:4490 degrees.
    accuracy_m : float, optional
        Of a point, in metres; None where it was not told.
    """

    geometry: shapely.Geometry
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Land:
    """A parcel that a signal may speak of; its geometry in EPSG:4490 degrees."""

    uid: UUID
    geometry: shapely.Geometry
    is_basic_farmland: bool = False


@dataclass(frozen=True)
class ParcelMatch:
    """What a signal and a parcel have in common.

    Attributes
    ----------
    uid : UUID
        The parcel.
    overlap_m2 : float
        Common area (ellipsoidal) of an area; 0 for a point.
    share : float
        Of the smaller of both areas; for a point, of the disc of its accuracy.
    distance_m : float
        From a point to the parcel; 0 inside, and for an area.
    score : float
        0 to 1.
    state : MatchState
        Matched, or a candidate that a person decides on.
    """

    uid: UUID
    overlap_m2: float
    share: float
    distance_m: float
    score: float
    state: MatchState


def reach_m(placed: Placed, limits: MatchLimits) -> float:
    """Return how far around a signal parcels have to be looked for.

    Parameters
    ----------
    placed : Placed
        The signal.
    limits : MatchLimits
        The numbers.

    Returns
    -------
    float
        Metres; 0 for an area.

    Notes
    -----
    Beside a point the score is at most half the closeness, 1 - distance / accuracy: further off
    than that allows nothing can be a candidate. Beyond `farthest_m` land would have to fill a
    third of the disc, which is larger than parcels are.
    """
    if placed.geometry.geom_type != "Point":
        return 0.0
    telling = (1 - BESIDE * limits.candidate_score) * _accuracy_m(placed, limits)
    return max(min(telling, limits.farthest_m), limits.nearest_m)


def match_parcels(
    placed: Placed, lands: Sequence[Land], limits: MatchLimits
) -> tuple[ParcelMatch, ...]:
    """Tell which parcels a signal speaks of, and how sure that is.

    Parameters
    ----------
    placed : Placed
        The signal, EPSG:4490.
    lands : sequence of Land
        Every parcel within `reach_m` of it, in any order, EPSG:4490.
    limits : MatchLimits
        The numbers.

    Returns
    -------
    tuple of ParcelMatch
        Those with a score of at least `candidate_score`, the best first, then by uid.

    Notes
    -----
    An area matches from `overlap_share` of the smaller of both areas, or from `overlap_m2`: at
    the limit the score is `matched_score`, below it falls to 0, above it rises to 1. A point is
    as sure as its accuracy: all of it inside a parcel scores 1, and the nearest basic farmland
    goes before other land that only lies within the accuracy.

    Raises
    ------
    ValueError
        Where the signal's geometry is empty or neither a point nor an area.

    References
    ----------
    Capabilities C.6: overlap of 20 % or 200 m², points by their accuracy and then the nearest
    basic farmland, candidates for a person between 0.3 and 0.7.
    """
    if placed.geometry.is_empty:
        raise ValueError("a signal's place must not be empty")
    if not lands:
        return ()
    if placed.geometry.geom_type == "Point":
        found = _of_point(placed, lands, limits)
    elif placed.geometry.geom_type in {"Polygon", "MultiPolygon"}:
        found = _of_area(placed.geometry, lands, limits)
    else:
        raise ValueError(f"a signal is a point or an area, not a {placed.geometry.geom_type}")
    kept = [each for each in found if each.score >= limits.candidate_score]
    return tuple(sorted(kept, key=lambda each: (-each.score, each.uid)))


def _made(
    land: Land, overlap_m2: float, share: float, distance_m: float, score: float, matched: float
) -> ParcelMatch:
    rounded = round(min(max(score, 0.0), WHOLE), 4)
    state = MatchState.MATCHED if rounded >= matched else MatchState.CANDIDATE
    return ParcelMatch(
        land.uid, round(overlap_m2, 2), round(share, 4), round(distance_m, 2), rounded, state
    )


def _of_area(
    area: shapely.Geometry, lands: Sequence[Land], limits: MatchLimits
) -> list[ParcelMatch]:
    shapes = np.array([each.geometry for each in lands], dtype=object)
    overlaps = ellipsoid.areas_m2(_areal(shapely.intersection(shapes, area)))
    own = float(ellipsoid.areas_m2([area])[0])
    smaller = np.minimum(ellipsoid.areas_m2(shapes), own)
    shares = np.divide(overlaps, smaller, out=np.zeros_like(overlaps), where=smaller > 0)
    near = np.maximum(shares / limits.overlap_share, overlaps / limits.overlap_m2)
    top = limits.matched_score
    scores = np.where(near >= 1, top + (1 - top) * shares, top * near)
    return [
        _made(land, float(overlap), min(float(share), WHOLE), 0.0, float(score), top)
        for land, overlap, share, score in zip(lands, overlaps, shares, scores, strict=True)
    ]


def _areal(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Leave the points and lines of a common edge out of what two areas have in common."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    flat = np.isin(
        shapely.get_type_id(shapes),
        (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    )
    areal = np.where(flat, shapes, shapely.Polygon())
    for at in np.flatnonzero(mixed):
        parts = [each for each in shapely.get_parts(shapes[at]) if each.area]
        areal[at] = shapely.union_all(parts)
    return areal


def _accuracy_m(placed: Placed, limits: MatchLimits) -> float:
    told = limits.unknown_accuracy_m if placed.accuracy_m is None else placed.accuracy_m
    return max(told, 1.0)


def _of_point(placed: Placed, lands: Sequence[Land], limits: MatchLimits) -> list[ParcelMatch]:
    accuracy = _accuracy_m(placed, limits)
    point = placed.geometry
    shapes = np.array([each.geometry for each in lands], dtype=object)
    laid = ellipsoid.to_plane(shapes, point.x, point.y)
    here = shapely.Point(0, 0)
    distances = shapely.distance(laid, here)
    disc = here.buffer(accuracy, quad_segs=DISC_QUARTER)
    shares = shapely.area(shapely.intersection(laid, disc)) / disc.area
    farmland = np.array([each.is_basic_farmland for each in lands])
    nearest = _nearest(distances, farmland, lands, limits)
    closeness = np.clip(1 - distances / accuracy, 0.0, 1.0)
    precision = min(WHOLE, limits.trusted_accuracy_m / accuracy)
    scores = closeness * (0.4 + 0.6 * np.maximum(precision, shares))
    is_beside = (distances > 0) & (np.arange(len(lands)) != nearest)
    scores = np.where(is_beside, scores / BESIDE, scores)
    if nearest is not None:
        scores[nearest] = max(scores[nearest], limits.candidate_score)
    return [
        _made(land, 0.0, float(share), float(distance), float(score), limits.matched_score)
        for land, share, distance, score in zip(lands, shares, distances, scores, strict=True)
    ]


def _nearest(
    distances: npt.NDArray[np.float64],
    farmland: npt.NDArray[np.bool_],
    lands: Sequence[Land],
    limits: MatchLimits,
) -> int | None:
    """Return the nearest basic farmland in reach; of two as near, the lower uid."""
    near = [int(at) for at in np.flatnonzero(farmland) if distances[at] <= limits.nearest_m]
    return min(near, key=lambda at: (distances[at], lands[at].uid), default=None)
