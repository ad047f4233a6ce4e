"""The API of bulletins."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from service.accounts.access import allow
from service.bulletins import (
    actions,
    corrections,
    finished,
    fonts,
    markdown,
    paper,
    queries,
    word,
)
from service.bulletins.document import document
from service.bulletins.models import State
from service.bulletins.schemas import (
    BulletinCard,
    BulletinCreate,
    BulletinRead,
    CorrectionCreate,
    Decision,
    IssueCreate,
    Proposal,
    Proposals,
    Review,
    Revise,
)
from service.facts.lint_schemas import LintAnswer
from service.schemas import Cursor, Id, Limit, Page, StrictRoute
from service.security import SessionDep

router = APIRouter(prefix="/api/v1", tags=["bulletins"], route_class=StrictRoute)
READ, WRITE = [allow("bulletin.read")], [allow("bulletin.write")]
Fewer = Annotated[int, Query(ge=1, le=50)]
"""Of issues whose facts are all computed again."""
REPEATED: dict[int | str, dict[str, Any]] = {
    200: {"model": BulletinCard, "description": "The book says this already"}
}


@router.get("/bulletins", response_model=Page[BulletinRead], dependencies=READ)
def list_bulletins(
    session: SessionDep, state: State | None = None, cursor: Cursor = 0, limit: Limit = 100
) -> Page[BulletinRead]:
    """List the bulletins, the newest first; drafts for the bureau only."""
    found = queries.bulletins(session, limit=limit, offset=cursor)
    following = str(cursor + limit) if len(found) == limit else None
    kept = [each for each in found if state is None or each.state is state]
    return Page(items=kept, next=following)


@router.post(
    "/bulletins",
    status_code=201,
    response_model=BulletinCard,
    responses=REPEATED,
    dependencies=WRITE,
)
def draft(session: SessionDep, response: Response, given: BulletinCreate) -> BulletinCard:
    """Enter a draft: its head, its day, and its text with slots for facts."""
    found, is_new = actions.draft(session, given)
    response.status_code = 201 if is_new else 200
    return queries.card(session, found.id)


# Before the bulletins themselves: their ids would take these names.
@router.get("/bulletins/proposals", response_model=Page[Proposals], dependencies=READ)
def list_all_proposals(session: SessionDep, cursor: Cursor = 0, limit: Fewer = 20) -> Page[Any]:
    """List the issues in force whose figures the books tell otherwise by now."""
    found, is_more = corrections.of_all(session, limit=limit, offset=cursor)
    return Page(items=found, next=str(cursor + limit) if is_more else None)


@router.get("/bulletins/decisions", response_model=Page[Decision], dependencies=READ)
def list_decisions(session: SessionDep, cursor: Cursor = 0, limit: Limit = 100) -> Page[Decision]:
    """List the issues that went out with open doubts; to a leader, those in their name."""
    found = queries.decisions(session, limit=limit, offset=cursor)
    return Page(items=found, next=str(cursor + limit) if len(found) == limit else None)


class WordFile(Response):
    """A Word file."""

    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class PdfFile(Response):
    """A PDF."""

    media_type = "application/pdf"


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


# Before the bulletin itself, whose id would take the ending as well.
@router.get("/bulletins/{bulletin_id}.docx", response_class=WordFile, dependencies=READ)
def read_docx(request: Request, session: SessionDep, bulletin_id: Id) -> WordFile:
    """Return one bulletin as a Word file."""
    found = document(session, queries.bulletin(session, bulletin_id))
    content = word.docx_bytes(found, fonts.loaded(request.app.state.settings.font_file))
    return WordFile(content, headers=_attachment(f"bulletin-{bulletin_id}.docx"))


@router.get("/bulletins/{bulletin_id}.pdf", response_class=PdfFile, dependencies=READ)
def read_pdf(request: Request, session: SessionDep, bulletin_id: Id) -> PdfFile:
    """Return one bulletin as a PDF with its fonts."""
    found = document(session, queries.bulletin(session, bulletin_id))
    content = paper.pdf_bytes(found, fonts.load(request.app.state.settings.font_file))
    return PdfFile(content, headers=_attachment(f"bulletin-{bulletin_id}.pdf"))


class MarkdownFile(PlainTextResponse):
    """A text with Markdown's marks."""

    media_type = "text/markdown"


@router.get("/bulletins/{bulletin_id}.md", response_class=MarkdownFile, dependencies=READ)
def read_markdown(session: SessionDep, bulletin_id: Id) -> MarkdownFile:
    """Return one bulletin as Markdown, with its figures and its distribution list."""
    found = document(session, queries.bulletin(session, bulletin_id))
    name = f"bulletin-{bulletin_id}.md"
    return MarkdownFile(markdown.text(found), headers=_attachment(name))


@router.get("/bulletins/{bulletin_id}.json", response_model=BulletinCard, dependencies=READ)
def read_json(session: SessionDep, response: Response, bulletin_id: Id) -> BulletinCard:
    """Return one bulletin as a file of JSON, with its text, figures, doubts and steps."""
    response.headers.update(_attachment(f"bulletin-{bulletin_id}.json"))
    return queries.card(session, bulletin_id)


@router.get("/bulletins/{bulletin_id}", response_model=BulletinCard, dependencies=READ)
def read_bulletin(session: SessionDep, bulletin_id: Id) -> BulletinCard:
    """Return one bulletin with its text, figures, doubts and steps."""
    return queries.card(session, bulletin_id)


@router.get("/bulletins/{bulletin_id}/text", response_class=PlainTextResponse, dependencies=READ)
def read_text(session: SessionDep, bulletin_id: Id) -> str:
    """Return the text alone; of an issued one always the same."""
    return queries.present(session, queries.bulletin(session, bulletin_id))[0]


@router.get("/bulletins/{bulletin_id}/proposals", response_model=Page[Proposal], dependencies=READ)
def list_proposals(session: SessionDep, bulletin_id: Id) -> Page[Proposal]:
    """List the figures of an issued bulletin that the books tell otherwise by now."""
    return Page(items=corrections.proposals(session, bulletin_id))


@router.post("/bulletins/{bulletin_id}/lint", response_model=LintAnswer, dependencies=READ)
def lint(session: SessionDep, bulletin_id: Id) -> LintAnswer:
    """Judge every figure of the finished text by its day's facts; nothing is stored."""
    return finished.lint(session, bulletin_id)


@router.post("/bulletins/{bulletin_id}/revise", response_model=BulletinCard, dependencies=WRITE)
def revise(session: SessionDep, bulletin_id: Id, given: Revise) -> BulletinCard:
    """Put another text in place; it must be reviewed again."""
    return queries.card(session, actions.revise(session, bulletin_id, given).id)


@router.post("/bulletins/{bulletin_id}/review", response_model=BulletinCard, dependencies=WRITE)
def review(session: SessionDep, bulletin_id: Id, given: Review) -> BulletinCard:
    """Say that a second person has read the text."""
    return queries.card(session, actions.review(session, bulletin_id, given).id)


@router.post("/bulletins/{bulletin_id}/issue", response_model=BulletinCard, dependencies=WRITE)
def issue(session: SessionDep, bulletin_id: Id, given: IssueCreate) -> BulletinCard:
    """Issue: freeze the text and every figure."""
    return queries.card(session, actions.issue(session, bulletin_id, given).id)


@router.post(
    "/bulletins/{bulletin_id}/correct",
    status_code=201,
    response_model=BulletinCard,
    responses=REPEATED,
    dependencies=WRITE,
)
def correct(
    session: SessionDep, response: Response, bulletin_id: Id, given: CorrectionCreate
) -> BulletinCard:
    """Draft the issue that is to take an issued one's place."""
    found, is_new = actions.correct(session, bulletin_id, given)
    response.status_code = 201 if is_new else 200
    return queries.card(session, found.id)
