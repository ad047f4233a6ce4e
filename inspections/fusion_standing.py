"""Which signals still speak on a day, not of a matter that is over; and what each is worth."""

from collections.abc import Iterable, Sequence
from datetime import date

from inspections.fusion_words import Evidence, FusionLimits
from inspections.land_uses import Claim
from inspections.signals import Source, compatibility


def known(signals: Iterable[Evidence], as_of: date, limits: FusionLimits) -> list[Evidence]:
    """Return what is known on a day and not too old; what lasts is never too old.

    Parameters
    ----------
    signals : iterable of Evidence
        In any order; one that comes twice counts once.
    as_of : date
        The day that is spoken of.
    limits : FusionLimits
        How old is too old.

    Returns
    -------
    list of Evidence
        In order of day, id and claim.
    """
    told = {
        each
        for each in signals
        if each.observed_on <= as_of and (each.is_lasting or is_recent(each, as_of, limits))
    }
    return sorted(told, key=lambda each: (each.observed_on, each.signal_id, each.claim))


def is_recent(each: Evidence, as_of: date, limits: FusionLimits) -> bool:
    """Tell whether a signal is of the episode that is spoken of.

    Parameters
    ----------
    each : Evidence
        The signal.
    as_of : date
        The day that is spoken of.
    limits : FusionLimits
        How old is too old.

    Returns
    -------
    bool
        By its age alone.
    """
    return (as_of - each.observed_on).days <= limits.oldest_days


def standing(told: Sequence[Evidence], limits: FusionLimits) -> list[Evidence]:
    """Return what no ending is the end of: an ending ends its own matter, and no other.

    Parameters
    ----------
    told : sequence of Evidence
        Endings among them.
    limits : FusionLimits
        For how long an ending holds against imagery.

    Returns
    -------
    list of Evidence
        Without the endings, in the same order.
    """
    endings = [each for each in told if each.ending is not None]
    return [
        each
        for each in told
        if each.ending is None and all(_is_news(each, end, limits) for end in endings)
    ]


def _is_news(each: Evidence, end: Evidence, limits: FusionLimits) -> bool:
    """Tell whether a signal is of another matter than an ending, or says anything after it.

    A clear image after it shows nothing by itself: what imagery sees has to begin after it, or to
    be seen for long after it. A field that was tilled is bare too, until its crop covers it.
    """
    if not compatibility(each.claim, end.claim):
        return True
    if each.source is not Source.SCREENING:
        return each.observed_on > end.observed_on
    if each.since is not None and each.since > end.observed_on:
        return True
    shown_on = each.shown_on or each.observed_on
    return (shown_on - end.observed_on).days >= limits.ending_holds_days


def recency(age_days: float, half_life_days: float) -> float:
    """Return what is left of a signal's worth.

    Parameters
    ----------
    age_days : float
        Days since it was so, at least 0.
    half_life_days : float
        After which it is worth half.

    Returns
    -------
    float
        0 to 1.
    """
    return float(2.0 ** (-age_days / half_life_days))


def worth(evidence: Evidence, claim: Claim, as_of: date, limits: FusionLimits) -> float:
    """Return what one signal is worth for a claim.

    Parameters
    ----------
    evidence : Evidence
        The signal.
    claim : Claim
        What is asked.
    as_of : date
        The day that is spoken of.
    limits : FusionLimits
        The weights.

    Returns
    -------
    float
        Weight of its source x quality x match x recency x compatibility of the claims.
    """
    fresh = recency((as_of - evidence.observed_on).days, limits.half_life_days)
    own = limits.weights[evidence.source] * evidence.quality * evidence.match
    return own * fresh * compatibility(claim, evidence.claim)
