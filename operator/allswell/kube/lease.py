"""The Lease by which operators agree who works: parsed, and built as its holder writes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from allswell.kube import manifest
from allswell.kube.kinds import LEASE
from allswell.kube.manifest import Json

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LeaseView:
    """A Lease. Both are empty where there is none, `holder` also where nobody has it."""

    version: str = ""
    holder: str = ""

    @classmethod
    def parse(cls, seen: Json | None) -> Self:
        """Parse a Lease, or None for one that is not there."""
        return cls(
            manifest.text(seen, "metadata", "resourceVersion"),
            manifest.text(seen, "spec", "holderIdentity"),
        )


def build(
    place: tuple[str, str], holder: str, version: str, *, duration: timedelta, now: datetime
) -> Json:
    """Build a Lease that replaces that very version, or with none is a new one."""
    namespace, name = place
    held = {"resourceVersion": version} if version else {}
    return {
        "apiVersion": LEASE.api,
        "kind": LEASE.name,
        "metadata": {"namespace": namespace, "name": name, **held},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": duration // SECOND,
            "renewTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        },
    }
