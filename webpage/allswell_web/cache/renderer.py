"""Render responses with Flask, by a request that contains nothing of the visitor's.

No header, cookie, query or host name of a visitor can reach a view, so nothing that a visitor sends
can get into a response that others receive.
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
from allswell_web.cache.single_flight import CachedValue
from allswell_web.responses import rendered_response
from allswell_web.responses.meters import PageMetrics
from allswell_web.responses.rendered_response import Headers, RenderedResponse
from allswell_web.status import component_status

OK = 200
# Headers that a private page does not send, or not as others do.
PUBLIC_ONLY = frozenset(
    {
        "Access-Control-Allow-Origin",
        "Cache-Control",
        "Cross-Origin-Resource-Policy",
        "X-Robots-Tag",
    }
)
# How long a response without current data may be sent while a new one is rendered.
GRACE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A renderer of the routes of a Flask app."""

    app: Flask
    clock: Callable[[], datetime]
    meters: PageMetrics

    def render(
        self,
        mount: PageMount,
        directory: Directory,
        cached: CachedValue[PageMaterial] | None,
        fresh_for: timedelta,
    ) -> RenderedResponse | None:
        """Render the response for a mount, fresh for `fresh_for`; None where there is nothing."""
        now = self.clock()
        facts = None if cached is None else cached.value.facts
        if mount.page is not None and facts is None:
            return None
        order = RenderOrder(now, directory, mount.page, None if cached is None else cached.value)
        response = self.dispatch(mount, order)
        if response is None:
            return None
        self.meters.increment("allswell_web_copies_rendered_total")
        fresh_until, usable_until = _times(facts, now, fresh_for)
        body = response.get_data()
        headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
        is_private = mount.page is not None and mount.page.is_private
        return RenderedResponse(
            headers=tuple(_private_headers(headers) if is_private else headers),
            etag="" if is_private else rendered_response.etag_of(body),
            body=body,
            gzip=rendered_response.in_gzip(body),
            brotli=rendered_response.in_brotli(body),
            rendered_at=now,
            fresh_until=fresh_until,
            usable_until=usable_until,
            version=0 if facts is None else facts.page.version,
            is_cacheable=not isinstance(response, UncachedResponse),
        )

    def dispatch(self, mount: PageMount, order: RenderOrder) -> Response | None:
        """Dispatch an order to its view and return its response; None where there is nothing."""
        with self.app.request_context(_environ(mount, order)):
            response = self.app.full_dispatch_request()
        return response if response.status_code == OK else None


def _times(
    facts: page_data.PageData | None, now: datetime, fresh_for: timedelta
) -> tuple[datetime, datetime]:
    """Return until when a response is fresh, and until when it is usable."""
    fresh_until = now + fresh_for
    observed_through = None if facts is None else facts.observed_through
    if observed_through is None or component_status.is_stale(observed_through, now):
        return fresh_until, fresh_until + GRACE
    usable_until = observed_through + component_status.STALE_AFTER
    return min(fresh_until, usable_until), usable_until


def _private_headers(headers: Headers) -> Headers:
    """Return the headers of a private page: no caching, no cross-origin reading, no frames."""
    allowed = [(name, value) for name, value in headers if name not in PUBLIC_ONLY]
    unframed = [
        (name, value.replace("frame-ancestors *", "frame-ancestors 'none'"))
        for name, value in allowed
    ]
    return [*unframed, ("Cache-Control", "private, no-store"), ("X-Robots-Tag", "noindex")]


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
