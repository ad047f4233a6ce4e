"""The web pages: they call the same queries and actions as the API."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from service.accounts.access import allow
from service.pages import board, door, grid, queue
from service.pages.page import PageDep, bare, see
from service.reporting import actions
from service.reporting.models import TaskEventKind as Kind
from service.schemas import Id, Note, Text

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reason = Annotated[Note, Form()]
Typed = Annotated[Text, Form()]


@router.get("/login")
def show_login(request: Request, following: Annotated[str, Query(alias="next")] = "") -> Response:
    """Show the log-in form."""
    shown = {"username": "", "next": following, "problem": None}
    return bare(request, "login.html", shown, 200)


@router.post("/login")
def log_in(
    request: Request,
    username: Typed = "",
    password: Typed = "",
    following: Annotated[Text, Form(alias="next")] = "",
) -> Response:
    """Log in by the form."""
    return door.log_in(request, username, password, following)


@router.post("/logout", dependencies=[allow("session.end")])
def log_out(page: PageDep) -> Response:
    """Log out."""
    return door.log_out(page)


@router.get("/", dependencies=[allow("me.read")])
def home(page: PageDep) -> Response:
    """Lead each duty to its own page."""
    return door.home(page)


@router.get("/notices", dependencies=[allow("me.read")])
def show_notices(page: PageDep) -> Response:
    """Show the last week's reminders."""
    return page.show("notices.html", {"notices": page.recent_notices()})


@router.get("/progress", dependencies=[allow("sowing.progress.read")])
def show_progress(page: PageDep, asked: Annotated[board.Asked, Query()]) -> Response:
    """Show the progress of an area."""
    return page.show("progress.html", board.board(page, asked))


@router.get("/progress/villages", dependencies=[allow("sowing.progress.read")])
def show_villages(page: PageDep, asked: Annotated[board.Asked, Query()]) -> Response:
    """Show the rows of one town's villages, to be opened inside the table by town."""
    return page.show("villages.html", board.board(page, asked))


@router.get("/weeks", dependencies=[allow("reporting.task.read")])
def show_weeks(page: PageDep, wanted: Annotated[queue.Wanted, Query()]) -> Response:
    """Show the weeks of the reader's town."""
    return page.show("weeks.html", queue.queue(page, wanted))


@router.get("/grid", dependencies=[allow("sowing.report.read")])
def show_grid(page: PageDep, asked: Annotated[grid.Week, Query()]) -> Response:
    """Show one town's week as a grid."""
    return page.show("grid.html", grid.grid(page, asked))


@router.post("/grid/{task_id}/submit", dependencies=[allow("reporting.task.submit")])
def submit(page: PageDep, task_id: Id) -> Response:
    """Submit a town's week."""
    actions.take_step(page.session, task_id, Kind.SUBMIT)
    return see(f"/grid?task={task_id}&done=submit")


@router.get("/queue", dependencies=[allow("reporting.task.read")])
def show_queue(page: PageDep, wanted: Annotated[queue.Wanted, Query()]) -> Response:
    """Show the weeks that wait, and the others."""
    return page.show("queue.html", queue.queue(page, wanted))


@router.get("/queue/{task_id}", dependencies=[allow("reporting.task.read")])
def show_week(page: PageDep, task_id: Id) -> Response:
    """Show one town's week with its history."""
    return page.show("week.html", queue.opened(page, task_id))


@router.post("/queue/{task_id}/approve", dependencies=[allow("reporting.task.approve")])
def approve(page: PageDep, task_id: Id) -> Response:
    """Approve a town's week."""
    queue.take(page, task_id, Kind.APPROVE)
    return queue.back_to(task_id, "approve")


@router.post("/queue/{task_id}/accept", dependencies=[allow("reporting.task.accept")])
def accept(page: PageDep, task_id: Id) -> Response:
    """Accept a town's week."""
    queue.take(page, task_id, Kind.ACCEPT)
    return queue.back_to(task_id, "accept")


@router.post("/queue/{task_id}/return", dependencies=[allow("reporting.task.return")])
def send_back(page: PageDep, task_id: Id, reason: Reason = "") -> Response:
    """Return a town's week with the reason."""
    queue.take(page, task_id, Kind.RETURN, reason)
    return queue.back_to(task_id, "return")


@router.post("/queue/{task_id}/reopen", dependencies=[allow("reporting.task.reopen")])
def reopen(page: PageDep, task_id: Id, reason: Reason = "") -> Response:
    """Reopen an accepted week with the reason."""
    queue.take(page, task_id, Kind.REOPEN, reason)
    return queue.back_to(task_id, "reopen")


@router.post("/queue/{task_id}/exception", dependencies=[allow("reporting.exception.grant")])
def grant(
    page: PageDep,
    task_id: Id,
    days: Annotated[int, Form(ge=1, le=366)] = 1,
    reason: Reason = "",
) -> Response:
    """Let a town file into its locked week."""
    queue.grant(page, task_id, days=days, reason=reason)
    return queue.back_to(task_id, "exception")
