"""The API of tips: two doors for everybody, the rest for the bureau, unsealing for two duties."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import Field
from sqlalchemy.orm import Session

from inspections.land_uses import Claim
from service import errors
from service.accounts.access import allow
from service.parcels.schemas import Datum, Latitude, Longitude
from service.photos.headers import MAX_BYTES, MediaType
from service.photos.routes import SEALED, StoreDep
from service.photos.store import PhotoStore
from service.schemas import (
    AreaCode,
    Cursor,
    Day,
    Id,
    Limit,
    Page,
    StrictRoute,
    said_already,
)
from service.security import SessionDep
from service.signals import gate, queries, tip_actions, unsealing
from service.signals import unsealing_orders as orders
from service.signals.gate import TipRoute
from service.signals.schemas import Contact, Metres, Place, Words
from service.signals.sealing import Sealer, sealer
from service.signals.tip_schemas import (
    Informant,
    InformantRead,
    StatusAsked,
    TipOffered,
    TipRead,
    TipReceipt,
    TipStatus,
    UnsealingAnswer,
    UnsealingCreate,
    UnsealingRead,
)

public = APIRouter(prefix="/api/v1/tips", tags=["signals"], route_class=TipRoute)
router = APIRouter(prefix="/api/v1", tags=["signals"], route_class=StrictRoute)
READ, UNSEAL = [allow("tip.read")], [allow("tip.unseal")]
Responses = dict[int | str, dict[str, Any]]
REFUSED: Responses = {415: errors.said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)}
VIEWS: Responses = {200: {"content": {MediaType.JPEG.value: {}}}}
FILES: Responses = {200: {"content": {"application/octet-stream": {}}}}


def box_of(request: Request) -> Sealer:
    """Return the seal of this deployment."""
    return sealer(request.app.state.settings)


BoxDep = Annotated[Sealer, Depends(box_of)]


def informant(
    name: Annotated[Contact, Form()] = "", contact: Annotated[Contact, Form()] = ""
) -> Informant:
    """Take who tells, if they want to say."""
    return Informant(name, contact)


def place(
    area_code: Annotated[AreaCode | None, Form()] = None,
    place: Annotated[Place, Form()] = "",
    lon: Annotated[Longitude | None, Form(allow_inf_nan=False)] = None,
    lat: Annotated[Latitude | None, Form(allow_inf_nan=False)] = None,
    accuracy_m: Annotated[Metres | None, Form()] = None,
    datum: Annotated[Datum, Form()] = Datum.WGS84,
) -> dict[str, Any]:
    """Take where it is: a village, a position, or both."""
    return {
        "area_code": area_code,
        "place": place,
        "lon": lon,
        "lat": lat,
        "accuracy_m": accuracy_m,
        "datum": datum,
    }


def offered(
    told_by: Annotated[Informant, Depends(informant)],
    where: Annotated[dict[str, Any], Depends(place)],
    claim: Annotated[Claim, Form()],
    id: Annotated[Id, Form()],
    text: Annotated[Words, Form()] = "",
    seen_on: Annotated[Day | None, Form()] = None,
    photos: Annotated[list[UploadFile], File(), Field(max_length=10)] = [],  # noqa: B006
) -> TipOffered:
    """Take the form that brings a tip; `id` is the sender's own, so that a repeat is known."""
    # A field of photos that was left empty comes as one file without a byte.
    read = (each.file.read(MAX_BYTES + 1) for each in photos)
    pictures = tuple(each for each in read if each)
    return TipOffered(
        claim, id, text=text, seen_on=seen_on, informant=told_by, photos=pictures, **where
    )


@public.post("", status_code=201, response_model=TipReceipt, responses=REFUSED)
def file_tip(
    request: Request,
    session: SessionDep,
    box: BoxDep,
    store: StoreDep,
    given: Annotated[TipOffered, Depends(offered)],
) -> TipReceipt:
    """Take a tip from anybody; the receipt is shown here and nowhere else."""
    county = request.app.state.settings.county_code
    return tip_actions.file_tip(session, box, store, given, county=county)


@router.post("/tips/status", response_model=TipStatus)
def read_status(request: Request, session: SessionDep, given: StatusAsked) -> TipStatus:
    """Tell the holder of a receipt how far their tip is."""
    gate.admit(request, gate.STATUS)
    return tip_actions.status(session, given.receipt)


@router.get("/tips", response_model=Page[TipRead], dependencies=READ)
def list_tips(
    session: SessionDep,
    area: AreaCode = "",
    signal: Id | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[TipRead]:
    """List the tips, the newest first, without anything of who told."""
    found = queries.tips(session, area_code=area, signal_id=signal, cut=(cursor, limit))
    return Page(items=found, next=str(cursor + limit) if len(found) == limit else None)


@router.get("/tips/{tip_id}", response_model=TipRead, dependencies=READ)
def read_tip(session: SessionDep, tip_id: Id) -> TipRead:
    """Return one tip, without anything of who told."""
    return queries.tips_shown(session, [queries.tip(session, tip_id)])[0]


@router.get(
    "/tips/{tip_id}/photos/{tip_photo_id}",
    response_class=Response,
    responses=VIEWS,
    dependencies=READ,
)
def read_photo(session: SessionDep, store: StoreDep, tip_id: Id, tip_photo_id: Id) -> Response:
    """Return how a photo of a tip looks: a JPEG made anew, without anything else of its file."""
    found = queries.tip_photo(session, tip_id, tip_photo_id)
    return Response(store.original(found.sha256), media_type=MediaType.JPEG, headers=SEALED)


@router.post(
    "/tips/{tip_id}/unsealings",
    status_code=201,
    response_model=UnsealingRead,
    responses=said_already(UnsealingRead),
    dependencies=UNSEAL,
)
def ask(
    session: SessionDep, response: Response, tip_id: Id, given: UnsealingCreate
) -> UnsealingRead:
    """Order that what is sealed of a tip be opened; another duty must approve."""
    found, is_new = unsealing.ask(session, tip_id, given)
    response.status_code = 201 if is_new else 200
    return orders.shown(session, [found])[0]


@router.get(
    "/tip_unsealings", response_model=Page[UnsealingRead], dependencies=[allow("tip.unseal.read")]
)
def list_unsealings(
    session: SessionDep, cursor: Cursor = 0, limit: Limit = 100
) -> Page[UnsealingRead]:
    """List the orders to unseal, the newest first."""
    found = orders.orders(session, offset=cursor, limit=limit)
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=orders.shown(session, found), next=following)


@router.post(
    "/tip_unsealings/{unsealing_id}/answer",
    response_model=UnsealingRead,
    dependencies=[allow("tip.unseal.approve")],
)
def answer(session: SessionDep, unsealing_id: Id, given: UnsealingAnswer) -> UnsealingRead:
    """Approve or refuse an order of another duty."""
    found = unsealing.answer(session, unsealing_id, given)
    return orders.shown(session, [found])[0]


@router.post(
    "/tip_unsealings/{unsealing_id}/open", response_model=InformantRead, dependencies=UNSEAL
)
def open_informant(session: SessionDep, box: BoxDep, unsealing_id: Id) -> InformantRead:
    """Open who told; the reading is in the audit before it is answered."""
    return unsealing.open_informant(session, box, unsealing_id)


@router.post(
    "/tip_unsealings/{unsealing_id}/originals/{tip_photo_id}",
    response_class=Response,
    responses=FILES,
    dependencies=UNSEAL,
)
def open_original(
    session: SessionDep, box: BoxDep, store: StoreDep, unsealing_id: Id, tip_photo_id: Id
) -> Response:
    """Open a photo's file as it came; the reading is in the audit before it is answered."""
    return original_file(session, box, store, unsealing_id, tip_photo_id)


def original_file(
    session: Session, box: Sealer, store: PhotoStore, unsealing_id: UUID, tip_photo_id: UUID
) -> Response:
    """Return a photo's file as it came, as something to save and never to keep on the way."""
    content = unsealing.open_original(session, box, store, unsealing_id, tip_photo_id)
    headers = SEALED | {
        "Content-Disposition": f'attachment; filename="{tip_photo_id}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
