"""What can go wrong with the Kubernetes API, and the one place where HTTP and aiohttp end.

KubeError
├── Unavailable   no answer, or one that says to come back later
├── Missing       there is no such object, or no such kind
├── Conflict      the object is another one, or newer, than was thought; or it is there already
├── Expired       a list took so long that it cannot be completed
└── Rejected      the request can never be right, or we may not make it
"""

NOT_FOUND, CONFLICT, GONE = 404, 409, 410
TIMED_OUT, TOO_MANY, BROKEN = 408, 429, 500


class KubeError(Exception):
    """Anything that the Kubernetes API refuses or cannot do."""


class Unavailable(KubeError):
    """The API server is away, overloaded or broken; the same may work later."""


class Missing(KubeError):
    """There is no such object, or the kind is not installed."""


class Conflict(KubeError):
    """Somebody else was faster; look again."""


class Expired(KubeError):
    """The rest of a list can no longer be had."""


class Rejected(KubeError):
    """Refused for good: forbidden, or not valid."""


_KINDS: dict[int, type[KubeError]] = {
    NOT_FOUND: Missing,
    CONFLICT: Conflict,
    GONE: Expired,
    TIMED_OUT: Unavailable,
    TOO_MANY: Unavailable,
}


def of(status: int, message: str) -> KubeError:
    """The error of an HTTP answer."""
    kind = Unavailable if status >= BROKEN else _KINDS.get(status, Rejected)
    return kind(f"{status}: {message}")
