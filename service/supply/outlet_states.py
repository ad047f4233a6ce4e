"""What an outlet is on a day: the newest of its versions, and who may see it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.security import Role, Viewer
from service.supply.models import Change, Outlet, OutletVersion, Status

VERSION, OUTLET = OutletVersion.__table__, Outlet.__table__
# By table: what an outlet is must not depend on who asks; who may see it is asked below.
_LIFE = (
    select(VERSION, OUTLET.c.opened_on)
    .join(OUTLET, OUTLET.c.id == VERSION.c.outlet_id)
    .where(VERSION.c.outlet_id == bindparam("outlet"))
)
State = Row[Any]
"""A version of an outlet, with the day on which the outlet opened."""


def on(asked: Any, outlet_id: UUID | None = None) -> Select[Any]:
    """Return the query for the state of every outlet on a day, as was known."""
    told = {"as_of": asked.as_of, "known_at": asked.known_at, "outlet": outlet_id}
    given = frozenset(name for name, value in told.items() if value is not None)
    return _on(given).params({name: told[name] for name in given})


@cache
def _on(given: frozenset[str]) -> Select[Any]:
    """Make the query once for each set of what is given: making it takes longer than it runs."""
    newest = func.row_number().over(
        partition_by=VERSION.c.outlet_id,
        # A double was one from its first day, whatever else was told of it.
        order_by=(
            case((VERSION.c.change == Change.MERGED, 0), else_=1),
            VERSION.c.valid_from.desc(),
            VERSION.c.recorded_at.desc(),
            VERSION.c.id.desc(),
        ),
    )
    wanted = select(VERSION, newest.label("place")).where(
        VERSION.c.valid_from <= bindparam("as_of")
    )
    if "known_at" in given:
        wanted = wanted.where(VERSION.c.recorded_at <= bindparam("known_at"))
    if "outlet" in given:
        wanted = wanted.where(VERSION.c.outlet_id == bindparam("outlet"))
    ranked = wanted.subquery()
    found = select(ranked, OUTLET.c.opened_on).join(OUTLET, OUTLET.c.id == ranked.c.outlet_id)
    return found.where(ranked.c.place == 1)


@cache
def _seats(given: frozenset[str]) -> Select[Any]:
    state = _on(given).subquery().c
    return select(state.outlet_id, state.seat_code, state.status)


def is_in_view(session: Session, state: Any) -> bool:
    """Tell whether the viewer may see an outlet that is in this state."""
    if session.info.get("is_system"):
        return True
    viewer: Viewer | None = session.info.get("viewer")
    if viewer is None or not viewer.covers(state.seat_code):
        return False
    return viewer.role is not Role.OUTLET or viewer.outlet_id == state.outlet_id


@dataclass(frozen=True)
class Seat:
    """Where a ledger's shop was in business: a double's ledger is that of the outlet it is."""

    outlet_id: UUID
    code: str


def seats(session: Session, asked: Any, *, area: str = "") -> dict[UUID, Seat]:
    """Return ledger -> shop, of every outlet in view that was in business on a day."""
    told = {"as_of": asked.as_of} | ({"known_at": asked.known_at} if asked.known_at else {})
    found = {
        row.outlet_id: Seat(row.outlet_id, row.seat_code)
        for row in session.execute(_seats(frozenset(told)), told)
        if row.status is Status.ACTIVE
        and row.seat_code.startswith(area)
        and is_in_view(session, row)
    }
    same = doubles(session, asked.known_at)
    return found | {double: found[kept] for double, kept in same.items() if kept in found}


@dataclass(frozen=True)
class Life:
    """All versions of one outlet: cheaper to read at once than to ask for a day of it."""

    versions: tuple[State, ...]

    def on(self, day: date) -> State | None:
        """Return its state on a day; None before it opened."""
        begun = [each for each in self.versions if each.valid_from <= day]
        return max(
            begun,
            key=lambda each: (
                each.change is Change.MERGED,
                each.valid_from,
                each.recorded_at,
                each.id,
            ),
            default=None,
        )


def life(session: Session, outlet_id: UUID) -> Life:
    """Return the life of an outlet in view, or say that there is none."""
    found = Life(tuple(session.execute(_LIFE, {"outlet": outlet_id})))
    newest = found.on(date.max)
    if newest is None or not is_in_view(session, newest):
        raise NotFound("没有这个网点;请核对编号", outlet_id=str(outlet_id))
    return found


def doubles(session: Session, known_at: datetime | None = None) -> dict[UUID, UUID]:
    """Return a double of the register -> the outlet that it is, as was known at an instant."""
    wanted = select(VERSION.c.outlet_id, VERSION.c.merged_into_id).where(
        VERSION.c.merged_into_id.is_not(None)
    )
    if known_at is not None:
        wanted = wanted.where(VERSION.c.recorded_at <= known_at)
    told: dict[UUID, UUID] = {double: kept for double, kept in session.execute(wanted)}
    return {each: _last(each, told) for each in told}


def _last(outlet_id: UUID, told: dict[UUID, UUID]) -> UUID:
    while outlet_id in told:
        outlet_id = told[outlet_id]
    return outlet_id
