"""What our children on the cluster are called, and the labels by which they are found again.

A pod of a StatefulSet carries `<set>-<revision hash>` in a label of 63 characters at most, so a
Monitor's name (45 at most) may grow by `-check` and no more.
"""

from allswell.domain.spec.meta import API_VERSION

FIELD_MANAGER = "allswell"
AUDIENCE = "allswell-collector"
MONITOR_LABEL = "allswell.dev/monitor"
FINGERPRINT = "allswell.dev/fingerprint"
# Of what the Monitor itself says, and the mark of a checker that an installation has replaced.
OWN_FINGERPRINT = "allswell.dev/spec"
ROLLED_OUT = "allswell.dev/rolled-out"
CONFIG_FINGERPRINT = "allswell.dev/config"
COMPONENT = "checker"
# On what belongs to a customer's host name: whose page it is, and the name itself.
PAGE_NAMESPACE, PAGE_LABEL = "allswell.dev/page-namespace", "allswell.dev/page"
PAGE_UID, HOSTNAME = "allswell.dev/page-uid", "allswell.dev/hostname"
# What the API server is asked to filter watches and lists by.
SELECTOR = "app.kubernetes.io/managed-by=allswell,app.kubernetes.io/component=checker"

HOSTED = "app.kubernetes.io/managed-by=allswell,app.kubernetes.io/component=hostname"


def checker(monitor: str) -> str:
    """The StatefulSet and the ConfigMap of a Monitor."""
    return f"{monitor}-check"


def pod(monitor: str) -> str:
    """The one pod of a Monitor's StatefulSet."""
    return f"{checker(monitor)}-0"


def selecting(monitor: str) -> dict[str, str]:
    """The labels that a StatefulSet selects its pod by; they can never change."""
    return {
        "app.kubernetes.io/name": "allswell",
        "app.kubernetes.io/component": COMPONENT,
        MONITOR_LABEL: monitor,
    }


def labels(monitor: str) -> dict[str, str]:
    """The labels of everything that belongs to a Monitor."""
    return {**selecting(monitor), "app.kubernetes.io/managed-by": FIELD_MANAGER}


def owner(kind: str, name: str, uid: str) -> dict[str, object]:
    """The reference by which a child goes when its parent goes.

    It does not block the parent's deletion: a foreground deletion would hang behind a stuck pod.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
