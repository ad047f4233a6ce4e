"""Rows of coverages: some of them, of several, in any order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage import Coverage, Window

Ints = npt.NDArray[np.int64]


def gathered(covers: Sequence[Coverage], rows: Ints) -> Coverage:
    """Return rows of coverages on one grid as one coverage.

    Parameters
    ----------
    covers : sequence of Coverage
        At least one, all on the same grid and with weights of the same dtype.
    rows : int64 array, shape (n,)
        Which polygons, counted through all covers in their order; any of them, in any order.

    Returns
    -------
    Coverage
        Of n polygons. Its window is the least that holds their pixels, so that it depends on
        them only, not on what they were computed or kept with.

    Raises
    ------
    IndexError
        If a row is none of theirs.
    """
    counts = np.concatenate([np.diff(each.indptr) for each in covers])
    begins = _offsets(counts)[:-1]
    indptr = _offsets(counts[rows])
    at = np.repeat(begins[rows] - indptr[:-1], counts[rows]) + np.arange(indptr[-1])
    row, column = (np.concatenate(each)[at] for each in zip(*map(_places, covers), strict=True))
    window = _window(row, column)
    pixel = (row - window.row) * window.width + (column - window.column)
    weight = np.concatenate([each.weight for each in covers])[at]
    area_px = np.concatenate([each.area_px for each in covers])[rows]
    return Coverage(indptr, pixel.astype(np.int32), weight, area_px, window)


def _offsets(counts: Ints) -> Ints:
    return np.append(0, np.cumsum(counts, dtype=np.int64))


def _places(cover: Coverage) -> tuple[Any, Any]:
    """Return row and column of each pixel in the grid, shape (m,)."""
    row, column = np.divmod(cover.pixel, max(cover.window.width, 1))
    return row + cover.window.row, column + cover.window.column


def _window(row: npt.NDArray[Any], column: npt.NDArray[Any]) -> Window:
    if not len(row):
        return Window(0, 0, 0, 0)
    top, left = int(row.min()), int(column.min())
    return Window(top, left, int(row.max()) + 1 - top, int(column.max()) + 1 - left)
