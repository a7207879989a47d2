"""Share snapshots, leases and rendered responses between replicas through Redis.

No failure of it reaches a visitor: after one it is not used for five seconds, and the process goes
on with its own data. The text of a failure is not logged: it may contain the address.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from allswell.domain import instant
from allswell_web.cache.shared_cache import LEASE, StoredSnapshot
from allswell_web.errors import RedisUnavailable
from allswell_web.responses.meters import PageMetrics

log = logging.getLogger(__name__)
T = TypeVar("T")
TIMEOUT_S = 0.5
PAUSE_S = 5.0
# An outage of the database may last, and the facts from before it are all that can be shown.
RETENTION = timedelta(days=30)
PREFIX = "allswell:1"
FAILURES = "allswell_web_shared_failures_total"
MILLISECOND = timedelta(milliseconds=1)

# Keys: the lease, the snapshot. The number is stored with the snapshot, so both are lost together.
_ACQUIRE = """
if ARGV[3] == '0' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('HINCRBY', KEYS[2], 'lease', 1)
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_STORE = f"""
local last = tonumber(redis.call('HGET', KEYS[2], 'by') or '0')
if tonumber(ARGV[2]) >= last then
  redis.call('HSET', KEYS[2], 'by', ARGV[2], 'at', ARGV[3], 'until', ARGV[4], 'version', ARGV[5],
    'data', ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
{_RELEASE}
"""


class RedisSharedCache:
    """The shared cache in Redis; every use of it goes through `call`."""

    def __init__(
        self, client: redis.Redis, ticks: Callable[[], float], meters: PageMetrics
    ) -> None:
        self.client = client
        self._ticks = ticks
        self._meters = meters
        self._not_before = float("-inf")
        self._failed = False
        self._name = secrets.token_hex(8)

    def call(self, command: Callable[[], T]) -> T:
        """Call Redis. Raises `RedisUnavailable` when it fails, or failed within the last 5 s."""
        if self._ticks() < self._not_before:
            raise RedisUnavailable
        try:
            result = command()
        except (redis.RedisError, OSError) as problem:
            self._not_before = self._ticks() + PAUSE_S
            self._meters.increment(FAILURES)
            self._report(failed=True, why=type(problem).__name__)
            raise RedisUnavailable from problem
        self._report(failed=False)
        return result

    def load(self, key: str) -> StoredSnapshot | None:
        """Return the snapshot under a key."""
        names = ("at", "until", "version", "data")
        try:
            values: Any = self.call(lambda: self.client.hmget(_snapshot(key), names))
            at, until, version, data = values
            if data is None:
                return None
            times = instant.from_ms(int(at)), instant.from_ms(int(until))
            return StoredSnapshot(data, *times, int(version))
        except RedisUnavailable:
            return None
        except (ValueError, TypeError, OverflowError):
            log.warning("redis: the value is no snapshot key=%s", key)
            return None

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        """Acquire a lease. Without Redis every process reads for itself."""
        limit = LEASE // MILLISECOND
        try:
            number = self._script(_ACQUIRE, key, self._name, limit, int(by_force))
        except RedisUnavailable:
            return 0
        return number or None

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        """Store a snapshot unless a later holder of the lease has."""
        times = instant.to_ms(snapshot.read_at), instant.to_ms(snapshot.fresh_until)
        limit = RETENTION // MILLISECOND
        try:
            self._script(
                _STORE, key, self._name, lease, *times, snapshot.version, snapshot.data, limit
            )
        except RedisUnavailable:
            return

    def release(self, key: str, lease: int) -> None:
        """Release a lease."""
        del lease
        try:
            self._script(_RELEASE, key, self._name)
        except RedisUnavailable:
            return

    def _script(self, script: str, key: str, *arguments: str | bytes | int) -> int:
        keys = (_lease(key), _snapshot(key))
        answer: Any = self.call(lambda: self.client.eval(script, len(keys), *keys, *arguments))
        return int(answer or 0)

    def _report(self, *, failed: bool, why: str = "") -> None:
        if failed != self._failed:
            self._failed = failed
            self._meters.set("allswell_web_shared_up", int(not failed))
            if failed:
                log.warning("redis: unavailable (%s), this process uses only its own caches", why)
            else:
                log.warning("redis: available again")


def connect(url: str) -> redis.Redis:
    """Connect with short timeouts. Raises ValueError for an address that is none."""
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # A connection that the server has closed is opened again, once.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        client_name="allswell",
    )


# The braces put both keys in one slot of a cluster.
def _lease(key: str) -> str:
    return f"{PREFIX}:{{{key}}}:lease"


def _snapshot(key: str) -> str:
    return f"{PREFIX}:{{{key}}}:snapshot"
