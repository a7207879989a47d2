"""Assemble the checker from its parts; start it, keep it running, stop it cleanly."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from allswell.checker import metrics
from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.batch_writer import BatchWriter, RunBlocking
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient
from allswell.checker.config import CheckerConfig, ConfigFolder
from allswell.checker.day_rollup import DayRollup
from allswell.checker.errors import BadConfig
from allswell.checker.heartbeat import HeartbeatSender
from allswell.checker.metrics import CheckerCounters
from allswell.checker.monitor_tasks import MonitorTasks, supervise
from allswell.checker.object_store_client import HttpUploadTarget, UploadTarget
from allswell.checker.outbox_sender import OutboxSender
from allswell.checker.reference_targets import Egress, ReferenceProbe
from allswell.checker.registration import Registration
from allswell.checker.runner import Probe, Runner
from allswell.domain import instant
from allswell.domain.spec.http import SecretKey
from allswell.store import Store, StoreCounts, StoreError

log = logging.getLogger(__name__)
CONFIG_INTERVAL = 1.0
STOP_TIMEOUT = 5.0
WRITER = "batch writer"
SENDERS = ("outbox sender", "heartbeat", "day roll-up", "archive uploader")


class CheckerProber(Probe, ReferenceProbe, Protocol):
    """Carries out checks, and probes reference targets."""


@dataclass(slots=True)
class Checker:
    """Everything that runs in one checker process."""

    writer: BatchWriter
    registration: Registration
    outbox_sender: OutboxSender
    heartbeat: HeartbeatSender
    day_rollup: DayRollup
    archive_uploader: ArchiveUploader
    monitor_tasks: MonitorTasks
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def start(self) -> None:
        """Start the loops that serve all monitors."""
        loops = (
            self.writer.run,
            self.outbox_sender.run,
            self.heartbeat.run,
            self.day_rollup.run,
            self.archive_uploader.run,
        )
        for name, loop in zip((WRITER, *SENDERS), loops, strict=True):
            self._tasks[name] = asyncio.create_task(supervise(name, loop))

    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """Return the tasks that serve all monitors."""
        return tuple(self._tasks.values())

    async def stop(self) -> None:
        """Stop cleanly; bounded in time.

        1. Stop checking.
        2. Write the pending results.
        3. Stop every loop but the writer's.
        4. Send what is in the outbox.
        5. Stop the writer.
        """
        await self.monitor_tasks.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await self.writer.flush()
        await self._cancel(*SENDERS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await self.outbox_sender.send_all()
        await self._cancel(WRITER)

    async def _cancel(self, *names: str) -> None:
        tasks = [self._tasks.pop(name) for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def metrics(self) -> str:
        """Return the metrics as Prometheus text."""
        gauges: dict[str, float] = {
            "allswell_checker_monitors": len(self.registration.runtimes),
            "allswell_checker_samples_shed": self.writer.shed,
            "allswell_checker_samples_dropped": self.writer.dropped,
            "allswell_checker_pressed": 1 if self.writer.pressed else 0,
            "allswell_checker_trouble": 1 if self.writer.last_error else 0,
            "allswell_archive_configured": 1 if self.archive_uploader.configured else 0,
            "allswell_archive_failures": self.archive_uploader.failed,
            "allswell_archive_days": self.archive_uploader.archived,
        }
        if self.day_rollup.counts is not None:
            gauges |= _store_gauges(self.day_rollup.counts)
        return metrics.exposition(self.monitor_tasks.runner.counters, gauges)


def _store_gauges(counts: StoreCounts) -> dict[str, float]:
    return {
        "allswell_store_samples": counts.samples,
        "allswell_store_bytes": counts.size,
        "allswell_store_free_bytes": counts.free,
        "allswell_store_raw_lost": counts.raw_lost,
        "allswell_outbox_undelivered": counts.undelivered,
        "allswell_outbox_dead": counts.dead,
        "allswell_archive_backlog_days": counts.unarchived,
        "allswell_archive_oldest_timestamp_seconds": _timestamp(counts.oldest),
    }


def _timestamp(day: date | None) -> float:
    """Return when a day began, Unix time; 0 for none."""
    return 0.0 if day is None else instant.day_start(day).timestamp()


def assemble(
    *,
    store: Store,
    probe: CheckerProber,
    collector: CollectorClient,
    clock: Clock,
    run_blocking: RunBlocking,
    config: CheckerConfig,
    secrets: Callable[[], Mapping[SecretKey, str]] = dict,
    upload_target: UploadTarget | None = None,
) -> Checker:
    """Wire the parts; nothing runs yet. `config` gives the rules, not yet the monitors."""
    writer = BatchWriter(store, run_blocking)
    registration = Registration(writer, collector)
    sender = OutboxSender(
        writer, collector, clock, registration.register, lambda name: registration.require([name])
    )
    uploader = ArchiveUploader(
        writer, collector, clock, registration, upload_target or HttpUploadTarget()
    )
    heartbeat = HeartbeatSender(
        writer=writer,
        collector=collector,
        clock=clock,
        registration=registration,
        wake_sender=sender.wake,
        archive_uploader=uploader,
        interval=config.beat_every.total_seconds(),
    )
    runner = Runner(
        probe=probe,
        writer=writer,
        clock=clock,
        grace=config.grace,
        counters=CheckerCounters(),
        secrets=secrets,
        egress_works=_egress(probe, config, clock),
        on_observation_begun=heartbeat.send_soon,
    )
    return Checker(
        writer=writer,
        registration=registration,
        outbox_sender=sender,
        heartbeat=heartbeat,
        day_rollup=DayRollup(writer, clock, registration, lambda: uploader.configured),
        archive_uploader=uploader,
        monitor_tasks=MonitorTasks(runner, registration),
    )


def _egress(probe: ReferenceProbe, config: CheckerConfig, clock: Clock) -> Egress | None:
    return Egress(probe, config.references, clock.monotonic) if config.references else None


async def follow_config(
    checker: Checker,
    folder: ConfigFolder,
    clock: Clock,
    config: CheckerConfig | None,
    run_blocking: RunBlocking,
) -> None:
    """Apply a list, and the folder's whenever it changes, for ever.

    A list that cannot be read leaves the last good one in force; one that the store refuses is
    tried again.
    """
    last_error = ""
    while True:
        try:
            config = await run_blocking(folder.read_changes) or config
            if config is not None:
                await checker.monitor_tasks.apply(config.monitors)
                checker.outbox_sender.wake()
            config, last_error = None, ""
        except (BadConfig, StoreError) as error:
            if str(error) != last_error:
                log.error("config: the last good list stays in force: %s", error)
            last_error = str(error)
        await clock.sleep_until(clock.monotonic() + CONFIG_INTERVAL)
