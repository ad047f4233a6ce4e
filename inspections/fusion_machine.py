"""Verdicts on land that only imagery speaks of: the same as `fuse`, a million at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from inspections.conversion import Judgements
from inspections.conversion_lands import Days, Flags, Floats, Ints, Lands
from inspections.conversion_rules import FLAGGED, Category, Holding, Rule
from inspections.fusion import CLAIMS, WATCH, is_open
from inspections.fusion_standing import recency
from inspections.fusion_words import (
    BUILT_CLAIMS,
    CLAIM_OF_USE,
    CLASSES,
    Evidence,
    FusionLimits,
    Judged,
    VerdictClass,
)
from inspections.land_uses import USES, Claim, Use
from inspections.signals import Source

ORIGIN = "imagery"
"""Of all that the product itself sees: one origin for each piece of land."""
CODE = {each: np.uint8(CLASSES.index(each)) for each in VerdictClass}


@dataclass(frozen=True)
class MachineVerdicts:
    """What imagery alone says, one row each.

    Attributes
    ----------
    verdict_class : uint8 array, shape (n,)
        Index into `CLASSES`; never above 疑似.
    claim : uint8 array, shape (n,)
        Index into `CLAIMS`.
    score : float32 array, shape (n,)
        What the observation is worth.
    is_urgent : bool array, shape (n,)
        Building on basic farmland.
    is_signal : bool array, shape (n,)
        Whether the observation counts as a signal when others are there.
    """

    verdict_class: NDArray[np.uint8]
    claim: NDArray[np.uint8]
    score: NDArray[np.float32]
    is_urgent: Flags
    is_signal: Flags


def fuse_machine(lands: Lands, judged: Judgements, limits: FusionLimits) -> MachineVerdicts:
    """Return the verdicts on land that nothing but imagery speaks of.

    Parameters
    ----------
    lands : Lands
        Shape (n,).
    judged : Judgements
        Of the same land.
    limits : FusionLimits
        The numbers.

    Returns
    -------
    MachineVerdicts
        Shape (n,): what `fuse` says of each with the evidence of `evidence_of`.

    Notes
    -----
    What is not judged (unsure, or no rule) is a hint where something was seen and unknown where
    nothing was. Land that an approval covers is excluded by its document.
    """
    claim_of = np.array([CLAIMS.index(claim_of_use(use)) for use in USES], np.uint8)
    is_lawful, is_flagged, is_review, is_capped = (
        _of_rules(judged, asks) for asks in (_is_lawful, _is_flagged, _is_review, _is_capped)
    )
    is_unseen = lands.use == USES.index(Use.UNKNOWN)
    age = _age_days(lands)
    is_signal = (is_lawful | is_flagged | is_review) & ~is_unseen
    is_signal &= (age >= 0) & (age <= limits.oldest_days)
    score = np.where(is_signal, _worth(lands, age, limits), 0)
    claim = claim_of[lands.use]
    is_built = np.isin(claim_of, [CLAIMS.index(each) for each in BUILT_CLAIMS])[lands.use]
    is_built &= judged.is_farmland & is_signal
    is_strong = is_flagged & ~is_capped & is_signal & ((score >= limits.suspected_score) | is_built)
    is_settled = is_lawful | (judged.is_covered & ~_of_rules(judged, is_open))
    found = np.full(len(lands), CODE[VerdictClass.NONE])
    found[is_unseen & is_review] = CODE[VerdictClass.UNKNOWN]
    found[is_signal] = CODE[VerdictClass.HINT]
    found[is_strong] = CODE[VerdictClass.SUSPECTED]
    found[is_signal & is_settled] = CODE[VerdictClass.EXCLUDED]
    is_urgent = is_built & (found == CODE[VerdictClass.SUSPECTED])
    return MachineVerdicts(found, claim, score.astype(np.float32), is_urgent, is_signal)


def claim_of_use(use: Use) -> Claim:
    """Return what an observed use claims.

    Parameters
    ----------
    use : Use
        Any.

    Returns
    -------
    Claim
        其他 where no word fits.
    """
    return CLAIM_OF_USE.get(use, Claim.OTHER)


def evidence_of(lands: Lands, found: MachineVerdicts, row: int) -> tuple[Evidence, ...]:
    """Return what imagery says of one piece of land, as a signal among others.

    Parameters
    ----------
    lands : Lands
        Shape (n,).
    found : MachineVerdicts
        Of the same land.
    row : int
        Which.

    Returns
    -------
    tuple of Evidence
        One, or none where nothing was seen that is a matter.
    """
    if not found.is_signal[row]:
        return ()
    seen = Evidence(
        signal_id=ORIGIN,
        origin_id=ORIGIN,
        source=Source.SCREENING,
        observed_on=date.fromisoformat(str(_observed_on(lands, np.array([row]))[0])),
        claim=CLAIMS[found.claim[row]],
        since=_day(lands.first_seen[row]),
        shown_on=_day(lands.last_seen[row]),
        quality=float(lands.confidence[row]),
    )
    return (seen,)


def judged_of(judged: Judgements, row: int) -> Judged:
    """Return what the rules say of one piece of land.

    Parameters
    ----------
    judged : Judgements
        Shape (n,).
    row : int
        Which.

    Returns
    -------
    Judged
        As `fuse` takes it.
    """
    return Judged(
        judged.rule_of(row),
        float(judged.overlap_m2[row]),
        int(judged.severity[row]),
        bool(judged.is_listed[row]),
    )


def _day(told: np.datetime64) -> date | None:
    return None if np.isnat(told) else date.fromisoformat(str(told))


def _observed_on(lands: Lands, rows: Ints) -> Days:
    """Return the day until which an observation holds: the last clear image, else seen last.

    A marker itself may look at some weeks of the year only.
    """
    last = np.fmax(lands.last_seen[rows], lands.clear_on[rows])
    known = np.where(np.isnat(last), lands.first_seen[rows], last)
    return np.where(np.isnat(known), np.datetime64(lands.as_of, "D"), known)


def _age_days(lands: Lands) -> Ints:
    days = _observed_on(lands, np.arange(len(lands)))
    return (np.datetime64(lands.as_of, "D") - days).astype(np.int64)


def _worth(lands: Lands, age: Ints, limits: FusionLimits) -> Floats:
    """Return what each observation is worth, by a table of what each age leaves of it."""
    left = np.array(
        [recency(days, limits.half_life_days) for days in range(limits.oldest_days + 1)]
    )
    fresh = left[np.clip(age, 0, limits.oldest_days)]
    sure = lands.confidence.astype(np.float64)
    return np.asarray(limits.weights[Source.SCREENING] * sure * fresh)


def _of_rules(judged: Judgements, asks: Callable[[Rule], bool]) -> Flags:
    answers = np.array([asks(each) for each in judged.rules], np.bool_)
    return np.asarray(answers[judged.rule])


def _is_flagged(rule: Rule) -> bool:
    return rule.category in FLAGGED


def _is_capped(rule: Rule) -> bool:
    return rule.legal_status == WATCH


def _is_review(rule: Rule) -> bool:
    return rule.category is Category.REVIEW


def _is_lawful(rule: Rule) -> bool:
    """Tell whether a rule found an approval, without which it would have been a matter."""
    return rule.category is Category.NONE and rule.holding is Holding.COVERED
