"""From what was screened and what was told to verdicts: plans only, nothing is written."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.conversion_rules import FLAGGED
from inspections.fusion import WATCH, fuse
from inspections.fusion_machine import evidence_of
from inspections.fusion_words import (
    CLASSES,
    Evidence,
    LandContext,
    Unknown,
    VerdictClass,
)
from inspections.fusion_words import Verdict as Said
from inspections.idle_groups import idle_rows, listed_together
from inspections.land_uses import Claim
from inspections.screened_lands import SurveyedLand
from inspections.screening import Screened, ScreeningLimits, unentered
from service.database import thresholds_of
from service.parcels.queries import Moment
from service.records import within
from service.screening import claims, codes, evidence, land, land_contexts, partitions
from service.screening.claims import Claimed
from service.screening.evidence import CASE, Told
from service.screening.land import TownBook
from service.screening.models import Verdict
from service.screening.running import Runner, TownTask
from service.security import whole_system

LEAD_CLASSES = frozenset({VerdictClass.SUSPECTED, VerdictClass.LIKELY, VerdictClass.CONFIRMED})
NO_LEAD_STATUS = frozenset({WATCH, "grace"})
"""Legal status of what is looked at, or still has time: no case is made of it."""
METRES_TO_DEGREES = 1e-5
"""Not less than a degree has of them at these latitudes: for gaps of paths, not for areas."""
GONE_TEXT = "图斑已不在账上(拆分、合并或终止)。"
OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be screened."""

    as_of: date
    season: str
    area_code: str
    folder: Path
    """Of the observations."""
    partitions: Path | None = None
    """Where the land of each town is written for workers elsewhere; None where it goes along."""


@dataclass(frozen=True)
class Draft:
    """A verdict that may have to be written."""

    parcel_uid: UUID
    parcel_version_id: int | None
    area_code: str
    said: Said
    is_farmland: bool = False
    is_lead: bool = False
    signals: tuple[tuple[str, date], ...] = ()
    """Of people, with the day that each is of."""
    imagery: Evidence | None = None
    """What imagery says, if the verdict rests on it too."""
    last_observed_on: date = date.min
    """When what speaks for it was seen last."""

    @property
    def digest(self) -> str:
        """Hash what it says and rests on; not the score, which fades by itself."""
        said = self.said
        told = (
            said.verdict_class,
            said.claim,
            said.category,
            said.severity,
            said.rule_id,
            said.overlap_m2,
            self.is_farmland,
            said.is_urgent,
            said.n_sources,
            said.first_source,
            str(said.first_observed_on),
            said.unknown,
            said.signal_ids,
            said.missing,
            self.parcel_version_id,
        )
        return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


@dataclass
class Plan:
    """What a screening found, before anything is written."""

    wanted: Wanted
    drafts: list[Draft] = field(default_factory=list)
    n_land: int = 0
    n_by_class: Counter[VerdictClass] = field(default_factory=Counter)
    n_unknown: Counter[Unknown] = field(default_factory=Counter)


def planned(session: Session, wanted: Wanted, runner: Runner, on_step: OnStep) -> Plan:
    """Screen an area as of a day; tell how far it is by town."""
    moment = Moment.of(session, wanted.as_of)
    limits = codes.limits(thresholds_of(session))
    with whole_system(session):
        least_share = limits.conversion.approved_least_share
        books = land.books(session, moment, wanted.area_code, least_share=least_share)
        oldest = limits.fusion.oldest_days
        told = evidence.of_parcels(session, moment, wanted.area_code, oldest)
        shut = evidence.unentered(session, moment, wanted.area_code)
        standing = _standing(session, wanted)
        asked = {*told, *shut, *standing}
        tasks = [_task(book, _land(session, book, wanted), wanted, asked, limits) for book in books]
        plan = Plan(wanted)
        for done, (number, screened) in enumerate(runner(tasks), start=1):
            book = books[number]
            found = unentered(screened, {book.row_of[uid] for uid in shut & book.row_of.keys()})
            _judge(session, plan, book, found, told, moment=moment, limits=limits)
            on_step(book.town, done, len(tasks))
    gone = set(standing) - {uid for book in books for uid in book.land.uids}
    nothing = fuse([], LandContext(), wanted.as_of, limits.fusion)
    said = replace(nothing, reasons=(GONE_TEXT,))
    plan.drafts += [Draft(uid, None, standing[uid], said) for uid in gone]
    plan.drafts.sort(key=lambda each: each.parcel_uid)
    return plan


def _standing(session: Session, wanted: Wanted) -> dict[UUID, str]:
    """Return the parcels that have a verdict, and where they lie."""
    query = select(Verdict.parcel_uid, Verdict.area_code).where(
        Verdict.superseded_at.is_(None),
        Verdict.season == wanted.season,
        within(Verdict.area_code, wanted.area_code),
    )
    return {uid: area_code for uid, area_code in session.execute(query)}


def _land(session: Session, book: TownBook, wanted: Wanted) -> SurveyedLand | Path:
    """Return the land of a town, or the partition that it was written to."""
    if wanted.partitions is None:
        return book.land
    shapes = land.shapes_of(session, book.version_ids)
    in_order = np.array([shapes[each] for each in book.version_ids], dtype=object)
    return partitions.write(wanted.partitions, book.town, book.land, in_order)


def _task(
    book: TownBook,
    where: SurveyedLand | Path,
    wanted: Wanted,
    asked: set[UUID],
    limits: ScreeningLimits,
) -> TownTask:
    rows = sorted(book.row_of[uid] for uid in asked if uid in book.row_of)
    return TownTask(
        town=book.town,
        land=where,
        asked=np.array(rows, np.int64),
        folder=wanted.folder,
        season=wanted.season,
        as_of=wanted.as_of,
        rules=codes.rules(),
        limits=limits,
    )


def _judge(
    session: Session,
    plan: Plan,
    book: TownBook,
    screened: Screened,
    told: Mapping[UUID, Sequence[Told]],
    *,
    moment: Moment,
    limits: ScreeningLimits,
) -> None:
    found = _with_groups(session, book, screened, limits)
    claimed = claims.claimed(
        session, book, told, found, moment=moment, rules=codes.rules(), limits=limits
    )
    by_row: dict[int, dict[Claim, Claimed]] = {}
    for (row, claim), each in claimed.items():
        by_row.setdefault(row, {})[claim] = each
    counts = found.n_by_class.copy()
    for place, row in enumerate(found.rows):
        said = told.get(book.land.uids[row], ())
        draft = _draft(book, found, place, said, by_row.get(int(row), {}), limits=limits)
        plan.drafts.append(draft)
        counts[CLASSES[found.machine.verdict_class[place]]] -= 1
        counts[draft.said.verdict_class] += 1
    plan.n_land += found.n_land
    plan.n_by_class.update(counts)
    plan.n_unknown.update(found.n_unknown)


def _with_groups(
    session: Session, book: TownBook, found: Screened, limits: ScreeningLimits
) -> Screened:
    """List idle land that lies together, but for paths between."""
    idle = idle_rows(found.judged)
    ids = [book.version_ids[row] for row in found.rows[idle]]
    found_at = land.shapes_of(session, ids)
    shapes = np.array([found_at[each] for each in ids], dtype=object)
    gap = limits.conversion.idle_gap_m * METRES_TO_DEGREES
    pairs = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap).T
    return listed_together(found, idle, pairs, limits.conversion)


def _draft(
    book: TownBook,
    found: Screened,
    place: int,
    told: Sequence[Told],
    claimed: Mapping[Claim, Claimed],
    *,
    limits: ScreeningLimits,
) -> Draft:
    row = int(found.rows[place])
    seen = evidence_of(found.lands, found.machine, place)
    context = land_contexts.context_of(book, found, place, claimed, is_told=bool(told or seen))
    everything = [*seen, *(each.evidence for each in told)]
    said = fuse(everything, context, found.lands.as_of, limits.fusion)
    ids = set(said.signal_ids)
    return Draft(
        parcel_uid=book.land.uids[row],
        parcel_version_id=book.version_ids[row],
        area_code=book.area_codes[row],
        said=said,
        is_farmland=context.is_farmland,
        is_lead=_is_lead(said, context),
        signals=tuple(
            (each.evidence.signal_id, each.evidence.observed_on)
            for each in told
            if each.evidence.signal_id in ids and not each.evidence.signal_id.startswith(CASE)
        ),
        imagery=next((each for each in seen if each.signal_id in ids), None),
        last_observed_on=max(
            (each.observed_on for each in everything if each.signal_id in ids),
            default=found.lands.as_of,
        ),
    )


def _is_lead(said: Said, context: LandContext) -> bool:
    if said.verdict_class not in LEAD_CLASSES or said.category not in FLAGGED or not said.claim:
        return False
    if any(each.startswith(CASE) for each in said.signal_ids):
        return False  # a case in hand found it, under whatever rule it was opened
    judged = context.judged.get(said.claim)
    return judged is None or judged.rule.legal_status not in NO_LEAD_STATUS
