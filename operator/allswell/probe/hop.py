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
from allswell.probe.exchange import first_value, text
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.target import Target
from allswell.probe.transport import GOAL

FOLLOWED = (301, 302, 303, 307, 308)
FOUND = 302
CREDENTIALS = frozenset({b"authorization", b"proxy-authorization"})
# Requests that are kept ready for the next check of their monitor; each takes some 3 KiB.
MOST_READY = 1024
NO_SECRETS: Mapping[SecretKey, str] = {}

Pairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Hop:
    """A request of a check. `secret` are the lower-case names of headers filled from a Secret.

    `cookie` is the value of the manifest's own Cookie header, as long as it may go along.
    """

    request: httpx.Request
    secret: frozenset[bytes] = frozenset()
    cookie: bytes = b""

    @property
    def goal(self) -> Target:
        """Return where the request goes."""
        goal: Target = self.request.extensions[GOAL]
        return goal

    @property
    def secret_values(self) -> list[str]:
        """Return the values that came from a Secret."""
        pairs = self.request.headers.raw
        return [value.decode("latin-1") for name, value in pairs if name.lower() in self.secret]


def first(check: Http, secrets: Mapping[SecretKey, str], user_agent: str) -> Hop:
    """Make the first request of a check. Raises `Fault` for a Secret that is missing."""
    if any(isinstance(header.value, SecretKey) for header in check.headers):
        return _made(check, secrets, user_agent)
    ready = _ready(check, user_agent)
    # What is sent may be changed on its way; what is ready stays as it is.
    return Hop(_copy(ready.request), cookie=ready.cookie)


@lru_cache(MOST_READY)
def _ready(check: Http, user_agent: str) -> Hop:
    return _made(check, NO_SECRETS, user_agent)


def _copy(request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _made(check: Http, secrets: Mapping[SecretKey, str], user_agent: str) -> Hop:
    try:
        goal = target.parse(check.url)
        url = target.as_httpx(goal)
    except target.BadTarget as error:
        raise Fault(state.CHECKER_ERROR, f"the address cannot be used: {error}") from error
    given = [_pair(header, secrets) for header in check.headers]
    names = {name.lower() for name, _ in given}
    own = [pair for pair in _own(goal, user_agent) if pair[0].lower() not in names]
    # Without a timeout of ours httpx would make one, and nobody would look at it.
    extensions = {GOAL: goal, "timeout": {}}
    request = httpx.Request(
        check.method, url, headers=own + given, content=check.body, extensions=extensions
    )
    return Hop(request, _secret_names(check), first_value(request.headers.raw, b"cookie"))


def _own(goal: Target, user_agent: str) -> Pairs:
    return [
        (b"Host", goal.authority.encode()),
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
    wanted = header.value
    if isinstance(wanted, str):
        return wanted
    if wanted not in secrets:
        words = f"the header {header.name} needs the key {wanted.key} of the Secret {wanted.name}"
        raise Fault(state.SECRET_MISSING, f"{words}, which is not there")
    # A file's last line ends with a newline, and so do many Secrets made from one.
    return secrets[wanted].strip()


async def read_location(response: httpx.Response) -> None:
    """Rewrite Location as httpx reads it; a hook of httpx for each response.

    Raises `Fault` when it leads nowhere. A redirect that does not say where is no redirect.
    """
    if response.status_code not in FOLLOWED:
        return
    location = text(first_value(response.headers.raw, b"location"))
    response.headers.pop("Location", None)
    if not location:
        return
    here: Target = response.request.extensions[GOAL]
    try:
        goal = target.join(here, location)
        response.headers["Location"] = str(target.as_httpx(goal))
    except target.BadTarget as error:
        words = f"the redirect from {here.shown} cannot be followed: {error}"
        raise Fault(state.BAD_REDIRECT, words) from error
    response.extensions[GOAL] = goal


async def ignore_location(response: httpx.Response) -> None:
    """Take a redirect for the final response; the other hook of httpx."""
    response.headers.pop("Location", None)


def follow(hop: Hop, response: httpx.Response) -> Hop:
    """Make the request after a redirect that `read_location` has read."""
    onward = response.next_request
    assert onward is not None  # noqa: S101 - httpx makes one wherever there is a Location
    goal: Target = response.extensions[GOAL]
    onward.extensions[GOAL] = goal
    _keep_method(hop.request, onward, response.status_code)
    if goal.origin != hop.goal.origin:
        _leave_origin(onward, goal, hop.secret)
        return Hop(onward, hop.secret)
    if hop.cookie:
        _add_cookie(onward, hop.cookie)
    return Hop(onward, hop.secret, hop.cookie)


def _keep_method(before: httpx.Request, onward: httpx.Request, status: int) -> None:
    """Restore the method after a 302 unless it was POST; httpx makes a GET of every method."""
    if onward.method == before.method:
        return
    if status == FOUND and before.method != "POST":
        onward.method, onward.stream = before.method, before.stream
        length = first_value(before.headers.raw, b"content-length")
        onward.headers = httpx.Headers([*onward.headers.raw, (b"Content-Length", length)])
    else:
        others = [p for p in onward.headers.raw if not p[0].lower().startswith(b"content-")]
        onward.headers = httpx.Headers(others)


def _leave_origin(onward: httpx.Request, goal: Target, secret: frozenset[bytes]) -> None:
    """Drop what only the previous origin may see; the cookies are those of the new one."""
    dropped = (CREDENTIALS | secret | {b"host"}) - {b"cookie"}
    others = [pair for pair in onward.headers.raw if pair[0].lower() not in dropped]
    onward.headers = httpx.Headers([(b"Host", goal.authority.encode()), *others])


def _add_cookie(onward: httpx.Request, own: bytes) -> None:
    """Send the manifest's own cookies, except those that a response has set meanwhile."""
    anew = first_value(onward.headers.raw, b"cookie")
    names = {pair.partition(b"=")[0].strip() for pair in anew.split(b";")}
    still = [pair for pair in own.split(b";") if pair.partition(b"=")[0].strip() not in names]
    others = [pair for pair in onward.headers.raw if pair[0].lower() != b"cookie"]
    cookie = b";".join([*still, b" " + anew] if still and anew else still) or anew
    onward.headers = httpx.Headers([*others, (b"Cookie", cookie.strip())])
