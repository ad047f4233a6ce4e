"""The API of photos."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import Field

from service import errors
from service.accounts.access import ViewerDep, allow
from service.parcels.schemas import Datum, Latitude, Longitude
from service.photos import actions, queries
from service.photos.headers import MAX_BYTES, MediaType
from service.photos.models import SubjectKind
from service.photos.schemas import Declared, Offered, PhotoRead
from service.photos.store import PhotoStore
from service.schemas import AreaCode, Cursor, Id, Instant, Limit, Page, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1/photos", tags=["photos"], route_class=StrictRoute)
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)]
SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox"}
SUFFIX = {MediaType.JPEG: "jpg", MediaType.PNG: "png", MediaType.WEBP: "webp"}
Responses = dict[int | str, dict[str, Any]]
IMAGES: Responses = {200: {"content": {each.value: {} for each in MediaType}}}
VIEWS: Responses = {200: {"content": {MediaType.JPEG.value: {}}}}
REFUSED: Responses = {415: errors.said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)}
AGAIN: Responses = {200: {"model": PhotoRead, "description": "The book has this photo already"}}


def declared(
    device_time: Annotated[Instant | None, Form()] = None,
    lon: Annotated[Longitude | None, Form(allow_inf_nan=False)] = None,
    lat: Annotated[Latitude | None, Form(allow_inf_nan=False)] = None,
    datum: Annotated[Datum, Form()] = Datum.WGS84,
    accuracy_m: Annotated[Metres | None, Form()] = None,
    bearing_deg: Annotated[Degrees | None, Form()] = None,
    is_mock: Annotated[bool | None, Form()] = None,
) -> Declared:
    """Take what the device says of a photo."""
    return Declared(device_time, lon, lat, datum, accuracy_m, bearing_deg, is_mock)


def offered(
    said: Annotated[Declared, Depends(declared)],
    file: Annotated[UploadFile, File()],
    id: Annotated[Id | None, Form()] = None,
    area_code: Annotated[AreaCode | None, Form()] = None,
    subject_kind: Annotated[SubjectKind | None, Form()] = None,
    subject_id: Annotated[Id | None, Form()] = None,
) -> Offered:
    """Take the form that brings a photo; no more of it than a photo may have."""
    content = file.file.read(MAX_BYTES + 1)
    return Offered(content, id, area_code, subject_kind, subject_id, said)


def store_of(request: Request) -> PhotoStore:
    """Return where the originals lie."""
    return PhotoStore(request.app.state.settings.photo_directory)


StoreDep = Annotated[PhotoStore, Depends(store_of)]


@router.post(
    "",
    status_code=201,
    response_model=PhotoRead,
    responses=AGAIN | REFUSED,
    dependencies=[allow("photo.file")],
)
def file_photo(
    session: SessionDep,
    viewer: ViewerDep,
    response: Response,
    store: StoreDep,
    given: Annotated[Offered, Depends(offered)],
) -> PhotoRead:
    """Keep a photo, byte for byte, with what it says of itself and what is odd about it."""
    found, is_new = actions.file_photo(session, store, given)
    response.status_code = 201 if is_new else 200
    return queries.shown(session, viewer, found)


@router.get("", response_model=Page[PhotoRead], dependencies=[allow("photo.read")])
def list_photos(
    session: SessionDep,
    viewer: ViewerDep,
    subject: Id | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[PhotoRead]:
    """List the photos, of a visit, a parcel or a survey if one is named; the newest first."""
    found = queries.photos(session, subject, offset=cursor, limit=limit)
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=[queries.shown(session, viewer, each) for each in found], next=following)


@router.get("/{photo_id}", response_model=PhotoRead, dependencies=[allow("photo.read")])
def read_photo(session: SessionDep, viewer: ViewerDep, photo_id: Id) -> PhotoRead:
    """Return what is known of a photo."""
    return queries.shown(session, viewer, queries.photo(session, photo_id))


@router.get(
    "/{photo_id}/original",
    response_class=Response,
    responses=IMAGES,
    dependencies=[allow("photo.original")],
)
def read_original(session: SessionDep, store: StoreDep, photo_id: Id) -> Response:
    """Return the original as it came, with its EXIF."""
    found = queries.photo(session, photo_id)
    name = f'attachment; filename="{found.id}.{SUFFIX[found.media_type]}"'
    headers = SEALED | {"Content-Disposition": name}
    return Response(store.original(found.sha256), media_type=found.media_type, headers=headers)


@router.get(
    "/{photo_id}/view",
    response_class=Response,
    responses=VIEWS,
    dependencies=[allow("photo.read")],
)
def read_view(session: SessionDep, store: StoreDep, photo_id: Id) -> Response:
    """Return how a photo looks: a JPEG of at most 1600 pixels, upright, without its EXIF."""
    found = queries.photo(session, photo_id)
    return Response(actions.view(store, found), media_type=MediaType.JPEG, headers=SEALED)
