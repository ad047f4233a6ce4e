"""Bulletin templates as text and slots `{{fact|format}}`, cut and printed."""

import re
from collections.abc import Callable
from dataclasses import dataclass

SLOT = re.compile(r"\{\{([a-z][a-z_]{0,31}(?:\.[a-z][a-z_]{0,31})?)\|([^{}|\n]{1,16})\}\}")
DAY_CODE = "as_of"
DAY_FORMATS = ("月日", "年月日")


@dataclass(frozen=True)
class Piece:
    """A part of a template: literal text, or a slot.

    Attributes
    ----------
    start : int
        Where it stands in the template.
    source : str
        As it is written there.
    code, format_ : str
        Of a slot; empty for text.
    """

    start: int
    source: str
    code: str = ""
    format_: str = ""


@dataclass(frozen=True)
class Written:
    """A part of a bulletin as it is printed."""

    piece: Piece
    text: str


def pieces(template: str) -> list[Piece]:
    """Cut a template into text and slots.

    Parameters
    ----------
    template : str
        Of at most `MAX_BYTES`.

    Returns
    -------
    list of Piece
        In order; together they are the template.
    """
    found, end = [], 0
    for slot in SLOT.finditer(template):
        if slot.start() > end:
            found.append(Piece(end, template[end : slot.start()]))
        found.append(Piece(slot.start(), slot[0], slot[1], slot[2].strip()))
        end = slot.end()
    if end < len(template):
        found.append(Piece(end, template[end:]))
    return found


def codes(template: str) -> list[str]:
    """Return the facts that a template names, each once, in order.

    Parameters
    ----------
    template : str
        As it is written.

    Returns
    -------
    list of str
        Without the day.
    """
    named = (piece.code for piece in pieces(template) if piece.code not in {"", DAY_CODE})
    return list(dict.fromkeys(named))


def render(template: str, write: Callable[[Piece], str]) -> list[Written]:
    """Print a template.

    Parameters
    ----------
    template : str
        One without problems.
    write : callable
        Slot -> what is printed there.

    Returns
    -------
    list of Written
        Together they are the text.
    """
    return [Written(each, write(each) if each.code else each.source) for each in pieces(template)]
