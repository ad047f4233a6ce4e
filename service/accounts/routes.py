"""The API of accounts: sessions, me, accounts, the audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.accounts import actions, queries
from service.accounts.access import (
    ViewerDep,
    address_of,
    allow,
    cookie_name,
    presented_token,
)
from service.accounts.models import Account
from service.accounts.schemas import (
    AccountCreate,
    AccountRead,
    AccountUpdate,
    AuditEntryRead,
    SessionCreate,
    SessionRead,
    Username,
    ViewerRead,
)
from service.audit import AuditEntry
from service.schemas import Id, Page, StrictRoute
from service.security import SessionDep, Viewer

router = APIRouter(prefix="/api/v1", tags=["accounts"], route_class=StrictRoute)
Cursor = Annotated[Username | None, Query()]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/sessions", status_code=201, response_model=SessionRead)
def log_in(
    request: Request, response: Response, credentials: SessionCreate
) -> actions.OpenedSession:
    """Log in; sets the session cookie and returns the token."""
    state = request.app.state
    opened = actions.log_in(
        state.database,
        credentials,
        address=address_of(request),
        hours=state.settings.session_hours,
        thresholds=state.thresholds.security,
    )
    set_session_cookie(request, response, opened)
    return opened


def set_session_cookie(request: Request, response: Response, opened: actions.OpenedSession) -> None:
    """Hand the token to a browser."""
    is_secure = request.app.state.settings.secure_cookies
    response.set_cookie(
        cookie_name(is_secure=is_secure),
        opened.token,
        max_age=request.app.state.settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=is_secure,
        path="/",
    )


@router.delete("/sessions/current", status_code=204, dependencies=[allow("session.end")])
def log_out(request: Request, response: Response, session: SessionDep) -> None:
    """Log out."""
    actions.log_out(session, presented_token(request) or "")
    is_secure = request.app.state.settings.secure_cookies
    response.delete_cookie(cookie_name(is_secure=is_secure), secure=is_secure, httponly=True)


@router.get("/me", response_model=ViewerRead, dependencies=[allow("me.read")])
def me(viewer: ViewerDep) -> Viewer:
    """Tell who is logged in."""
    return viewer


@router.get("/accounts", response_model=Page[AccountRead], dependencies=[allow("account.list")])
def list_accounts(
    session: SessionDep, cursor: Cursor = None, limit: Limit = 100
) -> Page[AccountRead]:
    """List the accounts of the viewer's area."""
    found, following = queries.accounts_page(session, after=cursor, limit=limit)
    return Page(items=[AccountRead.model_validate(a) for a in found], next=following)


@router.post(
    "/accounts",
    status_code=201,
    response_model=AccountRead,
    dependencies=[allow("account.create")],
)
def create_account(session: SessionDep, account_in: AccountCreate) -> Account:
    """Create an account."""
    return actions.create_account(session, account_in)


@router.patch(
    "/accounts/{account_id}",
    response_model=AccountRead,
    dependencies=[allow("account.change")],
)
def change_account(session: SessionDep, account_id: Id, change: AccountUpdate) -> Account:
    """Change an account's name, duty, area, password, or disable it."""
    return actions.change_account(session, UUID(str(account_id)), change)


@router.get("/audit", response_model=Page[AuditEntryRead], dependencies=[allow("audit.read")])
def read_audit(
    session: SessionDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Limit = 100,
) -> Page[AuditEntryRead]:
    """Read the audit chain in its order, as far as it concerns the viewer's area."""
    found: list[AuditEntry] = queries.audit_page(session, after=after, limit=limit)
    following = str(found[-1].n) if len(found) == limit else None
    return Page(items=[AuditEntryRead.model_validate(e) for e in found], next=following)
