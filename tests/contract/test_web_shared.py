"""Check the contract of shared caches: in memory, in a folder, in Redis, and in both."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from allswell_web.cache import redis as cache_redis
from allswell_web.cache.disk_cache import DiskCache, TieredCache
from allswell_web.cache.redis import RedisSharedCache
from allswell_web.cache.shared_cache import SharedCache, StoredSnapshot
from allswell_web.responses.meters import PageMetrics
from tests import redisserver
from tests.unit.web import fakes

NOW = datetime(2026, 11, 23, 15, 26, 8, tzinfo=UTC)
REAL = [pytest.mark.integration, pytest.mark.needs("redis")]


@pytest.fixture(scope="module")
def server() -> Iterator[redisserver.Server]:
    with redisserver.running() as running:
        yield running


@pytest.fixture
def redis(server: redisserver.Server) -> Iterator[RedisSharedCache]:
    client = cache_redis.connect(server.url)
    client.flushall()
    yield RedisSharedCache(client, monotonic, PageMetrics())
    client.close()


@pytest.fixture
def other(server: redisserver.Server) -> Iterator[RedisSharedCache]:
    """Return another replica at the same Redis."""
    client = cache_redis.connect(server.url)
    yield RedisSharedCache(client, monotonic, PageMetrics())
    client.close()


@pytest.fixture(
    params=["memory", "folder", pytest.param("redis", marks=REAL), pytest.param("both", marks=REAL)]
)
def shared_cache(request: pytest.FixtureRequest, tmp_path: Path) -> SharedCache:
    if request.param == "memory":
        return fakes.Memory()
    folder = DiskCache(tmp_path / "snapshots")
    if request.param == "folder":
        return folder
    redis: RedisSharedCache = request.getfixturevalue("redis")
    return redis if request.param == "redis" else TieredCache(redis, folder)


def snapshot(version: int = 1) -> StoredSnapshot:
    data = f"{version}\n\x00".encode() + bytes(range(256))
    return StoredSnapshot(data, NOW, NOW + timedelta(seconds=30), version)


def leased(shared_cache: SharedCache, key: str = "a") -> int:
    lease = shared_cache.acquire(key)
    assert lease is not None
    return lease


def test_what_is_kept_is_found_again_by_its_key_alone(shared_cache: SharedCache) -> None:
    assert shared_cache.load("a") is None
    shared_cache.store("a", snapshot(), leased(shared_cache))
    assert shared_cache.load("a") == snapshot()
    assert shared_cache.load("b") is None


def test_what_is_kept_later_replaces_what_was(shared_cache: SharedCache) -> None:
    for version in (1, 2):
        shared_cache.store("a", snapshot(version), leased(shared_cache))
    assert shared_cache.load("a") == snapshot(2)


def test_a_lease_is_given_again_after_it_was_released(shared_cache: SharedCache) -> None:
    shared_cache.release("a", leased(shared_cache))
    leased(shared_cache)


@pytest.mark.integration
@pytest.mark.needs("redis")
def test_a_lease_is_one_replicas_at_a_time_and_by_key(
    redis: RedisSharedCache, other: RedisSharedCache
) -> None:
    lease = leased(redis)
    assert other.acquire("a") is None
    assert other.acquire("b") is not None
    other.release("a", lease)
    assert other.acquire("a") is None
    redis.store("a", snapshot(), lease)
    assert other.acquire("a") is not None


@pytest.mark.integration
@pytest.mark.needs("redis")
def test_who_lost_the_lease_cannot_overwrite_what_the_next_holder_stored(
    redis: RedisSharedCache, other: RedisSharedCache
) -> None:
    old = leased(redis)
    new = other.acquire("a", by_force=True)
    assert new is not None
    other.store("a", snapshot(2), new)
    redis.store("a", snapshot(1), old)
    assert redis.load("a") == snapshot(2)


@pytest.mark.integration
@pytest.mark.needs("redis")
def test_a_late_holder_does_not_end_the_next_holders_lease(
    redis: RedisSharedCache, other: RedisSharedCache
) -> None:
    old = leased(redis)
    assert other.acquire("a", by_force=True) is not None
    redis.store("a", snapshot(), old)
    assert redis.acquire("a") is None


@pytest.mark.integration
@pytest.mark.needs("redis")
def test_a_lease_ends_by_itself(redis: RedisSharedCache, server: redisserver.Server) -> None:
    leased(redis)
    client = cache_redis.connect(server.url)
    left = client.pttl("allswell:1:{a}:lease")
    client.close()
    assert 0 < left <= 5000


@pytest.mark.integration
@pytest.mark.needs("redis")
@pytest.mark.parametrize("planted", [{"data": b"x"}, {"data": b"x", "at": b"soon"}])
def test_what_somebody_else_wrote_is_no_snapshot(
    redis: RedisSharedCache, server: redisserver.Server, planted: dict[str, bytes]
) -> None:
    client = cache_redis.connect(server.url)
    for name, value in planted.items():
        client.hset("allswell:1:{a}:snapshot", name, value)
    client.close()
    assert redis.load("a") is None
