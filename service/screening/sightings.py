"""What the product itself saw, put into the book of signals beside what people told."""

from collections.abc import Iterable
from uuid import UUID, uuid5

import shapely
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.case_words import Source as SeenBy
from inspections.fusion_machine import ORIGIN
from inspections.fusion_words import Evidence
from inspections.land_uses import Claim
from inspections.signal_matches import ParcelMatch
from inspections.signals import MatchState, Source
from service.cases.lead_schemas import SignalSeen
from service.cases.standing import midnight
from service.records import NAMESPACE
from service.screening import land
from service.screening.judging import Draft
from service.signals.recording import Said, Spot, record_signals

CHANNEL = "imagery"


def signal_id(uid: UUID, season: str, claim: Claim) -> UUID:
    """Return the id of what imagery shows of a parcel in a season: once for each claim."""
    return uuid5(NAMESPACE, f"{ORIGIN}:{season}:{uid}:{claim}")


def seen(draft: Draft, season: str) -> tuple[SignalSeen, ...]:
    """Return what imagery shows of a parcel, as a case hears of it."""
    if draft.imagery is None:
        return ()
    told = SignalSeen(
        signal_id=signal_id(draft.parcel_uid, season, draft.imagery.claim),
        source=SeenBy.SCREENING,
        seen_at=midnight(draft.imagery.first_on),
        again_at=midnight(draft.imagery.observed_on),
        quality=draft.imagery.quality,
    )
    return (told,)


def record(session: Session, season: str, drafts: Iterable[Draft]) -> int:
    """Write a signal for what imagery shows of land that becomes a lead; return how many are new.

    A signal is what was seen first: it is not written again while the images go on to show it.
    """
    made = [
        (each, each.imagery, each.parcel_version_id)
        for each in drafts
        if each.is_lead and each.imagery is not None and each.parcel_version_id is not None
    ]
    shapes = land.shapes_of(session, [version_id for _, _, version_id in made])
    said = [_said(each, seen, season, shapes[version_id]) for each, seen, version_id in made]
    return sum(is_new for _, is_new in record_signals(session, said))


def _said(draft: Draft, shown: Evidence, season: str, shape: shapely.Geometry) -> Said:
    (area_m2,) = ellipsoid.areas_m2([shape])
    whole = ParcelMatch(draft.parcel_uid, float(area_m2), 1.0, 0.0, 1.0, MatchState.MATCHED)
    return Said(
        Source.SCREENING,
        CHANNEL,
        draft.area_code,
        shown.claim,
        midnight(shown.observed_on),
        shown.quality,
        Spot(shape),
        id=signal_id(draft.parcel_uid, season, shown.claim),
        note=f"影像筛查:{shown.first_on} 起",
        parcels=((whole, draft.area_code),),
    )
