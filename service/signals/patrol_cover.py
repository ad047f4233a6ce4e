"""How much basic farmland the patrols of a period went through, from their kept tracks."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from inspections.patrol_coverage import Grid, Pieces, TownCoverage, by_town, grid, last_seen, pieces
from inspections.patrols import Cell, cells_of_track
from service import audit
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Invalid
from service.parcels.models import FarmlandVersion
from service.parcels.queries import Moment, valid
from service.records import today, within
from service.schemas import civil_day
from service.security import whole_system
from service.signals.models import Patrol
from service.signals.patrol_schemas import PatrolCoverageRead, TownCoverageRead, UnseenCellRead
from service.signals.queries import end_of
from service.space import wkb_of

TOWN = 9
BULK = 5000
MAX_GRIDS = 8
FARMLAND, GRIDS, TRACKS = "farmland_pieces", "farmland_grids", "patrol_cells"
"""Land and tracks never change once they stand: what they cover is worked out once."""
ONE_DAY = timedelta(days=1)
IN_ORDER = (Patrol.started_at, Patrol.id)


@dataclass(frozen=True)
class Period:
    """Which patrols count: by their first day; and what was known of them."""

    since: date
    until: date
    known_at: datetime | None = None


@dataclass(frozen=True)
class Walked:
    """One patrol and the cells that it went through."""

    patrol_id: UUID
    day: date
    area_code: str
    cells: frozenset[Cell]


def period(session: Session, since: date | None, until: date | None) -> Period:
    """Return the period asked for; this year until today where nothing is."""
    ends = until or today(session)
    starts = since or date(ends.year, 1, 1)
    if ends < starts:
        raise Invalid("起始日期不能晚于截止日期", field="since")
    return Period(starts, ends)


def coverage(session: Session, area_code: str, asked: Period) -> list[TownCoverage]:
    """Return how much of each town of an area was seen.

    Whoever asks, all patrols count, and a cell on the border of two towns is of one of them: a
    town's figure is the same in its county's table and by itself.
    """
    areas.refuse_out_of_view(session, area_code)
    if len(area_code) > TOWN:
        raise Invalid("巡查覆盖按县、按镇算,不分村", field="area")
    # In both, what comes later is another key: the head of the ledger moves with every write.
    key = ("patrol coverage", asked)
    found = audit.until_the_next_write(session, key, lambda: _by_town(session, asked))
    return [each for each in found if each.town.startswith(area_code)]


def _by_town(session: Session, asked: Period) -> list[TownCoverage]:
    seen = last_seen([(each.day, each.cells) for each in walked(session, asked)])
    return by_town(_farmland(session, Moment.of(session, asked.until, asked.known_at)), seen)


def _farmland(session: Session, moment: Moment) -> Grid:
    """Return the grid of the basic farmland of a day.

    Of one state of the book, what has begun and what has ended only grow with the day: how many
    they are tells which, and the days of a series need not each read all of it.
    """
    version, known_at = FarmlandVersion, moment.known_at
    has_begun = (version.valid_from <= moment.on) & (version.recorded_at <= known_at)
    is_known = or_(version.ended_at.is_(None), version.ended_at <= known_at)
    has_ended = (version.valid_to <= moment.on) & is_known
    with whole_system(session):
        n = tuple(
            session.scalar(select(func.count()).select_from(version).where(each))
            for each in (has_begun, has_ended)
        )
    key = ("farmland grid", known_at, n)
    return audit.until_the_next_write(session, key, lambda: _kept_grid(session, moment))


def _kept_grid(session: Session, moment: Moment) -> Grid:
    """Return a grid that is made once for each book, however often anything else is written."""
    query = select(FarmlandVersion.id).where(valid(FarmlandVersion, moment))
    with whole_system(session):
        ids = session.scalars(query.order_by(FarmlandVersion.id)).all()
    key = hashlib.sha256(np.array(ids, np.int64).tobytes()).hexdigest()
    kept: dict[Any, Grid] = session.info["database"].kept.setdefault(GRIDS, {})
    if key not in kept:
        made = _grid(session, ids)
        if len(kept) >= MAX_GRIDS:
            kept.clear()
        kept[key] = made
        return made
    return kept[key]


def _grid(session: Session, ids: Sequence[int]) -> Grid:
    if not ids:
        return Grid([], [])
    kept = _pieces_of(session, ids)
    parts = [kept[each] for each in ids]
    return grid(
        np.concatenate([each.column for _, each in parts]),
        np.concatenate([each.row for _, each in parts]),
        np.concatenate([each.area_m2 for _, each in parts]),
        [town for town, each in parts for _ in each.column],
    )


def _pieces_of(session: Session, ids: Sequence[int]) -> dict[Any, tuple[str, Pieces]]:
    """Return the town of each version and what the grid cuts it into; once per server."""
    kept: dict[Any, tuple[str, Pieces]] = session.info["database"].kept.setdefault(FARMLAND, {})
    missing = [each for each in ids if each not in kept]
    size = thresholds_of(session).signals.patrol.cell_deg
    for start in range(0, len(missing), BULK):
        some = missing[start : start + BULK]
        with whole_system(session):
            version = FarmlandVersion
            query = select(version.id, version.area_code, wkb_of(version.geometry))
            rows = session.execute(query.where(version.id.in_(some))).all()
        found = pieces(list(shapely.from_wkb([blob for *_, blob in rows])), cell_deg=size)
        ends = np.searchsorted(found.shape, np.arange(len(rows) + 1))
        for at, (one, code, _) in enumerate(rows):
            own = slice(ends[at], ends[at + 1])
            parts = (found.shape[own], found.column[own], found.row[own], found.area_m2[own])
            kept[one] = code[:TOWN], Pieces(*parts)
    return kept


def walked(session: Session, asked: Period) -> list[Walked]:
    """Return the patrols of a period with the cells that each went through, the first first.

    Of the whole county, whoever asks: to be counted together, never to be shown one by one.
    """
    with whole_system(session):
        query = select(Patrol.id, Patrol.started_at, Patrol.area_code)
        rows = session.execute(query.where(*_of_period(asked)).order_by(*IN_ORDER)).all()
        cells = _cells_of(session, [patrol for patrol, _, _ in rows])
    return [Walked(patrol, civil_day(at), area, cells[patrol]) for patrol, at, area in rows]


def patrols_of(session: Session, area_code: str, asked: Period) -> list[Patrol]:
    """Return the patrols that were entered for an area in a period, the first first."""
    query = select(Patrol).where(within(Patrol.area_code, area_code), *_of_period(asked))
    return list(session.scalars(query.order_by(*IN_ORDER)))


def _of_period(asked: Period) -> Iterator[ColumnElement[bool]]:
    yield Patrol.started_at >= end_of(asked.since - ONE_DAY)
    yield Patrol.started_at < end_of(asked.until)
    if asked.known_at is not None:
        yield Patrol.recorded_at <= asked.known_at


def _cells_of(session: Session, ids: Sequence[UUID]) -> dict[Any, frozenset[Cell]]:
    """Return the cells of each track; each is worked out once per server."""
    kept: dict[Any, frozenset[Cell]] = session.info["database"].kept.setdefault(TRACKS, {})
    missing = [each for each in ids if each not in kept]
    limits = thresholds_of(session).signals
    for start in range(0, len(missing), BULK):
        some = missing[start : start + BULK]
        query = select(Patrol.id, wkb_of(Patrol.track)).where(Patrol.id.in_(some))
        for patrol, blob in session.execute(query):
            lonlat = shapely.get_coordinates(shapely.from_wkb(blob) if blob else None)
            kept[patrol] = cells_of_track(
                lonlat, limits.patrol, longest_join_m=limits.patrol_join_m
            )
    return kept


def shown(
    session: Session, area_code: str, asked: Period, *, offset: int, limit: int
) -> PatrolCoverageRead:
    """Return the coverage of an area by town, and a page of the cells that nobody went through."""
    found = coverage(session, area_code, asked)
    names = areas.names_of(session, {each.town for each in found})
    size = thresholds_of(session).signals.patrol.cell_deg
    unseen = [(each.town, cell) for each in found for cell in each.unseen]
    n_cells, n_seen = (sum(getattr(e, name) for e in found) for name in ("n_cells", "n_seen"))
    return PatrolCoverageRead(
        area_code=area_code,
        since=asked.since,
        until=asked.until,
        n_cells=n_cells,
        n_seen=n_seen,
        share=_share(n_seen, n_cells),
        last_seen_on=max((e.last_seen_on for e in found if e.last_seen_on), default=None),
        towns=[
            TownCoverageRead(
                area_code=each.town,
                name=names.get(each.town, each.town),
                n_cells=each.n_cells,
                n_seen=each.n_seen,
                share=_share(each.n_seen, each.n_cells),
                last_seen_on=each.last_seen_on,
            )
            for each in found
        ],
        n_unseen=len(unseen),
        unseen=[_cell(town, cell, size) for town, cell in unseen[offset : offset + limit]],
        next=str(offset + limit) if len(unseen) > offset + limit else None,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _cell(town: str, cell: Cell, size: float) -> UnseenCellRead:
    west, south, east, north = (
        round(edge * size, 6) for edge in (cell[0], cell[1], cell[0] + 1, cell[1] + 1)
    )
    return UnseenCellRead(area_code=town, west=west, south=south, east=east, north=north)
