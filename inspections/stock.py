"""Rules of the stock ledger: what may be sold, and what a day's movements leave."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

REGISTRATION_NO = re.compile(r"(PD|LS|WP|EX)(\d{8}|\d{5}(-\d{1,3})?)(F\d{6})?", re.ASCII)
"""农药登记证号: kind, year and number; the older ones have five digits and a part."""


def is_registration_no(number: str) -> bool:
    """Tell whether a pesticide registration number is written as one.

    Parameters
    ----------
    number : str
        The number in capitals, without spaces.

    Returns
    -------
    bool
        True for PD, LS, WP or EX with year and number.
    """
    return REGISTRATION_NO.fullmatch(number) is not None


@dataclass(frozen=True)
class Restriction:
    """What a notice says of one active ingredient.

    Attributes
    ----------
    ingredient : str
        Name of the active ingredient.
    is_fixed_point : bool
        Sold only by outlets with a licence for restricted pesticides.
    banned_from : date or None
        First day on which it may not be sold or used; None while it may.
    notice : str
        The notice that says so.
    """

    ingredient: str
    is_fixed_point: bool
    banned_from: date | None
    notice: str


def banned(
    ingredients: Iterable[str], day: date, restrictions: Iterable[Restriction]
) -> Restriction | None:
    """Return the restriction by which a product may not be sold on a day.

    Parameters
    ----------
    ingredients : iterable of str
        The product's active ingredients.
    day : date
        Day of the sale.
    restrictions : iterable of Restriction
        The lists in force.

    Returns
    -------
    Restriction or None
        The first one that bans an ingredient on that day.
    """
    named = set(ingredients)
    return next(
        (
            each
            for each in restrictions
            if each.ingredient in named and each.banned_from and each.banned_from <= day
        ),
        None,
    )


def fixed_point(
    ingredients: Iterable[str], restrictions: Iterable[Restriction]
) -> Restriction | None:
    """Return the restriction by which a product is sold at fixed points only.

    Parameters
    ----------
    ingredients : iterable of str
        The product's active ingredients.
    restrictions : iterable of Restriction
        The lists in force.

    Returns
    -------
    Restriction or None
        The first one that names an ingredient for sale at fixed points.
    """
    named = set(ingredients)
    return next(
        (each for each in restrictions if each.ingredient in named and each.is_fixed_point), None
    )


def covers(scope: str | None, ingredients: Collection[str]) -> bool:
    """Tell whether the scope of a licence for restricted pesticides covers a product.

    Parameters
    ----------
    scope : str or None
        The scope as written on the licence; None where the licence names no limit.
    ingredients : collection of str
        The product's active ingredients.

    Returns
    -------
    bool
        True where the scope is open, speaks of restricted pesticides in general, or names an
        ingredient.
    """
    if not scope or "限制使用农药" in scope:
        return True
    return any(each in scope for each in ingredients)
