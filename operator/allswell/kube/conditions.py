"""Conditions as Kubernetes has them: keyed by type, dated by when their status last changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from allswell.kube import manifest
from allswell.kube.manifest import Json

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"
# The API server's own bound for a condition's message.
LONGEST = 32_768


@dataclass(frozen=True, slots=True)
class Condition:
    """One statement; `status` is True, False or Unknown, `reason` one word in CamelCase."""

    type: str
    status: str
    reason: str
    message: str = ""


def merged(
    live: Iterable[Json], wanted: Iterable[Condition], generation: int, now: datetime
) -> list[dict[str, object]]:
    """The wanted conditions as the status holds them; the time stays while the status does."""
    before = {str(entry.get("type")): entry for entry in live}
    return [
        _block(before.get(entry.type, manifest.NOTHING), entry, generation, now) for entry in wanted
    ]


def _block(before: Json, wanted: Condition, generation: int, now: datetime) -> dict[str, object]:
    same = before.get("status") == wanted.status
    return {
        "type": wanted.type,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": wanted.message[:LONGEST],
        "observedGeneration": generation,
        "lastTransitionTime": (same and before.get("lastTransitionTime")) or time(now),
    }


def time(moment: datetime) -> str:
    """A moment as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status_of(live: Iterable[Json], kind: str) -> str:
    """The status of a condition; Unknown when it is not there."""
    return manifest.text(manifest.entry(live, "type", kind), "status") or UNKNOWN
