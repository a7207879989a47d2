"""Puts the parts together: a reader and a clock in, a WSGI application and its watch out."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from wsgiref.types import WSGIApplication

from allswell_web import app as flask_app
from allswell_web.cache.disk_cache import DiskCache, TwoTierCache
from allswell_web.cache.facts_cache import FactsCache
from allswell_web.cache.facts_sources import FactsReader, FactsSources, LatencySource
from allswell_web.cache.page_cache import CacheTools, PageCache
from allswell_web.cache.redis import RedisReplicas, connect
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
    """All that comes from outside."""

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
    """The finished application."""

    front: WSGIApplication
    shelf: PageCache
    watch: VersionWatch
    meters: PageMetrics


def build(world: Dependencies) -> Web:
    """Build the application; nothing is read yet."""
    meters = PageMetrics()
    flask = flask_app.create(world.base_url)
    replicas = None
    if world.redis_url:
        replicas = RedisReplicas(connect(world.redis_url), world.ticks, meters)
    sources = FactsSources(
        world.reader,
        world.latency,
        world.clock,
        world.ticks,
        world.executor,
        meters,
        _shared(replicas, world.cache_dir),
    )
    notices = flask_app.notices(flask)
    shelf = PageCache(
        CacheTools(
            desk=FactsCache(sources),
            press=Renderer(flask, world.clock, meters),
            store=ResponseStore(flask, replicas),
            notices=notices,
            clock=world.clock,
            ticks=world.ticks,
            own_hosts=world.own_hosts,
            pages_domain=world.pages_domain,
            index=world.index,
            hsts=world.hsts,
        )
    )
    gate = AccessControl(notices, world.ticks, world.trusted_proxies)
    machine = {
        "/healthz": lambda: ConstantResponse("200 OK", b"ok\n"),
        "/metrics": lambda: ConstantResponse("200 OK", meters.text().encode(), METRICS),
    }
    front: WSGIApplication = FrontLayer(shelf, gate, world.ticks, machine)
    if world.trusted_proxies:
        # Hosts of single pages exist for the sake of their certificates; others only if said so.
        secured = shelf.knows if world.hsts else shelf.is_of_page
        front = HttpsRedirect(front, secured, world.trusted_proxies)
    return Web(front, shelf, VersionWatch(world.reader, shelf, meters), meters)


def _shared(replicas: RedisReplicas | None, cache_dir: Path | None) -> SharedCache:
    """Where snapshots are kept: in Redis, in a folder, in both or nowhere."""
    folder = None if cache_dir is None else DiskCache(cache_dir)
    if replicas is not None:
        return replicas if folder is None else TwoTierCache(replicas, folder)
    return folder or NoSharedCache()
