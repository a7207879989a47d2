"""What was read last, kept where another process finds it: by replicas, or after a restart.

Of all who want to read one thing at a time, one holds the lease and reads; the others take what it
has kept. A lease ends by itself, so that a holder that died keeps nobody waiting, and each has a
number: what an earlier holder brings after a later one is refused.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from allswell_web.cache.single_flight import LEAST_GAP_S, RETRY_S, ReadResult, nothing
from allswell_web.cache.snapshot import SnapshotCodec
from allswell_web.errors import DamagedSnapshot

log = logging.getLogger(__name__)
T = TypeVar("T")
LEASE = timedelta(seconds=5)
# How long another's read is waited for before it counts as dead, and how often is looked.
PATIENCE_S = 3.0
LOOK_S = 0.05
# Two machines' clocks may differ by so much.
SKEW = timedelta(seconds=5)
# No snapshot serves longer than this without a question.
LONGEST = timedelta(minutes=5)
ALONE = 0


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot with what is known of it unread: when, until when it serves, its version."""

    data: bytes
    at: datetime
    until: datetime
    version: int = 0


class SharedCache(Protocol):
    """A place for snapshots by key; it never raises, at worst it holds nothing."""

    def load(self, key: str) -> KeptSnapshot | None:
        """What was kept last, by whomever."""
        ...

    def claim(self, key: str, *, by_force: bool = False) -> int | None:
        """The number of a lease, `ALONE` where nobody else can want one; None: somebody has it."""
        ...

    def keep(self, key: str, kept: KeptSnapshot, lease: int) -> None:
        """Keep a snapshot and end the lease; refused when a later holder has kept one."""
        ...

    def release(self, key: str, lease: int) -> None:
        """End a lease without a snapshot."""
        ...


class NoSharedCache:
    """Keeps nothing: one process alone."""

    def load(self, key: str) -> KeptSnapshot | None:
        """Nothing."""
        del key
        return None

    def claim(self, key: str, *, by_force: bool = False) -> int | None:
        """Always given."""
        del key, by_force
        return ALONE

    def keep(self, key: str, kept: KeptSnapshot, lease: int) -> None:
        """Not kept."""

    def release(self, key: str, lease: int) -> None:
        """Nothing to end."""


@dataclass(frozen=True, slots=True)
class SnapshotOrigin(Generic[T]):
    """Where a thing comes from, for how many seconds it serves, and which version it is."""

    read: Callable[[], T]
    lasts: Callable[[T], float]
    version: Callable[[T], int] = lambda _: 0
    # What is worth taking from others: a version at least, and what holds of the value.
    wanted: Callable[[], int] = lambda: 0
    serves: Callable[[T], bool] = lambda _: True


class SnapshotReader(Generic[T]):
    """Reads one thing: from others when they have it fresh, else from its origin for all."""

    def __init__(
        self,
        key: str,
        origin: SnapshotOrigin[T],
        codec: SnapshotCodec[T],
        shared: SharedCache,
        clock: Callable[[], datetime],
    ) -> None:
        self._key = key
        self._origin = origin
        self._codec = codec
        self._shared = shared
        self._clock = clock
        self._pause = threading.Event()
        self._taken: datetime | None = None

    def read(self) -> ReadResult[T]:
        """The thing. Raises what the origin raises where nobody has ever kept it."""
        if found := self._fresh():
            return found
        lease = self._shared.claim(self._key)
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if lease is not None:
                break
            self._pause.wait(LOOK_S)
            if found := self._fresh():
                return found
            lease = self._shared.claim(self._key)
        if lease is None:
            lease = self._shared.claim(self._key, by_force=True) or ALONE
        # Whoever held the lease a moment ago may have kept it since the first look.
        if found := self._fresh():
            self._shared.release(self._key, lease)
            return found
        return self._from_origin(lease)

    def _from_origin(self, lease: int) -> ReadResult[T]:
        at = self._clock()
        try:
            value = self._origin.read()
        except Exception as problem:
            self._shared.release(self._key, lease)
            log.warning("Reading failed, what was kept serves: %s", problem)
            if found := self._old():
                return found
            raise
        lasts = self._origin.lasts(value)
        kept_as = (at, at + timedelta(seconds=lasts), self._origin.version(value))
        self._taken = at

        def settle() -> None:
            self._shared.keep(self._key, KeptSnapshot(self._codec.write(value), *kept_as), lease)

        return ReadResult(
            value, lasts, nothing if isinstance(self._shared, NoSharedCache) else settle
        )

    def _old(self) -> ReadResult[T] | None:
        """What others have kept, however old, unless this process has had it newer."""
        kept = self._shared.load(self._key)
        if kept is None or (self._taken is not None and kept.at <= self._taken):
            return None
        return self._of(kept, RETRY_S)

    def _fresh(self) -> ReadResult[T] | None:
        """What others have kept, if it serves: fresh and new enough, or too young for a read."""
        kept, now = self._shared.load(self._key), self._clock()
        if kept is None or not now - LONGEST < kept.at <= now + SKEW or now >= kept.until:
            return None
        young = (kept.at - now).total_seconds() + LEAST_GAP_S
        if kept.version < self._origin.wanted():
            return self._of(kept, young) if young > 0 else None
        found = self._of(kept, (kept.until - now).total_seconds())
        if found is None or self._origin.serves(found.value):
            return found
        return ReadResult(found.value, young) if young > 0 else None

    def _of(self, kept: KeptSnapshot, lasts: float) -> ReadResult[T] | None:
        try:
            value = self._codec.read(kept.data)
        except DamagedSnapshot as problem:
            log.warning("What is kept as %s cannot be read: %s", self._key, problem)
            return None
        self._taken = kept.at
        return ReadResult(value, lasts)
