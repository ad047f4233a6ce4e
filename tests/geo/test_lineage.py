"""Kinship of the parcels of two maps."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import ellipsoid
from geo.lineage import lineage

LON, LAT = 113.0, 23.7
PER_LON, PER_LAT = (float(each) for each in ellipsoid.local_scale(LAT))
MOST = settings(max_examples=40, deadline=None)
CUTS = st.lists(st.integers(1, 2999).map(lambda at: at / 10), max_size=6, unique=True)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle in metres from the south-west corner."""
    return shapely.box(
        LON + west / PER_LON, LAT + south / PER_LAT, LON + east / PER_LON, LAT + north / PER_LAT
    )


def array(*geometries: shapely.Geometry | None) -> np.ndarray:
    made = np.empty(len(geometries), dtype=object)
    made[:] = geometries
    return made


def strips(cuts: list[float], *, is_across: bool) -> np.ndarray:
    """A square of 300 m, cut at these places."""
    ends = [0.0, *sorted(cuts), 300.0]
    sides = list(pairwise(ends))
    if is_across:
        return array(*(box(0, low, 300, high) for low, high in sides))
    return array(*(box(low, 0, high, 300) for low, high in sides))


def ops(kin: np.ndarray) -> list[tuple[int, int, str]]:
    return [(each["old"], each["new"], each["op"]) for each in kin]


@given(CUTS, CUTS, st.booleans())
@MOST
def test_lineage_conserves_area(old_cuts, new_cuts, is_across):
    old, new = strips(old_cuts, is_across=False), strips(new_cuts, is_across=is_across)
    kin = lineage(old, new, sliver_share=0)
    for side, parcels in (("old", old), ("new", new)):
        sums = np.bincount(kin[side], kin["area_m2"], len(parcels))
        assert sums == pytest.approx(ellipsoid.areas_m2(parcels), rel=1e-6, abs=1e-5)
        shares = np.bincount(kin[side], kin[f"share_of_{side}"], len(parcels))
        assert shares == pytest.approx(np.ones(len(parcels)), abs=1e-6)


@given(CUTS, CUTS, st.booleans(), st.integers(0, 2**32 - 1))
@MOST
def test_the_order_of_the_parcels_does_not_matter(old_cuts, new_cuts, is_across, seed):
    old, new = strips(old_cuts, is_across=False), strips(new_cuts, is_across=is_across)
    rng = np.random.default_rng(seed)
    at, to = rng.permutation(len(old)), rng.permutation(len(new))
    one, two = lineage(old, new), lineage(old[at], new[to])
    back = {(int(at[k["old"]]), int(to[k["new"]]), str(k["op"])) for k in two}
    assert back == {(int(k["old"]), int(k["new"]), str(k["op"])) for k in one}


def test_a_parcel_cut_in_two_is_a_split():
    kin = lineage(array(box(0, 0, 100, 50)), array(box(0, 0, 40, 50), box(40, 0, 100, 50)))
    assert ops(kin) == [(0, 0, "split"), (0, 1, "split")]
    assert kin["share_of_old"] == pytest.approx([0.4, 0.6], abs=1e-6)
    assert kin["share_of_new"] == pytest.approx([1, 1], abs=1e-6)


def test_two_parcels_in_one_are_a_merge():
    kin = lineage(array(box(0, 0, 40, 50), box(40, 0, 100, 50)), array(box(0, 0, 100, 50)))
    assert ops(kin) == [(0, 0, "merge"), (1, 0, "merge")]


def test_a_moved_border_is_an_adjustment_while_what_changes_hands_is_a_sliver():
    old = array(box(0, 0, 100, 50), box(100, 0, 200, 50))
    new = array(box(0, 0, 100.9, 50), box(100.9, 0, 200, 50))
    assert ops(lineage(old, new)) == [(0, 0, "adjust"), (1, 1, "adjust")]
    moved = array(box(0, 0, 110, 50), box(110, 0, 200, 50))
    assert ops(lineage(old, moved)) == [(0, 0, "merge"), (1, 0, "merge"), (1, 1, "split")]


def test_a_small_part_of_a_large_parcel_counts_while_it_is_much_of_the_small_one():
    kin = lineage(array(box(0, 0, 1000, 1000)), array(box(0, 0, 10, 10), box(10, 10, 990, 990)))
    assert ops(kin) == [(0, 0, "split"), (0, 1, "split")]


def test_new_land_and_lost_land_have_no_kin():
    assert len(lineage(array(box(0, 0, 9, 9), None), array(box(20, 0, 29, 9)))) == 0
    assert len(lineage(array(), array())) == 0
