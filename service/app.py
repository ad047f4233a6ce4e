"""The web server: one application made from its settings."""

import asyncio
import gc
import ipaddress
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Settings
from inspections import cases as case_rules
from inspections.case_clocks import PauseNotAllowed
from inspections.penalty_rules import NoRule
from inspections.term_gates import TermStepNotAllowed
from inspections.visits import StepOutOfOrder
from inspections.work_calendar import MissingYear
from service import errors, jobs, migrations, telemetry
from service.accounts import routes as accounts
from service.accounts.access import publish_actions
from service.adequacy import routes as adequacy
from service.agronomy import pest_routes, water_routes, weather_routes
from service.areas import routes as areas
from service.bulletins import routes as bulletins
from service.bulletins.rules import StepNotAllowed
from service.capacity import routes as capacity
from service.cases import routes as cases
from service.cases import term_routes
from service.database import ADMITTED_REQUESTS, ADMITTED_WRITERS, Database
from service.demo import clock as demo_clock
from service.doubts import routes as doubts
from service.errors import Conflict, Forbidden, NotFound, ServiceError, TooLarge
from service.facts import routes as facts
from service.files import MAX_UPLOAD_BYTES
from service.imagery import routes as imagery
from service.landfiles.limits import UPLOAD as LAND_UPLOAD
from service.machinery import import_routes as machinery_tables
from service.machinery import routes as machinery
from service.maps import ogc
from service.maps import routes as maps
from service.maps.tile_cache import TileCache
from service.pages import (
    agronomy_routes,
    bulletin_routes,
    case_routes,
    doubt_routes,
    land_routes,
    leader_routes,
    lint_routes,
    machinery_routes,
    outlet_routes,
    price_routes,
    risk_routes,
    signal_routes,
    supply_routes,
    tip_routes,
    unsealing_routes,
    visit_routes,
)
from service.pages import import_routes as land_pages
from service.pages import routes as pages
from service.pages.content_policy import content_policy
from service.pages.page import error_page
from service.parcels import import_routes as land
from service.parcels import routes as parcels
from service.parcels.reading import LandReader
from service.photos import routes as photos
from service.reporting import routes as reporting
from service.reporting.rules import MoveNotAllowed
from service.screening import routes as screening
from service.security import READING_METHODS
from service.signals import routes as signals
from service.signals import tip_routes as tips
from service.signals.gate import Counted
from service.sowing import routes as sowing
from service.supply import outlet_routes as outlets
from service.supply import price_routes as prices
from service.supply import product_routes as products
from service.supply import stock_routes as stock
from service.visits import campaign_routes as campaigns
from service.visits import routes as visits

BOOKS = (
    accounts,
    areas,
    land,
    parcels,
    photos,
    reporting,
    sowing,
    outlets,
    products,
    stock,
    adequacy,
    prices,
    campaigns,
    visits,
    machinery,
    machinery_tables,
    capacity,
    weather_routes,
    water_routes,
    pest_routes,
    imagery,
    facts,
    doubts,
    bulletins,
    signals,
    tips,
    cases,
    term_routes,
    screening,
    maps,
)
PAGES = (
    pages,
    land_routes,
    land_pages,
    outlet_routes,
    price_routes,
    supply_routes,
    visit_routes,
    machinery_routes,
    agronomy_routes,
    lint_routes,
    leader_routes,
    doubt_routes,
    bulletin_routes,
    signal_routes,
    tip_routes,
    unsealing_routes,
    case_routes,
    risk_routes,
)
STATIC = Path(__file__).parent / "pages" / "static"
CORE: dict[type[ValueError], type[ServiceError]] = {
    **dict.fromkeys((MoveNotAllowed, StepOutOfOrder, StepNotAllowed), Conflict),
    **dict.fromkeys((case_rules.MoveNotAllowed, MissingYear, PauseNotAllowed), Conflict),
    **dict.fromkeys((NoRule, TermStepNotAllowed), Conflict),
    case_rules.DutyNotAllowed: Forbidden,
}
MAX_JSON_BYTES = 4 * 2**20
MULTIPART_OVERHEAD_BYTES = 2**16
MAX_LENGTH_DIGITS = 18
LAND_UPLOADS = frozenset({"/api/v1/parcels/imports", "/land"})
SECURITY_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
mimetypes.add_type("text/javascript", ".mjs")


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Make the application; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        telemetry.configure_logging(as_json=settings.log_json)
        ours = database or Database(settings.database_url)
        if settings.mode == "production":
            ours.refuse_unsafe_durability()
        migrations.migrate(ours, backup_directory=settings.backup_directory)
        demo_clock.wind(ours)
        ours.observation_directory = settings.observation_directory
        app.state.database, app.state.thresholds = ours, ours.thresholds
        app.state.reader = LandReader(ours, settings.import_directory, settings.county_code)
        scheduler = jobs.start(ours, settings) if settings.jobs else None
        yield
        app.state.reader.close()
        if scheduler is not None:
            scheduler.shutdown()
        if database is None:
            ours.dispose()

    app = FastAPI(
        title="Chungeng 春耕",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.settings = settings
    app.state.metrics = telemetry.Metrics()
    app.state.tiles = TileCache()
    app.state.admission = asyncio.Semaphore(ADMITTED_REQUESTS)
    app.state.writing = asyncio.Semaphore(ADMITTED_WRITERS)
    app.state.long = asyncio.Semaphore(1)
    app.state.counted = Counted()
    _add_routes(app)
    errors.install(app, core=CORE, page=error_page)
    app.add_middleware(Guarded)
    app.add_middleware(telemetry.Observed, metrics=app.state.metrics)
    return app


def _add_routes(app: FastAPI) -> None:
    for book in BOOKS:
        publish_actions(book.router)
        app.include_router(book.router, responses=errors.DOCUMENTED)
    app.include_router(tips.public, responses=errors.DOCUMENTED)
    app.include_router(ogc.router)
    for each in PAGES:
        app.include_router(each.router, include_in_schema=False)
    app.include_router(tip_routes.public, include_in_schema=False)
    app.add_api_route(
        "/healthz",
        healthz,
        methods=["GET"],
        tags=["operation"],
        responses={503: errors.DOCUMENTED[503]},
    )
    app.add_api_route("/metrics", metrics, methods=["GET"], include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def healthz(request: Request) -> dict[str, Any]:
    """Tell whether the server and its database are well. Open to all; tells no secrets."""
    database: Database = request.app.state.database
    return {
        "status": "ok",
        "database": database.describe(),
        "schema": migrations.current_revision(database),
        "is_demonstration": database.is_demonstration,
    }


def metrics(request: Request) -> Response:
    """Return the metrics, to the listed addresses only."""
    allowed = request.app.state.settings.metrics_allowed_from
    host = request.client.host if request.client else ""
    if host not in allowed and not _is_in(host, allowed):
        raise NotFound("没有这个地址,请检查网址")
    body = generate_latest(request.app.state.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def _is_in(host: str, allowed: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(each, strict=False) for each in allowed)


class Guarded:
    """ASGI middleware: bound bodies, refuse foreign forms, send the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if rule := _cache_rule(scope):
                    headers.setdefault("Cache-Control", rule)
            await send(message)

        request = Request(scope, receive)
        headers = request.headers
        limit = _body_limit(headers, scope["path"])
        if scope["method"] not in READING_METHODS and _is_foreign(request):
            refusal = errors.refused(request, Forbidden("请求来自别的网站,已拒绝"))
            await refusal(scope, receive, answer)
            return
        length = headers.get("content-length", "0")
        is_number = length.isascii() and length.isdigit()
        if is_number and (len(length) > MAX_LENGTH_DIGITS or int(length) > limit):
            await errors.refused(request, _too_large(limit))(scope, receive, answer)
            return
        await self._bounded(scope, receive, answer, limit)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Count the body as it comes: a chunked one has no declared length."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, counted, send)


def _cache_rule(scope: Scope) -> str | None:
    if not scope["path"].startswith("/static/"):
        return "no-store"
    # Modules name each other without a version: a browser must ask each time.
    return None if scope["query_string"] else "no-cache"


def _body_limit(headers: Headers, path: str) -> int:
    if not headers.get("content-type", "").startswith("multipart/form-data"):
        return MAX_JSON_BYTES
    is_land = path in LAND_UPLOADS
    return (LAND_UPLOAD.upload_bytes if is_land else MAX_UPLOAD_BYTES) + MULTIPART_OVERHEAD_BYTES


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"内容超过 {limit // 2**20} MiB,请分批提交", max_bytes=limit)


def _is_foreign(request: Request) -> bool:
    """Tell whether a browser sends this on behalf of another site."""
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return False
    scheme, _, host = origin.partition("://")
    return scheme not in {"http", "https"} or host != request.headers.get("host")


def from_environment() -> FastAPI:
    """Make the application as the environment and `.env` tell; for the server's workers."""
    app = create_app(Settings())
    # What was loaded until now lives as long as the server: the collector need not walk it again.
    gc.freeze()
    return app
