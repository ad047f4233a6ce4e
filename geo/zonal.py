"""Statistics of the pixels in each parcel, by weights that are computed once.

Missing is missing with its reason, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo import zonal_kernels
from geo.coverage import Coverage
from geo.zonal_kernels import CLEAR, CLOUDY, NO_DATA, QUANTILES

INDICES = ("NDVI", "EVI", "LSWI", "BSI")
"""In the order of every array of indices here."""
BANDS = ("B2", "B4", "B8", "B11")
"""Of Sentinel-2: blue, red, near infrared, short-wave infrared."""
NEEDS = {
    "NDVI": ("B4", "B8"),
    "EVI": ("B2", "B4", "B8"),
    "LSWI": ("B8", "B11"),
    "BSI": ("B2", "B4", "B8", "B11"),
}
__all__ = [
    "BANDS", "CLEAR", "CLOUDY", "INDICES", "NEEDS", "NO_DATA", "Image", "Limits", "Zonal",
    "means", "measure",
]  # fmt: skip

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Limits:
    """When an observation counts.

    Attributes
    ----------
    min_pixels : float
        Clear pixels, in sum of their weights, that a parcel must have.
    max_cloud_share : float
        Of the pixels with data; above, what is left beside the cloud is not believed.
    max_evi : float
        EVI beyond ± this is a pole of its formula over cloud or glint. The other indices are
        ratios between -1 and 1.
    """

    min_pixels: float
    max_cloud_share: float
    max_evi: float


@dataclass(frozen=True)
class Image:
    """The pixels of a window of a raster.

    Attributes
    ----------
    layers : array, shape (k, height, width)
        Raw values.
    places : mapping of str to int
        Which layer holds a band of `BANDS`, or an index of `INDICES` that came as such.
    state : uint8 array, shape (height, width)
        `CLEAR`, `CLOUDY` or `NO_DATA`.
    scale, offset : float
        A value is (raw + offset) x scale.
    """

    layers: npt.NDArray[Any]
    places: Mapping[str, int]
    state: npt.NDArray[np.uint8]
    scale: float = 1.0
    offset: float = 0.0


class Zonal(NamedTuple):
    """One observation of n parcels.

    Attributes
    ----------
    missing : uint8 array, shape (n,)
        `Missing`: why there is no value.
    n_pixels : float32 array, shape (n,)
        Clear pixels within range, in sum of their weights.
    cloud_share : float32 array, shape (n,)
        Of the pixels with data; nan where there are none.
    mean : float32 array, shape (n, 4)
        Weighted means of `INDICES`; nan where missing, or where the image lacks the bands.
    sd : float32 array, shape (n,)
        Weighted standard deviation of NDVI.
    quantiles : float32 array, shape (n, 3)
        Weighted quartiles of NDVI.
    """

    missing: npt.NDArray[np.uint8]
    n_pixels: Floats32
    cloud_share: Floats32
    mean: Floats32
    sd: Floats32
    quantiles: Floats32


class _Given(NamedTuple):
    """What the kernels read of an image and its limits."""

    layers: npt.NDArray[Any]
    state: npt.NDArray[np.uint8]
    bands: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    has: npt.NDArray[np.bool_]
    scaling: npt.NDArray[np.float64]
    limits: npt.NDArray[np.float64]


def measure(cover: Coverage, image: Image, limits: Limits) -> Zonal:
    """Observe parcels in an image.

    Parameters
    ----------
    cover : Coverage
        Of the parcels, on the image's grid.
    image : Image
        Of the coverage's window.
    limits : Limits
        When an observation counts.

    Returns
    -------
    Zonal
        A parcel is too small where fewer than `min_pixels` of it exist at all; without image
        where fewer have data; under cloud where fewer are clear, or more than `max_cloud_share`
        are not; out of range where fewer of the clear ones have indices that can be.

    Raises
    ------
    ValueError
        If the image is not of the window, or holds nothing that an index needs.

    Notes
    -----
    Indices are computed by pixel, then averaged. Bands are reflectances of Sentinel-2 L2A;
    slightly negative ones, which atmospheric correction leaves over water and shade, count as
    0.0001. A pixel is out of range where a band is not above -0.1 or is beyond 2, where no band is
    above 0, and where an index cannot be.

    References
    ----------
    NDVI: Rouse et al. 1974. EVI: Huete et al. 2002, RSE 83:195. LSWI: Xiao et al. 2002, RSE
    82:335. BSI: Rikimaru et al. 2002. Quantiles: Hazen 1914, weighted: a value
    stands in the middle of its own weight. (The rule of exactextract counts pixels of next to no
    weight in full, and leaps where a parcel begins to touch one.)
    """
    shape = (cover.window.height, cover.window.width)
    if image.layers.shape[1:] != shape or image.state.shape != shape:
        raise ValueError(f"the image is {image.layers.shape[1:]}, the window {shape}")
    has = np.array([_is_had(name, image.places) for name in INDICES])
    if not has.any():
        raise ValueError(f"no index can be had from {sorted(image.places)}")
    n, most = len(cover), int(np.diff(cover.indptr).max(initial=0))
    found = Zonal(
        np.empty(n, np.uint8),
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        np.empty((n, len(INDICES)), np.float32),
        np.empty(n, np.float32),
        np.empty((n, len(QUANTILES)), np.float32),
    )
    given = _Given(
        image.layers.reshape(len(image.layers), -1),
        image.state.reshape(-1),
        np.array([image.places.get(name, -1) for name in BANDS]),
        np.array([image.places.get(name, -1) for name in INDICES]),
        has,
        np.array([image.scale, image.offset]),
        np.array([limits.min_pixels, limits.max_cloud_share, limits.max_evi]),
    )
    weights = (cover.indptr, cover.pixel, cover.weight, cover.area_px)
    zonal_kernels.measure(weights, given, most, found)
    return found


def _is_had(index: str, places: Mapping[str, int]) -> bool:
    return index in places or all(band in places for band in NEEDS[index])


def means(
    cover: Coverage, layers: npt.NDArray[Any], no_data: float | None = None
) -> npt.NDArray[np.float64]:
    """Average layers over parcels, whatever they hold.

    Parameters
    ----------
    cover : Coverage
        Of n parcels.
    layers : array, shape (k, height, width)
        Of the coverage's window.
    no_data : float, optional
        Value of pixels to be left out; nan is left out always.

    Returns
    -------
    float64 array, shape (n, k)
        nan where a parcel has no pixel with data.
    """
    found = np.empty((len(cover), len(layers)))
    flat = layers.reshape(len(layers), -1)
    hole = np.nan if no_data is None else float(no_data)
    zonal_kernels.means(cover.indptr, cover.pixel, cover.weight, flat, hole, found)
    return found
