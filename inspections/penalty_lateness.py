"""What lateness brings: the surcharge of a fine, and the end of prosecution. Pure.

References
----------
中华人民共和国行政处罚法 (revised 2021-01-22), articles 36, 72 and 73.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from inspections.case_clocks import Pause, workdays_used
from inspections.penalty_terms import NATURAL

SURCHARGE_A_DAY = Decimal("0.03")
FEN = Decimal("0.01")
LIMITATION_YEARS = 2


def days_over(due: date, until: date, pauses: Sequence[Pause] = ()) -> int:
    """Return how many days a term is, or was, over.

    Parameters
    ----------
    due, until : date
        Its last day, and the day to which is counted, which counts.
    pauses : sequence of Pause
        Days that do not count (article 73: while it is reconsidered or before a court).
    """
    return workdays_used(due, until, NATURAL, pauses)


def surcharge(fine_yuan: Decimal, days_late: int) -> Decimal:
    """Return what a fine that is paid late may be raised by: 3 % a day, never above the fine.

    Parameters
    ----------
    fine_yuan : Decimal
        The fine, yuan, not negative.
    days_late : int
        Days since the last day of its term.

    Returns
    -------
    Decimal
        Yuan, whole fen; what is less than a fen is left out.

    Raises
    ------
    ValueError
        Where the fine is negative or no number.

    References
    ----------
    行政处罚法第七十二条第一款第一项.
    """
    if not fine_yuan.is_finite() or fine_yuan < 0:
        raise ValueError("罚款须是不小于零的数")
    owed = fine_yuan * SURCHARGE_A_DAY * max(days_late, 0)
    return min(owed, fine_yuan).quantize(FEN, ROUND_DOWN)


@dataclass(frozen=True)
class Limitation:
    """Until when a breach that nobody has taken up may still be punished.

    Attributes
    ----------
    ends_on : date
        The last day.
    days_left : int
        From today; negative when it is over.
    is_near : bool
        Whether it ends soon and has not ended.
    is_over : bool
        Whether it has ended.
    """

    ends_on: date
    days_left: int
    is_near: bool
    is_over: bool


def limitation(
    since: date, today: date, *, warn_days: int, years: int = LIMITATION_YEARS
) -> Limitation:
    """Return the limit of prosecution (article 36), counted from a day.

    Parameters
    ----------
    since : date
        When the breach was committed, or ended if it went on.
    today : date
        The day to look from.
    warn_days : int
        From how many days before its end it is near.
    years : int
        Two; five where life, health or finance are concerned and there is harm.

    Notes
    -----
    The term ends on the same day of a later year; 29 February on 28 in a year without it.
    """
    try:
        ends_on = since.replace(year=since.year + years)
    except ValueError:
        ends_on = since.replace(year=since.year + years, day=28)
    left = (ends_on - today).days
    return Limitation(ends_on, left, 0 <= left <= warn_days, left < 0)
