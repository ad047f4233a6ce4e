"""What a request asks for: every parameter is known and well formed, or refused with 400."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Collection as Names
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Request

from service.errors import ServiceError
from service.maps import ogc_systems as systems
from service.maps.ogc_collections import Collection
from service.maps.ogc_fields import Field
from service.maps.ogc_systems import CRS84, SYSTEMS, OutsideSystem, System
from service.schemas import UUID_TEXT, civil_day, clean_text

DEFAULT_LIMIT, MAX_LIMIT = 10, 10_000
MAX_OFFSET_DIGITS = 9
MAX_TEXT = 200
BOX_SIZES = (4, 6)
COMMON = frozenset({"f"})
FEATURE = COMMON | {"crs"}
ITEMS = FEATURE | {"limit", "offset", "bbox", "bbox-crs", "datetime"}
WHOLE = re.compile(r"[0-9]+", re.ASCII)
INTEGER = re.compile(r"-?[0-9]{1,9}", re.ASCII)
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[-+]\d{2}:\d{2})", re.ASCII
)
OPEN_ENDS = frozenset({"", ".."})
TRUTH = {"true": True, "1": True, "false": False, "0": False}
T = TypeVar("T")


class BadParameter(ServiceError):
    """A query parameter is not known, or its value cannot be taken."""

    title = "Bad query parameter"


class Days(NamedTuple):
    """The days that features shall be valid on; none for an open end."""

    first: date | None
    last: date | None


class Prefix(str):
    """A text that values begin with."""

    __slots__ = ()


@dataclass(frozen=True)
class Asked:
    """Which features are asked for, and how they shall be shown."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    system: System = CRS84
    box: tuple[Any, ...] = ()
    """Geometries in lon/lat, one of which a feature shall meet; none where all are wanted."""
    days: Days | None = None
    """None for those that are valid today."""
    filters: Mapping[str, Any] = field(default_factory=dict)


def refuse_others(request: Request, known: Names[str]) -> None:
    """Refuse a parameter that is not known here, or is given twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise BadParameter(
                f"没有 {name} 这个参数;可用的参数:{'、'.join(sorted(known))}", parameter=name
            )
        if names.count(name) > 1:
            raise BadParameter(f"参数 {name} 给了两次,只能给一次", parameter=name)


def asked_items(request: Request, collection: Collection) -> Asked:
    """Read what a request for features asks for."""
    refuse_others(request, ITEMS | set(collection.queryables))
    given = request.query_params
    return Asked(
        limit=_read(given, "limit", _limit, DEFAULT_LIMIT),
        offset=_read(given, "offset", _offset, 0),
        system=_read(given, "crs", _system, CRS84),
        box=_box(given),
        days=_read(given, "datetime", days, None),
        filters={
            name: _read(given, name, _reader_of(queryable), None)
            for name, queryable in collection.queryables.items()
            if name in given
        },
    )


def asked_system(request: Request) -> System:
    """Read in which system one feature shall be shown."""
    refuse_others(request, FEATURE)
    return _read(request.query_params, "crs", _system, CRS84)


def _read(given: Mapping[str, str], name: str, read: Callable[[str], T], default: T) -> T:
    if name not in given:
        return default
    try:
        return read(given[name])
    except ValueError as error:
        raise BadParameter(f"参数 {name} 不对:{error}", parameter=name) from None


def _limit(text: str) -> int:
    if not WHOLE.fullmatch(text) or not text.strip("0"):
        raise ValueError(f"须是 1 到 {MAX_LIMIT} 的整数")
    # A page larger than we serve is no error (/req/core/fc-limit-definition, 17-069r4).
    return int(text) if len(text) <= len(str(MAX_LIMIT)) and int(text) < MAX_LIMIT else MAX_LIMIT


def _offset(text: str) -> int:
    if not WHOLE.fullmatch(text) or len(text) > MAX_OFFSET_DIGITS:
        raise ValueError(f"须是不超过 {MAX_OFFSET_DIGITS} 位的非负整数")
    return int(text)


def _system(text: str) -> System:
    found = SYSTEMS.get(text)
    if found is None:
        raise ValueError(f"坐标系只能是 {'、'.join(SYSTEMS)}")
    return found


def _box(given: Mapping[str, str]) -> tuple[Any, ...]:
    system = _read(given, "bbox-crs", _system, CRS84)
    return _read(given, "bbox", lambda text: tuple(_box_parts(text, system)), ())


def _box_parts(text: str, system: System) -> list[Any]:
    texts = text.split(",")
    if len(texts) not in BOX_SIZES or not all(NUMBER.fullmatch(each) for each in texts):
        raise ValueError("须是 4 个(或带高程的 6 个)用逗号隔开的数字,例如 112.9,23.6,113.1,23.8")
    numbers = [float(each) for each in texts]
    half = len(numbers) // 2
    try:
        edges = (numbers[0], numbers[1], numbers[half], numbers[half + 1])
        return systems.box_parts(edges, system)
    except OutsideSystem:
        raise ValueError("范围须小值在前、大值在后,轴序和取值按 bbox-crs 的坐标系") from None


def days(text: str) -> Days:
    """Read an instant or an interval, by the days in Shanghai that it touches.

    A date alone is taken as well as RFC 3339's date-time, which the standard demands.
    """
    ends = text.split("/")
    if len(ends) == 1:
        day = _day(text)
        return Days(day, day)
    first, last = (None if end in OPEN_ENDS else _day(end) for end in _two(ends))
    if first is None and last is None:
        raise ValueError("时段至少要有一端")
    if first is not None and last is not None and first > last:
        raise ValueError("时段的起点晚于终点")
    return Days(first, last)


def _two(ends: list[str]) -> list[str]:
    if len(ends) != 2:  # noqa: PLR2004 - an interval has two ends
        raise ValueError("时段写成 起/止,例如 2023-01-01/2023-12-31,不限的一端写 ..")
    return ends


def _day(text: str) -> date:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT.fullmatch(text):
            return civil_day(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise ValueError("没有这一天或这个时刻") from None
    raise ValueError("写成 2023-04-20 或 2023-04-20T17:00:00+08:00(网址里的 + 写成 %2B)")


def _reader_of(queryable: Field) -> Callable[[str], Any]:
    if queryable.schema.get("format") == "uuid":
        return _uuid
    if "enum" in queryable.schema:
        return lambda text: _choice(text, queryable.schema["enum"])
    return READERS[queryable.type]


def _uuid(text: str) -> UUID:
    if not UUID_TEXT.fullmatch(text):
        raise ValueError("须是 UUID,例如 6f1f6a52-8a44-4d61-9f0e-1c7b6a2e5d10")
    return UUID(text)


def _choice(text: str, choices: list[str]) -> str:
    if text not in choices:
        raise ValueError(f"只能是 {'、'.join(choices)}")
    return text


def _integer(text: str) -> int:
    if not INTEGER.fullmatch(text):
        raise ValueError("须是整数")
    return int(text)


def _boolean(text: str) -> bool:
    if text.lower() not in TRUTH:
        raise ValueError("只能是 true 或 false")
    return TRUTH[text.lower()]


def _text(text: str) -> str:
    """Read a text; a last `*` stands for any ending, as Part 1 (7.15.5) proposes."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"最多 {MAX_TEXT} 个字")
    text = clean_text(text)
    return Prefix(text[:-1]) if text.endswith("*") else text


READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _integer,
    "boolean": _boolean,
    "string": _text,
}
