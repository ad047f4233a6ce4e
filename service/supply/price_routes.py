"""The API of the price panel."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service import records
from service.accounts.access import allow
from service.record_schemas import Withdraw
from service.schemas import FIRST_DAY, AreaCode, Day, Id, Instant, Page, StrictRoute, said_already
from service.security import SessionDep
from service.supply import price_actions, price_imports, price_spikes, prices
from service.supply.models import Category
from service.supply.price_models import PriceKind, PriceObservation
from service.supply.price_schemas import (
    Comparison,
    PriceCreate,
    PriceIndex,
    PriceMonth,
    PricePair,
    PriceRead,
    PriceSpike,
)
from service.supply.prices import Asked, Filter
from service.supply.product_schemas import ProductCode
from service.table_templates import XLSX, template
from service.tables import ImportReport, UploadDep

router = APIRouter(prefix="/api/v1", tags=["supply"], route_class=StrictRoute)
READ, WRITE, COMPARE = [allow("price.read")], [allow("price.write")], [allow("price.compare")]


def asked(
    session: SessionDep,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    area: AreaCode = "",
) -> Asked:
    """Take what every question says."""
    return Asked(as_of or records.today(session), known_at, area)


def asked_of_kind(
    question: Annotated[Asked, Depends(asked)], price_kind: PriceKind = PriceKind.RETAIL
) -> Asked:
    """Take the kind of price as well: kinds are never compared with one another."""
    return Asked(question.as_of, question.known_at, question.area, price_kind)


def wanted(
    since: Annotated[Day, Query(alias="from")] = FIRST_DAY,
    outlet: Id | None = None,
    product: ProductCode | None = None,
    price_kind: PriceKind | None = None,
) -> Filter:
    """Take which prices are to be listed."""
    return Filter(since, outlet, product, price_kind)


def cut(
    cursor: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> tuple[int, int]:
    """Take which part of a list."""
    return cursor, limit


AskedDep = Annotated[Asked, Depends(asked)]
KindDep = Annotated[Asked, Depends(asked_of_kind)]


@router.get("/prices", response_model=Page[PriceRead], dependencies=READ)
def list_prices(
    session: SessionDep,
    question: AskedDep,
    chosen: Annotated[Filter, Depends(wanted)],
    part: Annotated[tuple[int, int], Depends(cut)],
) -> Page[PriceRead]:
    """List the prices in view that hold, the newest at the head."""
    return prices.page(session, question, chosen, part)


@router.post(
    "/prices",
    status_code=201,
    response_model=PriceRead,
    responses=said_already(PriceRead),
    dependencies=WRITE,
)
def file_price(session: SessionDep, response: Response, given: PriceCreate) -> PriceObservation:
    """Enter a price as it was seen, or its correction."""
    found, is_new = price_actions.file_price(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/prices/index", response_model=PriceIndex, dependencies=COMPARE)
def read_index(
    session: SessionDep,
    question: KindDep,
    kind: Comparison = Comparison.MOM,
    category: Category | None = None,
) -> PriceIndex:
    """Return how far matched prices have moved since the window before, or since last year."""
    return prices.price_index(session, question, kind, category)


@router.get("/prices/pairs", response_model=Page[PricePair], dependencies=COMPARE)
def list_pairs(
    session: SessionDep,
    question: KindDep,
    kind: Comparison = Comparison.MOM,
    category: Category | None = None,
) -> Page[PricePair]:
    """List the matched pairs behind an index."""
    return Page(items=prices.pairs(session, question, kind, category))


@router.get("/prices/spikes", response_model=Page[PriceSpike], dependencies=COMPARE)
def list_spikes(session: SessionDep, question: KindDep) -> Page[PriceSpike]:
    """List the present prices that stand out, and against what."""
    return Page(items=price_spikes.spikes(session, question))


@router.get("/prices/months", response_model=Page[PriceMonth], dependencies=COMPARE)
def list_months(session: SessionDep, question: KindDep, product: ProductCode) -> Page[PriceMonth]:
    """List a product month by month."""
    return Page(items=prices.months(session, question, product))


@router.get(
    "/prices/imports/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    dependencies=WRITE,
)
def read_template() -> Response:
    """Return the empty workbook of prices."""
    headers = {"Content-Disposition": 'attachment; filename="prices.xlsx"'}
    return Response(template(price_imports.LAYOUT), media_type=XLSX, headers=headers)


@router.post("/prices/imports", response_model=ImportReport, dependencies=WRITE)
def import_prices(session: SessionDep, upload: UploadDep) -> ImportReport:
    """Enter a workbook or CSV of prices: all of it, or nothing and a report by row."""
    return price_imports.import_prices(session, upload)


@router.post("/prices/{price_id}/withdraw", response_model=PriceRead, dependencies=WRITE)
def withdraw_price(session: SessionDep, price_id: Id, given: Withdraw) -> PriceObservation:
    """Say that a price was entered in error."""
    return price_actions.withdraw_price(session, price_id, given.reason)
