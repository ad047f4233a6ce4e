"""Reading features of a collection: those in the viewer's area, as known now.

All statements are ORM selects of the models, so that every one is bound to the viewer's area.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, or_, select, table
from sqlalchemy.orm import Session

from service import space
from service.errors import NotFound
from service.geopackage import rtree_name
from service.maps.ogc_collections import Collection
from service.maps.ogc_parameters import Asked, Days, Prefix
from service.parcels.models import Approval, ImportState, LandImport
from service.parcels.queries import Moment
from service.security import AFTER_ANY_DIGIT

EXTENT_PLACES = 4
"""Of a degree. The R*Tree rounds outwards to single precision, so an extent is told coarsely
enough for both engines to tell the same."""
MAX_ID = 2**63 - 1
WHOLE = re.compile("[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Extent:
    """Where and when the features of a collection lie."""

    box: tuple[float, float, float, float]
    first: date | None
    last: date | None


@dataclass(frozen=True)
class PageOfFeatures:
    """Rows of (id, WKB, properties...) in the order of their ids, and how many there are."""

    rows: Sequence[Sequence[Any]]
    n_matched: int


def _known(collection: Collection, moment: Moment) -> list[ColumnElement[bool]]:
    """Return the criteria that a row is in the book at all."""
    model: Any = collection.model
    if not collection.is_dated:
        # By table: who may see a finding is decided by the finding's area, not the file's.
        imports = LandImport.__table__.c
        committed = select(imports.id).where(imports.state == ImportState.COMMITTED)
        return [model.geometry.is_not(None), model.import_id.in_(committed)]
    criteria = [model.recorded_at <= moment.known_at]
    if model is Approval:
        criteria.append(or_(model.ended_at.is_(None), model.ended_at > moment.known_at))
    return criteria


def holds(collection: Collection, days: Days, moment: Moment) -> list[ColumnElement[bool]]:
    """Return the criteria that a row is valid on some of the days, as known at an instant.

    Rows without validity are on every day (/req/core/fc-time-response).
    """
    criteria = _known(collection, moment)
    if not collection.is_dated:
        return criteria
    model: Any = collection.model
    if days.last is not None:
        criteria.append(model.valid_from <= days.last)
    ends_late = model.valid_to > model.valid_from  # or it was never valid on any day
    if days.first is not None:
        ends_late = and_(ends_late, model.valid_to > days.first)
    ends = [model.valid_to.is_(None), ends_late]
    if model is not Approval:
        ends.append(model.ended_at > moment.known_at)
    return [*criteria, or_(*ends)]


def _matches(collection: Collection, name: str, value: Any) -> ColumnElement[bool]:
    found = collection.column(name)
    if not isinstance(value, Prefix):
        return found == value  # type: ignore[no-any-return]
    if name == "area_code" and value.isascii() and value.isdigit():
        return and_(found >= str(value), found < value + AFTER_ANY_DIGIT)
    # Not LIKE, which folds case on one engine and not on the other.
    return func.substr(found, 1, len(value)) == str(value)


def _selected(collection: Collection, asked: Asked, moment: Moment) -> list[ColumnElement[bool]]:
    days = asked.days or Days(moment.on, moment.on)
    criteria = holds(collection, days, moment)
    geometry = collection.column("geometry")
    if asked.box:
        criteria.append(or_(*(space.intersects(geometry, part) for part in asked.box)))
    criteria += [_matches(collection, name, value) for name, value in asked.filters.items()]
    return criteria


def _rows(collection: Collection) -> Select[Any]:
    columns = [collection.column(field.name) for field in collection.fields]
    return select(
        collection.column("id"), space.wkb_of(collection.column("geometry")), *columns
    ).order_by(collection.column("id"))


def page(session: Session, collection: Collection, asked: Asked) -> PageOfFeatures:
    """Return one page of the features asked for."""
    criteria = _selected(collection, asked, Moment.of(session))
    n_matched = session.scalar(select(func.count(collection.column("id"))).where(*criteria)) or 0
    if asked.offset >= n_matched:
        return PageOfFeatures([], n_matched)
    # The keys first: PostgreSQL would make the columns of all the rows that are passed over.
    key = collection.column("id")
    keys = select(key).where(*criteria).order_by(key).offset(asked.offset).limit(asked.limit)
    return PageOfFeatures(session.execute(_rows(collection).where(key.in_(keys))).all(), n_matched)


def feature(session: Session, collection: Collection, feature_id: str) -> Sequence[Any]:
    """Return the row of one feature, of whichever day, or say that there is none."""
    is_id = WHOLE.fullmatch(feature_id) and int(feature_id) <= MAX_ID
    if is_id:
        criteria = holds(collection, Days(None, None), Moment.of(session))
        key = collection.column("id") == int(feature_id)
        found = session.execute(_rows(collection).where(key, *criteria)).first()
        if found is not None:
            return found
    raise NotFound(f"图层 {collection.id} 里没有这个要素;请核对编号")


def extent(session: Session, collection: Collection) -> Extent | None:
    """Return where and when all versions lie; none where the collection is empty."""
    key = collection.column("id")
    query = select(func.count(key)).where(*_known(collection, Moment.of(session)))
    if collection.is_dated:
        begins, ends = collection.column("valid_from"), collection.column("valid_to")
        query = query.add_columns(func.min(begins), func.max(ends), func.count(ends))
    on_engine = _with_tree if session.get_bind().dialect.name == "sqlite" else _with_box
    n, *found = session.execute(on_engine(query, collection)).one()
    if not n:
        return None
    first, last, n_ended = found[:-4] if collection.is_dated else (None, None, 0)
    return Extent(_outwards(found[-4:]), first, last if n_ended == n else None)


def _with_tree(query: Select[Any], collection: Collection) -> Select[Any]:
    """Ask the R*Tree for the edges: the blobs themselves need not be read."""
    model: Any = collection.model
    columns: list[Any] = [column(name) for name in ("id", "minx", "miny", "maxx", "maxy")]
    tree = table(rtree_name(model.__tablename__, "geometry"), *columns)
    lows, highs = (tree.c.minx, tree.c.miny), (tree.c.maxx, tree.c.maxy)
    edges = [*(func.min(each) for each in lows), *(func.max(each) for each in highs)]
    of_row = tree.c.id == collection.column("id")
    return query.add_columns(*edges).select_from(model).join(tree, of_row)


def _with_box(query: Select[Any], collection: Collection) -> Select[Any]:
    box = func.ST_Extent(collection.column("geometry"))
    return query.add_columns(
        func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)
    )


def _outwards(edges: Sequence[float]) -> tuple[float, float, float, float]:
    scale = 10**EXTENT_PLACES
    west, south = (math.floor(edge * scale) / scale for edge in edges[:2])
    east, north = (math.ceil(edge * scale) / scale for edge in edges[2:])
    return west, south, east, north
