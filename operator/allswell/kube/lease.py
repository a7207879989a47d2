"""Parse the Lease that operators elect a leader by, and build it as its holder writes it."""

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
    def parse(cls, raw: Json | None) -> Self:
        """Parse a Lease, or None for one that is not there."""
        return cls(
            manifest.text(raw, "metadata", "resourceVersion"),
            manifest.text(raw, "spec", "holderIdentity"),
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
