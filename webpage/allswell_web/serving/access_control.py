"""Who may see a private page. For networks that are not listed the page is not there.

A password that was right is known again by a keyed digest of the header it came in, so that not
each of a visitor's requests costs a hash. Wrong ones are slowed by page and address: after the
sixth there is a second's pause, after each further one twice as long. All memory is bounded.
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
FREE = 5
LONGEST_WAIT_S = 300.0
# An address that has been wrong is forgotten when it has been quiet for so long.
FORGET_S = 1800.0
MOST_WRONG = 10_000
MOST_RIGHT = 10_000
# Each check takes 16 MiB and a core; more at once would be the visitors' to choose.
CHECKS_AT_ONCE = 2
PATIENCE_S = 2.0
# Nobody types more, and the header is hashed before it is looked at.
LONGEST_HEADER = 4096


@dataclass(slots=True)
class FailedTries:
    """An address's tries: how many, until when it has to wait, when it was last heard."""

    times: int = 0
    until: float = 0.0
    last: float = 0.0


@dataclass(slots=True)
class TriesMemory:
    """What is known of visitors; the oldest entries give way."""

    right: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    wrong: OrderedDict[tuple[str, str], FailedTries] = field(default_factory=OrderedDict)


class AccessControl:
    """Judges requests for private pages; `ticks` are seconds that only grow."""

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
        self._checks = threading.BoundedSemaphore(CHECKS_AT_ONCE)
        self._key = secrets.token_bytes(32)
        self._memory = TriesMemory()

    def judge(self, page: page_data.PageRow, environ: WSGIEnvironment) -> ConstantResponse | None:
        """Why a request for a private page is refused; None where it is let through."""
        address = client_address.address(environ, self._proxies)
        if page.allowed_networks:
            networks = [ip_network(text, strict=False) for text in page.allowed_networks]
            # Behind a proxy that nobody has declared, its address is everybody's.
            hidden = client_address.is_hidden(environ, self._proxies)
            listed = address is not None and not hidden and client_address.is_in(address, networks)
            return None if listed else self._notices.not_found
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not header:
            return self._notices.password
        if len(header) > LONGEST_HEADER or (given := read(header)) is None:
            return self._notices.password
        known = self._known(page, header)
        with self._lock:
            if known in self._memory.right:
                self._memory.right.move_to_end(known)
                return None
        return self._checked(page, given, known, (page.public_id, client_address.origin(address)))

    def _known(self, page: page_data.PageRow, header: str) -> bytes:
        text = f"{page.public_id}\n{page.password_hash}\n{header}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)

    def _checked(
        self, page: page_data.PageRow, given: str, known: bytes, who: tuple[str, str]
    ) -> ConstantResponse | None:
        pause = self._pause(who)
        if pause == 0 and not self._checks.acquire(timeout=PATIENCE_S):
            pause = PATIENCE_S
        if pause > 0:
            return self._notices.slower.with_header("Retry-After", str(math.ceil(pause)))
        try:
            right = self._matches(given, page.password_hash)
        finally:
            self._checks.release()
        with self._lock:
            if right:
                _bounded(self._memory.right, known, None, MOST_RIGHT)
                self._memory.wrong.pop(who, None)
                return None
        return self._notices.password

    def _pause(self, who: tuple[str, str]) -> float:
        """For how many seconds somebody may not try; 0: now, and this is noted as a try.

        A try counts as wrong until it has proved right, so that many at once do not get past the
        limit while the first is being checked.
        """
        now = self._ticks()
        with self._lock:
            entry = self._memory.wrong.get(who)
            if entry is None or now - entry.last > FORGET_S:
                entry = FailedTries()
            if now < entry.until:
                return entry.until - now
            entry.times += 1
            entry.last = now
            if entry.times > FREE:
                entry.until = now + min(2.0 ** (entry.times - FREE - 1), LONGEST_WAIT_S)
            _bounded(self._memory.wrong, who, entry, MOST_WRONG)
            return 0.0


def _bounded(found: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Put an entry last, and let the first go when there are too many."""
    found[key] = value
    found.move_to_end(key)
    if len(found) > most:
        found.popitem(last=False)


def read(header: str) -> str | None:
    """The password of an Authorization header (RFC 7617); None where it holds none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64_text.decode(rest.strip()).decode()
    except ValueError:
        return None
    name, colon, given = text.partition(":")
    del name
    return given if colon else None
