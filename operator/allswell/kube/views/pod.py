"""Parse a Pod: whether it is ready, since when, and what keeps it from running."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from allswell.kube import manifest
from allswell.kube.conditions import TRUE, Conditions
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ObjectMeta

REVISION = "controller-revision-hash"
UNSCHEDULABLE = "Unschedulable"


@dataclass(frozen=True, slots=True)
class WaitingContainer:
    """Why a container does not run, as its kubelet says."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PodView:
    """A Pod.

    `changed` is when it last became ready or ceased to be, by its node's clock. `revision` is the
    StatefulSet's revision that it was made from. `unschedulable` is why no node takes it, None
    while nothing says so.
    """

    meta: ObjectMeta
    ready: bool
    changed: datetime
    revision: str
    waiting: tuple[WaitingContainer, ...]
    unschedulable: str | None

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Parse a Pod. Raises ValueError for a time that is none."""
        meta = ObjectMeta.parse(raw)
        conditions = Conditions.parse(manifest.blocks(raw, "status", "conditions"))
        ready, scheduled = conditions.get("Ready"), conditions.get("PodScheduled")
        text = (ready.last_transition_time if ready else "") or meta.created
        return cls(
            meta=meta,
            ready=ready is not None and ready.status == TRUE,
            changed=datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC),
            revision=meta.labels.get(REVISION, ""),
            waiting=tuple(_waiting(raw)),
            unschedulable=(
                scheduled.message if scheduled and scheduled.reason == UNSCHEDULABLE else None
            ),
        )

    @property
    def ready_since(self) -> datetime | None:
        """Return since when it is ready; None when it is not."""
        return self.changed if self.ready else None

    @property
    def not_ready_since(self) -> datetime | None:
        """Return since when it is not ready; None when it is."""
        return None if self.ready else self.changed


def _waiting(raw: Json) -> list[WaitingContainer]:
    states = (
        manifest.block(container, "state", "waiting")
        for container in manifest.blocks(raw, "status", "containerStatuses")
    )
    return [
        WaitingContainer(manifest.text(state, "reason"), manifest.text(state, "message"))
        for state in states
        if state
    ]
