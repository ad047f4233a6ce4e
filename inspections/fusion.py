"""From signals to a verdict: independent origins, their recency, and what overrides them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inspections import fusion_standing
from inspections import fusion_texts as texts
from inspections.conversion_rules import FLAGGED, Category, Rule
from inspections.fusion_standing import worth
from inspections.fusion_words import (
    BUILT_CLAIMS,
    CATEGORY_OF_CLAIM,
    CLASSES,
    Document,
    Evidence,
    FusionLimits,
    Judged,
    LandContext,
    Verdict,
    VerdictClass,
)
from inspections.land_uses import Claim
from inspections.signals import Source, compatibility

CLAIMS = tuple(Claim)
SCORE_PLACES = 3
CONDITIONAL = "conditional"
"""Legal status of what is lawful only under a condition that somebody has to check."""
WATCH = "watch"
"""Legal status of what is looked at but is no breach by itself: never more than 提示."""


@dataclass(frozen=True)
class _Case:
    """The evidence for one claim, put in order."""

    claim: Claim
    score: float
    supporting: tuple[Evidence, ...]
    origins: tuple[Evidence, ...]
    """The first signal of each independent origin, earliest first."""
    findings: tuple[Evidence, ...]


def fuse(
    signals: Iterable[Evidence], land: LandContext, as_of: date, limits: FusionLimits
) -> Verdict:
    """Return what signals and land together say.

    Parameters
    ----------
    signals : iterable of Evidence
        In any order; one that comes twice counts once.
    land : LandContext
        What they speak of.
    as_of : date
        The day that is spoken of; what was seen later is not known yet.
    limits : FusionLimits
        The numbers.

    Returns
    -------
    Verdict
        The same whatever the order of the signals.

    Notes
    -----
    Each origin counts once, by its best signal: somebody who was sent because of a signal
    verifies it, and is no second source. The score of a claim is the sum over origins. Above it
    stand, in this order: a check on the spot that found nothing; a finding of enforcement; a
    document that covers the land; land that no rule speaks of; and building on basic farmland.

    References
    ----------
    Capabilities C.6 and A.9.
    """
    ordered = fusion_standing.known(signals, as_of, limits)
    standing = fusion_standing.standing(ordered, limits)
    if not standing:
        recent = [each for each in ordered if fusion_standing.is_recent(each, as_of, limits)]
        return _without_evidence([each for each in recent if each.ending is not None], land)
    case, found, notes = _decided(standing, land, as_of, limits)
    judged = land.judged.get(case.claim)
    return Verdict(
        verdict_class=found,
        claim=case.claim,
        category=_category(case.claim, judged),
        severity=judged.severity if judged else 1,
        rule_id=judged.rule.rule_id if judged else None,
        overlap_m2=round(judged.overlap_m2, 2) if judged else 0.0,
        score=round(case.score, SCORE_PLACES),
        n_sources=len(case.origins),
        first_source=case.origins[0].source,
        first_observed_on=case.origins[0].first_on,
        is_urgent=_is_strong(found) and _is_built_on_farmland(standing, land),
        unknown=land.unknown,
        signal_ids=tuple(each.signal_id for each in case.supporting),
        reasons=(
            *texts.evidence(standing, case.supporting),
            *texts.sources(case.origins),
            *texts.rule(judged, is_farmland=land.is_farmland),
            *notes,
        ),
        missing=texts.missing(
            found, standing, judged, land.documents.get(case.claim), land.unknown
        ),
    )


def _without_evidence(endings: Sequence[Evidence], land: LandContext) -> Verdict:
    found = VerdictClass.NONE
    if endings:
        found = VerdictClass.EXCLUDED
    elif land.unknown is not None:
        found = VerdictClass.UNKNOWN
    last = endings[-1] if endings else None
    return Verdict(
        verdict_class=found,
        claim=last.claim if last else None,
        category=Category.REVIEW if found is VerdictClass.UNKNOWN else Category.NONE,
        severity=0,
        rule_id=None,
        overlap_m2=0.0,
        score=0.0,
        n_sources=0,
        first_source=None,
        first_observed_on=None,
        is_urgent=False,
        unknown=land.unknown,
        signal_ids=tuple(each.signal_id for each in endings),
        reasons=texts.ending(endings[-1]) if endings else texts.unknown(land.unknown),
        missing=texts.missing(found, (), None, None, land.unknown),
    )


def _decided(
    standing: Sequence[Evidence], land: LandContext, as_of: date, limits: FusionLimits
) -> tuple[_Case, VerdictClass, tuple[str, ...]]:
    """Return the claim that is told, its class and why.

    On basic farmland no other matter hides a weaker signal of building: where what most speaks
    for comes to less than 疑似, the building is told.
    """
    best = _best(standing, as_of, limits)
    built = {each.claim for each in standing if _is_built_on_farmland([each], land)}
    told = [best, *_ranked(built, standing, as_of, limits)]
    classed = [(each, *_class(each, land.judged.get(each.claim), land, limits)) for each in told]
    return next((each for each in classed if _is_strong(each[1])), classed[0])


def _best(standing: Sequence[Evidence], as_of: date, limits: FusionLimits) -> _Case:
    """Return the claim that most speaks for; what enforcement found goes before any score."""
    findings = [
        each for each in standing if each.source is Source.ENFORCEMENT and not each.is_candidate
    ]
    if findings:
        return _case(findings[-1].claim, standing, findings, as_of, limits)
    return _ranked({each.claim for each in standing}, standing, as_of, limits)[0]


def _ranked(
    claims: Iterable[Claim], standing: Sequence[Evidence], as_of: date, limits: FusionLimits
) -> list[_Case]:
    """Return the cases for some claims, what most speaks for first."""
    cases = [_case(claim, standing, (), as_of, limits) for claim in claims]
    # A claim that says something goes before 其他, which goes with everything.
    return sorted(cases, key=lambda each: (-round(each.score, 9), CLAIMS.index(each.claim)))


def _case(
    claim: Claim,
    standing: Sequence[Evidence],
    findings: Sequence[Evidence],
    as_of: date,
    limits: FusionLimits,
) -> _Case:
    supporting = [each for each in standing if compatibility(claim, each.claim) > 0]
    chains: Mapping[str, list[Evidence]] = defaultdict(list)
    for each in supporting:
        chains[each.origin_id].append(each)
    best = (max(worth(each, claim, as_of, limits) for each in chain) for chain in chains.values())
    roots = (_root(origin, chain) for origin, chain in chains.items())
    # fsum rounds once: a sum that does not depend on its order.
    score = math.fsum(best)
    return _Case(
        claim,
        score,
        tuple(supporting),
        tuple(sorted(roots, key=lambda each: (each.first_on, each.signal_id))),
        tuple(findings),
    )


def _root(origin: str, chain: Sequence[Evidence]) -> Evidence:
    """Return the signal that a chain began with, or the earliest of it that is here."""
    return next((each for each in chain if each.signal_id == origin), chain[0])


def _class(
    case: _Case, judged: Judged | None, land: LandContext, limits: FusionLimits
) -> tuple[VerdictClass, tuple[str, ...]]:
    document = _settling(judged, land.documents.get(case.claim), limits)
    if case.findings:
        return VerdictClass.CONFIRMED, texts.finding(case.findings[-1], document)
    if document is not None:
        return VerdictClass.EXCLUDED, texts.document(document)
    if judged is not None and judged.rule.category in (Category.NONE, Category.OUT_OF_SCOPE):
        return VerdictClass.EXCLUDED, texts.no_matter(judged)
    found = by_score(case.score, len(case.origins), limits)
    if _is_capped(case, judged):
        found = min(found, VerdictClass.HINT, key=CLASSES.index)
        return found, texts.capped(judged)
    if _is_built_on_farmland(case.supporting, land):
        found = max(found, VerdictClass.SUSPECTED, key=CLASSES.index)
        return found, (*texts.score(case.score, found), texts.URGENT)
    return found, texts.score(case.score, found)


def by_score(score: float, n_sources: int, limits: FusionLimits) -> VerdictClass:
    """Return the class that a score alone gives.

    Parameters
    ----------
    score : float
        Sum over origins.
    n_sources : int
        How many they are.
    limits : FusionLimits
        From where on what.

    Returns
    -------
    VerdictClass
        提示, 疑似 or 很可能. 确认 is not reached by adding up: somebody has to find it.
    """
    if score >= limits.likely_score and n_sources >= limits.likely_sources:
        return VerdictClass.LIKELY
    return VerdictClass.SUSPECTED if score >= limits.suspected_score else VerdictClass.HINT


def _is_capped(case: _Case, judged: Judged | None) -> bool:
    if judged is None:
        return False
    if judged.rule.legal_status == WATCH:
        return True
    is_machine = all(each.source is Source.SCREENING for each in case.supporting)
    return is_machine and judged.rule.category not in FLAGGED


def _settling(
    judged: Judged | None, document: Document | None, limits: FusionLimits
) -> Document | None:
    """Return the document, if it covers the land and no rule says that it is not enough."""
    if document is None or not document.suffices:
        return None
    is_asked = judged is not None and is_open(judged.rule)
    return None if is_asked or document.covered_share < limits.document_share else document


def is_open(rule: Rule) -> bool:
    """Tell whether a rule stands whatever documents cover the land.

    Parameters
    ----------
    rule : Rule
        Any.

    Returns
    -------
    bool
        It weighed the documents and found that they do not settle it.
    """
    return rule.category in FLAGGED or rule.legal_status == CONDITIONAL


def _is_strong(found: VerdictClass) -> bool:
    return CLASSES.index(found) >= CLASSES.index(VerdictClass.SUSPECTED)


def _is_built_on_farmland(signals: Iterable[Evidence], land: LandContext) -> bool:
    return land.is_farmland and any(
        each.claim in BUILT_CLAIMS and not each.is_candidate for each in signals
    )


def _category(claim: Claim, judged: Judged | None) -> Category:
    if judged is not None and judged.rule.category is not Category.REVIEW:
        return judged.rule.category
    return CATEGORY_OF_CLAIM[claim]
