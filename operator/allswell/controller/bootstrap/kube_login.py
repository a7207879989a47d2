"""Who we are to the API server: in a pod its account, else what the kubeconfig says.

kopf's own readers are used, so that its watches and our requests go by the same.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kopf

TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
# A token is renewed long before it ends; kubelet writes the new one to the same file.
FRESH_FOR = 60.0


class NoClusterAccess(Exception):
    """There is neither an account of a pod nor a kubeconfig."""


def find() -> kopf.ConnectionInfo:
    """The way to the API server. Raises `NoAccess`."""
    settings = kopf.OperatorSettings()
    try:
        found = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(
            settings=settings
        )
    except (OSError, KeyError, ValueError, kopf.LoginError) as error:
        raise NoClusterAccess(f"the kubeconfig cannot be used: {error}") from error
    if found is None:
        raise NoClusterAccess("there is no way to a cluster: run in a pod, or set KUBECONFIG")
    return found


def headers(
    info: kopf.ConnectionInfo, ticks: Callable[[], float], token_file: Path = TOKEN
) -> Callable[[], Mapping[str, str]]:
    """What proves who we are, for each request; a pod's token is read anew every minute."""
    fixed = info.as_http_headers()
    if not token_file.exists():
        return lambda: fixed
    known: dict[str, Any] = {"until": float("-inf"), "headers": fixed}

    def current() -> Mapping[str, str]:
        if ticks() >= known["until"]:
            known["headers"] = {"Authorization": f"Bearer {token_file.read_text().strip()}"}
            known["until"] = ticks() + FRESH_FOR
        headers: Mapping[str, str] = known["headers"]
        return headers

    return current
