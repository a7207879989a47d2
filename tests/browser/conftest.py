"""Provide a browser, axe, and pages on this machine."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import axe, chromium
from tests.browser.sights import SIGHTS
from tests.unit.web import fakes, harness


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a request is no news here."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that was opened, with what it asked for and complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium.launched(playwright) as launched:
        yield launched


@pytest.fixture(scope="session")
def script() -> str:
    """Return the source of axe."""
    return axe.source()


@pytest.fixture(scope="session")
def sites() -> Iterator[dict[str, str]]:
    """Serve each sight, and return their addresses by name."""
    servers = []
    addresses = {}
    for name, make in SIGHTS.items():
        latency = fakes.Latency(fakes.day_of_buckets())
        front = harness.bench(fakes.Reader(make()), latency=latency).web.front
        server = make_server("127.0.0.1", 0, front, handler_class=_Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        addresses[name] = f"http://127.0.0.1:{server.server_port}"
    yield addresses
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def open_page(browser: Browser, sites: dict[str, str]) -> Iterator[Open]:
    """Open a sight's part, by `sight`, `path`, `width` and any option of a context."""
    contexts: list[BrowserContext] = []

    def opened(
        sight: str = "bad day", path: str = "/", *, width: int = 1200, **options: object
    ) -> Visit:
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        visit.page.on("console", lambda message: visit.complaints.append(message.text))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.goto(sites[sight] + path)
        return visit

    yield opened
    for context in contexts:
        context.close()
