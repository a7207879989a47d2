"""Name our objects on the cluster, and the labels by which they are found again.

A pod of a StatefulSet carries `<set>-<revision hash>` in a label of 63 characters at most, so a
Monitor's name (45 at most) may grow by `-check` and no more.
"""

from allswell.domain.spec.meta import API_VERSION

FIELD_MANAGER = "allswell"
AUDIENCE = "allswell-collector"
MONITOR_LABEL = "allswell.dev/monitor"
SPEC_HASH = "allswell.dev/fingerprint"
# Of what the Monitor itself says, and the mark of a checker that an installation has replaced.
OWN_HASH = "allswell.dev/spec"
ROLLED_OUT = "allswell.dev/rolled-out"
CONFIG_HASH = "allswell.dev/config"
COMPONENT = "checker"
# On what belongs to a customer's host name: whose page it is, and the name itself.
PAGE_NAMESPACE, PAGE_LABEL = "allswell.dev/page-namespace", "allswell.dev/page"
PAGE_UID, HOSTNAME = "allswell.dev/page-uid", "allswell.dev/hostname"
# What the API server is asked to filter watches and lists by.
SELECTOR = "app.kubernetes.io/managed-by=allswell,app.kubernetes.io/component=checker"

HOSTED = "app.kubernetes.io/managed-by=allswell,app.kubernetes.io/component=hostname"


def checker(monitor: str) -> str:
    """Return the name of a Monitor's StatefulSet and ConfigMap."""
    return f"{monitor}-check"


def pod(monitor: str) -> str:
    """Return the name of the one pod of a Monitor's StatefulSet."""
    return f"{checker(monitor)}-0"


def selector_labels(monitor: str) -> dict[str, str]:
    """Return the labels that a StatefulSet selects its pod by; they can never change."""
    return {
        "app.kubernetes.io/name": "allswell",
        "app.kubernetes.io/component": COMPONENT,
        MONITOR_LABEL: monitor,
    }


def labels(monitor: str) -> dict[str, str]:
    """Return the labels of everything that belongs to a Monitor."""
    return {**selector_labels(monitor), "app.kubernetes.io/managed-by": FIELD_MANAGER}


def owner_reference(kind: str, name: str, uid: str) -> dict[str, object]:
    """Return the reference by which a child is deleted with its owner.

    It does not block the owner's deletion: a foreground deletion would hang behind a stuck pod.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
