"""Which parcels of an older map became which of a newer one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import ellipsoid
from geo.common_parts import common_parts

Geometries = NDArray[Any]

SPLIT, MERGE, ADJUST = "split", "merge", "adjust"
LINEAGE = np.dtype(
    [
        ("old", np.intp),
        ("new", np.intp),
        ("area_m2", np.float64),
        ("share_of_old", np.float64),
        ("share_of_new", np.float64),
        ("op", "U6"),
    ]
)


def lineage(
    old: Geometries, new: Geometries, *, sliver_share: float = 0.01, n_threads: int = 1
) -> NDArray[np.void]:
    """Relate the parcels of two maps of the same land.

    Parameters
    ----------
    old, new : object array, shape (n,) and (m,)
        Valid polygons or multipolygons, EPSG:4490 degrees; None and empty ones have no kin.
    sliver_share : float
        What is less than this share of the old parcel and of the new one is play between the
        maps and makes no kin; 0 keeps everything.
    n_threads : int
        Overlays that run at once.

    Returns
    -------
    structured array, shape (k,)
        `old` and `new` (indices, in lexical order), `area_m2` (what they have in common, square
        metres on the ellipsoid), `share_of_old`, `share_of_new` and `op`: "merge" where the new
        parcel has more than one parent, else "split" where the old one has more than one child,
        else "adjust".
    """
    old_m2, new_m2 = ellipsoid.areas_m2(old), ellipsoid.areas_m2(new)
    common = common_parts(old, new, old_m2, n_threads=n_threads)
    of_old = np.minimum(common.area_m2 / old_m2[common.parcel], 1.0)
    of_new = np.minimum(common.area_m2 / new_m2[common.other], 1.0)
    kept = (of_old >= sliver_share) | (of_new >= sliver_share)
    kin = np.empty(int(kept.sum()), dtype=LINEAGE)
    kin["old"], kin["new"] = common.parcel[kept], common.other[kept]
    kin["area_m2"] = common.area_m2[kept]
    kin["share_of_old"], kin["share_of_new"] = of_old[kept], of_new[kept]
    n_parents = np.bincount(kin["new"], minlength=len(new))[kin["new"]]
    n_children = np.bincount(kin["old"], minlength=len(old))[kin["old"]]
    kin["op"] = np.select([n_parents > 1, n_children > 1], [MERGE, SPLIT], ADJUST)
    return kin
