"""The API of the parcel book."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.accounts.access import ViewerDep, allow
from service.parcels import approvals, card, outlines, queries
from service.parcels.models import Approval
from service.parcels.queries import Moment, Wanted
from service.parcels.schemas import (
    ApprovalCreate,
    ApprovalRead,
    ApprovalWithdraw,
    BoxText,
    Card,
    Datum,
    History,
    Latitude,
    Longitude,
    ParcelRead,
)
from service.schemas import AreaCode, Code, Day, Id, Instant, Limit, Page, StrictRoute, said_already
from service.security import SessionDep
from service.space import Box

router = APIRouter(prefix="/api/v1", tags=["parcels"], route_class=StrictRoute)
Cursor = Annotated[int, Query(ge=0, le=2**53)]
Bbox = Annotated[BoxText, Query()]


@router.get("/parcels", response_model=Page[ParcelRead], dependencies=[allow("parcel.read")])
def list_parcels(
    session: SessionDep,
    bbox: Bbox | None = None,
    area: AreaCode | None = None,
    land_class: Code | None = None,
    exam: Annotated[str | None, Query(pattern="^(ok|warn|block)$")] = None,
    on: Day | None = None,
    known_at: Instant | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[ParcelRead]:
    """List the parcels of a box or an area, as the book was on a day."""
    wanted = Wanted(
        Moment.of(session, on, known_at),
        area,
        Box(*bbox) if bbox else None,
        land_class,
        exam,
    )
    found, following = queries.parcels_page(session, wanted, after=cursor, limit=limit)
    items = [ParcelRead.model_validate(each) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.get("/parcels/at", response_model=Page[ParcelRead], dependencies=[allow("parcel.read")])
def read_parcels_at(
    session: SessionDep,
    lon: Longitude,
    lat: Latitude,
    datum: Datum = Datum.CGCS2000,
    on: Day | None = None,
    known_at: Instant | None = None,
) -> Page[ParcelRead]:
    """Return the parcels at a position; on an edge there are several."""
    moment = Moment.of(session, on, known_at)
    found = queries.parcels_at(session, *outlines.position(lon, lat, datum), moment)
    return Page(items=[ParcelRead.model_validate(each) for each in found])


@router.get("/parcels/{uid}", response_model=ParcelRead, dependencies=[allow("parcel.read")])
def read_parcel(
    session: SessionDep, uid: Id, on: Day | None = None, known_at: Instant | None = None
) -> ParcelRead:
    """Return one parcel as it was on a day."""
    moment = Moment.of(session, on, known_at)
    return ParcelRead.model_validate(queries.parcel(session, uid, moment))


@router.get("/parcels/{uid}/card", response_model=Card, dependencies=[allow("parcel.read")])
def read_card(
    session: SessionDep, uid: Id, on: Day | None = None, known_at: Instant | None = None
) -> Card:
    """Return all that the book knows of one parcel on a day."""
    return card.card(session, uid, Moment.of(session, on, known_at))


@router.get("/parcels/{uid}/history", response_model=History, dependencies=[allow("parcel.read")])
def read_history(session: SessionDep, uid: Id) -> History:
    """Return every version of a parcel and what became of its land."""
    return card.history(session, uid)


@router.get("/approvals", response_model=Page[ApprovalRead], dependencies=[allow("parcel.read")])
def list_approvals(
    session: SessionDep,
    bbox: Bbox | None = None,
    area: AreaCode | None = None,
    on: Day | None = None,
    known_at: Instant | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[ApprovalRead]:
    """List the approvals that cover a day."""
    wanted = Wanted(Moment.of(session, on, known_at), area, Box(*bbox) if bbox else None)
    found, following = queries.approvals_page(session, wanted, after=cursor, limit=limit)
    items = [ApprovalRead.model_validate(each) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.post(
    "/approvals",
    status_code=201,
    response_model=ApprovalRead,
    responses=said_already(ApprovalRead),
    dependencies=[allow("approval.file")],
)
def file_approval(
    session: SessionDep, viewer: ViewerDep, response: Response, approval_in: ApprovalCreate
) -> Approval:
    """File an approval with its area and its days."""
    approval, is_new = approvals.file_approval(session, viewer, approval_in)
    response.status_code = 201 if is_new else 200
    return approval


@router.post(
    "/approvals/{approval_uid}/withdraw",
    response_model=ApprovalRead,
    dependencies=[allow("approval.file")],
)
def withdraw_approval(session: SessionDep, approval_uid: Id, why: ApprovalWithdraw) -> Approval:
    """Take back an approval that was filed in error."""
    return approvals.withdraw(session, approval_uid, why)
