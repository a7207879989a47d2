"""Build the first request of a check, and the next one after each redirect.

httpx makes the next request, with the cookies that were set meanwhile; three rules are ours. Where
it leads is read as browsers read it. Method and body change as the Fetch standard says. When the
origin changes, every header that came from a Secret is dropped, and those that carry
credentials however they were written; once dropped they stay dropped, also when a later redirect
leads back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from allswell.domain import state
from allswell.domain.spec.http import Header, Http, SecretKey
from allswell.probe import target
from allswell.probe.exchange import header_value, text
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.target import Target
from allswell.probe.transport import TARGET

REDIRECTS = (301, 302, 303, 307, 308)
FOUND = 302
CREDENTIALS = frozenset({b"authorization", b"proxy-authorization"})
# Requests that are cached for the next check of their monitor; each takes some 3 KiB.
MAX_CACHED = 1024
NO_SECRETS: Mapping[SecretKey, str] = {}

HeaderPairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Hop:
    """A request of a check. `secret` are the lower-case names of headers filled from a Secret.

    `cookie` is the value of the manifest's own Cookie header, as long as it may be sent.
    """

    request: httpx.Request
    secret: frozenset[bytes] = frozenset()
    cookie: bytes = b""

    @property
    def target(self) -> Target:
        """Return where the request goes."""
        destination: Target = self.request.extensions[TARGET]
        return destination

    @property
    def secret_values(self) -> list[str]:
        """Return the values that came from a Secret."""
        pairs = self.request.headers.raw
        return [value.decode("latin-1") for name, value in pairs if name.lower() in self.secret]


def first(check: Http, secrets: Mapping[SecretKey, str], user_agent: str) -> Hop:
    """Build the first request of a check. Raises `Fault` for a Secret that is missing."""
    if any(isinstance(header.value, SecretKey) for header in check.headers):
        return _build(check, secrets, user_agent)
    cached = _cached(check, user_agent)
    # httpx may change a request that it sends; the cached one stays as it is.
    return Hop(_copy(cached.request), cookie=cached.cookie)


@lru_cache(MAX_CACHED)
def _cached(check: Http, user_agent: str) -> Hop:
    return _build(check, NO_SECRETS, user_agent)


def _copy(request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _build(check: Http, secrets: Mapping[SecretKey, str], user_agent: str) -> Hop:
    try:
        destination = target.parse(check.url)
        url = target.as_httpx(destination)
    except target.BadTarget as error:
        raise Fault(state.CHECKER_ERROR, f"the address cannot be used: {error}") from error
    manifest_headers = [_pair(header, secrets) for header in check.headers]
    names = {name.lower() for name, _ in manifest_headers}
    defaults = [p for p in _defaults(destination, user_agent) if p[0].lower() not in names]
    request = httpx.Request(
        check.method,
        url,
        headers=defaults + manifest_headers,
        content=check.body,
        # Without a timeout in there, httpx would make one for nobody.
        extensions={TARGET: destination, "timeout": {}},
    )
    return Hop(request, _secret_names(check), header_value(request.headers.raw, b"cookie"))


def _defaults(destination: Target, user_agent: str) -> HeaderPairs:
    return [
        (b"Host", destination.authority.encode()),
        (b"User-Agent", user_agent.encode()),
        (b"Accept", b"*/*"),
        # Nothing to unpack here, nothing to pack for each check there.
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
    ]


def _secret_names(check: Http) -> frozenset[bytes]:
    filled = (header.name for header in check.headers if isinstance(header.value, SecretKey))
    return frozenset(name.lower().encode() for name in filled)


def _pair(header: Header, secrets: Mapping[SecretKey, str]) -> tuple[bytes, bytes]:
    try:
        return header.name.encode("ascii"), _value(header, secrets).encode("latin-1")
    except UnicodeEncodeError:
        # The cause names the value, which may be a secret.
        words = "a header cannot be sent: its value has characters that HTTP does not allow"
        raise Fault(state.CHECKER_ERROR, words) from None


def _value(header: Header, secrets: Mapping[SecretKey, str]) -> str:
    value = header.value
    if isinstance(value, str):
        return value
    if value not in secrets:
        words = f"the header {header.name} needs the key {value.key} of the Secret {value.name}"
        raise Fault(state.SECRET_MISSING, f"{words}, which is not there")
    # A file's last line ends with a newline, and so do many Secrets made from one.
    return secrets[value].strip()


async def read_location(response: httpx.Response) -> None:
    """Rewrite Location so that httpx reads it; a response hook of httpx.

    Raises `Fault` when it cannot be followed. An empty one is dropped: that is no redirect.
    """
    if response.status_code not in REDIRECTS:
        return
    location = text(header_value(response.headers.raw, b"location"))
    response.headers.pop("Location", None)
    if not location:
        return
    current: Target = response.request.extensions[TARGET]
    try:
        destination = target.join(current, location)
        response.headers["Location"] = str(target.as_httpx(destination))
    except target.BadTarget as error:
        words = f"the redirect from {current.shown} cannot be followed: {error}"
        raise Fault(state.BAD_REDIRECT, words) from error
    response.extensions[TARGET] = destination


async def drop_location(response: httpx.Response) -> None:
    """Take a redirect for the final response; a response hook of httpx."""
    response.headers.pop("Location", None)


def follow(hop: Hop, response: httpx.Response) -> Hop:
    """Build the request after a redirect whose Location `read_location` has rewritten.

    1. httpx builds the next request, with the cookies that were set.
    2. Its method and body become what the Fetch standard says.
    3. On another origin the credentials are dropped; on the same one the manifest's own cookies
       are sent again.
    """
    request = response.next_request
    assert request is not None  # noqa: S101 - httpx builds one wherever there is a Location
    destination: Target = response.extensions[TARGET]
    request.extensions[TARGET] = destination
    _restore_method(hop.request, request, response.status_code)
    if destination.origin != hop.target.origin:
        _drop_credentials(request, destination, hop.secret)
        return Hop(request, hop.secret)
    if hop.cookie:
        _add_cookies(request, hop.cookie)
    return Hop(request, hop.secret, hop.cookie)


def _restore_method(previous: httpx.Request, request: httpx.Request, status: int) -> None:
    """Restore the method after a 302 unless it was POST; httpx makes a GET of every method."""
    if request.method == previous.method:
        return
    pairs = request.headers.raw
    if status == FOUND and previous.method != "POST":
        request.method, request.stream = previous.method, previous.stream
        length = header_value(previous.headers.raw, b"content-length")
        request.headers = httpx.Headers([*pairs, (b"Content-Length", length)] if length else pairs)
    else:
        others = [pair for pair in pairs if not pair[0].lower().startswith(b"content-")]
        request.headers = httpx.Headers(others)


def _drop_credentials(
    request: httpx.Request, destination: Target, secret: frozenset[bytes]
) -> None:
    """Drop what only the previous origin may see; the cookies in there are the new one's."""
    dropped = (CREDENTIALS | secret | {b"host"}) - {b"cookie"}
    others = [pair for pair in request.headers.raw if pair[0].lower() not in dropped]
    request.headers = httpx.Headers([(b"Host", destination.authority.encode()), *others])


def _add_cookies(request: httpx.Request, own: bytes) -> None:
    """Add the manifest's own cookies, except those that a response has replaced."""
    stored = header_value(request.headers.raw, b"cookie")
    if stored:
        replaced = {_cookie_name(pair) for pair in stored.split(b";")}
        remaining = [p.strip() for p in own.split(b";") if _cookie_name(p) not in replaced]
        own = b"; ".join([*remaining, stored])
    others = [pair for pair in request.headers.raw if pair[0].lower() != b"cookie"]
    request.headers = httpx.Headers([*others, (b"Cookie", own)])


def _cookie_name(pair: bytes) -> bytes:
    return pair.partition(b"=")[0].strip()
