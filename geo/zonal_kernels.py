"""The compiled loops of `geo.zonal`: over parcels, over their pixels."""

from typing import Any

import numba
import numpy as np

from geo.series import Missing

CLEAR, CLOUDY, NO_DATA = 0, 1, 2
"""States of a pixel."""
LOTS = 64
"""That the parcels are dealt to the threads in."""
QUANTILES = (0.25, 0.50, 0.75)
LEAST_REFLECTANCE, MOST_REFLECTANCE = -0.1, 2.0
"""What a surface can seem to reflect. A raw value of 1 or more, less the offset of 1,000 of ESA's
baseline 04.00, lies above the least; clouds and glint reach beyond 1, never beyond the most."""
FLOOR = 1e-4
"""One step of a product that is scaled by 10,000: the least reflectance that ratios are made of."""
PRESENT, CLOUD, NO_IMAGE, TOO_SMALL, OUT_OF_RANGE = (int(each) for each in Missing)


@numba.njit(cache=True, parallel=True, nogil=True)
def means(indptr: Any, pixel: Any, weight: Any, layers: Any, hole: float, found: Any) -> None:
    """Write into `found`, shape (n, k), the weighted means of layers, shape (k, pixels)."""
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


@numba.njit(cache=True, inline="always")
def _reflectance(given: Any, band: int, at: int) -> float:
    """Read a band of one pixel to make ratios of; nan where it is lacking or cannot be.

    What correction left below zero is raised to the floor, or a dark pixel's ratios leave ±1.
    """
    if given.bands[band] < 0:
        return np.nan
    value = float((given.layers[given.bands[band], at] + given.scaling[1]) * given.scaling[0])
    if not (LEAST_REFLECTANCE < value <= MOST_REFLECTANCE):
        return np.nan
    return max(value, FLOOR)


@numba.njit(cache=True)
def _indices(given: Any, at: int, out: Any) -> bool:
    """Compute the indices of one pixel, and tell whether they can be; what is lacking is nan."""
    blue, red = _reflectance(given, 0, at), _reflectance(given, 1, at)
    near, short = _reflectance(given, 2, at), _reflectance(given, 3, at)
    if near == FLOOR and not (blue > FLOOR or red > FLOOR or short > FLOOR):
        return False  # nothing was reflected at all
    out[0] = _ratio(near - red, near + red)
    out[1] = _ratio(2.5 * (near - red), near + 6 * red - 7.5 * blue + 1)
    out[2] = _ratio(near - short, near + short)
    out[3] = _ratio((short + red) - (near + blue), (short + red) + (near + blue))
    for k in range(4):
        if given.indices[k] >= 0:
            out[k] = (given.layers[given.indices[k], at] + given.scaling[1]) * given.scaling[0]
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
def measure(weights: Any, given: Any, most: int, found: Any) -> None:
    """Write into the arrays of `found`, a `geo.zonal.Zonal`, what the pixels of parcels tell.

    `weights` are indptr, pixel, weight and area of a coverage, `given` what is read of an image,
    `most` the pixels of the largest parcel.
    """
    n = len(weights[3])
    for lot in numba.prange(LOTS):
        _lot(weights, given, most, found, n * lot // LOTS, n * (lot + 1) // LOTS)
