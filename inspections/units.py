"""Counting units that cannot be mixed: persons are not person-times, outlets are not visits."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

M2_PER_MU = 2000 / 3
"""A mu is a fifteenth of a hectare."""


class Unit(StrEnum):
    """What a count counts, as Chinese measure words tell it apart."""

    PERSON = "人"
    PERSON_TIME = "人次"
    OUTLET = "家"
    OUTLET_TIME = "家次"
    MACHINE = "台"
    MACHINE_TIME = "台次"
    MU = "亩"
    MU_TIME = "亩次"
    TONNE = "吨"
    ITEM = "个"
    BATCH = "批次"
    DAY = "天"
    CASE = "件"


THING_OF = {
    Unit.PERSON_TIME: Unit.PERSON,
    Unit.OUTLET_TIME: Unit.OUTLET,
    Unit.MACHINE_TIME: Unit.MACHINE,
    Unit.MU_TIME: Unit.MU,
}
"""Times -> what comes so many times."""


@dataclass(frozen=True)
class Rate:
    """One unit by another, under a name of its own.

    Attributes
    ----------
    numerator, denominator : Unit
        What is set by what.
    scale : int
        How many of the name's upper unit are in one of the numerator: 1 吨 is 1000 公斤.
    """

    numerator: Unit
    denominator: Unit
    scale: int = 1


RATES = {
    "公斤/亩": Rate(Unit.TONNE, Unit.MU, 1000),
    "人次/家次": Rate(Unit.PERSON_TIME, Unit.OUTLET_TIME),
    "网点覆盖率": Rate(Unit.OUTLET, Unit.ITEM),
}
"""The only ways in which one unit is divided by another."""
EXACT = Decimal("1e-12")
"""Places that an exact ratio is kept with."""


class UnitMismatch(ValueError):
    """Two counts of different units were put together."""

    def __init__(self, doing: str, left: object, right: object) -> None:
        super().__init__(f"不能{doing}:一边是{left},另一边是{right};先换成同一个单位")


@dataclass(frozen=True)
class Quantity:
    """A number with what it counts.

    Attributes
    ----------
    value : int or Decimal
        The number, exact.
    unit : Unit
        What it counts. Only quantities of one unit add, subtract, compare and divide.
    """

    value: int | Decimal
    unit: Unit

    def _same(self, other: object, doing: str) -> "Quantity":
        if not isinstance(other, Quantity):
            raise UnitMismatch(doing, self, f"没有单位的 {other}")
        if other.unit is not self.unit:
            raise UnitMismatch(doing, self, other)
        return other

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value + self._same(other, "相加").value, self.unit)

    def __radd__(self, other: "Quantity | Literal[0]") -> "Quantity":
        return self if other == 0 else self.__add__(other)  # sum() starts at 0

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value - self._same(other, "相减").value, self.unit)

    def __truediv__(self, other: "Quantity") -> Fraction:
        """Return the share, which has no unit."""
        return Fraction(self.value) / Fraction(self._same(other, "相除").value)

    def __lt__(self, other: "Quantity") -> bool:
        return self.value < self._same(other, "比较").value

    def __le__(self, other: "Quantity") -> bool:
        return self.value <= self._same(other, "比较").value

    def __gt__(self, other: "Quantity") -> bool:
        return self.value > self._same(other, "比较").value

    def __ge__(self, other: "Quantity") -> bool:
        return self.value >= self._same(other, "比较").value


def times(occurrences: Collection[Hashable], unit: Unit) -> Quantity:
    """Count every occurrence, the same thing as often as it comes.

    Parameters
    ----------
    occurrences : collection of hashable
        What came, each as often as it came.
    unit : Unit
        A unit of times, such as 家次.

    Returns
    -------
    Quantity
        As many as were given, in that unit.

    Raises
    ------
    UnitMismatch
        Where the unit counts things and not times.
    """
    if unit not in THING_OF:
        raise UnitMismatch("按次数统计", "一次次的记录", f"单位“{unit}”")
    return Quantity(len(occurrences), unit)


def distinct(occurrences: Iterable[Hashable], unit: Unit) -> Quantity:
    """Count different things: the one way that leads from times to things.

    Parameters
    ----------
    occurrences : iterable of hashable
        What came, each as often as it came.
    unit : Unit
        The unit of times in which they came, such as 家次.

    Returns
    -------
    Quantity
        How many different ones there are, in the unit of things, such as 家.

    Raises
    ------
    UnitMismatch
        Where the unit counts things already.
    """
    if unit not in THING_OF:
        raise UnitMismatch("去重", "一次次的记录", f"单位“{unit}”")
    return Quantity(len(set(occurrences)), THING_OF[unit])


def rate(left: Quantity, right: Quantity, name: str) -> Fraction | None:
    """Divide one unit by another, by name.

    Parameters
    ----------
    left, right : Quantity
        What is set by what.
    name : str
        One of `RATES`, such as 公斤/亩.

    Returns
    -------
    Fraction or None
        In the unit of the name; None where there is nothing to divide by.

    Raises
    ------
    UnitMismatch
        Where the name is of other units.
    """
    known = RATES[name]
    if (left.unit, right.unit) != (known.numerator, known.denominator):
        raise UnitMismatch(f"求“{name}”", left, right)
    return Fraction(left.value) * known.scale / Fraction(right.value) if right.value else None


def exact(value: Fraction) -> Decimal:
    """Write a ratio as a decimal, to twelve places: the same on every machine.

    Parameters
    ----------
    value : Fraction
        Any.

    Returns
    -------
    Decimal
        Rounded half up at the twelfth place, without trailing zeros.
    """
    scaled = round_half_up(value / Fraction(EXACT))
    return Decimal(scaled).scaleb(EXACT.adjusted())


def round_half_up(value: Fraction) -> int:
    """Round to a whole number, a half away from zero.

    Parameters
    ----------
    value : Fraction
        Any.

    Returns
    -------
    int
        The nearest whole number.
    """
    doubled = 2 * abs(value.numerator) + value.denominator
    whole = doubled // (2 * value.denominator)
    return whole if value >= 0 else -whole
