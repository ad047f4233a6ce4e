"""Rules of the outlet register: codes that check themselves, and what a business rests on."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and letters without I, O, S, V, Z."""
USCC_LENGTH = 18


def uscc_check_character(first_17: str) -> str | None:
    """Return the check character of a unified social credit code (统一社会信用代码).

    Parameters
    ----------
    first_17 : str
        The first 17 characters of the code.

    Returns
    -------
    str or None
        The 18th character; None where a character is not of the alphabet or the length is wrong.

    Notes
    -----
    GB 32100-2015: weights 3^(i-1) mod 31, the sum taken from 31, modulo 31.
    """
    if len(first_17) != USCC_LENGTH - 1 or any(each not in USCC_ALPHABET for each in first_17):
        return None
    total = sum(
        USCC_ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(first_17)
    )
    return USCC_ALPHABET[-total % 31]


def is_uscc(code: str) -> bool:
    """Tell whether a unified social credit code is whole.

    Parameters
    ----------
    code : str
        The code as given, in capitals.

    Returns
    -------
    bool
        True where it has 18 characters of the alphabet and the last one checks.
    """
    return len(code) == USCC_LENGTH and uscc_check_character(code[:-1]) == code[-1]


@dataclass(frozen=True)
class Basis:
    """What one category of farm input may be sold on.

    Attributes
    ----------
    category : str
        Category of farm input.
    licence_kinds : tuple of str
        Any one of these licences is enough; empty where none is needed.
    article : str
        The article that says so.
    """

    category: str
    licence_kinds: tuple[str, ...]
    article: str


def categories_with_basis(
    categories: Iterable[str], valid_kinds: Collection[str], bases: Iterable[Basis]
) -> list[str]:
    """Return the categories that an outlet may sell by the licences that are valid.

    Parameters
    ----------
    categories : iterable of str
        What the outlet says that it sells.
    valid_kinds : collection of str
        Kinds of its licences that are valid on the day.
    bases : iterable of Basis
        The rule table.

    Returns
    -------
    list of str
        Categories without a rule, or whose rule asks for no licence, or whose licence is valid.
    """
    needed = {each.category: each.licence_kinds for each in bases}
    return [
        each
        for each in categories
        if not needed.get(each) or any(kind in valid_kinds for kind in needed[each])
    ]


def is_valid_on(day: date, valid_from: date, valid_to: date | None) -> bool:
    """Tell whether a licence is valid on a day; its last day is one of them.

    Parameters
    ----------
    day : date
        The civil date.
    valid_from, valid_to : date, date or None
        First and last day; None for no end.

    Returns
    -------
    bool
        True from the first day to the last.
    """
    return valid_from <= day and (valid_to is None or day <= valid_to)
