"""Quotients that a bulletin spells out: 46/233=19.7%, 800吨÷18.366万亩=4.36公斤/亩."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from inspections import numerals
from inspections.measures import MEASURES, PATTERN
from inspections.phrase import Form, Phrase

FIGURE = r"[0-9０-９]{1,12}(?:[.,．，][0-9０-９]{1,12}){0,4}+(?:[百千]?[万亿]|[百千])?"


def _side(name: str) -> str:
    return rf"(?P<{name}>{FIGURE})(?P<{name}_more>[多余])?\s?(?P<{name}_unit>{PATTERN})?"


QUOTIENT = re.compile(
    rf"(?<![0-9０-９A-Za-z.,，．/／第〔-]){_side('top')}\s?[/／÷]\s?{_side('bottom')}"
    rf"(?:\s?(?P<sign>[=＝≈]|约为|即)\s?{_side('result')})?(?![0-9０-９/／年月日号]|\s?[×*÷+＋])"
)
MAX_MONTH, MAX_DAY, A_YEAR = 12, 31, range(1900, 2100)


@dataclass(frozen=True)
class Quotient:
    """Two facts of which a third is the quotient.

    Attributes
    ----------
    fact_code : str
        The quotient.
    top, bottom : str
        The facts that are divided.
    factor : Decimal
        What the quotient is multiplied by to be in its own unit: 1000 from tonnes to kilograms.
    mistaken : str
        A fact that is easily taken for `top`, and gives no such quotient.
    least : Decimal or None
        From where on the quotient is as it should be.
    note : str
        What is to be known of it, in Chinese.
    """

    fact_code: str
    top: str
    bottom: str
    factor: Decimal = Decimal(1)
    mistaken: str = ""
    least: Decimal | None = None
    note: str = ""


def quotients_from(rows: Iterable[Mapping[str, str]]) -> list[Quotient]:
    """Read the table of quotients.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        `fact_code`, `top`, `bottom`, `factor`, `mistaken`, `least` (may be empty), `note`.

    Returns
    -------
    list of Quotient
        One per row.
    """
    return [
        Quotient(
            row["fact_code"],
            row["top"],
            row["bottom"],
            Decimal(row["factor"]),
            row["mistaken"],
            Decimal(row["least"]) if row["least"] else None,
            row["note"],
        )
        for row in rows
    ]


def find_quotients(text: str) -> Iterator[Phrase]:
    """Find every quotient that is spelt out.

    Parameters
    ----------
    text : str
        Of any length; read in linear time.

    Yields
    ------
    Phrase
        With its parts. What may be a day (4/20), a season (2022/23) or a fraction is none, unless
        measure words or a result stand there.
    """
    for found in QUOTIENT.finditer(text):
        names = ("top", "bottom", "result") if found["result"] else ("top", "bottom")
        parts = tuple(_part(found, name) for name in names)
        is_told = found["result"] or any(each.measure for each in parts)
        if is_told or not _may_be_a_day(parts):
            phrase = Phrase(found.start(), found.end(), found[0], Form.QUOTIENT, parts=parts)
            yield _read(phrase)


def _may_be_a_day(parts: tuple[Phrase, ...]) -> bool:
    top, bottom = parts[0].low, parts[1].low
    if top is None or bottom is None:
        return False
    return (top <= MAX_MONTH and bottom <= MAX_DAY) or top in A_YEAR


def _part(found: re.Match[str], name: str) -> Phrase:
    word = "".join((found[f"{name}_unit"] or "").split())
    start, end = found.start(name), max(found.end(name), found.end(f"{name}_unit"))
    part = Phrase(start, end, found.string[start:end], Form.UNCLEAR, measure=word)
    number = numerals.read(found[name])
    if number is None or not number.value:
        return part
    measure = MEASURES.get(word)
    scaled = number.times(measure.factor) if measure else number
    unit = measure.unit if measure else ""
    if found[f"{name}_more"]:
        return replace(
            part, form=Form.MORE, low=scaled.value, high=scaled.below, is_strict=True, unit=unit
        )
    return replace(
        part, form=Form.EXACT, low=scaled.value, high=scaled.value, step=scaled.step, unit=unit
    )


def _read(phrase: Phrase) -> Phrase:
    if any(each.form is Form.UNCLEAR for each in phrase.parts):
        return replace(phrase, form=Form.UNCLEAR, parts=(), why="算式里的数读不准")
    return phrase
