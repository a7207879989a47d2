"""Puts the parts together: a reader and a clock in, a WSGI application and its watch out."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from wsgiref.types import WSGIApplication

from allswell_web import app as flask_app
from allswell_web.cache.disk_cache import Both, Folder
from allswell_web.cache.facts_cache import Desk, Sources
from allswell_web.cache.page_cache import Shelf, Tools
from allswell_web.cache.ports import Latency, Reader
from allswell_web.cache.redis import Replicas, connect
from allswell_web.cache.renderer import Press
from allswell_web.cache.response_store import Store
from allswell_web.cache.shared_cache import Nowhere, Shared
from allswell_web.responses.constant_responses import Reply
from allswell_web.responses.meters import Meters
from allswell_web.serving.access_control import Gate
from allswell_web.serving.client_address import Network
from allswell_web.serving.https_redirect import Secured
from allswell_web.serving.watch import Watch
from allswell_web.serving.wsgi import Front

METRICS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class World:
    """All that comes from outside."""

    reader: Reader
    latency: Latency | None
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
    shelf: Shelf
    watch: Watch
    meters: Meters


def build(world: World) -> Web:
    """Build the application; nothing is read yet."""
    meters = Meters()
    flask = flask_app.create(world.base_url)
    replicas = None
    if world.redis_url:
        replicas = Replicas(connect(world.redis_url), world.ticks, meters)
    sources = Sources(
        world.reader,
        world.latency,
        world.clock,
        world.ticks,
        world.executor,
        meters,
        _shared(replicas, world.cache_dir),
    )
    notices = flask_app.notices(flask)
    shelf = Shelf(
        Tools(
            desk=Desk(sources),
            press=Press(flask, world.clock, meters),
            store=Store(flask, replicas),
            notices=notices,
            clock=world.clock,
            ticks=world.ticks,
            own_hosts=world.own_hosts,
            pages_domain=world.pages_domain,
            index=world.index,
            hsts=world.hsts,
        )
    )
    gate = Gate(notices, world.ticks, world.trusted_proxies)
    machine = {
        "/healthz": lambda: Reply("200 OK", b"ok\n"),
        "/metrics": lambda: Reply("200 OK", meters.text().encode(), METRICS),
    }
    front: WSGIApplication = Front(shelf, gate, world.ticks, machine)
    if world.trusted_proxies:
        # Hosts of single pages exist for the sake of their certificates; others only if said so.
        secured = shelf.knows if world.hsts else shelf.is_of_page
        front = Secured(front, secured, world.trusted_proxies)
    return Web(front, shelf, Watch(world.reader, shelf, meters), meters)


def _shared(replicas: Replicas | None, cache_dir: Path | None) -> Shared:
    """Where snapshots are kept: in Redis, in a folder, in both or nowhere."""
    folder = None if cache_dir is None else Folder(cache_dir)
    if replicas is not None:
        return replicas if folder is None else Both(replicas, folder)
    return folder or Nowhere()
