"""Coverage weights, computed once per parcel versions, grid and buffer, and kept in a file."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import grids, rings
from geo.coverage import Coverage, Window, coverage
from geo.grids import Grid

VERSION = 1
"""Of the way that weights are computed: a change makes all kept ones void."""
UNREADABLE = (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError)


@dataclass(frozen=True)
class Weights:
    """The cover of parcels on a grid."""

    cover: Coverage
    is_met: npt.NDArray[np.bool_]
    """Which parcels the grid reaches; also those that the buffer left nothing of."""


def digest_of(versions: Sequence[str], grid: Grid, inward_m: float) -> str:
    """Return what a file of weights is named by."""
    told = [VERSION, grid.affine, grid.height, grid.width, grid.crs, inward_m]
    hasher = hashlib.sha256(json.dumps(told).encode())
    hasher.update("\n".join(versions).encode())
    return hasher.hexdigest()


def weights_of(
    folder: Path,
    versions: Sequence[str],
    grid: Grid,
    inward_m: float,
    shapes_of: Callable[[], Any],
) -> tuple[Weights, bool]:
    """Return the weights of parcel versions, and whether they were known.

    `versions` name the parcel versions for all time, in the order of what `shapes_of` returns:
    their WKB in EPSG:4490. It is only called where the weights must be computed.
    """
    path = folder / f"{digest_of(versions, grid, inward_m)}.npz"
    known = _kept(path, len(versions))
    if known is not None:
        return known, True
    made = computed(shapely.from_wkb(shapes_of()), grid, inward_m)
    _keep(path, made)
    return made, False


def computed(shapes: npt.NDArray[np.object_], grid: Grid, inward_m: float) -> Weights:
    """Compute the weights of polygons in EPSG:4490."""
    placed = grids.place(shapes, grid, inward_m=inward_m)
    cover = coverage(placed, n=len(shapes), height=grid.height, width=grid.width)
    met = np.diff(cover.indptr) > 0
    lost = np.flatnonzero(cover.area_px == 0)
    if len(lost):
        whole = rings.of_geometries(shapes[lost])
        first = whole.moved(grids.to_grid(grid, whole.xy)).xy[whole.points[whole.offsets[:-1]]]
        met[lost[whole.source]] = ((first >= 0) & (first <= (grid.width, grid.height))).all(axis=1)
    return Weights(cover, met)


def _kept(path: Path, n: int) -> Weights | None:
    """Return kept weights; none where there are none, or where the file was damaged."""
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
            is_met = file["is_met"]
    except UNREADABLE:
        return None
    is_whole = len(cover) == n == len(is_met) and len(cover.pixel) == cover.indptr[-1]
    return Weights(cover, is_met) if is_whole else None


def _keep(path: Path, made: Weights) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez(
            file,
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
