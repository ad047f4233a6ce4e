"""A small line beside a figure: its values through the season, without axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT, EDGE = 100, 24, 3
"""In units of the drawing; the line keeps off the upper and lower edge."""
LEAST = 2


@dataclass(frozen=True)
class Line:
    """A line of the drawing, broken where nothing was known, and its points."""

    path: str
    points: list[str]
    """Of each value its place; empty where there is none."""


def draw(values: Sequence[Decimal | None]) -> Line | None:
    """Draw values in equal steps, zero in view; None where there are not two of them.

    Zero is in view so that a small change does not look like a great one.
    """
    known = [each for each in values if each is not None]
    if len(known) < LEAST:
        return None
    low, high = min(*known, Decimal(0)), max(*known, Decimal(0))
    points = [_point(n, len(values), each, low, high) for n, each in enumerate(values)]
    pieces = [
        f"{'L' if n and points[n - 1] else 'M'}{point}" for n, point in enumerate(points) if point
    ]
    return Line(" ".join(pieces), points)


def _point(n: int, of: int, value: Decimal | None, low: Decimal, high: Decimal) -> str:
    if value is None:
        return ""
    part = (value - low) / (high - low) if high > low else Decimal(0)
    x, y = EDGE + n * (WIDTH - 2 * EDGE) / (of - 1), HEIGHT - EDGE - part * (HEIGHT - 2 * EDGE)
    return f"{x:.1f} {y:.1f}"
