"""How many outlets there are on a day, and what about them wants attention."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.database import thresholds_of
from service.parcels.models import AreaOutline
from service.records import standing
from service.supply import outlets, stock_marks, stock_positions
from service.supply.models import Category, Licence, Status
from service.supply.outlet_schemas import OutletCounts, OutletFinding, OutletRead
from service.supply.outlets import CATEGORY_TEXT, LICENCE_TEXT, TOWN, Question
from service.supply.stock import NOTHING

FINDING_TEXT = {
    "expiring": "{what} {day} 到期",
    "without_basis": "经营{what},没有有效的许可或备案",
    "selling_outside_scope": "台账有{what} {kg} 公斤,没有经营这类产品的有效许可或备案",
    "without_place": "没有位置",
    "outside_town": "位置不在所属的镇",
}


def counts(session: Session, asked: Question, *, area: str = "") -> OutletCounts:
    """Count the outlets of a day, whole and by category and town."""
    states = outlets.on_day(session, asked, area=area)
    active = [each for each in states.values() if each.status is Status.ACTIVE]
    kinds = Counter(each.finding for each in findings(session, asked, area=area))
    return OutletCounts(
        as_of=asked.as_of,
        known_at=asked.known_at,
        n_active=len(active),
        by_category={
            category: sum(category in each.licensed for each in active) for category in Category
        },
        by_town=dict(sorted(Counter(each.area_code[:TOWN] for each in active).items())),
        n_suspended=sum(each.status is Status.SUSPENDED for each in states.values()),
        n_expiring=kinds["expiring"],
        n_without_basis=kinds["without_basis"],
        n_selling_outside_scope=kinds["selling_outside_scope"],
        n_without_place=kinds["without_place"],
        n_outside_town=kinds["outside_town"],
    )


def findings(session: Session, asked: Question, *, area: str = "") -> list[OutletFinding]:
    """List what about the active outlets of a day wants attention."""
    states = outlets.on_day(session, asked, area=area)
    active = {key: each for key, each in states.items() if each.status is Status.ACTIVE}
    outlines = _outlines(session, asked.as_of)
    found = [each for outlet in active.values() for each in _of_register(outlet, outlines)]
    for (outlet_id, category), kg in _outside_scope(session, asked, area).items():
        said = {"what": CATEGORY_TEXT[category], "kg": kg}
        found.append(_finding(active[outlet_id], "selling_outside_scope", **said))
    for licence in _expiring(session, asked):
        outlet = active.get(licence.outlet_id)
        if outlet is not None:
            said = {"what": LICENCE_TEXT[licence.kind], "day": licence.valid_to}
            found.append(_finding(outlet, "expiring", **said))
    return found


def _of_register(
    outlet: OutletRead, outlines: dict[str, shapely.Geometry]
) -> Iterator[OutletFinding]:
    for category in outlet.categories:
        if category not in outlet.licensed:
            yield _finding(outlet, "without_basis", what=CATEGORY_TEXT[category])
    if outlet.lon is None:
        yield _finding(outlet, "without_place")
    elif _is_outside(outlet, outlines):
        yield _finding(outlet, "outside_town")


def _finding(outlet: OutletRead, kind: str, **words: object) -> OutletFinding:
    return OutletFinding(
        outlet_id=outlet.id,
        name=outlet.name,
        area_code=outlet.area_code,
        finding=kind,
        text=FINDING_TEXT[kind].format(**words),
    )


def _outside_scope(
    session: Session, asked: Question, area: str
) -> dict[tuple[UUID, Category], Decimal]:
    """Return what outlets hold by their ledgers without a valid basis: outlet, category -> kg."""
    held: dict[tuple[UUID, Category], Decimal] = {}
    for each in stock_positions.positions(session, asked, area=area):
        if stock_marks.is_outside_scope(each):
            key = (each.outlet.id, each.product.category)
            held[key] = held.get(key, NOTHING) + each.state.closing_kg
    return held


def _expiring(session: Session, asked: Question) -> list[Licence]:
    until = asked.as_of + timedelta(days=thresholds_of(session).outlets.expiring_days)
    wanted = standing(Licence, asked.known_at).where(
        Licence.valid_from <= asked.as_of,
        Licence.valid_to >= asked.as_of,
        Licence.valid_to <= until,
    )
    found = list(session.scalars(wanted.order_by(Licence.valid_to, Licence.id)))
    later = standing(Licence, asked.known_at).where(
        Licence.outlet_id.in_({each.outlet_id for each in found}),
        (Licence.valid_to > until) | Licence.valid_to.is_(None),
    )
    renewed = {(each.outlet_id, each.kind, each.scope) for each in session.scalars(later)}
    return [each for each in found if (each.outlet_id, each.kind, each.scope) not in renewed]


def _outlines(session: Session, on: date) -> dict[str, shapely.Geometry]:
    """Return town code -> outline; where the survey has none for a town, nothing is said."""
    wanted = select(AreaOutline).where(
        func.length(AreaOutline.area_code) == TOWN,
        AreaOutline.valid_from <= on,
        (AreaOutline.valid_to.is_(None)) | (AreaOutline.valid_to > on),
        AreaOutline.ended_at.is_(None),
    )
    return {each.area_code: each.geometry for each in session.scalars(wanted)}


def _is_outside(outlet: OutletRead, outlines: dict[str, shapely.Geometry]) -> bool:
    outline = outlines.get(outlet.area_code[:TOWN])
    return outline is not None and not shapely.contains_xy(outline, outlet.lon, outlet.lat)
