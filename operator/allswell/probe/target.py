"""Parse the URL of an HTTP request, and make it safe to send.

This parser stands in front of httpx, which reads addresses otherwise than browsers do: it lets
`a b.example` and `a%41` through and refuses an emoji. What passed here is what is looked up, judged
and sent; httpx is told of it in a spelling that it reads (`as_httpx`).
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from allswell.probe.lean_httpx import httpx

PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253
LONGEST_LABEL = 63
# Zero-width ones, which only some scripts need.
JOINERS = (0x200C, 0x200D)
HOST = re.compile(r"[a-z0-9._~-]+|[0-9a-f.]*:[0-9a-f:.]*(%[a-z0-9._~-]+)?", re.ASCII)
# Everything that may stand in a path or a query as it is; the rest, like é, is percent-encoded.
AS_WRITTEN = "%/:?[]@!$&'()*+,;=~-._|^`{}\"\\<>"


class BadTarget(ValueError):
    """A URL that no request can go to; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address. `host` is ASCII and lower-case, `resource` is path and query."""

    scheme: str
    host: str
    port: int
    resource: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return the origin, which decides whether secrets may be sent."""
        return (self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """Return the address without its query, which may hold a secret."""
        return f"{self.scheme}://{self.authority}{self.resource.partition('?')[0]}"


def parse(url: str) -> Target:
    """Parse an absolute URL. Raises BadTarget."""
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
    """Resolve a reference that was given at `base`. Raises BadTarget."""
    url = f"{base.scheme}://{base.authority}{base.resource}"
    try:
        return parse(urljoin(url, reference))
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
    """Convert an international name to A-labels: IDNA 2008, and symbols as browsers do."""
    try:
        labels = idna.uts46_remap(name, std3_rules=False).split(".")
        return ".".join(label if label.isascii() else _a_label(label) for label in labels)
    except idna.IDNAError as error:
        raise BadTarget("its host is no valid international name") from error


def _a_label(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except idna.InvalidCodepoint:
        # IDNA 2008 knows letters and digits; UTS 46, which browsers follow, has symbols as well.
        for check in (idna.check_nfc, idna.check_hyphen_ok, idna.check_initial_combiner):
            check(label)
        idna.check_bidi(label)
        if any(
            ord(c) in JOINERS and not idna.valid_contextj(label, i) for i, c in enumerate(label)
        ):
            raise
        return _bounded("xn--" + label.encode("punycode").decode("ascii"))


def _bounded(label: str) -> str:
    if len(label) > LONGEST_LABEL:
        raise idna.IDNAError("too long a label")
    return label


def as_httpx(target: Target) -> httpx.URL:
    """Spell the URL so that httpx reads it. Raises BadTarget for one that is too long.

    Only what httpx derives from it matters here: its origin, and which cookies are meant for it.
    httpx decodes every host that begins with `xn--` and fails at symbols, and it takes `1.2.3.400`
    for a broken address, not for a name; such a host gets an escape in front.
    """
    host = target.host
    try:
        url = _httpx_url(target, host)
        if url.host:
            return url
    except (httpx.InvalidURL, ValueError):
        pass
    try:
        return _httpx_url(target, f"%{ord(host[0]):02x}{host[1:]}")
    except (httpx.InvalidURL, ValueError) as error:
        raise BadTarget("it cannot be read") from error


def _httpx_url(target: Target, host: str) -> httpx.URL:
    host = f"[{host}]" if ":" in host else host
    return httpx.URL(f"{target.scheme}://{host}:{target.port}{target.resource}")
