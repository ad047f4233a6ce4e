"""Logging in and out by a form."""

from fastapi import Request
from fastapi.responses import Response
from pydantic import ValidationError

from service.accounts import actions
from service.accounts.access import address_of, cookie_name, presented_token
from service.accounts.routes import set_session_cookie
from service.accounts.schemas import SessionCreate
from service.errors import ServiceError, WrongCredentials
from service.pages.page import PageFrame, bare, is_local, see
from service.security import Role

HOME = {Role.RECORDER: "/grid", Role.APPROVER: "/queue", Role.BUREAU: "/queue"}


def log_in(request: Request, username: str, password: str, following: str) -> Response:
    """Open a session and lead on, or show the form again and why."""
    try:
        opened = _opened(request, username, password)
    except ServiceError as refusal:
        shown = {"username": username, "next": following, "problem": refusal.detail}
        answer: Response = bare(request, "login.html", shown, refusal.status)
        answer.headers.update(refusal.headers or {})
        return answer
    answer = see(following if is_local(following) else "/")
    set_session_cookie(request, answer, opened)
    return answer


def _opened(request: Request, username: str, password: str) -> actions.OpenedSession:
    state = request.app.state
    try:
        credentials = SessionCreate(username=username.strip(), password=password)
    except ValidationError:
        raise WrongCredentials("用户名或密码不对") from None
    return actions.log_in(
        state.database,
        credentials,
        address=address_of(request),
        hours=state.settings.session_hours,
        thresholds=state.thresholds.security,
    )


def log_out(page: PageFrame) -> Response:
    """End the session and forget its cookie."""
    actions.log_out(page.session, presented_token(page.request) or "")
    is_secure = page.request.app.state.settings.secure_cookies
    answer = see("/login")
    answer.delete_cookie(cookie_name(is_secure=is_secure), secure=is_secure, httponly=True)
    return answer


def home(page: PageFrame) -> Response:
    """Lead each duty to its own page."""
    if page.viewer.role in HOME:
        return see(HOME[page.viewer.role])
    if page.may("sowing.progress.read"):
        return see("/progress")
    if page.may("map.read"):
        return see("/map")
    return page.show("home.html")
