"""Run the operator's loops: workers at the queue, the resync, the roll-out."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta

from allswell.central.errors import CentralError
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.registry import Reconciler
from allswell.controller.runtime.resync import AGAIN, Resync
from allswell.controller.runtime.workqueue import Workqueue
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.kube.errors import KubeConflict, KubeError
from allswell.kube.kinds import MONITOR

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
LOG_EVERY = timedelta(minutes=1)
# Deletions come in crowds: a resync that they call for waits so long for the rest of them.
URGENT_DELAY = timedelta(seconds=2)


async def work(
    queue: Workqueue[ObjectKey], reconciler: Reconciler, metrics: OperatorMetrics
) -> None:
    """Reconcile what is due, for ever."""
    while True:
        key = await queue.take()
        begun = time.perf_counter()
        result = await _reconcile(key, queue, reconciler)
        queue.done(key, failed=result != "ok")
        # What finds nothing to do never waits; watches and probes want their share of the loop.
        await asyncio.sleep(0)
        metrics.reconciles.labels(key.kind, result).inc()
        metrics.reconcile_seconds.labels(key.kind).observe(time.perf_counter() - begun)
        metrics.queue_length.set(len(queue))


async def _reconcile(key: ObjectKey, queue: Workqueue[ObjectKey], reconciler: Reconciler) -> str:
    """Reconcile one object and enqueue it again where that is asked for; return how it ended."""
    subject = (key.kind, key.namespace, key.name)
    try:
        requeue_after = await reconciler.reconcile(key)
    except KubeConflict:
        return "conflict"
    except (KubeError, CentralError) as error:
        words = "the reconcile failed and is tried again: %s kind=%s namespace=%s name=%s"
        log.warning(words, error, *subject)
        return "unavailable"
    except Exception:
        log.exception("the reconcile failed kind=%s namespace=%s name=%s", *subject)
        return "error"
    if requeue_after is not None:
        queue.add(key, requeue_after)
    return "ok"


async def run_resync(resync: Resync, metrics: OperatorMetrics, urgent: asyncio.Event) -> None:
    """Resync now and then, for ever; sooner when that is urgent."""
    while True:
        urgent.clear()
        pause = AGAIN
        try:
            pause = await resync.run()
            metrics.resyncs.labels("ok").inc()
        except KubeError as error:
            metrics.resyncs.labels("failed").inc()
            log.warning("the resync failed: %s", error)
        except Exception:
            metrics.resyncs.labels("error").inc()
            log.exception("the resync failed")
        await _wait(urgent, asyncio.get_running_loop().time() + pause / SECOND)


async def _wait(urgent: asyncio.Event, deadline: float) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await urgent.wait()
            await asyncio.sleep(URGENT_DELAY / SECOND)
    except TimeoutError:
        return


async def run_rollouts(limiter: RolloutLimiter, enqueue: Callable[[ObjectKey], None]) -> None:
    """Enqueue the checkers that may be replaced, for ever; log now and then how many wait."""
    logged, clock = -math.inf, asyncio.get_running_loop().time
    while True:
        for name in limiter.count():
            enqueue(ObjectKey(MONITOR.name, *name))
        if limiter.waiting() and clock() - logged > LOG_EVERY / SECOND:
            logged = clock()
            log.info("roll-out: %s checkers wait for a slot", limiter.waiting())
        await asyncio.sleep(1)
