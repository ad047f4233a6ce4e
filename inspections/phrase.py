"""What a numeric phrase of a bulletin is: a number, how it is worded, and what it counts."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Form(StrEnum):
    """How a figure is worded."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE = "more"
    ABOUT = "about"
    RANGE = "range"
    LEVEL = "level"
    NONE_FOUND = "none_found"
    MET = "met"
    QUOTIENT = "quotient"
    UNCLEAR = "unclear"


STATEMENTS = (Form.LEVEL, Form.NONE_FOUND, Form.MET)
"""Wordings without a number."""


@dataclass(frozen=True)
class Phrase:
    """A numeric phrase in a text.

    Attributes
    ----------
    start, end : int
        Where it stands: `text[start:end]`, with the words that qualify it.
    text : str
        As it is written.
    form : Form
        How it is worded.
    low, high : Decimal or None
        What it says, in `unit`: both the same for one number; None on the side that is open, and
        on both where there is no number or an unclear one. 130多 is between 130 and 140, 超130
        above 130.
    is_strict : bool
        Whether the limits themselves are left out, as they are with 多, 超 and 不足.
    step : Decimal
        One unit of the last place that was written, in `unit`; see `numerals.Number`.
    unit : str
        See `measures.Measure`; empty for statements. Percentages are shares under the unit %.
    measure : str
        The measure word as it is written, such as 万亩.
    why : str
        For an unclear one: what is unclear, in Chinese.
    parts : tuple of Phrase
        Of a quotient (46/233=19.7%): what is divided, by what, and the result where it is written;
        their unit is empty where no measure word stands there.
    """

    start: int
    end: int
    text: str
    form: Form
    low: Decimal | None = None
    high: Decimal | None = None
    is_strict: bool = False
    step: Decimal = Decimal(1)
    unit: str = ""
    measure: str = ""
    why: str = ""
    parts: "tuple[Phrase, ...]" = ()
