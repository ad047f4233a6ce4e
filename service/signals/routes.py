"""The API of signals, patrols and monitoring patches."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from inspections.land_uses import Claim
from inspections.signals import Source
from service.accounts.access import allow
from service.files import MAX_UPLOAD_BYTES
from service.landfiles.reader import ReadOptions
from service.parcels.schemas import BoxText, Datum
from service.schemas import (
    AreaCode,
    Cursor,
    Day,
    Id,
    Instant,
    Limit,
    Page,
    Since,
    StrictRoute,
    Text,
    said_already,
)
from service.security import SessionDep
from service.signals import actions, patch_door, patrol_actions, patrol_cover, queries, recording
from service.signals.patch_schemas import PatchReport
from service.signals.patrol_schemas import PatrolCoverageRead, PatrolCreate, PatrolRead
from service.signals.queries import Wanted
from service.signals.schemas import (
    DecisionCreate,
    SignalCard,
    SignalCreate,
    SignalRead,
    StageCreate,
)
from service.space import Box

router = APIRouter(prefix="/api/v1", tags=["signals"], route_class=StrictRoute)
READ, DECIDE = [allow("signal.read")], [allow("signal.decide")]


@router.get("/signals", response_model=Page[SignalRead], dependencies=READ)
def list_signals(
    session: SessionDep,
    bbox: BoxText | None = None,
    area: AreaCode = "",
    source: Source | None = None,
    claim: Claim | None = None,
    parcel: Id | None = None,
    since: Since = None,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[SignalRead]:
    """List the signals, the newest observation first; `as_of` is the last day of observation."""
    box = Box(*bbox) if bbox else None
    wanted = Wanted(area, box, source, claim, since, as_of, known_at, parcel)
    found = queries.signals_page(session, wanted, offset=cursor, limit=limit)
    return Page(items=found, next=str(cursor + limit) if len(found) == limit else None)


@router.post(
    "/signals",
    status_code=201,
    response_model=SignalRead,
    responses=said_already(SignalRead),
    dependencies=[allow("signal.file")],
)
def file_finding(session: SessionDep, response: Response, given: SignalCreate) -> SignalRead:
    """Enter an enforcement finding as a signal."""
    found, is_new = actions.file_finding(session, given)
    response.status_code = 201 if is_new else 200
    return queries.shown(session, [found])[0]


@router.get("/signals/{signal_id}", response_model=SignalCard, dependencies=READ)
def read_signal(session: SessionDep, signal_id: Id) -> SignalCard:
    """Return one signal with its place and with what else was said of the same land."""
    return queries.card(session, signal_id)


@router.post("/signals/{signal_id}/stages", response_model=SignalRead, dependencies=DECIDE)
def take_stage(session: SessionDep, signal_id: Id, given: StageCreate) -> SignalRead:
    """Enter how far a signal is."""
    actions.take_stage(session, signal_id, given)
    return queries.shown(session, [recording.signal(session, signal_id)])[0]


@router.post("/signals/{signal_id}/decisions", response_model=SignalRead, dependencies=DECIDE)
def decide(session: SessionDep, signal_id: Id, given: DecisionCreate) -> SignalRead:
    """Decide whether a signal speaks of a parcel."""
    actions.decide(session, signal_id, given)
    session.flush()
    return queries.shown(session, [recording.signal(session, signal_id)])[0]


@router.get("/patrols", response_model=Page[PatrolRead], dependencies=[allow("patrol.read")])
def list_patrols(
    session: SessionDep,
    area: AreaCode = "",
    since: Since = None,
    as_of: Day | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> Page[PatrolRead]:
    """List the patrols, the newest first, without their tracks."""
    first = queries.end_of(since - queries.ONE_DAY) if since else None
    until = queries.end_of(as_of) if as_of else None
    found = patrol_actions.patrols(
        session, area_code=area, since=first, until=until, cut=(cursor, limit)
    )
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=[patrol_actions.shown(each) for each in found], next=following)


@router.get(
    "/patrols/coverage", response_model=PatrolCoverageRead, dependencies=[allow("patrol.read")]
)
def read_coverage(
    session: SessionDep,
    area: AreaCode = "",
    since: Day | None = None,
    until: Day | None = None,
    cursor: Cursor = 0,
    limit: Limit = 100,
) -> PatrolCoverageRead:
    """Tell how much basic farmland the patrols of a period went through, by town."""
    asked = patrol_cover.period(session, since, until)
    within = area or session.info["viewer"].area_code
    return patrol_cover.shown(session, within, asked, offset=cursor, limit=limit)


@router.post(
    "/patrols",
    status_code=201,
    response_model=PatrolRead,
    responses=said_already(PatrolRead),
    dependencies=[allow("patrol.write")],
)
def file_patrol(session: SessionDep, response: Response, given: PatrolCreate) -> PatrolRead:
    """Enter a patrol with its track and findings."""
    found, is_new = patrol_actions.file_patrol(session, given)
    response.status_code = 201 if is_new else 200
    return patrol_actions.shown(found)


@router.post("/patches/imports", response_model=PatchReport, dependencies=[allow("patch.import")])
def import_patches(
    request: Request,
    session: SessionDep,
    file: Annotated[UploadFile, File()],
    dry_run: Annotated[bool, Form()] = False,
    datum: Annotated[Datum | None, Form()] = None,
    crs: Annotated[Text | None, Form()] = None,
    layer: Annotated[Text | None, Form()] = None,
) -> PatchReport:
    """Enter a file of monitoring patches; with `dry_run`, only say what it would do."""
    state = request.app.state
    brought = patch_door.Brought(file.file.read(MAX_UPLOAD_BYTES + 1), file.filename or "")
    options = ReadOptions(layer=layer, crs=crs, kind="parcels", mapping={})
    return patch_door.take(
        session,
        brought,
        options,
        directory=state.settings.import_directory,
        county=state.settings.county_code,
        declared=datum,
        is_dry_run=dry_run,
    )
