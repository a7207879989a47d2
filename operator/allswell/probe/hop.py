"""One request of a check and the next one after a redirect, as pure functions.

Method and body change as the Fetch standard says. When the origin changes, every header that came
from a Secret is dropped, and those that carry credentials however they were written; once dropped
they stay dropped, also when a later redirect leads back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from allswell.domain import state
from allswell.domain.spec.http import Header, Http, SecretKey
from allswell.probe import target
from allswell.probe.fault import Fault
from allswell.probe.target import Target

FOLLOWED = (301, 302, 303, 307, 308)
CREDENTIALS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class RequestHeader:
    """A request header; `secret` when its value came from a Secret."""

    name: str
    value: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent in one hop."""

    target: Target
    method: str
    headers: tuple[RequestHeader, ...] = ()
    body: bytes | None = None


def first(check: Http, secrets: Mapping[SecretKey, str]) -> Request:
    """The request that a check begins with. Raises `Fault` for a Secret that is not there."""
    try:
        goal = target.parse(check.url)
    except target.BadTarget as error:
        raise Fault(state.CHECKER_ERROR, f"the address cannot be used: {error}") from error
    headers = tuple(_field(header, secrets) for header in check.headers)
    body = None if check.body is None else check.body.encode()
    return Request(goal, check.method, headers, body)


def _field(header: Header, secrets: Mapping[SecretKey, str]) -> RequestHeader:
    if isinstance(header.value, str):
        return RequestHeader(header.name, header.value)
    wanted = header.value
    if wanted not in secrets:
        words = f"the header {header.name} needs the key {wanted.key} of the Secret {wanted.name}"
        raise Fault(state.SECRET_MISSING, f"{words}, which is not there")
    # A file's last line ends with a newline, and so do many Secrets made from one.
    return RequestHeader(header.name, secrets[wanted].strip(), secret=True)


def follow(request: Request, status: int, location: str) -> Request:
    """The request after a redirect. Raises `Fault` when it leads nowhere."""
    try:
        goal = target.join(request.target, location)
    except target.BadTarget as error:
        words = f"the redirect from {request.target.shown} cannot be followed: {error}"
        raise Fault(state.BAD_REDIRECT, words) from error
    following = replace(request, target=goal)
    if goal.origin != request.target.origin:
        following = replace(following, headers=_abroad(request.headers))
    return _as_get(following) if _becomes_get(status, request.method) else following


def _becomes_get(status: int, method: str) -> bool:
    if status == 303:  # noqa: PLR2004 - See Other
        return method not in ("GET", "HEAD")
    return status in (301, 302) and method == "POST"


def _as_get(request: Request) -> Request:
    kept = tuple(h for h in request.headers if not h.name.lower().startswith("content-"))
    return replace(request, method="GET", body=None, headers=kept)


def _abroad(headers: tuple[RequestHeader, ...]) -> tuple[RequestHeader, ...]:
    own = (*CREDENTIALS, "host")
    return tuple(h for h in headers if not h.secret and h.name.lower() not in own)
