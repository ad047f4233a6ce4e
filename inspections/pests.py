"""Rules of pest surveys: insects per mu, how many died, how bad that is."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

PEST_MU_M2 = 667
"""The surveys' own mu: their formula takes 667 m², not 2000/3."""


def per_mu(live: int, sampled_m2: Decimal) -> Decimal:
    """Return how many live insects there are on a mu (亩虫量).

    Parameters
    ----------
    live : int
        Live insects in the sample.
    sampled_m2 : Decimal
        Size of the sample, m², above zero.

    Returns
    -------
    Decimal
        Insects per mu of 667 m², one decimal place.

    Raises
    ------
    ValueError
        Where the sample has no size.

    Notes
    -----
    GB/T 15792-2009 and its sister standards report per 667 m². 36 live in 150 m² are 160.1.
    """
    if sampled_m2 <= 0:
        raise ValueError("a sample has a size")
    return (PEST_MU_M2 * live / sampled_m2).quantize(Decimal("0.1"), ROUND_HALF_UP)


def death_share(live: int, dead: int) -> Decimal | None:
    """Return the share that died (死亡率).

    Parameters
    ----------
    live, dead : int
        Insects in the sample.

    Returns
    -------
    Decimal or None
        Share of 1, four places; None where nothing was found.
    """
    if not live + dead:
        return None
    return (Decimal(dead) / (live + dead)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def grade(insects_per_mu: Decimal, limits: Sequence[Decimal]) -> int:
    """Return how bad a density is, 1 to 5.

    Parameters
    ----------
    insects_per_mu : Decimal
        Live insects per mu.
    limits : sequence of Decimal
        From where grades 2, 3, 4 and 5 begin, rising.

    Returns
    -------
    int
        1 (light) to 5 (outbreak).
    """
    return 1 + sum(insects_per_mu >= each for each in limits)


def change_share(now: Decimal, before: Decimal) -> Decimal | None:
    """Return the relative change of a density.

    Parameters
    ----------
    now, before : Decimal
        Insects per mu.

    Returns
    -------
    Decimal or None
        Share of what was before, four places; None where that was zero.
    """
    if not before:
        return None
    return ((now - before) / before).quantize(Decimal("0.0001"), ROUND_HALF_UP)
