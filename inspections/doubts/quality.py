"""How well doubts are answered, and which villages are therefore looked at again."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from inspections.draws import sort_key


@dataclass(frozen=True)
class Asked:
    """One question that an area had to answer.

    Attributes
    ----------
    is_answered, is_on_time : bool
        Whether it was answered, and by its due day.
    is_corrected : bool
        Whether the record turned out to be wrong.
    """

    is_answered: bool
    is_on_time: bool
    is_corrected: bool


@dataclass(frozen=True)
class Quality:
    """How an area answers: two shares, and what follows from them. It is no ranking.

    Attributes
    ----------
    n_asked, n_answered, n_on_time, n_corrected : int
        Questions, by what became of them.
    on_time_share, corrected_share : Fraction or None
        Of what was asked; None where too little was asked to say anything.
    recheck_share : Fraction
        Part of its villages that are looked at again each week.
    """

    n_asked: int
    n_answered: int
    n_on_time: int
    n_corrected: int
    on_time_share: Fraction | None
    corrected_share: Fraction | None
    recheck_share: Fraction


@dataclass(frozen=True)
class RecheckRule:
    """How many villages are looked at again.

    Attributes
    ----------
    min_asked : int
        Questions below which an area is treated like any other.
    least_share, most_share : Fraction
        Of an area that answers all in time and errs never, and of the opposite.
    """

    min_asked: int
    least_share: Fraction
    most_share: Fraction


def quality(asked: Iterable[Asked], rule: RecheckRule) -> Quality:
    """Judge how an area answers.

    Parameters
    ----------
    asked : iterable of Asked
        Questions that should have been answered by now.
    rule : RecheckRule
        The shares looked at again.

    Returns
    -------
    Quality
        The part looked at again rises from the least to the most share with the mean of what
        was answered late and what was wrong; it is the middle of both where too little was asked.
    """
    told = list(asked)
    n, on_time = len(told), sum(each.is_on_time for each in told)
    answered = sum(each.is_answered for each in told)
    corrected = sum(each.is_corrected for each in told)
    span = rule.most_share - rule.least_share
    if n < rule.min_asked:
        middle = rule.least_share + span / 2
        return Quality(n, answered, on_time, corrected, None, None, middle)
    late, wrong = 1 - Fraction(on_time, n), Fraction(corrected, n)
    share = rule.least_share + span * (late + wrong) / 2
    return Quality(n, answered, on_time, corrected, 1 - late, wrong, share)


def drawn(villages: Iterable[str], share: Fraction, seed: str) -> list[str]:
    """Draw the villages that are looked at again.

    Parameters
    ----------
    villages : iterable of str
        Their codes.
    share : Fraction
        Which part of them; rounded up.
    seed : str
        What makes one week's draw another than the next; anyone can draw again with it.

    Returns
    -------
    list of str
        In order of code.
    """
    listed = sorted(villages, key=lambda code: sort_key(seed, code))
    return sorted(listed[: math.ceil(len(listed) * share)])
