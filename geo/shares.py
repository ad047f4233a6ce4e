"""Which village a parcel belongs to, and how much of it is protected."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import ellipsoid, widths
from geo.common_parts import common_parts

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

NO_ZONE = -1
MAX_EDGE_SHARE = 0.5
"""More than this of a parcel is never only its edge: a ditch 4 m wide may lie inside."""


@dataclass(frozen=True)
class Shares:
    """Of each parcel the zone that holds most of it.

    Attributes
    ----------
    zone : int array, shape (n,)
        Index of the zone, `NO_ZONE` where none meets the parcel; of equals the first.
    share : float array, shape (n,)
        What part of the parcel's area lies in it, 0 to 1.
    margin : float array, shape (n,)
        By how much the share is more than that of the next zone.
    """

    zone: Indices
    share: Floats
    margin: Floats


@dataclass(frozen=True)
class Overlay:
    """Pairs of a parcel and a polygon of another layer that have an area in common.

    Attributes
    ----------
    parcel, other : int array, shape (n,)
        Indices, in lexical order.
    area_m2 : float array, shape (n,)
        What they have in common, square metres on the ellipsoid.
    share : float array, shape (n,)
        The same over the parcel's area, 0 to 1.
    is_edge_only : bool array, shape (n,)
        True where what they have in common is only the play between the two layers.
    """

    parcel: Indices
    other: Indices
    area_m2: Floats
    share: Floats
    is_edge_only: Flags


def largest_share(
    parcels: Geometries,
    zones: Geometries,
    parcel_areas_m2: Floats | None = None,
    *,
    n_threads: int = 1,
) -> Shares:
    """Find the zone that holds the largest share of each parcel.

    Parameters
    ----------
    parcels, zones : object array, shape (n,) and (m,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones meet nothing.
        Zones may overlap.
    parcel_areas_m2 : float array, shape (n,), optional
        Areas of the parcels on the ellipsoid, square metres; computed if not given.
    n_threads : int
        Overlays that run at once.

    Returns
    -------
    Shares
        One entry a parcel.
    """
    areas_m2 = _areas(parcels, parcel_areas_m2)
    common = common_parts(parcels, zones, areas_m2, n_threads=n_threads)
    share = np.minimum(common.area_m2 / areas_m2[common.parcel], 1.0)
    order = np.lexsort((common.other, -share, common.parcel))
    parcel, share, other = common.parcel[order], share[order], common.other[order]
    rank = np.arange(len(parcel)) - np.searchsorted(parcel, parcel)
    best, second = np.zeros(len(parcels)), np.zeros(len(parcels))
    zone = np.full(len(parcels), NO_ZONE, dtype=np.intp)
    zone[parcel[rank == 0]] = other[rank == 0]
    best[parcel[rank == 0]] = share[rank == 0]
    second[parcel[rank == 1]] = share[rank == 1]
    return Shares(zone, best, best - second)


def intersection_shares(
    parcels: Geometries,
    others: Geometries,
    parcel_areas_m2: Floats | None = None,
    *,
    edge_width_m: float = 5.0,
    n_threads: int = 1,
) -> Overlay:
    """Find what each parcel has in common with each polygon of another layer.

    Parameters
    ----------
    parcels, others : object array, shape (n,) and (m,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones meet nothing.
    parcel_areas_m2 : float array, shape (n,), optional
        Areas of the parcels on the ellipsoid, square metres; computed if not given.
    edge_width_m : float
        Metres. What holds no circle of this diameter, and is at most half of the parcel, is
        only an edge: shrunk by half the width, nothing of it is left.
    n_threads : int
        Overlays that run at once.

    Returns
    -------
    Overlay
        Only pairs with an area in common; two that only touch are none.
    """
    areas_m2 = _areas(parcels, parcel_areas_m2)
    common = common_parts(parcels, others, areas_m2, n_threads=n_threads)
    share = np.minimum(common.area_m2 / areas_m2[common.parcel], 1.0)
    is_edge_only = ~common.is_whole & (share <= MAX_EDGE_SHARE)
    asked = np.flatnonzero(is_edge_only)
    is_edge_only[asked] = widths.narrower_than(
        common.part[asked], common.area_m2[asked], edge_width_m
    )
    return Overlay(common.parcel, common.other, common.area_m2, share, is_edge_only)


def _areas(parcels: Geometries, given: Floats | None) -> Floats:
    return ellipsoid.areas_m2(parcels) if given is None else given
