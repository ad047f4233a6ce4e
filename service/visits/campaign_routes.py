"""The API of campaigns, draws and the roster."""

from typing import Any

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
    Limit,
    Page,
    StrictRoute,
    said_already,
)
from service.security import SessionDep
from service.visits import campaign_actions as actions
from service.visits import campaign_queries as queries
from service.visits.campaign_models import Campaign, Certificate, Exclusion
from service.visits.campaign_schemas import (
    CampaignCreate,
    CampaignRead,
    CertificateCreate,
    CertificateRead,
    DrawCreate,
    DrawRead,
    ExclusionCreate,
    ExclusionRead,
    OfficerCreate,
    OfficerRead,
)

router = APIRouter(prefix="/api/v1", tags=["visits"], route_class=StrictRoute)
READ, WRITE = [allow("campaign.read")], [allow("campaign.write")]
CSV = "text/csv"
FILE: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {CSV: {}}}}}


@router.get("/campaigns", response_model=Page[CampaignRead], dependencies=READ)
def list_campaigns(
    session: SessionDep, area: AreaCode = "", cursor: Cursor = 0, limit: Limit = 500
) -> Page[CampaignRead]:
    """List the campaigns in view, newest first."""
    found = queries.campaigns(session, area, limit, cursor)
    following = str(cursor + limit) if len(found) == limit else None
    return Page(items=[CampaignRead.model_validate(each) for each in found], next=following)


@router.post(
    "/campaigns",
    status_code=201,
    response_model=CampaignRead,
    responses=said_already(CampaignRead),
    dependencies=WRITE,
)
def open_campaign(session: SessionDep, response: Response, given: CampaignCreate) -> Campaign:
    """Enter a campaign."""
    found, is_new = actions.open_campaign(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/campaigns/{campaign_id}", response_model=CampaignRead, dependencies=READ)
def read_campaign(session: SessionDep, campaign_id: Id) -> Campaign:
    """Return one campaign."""
    return queries.campaign(session, campaign_id)


@router.get("/campaigns/{campaign_id}/draw", response_model=DrawRead, dependencies=READ)
def read_draw(session: SessionDep, campaign_id: Id) -> DrawRead:
    """Return a campaign's draw: seed, digest, recipe and the whole list."""
    return queries.draw_read(session, campaign_id)


@router.post(
    "/campaigns/{campaign_id}/draw",
    status_code=201,
    response_model=DrawRead,
    responses=said_already(DrawRead),
    dependencies=WRITE,
)
def draw(session: SessionDep, response: Response, campaign_id: Id, given: DrawCreate) -> DrawRead:
    """Draw a campaign's outlets and officers, once."""
    found, is_new = actions.draw(session, campaign_id, given)
    response.status_code = 201 if is_new else 200
    return queries.draw_read(session, found.campaign_id)


@router.get("/campaigns/{campaign_id}/draw/list", dependencies=READ, **FILE)
def read_list(session: SessionDep, campaign_id: Id) -> Response:
    """Return the frozen list as it was digested: `tier,outlet id` lines in order of id."""
    headers = {"Content-Disposition": f'attachment; filename="{queries.LIST_FILE}"'}
    text = queries.published_list(session, campaign_id)
    return Response(text.encode(), media_type=CSV, headers=headers)


@router.get("/officers", response_model=Page[OfficerRead], dependencies=READ)
def list_officers(
    session: SessionDep, as_of: Day | None = None, known_at: Instant | None = None
) -> Page[OfficerRead]:
    """List the roster with certificates; `is_certified` tells of the day."""
    return Page(items=queries.roster(session, as_of or records.today(session), known_at))


@router.post(
    "/officers",
    status_code=201,
    response_model=OfficerRead,
    responses=said_already(OfficerRead),
    dependencies=WRITE,
)
def enrol(session: SessionDep, response: Response, given: OfficerCreate) -> OfficerRead:
    """Enter an officer with their first certificate."""
    found, is_new = actions.enrol(session, given)
    response.status_code = 201 if is_new else 200
    listed = queries.roster(session, records.today(session))
    return next(each for each in listed if each.id == found.id)


@router.post(
    "/officers/{officer_id}/certificates",
    status_code=201,
    response_model=CertificateRead,
    responses=said_already(CertificateRead),
    dependencies=WRITE,
)
def file_certificate(
    session: SessionDep, response: Response, officer_id: Id, given: CertificateCreate
) -> Certificate:
    """Enter a certificate of an officer, or correct one."""
    found, is_new = actions.file_certificate(session, officer_id, given)
    response.status_code = 201 if is_new else 200
    return found


@router.get("/exclusions", response_model=Page[ExclusionRead], dependencies=READ)
def list_exclusions(session: SessionDep, known_at: Instant | None = None) -> Page[ExclusionRead]:
    """List who keeps away from which outlet."""
    found = queries.exclusions(session, known_at)
    return Page(items=[ExclusionRead.model_validate(each) for each in found])


@router.post(
    "/exclusions",
    status_code=201,
    response_model=ExclusionRead,
    responses=said_already(ExclusionRead),
    dependencies=WRITE,
)
def exclude(session: SessionDep, response: Response, given: ExclusionCreate) -> Exclusion:
    """Enter that an officer keeps away from an outlet (回避)."""
    found, is_new = actions.exclude(session, given)
    response.status_code = 201 if is_new else 200
    return found


@router.post(
    "/exclusions/{exclusion_id}/withdraw", response_model=ExclusionRead, dependencies=WRITE
)
def withdraw_exclusion(session: SessionDep, exclusion_id: Id, given: Withdraw) -> Exclusion:
    """Say that an exclusion does not hold."""
    return actions.withdraw_exclusion(session, exclusion_id, given.reason)
