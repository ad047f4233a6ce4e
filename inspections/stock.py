"""Rules of the stock ledger: what may be sold, and what a day's movements leave."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

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


SELF_REPORT, PHONE, LEDGER, INSPECTION = "self_report", "phone", "ledger", "inspection"
PRIORITY = {SELF_REPORT: 0, PHONE: 0, LEDGER: 1, INSPECTION: 2}
"""Which source stands where two counts of one day differ."""
NO_STOCK = Decimal(0)


@dataclass(frozen=True)
class Movement:
    """One event as the ledger folds it.

    Attributes
    ----------
    day : date
        The day on which it happened.
    seq : int
        Order of recording within outlet and product.
    source : str
        Where it is known from.
    quantity_kg : Decimal
        What the book gains; not used of a count.
    counted_kg : Decimal or None
        What a count found; None for a movement.
    """

    day: date
    seq: int
    source: str
    quantity_kg: Decimal
    counted_kg: Decimal | None = None


@dataclass(frozen=True)
class DayState:
    """How one product of one outlet stands after a day.

    Attributes
    ----------
    day : date
        A day with events.
    closing_kg, lowest_kg : Decimal
        The book at its end, and the lowest that it stood on it.
    variance_kg : Decimal or None
        What the day's counts put right; None without a count that stands.
    reported_on, ledger_on, inspected_on : date or None
        Last day on which each source told anything.
    """

    day: date
    closing_kg: Decimal
    lowest_kg: Decimal
    variance_kg: Decimal | None = None
    reported_on: date | None = None
    ledger_on: date | None = None
    inspected_on: date | None = None


def fold(before: DayState | None, movements: Iterable[Movement]) -> list[DayState]:
    """Return how a product stands after each day with events.

    Parameters
    ----------
    before : DayState or None
        How it stood after the last day before these events; None where nothing was told.
    movements : iterable of Movement
        Events in order of day and recording, without counts that were taken back.

    Returns
    -------
    list of DayState
        One per day. A count sets the book to what was found; on one day the count of the
        higher source stands, and of equal sources the later.
    """
    states: list[DayState] = []
    for day, told in groupby(movements, key=lambda each: each.day):
        before = _after(before, day, list(told))
        states.append(before)
    return states


def _after(before: DayState | None, day: date, told: list[Movement]) -> DayState:
    book = before.closing_kg if before else NO_STOCK
    lowest, variance, standing = book, None, -1
    for each in told:
        if each.counted_kg is None:
            book += each.quantity_kg
            lowest = min(lowest, book)
        elif PRIORITY[each.source] >= standing:
            variance = (variance or NO_STOCK) + each.counted_kg - book
            book, standing = each.counted_kg, PRIORITY[each.source]
    sources = {each.source for each in told}
    earlier = before or DayState(day, NO_STOCK, NO_STOCK)
    return DayState(
        day,
        book,
        min(lowest, book),
        variance,
        day if sources & {SELF_REPORT, PHONE} else earlier.reported_on,
        day if LEDGER in sources else earlier.ledger_on,
        day if INSPECTION in sources else earlier.inspected_on,
    )


@dataclass(frozen=True)
class Freshness:
    """For how many days each source is believed.

    Attributes
    ----------
    report_days, ledger_days, inspection_days : int
        Days after which what the source told is stale.
    """

    report_days: int
    ledger_days: int
    inspection_days: int


def is_fresh(
    as_of: date,
    told_on: tuple[date | None, date | None, date | None],
    freshness: Freshness,
) -> bool:
    """Tell whether a balance is believed on a day.

    Parameters
    ----------
    as_of : date
        The day asked about.
    told_on : tuple of date or None
        Last day of report, ledger and inspection.
    freshness : Freshness
        Days of each.

    Returns
    -------
    bool
        True where any of the sources has told something within its days.
    """
    days = (freshness.report_days, freshness.ledger_days, freshness.inspection_days)
    return any(
        day is not None and (as_of - day).days <= allowed
        for day, allowed in zip(told_on, days, strict=True)
    )


def disagrees(variance_kg: Decimal, counted_kg: Decimal, share: Decimal) -> bool:
    """Tell whether a count differs from the book by more than is believed.

    Parameters
    ----------
    variance_kg : Decimal
        Counted less book.
    counted_kg : Decimal
        What was found.
    share : Decimal
        The part of the larger of both from which it is doubted.

    Returns
    -------
    bool
        True where the difference is more than that part.
    """
    larger = max(abs(counted_kg), abs(counted_kg - variance_kg))
    return abs(variance_kg) > share * larger
