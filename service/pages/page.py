"""What every page has: its frame, who is reading it, and the page that says what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from service.accounts.access import ViewerDep
from service.accounts.policy import may
from service.database import clock_of
from service.pages import reminders, rendering
from service.pages.reminders import Reminder
from service.security import Role, SessionDep, Viewer

RECENT = timedelta(days=7)
NAVIGATION = (
    ("/grid", "填报", (Role.RECORDER,)),
    ("/weeks", "各周", (Role.RECORDER,)),
    ("/queue", "审核", (Role.APPROVER, Role.BUREAU)),
    ("/queue", "报送", (Role.AUDITOR, Role.ADMIN)),
    (
        "/progress",
        "进度",
        (Role.LEADER, Role.BUREAU, Role.APPROVER, Role.RECORDER, Role.AUDITOR, Role.ADMIN),
    ),
    ("/doubts", "存疑", tuple(role for role in Role if may(role, "doubt.read"))),
    ("/bulletins", "简报", tuple(role for role in Role if may(role, "bulletin.read"))),
    ("/facts", "数字", tuple(role for role in Role if may(role, "fact.read"))),
    ("/outlets", "网点", tuple(role for role in Role if may(role, "outlet.read"))),
    ("/supply", "农资", tuple(role for role in Role if may(role, "stock.adequacy.read"))),
    ("/stock", "库存", tuple(role for role in Role if may(role, "stock.write"))),
    ("/prices", "价格", tuple(role for role in Role if may(role, "price.read"))),
    ("/agronomy", "农情", tuple(role for role in Role if may(role, "agronomy.read"))),
    ("/machinery", "农机", tuple(role for role in Role if may(role, "machinery.read"))),
    ("/visits", "检查", tuple(role for role in Role if may(role, "visit.read"))),
    ("/campaigns", "抽查", tuple(role for role in Role if may(role, "campaign.read"))),
    ("/signals", "线索", tuple(role for role in Role if may(role, "signal.read"))),
    ("/unsealings", "启封", tuple(role for role in Role if may(role, "tip.unseal.read"))),
    ("/leads", "待受理", tuple(role for role in Role if may(role, "case.assign"))),
    ("/cases", "案件", tuple(role for role in Role if may(role, "case.read"))),
    ("/risk", "一张图", tuple(role for role in Role if may(role, "verdict.read"))),
    ("/patrols", "巡查", tuple(role for role in Role if may(role, "patrol.read"))),
    ("/overview", "总览", tuple(role for role in Role if may(role, "fact.read"))),
    ("/lint", "核对", tuple(role for role in Role if may(role, "fact.read"))),
    ("/map", "地图", tuple(role for role in Role if may(role, "map.read"))),
    ("/land", "土地数据", tuple(role for role in Role if may(role, "parcel.import"))),
)
HEADING = {
    401: "请先登录",
    403: "没有这项权限",
    404: "没有这个页面",
    405: "不能这样打开",
    409: "没有办成",
    413: "内容太大",
    422: "有一项填得不对",
    429: "请稍等",
    500: "系统出了错",
    503: "数据库暂时不可用",
}


@dataclass(frozen=True)
class PageFrame:
    """One page on its way to its reader."""

    request: Request
    session: Session
    viewer: Viewer

    def may(self, action: str) -> bool:
        """Tell whether the reader's duty includes an action."""
        return may(self.viewer.role, action)

    def recent_notices(self) -> list[Reminder]:
        """Return the last week's reminders for the reader's duty."""
        return reminders.recent(self.session, self.viewer, clock_of(self.session)() - RECENT)

    def show(self, template: str, context: Mapping[str, Any] | None = None) -> HTMLResponse:
        """Fill a page's template inside the common frame."""
        frame = {
            "viewer": self.viewer,
            "may": self.may,
            "navigation": [
                (href, text) for href, text, roles in NAVIGATION if self.viewer.role in roles
            ],
            "is_noticed": self.viewer.role in reminders.NOTICED,
            "n_notices": len(self.recent_notices()),
            "done": rendering.DONE_TEXT.get(self.request.query_params.get("done", "")),
        }
        content = rendering.render(template, _common(self.request) | frame | dict(context or {}))
        return HTMLResponse(content)


def frame(request: Request, session: SessionDep, viewer: ViewerDep) -> PageFrame:
    """Make the frame of the page that was asked for."""
    return PageFrame(request, session, viewer)


PageDep = Annotated[PageFrame, Depends(frame)]


def _common(request: Request) -> dict[str, Any]:
    return {
        "path": request.url.path,
        "version": request.app.version,
        "is_demonstration": request.app.state.database.is_demonstration,
        "viewer": None,
        "navigation": (),
        "n_notices": 0,
        "done": None,
    }


def bare(request: Request, template: str, context: Mapping[str, Any], status: int) -> HTMLResponse:
    """Fill a page that needs no account."""
    return HTMLResponse(rendering.render(template, _common(request) | dict(context)), status)


def see(path: str) -> RedirectResponse:
    """Lead on to another page, by GET."""
    return RedirectResponse(path, 303)


def error_page(request: Request, status: int, detail: str) -> Response:
    """Say what went wrong and what to do, to a person."""
    context = {
        "heading": HEADING.get(status, "没有办成"),
        "detail": detail,
        "status": status,
        "back": _came_from(request),
        "request_id": get_contextvars().get("request_id", ""),
    }
    return bare(request, "error.html", context, status)


def _came_from(request: Request) -> str | None:
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or not is_local(parts.path):
        return None
    is_here = request.method == "GET" and parts.path == request.url.path
    return None if is_here else parts.path + (f"?{parts.query}" if parts.query else "")


def is_local(path: str) -> bool:
    """Tell whether a path leads to this site whichever way a browser reads it."""
    is_rooted = path.startswith("/") and not path.startswith(("//", "/\\"))
    return is_rooted and path.isprintable() and "\\" not in path and " " not in path
