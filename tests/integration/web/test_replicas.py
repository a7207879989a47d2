"""Check two real processes of the page with a real Redis, and what is left when parts are gone."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from allswell.central.writer import CentralWriter
from tests import postgres, redisserver
from tests.integration.web.running import Running, filled, recover, serving

pytestmark = [pytest.mark.integration, pytest.mark.needs("redis")]
REQUESTS = 10_000
AT_ONCE = 64


@pytest.fixture
def redis() -> Iterator[redisserver.Server]:
    with redisserver.running() as server:
        yield server


@pytest.fixture
def pair(
    central: tuple[str, CentralWriter], redis: redisserver.Server
) -> Iterator[tuple[Running, ...]]:
    with replicas(central[0], redis.url) as replicas_:
        yield replicas_


@contextmanager
def replicas(url: str, redis: str) -> Iterator[tuple[Running, ...]]:
    more = {"ALLSWELL_REDIS_URL": redis}
    with serving(url, **more) as first, serving(url, **more) as second:
        yield first, second


def soon(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def metric(running: Running, name: str) -> int:
    lines = running.get("/metrics").body.decode().splitlines()
    return sum(int(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def load(pair: tuple[Running, ...], requests: int) -> list[int]:
    """Send so many requests, 64 at a time, over all replicas, and return their statuses."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = [pool.submit(pair[number % len(pair)].get, "/") for number in range(requests)]
        return [one.result().status for one in responses]


def test_ten_thousand_requests_within_a_window_cost_one_read_over_both_replicas(
    pair: tuple[Running, ...],
) -> None:
    """From cold; what comes after the window's end is not counted."""
    began = time.monotonic()
    statuses = load(pair, REQUESTS)
    windows = 1 + int((time.monotonic() - began) / 30)
    assert set(statuses) == {200}
    assert sum(one.reads() for one in pair) <= windows


def test_a_change_is_on_both_pages_soon_and_costs_one_read(
    pair: tuple[Running, ...], central: tuple[str, CentralWriter]
) -> None:
    assert all(b"is down" in one.get("/").body for one in pair)
    time.sleep(2.1)
    before = sum(one.reads() for one in pair)
    recover(central[1])
    soon(lambda: not any(b"is down" in one.get("/").body for one in pair))
    assert sum(one.reads() for one in pair) - before <= 2


def test_redis_killed_under_load_costs_no_visitor_an_error_and_is_told_to_machines(
    pair: tuple[Running, ...], redis: redisserver.Server
) -> None:
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, pair, 1500)
        time.sleep(0.3)
        redis.kill()
        assert set(loading.result()) == {200}
    soon(lambda: all(told_down(one) for one in pair), 40)
    redis.start()


def told_down(running: Running) -> bool:
    assert running.get("/").status == 200
    failures = metric(running, "allswell_web_shared_failures_total")
    return failures > 0 and metric(running, "allswell_web_shared_up") == 0


def test_a_redis_that_hangs_is_left_alone_after_half_a_second(
    central: tuple[str, CentralWriter], redis: redisserver.Server
) -> None:
    redis.freeze()
    with serving(central[0], ALLSWELL_REDIS_URL=redis.url) as running:
        assert running.get("/").status == 200
        assert metric(running, "allswell_web_shared_up") == 0
    redis.thaw()


def test_a_redis_that_is_not_there_at_the_start_is_no_hindrance(
    central: tuple[str, CentralWriter], redis: redisserver.Server
) -> None:
    redis.kill()
    with serving(central[0], ALLSWELL_REDIS_URL=redis.url) as running:
        assert b"is down" in running.get("/").body
        assert metric(running, "allswell_web_shared_up") == 0


@pytest.mark.needs("postgresql")
def test_the_page_outlives_its_database_and_its_own_restart(redis: redisserver.Server) -> None:
    with postgres.running() as server:
        url = server.create("central")
        filled(url)
        with serving(url, ALLSWELL_REDIS_URL=redis.url) as running:
            assert b"is down" in running.get("/").body
        server.stop()
        with serving(url, ALLSWELL_REDIS_URL=redis.url) as running:
            assert b"Public &lt;API&gt;" in running.get("/").body
            assert running.get("/api/v2/status.json").status == 200


@pytest.mark.needs("postgresql")
def test_a_folder_is_enough_to_outlive_the_database_and_a_restart(tmp_path: Path) -> None:
    environment = {"ALLSWELL_CACHE_DIR": str(tmp_path / "cache")}
    with postgres.running() as server:
        url = server.create("central")
        filled(url)
        with serving(url, **environment) as running:
            assert b"is down" in running.get("/").body
            soon(lambda: len(list((tmp_path / "cache").glob("*.snapshot"))) == 2)
        server.stop()
        with serving(url, **environment) as running:
            assert b"Public &lt;API&gt;" in running.get("/").body
        with serving(url) as running:
            assert running.get("/").status == 503


@pytest.mark.needs("postgresql")
def test_a_database_that_is_stopped_under_load_fails_no_request() -> None:
    with postgres.running() as server:
        url = server.create("central")
        filled(url)
        with serving(url) as running, ThreadPoolExecutor(1) as pool:
            assert running.get("/").status == 200
            loading = pool.submit(load, (running,), 3000)
            time.sleep(0.3)
            server.stop()
            assert set(loading.result()) == {200}
