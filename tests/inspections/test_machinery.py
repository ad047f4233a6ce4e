"""What machines can do in the days that are left."""

from datetime import date
from decimal import Decimal

import pytest

from inspections.machinery import Rate, Verdict, capacity_mu, days_between, verdict

WALKING = Rate("PLANT_R", Decimal(15), Decimal(20))
RIDING = Rate("PLANT_R", Decimal(40), Decimal(60))
THROWER = Rate("PLANT_S", Decimal(20), Decimal(40))


def test_machines_of_unknown_build_work_at_the_lowest_and_the_highest_rate():
    assert capacity_mu({"PLANT_R": 10}, [WALKING, RIDING], 4) == (600, 2400)
    assert capacity_mu({"PLANT_R": 10}, [RIDING, WALKING], 4) == (600, 2400)


def test_capacity_adds_up_over_classes_and_grows_with_days_and_machines():
    both = capacity_mu({"PLANT_R": 2, "PLANT_S": 3, "HARV_C": 9}, [WALKING, THROWER], 5)
    assert both == (2 * 15 * 5 + 3 * 20 * 5, 2 * 20 * 5 + 3 * 40 * 5)
    assert capacity_mu({}, [WALKING], 5) == capacity_mu({"PLANT_R": 2}, [WALKING], 0) == (0, 0)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (None, Verdict.UNKNOWN),
        (0, Verdict.DONE),
        (100, Verdict.ENOUGH),
        (101, Verdict.TIGHT),
        (200, Verdict.TIGHT),
        (201, Verdict.SHORT),
    ],
)
def test_the_verdict_changes_at_what_the_machines_can_do(left, expected):
    found = verdict(None if left is None else Decimal(left), Decimal(100), Decimal(200))
    assert found is expected


def test_the_days_left_begin_tomorrow_and_not_before_the_stage():
    first, last = date(2023, 3, 25), date(2023, 4, 22)
    assert days_between(date(2023, 4, 20), first, last) == 2
    assert days_between(date(2023, 4, 22), first, last) == 0
    assert days_between(date(2023, 5, 1), first, last) == 0
    assert days_between(date(2023, 2, 1), first, last) == 29
