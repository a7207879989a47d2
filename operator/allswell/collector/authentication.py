"""Who is asking: the port behind which tokens are judged."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class RequestRefused(Exception):
    """The sender may not do this; `status` is the HTTP answer, the text says why."""

    status = 403


class Unauthorized(RequestRefused):
    """No token, or one that nobody knows."""

    status = 401


class CheckerGone(RequestRefused):
    """This incarnation of a checker is dead: it must stop checking."""

    status = 410


class NotInSync(RequestRefused):
    """The index that identities are judged by is not complete yet."""

    status = 503


@dataclass(frozen=True, slots=True)
class Sender:
    """What a token stands for.

    `namespace` is the only one the sender may speak for; `monitor` narrows it to one monitor,
    empty for any in the namespace. `page` may read latencies and may not report.
    """

    namespace: str
    monitor: str = ""
    page: bool = False


class Authenticator(Protocol):
    """Judges bearer tokens."""

    async def identify(self, token: str) -> Sender:
        """The identity behind a token. Raises `Refused`."""
        ...


class LocalTokens:
    """Tokens made at start, for one machine: each stands for one identity."""

    def __init__(self, identities: Mapping[str, Sender]) -> None:
        self._identities = dict(identities)

    def add(self, token: str, identity: Sender) -> None:
        """Make one more token known."""
        self._identities[token] = identity

    async def identify(self, token: str) -> Sender:
        """Compare with every known token in constant time."""
        for known, identity in self._identities.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return identity
        raise Unauthorized("this token is not known here")
