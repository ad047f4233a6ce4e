"""Refusals: one tree, answered at one door as RFC 9457 problem documents."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.exceptions import HTTPException

log = structlog.get_logger(__name__)
PROBLEM_JSON = "application/problem+json"
LOGIN_PAGE = "/login"


class ServiceError(Exception):
    """A refusal that tells its reader, in Chinese, what to do."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    title: ClassVar[str] = "Request refused"
    keeps_transaction: ClassVar[bool] = False
    """True where what was written on the way (a failed log-in) must stay."""

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any):
        super().__init__(detail)
        self.detail, self.headers, self.members = detail, headers, members

    @classmethod
    def type_uri(cls) -> str:
        """Return the stable identifier of this kind of refusal."""
        return "/problems/" + re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Invalid(ServiceError):
    """What was sent cannot be taken as it is."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Invalid input"


class NotAuthenticated(ServiceError):
    """Nobody is logged in."""

    status = HTTPStatus.UNAUTHORIZED
    title = "Not logged in"


class WrongCredentials(NotAuthenticated):
    """The name and the password do not belong together."""

    title = "Wrong credentials"


class Forbidden(ServiceError):
    """The account's duty does not include this."""

    status = HTTPStatus.FORBIDDEN
    title = "Not allowed"


class NotFound(ServiceError):
    """No such thing, or none that this account may see."""

    status = HTTPStatus.NOT_FOUND
    title = "Not found"


class Conflict(ServiceError):
    """The request does not fit the present state."""

    status = HTTPStatus.CONFLICT
    title = "Conflict"


class IdTaken(Conflict):
    """This id was used before, with other content."""

    title = "Id already used with other content"


class TooLarge(ServiceError):
    """More bytes than are taken."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "Too large"


class TooManyAttempts(ServiceError):
    """Slow down."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many attempts"


class StorageUnavailable(ServiceError):
    """The database is away, busy or full."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Storage unavailable"


def field_problems(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Name each refused field and what is allowed; never echo the value itself."""
    return [
        {
            "field": _speakable(".".join(str(part) for part in error["loc"])),
            "code": error["type"],
            "allowed": _speakable(error["msg"].removeprefix("Value error, ")),
        }
        for error in errors[:100]
    ]


def _speakable(text: str) -> str:
    # A lone surrogate in an echoed message could not be encoded in the answer.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:500]


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Make one problem document."""
    content = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": _speakable(detail),
        "instance": _speakable(request.url.path),
        **members,
    }
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def refused(request: Request, error: ServiceError) -> Response:
    """Answer a refusal."""
    log.info("refused", problem=error.type_uri(), status=int(error.status), path=request.url.path)
    if isinstance(error, NotAuthenticated) and _is_page(request):
        return RedirectResponse(f"{LOGIN_PAGE}?next={request.url.path}", HTTPStatus.SEE_OTHER)
    return problem(
        request,
        error.status,
        error.title,
        error.detail,
        kind=error.type_uri(),
        headers=error.headers,
        **error.members,
    )


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and request.method == "GET"


def _invalid(request: Request, error: RequestValidationError) -> Response:
    problems = field_problems(error.errors())
    first = problems[0] if problems else {"field": "", "allowed": ""}
    return problem(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        Invalid.title,
        f"请改正 {first['field']}:{first['allowed']}",
        kind=Invalid.type_uri(),
        errors=problems,
    )


STATUS_DETAIL = {
    404: "没有这个地址,请检查网址",
    405: "这个地址不接受这种请求方法",
    400: "请求无法读取,请检查格式",
}


def _routing(request: Request, error: HTTPException) -> Response:
    detail = STATUS_DETAIL.get(error.status_code, str(error.detail))
    title = HTTPStatus(error.status_code).phrase
    return problem(request, error.status_code, title, detail, headers=error.headers)


def _storage(request: Request, error: Exception) -> Response:
    """Answer 503 where the database is away, busy or full; anything else is a crash."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
        return _crash(request, error)
    log.error("storage unavailable", error=str(error)[:300], path=request.url.path)
    is_full = "full" in str(error).lower() or "No space left" in str(error)
    return problem(
        request,
        StorageUnavailable.status,
        StorageUnavailable.title,
        "数据库暂时不可用,数据没有保存,请稍后再试",
        kind=StorageUnavailable.type_uri(),
        headers={"Retry-After": "5"},
        code="storage_full" if is_full else "storage_busy",
    )


def _crash(request: Request, error: Exception) -> Response:
    log.exception("crash", path=request.url.path, exc_info=error)
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal error",
        "系统内部错误,数据没有保存;请把请求编号告诉管理员",
        kind="/problems/internal-error",
    )


def install(app: FastAPI, core: Mapping[type[ValueError], type[ServiceError]]) -> None:
    """Let every refusal and crash leave by this door; `core` says what a pure rule's error is."""
    for kind, refusal in core.items():

        def as_refusal(
            request: Request, error: Exception, refusal: type[ServiceError] = refusal
        ) -> Response:
            return refused(request, refusal(str(error)))

        app.add_exception_handler(kind, as_refusal)
    app.add_exception_handler(ServiceError, refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _routing)  # type: ignore[arg-type]
    app.add_exception_handler(DBAPIError, _storage)
    app.add_exception_handler(sqlite3.OperationalError, _storage)
    app.add_exception_handler(Exception, _crash)
