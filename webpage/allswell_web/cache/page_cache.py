"""Cache finished responses by host and path, and replace one that is missing or old.

However many requests need a response that is due, one of them renders it. The others get the old
one at once for as long as it states nothing untrue; after that they wait for the new one.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allswell.central import page_data
from allswell_web.cache import directory
from allswell_web.cache.directory import Directory, PageMount
from allswell_web.cache.facts_cache import FactsCache
from allswell_web.cache.facts_sources import PageMaterial
from allswell_web.cache.renderer import Renderer
from allswell_web.cache.response_store import ResponseStore
from allswell_web.cache.single_flight import FRESH_S
from allswell_web.errors import NothingCached
from allswell_web.responses import constant_responses
from allswell_web.responses.constant_responses import ConstantResponse, ConstantResponses
from allswell_web.responses.prepared_response import PreparedResponse
from allswell_web.responses.rendered_response import RenderedResponse

LOCKS = 64
WAIT_TIMEOUT_S = 7.0
MAX_HOSTS = 1000
HSTS_S = 3 * 24 * 3600
HSTS_OWN_S = 365 * 24 * 3600
# Newer than every version: a response of a page that is gone is compared with this.
GONE = float("inf")


@dataclass(frozen=True, slots=True)
class HostResponses:
    """A known host, and its responses by path: public ones, and those of private pages."""

    name: str
    public: dict[str, PreparedResponse] = field(default_factory=dict)
    private: dict[str, PreparedResponse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageCacheParts:
    """The dependencies of the page cache."""

    facts: FactsCache
    renderer: Renderer
    store: ResponseStore
    notices: ConstantResponses
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    own_hosts: tuple[str, ...] = ()
    pages_domain: str = ""
    index: bool = True
    hsts: bool = False


class PageCache:
    """Responses by host and path. `hosts` maps raw Host headers, so a hit needs no parsing."""

    def __init__(self, parts: PageCacheParts) -> None:
        self.hosts: dict[str, HostResponses] = {}
        self._parts = parts
        self._by_host: dict[str, HostResponses] = {}
        self._directory = Directory(())
        self._listed: tuple[page_data.PageRow, ...] = ()
        self._versions: Mapping[int, int] = {}
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def find(
        self,
        raw_host: str,
        path: str,
        judge: Callable[[page_data.PageRow], ConstantResponse | None],
    ) -> PreparedResponse | ConstantResponse:
        """Return the response for a host and path, rendered now if need be, or a notice.

        1. An unknown host gets the constant 404.
        2. For a private page `judge` returns why the visitor may not see it, if so.
        3. A fresh response is returned.
        4. One that is stale but usable is returned while another request renders the new one.
        5. Else it is rendered now, or waited for while another request does it.
        """
        try:
            host = self._host(raw_host)
        except NothingCached:
            return self._parts.notices.unavailable
        if host is None:
            return self._parts.notices.not_found
        private_page = self._directory.private(host.name, path)
        if private_page is not None and (refusal := judge(private_page)) is not None:
            return refusal
        responses = host.public if private_page is None else host.private
        now, prepared = self._parts.ticks(), responses.get(path)
        if prepared is not None and now < prepared.fresh_until:
            return prepared
        lock = self._locks[hash((host.name, path)) % LOCKS]
        if prepared is not None and now < prepared.usable_until:
            if not lock.acquire(blocking=False):
                return prepared
        elif not lock.acquire(timeout=WAIT_TIMEOUT_S):
            return self._parts.notices.unavailable
        try:
            return self._refresh(host, responses, path)
        finally:
            lock.release()

    def is_known_host(self, raw_host: str) -> bool:
        """Decide whether a host is a customer's or the installation's own."""
        try:
            return self._host(raw_host) is not None
        except NothingCached:
            return False

    def is_own_host(self, raw_host: str) -> bool:
        """Decide whether a host is the installation's own, where metrics may be read.

        A customer's never is, even where every name is one of the installation's; a bare address
        always is, because a pod's metrics are read by it.
        """
        if directory.is_bare(directory.normal(raw_host)):
            return True
        try:
            host = self._host(raw_host)
        except NothingCached:
            # Which names are customers' is unknown now, so `*` cannot be used.
            names = [name for name in self._parts.own_hosts if name != directory.EVERY]
            return directory.of((), names).is_own(directory.normal(raw_host))
        return host is not None and host.name == directory.OWN

    def is_page_host(self, raw_host: str) -> bool:
        """Decide whether a host is one page's: a customer's, or one under the domain of pages."""
        try:
            host = self._host(raw_host)
        except NothingCached:
            return False
        return host is not None and host.name != directory.OWN

    def expire_outdated(self, versions: Mapping[int, int]) -> None:
        """Expire the responses of every page that has a newer version, or is gone."""
        self._versions = versions
        self._parts.facts.expire_outdated(versions)
        for host in list(self._by_host.values()):
            for prepared in (*host.public.values(), *host.private.values()):
                newest = versions.get(prepared.page_id, GONE)
                if prepared.page_id and prepared.rendered.version < newest:
                    prepared.fresh_until = float("-inf")

    def _host(self, raw_host: str) -> HostResponses | None:
        pages = self._parts.facts.pages().value
        if pages != self._listed:
            self._apply_pages(pages)
        known = self.hosts.get(raw_host)
        if known is not None:
            return known
        normal_host = directory.normal(raw_host)
        is_customers = self._directory.of_host(normal_host) is not None
        if not is_customers and not self._directory.is_own(normal_host):
            return None
        name = normal_host if is_customers else directory.OWN
        host = self._by_host.setdefault(name, HostResponses(name))
        if len(self.hosts) >= MAX_HOSTS:
            self.hosts = {}
        self.hosts[raw_host] = host
        return host

    def _apply_pages(self, pages: tuple[page_data.PageRow, ...]) -> None:
        """Apply a new list; drop all responses if a page came, went, moved or was restricted."""
        moved = {_location(page) for page in pages} != {_location(page) for page in self._listed}
        parts = self._parts
        self._listed = pages
        self._directory = directory.of(
            pages, parts.own_hosts, index=parts.index, pages_domain=parts.pages_domain
        )
        if moved:
            self._by_host, self.hosts = {}, {}

    def _refresh(
        self, host: HostResponses, responses: dict[str, PreparedResponse], path: str
    ) -> PreparedResponse | ConstantResponse:
        prepared = responses.get(path)
        if prepared is not None and self._parts.ticks() < prepared.fresh_until:
            return prepared
        for mount in self._directory.mounts(host.name, path):
            if not mount.rest:
                return constant_responses.moved(f"{mount.prefix}/")
            try:
                replacement = self._render(mount, host)
            except NothingCached:
                return self._parts.notices.unavailable
            if replacement is not None:
                if replacement.rendered.is_cacheable:
                    responses[path] = replacement
                return replacement
        responses.pop(path, None)
        return self._parts.notices.not_found

    def _render(self, mount: PageMount, host: HostResponses) -> PreparedResponse | None:
        key = f"{'' if mount.page is None else mount.page.public_id} {mount.rest}"
        stored = None if mount.page is None else self._stored(key, mount.page)
        if stored is not None:
            return self._prepare(stored, mount, host)
        material = None if mount.page is None else self._parts.facts.material(mount.page)
        if material is not None and _access_changed(mount.page, material.value):
            # Until the list of pages knows of a restriction, nothing of the page may be sent.
            raise NothingCached
        fresh_until = (material or self._parts.facts.pages()).fresh_until
        fresh_for = timedelta(seconds=min(FRESH_S, max(0.0, fresh_until - self._parts.ticks())))
        rendered = self._parts.renderer.render(mount, self._directory, material, fresh_for)
        if rendered is None:
            return None
        if mount.page is not None and rendered.is_cacheable:
            self._parts.store.put(key, rendered)
        return self._prepare(rendered, mount, host)

    def _stored(self, key: str, page: page_data.PageRow) -> RenderedResponse | None:
        """Return a stored response that is fresh and of the current version."""
        version = max(self._versions.get(page.id, 0), page.version)
        now = self._parts.clock()
        return self._parts.store.get(key, lambda it: it.version >= version and now < it.fresh_until)

    def _prepare(
        self, rendered: RenderedResponse, mount: PageMount, host: HostResponses
    ) -> PreparedResponse:
        now, ticks = self._parts.clock(), self._parts.ticks()
        return PreparedResponse(
            rendered,
            0 if mount.page is None else mount.page.id,
            rendered_at=ticks - (now - rendered.rendered_at).total_seconds(),
            fresh_until=ticks + (rendered.fresh_until - now).total_seconds(),
            usable_until=ticks + (rendered.usable_until - now).total_seconds(),
            extra_headers=self._hsts_header(host),
        )

    def _hsts_header(self, host: HostResponses) -> tuple[tuple[str, str], ...]:
        """Return Strict-Transport-Security: briefly for a customer's name, which may move away."""
        if not self._parts.hsts:
            return ()
        seconds = HSTS_S if host.name else HSTS_OWN_S
        return (("Strict-Transport-Security", f"max-age={seconds}"),)


def _location(page: page_data.PageRow) -> tuple[object, ...]:
    """Return where a page is found, and who may see it."""
    access = (page.password_hash, page.allowed_networks)
    return (
        page.id,
        page.public_id,
        page.namespace,
        page.name,
        page.hostnames,
        page.served,
        page.address,
        access,
    )


def _access_changed(page: page_data.PageRow | None, material: PageMaterial) -> bool:
    """Decide whether access to a page has changed since the list was read."""
    if page is None or material.facts is None:
        return False
    current = material.facts.page
    listed_access = (page.password_hash, page.allowed_networks)
    return (current.password_hash, current.allowed_networks) != listed_access
