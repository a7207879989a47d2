import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.checker import assembly, config, health_endpoints, metrics
from allswell.checker.assembly import Checker, assembled
from allswell.checker.config import CheckerConfig, ConfigFolder
from allswell.checker.egress import VALID, Egress
from allswell.checker.health_endpoints import HealthServer
from allswell.checker.metrics import CheckerCounters
from allswell.domain import state
from allswell.domain.report import StoreStanding
from allswell.domain.sample import Sample
from allswell.domain.spec.check import Check
from allswell.domain.spec.http import SecretKey
from allswell.probe import Outcome
from allswell.store import EnrolledMonitor, StoreFailed
from tests.unit.checker.fakes import (
    NOON,
    FailingStore,
    FakeLine,
    clock,
    inline,
    monitor,
    opened,
    run,
)


@dataclass(slots=True)
class FakeProbe:
    """Answers what it is told."""

    reason: str = state.OK
    address: str = "1.1.1.1"
    reached: bool = True
    asked: int = 0
    checks: int = 0
    faults: int = 0

    async def check(
        self,
        check: Check,  # noqa: ARG002 - all alike
        timeout: timedelta,  # noqa: ARG002, ASYNC109 - it answers at once
        secrets: Mapping[SecretKey, str],  # noqa: ARG002 - it needs none
    ) -> Outcome:
        self.checks += 1
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault of ours")
        await asyncio.sleep(0.01)
        return Outcome(self.reason, address=self.address)

    async def reaches(self, host: str, port: int, timeout: timedelta) -> bool:  # noqa: ARG002, ASYNC109 - as above
        self.asked += 1
        await asyncio.sleep(0.5)
        return self.reached and host == "good"


def service_of(
    store: FailingStore,
    probe: FakeProbe,
    line: FakeLine | None = None,
    found: CheckerConfig | None = None,
) -> Checker:
    """A service that runs."""
    made = assembled(
        store=store,
        probe=probe,
        line=line or FakeLine(),
        clock=clock(),
        offload=inline,
        config=found or CheckerConfig(),
    )
    made.start()
    return made


def test_a_list_starts_changes_and_stops_monitors(tmp_path: Path) -> None:
    async def story() -> None:
        running = service_of(opened(tmp_path), FakeProbe())
        fleet, subjects = running.fleet, running.greeter.subjects
        await fleet.apply([monitor("a"), monitor("b"), monitor("c", paused=True)])
        assert subjects.keys() == {"a", "b"}
        same, other = subjects["a"], subjects["b"]
        await asyncio.sleep(90)
        slower = replace(monitor("b"), interval=timedelta(hours=1))
        await fleet.apply([monitor("a"), slower, monitor("c")])
        assert subjects["a"] is same
        assert subjects["b"] is not other
        assert subjects["b"].observation is not None
        assert "c" in subjects
        await fleet.apply([monitor("a", paused=True)])
        assert subjects == {}
        assert fleet.tasks() == ()
        assert {name for name, _ in fleet.runner.tally.checks} == {"a"}
        await running.stop()

    run(story())


def test_a_fault_of_ours_stops_no_loop(tmp_path: Path) -> None:
    async def story() -> None:
        probe = FakeProbe(faults=3)
        running = service_of(opened(tmp_path), probe)
        await running.fleet.apply([monitor()])
        await asyncio.sleep(600)
        assert probe.checks > 8
        await running.stop()

    run(story())


def test_who_is_gone_is_not_checked_until_it_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        probe, line = FakeProbe(), FakeLine(hello=lambda name: StoreStanding(name, gone=True))
        running = service_of(opened(tmp_path), probe, line)
        await running.fleet.apply([monitor()])
        running.courier.nudge()
        await asyncio.sleep(600)
        assert probe.checks == 0
        line.hello = StoreStanding
        await asyncio.sleep(600)
        assert probe.checks > 3
        await running.stop()

    run(story())


def test_stopping_keeps_what_is_in_hand_and_sends_what_waits(tmp_path: Path) -> None:
    async def story() -> None:
        store, line = opened(tmp_path), FakeLine(is_broken=True)
        running = service_of(store, FakeProbe(), line)
        await running.fleet.apply([monitor()])
        await asyncio.sleep(100)
        assert store.counts().undelivered == 1
        line.is_broken = False
        await running.stop()
        assert store.counts().undelivered == 0
        assert [path for path, _ in line.said] == ["/v1/hello", "/v1/report"]

    run(story())


def test_stopping_ends_in_seconds_though_nothing_can_be_kept(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        running = service_of(store, FakeProbe())
        await running.fleet.apply([monitor()])
        store.failure = StoreFailed("away")
        await asyncio.sleep(100)
        began = asyncio.get_running_loop().time()
        await running.stop()
        assert asyncio.get_running_loop().time() - began < 12

    run(story())


def test_a_changed_list_is_followed_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        running = service_of(opened(tmp_path), FakeProbe())
        file = tmp_path / config.FILE
        file.write_text(config.text(CheckerConfig((monitor("a"),))))
        folder = ConfigFolder(tmp_path)
        first = folder.look()
        task = asyncio.create_task(assembly.follow(running, folder, clock(), first, inline))
        await asyncio.sleep(0.5)
        assert running.greeter.subjects.keys() == {"a"}
        for content, names in (("{", {"a"}), (config.text(CheckerConfig((monitor("b"),))), {"b"})):
            file.write_text(content)
            await asyncio.sleep(3)
            assert running.greeter.subjects.keys() == names
        task.cancel()
        await running.stop()

    run(story())


class Unenrolling(FailingStore):
    """A store that enrolls nobody for a while."""

    tries = 3

    def enroll(self, monitor: str, target: str) -> EnrolledMonitor:
        self.tries -= 1
        if self.tries > 0:
            raise StoreFailed("away")
        return super().enroll(monitor, target)


def test_a_list_that_the_store_refuses_is_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        store = Unenrolling.open(tmp_path / "checker.sqlite", max_bytes=2**24, now=NOON)
        running = service_of(store, FakeProbe())
        (tmp_path / config.FILE).write_text(config.text(CheckerConfig()))
        folder = ConfigFolder(tmp_path)
        folder.look()
        wanted = CheckerConfig((monitor("a"),))
        task = asyncio.create_task(assembly.follow(running, folder, clock(), wanted, inline))
        await asyncio.sleep(10)
        assert running.greeter.subjects.keys() == {"a"}
        task.cancel()
        await running.stop()

    run(story())


def test_references_are_asked_once_for_all_and_any_of_them_proves_the_network() -> None:
    async def story() -> None:
        probe = FakeProbe()
        egress = Egress(probe, (("bad", 1), ("good", 1)), clock().monotonic)
        five = timedelta(seconds=5)
        assert await asyncio.gather(*[egress(five) for _ in range(10)]) == [True] * 10
        assert probe.asked == 2
        probe.reached = False
        assert await egress(five)
        await asyncio.sleep(VALID + 1)
        assert not await egress(five)
        assert probe.asked == 4

    run(story())


@pytest.mark.parametrize(
    ("address", "reason"),
    [("1.1.1.1", state.EGRESS_LOST), ("", state.EGRESS_LOST), ("10.0.0.1", state.TIMEOUT)],
)
def test_a_lost_network_is_never_a_targets_outage_unless_the_target_is_private(
    tmp_path: Path, address: str, reason: str
) -> None:
    async def story() -> None:
        probe = FakeProbe(state.TIMEOUT, address, reached=False)
        found = CheckerConfig(references=(("good", 1),))
        running = service_of(opened(tmp_path), probe, found=found)
        await running.fleet.apply([monitor()])
        await asyncio.sleep(200)
        claim = running.greeter.subjects["api"].health.claim
        assert claim is not None
        assert claim.reason == reason
        await running.stop()

    run(story())


def test_metrics_count_checks_lateness_and_the_store(tmp_path: Path) -> None:
    async def story() -> None:
        running = service_of(opened(tmp_path), FakeProbe())
        await running.fleet.apply([monitor()])
        assert "allswell_store_samples" not in running.metrics()
        await asyncio.sleep(400)
        lines = running.metrics().splitlines()
        checks = running.fleet.runner.tally.checks["api", "up"]
        assert f'allswell_checks_total{{monitor="api",state="up"}} {checks}' in lines
        assert "allswell_checks_skipped_total 0" in lines
        assert "allswell_checker_monitors 1" in lines
        assert "allswell_outbox_undelivered 0" in lines
        await running.stop()

    run(story())


def test_lateness_falls_into_the_smallest_bucket_that_holds_it() -> None:
    tally = CheckerCounters()
    for lateness in (-1e-9, 0.0005, 0.001, 0.0011, 99.0):
        tally.started(lateness)
    lines = metrics.text(tally, {}).splitlines()
    name = "allswell_check_start_lateness_seconds"
    assert f'{name}_bucket{{le="0.001"}} 3' in lines
    assert f'{name}_bucket{{le="0.002"}} 4' in lines
    assert f'{name}_bucket{{le="+Inf"}} 5' in lines
    assert f"{name}_count 5" in lines


def test_a_removed_monitor_is_counted_no_more() -> None:
    tally = CheckerCounters()
    tally.checked("a", Sample(NOON, 1))
    tally.checked("b", Sample(NOON, 1))
    tally.forget(["a", "stranger"])
    assert tally.checks == {("b", "up"): 1}


def test_the_status_server_answers_from_the_loop_and_says_when_it_hangs() -> None:
    answers: dict[str, tuple[int, str]] = {}

    def ask(port: int, path: str) -> None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as got:
                answers[path] = (got.status, got.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                answers[path] = (error.code, error.read().decode())

    async def story() -> None:
        server = HealthServer("127.0.0.1", 0, {"/healthz": "ok\n"}.get)
        await asyncio.to_thread(ask, server.port, "/healthz?x=1")
        await asyncio.to_thread(ask, server.port, "/other")
        hanging = threading.Thread(target=ask, args=(server.port, "/healthz"))
        hanging.start()
        # The loop hangs: it waits here for an answer that only it can make.
        hanging.join()
        await asyncio.to_thread(server.close)

    asyncio.run(story())
    assert answers["/healthz?x=1"] == (200, "ok\n")
    assert answers["/other"] == (404, "not found\n")
    assert answers["/healthz"][0] == 503


@pytest.mark.parametrize(
    ("path", "asker", "expected"),
    [
        ("/healthz", "10.244.0.7", True),
        ("/metrics", "10.244.0.7", False),
        ("/metrics", "::ffff:10.244.0.7", False),
        ("/metrics", "127.0.0.1", True),
        ("/metrics", "::1", True),
    ],
)
def test_figures_are_for_those_who_ask_from_within(
    path: str, asker: str, *, expected: bool
) -> None:
    assert health_endpoints.may_read(path, asker) is expected
