"""A real server on a free port, and the system's Chromium with a watch on what it does."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.settings import Settings
from service.app import create_app
from service.database import Database
from tests.case_desk import MIDDLE, Desk

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--use-angle=swiftshader",  # the map is drawn by WebGL, on machines without a graphics card
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
PASSWORD = "a password for tests"
VENDOR = Path(__file__).parents[2] / "service" / "pages" / "static" / "vendor"


# Not for the whole session: one that drew a map keeps a core busy while it waits.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, one for the tests of a file."""
    from tests.conftest import skip_or_fail  # noqa: PLC0415 - known once pytest has read it

    if not CHROMIUM.exists():
        skip_or_fail("no Chromium on this machine")
    if not (VENDOR / "echarts.min.js").exists():
        skip_or_fail("the front-end files are not fetched; run make setup")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def site(settings: Settings, database: Database) -> Iterator[str]:
    """The address of a running server; its jobs are off."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = uvicorn.Config(create_app(settings, database), log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    listening.close()


class Watch:
    """What went wrong in any page: errors in the console, requests that left the host."""

    def __init__(self, site: str) -> None:
        self.host, self.errors, self.foreign = urlsplit(site).netloc, [], []

    def over(self, page: Page) -> None:
        """Begin to watch a page."""
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.foreign.append(url)


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    """Fail the test where a page erred or asked another host."""
    watching = Watch(site)
    yield watching
    assert watching.errors == []
    assert watching.foreign == []


def logged_in(context: BrowserContext, watch: Watch, username: str) -> Page:
    """Open a page and log in by the form."""
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch.over(page)
    page.goto("/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


@pytest.fixture
def browse(chromium: Browser, site: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a window of one's own and log in by the form: `browse("leader-441803")`."""
    opened = []

    def window(
        username: str, *, width: int = 1920, height: int = 1080, is_touch: bool = False
    ) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            has_touch=is_touch,
            is_mobile=is_touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened.append(context)
        return logged_in(context, watch, username)

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    """A case and the people who work on it."""
    return Desk(as_role, database, clock)


@pytest.fixture
def phone(chromium: Browser, site: str, watch) -> Iterator[Callable[[str], Page]]:
    """Open a phone that stands in the parcel, logged in."""
    opened = []

    def hold(username: str) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport=PHONE,
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            geolocation={"longitude": MIDDLE["lon"], "latitude": MIDDLE["lat"], "accuracy": 6},
            permissions=["geolocation"],
        )
        opened.append(context)
        return logged_in(context, watch, username)

    yield hold
    for context in opened:
        context.close()
