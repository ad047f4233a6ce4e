"""Round numbers as people say them: whole steps, and how many digits a figure keeps."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

WAN, QIAN, TEN = Decimal(10_000), Decimal(1000), Decimal(10)
DIGITS_BEFORE_MORE = 3
"""Of a longer number, so many digits stand before 多: 12345 is 12300多."""


def rounded(value: Decimal, places: int) -> str:
    """Round half away from zero and write, without a minus before zero.

    Parameters
    ----------
    value : Decimal
        Exact.
    places : int
        Decimal places.

    Returns
    -------
    str
        Without separators.
    """
    result = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{result if result else abs(result):f}"


def round_floor(value: Decimal) -> Decimal:
    """Return the largest round number that is not above a value.

    Parameters
    ----------
    value : Decimal
        Above zero.

    Returns
    -------
    Decimal
        One digit and zeros; two digits where the first is a 1. So 4126 is 4000, 812 is 800 and
        1850 is 1800: what is stated is never below two thirds of what there is.
    """
    magnitude = value.adjusted()
    digits = 1 if value.scaleb(-magnitude) >= 2 else 2  # noqa: PLR2004 - the rule itself
    unit = Decimal(1).scaleb(magnitude - digits + 1)
    return value.quantize(unit, ROUND_DOWN)


def with_place_word(value: Decimal) -> str:
    """Write 4000 as 4千 and 18000 as 1.8万; 1800 stays."""
    if value >= WAN:
        return f"{plain(value / WAN)}万"
    if value >= QIAN and value % QIAN == 0:
        return f"{plain(value / QIAN)}千"
    return plain(value)


def plain(value: Decimal) -> str:
    """Write a number without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def more_floor(value: Decimal) -> Decimal:
    """Return the number that is written before 多.

    Parameters
    ----------
    value : Decimal
        Not negative.

    Returns
    -------
    Decimal
        Tens below the value, of long numbers three digits and zeros: 137 is 130, 1957 is 1950,
        12345 is 12300. Below ten, the value itself.
    """
    if value < TEN:
        return value
    step = Decimal(1).scaleb(max(1, value.adjusted() + 1 - DIGITS_BEFORE_MORE))
    return value // step * step
