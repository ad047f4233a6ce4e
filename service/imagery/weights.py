"""Coverage weights, computed once per parcel version, grid and buffer, and kept in files.

A file holds the rows of a grid and buffer, one for each version that was ever asked for and may
be again: a parcel that changes computes its own row only.
"""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import grids, rings
from geo.coverage import Coverage, Window, coverage
from geo.coverage_rows import gathered
from geo.grids import Grid

VERSION = 2
"""Of the way that weights are computed and kept: a change makes all kept ones void."""
KEPT_GRIDS = 32
"""Of so many grids and buffers, those last used, weights are kept."""
UNREADABLE = (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """The cover of parcels on a grid."""

    cover: Coverage
    is_met: npt.NDArray[np.bool_]
    """Which parcels the grid reaches; also those that the buffer left nothing of."""

    def __len__(self) -> int:
        return len(self.is_met)


@dataclass(frozen=True)
class Asked:
    """The parcel versions whose weights are wanted, and how to know more of them."""

    names: Sequence[str]
    """What names each version for all time."""
    shapes_of: Callable[[Ints], Any]
    """Return the WKB in EPSG:4490 of the versions at these places of `names`."""
    living: Callable[[], Collection[str]]
    """Return the names of all versions that may be asked for on any day."""


def weights_of(folder: Path, asked: Asked, grid: Grid, inward_m: float) -> tuple[Weights, int]:
    """Return the weights of parcel versions, and how many of them had to be computed."""
    path = folder / f"{digest_of(grid, inward_m)}.npz"
    names, known = _kept(path)
    if names == list(asked.names):
        return known, 0
    place = {name: row for row, name in enumerate(names)}
    lacking = np.array([k for k, name in enumerate(asked.names) if name not in place], np.int64)
    if not len(lacking):
        return _gathered([known], _rows(place, asked.names)), 0
    made = computed(shapely.from_wkb(asked.shapes_of(lacking)), grid, inward_m)
    place |= {asked.names[k]: row for row, k in enumerate(lacking, start=len(names))}
    found = _gathered([known, made], _rows(place, asked.names))
    others = _still_wanted(names, asked)
    kept = _gathered([known, made], _rows(place, [*asked.names, *others])) if others else found
    _keep(path, [*asked.names, *others], kept)
    _forget_grids(folder)
    return found, len(lacking)


def digest_of(grid: Grid, inward_m: float) -> str:
    """Return what a file of weights is named by."""
    told = [VERSION, grid.affine, grid.height, grid.width, grid.crs, inward_m]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def computed(shapes: npt.NDArray[np.object_], grid: Grid, inward_m: float) -> Weights:
    """Compute the weights of polygons in EPSG:4490; each by itself, whatever the others are."""
    placed = grids.place(shapes, grid, inward_m=inward_m)
    cover = coverage(placed, n=len(shapes), height=grid.height, width=grid.width)
    met = np.diff(cover.indptr) > 0
    lost = np.flatnonzero(cover.area_px == 0)
    if len(lost):
        whole = rings.of_geometries(shapes[lost])
        first = whole.moved(grids.to_grid(grid, whole.xy)).xy[whole.points[whole.offsets[:-1]]]
        met[lost[whole.source]] = ((first >= 0) & (first <= (grid.width, grid.height))).all(axis=1)
    return Weights(cover, met)


def _rows(place: dict[str, int], names: Sequence[str]) -> Ints:
    return np.array([place[name] for name in names], np.int64)


def _gathered(parts: Sequence[Weights], rows: Ints) -> Weights:
    is_met = np.concatenate([each.is_met for each in parts])[rows]
    return Weights(gathered([each.cover for each in parts], rows), is_met)


def _still_wanted(names: Sequence[str], asked: Asked) -> list[str]:
    """Return the kept versions that are not asked for now, and may be for another day or area."""
    others = set(names).difference(asked.names)
    living = set(asked.living()) if others else set()
    return [name for name in names if name in others and name in living]


def _kept(path: Path) -> tuple[list[str], Weights]:
    """Return kept weights and whose they are; none where the file is absent or damaged."""
    try:
        # Opened here: of a damaged file the reader leaves its own handle open.
        with path.open("rb") as opened, np.load(opened) as file:
            cover = Coverage(
                file["indptr"],
                file["pixel"],
                file["weight"],
                file["area_px"],
                Window(*(int(each) for each in file["window"])),
            )
            names, found = file["names"].astype(str).tolist(), Weights(cover, file["is_met"])
    except UNREADABLE:
        return [], _nothing()
    is_whole = len(cover) == len(names) == len(found) and len(cover.pixel) == cover.indptr[-1]
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)  # used now
    return (names, found) if is_whole else ([], _nothing())


def _nothing() -> Weights:
    pixel, weight = np.empty(0, np.int32), np.empty(0, np.float32)
    cover = Coverage(np.zeros(1, np.int64), pixel, weight, np.empty(0), Window(0, 0, 0, 0))
    return Weights(cover, np.empty(0, np.bool_))


def _keep(path: Path, names: Sequence[str], made: Weights) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            names=np.array([name.encode() for name in names]),
            indptr=made.cover.indptr,
            pixel=made.cover.pixel,
            weight=made.cover.weight,
            area_px=made.cover.area_px,
            window=np.array(made.cover.window),
            is_met=made.is_met,
        )
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _forget_grids(folder: Path) -> None:
    """Remove what was not used for longest; what a process left unfinished goes so, too."""
    for path in sorted(folder.iterdir(), key=_used_at, reverse=True)[KEPT_GRIDS:]:
        path.unlink(missing_ok=True)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process was faster
        return 0.0
