"""Statutory area of many parcels beside a loop over GeographicLib, from the same stored bytes."""

import time
from collections.abc import Callable

import numpy as np
import pyproj
import shapely

from benchmarks.load import spread
from geo import ellipsoid

N_PARCELS, N_QUICK = 1_000_000, 100_000
N_CORNERS = 30
"""With the closing one 31 vertices, the median of a county's land survey."""
N_LOOPED = 20_000
"""What the loop is timed on; its time is the same for each parcel."""
MEAN_M2 = 2000.0
LIMIT, LIMIT_PPM = 20, 1.0
ROUNDS = 7


def run(is_quick: bool) -> list[str]:
    """Measure and return the lines of the report."""
    n = N_QUICK if is_quick else N_PARCELS
    coords = _rings(n)
    offsets = np.arange(0, len(coords) + 1, N_CORNERS + 1)
    blobs = _blobs(coords)
    looped = blobs[:N_LOOPED]
    shapes = shapely.from_wkb(looped)
    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "loop from bytes": (lambda: _loop(shapely.from_wkb(looped)), len(looped)),
        "loop": (lambda: _loop(shapes), len(looped)),
        "bytes": (lambda: ellipsoid.areas_of_wkb_m2(blobs), n),
        "arrays": (lambda: ellipsoid.ring_areas_m2(coords, offsets), n),
        "geometries": (lambda: ellipsoid.areas_m2(shapes), len(looped)),
    }
    seconds = _alternate(jobs, rounds=3 if is_quick else ROUNDS)
    lines = []
    for ours, peer in (("bytes", "loop from bytes"), ("arrays", "loop"), ("geometries", "loop")):
        ratios = [a / b for a, b in zip(seconds[peer], seconds[ours], strict=True)]
        limit = "" if ours == "geometries" else f" (limit ≥ {LIMIT})"
        lines.append(f"area of {n} from {ours}: {spread(ratios)} × faster than Geod{limit}")
        lines.append(f"area of 10⁶ from {ours}: {spread([1e6 * s for s in seconds[ours]])} s")
    lines.append(f"area of 10⁶ by Geod: {spread([1e6 * s for s in seconds['loop']])} s")
    worst, typical = _difference_ppm(shapes, ellipsoid.areas_of_wkb_m2(looped))
    lines.append(
        f"area differs from Geod by {typical:.2g} ppm in the median, {worst:.2g} ppm at most"
        f" (limit {LIMIT_PPM:g})"
    )
    return lines


def _rings(n: int) -> np.ndarray:
    """Return rings of star-shaped parcels all over the county, one after the other, closed."""
    fate = np.random.default_rng(1)
    lon, lat = fate.uniform(112.3, 113.2, n), fate.uniform(23.5, 24.4, n)
    angle = np.arange(N_CORNERS) * 2 * np.pi / N_CORNERS
    east, north = ellipsoid.local_scale(lat)
    radius = np.sqrt(MEAN_M2 / np.pi) * fate.uniform(0.7, 1.3, (n, N_CORNERS))
    rings = np.empty((n, N_CORNERS + 1, 2))
    rings[:, :-1, 0] = lon[:, None] + radius * np.cos(angle) / east[:, None]
    rings[:, :-1, 1] = lat[:, None] + radius * np.sin(angle) / north[:, None]
    rings[:, -1] = rings[:, 0]
    return rings.reshape(-1, 2)


def _blobs(coords: np.ndarray) -> list[bytes]:
    rings = coords.reshape(-1, N_CORNERS + 1, 2)
    chunks = (rings[start : start + N_LOOPED] for start in range(0, len(rings), N_LOOPED))
    return [blob for chunk in chunks for blob in shapely.to_wkb(shapely.polygons(chunk)).tolist()]


def _loop(shapes: np.ndarray) -> list[float]:
    geod = pyproj.CRS(4490).get_geod()
    return [abs(geod.geometry_area_perimeter(each)[0]) for each in shapes]


def _alternate(
    jobs: dict[str, tuple[Callable[[], object], int]], *, rounds: int
) -> dict[str, list[float]]:
    """Time each job in turn, round after round; return the seconds per parcel."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, (job, size) in jobs.items():
            started = time.perf_counter()
            job()
            seconds[name].append((time.perf_counter() - started) / size)
    return seconds


def _difference_ppm(shapes: np.ndarray, ours: np.ndarray) -> tuple[float, float]:
    theirs = np.array(_loop(shapes))
    ppm = np.abs(ours / theirs - 1) * 1e6
    return float(ppm.max()), float(np.median(ppm))


if __name__ == "__main__":
    print("\n".join(run(is_quick=False)))
