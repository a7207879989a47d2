"""How a checker's pod fares, and when it has to be helped out of a place that it cannot leave."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from allswell.kube import manifest
from allswell.kube.manifest import Json

# A pod whose node has been silent for so long will not end by itself.
LOST_AFTER = timedelta(minutes=5)
# A pod of an old revision that is not ready for so long is never replaced by its StatefulSet.
BROKEN_AFTER = timedelta(seconds=30)
STALLED_AFTER = timedelta(minutes=5)
# A new volume is bound, and a node found, within this time: no reason to speak of it.
PATIENCE = timedelta(seconds=30)
REVISION = "controller-revision-hash"
# Why a container that waits does so, when it is more than that it has not been made yet.
TROUBLE = (
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
)


@dataclass(frozen=True, slots=True)
class PodHealth:
    """What is to be said of a pod. `delete` is why it has to go, empty when it may stay."""

    ready: bool
    reason: str
    message: str = ""
    delete: str = ""
    force: bool = False
    stalled: bool = False
    again: timedelta | None = None


STARTING = PodHealth(ready=False, reason="Starting", message="the checker is starting")
UPDATING = PodHealth(ready=False, reason="Updating", message="the checker is being replaced")
RUNNING = PodHealth(ready=True, reason="Running", message="the checker runs")


def judge(statefulset: Json, pod: Json | None, now: datetime) -> PodHealth:
    """Look at the pod of a StatefulSet that is as it shall be."""
    if pod is None:
        return STARTING
    since = not_ready_since(pod)
    if since is None:
        return UPDATING if is_old(statefulset, pod) else RUNNING
    if manifest.text(pod, "metadata", "deletionTimestamp"):
        return _leaving(since, now)
    if is_old(statefulset, pod):
        return _outdated(statefulset, since, now)
    return _waiting(pod, since, now)


def _leaving(since: datetime, now: datetime) -> PodHealth:
    left = since + LOST_AFTER - now
    if left > timedelta():
        return replace(STARTING, again=left)
    why = "its node has been silent for 5 minutes"
    return PodHealth(ready=False, reason="NodeLost", message=why, delete=why, force=True)


def _outdated(statefulset: Json, since: datetime, now: datetime) -> PodHealth:
    left = since + BROKEN_AFTER - now
    if left > timedelta() or not _is_observed(statefulset):
        return replace(UPDATING, again=max(left, timedelta(seconds=1)))
    return replace(UPDATING, delete="it is of an old revision and does not become ready")


def _waiting(pod: Json, since: datetime, now: datetime) -> PodHealth:
    for container in manifest.blocks(pod, "status", "containerStatuses"):
        reason = manifest.text(container, "state", "waiting", "reason")
        if reason in TROUBLE:
            message = manifest.text(container, "state", "waiting", "message")
            return PodHealth(ready=False, reason=reason, message=message)
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") != "Unschedulable":
        return STARTING
    if since + PATIENCE > now:
        return replace(STARTING, again=since + PATIENCE - now)
    message = manifest.text(scheduled, "message")
    left = since + STALLED_AFTER - now
    if left > timedelta():
        return PodHealth(ready=False, reason="Unschedulable", message=message, again=left)
    reason = "VolumeUnreachable" if "volume" in message else "Unschedulable"
    return PodHealth(ready=False, reason=reason, message=message, stalled=True)


def condition(pod: Json, kind: str) -> Json:
    """A pod's condition; empty when it is not there."""
    return manifest.entry(manifest.blocks(pod, "status", "conditions"), "type", kind)


def is_ready(pod: Json) -> bool:
    """Whether a pod says that it is ready."""
    return condition(pod, "Ready").get("status") == "True"


def ready_since(pod: Json) -> datetime | None:
    """Since when a pod is ready; None when it is not."""
    return _changed(pod) if is_ready(pod) else None


def not_ready_since(pod: Json) -> datetime | None:
    """Since when a pod is not ready; None when it is."""
    return None if is_ready(pod) else _changed(pod)


def _changed(pod: Json) -> datetime:
    changed = manifest.text(condition(pod, "Ready"), "lastTransitionTime")
    text = changed or manifest.text(pod, "metadata", "creationTimestamp")
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)


def is_old(statefulset: Json, pod: Json) -> bool:
    """Whether the pod is not, or may not be, of the wanted revision."""
    if not manifest.number(statefulset, "status", "observedGeneration"):
        # It is the first revision that there is.
        return False
    wanted = manifest.text(statefulset, "status", "updateRevision")
    revision = manifest.text(pod, "metadata", "labels", REVISION)
    return not _is_observed(statefulset) or revision != wanted


def _is_observed(statefulset: Json) -> bool:
    """Whether Kubernetes has looked at the StatefulSet as it is now."""
    observed = manifest.number(statefulset, "status", "observedGeneration")
    return observed >= manifest.number(statefulset, "metadata", "generation")
