"""One operator at a time: a Lease that the working one renews, and that others wait for.

Two collectors would each take the other's checkers for silent, and two operators with different
images would replace each other's checkers for ever. A Lease is judged by how long it has not
changed before one's own eyes, never by its times, for clocks differ. While the API server is away
nobody can take it, so the holder goes on.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.errors import KubeConflict, KubeError
from allswell.kube.kinds import LEASE
from allswell.kube.manifest import Json

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
RENEW = timedelta(seconds=5)
EXPIRED = timedelta(seconds=25)


class LeadershipLost(Exception):
    """Another operator has taken over; this one must stop."""


class LeaseMove(Enum):
    """What to do about the Lease."""

    TAKE = "take"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class LeaseObservation:
    """The Lease as it was seen, and when (by a steady clock, in seconds) it last looked new."""

    version: str
    since: float


def decide(lease: Json | None, me: str, sight: LeaseObservation, ticks: float) -> LeaseMove:
    """Whether the Lease may be taken: it is there for nobody, for us, or its holder is silent."""
    holder = manifest.text(lease, "spec", "holderIdentity")
    silent = ticks - sight.since > EXPIRED / SECOND
    return LeaseMove.TAKE if holder in ("", me) or silent else LeaseMove.WAIT


def wanted(place: tuple[str, str], holder: str, version: str, now: datetime) -> Json:
    """The Lease as its holder writes it, in the place of that very version."""
    namespace, name = place
    held = {"resourceVersion": version} if version else {}
    return {
        "apiVersion": LEASE.api,
        "kind": LEASE.name,
        "metadata": {"namespace": namespace, "name": name, **held},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": EXPIRED // SECOND,
            "renewTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        },
    }


class LeaderElection:
    """Waits for the Lease, keeps it, and gives it back."""

    def __init__(
        self,
        api: Api,
        place: tuple[str, str],
        me: str,
        *,
        now: Callable[[], datetime],
        ticks: Callable[[], float],
        every: timedelta = RENEW,
    ) -> None:
        self._api = api
        self._place = place
        self._me = me
        self._now = now
        self._ticks = ticks
        self._pause = every / SECOND
        self._sight = LeaseObservation("", ticks())

    async def begin(self) -> None:
        """Wait until the Lease is ours; an API server that is away is waited for, too."""
        said = ""
        while True:
            try:
                holder = await self._taken()
                if holder == self._me:
                    return
                words = f"waiting: the operator {holder} is at work"
            except KubeError as error:
                words = f"waiting for the API server: {error}"
            if words != said:
                log.info("%s", words)
            said = words
            await asyncio.sleep(self._pause)

    async def keep(self) -> None:
        """Renew it, for ever. Raises `Lost` when another has it."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                holder = await self._taken()
            except KubeError as error:
                log.warning("the lease could not be renewed: %s", error)
                continue
            if holder != self._me:
                raise LeadershipLost(f"the operator {holder} has taken over")

    async def end(self) -> None:
        """Give it back, so that a successor need not wait."""
        try:
            seen = await self._seen()
            if manifest.text(seen, "spec", "holderIdentity") == self._me:
                await self._write("", manifest.text(seen, "metadata", "resourceVersion"))
        except KubeError as error:
            log.warning("the lease could not be given back: %s", error)

    async def _taken(self) -> str:
        """Take or renew it if that may be; who has it now."""
        seen = await self._seen()
        if decide(seen, self._me, self._sight, self._ticks()) is LeaseMove.WAIT:
            return manifest.text(seen, "spec", "holderIdentity")
        try:
            await self._write(self._me, manifest.text(seen, "metadata", "resourceVersion"))
        except KubeConflict:
            return manifest.text(await self._seen(), "spec", "holderIdentity")
        return self._me

    async def _seen(self) -> Json | None:
        seen = await self._api.get(LEASE, *self._place)
        version = manifest.text(seen, "metadata", "resourceVersion")
        if version != self._sight.version:
            self._sight = LeaseObservation(version, self._ticks())
        return seen

    async def _write(self, holder: str, version: str) -> None:
        lease = wanted(self._place, holder, version, self._now())
        await (self._api.apply(LEASE, lease) if version else self._api.create(LEASE, lease))
