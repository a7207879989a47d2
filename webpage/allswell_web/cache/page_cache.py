"""The shelf: finished copies by host and path, and how one that is missing or old is replaced.

However many ask for a copy that is due, one makes the new one. The others get the old copy at once
for as long as it says nothing untrue; after that they wait for the new one.
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
PATIENCE_S = 7.0
MOST_HOSTS = 1000
HSTS_S = 3 * 24 * 3600
HSTS_OWN_S = 365 * 24 * 3600
# Newer than every version: what a copy of a page that is no more is compared with.
GONE = float("inf")


@dataclass(frozen=True, slots=True)
class HostCache:
    """A host that is known, and its finished copies by path: those for all, those for some."""

    host: str
    copies: dict[str, PreparedResponse] = field(default_factory=dict)
    private: dict[str, PreparedResponse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CacheTools:
    """What the shelf works with."""

    desk: FactsCache
    press: Renderer
    store: ResponseStore
    notices: ConstantResponses
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    own_hosts: tuple[str, ...] = ()
    pages_domain: str = ""
    index: bool = True
    hsts: bool = False


class PageCache:
    """Copies, by site and path. `sites` maps raw Host headers, so a hit needs no parsing."""

    def __init__(self, tools: CacheTools) -> None:
        self.sites: dict[str, HostCache] = {}
        self._tools = tools
        self._by_host: dict[str, HostCache] = {}
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
        """The copy for a host and path, made now if need be, or a constant notice.

        `judge` says why a visitor may not see a private page; it is asked before anything else.
        """
        try:
            site = self._site(raw_host)
        except NothingCached:
            return self._tools.notices.unavailable
        if site is None:
            return self._tools.notices.not_found
        private = self._directory.private(site.host, path)
        if private is not None and (refused := judge(private)) is not None:
            return refused
        copies = site.copies if private is None else site.private
        now, ready = self._tools.ticks(), copies.get(path)
        if ready is not None and now < ready.until:
            return ready
        lock = self._locks[hash((site.host, path)) % LOCKS]
        if ready is not None and now < ready.tellable:
            if not lock.acquire(blocking=False):
                return ready
        elif not lock.acquire(timeout=PATIENCE_S):
            return self._tools.notices.unavailable
        try:
            return self._replaced(site, copies, path)
        finally:
            lock.release()

    def knows(self, raw_host: str) -> bool:
        """Whether a host is a customer's or the installation's own."""
        try:
            return self._site(raw_host) is not None
        except NothingCached:
            return False

    def is_own(self, raw_host: str) -> bool:
        """Whether a host is the installation's own, where machines may ask for metrics.

        A customer's never is, also where every name is one of the installation's; a bare address
        always is, for by that a pod's figures are read.
        """
        if directory.is_bare(directory.normal(raw_host)):
            return True
        try:
            site = self._site(raw_host)
        except NothingCached:
            # Nobody knows now which names are customers', so `*` says nothing.
            named = [host for host in self._tools.own_hosts if host != directory.EVERY]
            return directory.of((), named).is_own(directory.normal(raw_host))
        return site is not None and site.host == directory.OWN

    def is_of_page(self, raw_host: str) -> bool:
        """Whether a host is one page's own: a customer's, or one under the domain of pages."""
        try:
            site = self._site(raw_host)
        except NothingCached:
            return False
        return site is not None and site.host != directory.OWN

    def compare(self, versions: Mapping[int, int]) -> None:
        """End the copies of every page that has a newer version than what is held, or is gone."""
        self._versions = versions
        self._tools.desk.compare(versions)
        for site in list(self._by_host.values()):
            for ready in (*site.copies.values(), *site.private.values()):
                if ready.page and ready.sheet.version < versions.get(ready.page, GONE):
                    ready.until = float("-inf")

    def _site(self, raw_host: str) -> HostCache | None:
        pages = self._tools.desk.directory().value
        if pages != self._listed:
            self._take(pages)
        known = self.sites.get(raw_host)
        if known is not None:
            return known
        host = directory.normal(raw_host)
        is_customers = self._directory.of_host(host) is not None
        if not is_customers and not self._directory.is_own(host):
            return None
        key = host if is_customers else directory.OWN
        site = self._by_host.setdefault(key, HostCache(key))
        if len(self.sites) >= MOST_HOSTS:
            self.sites = {}
        self.sites[raw_host] = site
        return site

    def _take(self, pages: tuple[page_data.PageRow, ...]) -> None:
        """Take in a new list; copies stay unless a page has come, gone, moved or been closed."""
        moved = {_place(page) for page in pages} != {_place(page) for page in self._listed}
        it = self._tools
        self._listed = pages
        self._directory = directory.of(
            pages, it.own_hosts, index=it.index, pages_domain=it.pages_domain
        )
        if moved:
            self._by_host, self.sites = {}, {}

    def _replaced(
        self, site: HostCache, copies: dict[str, PreparedResponse], path: str
    ) -> PreparedResponse | ConstantResponse:
        ready = copies.get(path)
        if ready is not None and self._tools.ticks() < ready.until:
            return ready
        for mount in self._directory.mounts(site.host, path):
            if not mount.rest:
                return constant_responses.moved(f"{mount.prefix}/")
            try:
                found = self._made(mount, site)
            except NothingCached:
                return self._tools.notices.unavailable
            if found is not None:
                if found.sheet.kept:
                    copies[path] = found
                return found
        copies.pop(path, None)
        return self._tools.notices.not_found

    def _made(self, mount: PageMount, site: HostCache) -> PreparedResponse | None:
        key = f"{'' if mount.page is None else mount.page.public_id} {mount.rest}"
        kept = None if mount.page is None else self._kept(key, mount.page)
        if kept is not None:
            return self._ready(kept, mount, site)
        held = None if mount.page is None else self._tools.desk.material(mount.page)
        if mount.page is not None and held is not None and _closed(mount.page, held.value):
            # The list of pages does not know yet that not everybody may see this one.
            raise NothingCached
        until = self._tools.desk.directory().until if held is None else held.until
        lasts = timedelta(seconds=min(FRESH_S, max(0.0, until - self._tools.ticks())))
        made = self._tools.press.make(mount, self._directory, held, lasts)
        if made is None:
            return None
        if mount.page is not None and made.kept:
            self._tools.store.put(key, made)
        return self._ready(made, mount, site)

    def _kept(self, key: str, page: page_data.PageRow) -> RenderedResponse | None:
        """A sheet that is fresh and not of an older version, made here or by another process."""
        version = max(self._versions.get(page.id, 0), page.version)
        now = self._tools.clock()
        return self._tools.store.get(key, lambda it: it.version >= version and now < it.fresh)

    def _ready(self, made: RenderedResponse, mount: PageMount, site: HostCache) -> PreparedResponse:
        now, ticks = self._tools.clock(), self._tools.ticks()
        return PreparedResponse(
            made,
            0 if mount.page is None else mount.page.id,
            made=ticks - (now - made.made).total_seconds(),
            until=ticks + (made.fresh - now).total_seconds(),
            tellable=ticks + (made.tellable - now).total_seconds(),
            more=self._tls(site),
        )

    def _tls(self, site: HostCache) -> tuple[tuple[str, str], ...]:
        """Strict transport: briefly for a customer's name, which may move away from us."""
        if not self._tools.hsts:
            return ()
        seconds = HSTS_S if site.host else HSTS_OWN_S
        return (("Strict-Transport-Security", f"max-age={seconds}"),)


def _place(page: page_data.PageRow) -> tuple[object, ...]:
    """Where a page is found, and by whom."""
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


def _closed(page: page_data.PageRow, material: PageMaterial) -> bool:
    """Whether a page that was open to all, or in another way, is so no more."""
    now = page if material.facts is None else material.facts.page
    return (now.password_hash, now.allowed_networks) != (page.password_hash, page.allowed_networks)
