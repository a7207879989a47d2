"""Find pages by host name, and by path on the installation's own hosts."""

import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from allswell.central import page_data
from allswell.domain import hostname

EVERY = "*"
OWN = ""
_HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:[0-9]{0,5})?", re.ASCII)
LOCAL = "localhost"
# The number of slashes in /namespace/name.
FULL_DEPTH = 2


@dataclass(frozen=True, slots=True)
class PageMount:
    """A page at a path: `prefix` is empty or like `/acme`, `rest` begins with `/`."""

    page: page_data.PageRow | None
    prefix: str
    rest: str


@dataclass(frozen=True, slots=True)
class Directory:
    """All pages, and the names of the installation's own hosts (`*` is every name).

    With an `index` the root of an own host is the list of pages, or the only page that there is.
    Every page with an address is at a host of its own under `pages_domain`, where that is known.
    """

    pages: tuple[page_data.PageRow, ...]
    own_hosts: frozenset[str] = frozenset()
    index: bool = True
    pages_domain: str = ""
    _by_host: dict[str, page_data.PageRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for page in self.pages:
            if page.address and self.pages_domain:
                self._by_host[f"{page.address}.{self.pages_domain}"] = page
            self._by_host.update(dict.fromkeys(page.hostnames, page))

    def of_host(self, host: str) -> page_data.PageRow | None:
        """Return the page that a host belongs to, if it is one page's alone."""
        return self._by_host.get(host)

    def is_own(self, host: str) -> bool:
        """Decide whether pages are found by path at a host.

        They are the installation's names, or where it has none whatever reaches this process:
        localhost and bare addresses.
        """
        if self.pages_domain and hostname.is_under(host, self.pages_domain):
            return False
        if self.own_hosts:
            return host in self.own_hosts or EVERY in self.own_hosts
        return is_bare(host)

    def mounts(self, host: str, path: str) -> tuple[PageMount, ...]:
        """Return what a host and path may mean, the likeliest first; none for an unknown host.

        `OWN` represents any of the installation's own hosts.
        """
        if (page := self.of_host(host)) is not None:
            return (PageMount(page, "", path),)
        return self._by_path(path) if host == OWN or self.is_own(host) else ()

    def _by_path(self, path: str) -> tuple[PageMount, ...]:
        mounts = [
            PageMount(page, prefix, path.removeprefix(prefix))
            for page, prefix in self.prefixes()
            if f"{path}/".startswith(f"{prefix}/")
        ]
        # A page's full address is its own: no other page's short name may be found below it.
        full = [mount for mount in mounts if mount.prefix.count("/") == FULL_DEPTH]
        mounts = full or sorted(mounts, key=lambda mount: len(mount.prefix))
        if len(self.pages) != 1 and self.index:
            # With several pages the root is their list.
            mounts.insert(0, PageMount(None, "", path))
        return tuple(mounts)

    def prefixes(self) -> Iterable[tuple[page_data.PageRow, str]]:
        """Yield every page with each path that leads to it; the full one is its address."""
        names = Counter(page.name for page in self.pages)
        for page in self.pages:
            if len(self.pages) == 1 and self.index:
                yield page, ""
            if names[page.name] == 1:
                yield page, f"/{page.name}"
            yield page, f"/{page.namespace}/{page.name}"

    def url(self, page: page_data.PageRow, base_url: str) -> str:
        """Return the address of a page.

        It is at the first host name that leads to it, else at its own host under the domain of
        pages, else below `base_url`.
        """
        if page.served:
            return f"https://{page.served[0]}/"
        if page.address and self.pages_domain:
            return f"https://{page.address}.{self.pages_domain}/"
        paths = {listed.id: path for listed, path in self.links()}
        return f"{base_url}{paths.get(page.id, '/')}"

    def private(self, host: str, path: str) -> page_data.PageRow | None:
        """Return the private page that a host and path lead to, if any."""
        if not any(page.is_private for page in self.pages):
            return None
        pages = (mount.page for mount in self.mounts(host, path))
        return next((page for page in pages if page is not None and page.is_private), None)

    def listed(self) -> Sequence[tuple[page_data.PageRow, str]]:
        """Return the links that everybody may see."""
        return [(page, path) for page, path in self.links() if not page.is_private]

    def links(self) -> Sequence[tuple[page_data.PageRow, str]]:
        """Return every page once with its address, sorted by title.

        It is the full one: a short name ends when another page makes it ambiguous.
        """
        links = [(page, f"/{page.namespace}/{page.name}/") for page in self.pages]
        return sorted(links, key=lambda entry: (entry[0].title.casefold(), entry[1]))


def normal(host: str) -> str:
    """Normalize a Host header: lower case, without port and final dot.

    Empty for what is not a host and port.
    """
    match = _HOST.fullmatch(host.lower())
    return "" if match is None else match["address"] or match["name"].removesuffix(".")


def is_bare(host: str) -> bool:
    """Decide whether a host is localhost or an address, no name that others could own."""
    return host == LOCAL or is_address(host)


def is_address(host: str) -> bool:
    """Decide whether a host is a bare IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def of(
    pages: Collection[page_data.PageRow],
    own_hosts: Iterable[str] = (),
    *,
    index: bool = True,
    pages_domain: str = "",
) -> Directory:
    """Build a directory, the oldest page first."""
    oldest = tuple(sorted(pages, key=lambda page: page.id))
    return Directory(oldest, frozenset(own_hosts), index, pages_domain)
