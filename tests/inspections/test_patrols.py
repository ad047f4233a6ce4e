"""How long a patrol took, how far it went, and what basic farmland it saw."""

from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import ellipsoid
from inspections.patrols import (
    Coverage,
    PatrolLimits,
    TrackPoint,
    cells_of_land,
    cells_seen,
    coverage,
    effort,
    in_order,
)

START = datetime(2023, 4, 20, 1, tzinfo=UTC)
LIMITS = PatrolLimits(longest_gap_min=10, fastest_m_s=40, cell_deg=0.005, step_m=50)
WEST, SOUTH = 112.9525, 23.7025  # the middle of a cell
EAST_M = float(ellipsoid.local_scale(SOUTH)[0])


def track(*points: tuple[float, float]) -> tuple[TrackPoint, ...]:
    """Points by minutes after the start and metres to the east."""
    return tuple(
        TrackPoint(WEST + metres / EAST_M, SOUTH, START + timedelta(minutes=minutes))
        for minutes, metres in points
    )


def test_an_even_walk_is_as_long_as_it_is():
    taken = effort(track(*((k, 60 * k) for k in range(11))), LIMITS)
    assert taken.minutes == 10
    assert taken.distance_m == pytest.approx(600, abs=0.1)
    assert taken.n_slips == 0


def test_a_break_counts_up_to_the_longest_gap():
    assert effort(track((0, 0), (5, 100), (65, 200)), LIMITS).minutes == 15


def test_a_jump_of_the_receiver_is_no_way():
    taken = effort(track((0, 0), (1, 50), (1.1, 9000), (1.2, 60), (2, 110)), LIMITS)
    assert taken.n_slips == 2
    assert taken.distance_m == pytest.approx(100, abs=0.5)


def test_one_point_or_none_is_no_effort():
    assert effort((), LIMITS) == effort(track((0, 0)), LIMITS)
    assert cells_seen((), LIMITS) == frozenset()
    assert len(cells_seen(track((0, 0)), LIMITS)) == 1


@given(st.permutations(range(8)))
def test_points_come_in_any_order(order):
    walked = track(*((k, 37 * k) for k in range(8)))
    assert in_order([walked[at] for at in order]) == walked


def test_of_two_points_at_one_instant_the_first_is_kept():
    walked = track((0, 0), (0, 500), (1, 10))
    assert in_order(walked) == (walked[0], walked[2])


def test_a_long_step_sees_the_cells_between():
    whole = cells_seen(track((0, 0), (5, 2000)), LIMITS)
    assert len(whole) == 5
    assert len({row for _, row in whole}) == 1
    assert len(cells_seen(track((0, 0), (11, 2000)), LIMITS)) == 2  # a gap joins nothing
    assert len(cells_seen(track((0, 0), (0.1, 2000)), LIMITS)) == 2  # nor does a slip


def test_a_field_on_the_line_of_the_grid_lies_in_the_cells_that_it_has_area_in():
    inside = shapely.box(112.9501, 23.7001, 112.9549, 23.7049)
    assert len(cells_of_land([inside], LIMITS)) == 1
    across = shapely.box(112.9549, 23.7001, 112.9551, 23.7049)
    assert len(cells_of_land([across], LIMITS)) == 2
    assert cells_of_land([inside, across], LIMITS) == cells_of_land([across], LIMITS)
    assert cells_of_land([shapely.Polygon()], LIMITS) == frozenset()


def test_coverage_counts_cells_with_farmland_only():
    farmland = cells_of_land([shapely.box(112.9501, 23.7001, 112.9649, 23.7049)], LIMITS)
    seen = cells_seen(track((0, 0), (2, 600), (4, 600), (9, -2000)), LIMITS)
    found = coverage(seen, farmland)
    assert (found.n_cells, found.n_seen) == (3, 2)
    assert found.share == pytest.approx(2 / 3)
    assert Coverage(0, 0).share is None
