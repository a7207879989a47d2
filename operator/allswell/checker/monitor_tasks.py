"""Start, change and stop the tasks of one process's monitors as the list says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from allswell.checker.monitor_runtime import run_alike, runtime_of, target_hash
from allswell.checker.registration import Registration
from allswell.checker.runner import Runner
from allswell.domain.spec.monitor import Monitor
from allswell.store import EnrolledMonitor

log = logging.getLogger(__name__)
RESTART_DELAY = 1.0


async def supervise(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a loop, and run it again after a bug raises, which is logged."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("task failed, restarting it task=%s", name)
            await asyncio.sleep(RESTART_DELAY)
        else:
            return


@dataclass(slots=True)
class MonitorTasks:
    """The tasks of the running monitors; the registration holds their state."""

    runner: Runner
    registration: Registration
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def apply(self, monitors: Iterable[Monitor]) -> None:
        """Run exactly these monitors. Raises `StoreError`; what was started then goes on.

        1. Stop the monitors that are not in the list or have changed.
        2. Drop the counts of those that are not in the list.
        3. Start those that do not run and are not paused.
        """
        desired = {monitor.meta.name: monitor for monitor in monitors}
        for name in list(self.registration.runtimes):
            running = self.registration.runtimes[name].monitor
            if name not in desired or not run_alike(desired[name], running):
                await self._stop(name)
        self.runner.counters.forget(self.runner.counters.latest.keys() - desired.keys())
        for name, monitor in desired.items():
            if name not in self.registration.runtimes and not monitor.paused:
                await self._start(monitor)

    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """Return the tasks of the monitors."""
        return tuple(self._tasks.values())

    async def stop(self) -> None:
        """Stop every task; a check that is under way is abandoned.

        The registration keeps the monitors: what is still to be sent needs them registered.
        """
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _start(self, monitor: Monitor) -> None:
        runtime = runtime_of(monitor, await self._enroll(monitor))
        self.registration.runtimes[runtime.name] = runtime
        self._tasks[runtime.name] = asyncio.create_task(
            supervise(f"monitor {runtime.name}", lambda: self.runner.run(runtime))
        )

    async def _enroll(self, monitor: Monitor) -> EnrolledMonitor:
        writer, name, target = self.runner.writer, monitor.meta.name, target_hash(monitor)
        await writer.flush()
        return await writer.call(lambda store: store.enroll(name, target))

    async def _stop(self, name: str) -> None:
        self.registration.runtimes.pop(name, None)
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
