"""One use a parcel: what each curve becomes, and what must never become a use."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.thresholds import Thresholds
from geo.marker_words import Unknown
from geo.markers import markers_of
from geo.series import LSWI, Missing
from inspections.land_uses import Use
from inspections.observed_use import USES, LookAlike, ObservedUses, observed
from tests import curves

SHIPPED = Thresholds.read()
MARKERS = SHIPPED.markers
LIMITS = SHIPPED.observed_use
DATES = curves.days_of()
END = date(2023, 12, 31)


def uses(*parcels: np.ndarray, dates=DATES, as_of: date = END) -> ObservedUses:
    cube, missing = curves.cube_of(*parcels)
    return observed(markers_of(dates, cube, missing, MARKERS), LIMITS, as_of)


def named(found: ObservedUses) -> list[Use]:
    return [USES[code] for code in found.use]


def between(first: str, last: str) -> np.ndarray:
    start, end = np.datetime64(first), np.datetime64(last)
    return (start <= DATES) & (end >= DATES)


@pytest.mark.parametrize(
    ("parcel", "use", "look_alike"),
    [
        (curves.double_rice, Use.GRAIN, LookAlike.FLOODED_PADDY),
        (curves.maize, Use.ANNUAL_NON_GRAIN_FOOD, LookAlike.NONE),
        (curves.weeds, Use.WEED_FALLOW, LookAlike.NONE),
        (curves.trees, Use.ORCHARD, LookAlike.NONE),
        (curves.pond, Use.FISH_POND, LookAlike.NONE),
        (curves.site, Use.HARDENED, LookAlike.NONE),
        (curves.film, Use.ANNUAL_NON_GRAIN_FOOD, LookAlike.FILM),
    ],
)
def test_a_curve_has_its_use(parcel, use, look_alike):
    found = uses(parcel(DATES))
    assert named(found) == [use]
    assert found.look_alike[0] == look_alike
    assert found.reason_unknown[0] == Unknown.KNOWN
    assert found.confidence[0] > 0.5
    assert found.first_seen[0] < found.last_seen[0]


def test_two_confirmed_floodings_are_two_grain_crops_within_twelve_months():
    found = uses(curves.double_rice(DATES))
    assert found.n_grain_cycles[0] == 2
    assert (str(found.first_seen[0]), str(found.last_seen[0])) == ("2023-03-30", "2023-11-01")
    later = uses(curves.double_rice(DATES), as_of=date(2024, 7, 15))
    assert later.n_grain_cycles[0] == 1, "the early crop stood over a year ago"
    earlier = uses(curves.double_rice(DATES), as_of=date(2023, 8, 1))
    assert earlier.n_grain_cycles[0] == 1, "the late crop is not known yet"


def test_two_idle_main_seasons_are_weed_fallow_and_one_is_less_sure():
    half = curves.weeds(DATES)
    half[between("2023-05-01", "2023-07-10")] = np.nan
    found = uses(curves.weeds(DATES), half)
    assert named(found) == [Use.WEED_FALLOW, Use.WEED_FALLOW]
    assert found.n_main_seasons_idle.tolist() == [2, 1]
    assert found.confidence[0] > LIMITS.one_season_confidence >= found.confidence[1]


def laid_bare(values: np.ndarray, first: str, last: str) -> np.ndarray:
    """The same with soil, that changes its colour, from one day to another."""
    result = values.copy()
    at = between(first, last)
    result[at] = [0.15, 0.1, -0.2, 0.1]
    result[np.flatnonzero(at)[::2], 3] = 0.3
    return result


def test_bare_to_the_end_is_earthwork_from_thirty_days_and_only_bare_before():
    until = curves.double_rice(DATES)
    long = laid_bare(until, "2023-08-12", "2023-12-31")
    short = laid_bare(curves.weeds(DATES), "2023-09-28", "2023-12-31")
    found = uses(long, short)
    assert named(found) == [Use.EXCAVATION, Use.EXCAVATION]
    is_early = between("2023-01-01", "2023-10-20")
    early = uses(short[is_early], dates=DATES[is_early], as_of=date(2023, 10, 20))
    assert named(early) == [Use.BARE]
    assert str(found.first_seen[0]) == "2023-08-13"


def test_a_new_site_is_not_hidden_by_an_older_longer_bare_spell():
    dates = curves.days_of("2021-01-01", "2023-07-26")
    values = curves.double_rice(dates)
    for first, last, bsi in (("2021-04-24", "2021-08-06", 0.3), ("2023-04-21", "2023-07-26", 0.1)):
        at = (dates >= np.datetime64(first)) & (dates <= np.datetime64(last))
        values[at] = [0.15, 0.1, -0.2, bsi]
    found = uses(values, dates=dates, as_of=date(2023, 7, 26))
    assert named(found) == [Use.HARDENED]
    assert str(found.first_seen[0]) >= "2023-04-21"


def test_a_crop_after_bare_soil_says_that_it_was_no_earthwork():
    rice = laid_bare(curves.double_rice(DATES), "2023-04-24", "2023-05-10")
    found = uses(rice)
    assert named(found) == [Use.GRAIN]
    assert found.n_grain_cycles[0] == 2


def test_bare_stubble_between_two_crops_is_explained_by_the_harvest():
    points = {
        "01-01": 0.3, "03-20": 0.3, "05-10": 0.75, "05-25": 0.75, "06-05": 0.2, "07-05": 0.2,
        "08-20": 0.75, "10-10": 0.75, "10-25": 0.3, "12-31": 0.3,
    }  # fmt: skip
    values = curves.curve(DATES, points)
    values[values[:, 0] < 0.24, 3] = 0.1
    found = uses(values)
    assert named(found) == [Use.ANNUAL_NON_GRAIN_FOOD]
    assert found.look_alike[0] == LookAlike.HARVEST


def test_a_flooded_paddy_is_no_pond_and_a_pond_dug_in_summer_is():
    dug = curves.double_rice(DATES)
    at = between("2023-07-20", "2023-12-31")
    dug[at] = curves.pond(DATES)[at]
    found = uses(curves.double_rice(DATES), dug)
    assert named(found) == [Use.GRAIN, Use.FISH_POND]
    assert str(found.first_seen[1]) >= "2023-08-01"


def test_a_place_that_is_built_no_longer_is_what_grows_there():
    cleared = curves.weeds(DATES)
    cleared[between("2023-03-18", "2023-07-10")] = curves.site(DATES)[0]
    at = between("2023-07-11", "2023-12-31")
    points = {"07-10": 0.15, "08-25": 0.7, "10-10": 0.75, "10-25": 0.3, "12-31": 0.3}
    cleared[at] = curves.curve(DATES, points)[at]
    assert named(uses(cleared)) == [Use.ANNUAL_NON_GRAIN_FOOD]


@pytest.mark.parametrize("reason", [Missing.CLOUD, Missing.NO_IMAGE, Missing.TOO_SMALL])
def test_what_was_never_seen_is_unknown_for_that_reason(reason):
    cube = np.full((1, len(DATES), 4), np.nan, dtype=np.float32)
    missing = np.full((1, len(DATES)), reason, dtype=np.uint8)
    found = observed(markers_of(DATES, cube, missing, MARKERS), LIMITS, END)
    assert named(found) == [Use.UNKNOWN]
    assert found.reason_unknown[0] == reason
    assert found.confidence[0] == 0
    assert np.isnat(found.first_seen[0])
    assert (found.look_alike[0] == LookAlike.CLOUD_GAP) == (reason != Missing.TOO_SMALL)


def test_cloud_gaps_stay_unknown_and_a_crop_beside_one_may_be_grain():
    gap = curves.weeds(DATES)
    gap[between("2023-04-20", "2023-07-20") | between("2023-08-20", "2023-11-10")] = np.nan
    hidden = curves.double_rice(DATES)
    hidden[between("2023-03-20", "2023-04-25") | between("2023-07-16", "2023-08-12")] = np.nan
    found = uses(gap, hidden)
    assert named(found) == [Use.UNKNOWN, Use.GRAIN]
    assert found.reason_unknown[0] == Unknown.GAP
    assert found.look_alike[0] == LookAlike.CLOUD_GAP
    assert found.confidence[1] == pytest.approx(LIMITS.unseen_flood_confidence)
    assert found.n_grain_cycles[1] == 2


def test_green_that_is_neither_weed_nor_crop_nor_orchard_is_unclear():
    dense = curves.curve(DATES, {"01-01": 0.4, "07-01": 0.86, "09-01": 0.86, "12-31": 0.4})
    dense[:, LSWI] = 0.05
    found = uses(dense)
    assert named(found) == [Use.UNKNOWN]
    assert found.reason_unknown[0] == Unknown.UNCLEAR


def test_a_series_of_a_winter_is_too_short():
    dates = curves.days_of("2023-01-01", "2023-03-10", 5)
    found = uses(curves.weeds(dates), dates=dates)
    assert found.reason_unknown[0] == Unknown.SHORT_SERIES


ALL = (
    curves.double_rice, curves.weeds, curves.maize, curves.trees, curves.pond, curves.site,
    curves.film,
)  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9))
@settings(max_examples=30, deadline=None)
def test_a_use_has_days_and_confidence_or_a_reason_and_order_does_not_matter(seed, clouds):
    rng = np.random.default_rng(seed)
    cube = np.stack([ALL[kind](DATES) for kind in rng.integers(0, len(ALL), 20)])
    cube = cube + rng.normal(0, 0.03, cube.shape).astype(np.float32)
    cube[rng.random(cube.shape[:2]) < clouds] = np.nan
    found, turned = uses(*cube), uses(*cube[::-1])
    for name, value in vars(found).items():
        np.testing.assert_array_equal(value[::-1], vars(turned)[name], err_msg=name)
    is_unknown = found.use == USES.index(Use.UNKNOWN)
    np.testing.assert_array_equal(is_unknown, found.reason_unknown != Unknown.KNOWN)
    np.testing.assert_array_equal(is_unknown, np.isnat(found.first_seen))
    np.testing.assert_array_equal(is_unknown, found.confidence == 0)
    assert (found.first_seen[~is_unknown] <= found.last_seen[~is_unknown]).all()
