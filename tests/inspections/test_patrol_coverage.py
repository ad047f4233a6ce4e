"""Which cells of basic farmland some patrol saw: a union, each cell of one town."""

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import ellipsoid
from inspections.patrol_coverage import Grid, by_town, grid, last_seen, pieces
from inspections.patrols import PatrolLimits, cells_of_land, cells_of_track

LIMITS = PatrolLimits(longest_gap_min=10, fastest_m_s=40, cell_deg=0.005, step_m=50)
SIZE = LIMITS.cell_deg
COLUMN, ROW = 22590, 4740
WEST, SOUTH = COLUMN * SIZE, ROW * SIZE
DAY = date(2023, 4, 20)
A, B = "441803102", "441803105"
days = st.dates(date(2023, 1, 1), date(2023, 12, 31))
cells = st.frozensets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8)


def land(column: float, row: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle in cells from the corner of the first."""
    west, south = WEST + column * SIZE, SOUTH + row * SIZE
    return shapely.box(west, south, west + width * SIZE, south + height * SIZE)


def way(*points: tuple[float, float]) -> np.ndarray:
    return np.array([[WEST + c * SIZE, SOUTH + r * SIZE] for c, r in points])


def test_land_is_cut_by_the_grid_and_nothing_of_it_is_lost():
    shapes = [land(0.2, 0.2, 0.5, 0.5), land(0.5, 0.5, 2, 1), shapely.Polygon()]
    found = pieces(shapes, cell_deg=SIZE)
    assert found.shape.tolist() == [0, 1, 1, 1, 1, 1, 1]
    assert {(c - COLUMN, r - ROW) for c, r in zip(found.column, found.row, strict=True)} == {
        (c, r) for c in range(3) for r in range(2)
    }
    sums = np.bincount(found.shape, found.area_m2, minlength=3)
    assert sums == pytest.approx(ellipsoid.areas_m2(shapes), rel=1e-9)


def test_the_cells_are_those_of_a_single_patrols_figure():
    shapes = [shapely.Point(WEST + k / 300, SOUTH + k / 500).buffer(k / 900) for k in range(1, 9)]
    shapes.append(shapely.MultiPolygon([land(0, 0, 1, 1), land(3, 3, 0.1, 0.1)]))
    found = pieces(shapes, cell_deg=SIZE)
    assert set(zip(found.column.tolist(), found.row.tolist(), strict=True)) == cells_of_land(
        shapes, LIMITS
    )


def test_nothing_gives_nothing():
    none = pieces([], cell_deg=SIZE)
    assert len(none.shape) == len(pieces([shapely.Polygon()], cell_deg=SIZE).shape) == 0
    assert grid(none.column, none.row, none.area_m2, []) == Grid([], [])
    assert by_town(Grid([], []), {}) == []


def test_a_cell_on_a_border_is_of_the_town_with_most_of_its_farmland():
    shapes = [land(0, 0, 0.2, 1), land(0.2, 0, 0.5, 1), land(0.7, 0, 0.29, 1), land(1, 0, 1, 1)]
    towns = [B, A, B, B]
    found = pieces(shapes, cell_deg=SIZE)
    made = grid(found.column, found.row, found.area_m2, [towns[at] for at in found.shape])
    assert made == Grid([(COLUMN, ROW), (COLUMN + 1, ROW)], [A, B])
    towns = [B, A, B, A]
    larger = grid(found.column, found.row, found.area_m2, [towns[at] for at in found.shape])
    assert larger.towns == [A, A], "half of the cell, though both of B's pieces are 0.49"


def test_of_equal_parts_the_first_by_code_has_the_cell():
    same = np.array([5, 5]), np.array([7, 7]), np.array([100.0, 100.0])
    assert grid(*same, [B, A]) == grid(*same, [A, B]) == Grid([(5, 7)], [A])


@given(st.lists(st.tuples(days, cells), max_size=6), st.randoms())
def test_many_patrols_are_a_union_in_whatever_order(patrols, chance):
    seen = last_seen(patrols)
    assert seen.keys() == frozenset().union(*(some for _, some in patrols))
    for cell, day in seen.items():
        assert day == max(when for when, some in patrols if cell in some)
    shuffled = list(patrols)
    chance.shuffle(shuffled)
    assert last_seen([*shuffled, *patrols]) == seen


@given(
    st.lists(st.tuples(days, cells), max_size=6),
    st.lists(st.sampled_from([A, B]), min_size=9, max_size=9),
)
def test_towns_add_up_and_every_cell_is_seen_or_unseen_in_one_of_them(patrols, towns):
    farmland = Grid([(at // 3, at % 3) for at in range(9)], towns)
    found = by_town(farmland, last_seen(patrols))
    seen = frozenset().union(*(some for _, some in patrols)) & set(farmland.cells)
    assert sum(each.n_cells for each in found) == 9
    assert sum(each.n_seen for each in found) == len(seen)
    unseen = [cell for each in found for cell in each.unseen]
    assert sorted([*unseen, *seen]) == sorted(farmland.cells)
    for each in found:
        assert (each.last_seen_on is None) == (each.n_seen == 0)
        assert each.share == each.n_seen / each.n_cells


def test_a_second_patrol_over_the_same_cells_counts_once_and_is_the_last():
    farmland = Grid([(0, 0), (0, 1)], [A, A])
    walk = frozenset({(0, 0), (9, 9)})
    (found,) = by_town(farmland, last_seen([(DAY, walk), (date(2023, 4, 1), walk)]))
    assert (found.n_seen, found.share, found.last_seen_on) == (1, 0.5, DAY)
    assert found.unseen == [(0, 1)]


def test_a_kept_track_joins_near_points_and_not_far_ones():
    near = cells_of_track(way((0.5, 0.5), (1.2, 0.5), (2.0, 0.5)), LIMITS, longest_join_m=500)
    assert near == {(COLUMN + k, ROW) for k in range(3)}
    far = cells_of_track(way((0.5, 0.5), (4.5, 0.5)), LIMITS, longest_join_m=500)
    assert far == {(COLUMN, ROW), (COLUMN + 4, ROW)}, "what lay between, nobody knows"
    assert len(cells_of_track(way((0.5, 0.5)), LIMITS, longest_join_m=500)) == 1
    assert cells_of_track(np.zeros((0, 2)), LIMITS, longest_join_m=500) == frozenset()
