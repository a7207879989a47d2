"""The loops of the operator: workers at the queue, the resync, and what the centre has to tell."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.database.client import DatabaseClient
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.reconciler import Reconciler
from allswell.controller.runtime.resync import AGAIN, Resync
from allswell.controller.runtime.workqueue import Workqueue
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.kube.errors import KubeConflict, KubeError
from allswell.kube.kinds import MONITOR

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
SAY_EVERY = timedelta(minutes=1)


async def work(
    queue: Workqueue[ObjectKey], reconciler: Reconciler, meters: OperatorMetrics
) -> None:
    """Look at what is due, for ever."""
    while True:
        key = await queue.take()
        begun = time.perf_counter()
        result = "ok"
        try:
            again = await reconciler.look(key)
            if again is not None:
                queue.add(key, again)
        except KubeConflict:
            result = "conflict"
        except (KubeError, CentralError) as error:
            result = "unavailable"
            log.warning("%s %s/%s: %s", key.kind, key.namespace, key.name, error)
        except Exception:
            result = "error"
            log.exception("%s %s/%s", key.kind, key.namespace, key.name)
        queue.done(key, failed=result != "ok")
        # A look that finds nothing to do never waits; watches and probes want their turn, too.
        await asyncio.sleep(0)
        meters.reconciles.labels(key.kind, result).inc()
        meters.seconds.labels(key.kind).observe(time.perf_counter() - begun)
        meters.waiting.set(len(queue))


async def resync(looking: Resync, meters: OperatorMetrics, hurry: asyncio.Event) -> None:
    """Look at everything, now and then; sooner when somebody is in a hurry."""
    while True:
        hurry.clear()
        pause = AGAIN
        try:
            pause = await looking.run()
            meters.resyncs.labels("ok").inc()
        except KubeError as error:
            meters.resyncs.labels("failed").inc()
            log.warning("the cluster could not be seen whole: %s", error)
        except Exception:
            meters.resyncs.labels("error").inc()
            log.exception("the resync failed and goes on")
        deadline = asyncio.get_running_loop().time() + pause / SECOND
        await _until(hurry, deadline)


async def _until(hurry: asyncio.Event, deadline: float) -> None:
    """Wait for the deadline; in a hurry only a moment, for deletions come in crowds."""
    try:
        async with asyncio.timeout_at(deadline):
            await hurry.wait()
            await asyncio.sleep(AGAIN / SECOND / 5)
    except TimeoutError:
        return


async def run_rollouts(turnstile: RolloutLimiter, wake: Callable[[ObjectKey], None]) -> None:
    """Let changes of the installation through, for ever; say now and then how many wait."""
    said, clock = -math.inf, asyncio.get_running_loop().time
    while True:
        for place in turnstile.count():
            wake(ObjectKey(MONITOR.name, *place))
        if turnstile.waiting() and clock() - said > SAY_EVERY / SECOND:
            said = clock()
            words = "the installation has changed; %s checkers wait for their turn to be replaced"
            log.info(words, turnstile.waiting())
        await asyncio.sleep(1)


class LedgerChanges:
    """What has changed in the central database, gathered until it has been read."""

    def __init__(
        self,
        central: DatabaseClient,
        reconciler: Reconciler,
        wake: Callable[[ObjectKey], None],
        pages: Callable[[str], tuple[ObjectKey, ...]],
        now: Callable[[], datetime],
    ) -> None:
        self._central = central
        self._reconciler = reconciler
        self._wake = wake
        self._pages = pages
        self._now = now
        self._monitors: set[int] = set()
        self._some = asyncio.Event()

    def hear(self, monitor: int) -> None:
        """Note that a monitor's standing may have changed. Only for the operator's own loop."""
        self._monitors.add(monitor)
        self._some.set()

    async def run(self) -> None:
        """Read what has changed, and have it looked at, for ever."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._monitors:
                await self._read(self._monitors.pop())

    async def _read(self, monitor: int) -> None:
        try:
            found = await self._central.standings(self._now(), only=monitor)
        except CentralError as error:
            self._monitors.add(monitor)
            log.warning("a standing could not be read: %s", error)
            await asyncio.sleep(AGAIN / SECOND)
            return
        self._reconciler.standings |= found
        for place in found:
            self._wake(ObjectKey(MONITOR.name, *place))
            for page in self._pages(place[0]):
                self._wake(page)
