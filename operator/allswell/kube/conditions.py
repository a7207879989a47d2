"""Read and merge conditions: keyed by type, dated by when their status last changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

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


@dataclass(frozen=True, slots=True)
class DatedCondition(Condition):
    """A condition in an object's status: of which generation, and since when its status holds."""

    observed_generation: int = 0
    last_transition_time: str = ""

    @classmethod
    def parse(cls, entry: Json) -> Self:
        """Parse one entry of a status."""
        return cls(
            type=manifest.text(entry, "type"),
            status=manifest.text(entry, "status"),
            reason=manifest.text(entry, "reason"),
            message=manifest.text(entry, "message"),
            observed_generation=manifest.number(entry, "observedGeneration"),
            last_transition_time=manifest.text(entry, "lastTransitionTime"),
        )

    def entry(self) -> dict[str, object]:
        """Return the entry of a status."""
        return {
            "type": self.type,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "observedGeneration": self.observed_generation,
            "lastTransitionTime": self.last_transition_time,
        }


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of one status, each type once."""

    entries: tuple[DatedCondition, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[Json]) -> Self:
        """Parse the conditions of a status."""
        return cls(tuple(DatedCondition.parse(entry) for entry in entries))

    def __iter__(self) -> Iterator[DatedCondition]:
        return iter(self.entries)

    def get(self, kind: str) -> DatedCondition | None:
        """Return the condition of a type; None when it is not there."""
        return next((entry for entry in self.entries if entry.type == kind), None)

    def status_of(self, kind: str) -> str:
        """Return the status of a type; Unknown when it is not there."""
        found = self.get(kind)
        return found.status if found and found.status else UNKNOWN

    def merge(self, desired: Iterable[Condition], generation: int, now: datetime) -> "Conditions":
        """Return the desired conditions, dated; the time stays while the status does."""
        return Conditions(tuple(self._dated(entry, generation, now) for entry in desired))

    def _dated(self, desired: Condition, generation: int, now: datetime) -> DatedCondition:
        before = self.get(desired.type)
        same = before is not None and before.status == desired.status
        return DatedCondition(
            desired.type,
            desired.status,
            desired.reason,
            desired.message[:LONGEST],
            observed_generation=generation,
            last_transition_time=(before.last_transition_time if before and same else "")
            or time(now),
        )

    def manifest(self) -> list[dict[str, object]]:
        """Return the entries as a status holds them."""
        return [entry.entry() for entry in self.entries]


def time(moment: datetime) -> str:
    """Format a moment as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
