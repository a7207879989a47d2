"""Redis, which several replicas share: snapshots, leases and finished sheets.

No failure of it reaches a visitor: after one it is left alone for five seconds, and the process
goes on with what it holds itself. The text of a failure is not logged: it may hold the address.
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
from allswell_web.cache.shared_cache import LEASE, KeptSnapshot
from allswell_web.errors import RedisUnavailable
from allswell_web.responses.meters import PageMetrics

log = logging.getLogger(__name__)
T = TypeVar("T")
TIMEOUT_S = 0.5
PAUSE_S = 5.0
# An outage of the database may last, and the facts from before it are all there is to show.
KEPT_FOR = timedelta(days=30)
PREFIX = "allswell:1"
FAILURES = "allswell_web_shared_failures_total"
MILLISECOND = timedelta(milliseconds=1)

# Keys: the lease, the snapshot. The number is kept with the snapshot, so both are lost together.
_CLAIM = """
if ARGV[3] == '0' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('HINCRBY', KEYS[2], 'lease', 1)
"""
_END = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_KEEP = f"""
local last = tonumber(redis.call('HGET', KEYS[2], 'by') or '0')
if tonumber(ARGV[2]) >= last then
  redis.call('HSET', KEYS[2], 'by', ARGV[2], 'at', ARGV[3], 'until', ARGV[4], 'version', ARGV[5],
    'data', ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
{_END}
"""


class RedisReplicas:
    """A shared Redis; every use of it goes through `ask`."""

    def __init__(
        self, client: redis.Redis, ticks: Callable[[], float], meters: PageMetrics
    ) -> None:
        self.client = client
        self._ticks = ticks
        self._meters = meters
        self._not_before = float("-inf")
        self._failed = False
        self._name = secrets.token_hex(8)

    def ask(self, do: Callable[[], T]) -> T:
        """What `do` returns. Raises `Failing` when Redis fails, or failed within 5 s."""
        if self._ticks() < self._not_before:
            raise RedisUnavailable
        try:
            found = do()
        except (redis.RedisError, OSError) as problem:
            self._not_before = self._ticks() + PAUSE_S
            self._meters.add(FAILURES)
            self._tell(failed=True, why=type(problem).__name__)
            raise RedisUnavailable from problem
        self._tell(failed=False)
        return found

    def load(self, key: str) -> KeptSnapshot | None:
        """The snapshot under a key."""
        names = ("at", "until", "version", "data")
        try:
            found: Any = self.ask(lambda: self.client.hmget(_snapshot(key), names))
            at, until, version, data = found
            if data is None:
                return None
            moments = instant.from_ms(int(at)), instant.from_ms(int(until))
            return KeptSnapshot(data, *moments, int(version))
        except RedisUnavailable:
            return None
        except (ValueError, TypeError, OverflowError):
            log.warning("What Redis holds under %s is no snapshot", key)
            return None

    def claim(self, key: str, *, by_force: bool = False) -> int | None:
        """A lease. Without Redis every process reads for itself."""
        limit = LEASE // MILLISECOND
        try:
            number = self._script(_CLAIM, key, self._name, limit, int(by_force))
        except RedisUnavailable:
            return 0
        return number or None

    def keep(self, key: str, kept: KeptSnapshot, lease: int) -> None:
        """Keep a snapshot unless a later holder of the lease has."""
        moments = instant.to_ms(kept.at), instant.to_ms(kept.until)
        limit = KEPT_FOR // MILLISECOND
        try:
            self._script(_KEEP, key, self._name, lease, *moments, kept.version, kept.data, limit)
        except RedisUnavailable:
            return

    def release(self, key: str, lease: int) -> None:
        """End a lease."""
        del lease
        try:
            self._script(_END, key, self._name)
        except RedisUnavailable:
            return

    def _script(self, script: str, key: str, *arguments: str | bytes | int) -> int:
        keys = (_lease(key), _snapshot(key))
        answer: Any = self.ask(lambda: self.client.eval(script, len(keys), *keys, *arguments))
        return int(answer or 0)

    def _tell(self, *, failed: bool, why: str = "") -> None:
        if failed != self._failed:
            self._failed = failed
            self._meters.set("allswell_web_shared_up", int(not failed))
            if failed:
                log.warning("Redis fails (%s): this process goes on alone", why)
            else:
                log.warning("Redis is back")


def connect(url: str) -> redis.Redis:
    """A client that fails soon. Raises ValueError for an address that is none."""
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # A connection that the server closed meanwhile is made anew, once.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        client_name="allswell",
    )


# The braces keep both in one slot of a cluster.
def _lease(key: str) -> str:
    return f"{PREFIX}:{{{key}}}:lease"


def _snapshot(key: str) -> str:
    return f"{PREFIX}:{{{key}}}:snapshot"
