"""Each marker: a curve that has it and the nearest that has not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.thresholds import Thresholds
from geo.drops import drops_of
from geo.marker_records import NEVER
from geo.marker_rules import calendar_of
from geo.marker_words import SeasonState, Unknown
from geo.markers import Markers, markers_of
from geo.series import BSI, EVI, LSWI, NDVI, Missing
from tests import curves

SHIPPED = Thresholds.read()
LIMITS = SHIPPED.markers
DROPS = SHIPPED.drops
DATES = curves.days_of()
ALL = (
    curves.double_rice, curves.weeds, curves.maize, curves.trees, curves.pond, curves.site,
    curves.film,
)  # fmt: skip


def markers(*parcels: np.ndarray, dates=DATES, **changes) -> Markers:
    cube, missing = curves.cube_of(*parcels)
    return markers_of(dates, cube, missing, replace(LIMITS, **changes))


def days(events, parcel: int = 0) -> list[str]:
    return [str(day) for day in events.days()[parcel] if not np.isnat(day)]


def between(first: str, last: str) -> np.ndarray:
    """Which dates lie between two days, both included."""
    start, end = np.datetime64(first), np.datetime64(last)
    return (start <= DATES) & (end >= DATES)


def blank(values: np.ndarray, first: str, last: str) -> np.ndarray:
    """Clouds from one day to another."""
    result = values.copy()
    result[between(first, last)] = np.nan
    return result


# -- flooding, transplanting, green-up, harvest -------------------------------------------


def test_double_rice_is_flooded_transplanted_green_and_cut_twice():
    found = markers(curves.double_rice(DATES))
    assert days(found.flooding) == ["2023-03-30", "2023-07-20"]
    assert days(found.transplanting) == ["2023-04-15", "2023-08-05"]
    assert days(found.green_up) == ["2023-05-09", "2023-08-29"]
    assert days(found.harvest) == ["2023-07-12", "2023-11-01"]
    assert found.flooding.confidence[0, :2] == pytest.approx([1, 1])
    assert found.unknown[0] == Unknown.KNOWN
    assert found.seasons[0].tolist() == [SeasonState.CROPPED, SeasonState.CROPPED]


def test_water_is_lswi_plus_the_margin_at_evi_or_ndvi():
    rice = curves.double_rice(DATES)
    wet = rice[:, LSWI] == np.float32(0.3)
    just, short, by_ndvi = rice.copy(), rice.copy(), rice.copy()
    just[wet, LSWI] = rice[wet, EVI] - np.float32(0.05) + np.float32(1e-6)
    short[wet, LSWI] = rice[wet, EVI] - np.float32(0.051)
    by_ndvi[wet, EVI] = 0.2
    by_ndvi[wet, LSWI] = rice[wet, NDVI] - np.float32(0.049)
    by_ndvi[~wet, EVI] = 0.7
    found = markers(just, short, by_ndvi)
    assert found.flooding.count().tolist() == [2, 0, 2]


def test_a_flooding_is_confirmed_by_half_of_the_maximum_within_forty_days():
    early = {"01-01": 0.2, "04-23": 0.15, "05-25": 0.5, "06-20": 0.8, "07-10": 0.75, "07-20": 0.3}
    late = {"01-01": 0.2, "05-15": 0.15, "06-15": 0.5, "07-05": 0.8, "07-10": 0.75, "07-20": 0.3}
    parcels = [
        curves.flooded(curves.curve(DATES, points), DATES, ("03-28", "04-10"))
        for points in (early, late)
    ]
    found = markers(*parcels)
    assert found.flooding.count().tolist() == [1, 0], "39 days, and 62"
    assert found.harvest.count().tolist() == [1, 1]


def test_water_that_no_crop_grows_out_of_is_no_flooding():
    low = curves.flooded(
        curves.curve(DATES, {"01-01": 0.15, "04-20": 0.1, "06-10": 0.38, "08-01": 0.15}),
        DATES,
        ("03-28", "04-20"),
    )
    assert markers(low).flooding.count()[0] == 0
    assert markers(curves.pond(DATES)).flooding.count()[0] == 0


def test_a_flooding_under_clouds_is_unknown_not_absent():
    rice = curves.double_rice(DATES)
    hidden = blank(blank(rice, "2023-03-20", "2023-04-25"), "2023-07-16", "2023-08-12")
    found = markers(hidden, curves.maize(DATES))
    assert found.flooding.count().tolist() == [0, 0]
    assert found.flooding.unknown.tolist() == [Unknown.GAP, Unknown.KNOWN]
    assert found.may_be_flooded[0, :2].all()
    assert not found.may_be_flooded[1].any()


def test_a_gap_of_seventy_days_hides_a_season_and_is_told():
    found = markers(
        blank(curves.weeds(DATES), "2023-05-02", "2023-07-05"),
        blank(curves.weeds(DATES), "2023-05-02", "2023-06-08"),
    )
    assert found.gap_days.tolist() == [72, 40]
    assert found.seasons[0].tolist() == [SeasonState.UNKNOWN, SeasonState.IDLE]
    assert found.seasons[1].tolist() == [SeasonState.IDLE, SeasonState.IDLE]
    assert found.n_idle.tolist() == [1, 2]


def test_a_harvest_is_a_fall_of_three_tenths_within_a_month():
    steep = {"01-01": 0.3, "06-01": 0.7, "07-01": 0.7, "07-17": 0.38, "12-31": 0.38}
    small = {"01-01": 0.3, "06-01": 0.7, "07-01": 0.7, "07-17": 0.42, "12-31": 0.42}
    slow = {"01-01": 0.3, "06-01": 0.7, "07-01": 0.7, "09-15": 0.3, "12-31": 0.3}
    found = markers(*(curves.curve(DATES, points) for points in (steep, small, slow)))
    assert found.harvest.count().tolist() == [1, 0, 0]
    assert days(found.harvest) == ["2023-07-12"]


def test_one_hazy_image_is_neither_a_harvest_nor_a_flooding():
    weeds = curves.weeds(DATES)
    hazy, cut = weeds.copy(), weeds.copy()
    at = int(np.searchsorted(DATES, np.datetime64("2023-06-18")))
    hazy[at] = [0.1, 0.05, 0.2, 0.0]
    cut[at : at + 5] = [0.2, 0.15, -0.1, 0.0]
    found = markers(hazy, cut)
    assert found.harvest.count().tolist() == [0, 1]
    assert found.flooding.count().tolist() == [0, 0]
    assert found.n_clear.tolist() == [len(DATES) - 1, len(DATES)]


# -- bare, built --------------------------------------------------------------------------


def laid_bare(first: str, last: str, *, bsi: float = 0.1, ndvi: float = 0.15) -> np.ndarray:
    """Weeds, with soil in between."""
    values = curves.weeds(DATES)
    values[between(first, last)] = [ndvi, ndvi * 0.7, -0.2, bsi]
    return values


def test_bare_soil_in_the_growing_weeks_is_a_spell_from_ten_days():
    found = markers(
        laid_bare("2023-05-08", "2023-05-30"),
        laid_bare("2023-05-08", "2023-05-18"),
        laid_bare("2023-05-08", "2023-05-30", bsi=0.0),
        laid_bare("2023-05-08", "2023-05-30", ndvi=0.25),
    )
    assert found.bare.is_seen().tolist() == [True, False, False, False]
    assert str(found.bare.first_days()[0]) == "2023-05-09"
    assert str(found.bare.last_days()[0]) == "2023-05-25"
    assert np.isnat(found.bare.first_days()[1])


@pytest.mark.parametrize(
    ("first", "last"), [("2023-03-20", "2023-04-20"), ("2023-11-10", "2023-12-31")]
)
def test_soil_of_ploughing_and_harvest_weeks_and_of_winter_is_no_bare_spell(first, last):
    assert not markers(laid_bare(first, last)).bare.is_seen()[0]


def test_built_is_bare_for_two_months_of_one_colour():
    steady = laid_bare("2023-04-20", "2023-06-30")
    short = laid_bare("2023-04-20", "2023-06-15")
    restless = steady.copy()
    restless[::2, BSI] += 0.2
    found = markers(steady, short, restless)
    assert found.built.is_seen().tolist() == [True, False, False]
    assert found.bare.is_seen().tolist() == [True, True, True]
    assert found.built.confidence[0] < markers(curves.site(DATES)).built.confidence[0]


def test_the_newest_bare_spell_holds_and_built_is_told_apart_from_it():
    dates = curves.days_of("2021-01-01", "2023-07-26")
    values = curves.double_rice(dates)
    for first, last, bsi in (("2021-04-24", "2021-08-06", 0.3), ("2023-04-21", "2023-07-26", 0.1)):
        at = (dates >= np.datetime64(first)) & (dates <= np.datetime64(last))
        values[at] = [0.15, 0.1, -0.2, bsi]
    found = markers(values, dates=dates)
    for spell in (found.bare, found.built):
        assert str(spell.first_days()[0]) >= "2023-04-21"
        assert "2023-03-01" < str(dates[0] + spell.before[0]) < str(spell.first_days()[0])
    again = values.copy()
    again[-2] = curves.weeds(dates)[-2]
    assert markers(again, dates=dates).built.first == found.built.first


# -- pond, trees --------------------------------------------------------------------------


def test_a_pond_is_water_on_six_dates_of_ten_and_never_a_canopy():
    drained, dry, green = (curves.pond(DATES) for _ in range(3))
    at = np.flatnonzero(between("2023-04-01", "2023-10-31"))
    drained[at[2::5], LSWI] = -0.1
    drained[at[4::5], LSWI] = -0.1
    dry[at[::2], LSWI] = -0.1
    green[at[-3:], NDVI] = 0.41
    found = markers(drained, dry, green, curves.double_rice(DATES))
    assert found.pond.is_seen().tolist() == [True, False, False, False]
    assert found.pond.unknown.tolist() == [0, 0, 0, 0]


def test_what_earlier_images_contradict_is_dated_and_what_was_always_there_is_not():
    dates = curves.days_of("2021-01-01", "2023-12-31")
    for use, name, haze in ((curves.trees, "trees", 0.3), (curves.pond, "pond", 0.5)):
        always, since = use(dates), curves.double_rice(dates)
        at = dates >= np.datetime64("2022-03-14")
        since[at] = use(dates)[at]
        hazy = always.copy()
        hazy[3, NDVI] = haze
        spell = getattr(markers(always, since, hazy, dates=dates), name)
        assert spell.is_seen().all()
        assert (spell.before != NEVER).tolist() == [False, True, False]
        assert "2021-10" < str(dates[0] + spell.before[1]) < "2022-03-14"
        days = spell.first_days().astype(str)
        assert days[0] == days[2] < "2021-05"
        assert "2022-03-14" <= days[1] < "2022-05"


def test_paddies_in_early_summer_are_not_yet_told_from_ponds():
    dates = curves.days_of("2023-01-01", "2023-05-08")
    wet = curves.flooded(curves.double_rice(dates), dates, ("03-28", "05-08"))
    wet[:, :2] = 0.15
    found = markers(wet, dates=dates)
    assert not found.pond.is_seen()[0]
    assert found.pond.unknown[0] == Unknown.FEW_DATES


def test_trees_are_green_all_year_with_moist_leaves():
    low, wide, dry = (curves.trees(DATES) for _ in range(3))
    low[:, :2] -= 0.25
    wide[:, 0] = np.where(np.arange(len(DATES)) % 4 < 2, 0.5, 0.85)
    dry[:, LSWI] = 0.09
    found = markers(curves.trees(DATES), low, wide, dry)
    assert found.trees.is_seen().tolist() == [True, False, False, False]
    spring = curves.days_of("2023-01-01", "2023-08-31")
    short = markers(curves.trees(spring), dates=spring).trees
    assert found.trees.before[0] == NEVER
    assert (bool(short.is_seen()[0]), short.unknown[0]) == (False, Unknown.SHORT_SERIES)


# -- seasons ------------------------------------------------------------------------------


def test_two_years_of_weeds_are_four_idle_seasons_and_a_crop_starts_anew():
    dates = curves.days_of("2022-01-01", "2023-12-31")
    weeds, back = curves.weeds(dates), curves.weeds(dates)
    early = (dates > np.datetime64("2022-12-31")) & (dates < np.datetime64("2023-07-18"))
    late = dates > np.datetime64("2023-07-17")
    back[early] = curves.double_rice(dates)[early]
    back[late] = curves.curve(dates, {"07-18": 0.2, "09-15": 0.5, "12-31": 0.35})[late]
    found = markers(weeds, back, dates=dates)
    assert found.n_idle.tolist() == [4, 1]
    assert str(found.idle.first_days()[0]) == "2022-03-18"
    assert str(found.idle.first_days()[1]) == "2023-08-01"
    assert found.season_spans.astype(str).tolist() == [
        ["2022-03-18", "2022-07-31"],
        ["2022-08-01", "2022-11-30"],
        ["2023-03-18", "2023-07-31"],
        ["2023-08-01", "2023-11-30"],
    ]


def test_greener_than_weeds_and_barer_than_weeds_are_not_idle():
    dense = curves.curve(DATES, {"01-01": 0.4, "07-01": 0.86, "09-01": 0.86, "12-31": 0.4})
    found = markers(dense, curves.site(DATES))
    assert found.seasons[0].tolist() == [SeasonState.DENSE, SeasonState.DENSE]
    assert found.seasons[1].tolist() == [SeasonState.BARE, SeasonState.BARE]
    assert found.n_idle.tolist() == [0, 0]


def test_a_season_that_is_not_over_is_not_judged():
    dates = curves.days_of("2023-01-01", "2023-06-10")
    found = markers(curves.weeds(dates), dates=dates)
    assert found.seasons[0].tolist() == [SeasonState.NOT_OVER]
    assert (found.n_idle[0], found.idle.unknown[0]) == (0, Unknown.SHORT_SERIES)


# -- what is missing ----------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in Missing if code != Missing.PRESENT])
def test_a_parcel_that_was_never_seen_says_why(code):
    cube = np.full((1, len(DATES), 4), np.nan, dtype=np.float32)
    missing = np.full((1, len(DATES)), code, dtype=np.uint8)
    found = markers_of(DATES, cube, missing, LIMITS)
    assert found.unknown[0] == code
    for marker in (found.flooding, found.harvest, found.bare, found.pond, found.trees, found.idle):
        assert marker.unknown[0] == code
        assert marker.confidence[0].max() == 0
    assert (found.seasons == SeasonState.UNKNOWN).all()


def test_three_clear_dates_are_too_few():
    rice = curves.double_rice(DATES)
    rice[np.arange(len(DATES)) % 15 != 7] = np.nan
    assert np.isfinite(rice[:, 0]).sum() == 3
    assert markers(rice).unknown[0] == Unknown.FEW_DATES


def test_without_evi_ndvi_stands_in_and_without_lswi_or_bsi_less_is_told():
    rice, site = curves.double_rice(DATES), curves.site(DATES)
    no_evi, no_lswi, no_bsi = rice.copy(), rice.copy(), site.copy()
    no_evi[:, EVI], no_lswi[:, LSWI], no_bsi[:, BSI] = np.nan, np.nan, np.nan
    found = markers(no_evi, no_lswi, no_bsi)
    assert found.flooding.count().tolist() == [2, 0, 0]
    assert found.harvest.count().tolist() == [2, 2, 0]
    assert not found.bare.is_seen()[2]


def test_shapes_dates_and_reasons_that_do_not_fit_are_refused():
    cube, missing = curves.cube_of(curves.weeds(DATES))
    with pytest.raises(ValueError, match="45 dates"):
        markers_of(DATES[:-1], cube, missing, LIMITS)
    with pytest.raises(ValueError, match="rise strictly"):
        markers_of(DATES[::-1], cube, missing, LIMITS)
    with pytest.raises(ValueError, match="9 is no reason"):
        markers_of(DATES, cube, missing + np.uint8(9), LIMITS)
    none = markers_of(DATES, cube[:0], missing[:0], LIMITS)
    assert len(none.unknown) == 0


# -- laws ---------------------------------------------------------------------------------


def noisy(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Many parcels of all kinds, with noise and clouds."""
    rng = np.random.default_rng(seed)
    cube = np.stack([ALL[kind](DATES) for kind in rng.integers(0, len(ALL), n)])
    cube = cube + rng.normal(0, 0.03, cube.shape).astype(np.float32)
    cube[rng.random(cube.shape[:2]) < rng.uniform(0, 0.8)] = np.nan
    return curves.cube_of(*cube)


def arrays_of(found: Markers) -> dict[str, np.ndarray]:
    """Every array of one row for a parcel, flat."""
    result = {}
    for name, value in vars(found).items():
        inner = vars(value) if hasattr(value, "origin") else {"": value}
        result |= {
            f"{name}.{key}": each
            for key, each in inner.items()
            if isinstance(each, np.ndarray) and len(each) == len(found.unknown)
        }
    return result


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
@settings(max_examples=30, deadline=None)
def test_the_order_of_parcels_and_the_number_of_threads_do_not_matter(seed, n):
    cube, missing = noisy(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    one = arrays_of(markers_of(DATES, cube, missing, LIMITS))
    other = arrays_of(markers_of(DATES, cube[order], missing[order], LIMITS, n_threads=2))
    for name, value in one.items():
        if name not in ("season_spans.", "dates."):
            np.testing.assert_array_equal(value[order], other[name], err_msg=name)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_confidence_is_a_share_and_days_lie_in_the_series(seed):
    cube, missing = noisy(seed, 20)
    wide = arrays_of(markers_of(DATES, cube.astype(np.float64), missing, LIMITS))
    for name, value in arrays_of(markers_of(DATES, cube, missing, LIMITS)).items():
        np.testing.assert_array_equal(value, wide[name], err_msg=name)
        if name.endswith("confidence"):
            assert (value >= 0).all(), name
            assert (value <= 1).all(), name
        if name.endswith(("offset", "first", "last")):
            assert (value >= -1).all(), name
            assert (value <= 365).all(), name


def test_of_more_phases_than_there_is_room_for_the_newest_are_kept():
    points = {}
    for month in range(1, 12, 2):
        points |= {f"{month:02d}-01": 0.2, f"{month:02d}-20": 0.7, f"{month + 1:02d}-10": 0.7}
        points[f"{month + 1:02d}-18"] = 0.2
    dates = curves.days_of(step=4)
    found = markers(curves.curve(dates, points), dates=dates)
    assert found.peak.shape[1] == 3
    assert [day[:7] for day in days(found.harvest)] == ["2023-08", "2023-10", "2023-12"]


def test_windows_of_the_calendar_are_numbered_over_the_years():
    dates = np.array(["2022-12-20", "2023-03-18", "2023-07-31", "2023-08-01", "2023-12-01"])
    calendar = calendar_of(dates.astype("datetime64[D]"), LIMITS)
    assert calendar.season.tolist() == [-1, 0, 0, 1, -1]
    assert calendar.work.tolist() == [0, 2, 2, 2, 2]
    assert calendar.day.tolist() == [0, 88, 223, 224, 346]


def test_a_fall_is_dated_in_its_middle_and_not_long_before_it_is_seen():
    dates = np.array(["2023-05-01", "2023-05-11", "2023-05-21", "2023-07-20", "2023-07-30"])
    dates = dates.astype("datetime64[D]")
    cube = np.full((2, 5, 4), np.nan, dtype=np.float32)
    cube[0, :, NDVI] = [0.8, 0.6, 0.65, 0.5, 0.6]
    cube[1, :, NDVI] = [0.8, 0.71, 0.8, 0.75, 0.8]
    missing = np.zeros((2, 5), dtype=np.uint8)
    found = drops_of(dates, cube, missing, LIMITS, DROPS)
    assert days(found) == ["2023-05-06", "2023-07-10"]
    assert days(found, 1) == [], "0.09 is no fall"
    assert found.confidence[0, 0] > found.confidence[0, 1] > 0
