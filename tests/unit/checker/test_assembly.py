import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.checker import assembly, config
from allswell.checker.assembly import Checker, assemble
from allswell.checker.config import CheckerConfig, ConfigFolder
from allswell.checker.reference_targets import CACHE_SECONDS, Egress
from allswell.domain import state
from allswell.domain.report import StoreStanding
from allswell.domain.spec.check import Check
from allswell.domain.spec.http import SecretKey
from allswell.probe import Outcome
from allswell.store import EnrolledMonitor, StoreFailed
from tests.unit.checker.fakes import (
    FailingStore,
    FakeCollector,
    clock,
    monitor,
    open_store,
    run,
    run_inline,
)


@dataclass(slots=True)
class FakeProbe:
    """Answers every check and every reference alike."""

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
            raise RuntimeError("a bug")
        await asyncio.sleep(0.01)
        return Outcome(self.reason, address=self.address)

    async def reaches(self, host: str, port: int, timeout: timedelta) -> bool:  # noqa: ARG002, ASYNC109 - as above
        self.asked += 1
        await asyncio.sleep(0.5)
        return self.reached and host == "good"


def running_checker(
    store: FailingStore,
    probe: FakeProbe,
    collector: FakeCollector | None = None,
    config: CheckerConfig | None = None,
) -> Checker:
    """Return a checker that runs."""
    checker = assemble(
        store=store,
        probe=probe,
        collector=collector or FakeCollector(),
        clock=clock(),
        run_blocking=run_inline,
        config=config or CheckerConfig(),
    )
    checker.start()
    return checker


def test_a_list_starts_changes_and_stops_monitors(tmp_path: Path) -> None:
    async def story() -> None:
        running = running_checker(open_store(tmp_path), FakeProbe())
        tasks, runtimes = running.monitor_tasks, running.registration.runtimes
        await tasks.apply([monitor("a"), monitor("b"), monitor("c", paused=True)])
        assert runtimes.keys() == {"a", "b"}
        same, other = runtimes["a"], runtimes["b"]
        await asyncio.sleep(90)
        slower = replace(monitor("b"), interval=timedelta(hours=1))
        await tasks.apply([monitor("a"), slower, monitor("c")])
        assert runtimes["a"] is same
        assert runtimes["b"] is not other
        assert runtimes["b"].observation is not None
        assert "c" in runtimes
        await tasks.apply([monitor("a", paused=True)])
        assert runtimes == {}
        assert tasks.tasks() == ()
        assert {name for name, _ in tasks.runner.counters.checks} == {"a"}
        await running.stop()

    run(story())


def test_a_bug_stops_no_loop(tmp_path: Path) -> None:
    async def story() -> None:
        probe = FakeProbe(faults=3)
        running = running_checker(open_store(tmp_path), probe)
        await running.monitor_tasks.apply([monitor()])
        await asyncio.sleep(600)
        assert probe.checks > 8
        await running.stop()

    run(story())


def test_a_monitor_that_is_gone_is_not_checked_until_it_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        probe, collector = (
            FakeProbe(),
            FakeCollector(hello=lambda name: StoreStanding(name, gone=True)),
        )
        running = running_checker(open_store(tmp_path), probe, collector)
        await running.monitor_tasks.apply([monitor()])
        running.outbox_sender.wake()
        await asyncio.sleep(600)
        assert probe.checks == 0
        collector.hello = StoreStanding
        await asyncio.sleep(600)
        assert probe.checks > 3
        await running.stop()

    run(story())


def test_stopping_writes_pending_results_and_sends_the_outbox(tmp_path: Path) -> None:
    async def story() -> None:
        store, collector = open_store(tmp_path), FakeCollector(unreachable=True)
        running = running_checker(store, FakeProbe(), collector)
        await running.monitor_tasks.apply([monitor()])
        await asyncio.sleep(100)
        assert store.counts().undelivered == 1
        collector.unreachable = False
        await running.stop()
        assert store.counts().undelivered == 0
        assert [path for path, _ in collector.requests] == ["/v1/hello", "/v1/report"]

    run(story())


def test_stopping_ends_in_seconds_though_nothing_can_be_written(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        running = running_checker(store, FakeProbe())
        await running.monitor_tasks.apply([monitor()])
        store.failure = StoreFailed("away")
        await asyncio.sleep(100)
        began = asyncio.get_running_loop().time()
        await running.stop()
        assert asyncio.get_running_loop().time() - began < 12

    run(story())


def test_a_changed_list_is_followed_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        running = running_checker(open_store(tmp_path), FakeProbe())
        file = tmp_path / config.FILE
        file.write_text(config.text(CheckerConfig((monitor("a"),))))
        folder = ConfigFolder(tmp_path)
        first = folder.read_changes()
        task = asyncio.create_task(
            assembly.follow_config(running, folder, clock(), first, run_inline)
        )
        await asyncio.sleep(0.5)
        assert running.registration.runtimes.keys() == {"a"}
        for content, names in (("{", {"a"}), (config.text(CheckerConfig((monitor("b"),))), {"b"})):
            file.write_text(content)
            await asyncio.sleep(3)
            assert running.registration.runtimes.keys() == names
        task.cancel()
        await running.stop()

    run(story())


class Unenrolling(FailingStore):
    """A store that enrolls no monitor for a while."""

    tries = 3

    def enroll(self, monitor: str, target: str) -> EnrolledMonitor:
        self.tries -= 1
        if self.tries > 0:
            raise StoreFailed("away")
        return super().enroll(monitor, target)


def test_a_list_that_the_store_refuses_is_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path, Unenrolling)
        running = running_checker(store, FakeProbe())
        (tmp_path / config.FILE).write_text(config.text(CheckerConfig()))
        folder = ConfigFolder(tmp_path)
        folder.read_changes()
        config_with_a = CheckerConfig((monitor("a"),))
        task = asyncio.create_task(
            assembly.follow_config(running, folder, clock(), config_with_a, run_inline)
        )
        await asyncio.sleep(10)
        assert running.registration.runtimes.keys() == {"a"}
        task.cancel()
        await running.stop()

    run(story())


def test_references_are_probed_once_for_all_and_any_of_them_proves_the_network() -> None:
    async def story() -> None:
        probe = FakeProbe()
        egress = Egress(probe, (("bad", 1), ("good", 1)), clock().monotonic)
        five = timedelta(seconds=5)
        assert await asyncio.gather(*[egress(five) for _ in range(10)]) == [True] * 10
        assert probe.asked == 2
        probe.reached = False
        assert await egress(five)
        await asyncio.sleep(CACHE_SECONDS + 1)
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
        checker_config = CheckerConfig(references=(("good", 1),))
        running = running_checker(open_store(tmp_path), probe, config=checker_config)
        await running.monitor_tasks.apply([monitor()])
        await asyncio.sleep(200)
        claim = running.registration.runtimes["api"].health.claim
        assert claim is not None
        assert claim.reason == reason
        await running.stop()

    run(story())


def test_metrics_count_checks_lateness_and_the_store(tmp_path: Path) -> None:
    async def story() -> None:
        running = running_checker(open_store(tmp_path), FakeProbe())
        await running.monitor_tasks.apply([monitor()])
        assert "allswell_store_samples" not in running.metrics()
        await asyncio.sleep(400)
        lines = running.metrics().splitlines()
        checks = running.monitor_tasks.runner.counters.checks["api", "up"]
        assert f'allswell_checks_total{{monitor="api",state="up"}} {checks}' in lines
        assert "allswell_checks_skipped_total 0" in lines
        assert "allswell_checker_monitors 1" in lines
        assert "allswell_outbox_undelivered 0" in lines
        await running.stop()

    run(story())
