"""Counts of different units cannot be mixed, in the code itself."""

import operator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.units import THING_OF, Quantity, Unit, UnitMismatch, distinct, times

VISITS = Quantity(46, Unit.OUTLET_TIME)
OUTLETS = Quantity(44, Unit.OUTLET)
MIXING = (operator.add, operator.sub, operator.truediv, operator.lt, operator.le, operator.gt)


@pytest.mark.parametrize("mix", [*MIXING, operator.ge])
def test_no_two_units_add_subtract_divide_or_compare(mix):
    for other in (OUTLETS, 44, Decimal(44)):
        with pytest.raises(UnitMismatch, match="46 家次"):
            mix(VISITS, other)
    assert mix(VISITS, Quantity(2, Unit.OUTLET_TIME)) is not None


def test_the_refusal_names_both_sides_in_chinese():
    with pytest.raises(UnitMismatch, match="不能相加:一边是46 家次,另一边是44 家"):
        VISITS + OUTLETS
    with pytest.raises(UnitMismatch, match="44 家"):
        sum([VISITS, OUTLETS])


def test_quantities_of_one_unit_reckon_exactly():
    tonnes = [Quantity(Decimal("0.1"), Unit.TONNE)] * 3
    assert sum(tonnes) == Quantity(Decimal("0.3"), Unit.TONNE)
    assert VISITS / Quantity(233, Unit.OUTLET_TIME) == Fraction(46, 233)
    assert Quantity(46, Unit.OUTLET) != VISITS
    assert str(VISITS - Quantity(2, Unit.OUTLET_TIME)) == "44 家次"


@given(st.lists(st.integers(0, 9)))
def test_things_are_never_more_than_times_and_repeating_adds_none(came):
    for unit, thing in THING_OF.items():
        counted = distinct(came, unit)
        assert counted.unit is thing
        assert counted.value == len(set(came)) <= times(came, unit).value == len(came)
        assert distinct(came + came, unit) == counted
        assert times(came + came, unit) == times(came, unit) + times(came, unit)


@pytest.mark.parametrize("unit", sorted(set(Unit) - THING_OF.keys()))
def test_what_is_no_count_of_times_is_not_made_distinct(unit):
    for count in (times, distinct):
        with pytest.raises(UnitMismatch):
            count(["a"], unit)
