"""The guard of every route: who is asking, and does their duty include this."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as DependsParam
from fastapi.routing import APIRoute

from service.accounts import policy, queries
from service.errors import Forbidden, NotAuthenticated
from service.security import SessionDep, Viewer

COOKIE = "chungeng_session"
SECURE_COOKIE = "__Host-chungeng_session"


def cookie_name(*, is_secure: bool) -> str:
    """Return the session cookie's name."""
    return SECURE_COOKIE if is_secure else COOKIE


def presented_token(request: Request) -> str | None:
    """Return the bearer token, or the cookie's, of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    is_secure = request.app.state.settings.secure_cookies
    return request.cookies.get(cookie_name(is_secure=is_secure))


def address_of(request: Request) -> str:
    """Return the caller's address as the server saw it, or as a trusted proxy told it."""
    return request.client.host if request.client else "unknown"


def authenticate(request: Request, session: SessionDep) -> Viewer:
    """Find who is asking and bind every query of this request to their area."""
    token = presented_token(request)
    viewer = queries.viewer_of_token(session, token) if token else None
    if viewer is None:
        raise NotAuthenticated("请先登录", headers={"WWW-Authenticate": "Bearer"})
    session.info["viewer"] = viewer
    request.state.viewer = viewer
    return viewer


ViewerDep = Annotated[Viewer, Depends(authenticate)]


class _Guard:
    def __init__(self, action: str) -> None:
        assert action in policy.POLICY, f"the policy has no row for {action}"
        self.action = action

    async def __call__(self, viewer: ViewerDep) -> Viewer:
        if not policy.may(viewer.role, self.action):
            raise Forbidden("您的岗位没有这项权限;如确有需要,请联系管理员", action=self.action)
        return viewer


def allow(action: str) -> DependsParam:
    """Guard a route with one row of the policy."""
    guard: DependsParam = Depends(_Guard(action))
    return guard


def action_of(route: APIRoute) -> str | None:
    """Return the policy row that guards a route."""
    guards = [d.call for d in route.dependant.dependencies if isinstance(d.call, _Guard)]
    return guards[0].action if guards else None


def publish_actions(router: APIRouter) -> None:
    """Write each operation's policy row into the OpenAPI document as `x-action`."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            extra: dict[str, Any] = route.openapi_extra or {}
            route.openapi_extra = extra | {"x-action": action_of(route)}
