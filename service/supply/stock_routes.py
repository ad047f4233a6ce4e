"""The API of the stock ledger."""

from datetime import timedelta

from fastapi import APIRouter, Response

from service import records
from service.accounts.access import allow
from service.record_schemas import Withdraw
from service.schemas import (
    AreaCode,
    Cursor,
    Day,
    Id,
    Instant,
    Page,
    Since,
    StrictRoute,
    said_already,
)
from service.security import SessionDep
from service.supply import outlets, stock, stock_closings, stock_ledger, stock_marks
from service.supply import stock_actions as actions
from service.supply import stock_imports as imports
from service.supply.models import Category
from service.supply.product_schemas import ProductCode
from service.supply.stock_models import StockClosing, StockEvent
from service.supply.stock_schemas import (
    Balances,
    By,
    ClosingCreate,
    ClosingRead,
    DayRead,
    EventCreate,
    EventRead,
    EventsRead,
    ReversalCreate,
    StockMark,
    TransferCreate,
)
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)
READ, WRITE = [allow("stock.read")], [allow("stock.write")]
A_YEAR = timedelta(days=365)
MAX_EVENTS = 500


@router.get("/stock/events", response_model=Page[EventRead], dependencies=READ)
def list_events(
    session: SessionDep,
    outlet: Id | None = None,
    product: ProductCode | None = None,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    cursor: Cursor = 0,
) -> Page[EventRead]:
    """List the ledger's events of the outlets in view, a year back unless told, newest first."""
    until = as_of or records.today(session)
    asked = stock_ledger.Search(since or until - A_YEAR, until, known_at, outlet, product)
    found = stock_ledger.events(session, asked, offset=cursor, limit=MAX_EVENTS)
    following = str(cursor + MAX_EVENTS) if len(found) > MAX_EVENTS else None
    shown = found[:MAX_EVENTS]
    return Page(items=[EventRead.model_validate(each) for each in shown], next=following)


@router.post(
    "/stock/events",
    status_code=201,
    response_model=EventRead,
    responses=said_already(EventRead),
    dependencies=WRITE,
)
def post_event(session: SessionDep, response: Response, given: EventCreate) -> StockEvent:
    """Enter a movement or a count."""
    found, is_new = actions.post(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/stock/events/{event_id}/reversals",
    status_code=201,
    response_model=EventsRead,
    responses=said_already(EventsRead),
    dependencies=WRITE,
)
def reverse_event(
    session: SessionDep, response: Response, event_id: Id, given: ReversalCreate
) -> EventsRead:
    """Take back an event, or both legs of a transfer."""
    found, is_new = actions.reverse(session, event_id, given)
    response.status_code = 201 if is_new else 200
    return EventsRead(items=[EventRead.model_validate(each) for each in found])


@router.post(
    "/stock/transfers",
    status_code=201,
    response_model=EventsRead,
    responses=said_already(EventsRead),
    dependencies=[allow("stock.transfer")],
)
def transfer(session: SessionDep, response: Response, given: TransferCreate) -> EventsRead:
    """Enter both legs of a transfer between two outlets, or neither."""
    found, is_new = actions.transfer(session, given)
    response.status_code = 201 if is_new else 200
    return EventsRead(items=[EventRead.model_validate(each) for each in found])


@router.get(
    "/stock/imports/template",
    dependencies=[allow("stock.import")],
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
def read_template() -> Response:
    """Return the empty workbook of ledger lines."""
    return Response(template(imports.LAYOUT), media_type=XLSX)


@router.post("/stock/imports", response_model=ImportReport, dependencies=[allow("stock.import")])
def import_ledger(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of ledger lines: all of it, or nothing and a report by row."""
    return imports.import_ledger(session, upload)


@router.get("/stock/outlets/{outlet_id}/days", response_model=Page[DayRead], dependencies=READ)
def list_days(
    session: SessionDep,
    outlet_id: Id,
    product: ProductCode | None = None,
    since: Since = None,
    as_of: Day | None = None,
) -> Page[DayRead]:
    """List what each day with events left at an outlet, of one product or of all."""
    until = as_of or records.today(session)
    asked = stock_ledger.Search(since or until - A_YEAR, until, product_code=product)
    return Page(items=stock_ledger.days(session, outlet_id, asked))


@router.get("/stock/balances", response_model=Balances, dependencies=READ)
def read_balances(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
    by: By = By.TOWN,
    category: Category | None = None,
    product: ProductCode | None = None,
) -> Balances:
    """Return the stock of a day: lower bounds with their coverage and age."""
    asked = outlets.Question(as_of or records.today(session), known_at)
    return stock.balances(session, asked, by, area=area, category=category, product_code=product)


@router.get("/stock/marks", response_model=Page[StockMark], dependencies=READ)
def list_marks(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Page[StockMark]:
    """List what about the stock of a day is doubted."""
    asked = outlets.Question(as_of or records.today(session), known_at)
    return Page(items=stock_marks.marks(session, asked, area=area))


@router.get("/stock/closings", response_model=Page[ClosingRead], dependencies=READ)
def list_closings(session: SessionDep) -> Page[ClosingRead]:
    """List up to which days books are closed."""
    return Page(items=[ClosingRead.model_validate(e) for e in stock_closings.closings(session)])


@router.post(
    "/stock/closings",
    status_code=201,
    response_model=ClosingRead,
    responses=said_already(ClosingRead),
    dependencies=[allow("stock.close")],
)
def close(session: SessionDep, response: Response, given: ClosingCreate) -> StockClosing:
    """Close the books of an area up to a day."""
    found, is_new = stock_closings.close(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/stock/closings/{closing_id}/withdraw",
    response_model=ClosingRead,
    dependencies=[allow("stock.reopen")],
)
def reopen(session: SessionDep, closing_id: Id, given: Withdraw) -> StockClosing:
    """Open closed books again."""
    return stock_closings.reopen(session, closing_id, given.reason)
