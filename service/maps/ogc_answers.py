"""How an answer leaves: as JSON or as a page, whichever was asked for; refusals likewise."""

import json
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.errors import NotAuthenticated, ServiceError, problem
from service.maps.ogc_parameters import BadParameter

TEMPLATES = Path(__file__).parent / "templates"
METHODS = ("GET", "HEAD", "OPTIONS")
HTML = "text/html"
JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HTML_RANGES = (HTML, "application/xhtml+xml", "text/*", "*/*")
JSON_RANGES = ("application/*", "*/*")
QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
Link = dict[str, str]


class NotAcceptable(ServiceError):
    """The client takes none of the media types that there are."""

    status = HTTPStatus.NOT_ACCEPTABLE
    title = "Not acceptable"


class OgcRoute(APIRoute):
    """A route that any client may try: programs get problem documents, browsers the log-in page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer OPTIONS, and a program that is not logged in."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
            try:
                return await handle(request)
            except NotAuthenticated as error:
                if HTML in request.headers.get("accept", ""):
                    raise
                kind, said = error.type_uri(), error.detail
                return problem(
                    request, error.status, error.title, said, kind=kind, headers=error.headers
                )

        return answered


def wants_page(request: Request) -> bool:
    """Tell whether a page is asked for: by `f`, or by what the client accepts most."""
    wanted = request.query_params.get("f")
    if wanted is not None:
        if wanted not in {"json", "html"}:
            raise BadParameter("参数 f 只能是 json 或 html", parameter="f")
        return wanted == "html"
    accepted = _accepted(request.headers.get("accept") or "*/*")
    page = next((accepted[each] for each in HTML_RANGES if each in accepted), 0.0)
    data = max((q for kind, q in accepted.items() if _is_json(kind)), default=None)
    if data is None:
        data = next((accepted[each] for each in JSON_RANGES if each in accepted), 0.0)
    if not page and not data:
        raise NotAcceptable(
            "只有 application/json(要素为 application/geo+json)和 text/html 两种格式"
        )
    return page > data


def _is_json(kind: str) -> bool:
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))


def _accepted(header: str) -> dict[str, float]:
    """Return how much each media range is wanted."""
    wanted = {}
    for part in header.split(","):
        kind, _, rest = part.partition(";")
        quality = QUALITY.search(rest)
        wanted[kind.strip().lower()] = float(quality[1]) if quality else 1.0
    return wanted


@dataclass(frozen=True)
class Addresses:
    """The absolute addresses of this service, from the host that the request itself named."""

    request: Request

    @property
    def root(self) -> str:
        """The address of the landing page."""
        return f"{self.request.base_url}ogc"

    def link(self, rel: str, path: str, media_type: str, title: str) -> Link:
        """Return a link below the landing page."""
        return {"rel": rel, "type": media_type, "title": title, "href": self.root + path}

    def here(self, media_type: str) -> list[Link]:
        """Return the links of an answer to itself and to its other format."""
        in_json = self._again("json", media_type, "本页(JSON)")
        in_html = self._again("html", HTML, "本页(网页)")
        if wants_page(self.request):
            return [{"rel": "self"} | in_html, {"rel": "alternate"} | in_json]
        return [{"rel": "self"} | in_json, {"rel": "alternate"} | in_html]

    def offset(self, rel: str, offset: int, media_type: str, title: str) -> Link:
        """Return a link to another page of the same features, with all other parameters."""
        url = self.request.url.include_query_params(offset=offset)
        return {"rel": rel, "type": media_type, "title": title, "href": str(url)}

    def _again(self, wanted: str, media_type: str, title: str) -> Link:
        url = self.request.url.include_query_params(f=wanted)
        return {"type": media_type, "title": title, "href": str(url)}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = _plain
    return made


def _plain(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def page(request: Request, template: str, context: Mapping[str, Any]) -> Response:
    """Fill one page."""
    frame = {
        "root": Addresses(request).root,
        "version": request.app.version,
        "is_demonstration": request.app.state.database.is_demonstration,
    }
    text = _environment().get_template(template).render(frame | dict(context))
    return Response(text.encode("utf-8", "replace"), media_type=HTML)


def written(document: Any) -> str:
    """Write JSON; a number that is none, or a lone surrogate, never leaves."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def data(text: str, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """Send what is already JSON."""
    body = text.encode("utf-8", "backslashreplace")
    return Response(body, media_type=media_type, headers=dict(headers or {}))


def answer(
    request: Request, template: str, document: Mapping[str, Any], media_type: str = JSON
) -> Response:
    """Send a document as JSON, or as the page that shows it."""
    if wants_page(request):
        return page(request, template, {"document": document})
    return data(written(document), media_type)
