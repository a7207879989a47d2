"""All monitors of one process: starts, changes and stops their loops as the list says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from allswell.checker.monitor_runtime import run_alike, runtime_of, target_of
from allswell.checker.registration import Registration
from allswell.checker.runner import Runner
from allswell.domain.spec.monitor import Monitor
from allswell.store import EnrolledMonitor

log = logging.getLogger(__name__)
AFTER_A_FAULT = 1.0


async def kept_alive(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a loop; after a fault of ours, which is logged, it begins again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s failed and begins again", name)
            await asyncio.sleep(AFTER_A_FAULT)
        else:
            return


@dataclass(slots=True)
class MonitorTasks:
    """The running monitors. The greeter holds the subjects, the fleet their tasks."""

    runner: Runner
    greeter: Registration
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def apply(self, monitors: Iterable[Monitor]) -> None:
        """Run exactly these monitors. Raises `StoreError`; what was begun then goes on."""
        wanted = {monitor.meta.name: monitor for monitor in monitors}
        for name in list(self.greeter.subjects):
            running = self.greeter.subjects[name].monitor
            if name not in wanted or not run_alike(wanted[name], running):
                await self._stop(name)
        self.runner.tally.forget(self.runner.tally.latest.keys() - wanted.keys())
        for name, monitor in wanted.items():
            if name not in self.greeter.subjects and not monitor.paused:
                await self._start(monitor)

    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """The loops of the monitors."""
        return tuple(self._tasks.values())

    async def stop(self) -> None:
        """Stop every loop; a check that is under way is given up.

        The greeter keeps the subjects: what is still to be sent needs its hello.
        """
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _start(self, monitor: Monitor) -> None:
        subject = runtime_of(monitor, await self._enroll(monitor))
        self.greeter.subjects[subject.name] = subject
        self._tasks[subject.name] = asyncio.create_task(
            kept_alive(f"the loop of {subject.name}", lambda: self.runner.run(subject))
        )

    async def _enroll(self, monitor: Monitor) -> EnrolledMonitor:
        keeper, name, target = self.runner.keeper, monitor.meta.name, target_of(monitor)
        await keeper.flush()
        return await keeper.call(lambda store: store.enroll(name, target))

    async def _stop(self, name: str) -> None:
        self.greeter.subjects.pop(name, None)
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
