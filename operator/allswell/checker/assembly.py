"""The checker put together from its parts: started, kept running, and stopped cleanly."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.batch_writer import BatchWriter, RunBlocking
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient
from allswell.checker.config import BadConfig, CheckerConfig, ConfigFolder
from allswell.checker.day_rollup import DayRollup
from allswell.checker.egress import Egress, Reaches
from allswell.checker.heartbeat import HeartbeatSender
from allswell.checker.metrics import CheckerCounters, text
from allswell.checker.monitor_tasks import MonitorTasks, kept_alive
from allswell.checker.object_store_client import HttpUploadTarget
from allswell.checker.object_store_client import UploadTarget as Depot
from allswell.checker.outbox_sender import OutboxSender
from allswell.checker.registration import Registration
from allswell.checker.runner import Probe, Runner
from allswell.domain import instant
from allswell.domain.spec.http import SecretKey
from allswell.store import Store, StoreError

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0
DRAIN = 5.0


class CheckerProber(Probe, Reaches, Protocol):
    """Carries out checks, and tries reference targets."""


@dataclass(slots=True)
class Checker:
    """Everything that runs in one checker process."""

    keeper: BatchWriter
    greeter: Registration
    courier: OutboxSender
    pulser: HeartbeatSender
    sealer: DayRollup
    archivist: ArchiveUploader
    fleet: MonitorTasks
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def start(self) -> None:
        """Start the loops that serve all monitors."""
        loops = {
            "the keeper": self.keeper.run,
            "the courier": self.courier.run,
            "the pulse": self.pulser.run,
            "the sealer": self.sealer.run,
            "the archivist": self.archivist.run,
        }
        for name, loop in loops.items():
            self._tasks[name] = asyncio.create_task(kept_alive(name, loop))

    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """The loops that serve all monitors."""
        return tuple(self._tasks.values())

    async def stop(self) -> None:
        """Stop checking, keep what is in hand, send what is in the outbox; bounded in time."""
        await self.fleet.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await self.keeper.flush()
        await self._end("the courier", "the pulse", "the sealer", "the archivist")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await self.courier.round()
        await self._end("the keeper")

    async def _end(self, *names: str) -> None:
        tasks = [self._tasks.pop(name) for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def metrics(self) -> str:
        """The Prometheus text."""
        gauges: dict[str, float] = {
            "allswell_checker_monitors": len(self.greeter.subjects),
            "allswell_checker_samples_shed": self.keeper.shed,
            "allswell_checker_samples_dropped": self.keeper.dropped,
            "allswell_checker_pressed": 1 if self.keeper.pressed else 0,
            "allswell_checker_trouble": 1 if self.keeper.trouble else 0,
            "allswell_archive_configured": 1 if self.archivist.wanted else 0,
            "allswell_archive_failures": self.archivist.failed,
            "allswell_archive_days": self.archivist.archived,
        }
        counts = self.sealer.counts
        if counts is not None:
            gauges |= {
                "allswell_store_samples": counts.samples,
                "allswell_store_bytes": counts.size,
                "allswell_store_free_bytes": counts.free,
                "allswell_store_raw_lost": counts.raw_lost,
                "allswell_outbox_undelivered": counts.undelivered,
                "allswell_outbox_dead": counts.dead,
                "allswell_archive_backlog_days": counts.unarchived,
                "allswell_archive_oldest_timestamp_seconds": _second(counts.oldest),
            }
        return text(self.fleet.runner.tally, gauges)


def _second(day: date | None) -> float:
    """When a day began, Unix time; 0 for none."""
    return 0.0 if day is None else instant.day_start(day).timestamp()


def assembled(
    *,
    store: Store,
    probe: CheckerProber,
    line: CollectorClient,
    clock: Clock,
    offload: RunBlocking,
    config: CheckerConfig,
    secrets: Callable[[], Mapping[SecretKey, str]] = dict,
    depot: Depot | None = None,
) -> Checker:
    """Wire the parts; nothing runs yet. `config` gives the rules, not yet the monitors."""
    keeper = BatchWriter(store, offload)
    greeter = Registration(keeper, line)
    courier = OutboxSender(keeper, line, clock, greeter.greeted, lambda name: greeter.again([name]))
    archivist = ArchiveUploader(keeper, line, clock, greeter, depot or HttpUploadTarget())
    egress = None
    if config.references:
        egress = Egress(probe, config.references, clock.monotonic)
    pulser = HeartbeatSender(
        keeper=keeper,
        line=line,
        clock=clock,
        greeter=greeter,
        nudge=courier.nudge,
        archivist=archivist,
        every=config.beat_every.total_seconds(),
    )
    runner = Runner(
        probe, keeper, clock, config.grace, CheckerCounters(), secrets, egress, pulser.anew
    )
    return Checker(
        keeper=keeper,
        greeter=greeter,
        courier=courier,
        pulser=pulser,
        sealer=DayRollup(keeper, clock, greeter, lambda: archivist.wanted),
        archivist=archivist,
        fleet=MonitorTasks(runner, greeter),
    )


async def follow(
    service: Checker,
    folder: ConfigFolder,
    clock: Clock,
    wanted: CheckerConfig | None,
    offload: RunBlocking,
) -> None:
    """Apply a list, and the folder's whenever it changes, for ever.

    A list that cannot be read leaves the last good one in force; one that the store refuses is
    tried again.
    """
    trouble = ""
    while True:
        try:
            wanted = await offload(folder.look) or wanted
            if wanted is not None:
                await service.fleet.apply(wanted.monitors)
                service.courier.nudge()
            wanted, trouble = None, ""
        except (BadConfig, StoreError) as error:
            if str(error) != trouble:
                log.error("%s; the last good list stays in force", error)
            trouble = str(error)
        await clock.sleep_until(clock.monotonic() + LOOK_EVERY)
