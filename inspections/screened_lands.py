"""What a screening is given: land as the books have it, and series of images."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.series import Missing
from inspections.conversion_lands import Approvals, Floats, Ints


@dataclass(frozen=True)
class SurveyedLand:
    """Land as the books have it, one row each, in order of uid.

    Attributes
    ----------
    uids : tuple of UUID
        Of the parcels, n.
    class_names, attribute_names : tuple of str
        What `base_class` and `attribute` index.
    base_class, attribute : int array, shape (n,)
        Land class and planting attribute.
    area_m2, farmland_m2 : float64 array, shape (n,)
        Ellipsoidal area in m², and the part of it in permanent basic farmland.
    approvals : Approvals
        Over the whole parcels.
    """

    uids: tuple[UUID, ...]
    class_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    base_class: Ints
    attribute: Ints
    area_m2: Floats
    farmland_m2: Floats
    approvals: Approvals

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True)
class LandSeries:
    """Series of some parcels: see `geo.markers.markers_of`.

    Attributes
    ----------
    uids : sequence of UUID
        Of the parcels, m.
    dates : datetime64[D] array, shape (t,)
        Strictly rising.
    cube : float32 array, shape (m, t, 4)
        NDVI, EVI, LSWI, BSI; NaN where missing.
    missing : uint8 array, shape (m, t)
        A `geo.series.Missing`.
    """

    uids: list[UUID]
    dates: NDArray[np.datetime64]
    cube: NDArray[np.float32]
    missing: NDArray[np.uint8]


def last_clear_days(series: LandSeries) -> NDArray[np.datetime64]:
    """Return the day of the last clear image of each parcel.

    Parameters
    ----------
    series : LandSeries
        m parcels, t dates.

    Returns
    -------
    datetime64[D] array, shape (m,)
        NaT where there is none.

    Notes
    -----
    What a parcel is used for is told from all its images: until the last clear one nothing spoke
    against it, though a marker itself may look at some weeks of the year only.
    """
    is_clear = series.missing == Missing.PRESENT
    last = is_clear.shape[1] - 1 - np.argmax(is_clear[:, ::-1], axis=1)
    return np.where(is_clear.any(axis=1), series.dates[last], np.datetime64("NaT"))
