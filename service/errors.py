"""Refusals: one tree, answered at one door as RFC 9457 problem documents."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)
PROBLEM_JSON = "application/problem+json"
LOGIN_PAGE = "/login"
ErrorPage = Callable[[Request, int, str], Response]
"""Says to a person what went wrong and what to do."""
MAX_SAID = 500
"""Characters of anything that an answer repeats."""


class ServiceError(Exception):
    """A refusal that tells its reader, in Chinese, what to do."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    title: ClassVar[str] = "Request refused"

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


class UnsupportedType(ServiceError):
    """This kind of file is not taken."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "Unsupported kind of file"


class TooManyAttempts(ServiceError):
    """Slow down."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many attempts"


class StorageUnavailable(ServiceError):
    """The database is away, busy or full."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Storage unavailable"


IN_CHINESE = {
    "missing": "必填",
    "extra_forbidden": "没有这个字段,请去掉",
    "string_type": "须是文字",
    "string_unicode": "文字里有不成对的代理字符,无法保存",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "string_pattern_mismatch": "格式须是 {pattern}",
    "int_type": "须是整数,不加引号",
    "int_parsing": "须是整数",
    "int_parsing_size": "整数太大",
    "int_from_float": "须是整数",
    "float_type": "须是数字,不加引号",
    "float_parsing": "须是数字",
    "finite_number": "须是有限的数字",
    "bool_type": "只能是 true 或 false",
    "bool_parsing": "只能是 true 或 false",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "list_type": "须是列表",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "model_type": "须是 JSON 对象",
    "model_attributes_type": "须是 JSON 对象,请求头 Content-Type 为 application/json",
    "dict_type": "须是 JSON 对象",
}
"""What is allowed, by Pydantic's own code of the error and in the words of its context."""


def _allowed(error: Any) -> str:
    kind = error["type"]
    if kind in {"too_long", "too_short"} and isinstance(error.get("input"), str):
        kind = f"string_{kind}"  # a checked text is measured like a list
    said: str | None = IN_CHINESE.get(kind)
    if said is None:
        said = str(error["msg"]).removeprefix("Value error, ")
        said = "须是上传的文件" if said.startswith("Expected UploadFile") else said
    else:
        said = said.format_map(error.get("ctx", {}))
    return said[:MAX_SAID]


def field_problems(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Name each refused field and what is allowed; never echo the value itself."""
    return [
        {
            "field": ".".join(str(part) for part in error["loc"])[:MAX_SAID],
            "code": error["type"],
            "allowed": _allowed(error),
        }
        for error in errors[:100]
    ]


class ProblemResponse(JSONResponse):
    """A problem document; a lone surrogate leaves as its JSON escape."""

    media_type = PROBLEM_JSON

    def render(self, content: Any) -> bytes:
        """Write JSON that can always be sent."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, default=str)
        return text.encode("utf-8", "backslashreplace")


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """Make one problem document; a page for a browser that asks for one outside the API."""
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if page is not None and _is_for_people(request):
        said = detail[:MAX_SAID].encode("utf-8", "backslashreplace").decode()
        answer = page(request, status, said)
        answer.headers.update(headers or {})
        return answer
    content = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail[:MAX_SAID],
        "instance": request.url.path[:MAX_SAID],
        **members,
    }
    return ProblemResponse(content, status, headers=dict(headers or {}))


def refused(request: Request, error: ServiceError) -> Response:
    """Answer a refusal."""
    log.info("refused", problem=error.type_uri(), status=int(error.status), path=request.url.path)
    if isinstance(error, NotAuthenticated) and _is_page(request):
        return RedirectResponse(_login_and_back(request), HTTPStatus.SEE_OTHER)
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
    path = request.url.path
    if path.startswith("/ogc"):  # one address for people and programs
        return "text/html" in request.headers.get("accept", "")
    return not path.startswith(("/api/", "/tiles/"))


def _is_for_people(request: Request) -> bool:
    return _is_page(request) and "text/html" in request.headers.get("accept", "")


def _login_and_back(request: Request) -> str:
    """Return the log-in page that leads back to where one was; a form's target is no place."""
    if request.method != "GET":
        return LOGIN_PAGE
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{LOGIN_PAGE}?next={quote(wanted, safe='/')}"


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


def said(status: HTTPStatus) -> dict[str, Any]:
    """Document one refusal for the OpenAPI document."""
    members = {name: {"type": "string"} for name in ("type", "title", "detail", "instance")}
    schema = {
        "title": "Problem",
        "type": "object",
        "properties": members | {"status": {"type": "integer", "const": int(status)}},
        "required": [*members, "status"],
    }
    return {"description": status.phrase, "content": {PROBLEM_JSON: {"schema": schema}}}


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: said(HTTPStatus(status)) for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
"""The refusals that every operation of the API may give, for the OpenAPI document."""

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


class LastResort:
    """ASGI middleware, the innermost: a crash leaves with the headers of every other answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; answer for it if it crashes."""
        has_started = False

        async def noted(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            if has_started or scope["type"] != "http":
                raise
            await _crash(Request(scope), error)(scope, receive, send)


def install(
    app: FastAPI,
    core: Mapping[type[ValueError], type[ServiceError]],
    page: ErrorPage | None = None,
) -> None:
    """Let every refusal and crash leave by this door; `core` says what a pure rule's error is."""
    app.state.error_page = page
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
    app.add_exception_handler(NoConnectionLeft, _storage)
    app.add_exception_handler(sqlite3.OperationalError, _storage)
    app.add_middleware(LastResort)
