"""Define the errors of the Kubernetes API; `kube.client` translates what lies below.

KubeError
├── NoClusterAccess  there is no way to the API server, or nothing that proves who we are
├── KubeUnavailable  no answer, or one that says to come back later
├── KubeMissing      there is no such object, or no such kind
├── KubeConflict     the object is another one, or newer, than was thought; or it is there already
├── KubeExpired      a list took so long that it cannot be completed
└── KubeRejected     the request can never be right, or we may not make it
"""

NOT_FOUND, CONFLICT, GONE = 404, 409, 410
TIMED_OUT, TOO_MANY, BROKEN = 408, 429, 500


class KubeError(Exception):
    """Anything that the Kubernetes API refuses or cannot do."""


class NoClusterAccess(KubeError):
    """There is neither an account of a pod nor a kubeconfig, or it cannot be used."""


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
    """Return the error of an HTTP response."""
    kind = KubeUnavailable if status >= BROKEN else _KINDS.get(status, KubeRejected)
    return kind(f"{status}: {message}")
