"""Village and farmland shares of many parcels beside `geopandas.overlay`, from memory.

The parcels tile the land and have 32 vertices each. Villages are joined from some five hundred
of them. Of the farmland, joined from up to nine, most is cut from the parcels' own map, the rest
was drawn again and lies 3 m off, so that every parcel it meets must be overlaid.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.load import spread
from geo import ellipsoid, shares

N_PARCELS, N_QUICK = 1_000_000, 100_000
N_STEPS = 8
"""Edges to each side of a parcel."""
CELL_M, MOVED_M = 45, 3
VILLAGE, BLOCK = 22, 3
"""Parcels along the side of a village, and of a piece of farmland."""
FARMLAND_SHARE, MOVED_SHARE = 0.7, 0.2
LIMIT = 1.5
WORST = "farmland, all moved"
"""Nothing can be told without an overlay: shown, and not held to the limit."""
ROUNDS = 3
SAME = 1e-9
"""What two sums of the same areas may differ by."""

T = TypeVar("T")
Layer = tuple[np.ndarray, np.ndarray]


def run(is_quick: bool) -> list[str]:
    """Measure and return the lines of the report."""
    n = N_QUICK if is_quick else N_PARCELS
    parcels, cells = tessellation(n)
    lines = []
    for name, zones in (("villages", villages(parcels, cells)), *farmlands(parcels, cells).items()):
        limit = "" if name == WORST else f" (limit ≥ {LIMIT})"
        lines += _measure(f"{name} of {n}", limit, parcels, zones)
    return lines


def tessellation(n: int) -> Layer:
    """Return crooked cells that share their vertices, and the row and column of each."""
    side = int(np.sqrt(n))
    row, column = np.divmod(np.arange(side * side), side)
    step = np.arange(N_STEPS)
    zero = np.zeros(N_STEPS, dtype=int)
    ring = np.c_[
        np.r_[step, zero + N_STEPS, N_STEPS - step, zero, 0],
        np.r_[zero, step, zero + N_STEPS, N_STEPS - step, 0],
    ]
    x = (column[:, None] * N_STEPS + ring[:, 0]) / N_STEPS
    y = (row[:, None] * N_STEPS + ring[:, 1]) / N_STEPS
    phase = np.random.default_rng(1).uniform(0, 2 * np.pi, 4)
    # Waves longer than a parcel bend the map, shorter ones make its borders crooked; all are
    # too flat to fold it.
    east = 0.12 * np.sin(2.1 * y + phase[0]) + 0.03 * np.sin(9.3 * x + 5 * y + phase[1])
    north = 0.12 * np.sin(1.9 * x + phase[2]) + 0.03 * np.sin(8.7 * y - 6 * x + phase[3])
    per_lon, per_lat = ellipsoid.local_scale(23.7)
    places = np.stack([113 + (x + east) * CELL_M / per_lon, 23.7 + (y + north) * CELL_M / per_lat])
    return shapely.polygons(places.transpose(1, 2, 0)), np.c_[row, column]


def villages(parcels: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Join square blocks of parcels."""
    return _joined(parcels, cells // VILLAGE)


def farmlands(parcels: np.ndarray, cells: np.ndarray) -> dict[str, np.ndarray]:
    """Join most parcels to small blocks; give them as cut, partly moved, and all moved."""
    fate = np.random.default_rng(2)
    is_farmland = fate.random(len(parcels)) < FARMLAND_SHARE
    cut = _joined(parcels[is_farmland], cells[is_farmland] // BLOCK)
    step = np.array([MOVED_M / float(ellipsoid.local_scale(23.7)[0]), 0])
    moved = shapely.transform(cut, lambda places: places + step)
    is_moved = fate.random(len(cut)) < MOVED_SHARE
    return {
        "farmland as cut": cut,
        f"farmland, {MOVED_SHARE:.0%} moved": np.where(is_moved, moved, cut),
        WORST: moved,
    }


def _joined(parcels: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    key = blocks[:, 0] * (blocks.max() + 1) + blocks[:, 1]
    order = np.argsort(key, kind="stable")
    ends = np.flatnonzero(np.diff(key[order])) + 1
    return np.array([shapely.coverage_union_all(part) for part in np.split(parcels[order], ends)])


def _measure(name: str, limit: str, parcels: np.ndarray, zones: np.ndarray) -> list[str]:
    n_threads = os.cpu_count() or 1
    one = gpd.GeoDataFrame({"parcel": range(len(parcels))}, geometry=parcels, crs=4490)
    two = gpd.GeoDataFrame({"zone": range(len(zones))}, geometry=zones, crs=4490)
    jobs: dict[str, Callable[[], shares.Overlay]] = {
        "shares": lambda: shares.intersection_shares(parcels, zones),
        f"shares, {n_threads} threads": lambda: shares.intersection_shares(
            parcels, zones, n_threads=n_threads
        ),
    }
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        theirs = _timed(seconds, "overlay", lambda: _overlay(one, two))
        found = [_timed(seconds, text, job) for text, job in jobs.items()]
        best = _timed(seconds, "largest share", lambda: shares.largest_share(parcels, zones))
    for each in found:
        _check_equal(each, theirs)
    _check_largest(best, found[0], len(parcels))
    lines = []
    for text in ("largest share", *jobs):
        ratios = [a / b for a, b in zip(seconds["overlay"], seconds[text], strict=True)]
        lines.append(f"{name}: {text}: {spread(ratios)} × faster than overlay{limit}")
        lines.append(f"{name}: {text}: {spread(seconds[text])} s")
    return lines


def _timed(seconds: dict[str, list[float]], name: str, job: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = job()
    seconds.setdefault(name, []).append(time.perf_counter() - started)
    return result


def _overlay(one: gpd.GeoDataFrame, two: gpd.GeoDataFrame) -> pd.DataFrame:
    """Common areas by the peer; their size on the ellipsoid by ours, so that those compare."""
    common = gpd.overlay(one, two, how="intersection", keep_geom_type=True)
    common["area_m2"] = ellipsoid.areas_m2(common.geometry.to_numpy())
    return common[["parcel", "zone", "area_m2"]]


def _check_equal(ours: shares.Overlay, theirs: pd.DataFrame) -> None:
    mine = pd.Series(ours.area_m2, index=pd.MultiIndex.from_arrays([ours.parcel, ours.other]))
    other = theirs.set_index(["parcel", "zone"])["area_m2"]
    both = pd.concat([mine, other], axis=1, keys=["ours", "theirs"]).fillna(0)
    difference = (both["ours"] - both["theirs"]).abs()
    assert difference.max() < 1e-5, difference.max()  # m²
    assert abs(both["ours"].sum() / both["theirs"].sum() - 1) < SAME


def _check_largest(best: shares.Shares, overlay: shares.Overlay, n: int) -> None:
    most = np.zeros(n)
    np.maximum.at(most, overlay.parcel, overlay.share)
    assert np.abs(best.share - most).max() < SAME


if __name__ == "__main__":
    print("\n".join(run(is_quick=False)))
