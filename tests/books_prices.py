"""What the tests of every operation must know of the price panel: see `tests/books.py`."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from service import audit
from service.accounts.models import Account
from service.supply.models import Outlet
from service.supply.price_models import PriceKind, PriceObservation, Unit

A = "/api/v1"
PRICE = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d001",
    "outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d002",
    "product_code": "UREA-50",
    "brand": "中化",
    "pack_kg": 50,
    "observed_on": "2023-04-18",
    "price_yuan": 135.5,
    "unit": "yuan_per_pack",
    "price_kind": "retail",
    "is_promotion": False,
    "observer": "陈大文",
    "supersedes_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d003",
    "reason": "价格录错",
}


def _area(place):
    return {"params": {"area": place.area}}


def _a_price(place) -> dict:
    return {
        "json": {
            "outlet_id": place.more["outlet_id"],
            "product_code": "UREA-50",
            "brand": uuid4().hex[:6],
            "observed_on": "2023-04-18",
            "price_yuan": 135.5,
        }
    }


def _a_table(place) -> dict:
    row = f"{place.more['outlet_id']},UREA-50,{uuid4().hex[:6]},2023-04-18,135.5"
    text = f"网点,产品,品牌,日期,价格\n{row}\n"
    return {"files": {"file": ("prices.csv", text.encode(), "text/csv")}}


REQUESTS = {
    ("GET", f"{A}/prices"): _area,
    ("POST", f"{A}/prices"): _a_price,
    ("GET", f"{A}/prices/index"): _area,
    ("GET", f"{A}/prices/pairs"): _area,
    ("GET", f"{A}/prices/spikes"): _area,
    ("GET", f"{A}/prices/months"): lambda place: {
        "params": {"area": place.area, "product": "UREA-50"}
    },
    ("GET", f"{A}/prices/imports/template"): lambda _: {},
    ("POST", f"{A}/prices/imports"): _a_table,
    ("POST", f"{A}/prices/{{price_id}}/withdraw"): lambda _: {"json": {"reason": "录错了"}},
}
BODIES = {
    ("POST", f"{A}/prices"): PRICE,
    ("POST", f"{A}/prices/{{price_id}}/withdraw"): {"reason": "录错了"},
}
ROLE_OF = {"prices": "bureau"}
APPEND_ONLY = ("prices",)
NAMES = ("price_id",)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put a price into an area; return the path parameter that names it."""
    with database.system_transaction() as session:
        price = PriceObservation(
            outlet_id=session.query(Outlet.id).filter_by(name=f"甲店{number}").one()[0],
            area_code=area,
            product_code="UREA-50",
            pack_kg=Decimal(50),
            observed_on=date(2023, 4, 18),
            price_yuan=Decimal("135.5"),
            unit=Unit.PACK,
            price_kind=PriceKind.RETAIL,
            is_promotion=False,
            is_withdrawal=False,
            recorded_at=audit.instant(session),
            recorded_by=session.query(Account.id).first()[0],
            content_digest=uuid4().hex,
        )
        session.add(price)
        session.flush()
        return {"price_id": str(price.id)}
