"""What the tests of every operation must know of the stock ledger: see `tests/books.py`."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import select

from inspections.stock import Movement, fold
from service import audit
from service.accounts.models import Account
from service.supply import stock_rollups
from service.supply.models import Outlet
from service.supply.stock_models import Kind, Source, StockClosing, StockEvent

A = "/api/v1"
AMOUNT = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d001",
    "product_code": "UREA-50",
    "occurred_on": "2023-04-10",
    "quantity_kg": 500.5,
    "n_packs": 10,
    "batch": "20230301",
    "expires_on": "2025-03-01",
    "document_no": "JH-0001",
    "reason": "春耕备货",
}
EVENT = AMOUNT | {
    "outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d002",
    "kind": "receipt",
    "source": "phone",
}
TRANSFER = AMOUNT | {
    "from_outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d003",
    "to_outlet_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d004",
}
CLOSING = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d005",
    "area_code": "441803102",
    "closed_through": "2022-12-31",
    "note": "年终结账",
}
REVERSAL = {"id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d006", "reason": "记错了"}


def _body(make):
    return lambda place: {"json": make(place)}


def _event(place):
    return {
        "outlet_id": place.more["outlet_id"],
        "product_code": "UREA-50",
        "occurred_on": "2023-04-10",
        "kind": "receipt",
        "quantity_kg": 100,
    }


def _transfer(place):
    return {
        "from_outlet_id": place.more["outlet_id"],
        "to_outlet_id": place.more["into_id"],
        "product_code": "UREA-50",
        "occurred_on": "2023-04-10",
        "quantity_kg": 1,
    }


def _ledger(place):
    rows = f"网点,产品,业务,日期,公斤\n{place.more['outlet_id']},UREA-50,进货,2023-04-11,5\n"
    return {"files": {"file": ("t.csv", rows.encode(), "text/csv")}}


REQUESTS = {
    ("GET", f"{A}/stock/events"): lambda place: {"params": {"outlet": place.more["outlet_id"]}},
    ("POST", f"{A}/stock/events"): _body(_event),
    ("POST", f"{A}/stock/events/{{event_id}}/reversals"): _body(lambda _: {"reason": "记错了"}),
    ("POST", f"{A}/stock/transfers"): _body(_transfer),
    ("GET", f"{A}/stock/imports/template"): lambda _: {},
    ("POST", f"{A}/stock/imports"): _ledger,
    ("GET", f"{A}/stock/outlets/{{outlet_id}}/days"): lambda _: {},
    ("GET", f"{A}/stock/balances"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/stock/adequacy"): lambda place: {
        "params": {"season": "2023-spring", "area": place.area}
    },
    ("GET", f"{A}/stock/marks"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/stock/closings"): lambda _: {},
    ("POST", f"{A}/stock/closings"): _body(
        lambda place: {"area_code": place.area, "closed_through": "2019-12-31"}
    ),
    ("POST", f"{A}/stock/closings/{{closing_id}}/withdraw"): _body(lambda _: {"reason": "补记"}),
}
BODIES = {
    ("POST", f"{A}/stock/events"): EVENT,
    ("POST", f"{A}/stock/events/{{event_id}}/reversals"): REVERSAL,
    ("POST", f"{A}/stock/transfers"): TRANSFER,
    ("POST", f"{A}/stock/closings"): CLOSING,
    ("POST", f"{A}/stock/closings/{{closing_id}}/withdraw"): {"reason": "补记"},
}
ROLE_OF = {"closings/{closing_id}": "admin", "stock": "bureau"}
APPEND_ONLY = ("stock_events", "stock_closings")
NAMES = ("event_id", "closing_id")


def put(database, area: str, number: int) -> dict[str, str]:
    """Put stock into the outlet that is there, and a closing into its area."""
    with database.system_transaction() as session:
        wanted = select(Outlet.id).where(Outlet.area_code == area, Outlet.name == f"甲店{number}")
        first = session.scalars(wanted).one()
        author = session.scalars(select(Account.id)).first()
        common = {
            "recorded_at": audit.instant(session),
            "recorded_by": author,
            "content_digest": uuid4().hex,
        }
        day = date(2023, 4, 1)
        event = StockEvent(
            outlet_id=first,
            product_code="UREA-50",
            seq=1,
            kind=Kind.RECEIPT,
            source=Source.PHONE,
            occurred_on=day,
            quantity_kg=Decimal(1000),
            **common,
        )
        closing = StockClosing(
            area_code=area, closed_through=date(2019, 6, 30), is_withdrawal=False, **common
        )
        session.add_all([event, closing])
        session.flush()
        states = fold(None, [Movement(day, 1, Source.PHONE, Decimal(1000))])
        card = stock_rollups.book(session, (first, "UREA-50"))
        stock_rollups.put(session, card, day, states, last_seq=1)
        return {
            "event_id": str(event.id),
            "closing_id": str(closing.id),
        }
