"""The press: makes sheets by asking Flask, with a request that holds nothing of the visitor's.

No header, cookie, query or host name of a visitor can reach a view, so nothing a visitor sends can
find its way into a copy that others get.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, Response

from allswell.central import page_data
from allswell_web.cache.directory import Directory, PageMount
from allswell_web.cache.facts_sources import PageMaterial
from allswell_web.cache.render_order import ORDER, RenderOrder, UncachedResponse
from allswell_web.cache.single_flight import HeldValue
from allswell_web.responses import rendered_response
from allswell_web.responses.meters import PageMetrics
from allswell_web.responses.rendered_response import Headers, RenderedResponse
from allswell_web.status import component_status

OK = 200
# What a private page does not say as others do.
OPEN = frozenset(
    {
        "Access-Control-Allow-Origin",
        "Cache-Control",
        "Cross-Origin-Resource-Policy",
        "X-Robots-Tag",
    }
)
# How long a copy that claims nothing of the present may be sent while a new one is made.
GRACE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders routes of a Flask app."""

    app: Flask
    clock: Callable[[], datetime]
    meters: PageMetrics

    def make(
        self,
        mount: PageMount,
        directory: Directory,
        held: HeldValue[PageMaterial] | None,
        lasts: timedelta,
    ) -> RenderedResponse | None:
        """The sheet for a mount, fresh for `lasts`; None where there is nothing."""
        now = self.clock()
        found = None if held is None else held.value.facts
        if mount.page is not None and found is None:
            return None
        order = RenderOrder(now, directory, mount.page, None if held is None else held.value)
        response = self.answer(mount, order)
        if response is None:
            return None
        self.meters.add("allswell_web_copies_rendered_total")
        fresh, tellable = _times(found, now, lasts)
        body = response.get_data()
        headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
        private = mount.page is not None and mount.page.is_private
        return RenderedResponse(
            headers=tuple(_closed(headers) if private else headers),
            etag="" if private else rendered_response.etag_of(body),
            body=body,
            gzip=rendered_response.in_gzip(body),
            brotli=rendered_response.in_brotli(body),
            made=now,
            fresh=fresh,
            tellable=tellable,
            version=0 if found is None else found.page.version,
            kept=not isinstance(response, UncachedResponse),
        )

    def answer(self, mount: PageMount, order: RenderOrder) -> Response | None:
        """What a view answers to an order; None where there is nothing."""
        with self.app.request_context(_environ(mount, order)):
            response = self.app.full_dispatch_request()
        return response if response.status_code == OK else None


def _times(
    found: page_data.PageData | None, now: datetime, lasts: timedelta
) -> tuple[datetime, datetime]:
    """Until when a copy is fresh and tellable: one that tells of the present ends with that."""
    fresh = now + lasts
    seen = None if found is None else found.observed_through
    if seen is None or component_status.is_stale(seen, now):
        return fresh, fresh + GRACE
    tellable = seen + component_status.STALE_AFTER
    return min(fresh, tellable), tellable


def _closed(headers: Headers) -> Headers:
    """The headers of a private page: kept by nobody, read by no other site, shown in no frame."""
    kept = [(name, value) for name, value in headers if name not in OPEN]
    inside = [
        (name, value.replace("frame-ancestors *", "frame-ancestors 'none'")) for name, value in kept
    ]
    return [*inside, ("Cache-Control", "private, no-store"), ("X-Robots-Tag", "noindex")]


def _environ(mount: PageMount, order: RenderOrder) -> dict[str, object]:
    return {
        ORDER: order,
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": mount.prefix,
        "PATH_INFO": mount.rest,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
