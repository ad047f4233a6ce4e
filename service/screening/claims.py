"""What people claim of land, put to the same rules as what imagery sees."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo import ellipsoid
from inspections.conversion import judge
from inspections.conversion_lands import Lands
from inspections.conversion_rules import Rule
from inspections.fusion_machine import judged_of
from inspections.fusion_words import USE_OF_CLAIM, Judged
from inspections.land_uses import USES, Claim, Use
from inspections.screening import Screened, ScreeningLimits
from service.parcels.models import Approval
from service.parcels.queries import Moment
from service.screening import titles
from service.screening.evidence import Told
from service.screening.land import TownBook, shapes_of
from service.screening.titles import Piece, Title


@dataclass(frozen=True)
class Claimed:
    """What the rules say of a parcel under one claim."""

    use: Use
    judged: Judged
    is_farmland: bool
    is_covered: bool
    titles: Sequence[Title]
    changed_m2: float


@dataclass(frozen=True)
class _Asked:
    """One claim on one row of a town's book."""

    row: int
    claim: Claim
    use: Use
    changed_m2: float
    farmland_m2: float
    titles: Sequence[Title]
    first_seen: date
    last_seen: date
    began_after: date | None


def claimed(
    session: Session,
    book: TownBook,
    told: Mapping[UUID, Sequence[Told]],
    found: Screened,
    *,
    moment: Moment,
    rules: tuple[Rule, ...],
    limits: ScreeningLimits,
) -> dict[tuple[int, Claim], Claimed]:
    """Return what the rules say of each row of a town under each claim that is made of it."""
    rows = {book.row_of[uid]: some for uid, some in told.items() if uid in book.row_of}
    pieces = _pieces(session, moment, book, sorted(rows))
    asked = [
        each
        for row, some in sorted(rows.items())
        for each in _asked(
            book, row, some, pieces[row], moment.on, limits.conversion.approved_least_share
        )
    ]
    if not asked:
        return {}
    lands = _lands(book, found, asked, moment.on)
    judged = judge(lands, rules, limits.conversion)
    return {
        (each.row, each.claim): Claimed(
            each.use,
            judged_of(judged, place),
            bool(judged.is_farmland[place]),
            bool(judged.is_covered[place]),
            each.titles,
            each.changed_m2,
        )
        for place, each in enumerate(asked)
    }


def _pieces(
    session: Session, moment: Moment, book: TownBook, rows: Sequence[int]
) -> dict[int, Piece]:
    ids = [book.version_ids[row] for row in rows]
    farmland = titles.farmland_of(session, moment, ids)
    shapes = shapes_of(session, ids)
    return {row: Piece(shapes[each], farmland[each]) for row, each in zip(rows, ids, strict=True)}


def _asked(
    book: TownBook,
    row: int,
    told: Sequence[Told],
    piece: Piece,
    as_of: date,
    least_share: float,
) -> Iterable[_Asked]:
    by_claim: dict[Claim, list[Told]] = defaultdict(list)
    for each in told:
        if each.evidence.claim in USE_OF_CLAIM and each.evidence.ending is None:
            by_claim[each.evidence.claim].append(each)
    for claim, some in by_claim.items():
        days = [each.evidence.observed_on for each in some]
        first = min(each.evidence.first_on for each in some)
        drawn = [each.geometry for each in some if each.geometry is not None]
        if drawn:
            over = book.approvals.get(row, ())
            made = _drawn(piece, drawn, over, as_of, least_share=least_share)
        else:
            made = _pointed(book, row, some)
        yield _Asked(row, claim, _use(claim, some), *made, first, max(days), _began_after(some))


def _use(claim: Claim, told: Sequence[Told]) -> Use:
    """Return the use that the newest signal tells which tells more than its claim."""
    some = sorted(told, key=lambda each: (each.evidence.observed_on, each.evidence.signal_id))
    more = [each.use for each in some if each.use not in (None, USE_OF_CLAIM[claim])]
    return next((each for each in reversed(more) if each), USE_OF_CLAIM[claim])


def _began_after(told: Sequence[Told]) -> date | None:
    """Return the last day on which somebody saw that it was not there yet.

    Whoever tells of an orchard today tells nothing of its age; a monitoring patch compares with
    an image of before.
    """
    days = [each.before_on for each in told if each.before_on is not None]
    return max(days, default=None)


def _drawn(
    piece: Piece,
    drawn: Sequence[shapely.Geometry],
    approvals: Sequence[Approval],
    as_of: date,
    *,
    least_share: float,
) -> tuple[float, float, Sequence[Title]]:
    """Measure the part of the parcel that signals drew."""
    changed = shapely.intersection(piece.geometry, shapely.union_all(drawn))
    part = Piece(changed, piece.farmland)
    farmland = shapely.intersection(changed, piece.farmland)
    changed_m2, farmland_m2 = ellipsoid.areas_m2([titles.areal(changed), titles.areal(farmland)])
    over = titles.titles(part, approvals, as_of, least_share=least_share)
    return float(changed_m2), float(farmland_m2), over


def _pointed(
    book: TownBook, row: int, told: Sequence[Told]
) -> tuple[float, float, Sequence[Title]]:
    """Take of a parcel that signals only point at as much as they say, evenly from all of it."""
    whole = float(book.land.area_m2[row])
    said = [each.area_m2 for each in told if each.area_m2]
    changed = min(max(said), whole) if said else whole
    part = changed / whole if whole else 0.0
    scaled = [
        replace(
            each,
            covered_m2=each.covered_m2 * part,
            covered_farmland_m2=each.covered_farmland_m2 * part,
        )
        for each in book.titles.get(row, ())
    ]
    return changed, float(book.land.farmland_m2[row]) * part, scaled


def _lands(book: TownBook, found: Screened, asked: Sequence[_Asked], as_of: date) -> Lands:
    rows = np.array([each.row for each in asked])
    # Every row that somebody speaks of was asked for, so it was kept.
    seen = found.lands.take(np.searchsorted(found.rows, np.unique(rows)))
    place = np.searchsorted(np.unique(rows), rows)
    uses = [USES.index(each.use) for each in asked]
    return Lands.of(
        len(asked),
        as_of,
        class_names=book.land.class_names,
        attribute_names=book.land.attribute_names,
        base_class=book.land.base_class[rows],
        attribute=book.land.attribute[rows],
        changed_m2=np.array([each.changed_m2 for each in asked]),
        farmland_m2=np.array([each.farmland_m2 for each in asked]),
        use=np.array(uses, np.uint8),
        confidence=np.float32(1),
        first_seen=np.array([each.first_seen for each in asked], "M8[D]"),
        last_seen=np.array([each.last_seen for each in asked], "M8[D]"),
        began_after=np.array([each.began_after or "NaT" for each in asked], "M8[D]"),
        n_grain_cycles=seen.n_grain_cycles[place],
        n_idle_seasons=seen.n_idle_seasons[place],
        approvals=titles.laid_out({place: each.titles for place, each in enumerate(asked)}),
    )
