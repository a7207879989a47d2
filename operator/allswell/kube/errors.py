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


class KubeUnavailable(KubeError):
    """The API server is away, overloaded or broken; the same may work later."""


class KubeMissing(KubeError):
    """There is no such object, or the kind is not installed."""


class KubeConflict(KubeError):
    """Somebody else was faster; look again."""


class ListExpired(KubeError):
    """The rest of a list can no longer be had."""


class KubeRejected(KubeError):
    """Refused for good: forbidden, or not valid."""


_KINDS: dict[int, type[KubeError]] = {
    NOT_FOUND: KubeMissing,
    CONFLICT: KubeConflict,
    GONE: ListExpired,
    TIMED_OUT: KubeUnavailable,
    TOO_MANY: KubeUnavailable,
}


def of(status: int, message: str) -> KubeError:
    """The error of an HTTP answer."""
    kind = KubeUnavailable if status >= BROKEN else _KINDS.get(status, KubeRejected)
    return kind(f"{status}: {message}")
