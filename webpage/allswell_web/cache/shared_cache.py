"""Share what was read last with other processes: replicas, or the next start.

Of all processes that want to read a value, one holds the lease and reads it; the others take the
snapshot that it stores. A lease expires, so that a dead holder blocks nobody, and each has a
number: a snapshot of an earlier holder is refused after that of a later one.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from allswell_web.cache.single_flight import MIN_GAP_S, RETRY_S, ReadResult
from allswell_web.cache.snapshot import SnapshotCodec
from allswell_web.errors import DamagedSnapshot

log = logging.getLogger(__name__)
T = TypeVar("T")
LEASE = timedelta(seconds=5)
# How long to wait for another process's read before it counts as dead, and how often to check.
HOLDER_TIMEOUT_S = 3.0
POLL_S = 0.05
# The clocks of two machines may differ by so much.
SKEW = timedelta(seconds=5)
# No snapshot is used for longer than this without a check.
MAX_AGE = timedelta(minutes=5)
ALONE = 0


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot with its metadata: when it was read, until when it is fresh, its version."""

    data: bytes
    read_at: datetime
    fresh_until: datetime
    version: int = 0


class SharedCache(Protocol):
    """A store of snapshots by key; it never raises, at worst it is empty."""

    def load(self, key: str) -> StoredSnapshot | None:
        """Return the last snapshot, of whichever process."""
        ...

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        """Acquire a lease and return its number, `ALONE` without others; None if it is taken."""
        ...

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        """Store a snapshot and end the lease; refused when a later holder has stored one."""
        ...

    def release(self, key: str, lease: int) -> None:
        """End a lease without a snapshot."""
        ...


class NoSharedCache:
    """No shared cache: one process alone."""

    def load(self, key: str) -> StoredSnapshot | None:
        """Return None."""
        del key
        return None

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        """Acquire always."""
        del key, by_force
        return ALONE

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        """Do nothing."""

    def release(self, key: str, lease: int) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class SnapshotOrigin(Generic[T]):
    """How to read a value, for how many seconds it is fresh, and which version it is."""

    read: Callable[[], T]
    fresh_for_s: Callable[[T], float]
    version: Callable[[T], int] = lambda _: 0
    # Conditions for a snapshot of others: the least version, and a check of the value.
    least_version: Callable[[], int] = lambda: 0
    is_usable: Callable[[T], bool] = lambda _: True


class SnapshotReader(Generic[T]):
    """A reader of one value: a fresh snapshot of others, else from its origin, for all."""

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
        self._newest_read_at: datetime | None = None

    def read(self) -> ReadResult[T]:
        """Read the value. Raises what the origin raises if no snapshot was ever stored.

        1. Use a fresh snapshot.
        2. Acquire the lease, waiting for its holder's snapshot; take it by force from a dead one.
        3. Use a snapshot that was stored meanwhile.
        4. Read from the origin, and store a snapshot for others.
        """
        if fresh := self._fresh():
            return fresh
        lease = self._shared.acquire(self._key)
        for _ in range(int(HOLDER_TIMEOUT_S / POLL_S)):
            if lease is not None:
                break
            self._pause.wait(POLL_S)
            if fresh := self._fresh():
                return fresh
            lease = self._shared.acquire(self._key)
        if lease is None:
            lease = self._shared.acquire(self._key, by_force=True) or ALONE
        # The last holder of the lease may have stored it since the first check.
        if fresh := self._fresh():
            self._shared.release(self._key, lease)
            return fresh
        return self._from_origin(lease)

    def _from_origin(self, lease: int) -> ReadResult[T]:
        read_at = self._clock()
        try:
            value = self._origin.read()
        except Exception as problem:
            self._shared.release(self._key, lease)
            log.warning(
                "shared cache: reading failed, an old snapshot is used if there is one: %s key=%s",
                problem,
                self._key,
            )
            if old := self._old():
                return old
            raise
        fresh_for_s = self._origin.fresh_for_s(value)
        fresh_until, version = read_at + timedelta(seconds=fresh_for_s), self._origin.version(value)
        self._newest_read_at = read_at
        if isinstance(self._shared, NoSharedCache):
            return ReadResult(value, fresh_for_s)

        def finish() -> None:
            data = self._codec.write(value)
            snapshot = StoredSnapshot(data, read_at, fresh_until, version)
            self._shared.store(self._key, snapshot, lease)

        return ReadResult(value, fresh_for_s, finish)

    def _old(self) -> ReadResult[T] | None:
        """Return the last snapshot, however old, unless this process has had a newer one."""
        snapshot = self._shared.load(self._key)
        newest = self._newest_read_at
        if snapshot is None or (newest is not None and snapshot.read_at <= newest):
            return None
        return self._decode(snapshot, RETRY_S)

    def _fresh(self) -> ReadResult[T] | None:
        """Return the snapshot if it is fresh and new enough, or too young for another read."""
        snapshot, now = self._shared.load(self._key), self._clock()
        if (
            snapshot is None
            or not now - MAX_AGE < snapshot.read_at <= now + SKEW
            or now >= snapshot.fresh_until
        ):
            return None
        wait_s = (snapshot.read_at - now).total_seconds() + MIN_GAP_S
        if snapshot.version < self._origin.least_version():
            return self._decode(snapshot, wait_s) if wait_s > 0 else None
        result = self._decode(snapshot, (snapshot.fresh_until - now).total_seconds())
        if result is None or self._origin.is_usable(result.value):
            return result
        return ReadResult(result.value, wait_s) if wait_s > 0 else None

    def _decode(self, snapshot: StoredSnapshot, fresh_for_s: float) -> ReadResult[T] | None:
        try:
            value = self._codec.read(snapshot.data)
        except DamagedSnapshot as problem:
            log.warning("shared cache: cannot read a snapshot: %s key=%s", problem, self._key)
            return None
        self._newest_read_at = snapshot.read_at
        return ReadResult(value, fresh_for_s)
