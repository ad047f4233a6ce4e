"""What the rules and approvals say of a parcel, under each claim that is made of it."""

from collections.abc import Mapping

from inspections.conversion_approvals import cutting_kinds
from inspections.fusion import CLAIMS
from inspections.fusion_machine import judged_of
from inspections.fusion_words import (
    CLASSES,
    UNKNOWNS,
    Document,
    LandContext,
    Unknown,
    VerdictClass,
)
from inspections.land_uses import USES, Claim
from inspections.screening import Screened
from service.screening import codes
from service.screening.claims import Claimed
from service.screening.land import TownBook

IS_UNKNOWN = CLASSES.index(VerdictClass.UNKNOWN)


def context_of(
    book: TownBook,
    found: Screened,
    place: int,
    claimed: Mapping[Claim, Claimed],
    *,
    is_told: bool,
) -> LandContext:
    """Return what a verdict has to know of a screened parcel, beside its signals."""
    all_claimed = _seen(book, found, place) | dict(claimed)
    documents: dict[Claim, Document] = {}
    for claim, each in all_claimed.items():
        documents |= _document(claim, each)
    is_unknown = found.machine.verdict_class[place] == IS_UNKNOWN
    why = int(found.unknown[place])
    is_asked = is_told or is_unknown or why == UNKNOWNS.index(Unknown.NO_ACCESS)
    unknown = UNKNOWNS[why] if why >= 0 and is_asked else None
    return LandContext(
        is_farmland=any(each.is_farmland for each in all_claimed.values()),
        judged={claim: each.judged for claim, each in all_claimed.items()},
        documents=documents,
        unknown=unknown,
    )


def _seen(book: TownBook, found: Screened, place: int) -> dict[Claim, Claimed]:
    """Return what imagery claims of a parcel, as if somebody had said so."""
    if not found.machine.is_signal[place]:
        return {}
    row = int(found.rows[place])
    claimed = Claimed(
        USES[found.lands.use[place]],
        judged_of(found.judged, place),
        bool(found.judged.is_farmland[place]),
        bool(found.judged.is_covered[place]),
        book.titles.get(row, ()),
        float(book.land.area_m2[row]),
    )
    return {CLAIMS[found.machine.claim[place]]: claimed}


def _document(claim: Claim, claimed: Claimed) -> dict[Claim, Document]:
    """Return the approval that covers most, of the kinds that may settle such a use."""
    kinds = cutting_kinds(codes.rules())[claimed.use]
    over = [each for each in claimed.titles if each.kind in kinds]
    if not over or not claimed.changed_m2:
        return {}
    most = max(over, key=lambda each: (each.covered_m2, each.kind))
    share = min(most.covered_m2 / claimed.changed_m2, 1.0)
    return {claim: Document(most.text, most.number, share, suffices=claimed.is_covered)}
