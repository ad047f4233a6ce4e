"""Writing the price panel."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from service import records
from service.errors import Invalid, NotFound
from service.supply import outlets, products
from service.supply.models import Product
from service.supply.outlet_actions import ENDED
from service.supply.outlet_schemas import OutletRead
from service.supply.price_models import PriceObservation
from service.supply.price_schemas import PriceCreate


class Register:
    """Outlets by day and products by code, each looked up once while many prices come in."""

    def __init__(self, session: Session, outlet_id: UUID | None = None) -> None:
        self.session, self.outlet_id = session, outlet_id
        self.days: dict[date, dict[UUID, OutletRead]] = {}
        self.products: dict[str, Product] = {}

    def outlet(self, outlet_id: UUID, day: date) -> OutletRead:
        """Return an outlet as it was on a day; refuse one that did no business then."""
        if day not in self.days:
            question = outlets.Question(day)
            self.days[day] = outlets.on_day(self.session, question, outlet_id=self.outlet_id)
        state = self.days[day].get(outlet_id)
        if state is None:
            raise NotFound("没有这个网点,或那一天还没有开业;请核对网点和日期", field="outlet_id")
        if state.status in ENDED:
            raise Invalid(
                "这个网点那一天已注销、吊销或并入另一个网点;请核对网点和日期", field="outlet_id"
            )
        return state

    def product(self, code: str) -> Product:
        """Return a product, or say that there is none."""
        if code not in self.products:
            self.products[code] = products.product(self.session, code)
        return self.products[code]


def file_price(
    session: Session, given: PriceCreate, register: Register | None = None
) -> tuple[PriceObservation, bool]:
    """Enter a price as it was seen, or its correction; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, PriceObservation, given.id, digest)
    if known is not None:
        return known, False
    if given.observed_on > records.today(session):
        raise Invalid("日期不能晚于今天", field="observed_on")
    found = register or Register(session, given.outlet_id)
    state = found.outlet(given.outlet_id, given.observed_on)
    product = found.product(given.product_code)
    _refuse_wrong_correction(session, given)
    values = given.model_dump(exclude={"id"}) | {
        "area_code": state.area_code,
        "pack_kg": given.pack_kg or product.pack_kg,
    }
    made = records.write(
        session, PriceObservation, values, row=given.id, digest=digest, action="price.file"
    )
    session.flush()
    return made, True


def _refuse_wrong_correction(session: Session, given: PriceCreate) -> None:
    if given.supersedes_id is None:
        return
    old = records.superseded(session, PriceObservation, given.supersedes_id, given.reason)
    if old.outlet_id != given.outlet_id:
        raise Invalid("更正的价格须属于同一网点", field="supersedes_id")


def withdraw_price(session: Session, price_id: UUID, reason: str) -> PriceObservation:
    """Say that a price was entered in error."""
    records.take_turn(session)
    return records.withdraw(session, PriceObservation, price_id, reason, action="price.withdraw")
