"""Elect one operator: it holds a Lease and renews it, and the others wait for it.

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

from allswell.kube import lease as kube_lease
from allswell.kube.client import Api
from allswell.kube.errors import KubeConflict, KubeError
from allswell.kube.kinds import LEASE
from allswell.kube.lease import LeaseView

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
RENEW_EVERY = timedelta(seconds=5)
LEASE_DURATION = timedelta(seconds=25)


class LeadershipLost(Exception):
    """Another operator has taken over; this one must stop."""


class LeaseMove(Enum):
    """A decision about the Lease."""

    TAKE = "take"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class LeaseObservation:
    """The version of the Lease that was seen last, and since when (monotonic, in seconds)."""

    version: str
    since: float


def decide(
    lease: LeaseView, identity: str, observed: LeaseObservation, monotonic: float
) -> LeaseMove:
    """Decide about the Lease: it may be taken when it is free, ours, or its holder is silent."""
    silent = monotonic - observed.since > LEASE_DURATION / SECOND
    return LeaseMove.TAKE if lease.holder in ("", identity) or silent else LeaseMove.WAIT


class LeaderElection:
    """Acquires the Lease, renews it, and releases it. `lease` is its namespace and name."""

    def __init__(
        self,
        api: Api,
        lease: tuple[str, str],
        identity: str,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        every: timedelta = RENEW_EVERY,
    ) -> None:
        self._api = api
        self._lease = lease
        self._identity = identity
        self._now = now
        self._monotonic = monotonic
        self._pause = every / SECOND
        self._observed = LeaseObservation("", monotonic())

    async def acquire(self) -> None:
        """Wait until the Lease is ours; an API server that is away is waited for, too."""
        logged = ""
        while True:
            try:
                holder = await self._take_or_renew()
                if holder == self._identity:
                    return
                waiting = f"leader election: waiting, the Lease is held by {holder}"
            except KubeError as error:
                waiting = f"leader election: waiting for the API server: {error}"
            if waiting != logged:
                log.info("%s namespace=%s name=%s", waiting, *self._lease)
            logged = waiting
            await asyncio.sleep(self._pause)

    async def renew(self) -> None:
        """Renew the Lease until it is lost. Raises `LeadershipLost` when another has it."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                holder = await self._take_or_renew()
            except KubeError as error:
                words = "leader election: the Lease could not be renewed: %s namespace=%s name=%s"
                log.warning(words, error, *self._lease)
                continue
            if holder != self._identity:
                namespace, name = self._lease
                raise LeadershipLost(
                    f"leader election: lost the Lease to {holder} namespace={namespace} name={name}"
                )

    async def release(self) -> None:
        """Give the Lease back, so that a successor need not wait."""
        try:
            lease = await self._get()
            if lease.holder == self._identity:
                await self._write("", lease.version)
        except KubeError as error:
            words = "leader election: the Lease could not be released: %s namespace=%s name=%s"
            log.warning(words, error, *self._lease)

    async def _take_or_renew(self) -> str:
        """Take or renew the Lease if that may be; return who holds it now."""
        lease = await self._get()
        move = decide(lease, self._identity, self._observed, self._monotonic())
        if move is LeaseMove.WAIT:
            return lease.holder
        try:
            await self._write(self._identity, lease.version)
        except KubeConflict:
            return (await self._get()).holder
        return self._identity

    async def _get(self) -> LeaseView:
        lease = LeaseView.parse(await self._api.get(LEASE, *self._lease))
        if lease.version != self._observed.version:
            self._observed = LeaseObservation(lease.version, self._monotonic())
        return lease

    async def _write(self, holder: str, version: str) -> None:
        lease = kube_lease.build(
            self._lease, holder, version, duration=LEASE_DURATION, now=self._now()
        )
        await (self._api.apply(LEASE, lease) if version else self._api.create(LEASE, lease))
