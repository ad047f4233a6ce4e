"""Closing the books of an area up to a day, and opening them again."""

from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.areas import queries as areas
from service.errors import Invalid
from service.supply.stock_models import StockClosing
from service.supply.stock_schemas import ClosingCreate


def close(session: Session, given: ClosingCreate) -> tuple[StockClosing, bool]:
    """Close the books; tell whether that is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, StockClosing, given.id, digest)
    if known is not None:
        return known, False
    areas.area(session, given.area_code)
    if given.closed_through >= records.today(session):
        raise Invalid("只能结今天以前的账", field="closed_through")
    values = given.model_dump(exclude={"id"})
    made = records.write(
        session, StockClosing, values, row=given.id, digest=digest, action="stock.close"
    )
    session.flush()
    return made, True


def reopen(session: Session, closing_id: UUID, reason: str) -> StockClosing:
    """Open the books again."""
    records.take_turn(session)
    return records.withdraw(session, StockClosing, closing_id, reason, action="stock.reopen")


def closings(session: Session) -> list[StockClosing]:
    """Return the closings in view that hold, the newest first."""
    wanted = records.standing(StockClosing)
    return list(session.scalars(wanted.order_by(StockClosing.closed_through.desc())))
