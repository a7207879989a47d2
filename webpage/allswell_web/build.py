"""Assemble the application: a reader and a clock in, a WSGI application and its watch out."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from wsgiref.types import WSGIApplication

from allswell_web import app as flask_app
from allswell_web.cache.disk_cache import DiskCache, TieredCache
from allswell_web.cache.facts_cache import FactsCache
from allswell_web.cache.facts_sources import FactsReader, FactsSources, LatencySource
from allswell_web.cache.page_cache import PageCache, PageCacheParts
from allswell_web.cache.redis import RedisSharedCache, connect
from allswell_web.cache.renderer import Renderer
from allswell_web.cache.response_store import ResponseStore
from allswell_web.cache.shared_cache import NoSharedCache, SharedCache
from allswell_web.responses.constant_responses import ConstantResponse
from allswell_web.responses.meters import PageMetrics
from allswell_web.serving.access_control import AccessControl
from allswell_web.serving.client_address import Network
from allswell_web.serving.https_redirect import HttpsRedirect
from allswell_web.serving.watch import VersionWatch
from allswell_web.serving.wsgi import FrontLayer

METRICS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that comes from outside."""

    reader: FactsReader
    latency: LatencySource | None
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    executor: Executor
    base_url: str = ""
    own_hosts: tuple[str, ...] = ()
    pages_domain: str = ""
    redis_url: str = ""
    index: bool = True
    hsts: bool = False
    cache_dir: Path | None = None
    trusted_proxies: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Web:
    """The assembled application."""

    front: WSGIApplication
    pages: PageCache
    watch: VersionWatch
    meters: PageMetrics


def build(dependencies: Dependencies) -> Web:
    """Build the application; nothing is read yet."""
    meters = PageMetrics()
    flask = flask_app.create(dependencies.base_url)
    replicas = None
    if dependencies.redis_url:
        replicas = RedisSharedCache(connect(dependencies.redis_url), dependencies.ticks, meters)
    sources = FactsSources(
        dependencies.reader,
        dependencies.latency,
        dependencies.clock,
        dependencies.ticks,
        dependencies.executor,
        meters,
        _shared(replicas, dependencies.cache_dir),
    )
    notices = flask_app.notices(flask)
    pages = PageCache(
        PageCacheParts(
            facts=FactsCache(sources),
            renderer=Renderer(flask, dependencies.clock, meters),
            store=ResponseStore(flask, replicas),
            notices=notices,
            clock=dependencies.clock,
            ticks=dependencies.ticks,
            own_hosts=dependencies.own_hosts,
            pages_domain=dependencies.pages_domain,
            index=dependencies.index,
            hsts=dependencies.hsts,
        )
    )
    access_control = AccessControl(notices, dependencies.ticks, dependencies.trusted_proxies)
    endpoints = {
        "/healthz": lambda: ConstantResponse("200 OK", b"ok\n"),
        "/metrics": lambda: ConstantResponse("200 OK", meters.text().encode(), METRICS),
    }
    application: WSGIApplication = FrontLayer(pages, access_control, dependencies.ticks, endpoints)
    if dependencies.trusted_proxies:
        # Hosts of single pages always have certificates; others only where HSTS is set.
        uses_https = pages.is_known_host if dependencies.hsts else pages.is_page_host
        application = HttpsRedirect(application, uses_https, dependencies.trusted_proxies)
    return Web(application, pages, VersionWatch(dependencies.reader, pages, meters), meters)


def _shared(redis: RedisSharedCache | None, cache_dir: Path | None) -> SharedCache:
    """Return where snapshots are shared: in Redis, in a folder, in both or nowhere."""
    disk = None if cache_dir is None else DiskCache(cache_dir)
    if redis is not None:
        return redis if disk is None else TieredCache(redis, disk)
    return disk or NoSharedCache()
