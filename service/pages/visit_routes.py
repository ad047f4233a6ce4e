"""The pages about campaigns and visits."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import campaign_pages, visit_forms, visit_pages
from service.pages.page import PageDep, see
from service.photos.headers import MAX_BYTES
from service.photos.routes import StoreDep, declared
from service.photos.schemas import Declared
from service.schemas import Id
from service.visits import actions, campaign_actions, followup_actions, picture_actions

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/campaigns", dependencies=[allow("campaign.read")])
def show_campaigns(page: PageDep) -> Response:
    """Show the campaigns."""
    return page.show("campaigns.html", campaign_pages.listed(page))


@router.post("/campaigns", dependencies=[allow("campaign.write")])
def open_campaign(page: PageDep, form: Annotated[visit_forms.CampaignForm, Form()]) -> Response:
    """Enter a campaign for the bureau's area."""
    given = form.as_campaign(page.viewer.area_code)
    found, _ = campaign_actions.open_campaign(page.session, given)
    return see(f"/campaigns/{found.id}?done=campaign")


@router.get("/campaigns/{campaign_id}", dependencies=[allow("campaign.read")])
def show_campaign(page: PageDep, campaign_id: Id) -> Response:
    """Show one campaign with its draw."""
    return page.show("campaign.html", campaign_pages.card(page, campaign_id))


@router.post("/campaigns/{campaign_id}/draw", dependencies=[allow("campaign.write")])
def draw(page: PageDep, campaign_id: Id, form: Annotated[visit_forms.DrawForm, Form()]) -> Response:
    """Draw a campaign."""
    campaign_actions.draw(page.session, campaign_id, form.as_draw())
    return see(f"/campaigns/{campaign_id}?done=draw")


@router.get("/visits", dependencies=[allow("visit.read")])
def show_visits(page: PageDep, asked: Annotated[visit_pages.Asked, Query()]) -> Response:
    """Show the visits of a period and their counts."""
    return page.show("visits.html", visit_pages.register(page, asked))


@router.get("/visits/new", dependencies=[allow("visit.write")])
def show_form(page: PageDep, asked: Annotated[visit_pages.NewAsked, Query()]) -> Response:
    """Show the form of a visit."""
    return page.show("visit_new.html", visit_pages.form(page, asked))


@router.post("/visits", dependencies=[allow("visit.write")])
def file_visit(page: PageDep, form: Annotated[visit_forms.VisitForm, Form()]) -> Response:
    """Enter a visit."""
    found, _ = actions.file_visit(page.session, form.as_visit())
    return see(f"/visits/{found.id}?done=visit")


@router.get("/visits/{visit_id}", dependencies=[allow("visit.read")])
def show_visit(page: PageDep, visit_id: Id) -> Response:
    """Show one visit."""
    return page.show("visit.html", visit_pages.card(page, visit_id))


@router.post("/visits/{visit_id}/photos", dependencies=[allow("visit.write")])
def take_photo(
    page: PageDep,
    store: StoreDep,
    visit_id: Id,
    id: Annotated[Id, Form()],
    file: Annotated[UploadFile, File()],
    said: Annotated[Declared, Depends(declared)],
) -> Response:
    """Keep a photo of a visit."""
    content = file.file.read(MAX_BYTES + 1)
    picture_actions.take_photo(page.session, store, visit_id, row=id, content=content, said=said)
    return see(f"/visits/{visit_id}?done=photo")


@router.post("/visits/{visit_id}/samples", dependencies=[allow("visit.write")])
def file_sample(
    page: PageDep, visit_id: Id, form: Annotated[visit_forms.SampleForm, Form()]
) -> Response:
    """Enter a sample of a visit."""
    followup_actions.file_sample(page.session, form.as_sample(visit_id))
    return see(f"/visits/{visit_id}?done=sample")


@router.post("/visits/{visit_id}/findings", dependencies=[allow("visit.write")])
def file_finding(
    page: PageDep, visit_id: Id, form: Annotated[visit_forms.FindingForm, Form()]
) -> Response:
    """Enter a finding of a visit."""
    followup_actions.file_finding(page.session, form.as_finding(visit_id))
    return see(f"/visits/{visit_id}?done=finding")


@router.post("/visits/{visit_id}/samples/{sample_id}", dependencies=[allow("visit.write")])
def step_sample(
    page: PageDep,
    visit_id: Id,
    sample_id: Id,
    form: Annotated[visit_forms.SampleStepForm, Form()],
) -> Response:
    """Enter the next step of a sample."""
    followup_actions.step_sample(page.session, sample_id, form.as_step())
    return see(f"/visits/{visit_id}?done=sample")


@router.post("/visits/{visit_id}/findings/{finding_id}", dependencies=[allow("visit.write")])
def step_finding(
    page: PageDep,
    visit_id: Id,
    finding_id: Id,
    form: Annotated[visit_forms.FindingStepForm, Form()],
) -> Response:
    """Enter the next step of a finding."""
    followup_actions.step_finding(page.session, finding_id, form.as_step())
    return see(f"/visits/{visit_id}?done=finding")
