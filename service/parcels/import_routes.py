"""The API of land files: in by a dry run and a decision, out by an export."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from pydantic import ValidationError

from service.accounts.access import ViewerDep, allow
from service.errors import Invalid
from service.parcels import exports, findings, imports
from service.parcels.imports import Incoming
from service.parcels.models import LandImport
from service.parcels.schemas import (
    ExportOrder,
    FindingRead,
    ImportChoices,
    ImportOptions,
    ImportRead,
)
from service.schemas import Id, Limit, Page, StrictRoute, Text, read_json
from service.security import SessionDep

router = APIRouter(prefix="/api/v1/parcels", tags=["parcels"], route_class=StrictRoute)
Cursor = Annotated[int, Query(ge=0, le=2**53)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GEOJSON = "application/geo+json"
MAX_PARTS = 16
MAX_ON_MAP = 2000


def _options(text: str) -> ImportOptions:
    try:
        return ImportOptions.model_validate(read_json(text.encode()) if text else {})
    except (ValidationError, ValueError) as error:
        raise Invalid(f"options 须是 JSON 对象:{str(error)[:300]}", field="options") from error


@router.post(
    "/imports",
    status_code=202,
    response_model=ImportRead,
    dependencies=[allow("parcel.import")],
)
def upload(
    request: Request,
    session: SessionDep,
    viewer: ViewerDep,
    file: Annotated[list[UploadFile], File(max_length=MAX_PARTS)],
    options: Annotated[Text, Form()] = "",
    dry_run: Annotated[bool, Form()] = True,
) -> ImportRead:
    """Take a land file (or the loose parts of a shapefile) for a dry run."""
    if not dry_run:
        raise Invalid("土地数据总是先检查、后入账;检查完请用 commit 入账", field="dry_run")
    reader = request.app.state.reader
    found = imports.accept(
        session,
        viewer,
        reader.directory,
        [Incoming(part.filename or "upload", part.file) for part in file],
        _options(options),
        max_bytes=reader.limits.upload_bytes,
        start=reader.start,
    )
    return imports.shown(found, reader.directory)


@router.get("/imports", response_model=Page[ImportRead], dependencies=[allow("parcel.import")])
def list_imports(
    request: Request, session: SessionDep, cursor: Cursor = 0, limit: Limit = 50
) -> Page[ImportRead]:
    """List the imports, the newest first."""
    found, following = imports.page(session, offset=cursor, limit=limit)
    directory = request.app.state.reader.directory
    items = [imports.shown(each, directory) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.get(
    "/imports/{import_id}", response_model=ImportRead, dependencies=[allow("parcel.import")]
)
def read_import(request: Request, session: SessionDep, import_id: Id) -> ImportRead:
    """Return one import: where it stands, and what the dry run found."""
    return _shown(request, imports.one(session, import_id))


def _shown(request: Request, found: LandImport) -> ImportRead:
    return imports.shown(found, request.app.state.reader.directory)


@router.post(
    "/imports/{import_id}/options",
    status_code=202,
    response_model=ImportRead,
    dependencies=[allow("parcel.import")],
)
def answer(
    request: Request, session: SessionDep, import_id: Id, options: ImportOptions
) -> ImportRead:
    """Say what the file does not say of itself; it is read again."""
    reader = request.app.state.reader
    return _shown(request, imports.answer(session, import_id, options, start=reader.start))


@router.post(
    "/imports/{import_id}/commit",
    status_code=202,
    response_model=ImportRead,
    dependencies=[allow("parcel.import")],
)
def commit(
    request: Request,
    session: SessionDep,
    viewer: ViewerDep,
    import_id: Id,
    choices: ImportChoices,
) -> ImportRead:
    """Put the file into the book: all of it, or nothing."""
    start = request.app.state.reader.start
    return _shown(request, imports.decide(session, viewer, import_id, choices, start=start))


@router.post(
    "/imports/{import_id}/discard",
    response_model=ImportRead,
    dependencies=[allow("parcel.import")],
)
def discard(request: Request, session: SessionDep, import_id: Id) -> ImportRead:
    """Put a file aside that will not go into the book."""
    return _shown(request, imports.discard(session, import_id))


@router.get(
    "/imports/{import_id}/findings",
    response_model=Page[FindingRead],
    dependencies=[allow("parcel.import")],
)
def list_findings(
    session: SessionDep,
    import_id: Id,
    rule: Annotated[str | None, Query(pattern="^[a-z0-9._-]{1,64}$")] = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[FindingRead]:
    """List what the exam found in a file."""
    imports.one(session, import_id)
    found, following = findings.of_import(session, import_id, rule=rule, after=cursor, limit=limit)
    items = [findings.read(each) for each in found]
    return Page(items=items, next=str(following) if following else None)


@router.get(
    "/imports/{import_id}/findings.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}},
    dependencies=[allow("parcel.import")],
)
def map_findings(
    session: SessionDep,
    import_id: Id,
    rule: Annotated[str | None, Query(pattern="^[a-z0-9._-]{1,64}$")] = None,
) -> Response:
    """Return the places of the gravest findings, for the map."""
    imports.one(session, import_id)
    found, _ = findings.of_import(session, import_id, rule=rule, after=0, limit=MAX_ON_MAP)
    return Response(findings.collection(found), media_type=GEOJSON)


@router.get(
    "/imports/{import_id}/findings.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
    dependencies=[allow("parcel.import")],
)
def export_findings(session: SessionDep, import_id: Id) -> Response:
    """Return what the exam found as a workbook."""
    imports.one(session, import_id)
    name = f'attachment; filename="exam-{import_id}.xlsx"'
    content = findings.workbook(session, import_id)
    return Response(content, media_type=XLSX, headers={"Content-Disposition": name})


@router.post(
    "/exports",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    dependencies=[allow("parcel.export")],
)
def export(session: SessionDep, viewer: ViewerDep, order: ExportOrder) -> Response:
    """Return a layer of the book as a file; that it went out is noted in the audit."""
    made = exports.export(session, viewer, order)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "X-Chungeng-Notes": made.header(),
    }
    return Response(made.content, media_type=made.media_type, headers=headers)
