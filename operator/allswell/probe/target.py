"""Where an HTTP request goes: an address of the web, taken apart and made safe to send."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253
HOST = re.compile(r"[a-z0-9._~-]+|[0-9a-f.]*:[0-9a-f:.]*(%[a-z0-9._~-]+)?", re.ASCII)
# Everything that may stand in a path or a query as it is; the rest, like é, is percent-encoded.
AS_WRITTEN = "%/:?[]@!$&'()*+,;=~-._|^`{}\"\\<>"


class BadTarget(ValueError):
    """An address that no request can go to; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address. `host` is ASCII and lower-case, `resource` is path and query."""

    scheme: str
    host: str
    port: int
    resource: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What decides whether secrets may go along."""
        return (self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address without its query, which may hold a secret."""
        return f"{self.scheme}://{self.authority}{self.resource.partition('?')[0]}"


def parse(url: str) -> Target:
    """Take an absolute address apart. Raises BadAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port
        hostname = parts.hostname or ""
    except ValueError as error:
        raise BadTarget("it cannot be read") from error
    if parts.scheme not in PORTS:
        raise BadTarget(f"its scheme is {parts.scheme or 'missing'!r}, not http or https")
    if parts.username is not None or parts.password is not None:
        raise BadTarget("it holds a user or password")
    resource = quote(parts.path or "/", safe=AS_WRITTEN)
    if parts.query:
        resource += "?" + quote(parts.query, safe=AS_WRITTEN)
    return Target(parts.scheme, _host(hostname), port or PORTS[parts.scheme], resource)


def join(base: Target, reference: str) -> Target:
    """Where a reference leads that was given at `base`. Raises BadAddress."""
    here = f"{base.scheme}://{base.authority}{base.resource}"
    try:
        return parse(urljoin(here, reference))
    except BadTarget:
        raise
    except ValueError as error:
        raise BadTarget("it cannot be read") from error


def _host(name: str) -> str:
    if not name or len(name) > LONGEST_HOST:
        raise BadTarget("it has no usable host")
    if not name.isascii():
        name = _a_labels(name)
    if HOST.fullmatch(name) is None:
        raise BadTarget("it has no usable host")
    return name


def _a_labels(name: str) -> str:
    """The ASCII form of an international name (IDNA 2008)."""
    import idna  # noqa: PLC0415 - few checks need its tables

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise BadTarget("its host is no valid international name") from error
