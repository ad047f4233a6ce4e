"""Weights by parcel version: what is kept, what is computed, and that the figures are the same."""

import os

import numpy as np
import pyproj
import pytest
import shapely

from geo.grids import Grid
from service.imagery import weights
from service.imagery.weights import Asked

SINUSOIDAL = "+proj=sinu +lon_0=0 +R=6371007.181 +units=m"
SYSTEMS = {"EPSG:32649": 10.0, "EPSG:4490": 1e-4, SINUSOIDAL: 10.0}
EAST, NORTH = 112.5, 23.7
"""Where two zones of Gauss and Krüger meet."""


def grid_of(crs, step=None):
    """A grid of 150 pixels around the middle."""
    step = step or SYSTEMS[crs]
    x, y = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(EAST, NORTH)
    return Grid((step, 0, x - 75 * step, 0, -step, y + 75 * step), 150, 150, crs)


def a_shape(seed):
    """A polygon of some 100 m within the grid, or a little beyond it."""
    fate = np.random.default_rng(seed)
    middle = np.array([EAST, NORTH]) + fate.uniform(-0.008, 0.008, 2)
    size = 3e-5 if seed % 5 == 0 else 5e-4  # some the buffer leaves nothing of
    points = middle + fate.uniform(-size, size, (12, 2))
    return shapely.MultiPoint(points).convex_hull


class Book:
    """Parcel versions by their names, and which of them had to be read."""

    def __init__(self, folder):
        self.folder, self.read = folder, []
        self.living = set()

    def weights(self, names, grid, inward_m=5.0):
        """Ask for versions; a version's name is the seed of its shape."""
        self.living |= set(names)

        def shapes_of(places):
            self.read.append([names[k] for k in places])
            return shapely.to_wkb(np.array([a_shape(int(names[k])) for k in places], object))

        asked = Asked(names, shapes_of, lambda: self.living)
        return weights.weights_of(self.folder, asked, grid, inward_m)

    @property
    def kept(self):
        """The names in the one file that there is."""
        (path,) = self.folder.iterdir()
        with np.load(path) as file:
            return set(file["names"].astype(str).tolist())


@pytest.fixture
def book(tmp_path):
    """A book with a folder of its own."""
    return Book(tmp_path / "weights")


def names_of(*numbers):
    return [str(number) for number in numbers]


def assert_same(ours, anew):
    assert ours.cover.window == anew.cover.window
    assert ours.is_met.tolist() == anew.is_met.tolist()
    for name in ("indptr", "pixel", "weight", "area_px"):
        ours_of, anew_of = getattr(ours.cover, name), getattr(anew.cover, name)
        assert ours_of.dtype == anew_of.dtype
        assert np.array_equal(ours_of, anew_of), name


@pytest.mark.parametrize("crs", SYSTEMS)
def test_an_edited_parcel_computes_its_own_row_and_all_are_as_computed_anew(book, tmp_path, crs):
    grid = grid_of(crs)
    before, after = names_of(*range(60)), names_of(*range(17), 100, *range(18, 60), 101)
    assert book.weights(before, grid)[1] == 60
    found, n_made = book.weights(after, grid)
    assert (n_made, book.read[1:]) == (2, [["100", "101"]])
    anew, n_anew = Book(tmp_path / "anew").weights(after, grid)
    assert n_anew == 61
    assert_same(found, anew)
    assert set(found.is_met.tolist()) == {True, False}
    assert (found.cover.area_px == 0).any()
    again, n_again = book.weights(after, grid)
    assert n_again == 0
    assert_same(again, anew)


def test_some_of_the_parcels_need_nothing_computed_and_take_nothing_away(book, tmp_path):
    grid = grid_of("EPSG:32649")
    book.weights(names_of(*range(30)), grid)
    few, n_made = book.weights(names_of(7, 3, 12), grid)
    assert n_made == 0
    assert_same(few, Book(tmp_path / "anew").weights(names_of(7, 3, 12), grid)[0])
    more, n_made = book.weights(names_of(7, 200), grid)
    assert n_made == 1
    assert_same(more, Book(tmp_path / "more").weights(names_of(7, 200), grid)[0])
    assert book.weights(names_of(*range(30), 200), grid)[1] == 0


def test_rows_that_no_version_can_use_any_more_go_when_others_come(book):
    grid = grid_of("EPSG:32649")
    book.weights(names_of(1, 2, 3), grid)
    book.living -= {"2"}
    book.weights(names_of(1, 4), grid)
    assert book.kept == {"1", "3", "4"}
    assert book.weights(names_of(1, 2, 3, 4), grid)[1] == 1


def test_a_damaged_file_is_computed_again(book, tmp_path):
    grid = grid_of("EPSG:32649")
    anew, _ = book.weights(names_of(*range(9)), grid)
    (path,) = book.folder.iterdir()
    for damage in (path.read_bytes()[:200], b""):
        path.write_bytes(damage)
        found, n_made = book.weights(names_of(*range(9)), grid)
        assert n_made == 9
        assert_same(found, anew)


def test_of_many_grids_those_last_used_are_kept(book, monkeypatch):
    monkeypatch.setattr(weights, "KEPT_GRIDS", 2)
    first, second, third = (grid_of("EPSG:32649", step) for step in (9.0, 10.0, 11.0))
    book.weights(["1"], first)
    book.weights(["1"], second)
    for path in book.folder.iterdir():
        os.utime(path, (0, 0))
    assert book.weights(["1"], first)[1] == 0
    book.weights(["1"], third)
    assert len(list(book.folder.iterdir())) == 2
    assert [book.weights(["1"], each)[1] for each in (first, third, second)] == [0, 0, 1]


def test_nothing_that_meets_the_grid_is_no_window(book):
    far = Grid((10.0, 0, 900_000, 0, -10.0, 4_000_000), 50, 50, "EPSG:32649")
    found, n_made = book.weights(names_of(1, 2), far)
    assert (n_made, found.cover.window, found.is_met.tolist()) == (2, (0, 0, 0, 0), [False, False])
    assert book.weights(names_of(2), far)[0].is_met.tolist() == [False]
