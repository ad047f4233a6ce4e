"""Markers of a season of imagery beside a memory copy of its cube, in a process of its own."""

import argparse
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.load import spread
from config.thresholds import Thresholds
from geo.markers import Markers, markers_of

N_PARCELS, N_QUICK, N_SMALL = 1_000_000, 100_000, 10_000
N_DATES, N_KINDS = 36, 8
AT_ONCE = 50_000
CLOUDY, NOISE = 0.35, 0.02
RATIO_LIMIT, GROWTH_LIMIT, MEMORY_LIMIT_GIB = 12, 1.05, 4
ROUNDS = 7
WALL, CPU = 0, 1
RICE = [(0, 0.3), (73, 0.3), (86, 0.15), (109, 0.15), (139, 0.6), (162, 0.82), (185, 0.7),
        (194, 0.25), (200, 0.15), (217, 0.15), (247, 0.6), (267, 0.82), (297, 0.7), (308, 0.28),
        (365, 0.3)]  # fmt: skip
WEEDS = [(0, 0.35), (90, 0.5), (195, 0.72), (273, 0.6), (365, 0.35)]
MAIZE = [(0, 0.25), (94, 0.2), (129, 0.55), (160, 0.8), (190, 0.75), (200, 0.3), (365, 0.25)]
FLOODS = ((86, 109), (199, 217))


def run(is_quick: bool) -> None:
    """Measure in a process of its own, so that its memory is that of the markers."""
    words = [sys.executable, "-m", "benchmarks.markers", *(["--quick"] if is_quick else [])]
    subprocess.run(words, check=True)


def season(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return dates, cube and reasons: half double rice, and of every other kind."""
    dates = np.datetime64("2023-01-01") + np.arange(N_DATES) * 10
    kinds = _kinds((dates - dates[0]).astype(int))
    rng = np.random.default_rng(1)
    cube = np.empty((n, N_DATES, 4), dtype=np.float32)
    for start in range(0, n, AT_ONCE):
        part = cube[start : start + AT_ONCE]
        part[:] = kinds[rng.integers(0, N_KINDS, len(part))]
        part += rng.standard_normal(part.shape, dtype=np.float32) * np.float32(NOISE)
        part[rng.random(part.shape[:2]) < CLOUDY] = np.nan
    return dates, cube, np.isnan(cube[..., 0]).astype(np.uint8)


def _kinds(day: np.ndarray) -> np.ndarray:
    def along(points: list[tuple[int, float]], dry: float, bsi: float) -> np.ndarray:
        ndvi = np.interp(day, *zip(*points, strict=True))
        return np.stack([ndvi, 0.7 * ndvi, ndvi - dry, np.full(len(day), bsi)], axis=1)

    rice = along(RICE, 0.35, -0.1)
    for first, last in FLOODS:
        rice[(day >= first) & (day <= last), 2] = 0.3
    return np.stack(
        [rice] * 3
        + [
            along(WEEDS, 0.35, -0.1),
            along(MAIZE, 0.35, -0.1),
            along([(0, 0.7), (365, 0.7)], 0.4, -0.1),
            along([(0, 0.1), (365, 0.1)], -0.2, -0.2),
            along([(0, 0.12), (365, 0.12)], 0.3, 0.15),
        ]
    ).astype(np.float32)


def measure(is_quick: bool) -> list[str]:
    """Measure both sizes in turn and return the lines of the report."""
    limits = Thresholds.read().markers
    n_threads = os.cpu_count() or 1
    n = N_QUICK if is_quick else N_PARCELS
    dates, cube, missing = season(n)
    copy = cube.copy()
    small = (cube[:N_SMALL].copy(), missing[:N_SMALL].copy())
    markers_of(dates, *small, limits)  # compiled, or read from the cache
    copied, took, took_small = [], [], []
    for _ in range(ROUNDS):
        copied.append(_timed(lambda: np.copyto(copy, cube)))
        took_small.append(_timed(lambda: markers_of(dates, *small, limits, n_threads=n_threads)))
        took.append(_timed(lambda: markers_of(dates, cube, missing, limits, n_threads=n_threads)))
    _check(markers_of(dates, *small, limits))
    name = f"markers of {n} × {N_DATES} × 4"
    ratios = [a[WALL] / b[WALL] for a, b in zip(took, copied, strict=True)]
    # On a machine that others use too, more threads wait longer for their turn: time of the
    # processors tells what the wall would on a machine of one's own.
    even = [a[CPU] / n_threads / b[CPU] for a, b in zip(took, copied, strict=True)]
    growth = [
        math.log(a[CPU] / b[CPU]) / math.log(n / N_SMALL)
        for a, b in zip(took, took_small, strict=True)
    ]
    gib = cube.nbytes / 2**30
    return [
        f"{name}, {n_threads} threads: {spread(ratios)} × a copy (limit {RATIO_LIMIT})",
        f"{name}, by processor time over threads: {spread(even)} × a copy",
        f"{name}: {spread([each[WALL] for each in took])} s;"
        f" a copy {spread([each[WALL] for each in copied])} s",
        f"{name}: processor time {spread([each[CPU] for each in took])} s;"
        f" of a copy {spread([each[CPU] for each in copied])} s",
        f"{name}: processor time grows by the power {spread(growth)} from {N_SMALL}"
        f" (limit {GROWTH_LIMIT})",
        f"{name}: {_peak_gib():.2f} GiB at the peak (limit {MEMORY_LIMIT_GIB}),"
        f" of which cube and copy {2 * gib:.2f}",
    ]


def _timed(job: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the wall and of the processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def _check(found: Markers) -> None:
    """What is fast and wrong does not count: shares of what was put in."""
    flooded = (found.flooding.count() > 0).mean()
    assert 0.25 < flooded <= 3 / N_KINDS, flooded
    for spell in (found.pond, found.trees, found.built):
        seen = spell.is_seen().mean()
        assert 0.9 / N_KINDS < seen < 1.05 / N_KINDS, seen


def _peak_gib() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.markers")
    parser.add_argument("--quick", action="store_true")
    print("\n".join(measure(parser.parse_args().quick)), flush=True)
