"""Control access to private pages. For networks that are not listed a page does not exist.

A correct password is recognised by a keyed digest of its header, so that not each of a visitor's
requests costs a hash. Failed tries are limited by page and address: after the sixth there is a
pause of one second, doubled with each further one. All memory is bounded.
"""

import hashlib
import hmac
import math
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TypeVar
from wsgiref.types import WSGIEnvironment

from allswell.central import page_data
from allswell.domain import base64_text, password
from allswell_web.responses.constant_responses import ConstantResponse, ConstantResponses
from allswell_web.serving import client_address
from allswell_web.serving.client_address import Network

K = TypeVar("K")
V = TypeVar("V")
FREE_TRIES = 5
MAX_WAIT_S = 300.0
# Failed tries are forgotten after this time without another one.
FORGET_S = 1800.0
MAX_FAILED = 10_000
MAX_ACCEPTED = 10_000
# Each check takes 16 MiB and a core; visitors must not decide how many run at once.
MAX_CHECKS_AT_ONCE = 2
CHECK_WAIT_S = 2.0
# No password is longer, and the header is hashed before it is compared.
MAX_HEADER = 4096


@dataclass(slots=True)
class FailedTries:
    """The failed tries of an address: their count, until when it is blocked, the last one."""

    count: int = 0
    blocked_until: float = 0.0
    last_try: float = 0.0


@dataclass(slots=True)
class TriesMemory:
    """The accepted and failed tries of visitors; the oldest entries are removed."""

    accepted: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    failed: OrderedDict[tuple[str, str], FailedTries] = field(default_factory=OrderedDict)


class AccessControl:
    """A judge of requests for private pages; `ticks` are seconds that only grow."""

    def __init__(
        self,
        notices: ConstantResponses,
        ticks: Callable[[], float],
        proxies: Sequence[Network] = (),
        matches: Callable[[str, str], bool] = password.matches,
    ) -> None:
        self._notices = notices
        self._ticks = ticks
        self._proxies = proxies
        self._matches = matches
        self._lock = threading.Lock()
        self._checks = threading.BoundedSemaphore(MAX_CHECKS_AT_ONCE)
        self._key = secrets.token_bytes(32)
        self._memory = TriesMemory()

    def judge(self, page: page_data.PageRow, environ: WSGIEnvironment) -> ConstantResponse | None:
        """Return the refusal of a request for a private page; None where it is allowed."""
        address = client_address.address(environ, self._proxies)
        if page.allowed_networks:
            networks = [ip_network(text, strict=False) for text in page.allowed_networks]
            # Behind an undeclared proxy its address is every visitor's.
            is_hidden = client_address.is_hidden(environ, self._proxies)
            is_listed = (
                address is not None and not is_hidden and client_address.is_in(address, networks)
            )
            return None if is_listed else self._notices.not_found
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not header:
            return self._notices.password
        if len(header) > MAX_HEADER or (tried := read(header)) is None:
            return self._notices.password
        digest = self._known(page, header)
        with self._lock:
            if digest in self._memory.accepted:
                self._memory.accepted.move_to_end(digest)
                return None
        return self._checked(page, tried, digest, (page.public_id, client_address.origin(address)))

    def _known(self, page: page_data.PageRow, header: str) -> bytes:
        text = f"{page.public_id}\n{page.password_hash}\n{header}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)

    def _checked(
        self, page: page_data.PageRow, tried: str, digest: bytes, client: tuple[str, str]
    ) -> ConstantResponse | None:
        wait_s = self._pause(client)
        if wait_s == 0 and not self._checks.acquire(timeout=CHECK_WAIT_S):
            wait_s = CHECK_WAIT_S
        if wait_s > 0:
            return self._notices.too_many_tries.with_header("Retry-After", str(math.ceil(wait_s)))
        try:
            is_correct = self._matches(tried, page.password_hash)
        finally:
            self._checks.release()
        with self._lock:
            if is_correct:
                _bounded(self._memory.accepted, digest, None, MAX_ACCEPTED)
                self._memory.failed.pop(client, None)
                return None
        return self._notices.password

    def _pause(self, client: tuple[str, str]) -> float:
        """Return for how many seconds a client must wait; 0: now, and this counts as a try.

        A try counts as failed until it is accepted, so that many at once do not exceed the limit
        while the first is being checked.
        """
        now = self._ticks()
        with self._lock:
            entry = self._memory.failed.get(client)
            if entry is None or now - entry.last_try > FORGET_S:
                entry = FailedTries()
            if now < entry.blocked_until:
                return entry.blocked_until - now
            entry.count += 1
            entry.last_try = now
            if entry.count > FREE_TRIES:
                entry.blocked_until = now + min(2.0 ** (entry.count - FREE_TRIES - 1), MAX_WAIT_S)
            _bounded(self._memory.failed, client, entry, MAX_FAILED)
            return 0.0


def _bounded(entries: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Put an entry last, and remove the first when there are too many."""
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > most:
        entries.popitem(last=False)


def read(header: str) -> str | None:
    """Return the password of an Authorization header (RFC 7617); None where it holds none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64_text.decode(encoded.strip()).decode()
    except ValueError:
        return None
    name, colon, secret = text.partition(":")
    del name
    return secret if colon else None
