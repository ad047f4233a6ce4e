"""The screening of land in arrays: what is kept, what is counted, what lies together."""

import csv
from datetime import date
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

import config
from config.thresholds import Thresholds
from inspections.conversion_lands import Approvals
from inspections.conversion_rules import parsed
from inspections.fusion import fuse
from inspections.fusion_machine import evidence_of, judged_of
from inspections.fusion_words import (
    CLASSES,
    UNKNOWNS,
    Ending,
    Evidence,
    LandContext,
    Unknown,
    VerdictClass,
)
from inspections.idle_groups import idle_rows, listed_together
from inspections.land_uses import Claim
from inspections.screened_lands import LandSeries, SurveyedLand
from inspections.screening import ScreeningLimits, screen
from inspections.signals import Source
from tests import curves

TABLE = Path(config.__file__).parent / "codes" / "conversion_rules.csv"
RULES = parsed(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
TOLD = Thresholds.read()
LIMITS = ScreeningLimits(
    TOLD.markers,
    TOLD.observed_use,
    TOLD.conversion,
    TOLD.fusion,
)
DATES, LAST = curves.days_of(), date(2023, 12, 31)
SEEN = (curves.double_rice, curves.dug, curves.weeds, curves.weeds, curves.site)
UIDS = tuple(UUID(int=number) for number in range(1, 8))


@pytest.fixture(scope="module")
def series() -> LandSeries:
    """Five parcels as grown, and a sixth under cloud; the seventh has no image."""
    cloud = np.full((len(DATES), 4), np.nan, np.float32)
    cube, missing = curves.cube_of(*(grown(DATES) for grown in SEEN), cloud)
    return LandSeries(list(UIDS[:6]), DATES, cube, missing)


def surveyed(**given) -> SurveyedLand:
    n = len(UIDS)
    plain = {
        "uids": UIDS,
        "class_names": ("0101", "0301"),
        "attribute_names": ("",),
        "base_class": np.zeros(n, np.int16),
        "attribute": np.zeros(n, np.int16),
        "area_m2": np.full(n, 6000.0),
        "farmland_m2": np.zeros(n),
        "approvals": Approvals.none(),
    }
    return SurveyedLand(**(plain | given))


def screened(series, as_of: date = LAST, asked=(), **given):
    rows = np.array(asked, np.int64)
    return screen(surveyed(**given), series, as_of, RULES, LIMITS, asked=rows)


def told(found) -> dict[int, tuple[str, VerdictClass]]:
    classes = [CLASSES[each] for each in found.machine.verdict_class]
    rules = [found.judged.rule_of(place).rule_id for place in range(len(found.rows))]
    return dict(zip(found.rows.tolist(), zip(rules, classes, strict=True), strict=True))


def test_what_is_a_matter_is_kept_and_all_is_counted(series):
    found = screened(series)
    suspected = VerdictClass.SUSPECTED
    assert told(found) == {
        1: ("R063", suspected),
        2: ("R082", suspected),
        3: ("R082", suspected),
        4: ("R041", suspected),
        5: ("R001", VerdictClass.UNKNOWN),
    }
    assert found.n_land == sum(found.n_by_class.values()) == 7
    assert found.n_unknown == {Unknown.CLOUD: 1, Unknown.NO_IMAGE: 1}
    assert UNKNOWNS[found.unknown[-1]] is Unknown.CLOUD


def test_what_others_ask_for_is_kept_whatever_it_is(series):
    found = screened(series, asked=[0, 6])
    assert told(found)[0] == ("R090", VerdictClass.NONE)
    assert told(found)[6] == ("R001", VerdictClass.UNKNOWN)
    assert UNKNOWNS[found.unknown[-1]] is Unknown.NO_IMAGE


def test_land_that_no_rule_speaks_of_is_no_matter_however_it_looks(series):
    found = screened(series, base_class=np.ones(7, np.int16))
    assert len(found.rows) == 0
    assert found.n_by_class == {VerdictClass.NONE: 7}
    assert not found.n_unknown


def test_images_of_later_days_are_not_known_yet(series):
    early = screened(series, date(2023, 2, 1))
    assert VerdictClass.SUSPECTED not in early.n_by_class
    alone = screened(None)
    assert alone.n_unknown == {Unknown.NO_IMAGE: 7}
    assert len(alone.rows) == 0


def grown(values, dates) -> LandSeries:
    cube, missing = curves.cube_of(values)
    return LandSeries([UIDS[0]], dates, cube, missing)


def verdict(series, as_of: date, *others: Evidence, **given):
    """What imagery and others say of the first parcel, basic farmland."""
    farmland = np.full(len(UIDS), 6000.0)
    found = screened(series, as_of, asked=[0], farmland_m2=farmland, **given)
    seen = evidence_of(found.lands, found.machine, 0)
    judged = {each.claim: judged_of(found.judged, 0) for each in seen}
    land = LandContext(is_farmland=True, judged=judged)
    return fuse([*seen, *others], land, as_of, LIMITS.fusion)


def test_an_old_orchard_is_asked_about_and_a_new_one_on_paddy_is_suspected():
    dates = curves.days_of("2022-01-01", "2023-12-31")
    planted = curves.double_rice(dates)
    at = dates >= np.datetime64("2022-03-14")
    planted[at] = curves.trees(dates)[at]
    old = told(screened(grown(curves.trees(dates), dates)))
    new = told(screened(grown(planted, dates)))
    assert old[0] == ("R099", VerdictClass.HINT)
    assert new[0] == ("R063", VerdictClass.SUSPECTED)


def test_earth_work_is_fresh_for_a_month_after_it_can_be_told():
    dates = curves.days_of("2023-01-01", "2023-12-31")
    values = curves.double_rice(dates)
    at = dates >= np.datetime64("2023-08-12")
    values[at] = [0.15, 0.1, -0.2, 0.1]
    values[np.flatnonzero(at)[::2], 3] = 0.3  # soil that is moved changes its colour
    rules = {
        day: told(screened(grown(values, dates), day)).get(0)
        for day in (date(2023, 8, 30), date(2023, 9, 20), date(2023, 10, 30))
    }
    assert list(rules.values()) == [
        ("R099", VerdictClass.HINT),
        ("R045", VerdictClass.SUSPECTED),
        ("R099", VerdictClass.HINT),
    ]


def torn_down(dates, first: str, last: str):
    """A site between two days, before and after it two crops of rice."""
    values = curves.double_rice(dates)
    at = (dates >= np.datetime64(first)) & (dates <= np.datetime64(last))
    values[at] = curves.site(dates)[at]
    return values


CLOSED = Evidence(
    "case",
    "case",
    Source.ENFORCEMENT,
    date(2023, 7, 25),
    Claim.HARDENING,
    ending=Ending.PUT_RIGHT,
)


def test_a_clear_image_after_the_end_does_not_open_it_again_and_going_on_does():
    dates = curves.days_of("2022-01-01", "2023-12-31")
    gone = grown(torn_down(dates, "2022-07-01", "2023-07-10"), dates)
    assert verdict(gone, date(2023, 7, 20)).verdict_class is VerdictClass.SUSPECTED
    for day in (date(2023, 7, 27), date(2023, 8, 5), date(2023, 9, 5), LAST):
        assert verdict(gone, day, CLOSED).verdict_class is VerdictClass.EXCLUDED, day
    stayed = grown(torn_down(dates, "2022-07-01", "2023-12-31"), dates)
    assert verdict(stayed, date(2023, 8, 5), CLOSED).verdict_class is VerdictClass.EXCLUDED
    assert verdict(stayed, date(2023, 11, 5), CLOSED).verdict_class is VerdictClass.SUSPECTED


def test_the_order_of_the_series_does_not_matter(series):
    order = [3, 0, 5, 1, 4, 2]
    mixed = LandSeries(
        [series.uids[row] for row in order],
        series.dates,
        series.cube[order],
        series.missing[order],
    )
    assert told(screened(mixed)) == told(screened(series))


def test_idle_land_that_touches_is_listed_from_15_mu(series):
    found = screened(series)
    idle = idle_rows(found.judged)
    assert found.rows[idle].tolist() == [2, 3]
    apart = listed_together(found, idle, np.empty((0, 2), np.int64), LIMITS.conversion)
    assert not apart.judged.is_listed.any()
    together = listed_together(found, idle, np.array([[0, 1]]), LIMITS.conversion)
    assert together.judged.is_listed[idle].tolist() == [True, True]  # 18 mu
    assert together.judged.severity[idle].tolist() == [3, 3]
    assert found.judged.severity[idle].tolist() == [2, 2]
