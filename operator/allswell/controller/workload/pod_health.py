"""Judge a checker's pod, and decide when it has to be deleted to leave a state it is stuck in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView

# A pod whose node has been silent for so long will not end by itself.
NODE_LOST_AFTER = timedelta(minutes=5)
# A pod of an old revision that is not ready for so long is never replaced by its StatefulSet.
BROKEN_AFTER = timedelta(seconds=30)
STALLED_AFTER = timedelta(minutes=5)
# A new volume is bound, and a node found, within this time: nothing that anybody should read of.
SCHEDULING_TIME = timedelta(seconds=30)
# Why a container that waits does so, when it is more than that it has not been made yet.
CONTAINER_TROUBLE = (
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
    """The health of a pod as `Ready` says it, and what to do about it.

    `delete` is the reason to delete the pod, empty when it may stay; `force` waits for no kubelet.
    `requeue_after` is when this verdict is to be judged again, None when only a change of an
    object can change it.
    """

    ready: bool
    reason: str
    message: str = ""
    delete: str = ""
    force: bool = False
    stalled: bool = False
    requeue_after: timedelta | None = None


STARTING = PodHealth(ready=False, reason="Starting", message="the checker is starting")
UPDATING = PodHealth(ready=False, reason="Updating", message="the checker is being replaced")
RUNNING = PodHealth(ready=True, reason="Running", message="the checker runs")


@dataclass(frozen=True, slots=True)
class PodCase:
    """The facts that a pod is judged by."""

    statefulset: StatefulSetView
    pod: PodView
    now: datetime

    @property
    def is_outdated(self) -> bool:
        """Tell whether the pod is not, or may not be, of the desired revision."""
        return is_outdated(self.statefulset, self.pod)

    def left(self, of: timedelta) -> timedelta:
        """Return how much is left of a time since the pod last changed; negative when none."""
        return self.pod.changed + of - self.now


def judge(statefulset: StatefulSetView, pod: PodView | None, now: datetime) -> PodHealth:
    """Judge the pod of a StatefulSet that is as desired; the first check that applies decides.

    1. A pod that is ready runs, or is about to be replaced when its revision is an old one.
    2. A pod that is ending is left to its node, and deleted by force when that is lost.
    3. A pod of an old revision that does not become ready is deleted.
    4. A container that cannot run is reported with its reason.
    5. A pod that no node takes is reported after a while, and stalls its Monitor later.
    6. Any other pod is starting.
    """
    if pod is None:
        return STARTING
    case = PodCase(statefulset, pod, now)
    verdicts = (check(case) for check in CHECKS)
    return next((verdict for verdict in verdicts if verdict is not None), STARTING)


def _ready(case: PodCase) -> PodHealth | None:
    if not case.pod.ready:
        return None
    return UPDATING if case.is_outdated else RUNNING


def _ending(case: PodCase) -> PodHealth | None:
    if not case.pod.meta.deleting:
        return None
    left = case.left(NODE_LOST_AFTER)
    if left > timedelta():
        return replace(STARTING, requeue_after=left)
    why = "its node has been silent for 5 minutes"
    return PodHealth(ready=False, reason="NodeLost", message=why, delete=why, force=True)


def _outdated(case: PodCase) -> PodHealth | None:
    if not case.is_outdated:
        return None
    left = case.left(BROKEN_AFTER)
    if left > timedelta() or not case.statefulset.is_observed:
        return replace(UPDATING, requeue_after=max(left, timedelta(seconds=1)))
    return replace(UPDATING, delete="it is of an old revision and does not become ready")


def _container_trouble(case: PodCase) -> PodHealth | None:
    for container in case.pod.waiting:
        if container.reason in CONTAINER_TROUBLE:
            return PodHealth(ready=False, reason=container.reason, message=container.message)
    return None


def _unschedulable(case: PodCase) -> PodHealth | None:
    message = case.pod.unschedulable
    if message is None:
        return None
    if (left := case.left(SCHEDULING_TIME)) > timedelta():
        return replace(STARTING, requeue_after=left)
    if (left := case.left(STALLED_AFTER)) > timedelta():
        return PodHealth(ready=False, reason="Unschedulable", message=message, requeue_after=left)
    reason = "VolumeUnreachable" if "volume" in message else "Unschedulable"
    return PodHealth(ready=False, reason=reason, message=message, stalled=True)


CHECKS: tuple[Callable[[PodCase], PodHealth | None], ...] = (
    _ready,
    _ending,
    _outdated,
    _container_trouble,
    _unschedulable,
)


def is_outdated(statefulset: StatefulSetView, pod: PodView) -> bool:
    """Tell whether a pod is not, or may not be, of the desired revision."""
    if not statefulset.observed_generation:
        # It is the first revision that there is.
        return False
    return not statefulset.is_observed or pod.revision != statefulset.update_revision
