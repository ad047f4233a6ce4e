"""Which parcel a signal speaks of, and when two tips tell of one thing."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from config.thresholds import Thresholds
from geo import ellipsoid
from inspections.land_uses import Claim
from inspections.signal_matches import Land, MatchLimits, Placed, match_parcels, reach_m
from inspections.signals import (
    MatchState,
    Reported,
    compatibilities,
    compatibility,
    duplicate_of,
    kinship,
    tip_quality,
)

WEST, SOUTH = 112.95, 23.70
EAST_M, NORTH_M = (float(each) for each in ellipsoid.local_scale(SOUTH))
TOLD = Thresholds.read().signals
LIMITS = MatchLimits(**{name: getattr(TOLD, name) for name in MatchLimits.__dataclass_fields__})
RADIUS = {Claim(name): metres for name, metres in TOLD.join_radius_m.items()}
DAY = date(2023, 4, 20)


def square(x_m: float, y_m: float, side_m: float, height_m: float | None = None):
    """A rectangle of so many metres, so far east and north of the corner."""
    west, south = WEST + x_m / EAST_M, SOUTH + y_m / NORTH_M
    height = side_m if height_m is None else height_m
    return shapely.box(west, south, west + side_m / EAST_M, south + height / NORTH_M)


def point(x_m: float, y_m: float) -> shapely.Point:
    return shapely.Point(WEST + x_m / EAST_M, SOUTH + y_m / NORTH_M)


def uid(n: int) -> UUID:
    return UUID(int=n)


def land(n: int, shape, *, farmland: bool = False) -> Land:
    return Land(uid(n), shape, farmland)


def test_a_fifth_of_the_parcel_matches_and_a_little_less_is_for_a_person():
    parcel = land(1, square(0, 0, 20))  # 400 m²: here only the share can decide
    (match,) = match_parcels(Placed(square(0, 0, 20, 4.01)), [parcel], LIMITS)
    assert match.state is MatchState.MATCHED
    assert match.overlap_m2 == pytest.approx(80.2, abs=0.2)
    patch = square(-16.2, 0, 20)  # 76 of 400 m² in common: 19 % of either
    (match,) = match_parcels(Placed(patch), [parcel], LIMITS)
    assert match.share == pytest.approx(0.19, abs=0.001)
    assert match.state is MatchState.CANDIDATE


def test_two_hundred_square_metres_match_whatever_the_share():
    parcel = land(1, square(0, 0, 200))
    far = square(-199, 0, 200, 201)  # 1 m wide and 200 m long: just 200 m² of 40,000
    (match,) = match_parcels(Placed(far), [parcel], LIMITS)
    assert match.share < 0.01
    assert match.overlap_m2 == pytest.approx(200, abs=0.5)
    assert match.score == pytest.approx(0.7, abs=0.01)


def test_a_small_house_inside_a_large_parcel_matches_it():
    parcel = land(1, square(0, 0, 300))
    (match,) = match_parcels(Placed(square(50, 50, 8)), [parcel], LIMITS)
    assert (match.state, match.score) == (MatchState.MATCHED, 1.0)


def test_a_common_edge_is_no_match():
    parcel = land(1, square(0, 0, 100))
    assert match_parcels(Placed(square(100, 0, 50)), [parcel], LIMITS) == ()


def test_a_patch_over_two_parcels_matches_both_the_larger_part_first():
    lands = [land(1, square(0, 0, 100)), land(2, square(100, 0, 100))]
    found = match_parcels(Placed(square(70, 0, 100)), lands, LIMITS)
    assert [each.uid for each in found] == [uid(2), uid(1)]
    assert found[0].overlap_m2 == pytest.approx(7000, rel=1e-3)


def test_a_good_position_inside_a_parcel_is_sure_and_a_poor_one_is_for_a_person():
    parcel = land(1, square(0, 0, 100))
    (match,) = match_parcels(Placed(point(50, 50), 10), [parcel], LIMITS)
    assert (match.state, match.score, match.distance_m) == (MatchState.MATCHED, 1.0, 0.0)
    (match,) = match_parcels(Placed(point(50, 50), 500), [parcel], LIMITS)
    assert match.state is MatchState.CANDIDATE


def test_a_point_beside_the_fields_goes_to_the_nearest_basic_farmland():
    road = land(1, square(-10, 0, 9))
    near, far = land(2, square(5, 0, 50), farmland=True), land(3, square(60, 0, 50), farmland=True)
    found = match_parcels(Placed(point(2, 20), 20), [far, road, near], LIMITS)
    assert found[0].uid == uid(2)
    assert uid(3) not in {each.uid for each in found}


def test_basic_farmland_beyond_the_accuracy_is_asked_about_and_not_further_than_told():
    farm = land(1, square(150, 0, 50), farmland=True)
    (match,) = match_parcels(Placed(point(0, 20), 5), [farm], LIMITS)
    assert (match.score, match.state) == (LIMITS.candidate_score, MatchState.CANDIDATE)
    assert match_parcels(Placed(point(-60, 20), 5), [farm], LIMITS) == ()
    assert reach_m(Placed(point(0, 0), 5), LIMITS) == LIMITS.nearest_m
    assert reach_m(Placed(square(0, 0, 5)), LIMITS) == 0


@given(st.floats(1, 2500), st.floats(0, 1), st.floats(1, 3000), st.booleans())
def test_nothing_that_is_asked_about_lies_further_off_than_it_is_looked_for(
    accuracy, far, side, is_farmland
):
    placed = Placed(point(0, 0), accuracy)
    away = land(1, square(far * 2.2 * accuracy, -side / 2, side), farmland=is_farmland)
    for match in match_parcels(placed, [away], LIMITS):
        assert match.distance_m <= reach_m(placed, LIMITS) + 0.1
    assert reach_m(Placed(point(0, 0), 100_000), LIMITS) == LIMITS.farthest_m


def test_an_empty_or_linear_place_is_refused():
    parcel = land(1, square(0, 0, 100))
    with pytest.raises(ValueError, match="empty"):
        match_parcels(Placed(shapely.Point()), [parcel], LIMITS)
    with pytest.raises(ValueError, match="LineString"):
        match_parcels(Placed(shapely.LineString([(112, 23), (113, 23)])), [parcel], LIMITS)
    assert match_parcels(Placed(point(0, 0)), [], LIMITS) == ()


@given(st.permutations(range(6)), st.floats(-40, 140), st.floats(-40, 140), st.floats(1, 400))
def test_the_order_of_the_parcels_does_not_matter(order, x, y, accuracy):
    lands = [
        land(k + 1, square(50 * (k % 3), 50 * (k // 3), 50), farmland=k % 2 == 0) for k in range(6)
    ]
    for placed in (Placed(point(x, y), accuracy), Placed(square(x, y, 30))):
        found = match_parcels(placed, lands, LIMITS)
        assert match_parcels(placed, [lands[at] for at in order], LIMITS) == found
        assert all(LIMITS.candidate_score <= each.score <= 1 for each in found)
        for each in found:
            is_sure = each.score >= LIMITS.matched_score
            assert each.state is (MatchState.MATCHED if is_sure else MatchState.CANDIDATE)


def test_claims_are_compatible_both_ways_and_wholly_with_themselves():
    for one, other in compatibilities():
        assert compatibility(one, other) == compatibility(other, one)
        assert 0 <= compatibility(one, other) < 1
    assert all(compatibility(each, each) == 1 for each in Claim)
    assert compatibility(Claim.BUILDING, Claim.ABANDONED) == 0
    assert compatibility(Claim.EARTHWORK, Claim.FISH_POND) > 0.7
    assert len(compatibilities()) == 45


def akin(one: tuple[Claim, date], other: tuple[Claim, date]) -> float:
    return kinship(one, other, window_days=TOLD.window_days)


def test_two_signals_are_akin_inside_the_window_only():
    building, earthwork = (Claim.BUILDING, DAY), (Claim.EARTHWORK, DAY + timedelta(days=90))
    assert akin(building, earthwork) == 0.8
    assert akin(earthwork, building) == 0.8
    assert akin(building, (Claim.EARTHWORK, DAY + timedelta(days=91))) == 0


def reported(n: int, x_m: float, claim: Claim = Claim.BUILDING, day: date = DAY) -> Reported:
    place = point(x_m, 0)
    return Reported(uid(n), claim, day, place.x, place.y)


def duplicate(fresh: Reported, known) -> Reported | None:
    return duplicate_of(fresh, known, radius_m=RADIUS, window_days=TOLD.join_days)


def test_a_tip_joins_the_nearest_of_its_claim_within_the_radius_of_that_claim():
    known = [reported(1, 49), reported(2, 30), reported(3, 10, Claim.TREES)]
    assert duplicate(reported(9, 0), known) == known[1]
    assert duplicate(reported(9, 0), known[:1]) == known[0]
    assert duplicate(reported(9, 0), [reported(1, 51)]) is None
    assert duplicate(reported(9, 0, Claim.TREES), [reported(1, 99, Claim.TREES)]) is not None
    assert duplicate(reported(9, 0, Claim.FISH_POND), known) is None


def test_a_tip_of_another_year_stands_for_itself():
    last = reported(1, 0, day=DAY - timedelta(days=TOLD.join_days))
    assert duplicate(reported(9, 0), [last]) == last
    before = reported(1, 0, day=DAY - timedelta(days=TOLD.join_days + 1))
    assert duplicate(reported(9, 0), [before]) is None


@given(st.permutations(range(5)))
def test_which_tip_is_joined_does_not_depend_on_the_order(order):
    known = [reported(k + 1, 20 * k - 40) for k in range(5)]
    assert duplicate(reported(9, 0), [known[at] for at in order]) == known[2]


def test_a_tip_is_a_reason_to_look_and_never_a_finding():
    assert tip_quality(has_position=False, n_photos=0, has_words=False) == 0.3
    assert tip_quality(has_position=True, n_photos=3, has_words=True) == 0.8
    assert set(RADIUS) == set(Claim)
