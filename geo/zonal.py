"""Statistics of the pixels in each parcel, by weights that are computed once.

Missing is missing with its reason, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from geo.coverage import Coverage
from geo.series import Missing

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
CLEAR, CLOUDY, NO_DATA = 0, 1, 2
"""States of a pixel."""
LOTS = 64
"""That the parcels are dealt to the threads in."""
QUANTILES = (0.25, 0.50, 0.75)
PRESENT, CLOUD, NO_IMAGE, TOO_SMALL, OUT_OF_RANGE = (int(each) for each in Missing)

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
    negative ones, which atmospheric correction leaves over water and shade, count as measured.

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
    _measure(weights, given, most, found)
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
    _means(cover.indptr, cover.pixel, cover.weight, flat, hole, found)
    return found


@numba.njit(cache=True, parallel=True, nogil=True)
def _means(indptr: Any, pixel: Any, weight: Any, layers: Any, hole: float, found: Any) -> None:
    n_layers = len(layers)
    for k in numba.prange(len(indptr) - 1):
        for layer in range(n_layers):
            values = layers[layer]
            total, mass = 0.0, 0.0
            for at in range(indptr[k], indptr[k + 1]):
                value = float(values[pixel[at]])
                if value == value and value != hole:  # noqa: PLR0124 - nan is not itself
                    total += weight[at] * value
                    mass += weight[at]
            found[k, layer] = total / mass if mass > 0 else np.nan


@numba.njit(cache=True, inline="always")
def _ratio(above: float, below: float) -> float:
    return above / below if below != 0 else np.nan


@numba.njit(cache=True)
def _indices(given: Any, at: int, out: Any) -> bool:
    """Compute the indices of one pixel, and tell whether they can be; what is lacking is nan."""
    layers, bands = given.layers, given.bands
    scale, offset = given.scaling
    blue = (layers[bands[0], at] + offset) * scale if bands[0] >= 0 else np.nan
    red = (layers[bands[1], at] + offset) * scale if bands[1] >= 0 else np.nan
    near = (layers[bands[2], at] + offset) * scale if bands[2] >= 0 else np.nan
    short = (layers[bands[3], at] + offset) * scale if bands[3] >= 0 else np.nan
    out[0] = _ratio(near - red, near + red)
    out[1] = _ratio(2.5 * (near - red), near + 6 * red - 7.5 * blue + 1)
    out[2] = _ratio(near - short, near + short)
    out[3] = _ratio((short + red) - (near + blue), (short + red) + (near + blue))
    for k in range(4):
        if given.indices[k] >= 0:
            out[k] = (layers[given.indices[k], at] + offset) * scale
        most = given.limits[2] if k == 1 else 1.0
        if given.has[k] and not (-most <= out[k] <= most):  # nan is not possible either
            return False
    return True


@numba.njit(cache=True)
def _quartiles(values: Any, weights: Any, n: int, out: Any) -> None:
    order = np.argsort(values[:n])
    total = weights[:n].sum()
    k = 0
    before, here = 0.0, weights[order[0]] / 2
    reached, low = here, values[order[0]]
    for q in range(len(out)):
        target = QUANTILES[q] * total
        while k < n - 1 and here < target:
            reached, low = here, values[order[k]]
            before += weights[order[k]]
            k += 1
            here = before + weights[order[k]] / 2
        share = (target - reached) / (here - reached) if here > reached else 0.0
        share = min(max(share, 0.0), 1.0)
        out[q] = low + share * (values[order[k]] - low)


@numba.njit(cache=True)
def _spread(values: Any, shares: Any, n: int, middle: float, mass: float) -> float:
    squares = 0.0
    for k in range(n):
        squares += shares[k] * (values[k] - middle) ** 2
    return float(np.sqrt(squares / mass))


@numba.njit(cache=True)
def _reason(sums: Any, area_px: float, limits: Any) -> int:
    """Say what is missing, by the pixels that are possible, clear, with data."""
    possible, clear, with_data = sums
    if area_px < limits[0]:
        return TOO_SMALL
    if with_data < limits[0]:
        return NO_IMAGE
    if clear < limits[0] or 1 - clear / with_data > limits[1]:
        return CLOUD
    return PRESENT if possible >= limits[0] and possible > 0 else OUT_OF_RANGE


@numba.njit(cache=True)
def _gather(weights: Any, k: int, given: Any, sums: Any, total: Any, ndvi: Any, shares: Any) -> int:
    """Sum a parcel's pixels; return how many were possible, their NDVI and share in order."""
    indptr, pixel, weight, _ = weights
    index = np.empty(4)
    sums[:] = 0.0
    total[:] = 0.0
    count = 0
    for at in range(indptr[k], indptr[k + 1]):
        here, share = pixel[at], float(weight[at])
        if given.state[here] == NO_DATA:
            continue
        sums[2] += share
        if given.state[here] == CLOUDY:
            continue
        sums[1] += share
        if _indices(given, here, index):
            sums[0] += share
            total += share * index
            ndvi[count], shares[count] = index[0], share
            count += 1
    return count


@numba.njit(cache=True)
def _conclude(area_px: float, k: int, given: Any, sums: Any, total: Any, found: Any) -> None:
    """Write what a parcel's sums tell."""
    found.missing[k] = _reason(sums, area_px, given.limits)
    found.n_pixels[k] = sums[0]
    found.cloud_share[k] = 1 - sums[1] / sums[2] if sums[2] > 0 else np.nan
    found.sd[k] = np.nan
    found.quantiles[k] = np.nan
    for i in range(len(total)):
        found.mean[k, i] = total[i] / sums[0] if found.missing[k] == PRESENT else np.nan


@numba.njit(cache=True)
def _lot(weights: Any, given: Any, most: int, found: Any, begin: int, end: int) -> None:
    """Measure some of the parcels; apart from the parallel loop, which reorders what it holds."""
    ndvi, shares = np.empty(most), np.empty(most)
    sums, total = np.empty(3), np.empty(4)
    for k in range(begin, end):
        count = _gather(weights, k, given, sums, total, ndvi, shares)
        _conclude(weights[3][k], k, given, sums, total, found)
        if found.missing[k] == PRESENT and given.has[0]:
            found.sd[k] = _spread(ndvi, shares, count, total[0] / sums[0], sums[0])
            _quartiles(ndvi, shares, count, found.quantiles[k])


@numba.njit(cache=True, parallel=True, nogil=True)
def _measure(weights: Any, given: Any, most: int, found: Any) -> None:
    n = len(weights[3])
    for lot in numba.prange(LOTS):
        _lot(weights, given, most, found, n * lot // LOTS, n * (lot + 1) // LOTS)
