"""Identify senders: the port behind which bearer tokens are judged, and every refusal of one.

RequestRefused          the sender may not do this
├── Unauthorized        no token, or an unknown one
├── CheckerGone         this incarnation of a checker is gone
└── NotInSync           the index that tokens are judged by is not complete yet
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class RequestRefused(Exception):
    """The sender may not do this; `status` is the HTTP status, the text says why."""

    status = 403


class Unauthorized(RequestRefused):
    """The request has no token, or one that is not known."""

    status = 401


class CheckerGone(RequestRefused):
    """This incarnation of a checker is gone: it must stop checking."""

    status = 410


class NotInSync(RequestRefused):
    """The index that tokens are judged by is not complete yet."""

    status = 503


@dataclass(frozen=True, slots=True)
class Sender:
    """The identity behind a token.

    `namespace` is the only one the sender may speak for; `monitor` narrows it to one monitor,
    empty for any in the namespace. `page` may read latencies and may not report.
    """

    namespace: str
    monitor: str = ""
    page: bool = False


class Authenticator(Protocol):
    """Judges bearer tokens."""

    async def identify(self, token: str) -> Sender:
        """Return the identity behind a token. Raises `RequestRefused`."""
        ...


class LocalTokens:
    """Tokens made at start, for one machine: each stands for one sender."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self._senders = dict(senders)

    def add(self, token: str, sender: Sender) -> None:
        """Accept one more token."""
        self._senders[token] = sender

    async def identify(self, token: str) -> Sender:
        """Compare with every known token in constant time. Raises `Unauthorized`."""
        for known, sender in self._senders.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return sender
        raise Unauthorized("this token is not known here")
