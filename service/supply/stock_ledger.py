"""The ledger itself: its events, and what each day left."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    select,
)
from sqlalchemy.orm import Session

from service.supply import outlets
from service.supply.outlets import Question
from service.supply.stock_models import StockEvent
from service.supply.stock_rollups import DAY, STATE
from service.supply.stock_schemas import DayRead


@dataclass(frozen=True)
class Search:
    """Which events are asked for."""

    since: date
    as_of: date
    known_at: datetime | None = None
    outlet_id: UUID | None = None
    product_code: str | None = None
    area: str = ""


def days(session: Session, outlet_id: UUID, asked: Search) -> list[DayRead]:
    """Return what each day with events left at an outlet in view."""
    outlets.known_outlet(session, outlet_id)
    wanted = select(DAY.c.product_code, *(DAY.c[name] for name in STATE)).where(
        DAY.c.outlet_id == outlet_id, DAY.c.day.between(asked.since, asked.as_of)
    )
    if asked.product_code is not None:
        wanted = wanted.where(DAY.c.product_code == asked.product_code)
    ordered = wanted.order_by(DAY.c.product_code, DAY.c.day)
    return [DayRead.model_validate(each) for each in session.execute(ordered)]


def events(session: Session, asked: Search, *, offset: int, limit: int) -> list[StockEvent]:
    """Return events of the outlets in view, the newest first, and one more where there are."""
    everything = Question(date.max)
    seen = outlets.on_day(session, everything, area=asked.area, outlet_id=asked.outlet_id)
    wanted = select(StockEvent).where(
        StockEvent.outlet_id.in_(seen), StockEvent.occurred_on.between(asked.since, asked.as_of)
    )
    if asked.known_at is not None:
        wanted = wanted.where(StockEvent.recorded_at <= asked.known_at)
    if asked.product_code is not None:
        wanted = wanted.where(StockEvent.product_code == asked.product_code)
    order = (StockEvent.occurred_on.desc(), StockEvent.recorded_at.desc(), StockEvent.id)
    return list(session.scalars(wanted.order_by(*order).offset(offset).limit(limit + 1)))
