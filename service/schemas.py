"""What every body and query parameter is made of: strict, bounded, and exact.

JSON is read here and not by the framework, because its defaults take what must be refused:
a key given twice, NaN, a number too long to hold, bytes that are not UTF-8. Numbers stay
exact on the way in (`Decimal`), and go out as JSON numbers of at most 14 digits, which every
double holds exactly.
"""

import json
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from starlette.exceptions import HTTPException

from service.errors import ServiceError

CIVIL_ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
MAX_JSON_DEPTH = 64
MAX_NUMBER_DIGITS = 40
MAX_DECIMAL_EXPONENT = 15
MAX_TEXT = 10_000
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class Strict(BaseModel):
    """Base of everything that comes in: no unknown field."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Shown(BaseModel):
    """Base of everything that goes out; read from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True)


def civil_day(instant: datetime) -> date:
    """Return the Asia/Shanghai civil date of an instant."""
    return instant.astimezone(CIVIL_ZONE).date()


def clean_text(value: str) -> str:
    """Refuse what cannot be stored or sent; everything else stays as it is."""
    if "\x00" in value:
        raise ValueError("文字里不能有空字符(NUL)")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("文字里有不成对的代理字符,无法保存") from None
    return value


def _day(value: Any) -> date:
    day = value if isinstance(value, date) and not isinstance(value, datetime) else _day_of(value)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"日期须在 {FIRST_DAY} 与 {LAST_DAY} 之间")
    return day


def _day_of(value: Any) -> date:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError("日期写成 YYYY-MM-DD,例如 2023-04-20")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("没有这一天,请检查月份和日子") from None


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("时刻写成 2023-04-20T17:00:00+08:00") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("时刻须带时区,例如 2023-04-20T17:00:00+08:00")
    if not FIRST_DAY < value.date() < LAST_DAY:
        raise ValueError(f"时刻须在 {FIRST_DAY} 与 {LAST_DAY} 之间")
    return value.astimezone(UTC)


def _uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
        raise ValueError("编号须是 UUID,例如 6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10")
    return UUID(value)


def exact(places: int) -> Callable[[Any], Decimal]:
    """Make a validator that takes a JSON number of at most so many decimal places."""

    def number(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
            raise ValueError("须是数字,不加引号")
        exactly = value if isinstance(value, Decimal) else Decimal(str(value))
        if not exactly.is_finite():
            raise ValueError("须是有限的数字")
        if exactly.adjusted() > MAX_DECIMAL_EXPONENT:
            raise ValueError("数字太大")
        if exactly.adjusted() < -MAX_DECIMAL_EXPONENT and exactly:
            raise ValueError(f"最多 {places} 位小数")
        rounded = round(exactly, places)
        if rounded != exactly:
            raise ValueError(f"最多 {places} 位小数")
        return rounded

    return number


Text = Annotated[str, AfterValidator(clean_text), Field(max_length=MAX_TEXT)]
Note = Annotated[str, AfterValidator(clean_text), Field(max_length=500)]
Name = Annotated[str, AfterValidator(clean_text), Field(min_length=1, max_length=64)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
AreaCode = Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
Id = Annotated[UUID, BeforeValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Mu = Annotated[
    Decimal,
    BeforeValidator(exact(2)),
    Field(ge=0, le=Decimal("9999999.99")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 9999999.99}),
]
"""A reported area in mu, two decimal places."""
Kg = Annotated[
    Decimal,
    BeforeValidator(exact(3)),
    Field(ge=Decimal("0.001"), le=Decimal("9999999.999")),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0.001, "maximum": 9999999.999}),
]
"""A mass in kg, three decimal places; at most ten thousand tonnes."""
Share = Annotated[
    Decimal,
    BeforeValidator(exact(4)),
    Field(ge=0, le=1),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
"""A part of a whole, four decimal places."""
ShownDecimal = Annotated[
    Decimal, PlainSerializer(float, when_used="json"), WithJsonSchema({"type": "number"})
]
"""An exact decimal on its way out, of at most 14 digits."""


Since = Annotated[Day | None, Query(alias="from")]
"""First day of a period, as `from`."""
Cursor = Annotated[int, Query(ge=0, le=10**9)]
"""How many of a list were read before, as `next` gave it."""
Limit = Annotated[int, Query(ge=1, le=500)]


def said_already(model: type) -> dict[int | str, dict[str, Any]]:
    """Document the answer to a filing that says what the book says already."""
    return {200: {"model": model, "description": "The book says this already"}}


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` goes back as `cursor`."""

    items: list[T]
    next: str | None = None


class BodyError(ValueError):
    """A body that is not the JSON that we take."""

    def __init__(self, reason: str, *, field: str = "", code: str = "json_invalid") -> None:
        super().__init__(reason)
        self.reason, self.field, self.code = reason, field, code


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BodyError("同一个字段给了两次", field=twice, code="duplicate_key")
    return seen


def _short_number(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_DIGITS:
        raise BodyError(f"数字超过 {MAX_NUMBER_DIGITS} 位", code="number_too_long")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BodyError("数字的指数太大", code="number_too_long") from None


def _short_int(text: str) -> int:
    if len(text) > MAX_NUMBER_DIGITS:
        raise BodyError(f"数字超过 {MAX_NUMBER_DIGITS} 位", code="number_too_long")
    return int(text)


def _no_constant(text: str) -> None:
    raise BodyError(f"{text} 不是 JSON 允许的数字", code="number_not_finite")


def _depth(text: str) -> int:
    deepest = depth = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text):
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    return deepest


def read_json(body: bytes) -> Any:
    """Parse a JSON body, refusing what is ambiguous or cannot be held."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BodyError("正文须是 UTF-8 编码") from None
    if text.count("[") + text.count("{") > MAX_JSON_DEPTH and _depth(text) > MAX_JSON_DEPTH:
        raise BodyError(f"嵌套超过 {MAX_JSON_DEPTH} 层", code="json_too_deep")
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_float=_short_number,
            parse_int=_short_int,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise BodyError(f"第 {error.lineno} 行第 {error.colno} 列不是合法的 JSON") from None


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route whose JSON body is read by `read_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler so that a bad body is refused like any other bad field."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            request = _StrictRequest(request.scope, request.receive)
            try:
                # Read here: inside its own handler FastAPI would blur the reason to a bare 400.
                if "json" in request.headers.get("content-type", "") and await request.body():
                    await request.json()
            except BodyError as error:
                loc = ("body", error.field) if error.field else ("body",)
                raise RequestValidationError(
                    [{"loc": loc, "type": error.code, "msg": error.reason}]
                ) from None
            try:
                return await handle(request)
            except HTTPException as error:
                # FastAPI blurs what stopped the reading of a form to a bare 400 as well.
                if isinstance(error.__cause__, ServiceError):
                    raise error.__cause__ from None
                raise

        return strict
