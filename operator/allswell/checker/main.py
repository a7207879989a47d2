"""The composition root of `allswell checker`: the only place that reads clocks and environment."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Thread
from typing import TypeVar

from allswell.checker import assembly, settings
from allswell.checker import clock as clocks
from allswell.checker.collector_client import HttpCollectorClient
from allswell.checker.config import BadConfig, CheckerConfig, ConfigFolder
from allswell.checker.health_endpoints import HealthServer
from allswell.checker.object_store_client import HttpUploadTarget
from allswell.checker.settings import BadCheckerSettings, CheckerSettings
from allswell.probe import AddressPolicy, Prober
from allswell.store import Store, StoreBusy, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
STORE = "checker.sqlite"
STORE_THREADS = 4
AGAIN = 0.5


def main() -> int:
    """Run a checker until it is told to stop; 2 for bad settings, 1 when it cannot run."""
    logging.basicConfig(
        level=os.environ.get("ALLSWELL_LOG_LEVEL", "INFO").upper(),
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        found = settings.read(os.environ)
        folder = ConfigFolder(found.config)
        config = folder.look() or CheckerConfig()
    except (BadCheckerSettings, BadConfig) as error:
        log.error("%s", error)
        return 2
    try:
        store = opened(found)
    except StoreError as error:
        log.error("%s", error)
        return 1
    if store.set_aside is not None:
        log.error("the file could not be read; it is kept as %s, a new one begins", store.set_aside)
    try:
        return asyncio.run(run(found, folder, config, store))
    except OSError as error:
        log.error("the checker cannot run: %s", error)
        return 1
    finally:
        store.close()


def opened(found: CheckerSettings) -> Store:
    """The file; an earlier checker may take a while to let go of it. Raises `StoreError`.

    Where a pod was deleted by force, its successor begins while it ends.
    """
    until = time.monotonic() + found.patience
    while True:
        try:
            return Store.open(found.data / STORE, now=datetime.now(UTC))
        except StoreBusy:
            if time.monotonic() >= until:
                raise
            time.sleep(AGAIN)


async def run(
    found: CheckerSettings, folder: ConfigFolder, config: CheckerConfig, store: Store
) -> int:
    """Run until SIGTERM or SIGINT, or the end of standard input where that was asked for; 0 then.

    1 when the store is broken: it is for whoever has started us to start us again.
    """
    stop = stopping(watch_stdin=found.stop_with_stdin)
    threads = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
    loop = asyncio.get_running_loop()
    clock = clocks.real()
    line = HttpCollectorClient(found.collector, found.token_file, found.ca_file)

    depot = HttpUploadTarget(found.archive_ca_file)

    def offload(act: Callable[[], T]) -> Awaitable[T]:
        return loop.run_in_executor(threads, act)

    running = assembly.assembled(
        store=store,
        probe=Prober(policy(config), extra_ca_file=found.extra_ca_file),
        line=line,
        depot=depot,
        clock=clock,
        offload=offload,
        config=config,
        secrets=lambda: folder.secrets,
    )
    running.start()
    following = asyncio.create_task(assembly.follow(running, folder, clock, config, offload))
    status = HealthServer(
        found.host, found.port, lambda path: page(running, path), is_open=found.metrics_open
    )
    log.info("checking %s monitors; status on port %s", len(config.monitors), status.port)
    await either(stop, running.keeper.broken)
    following.cancel()
    await running.stop()
    status.close()
    line.close()
    depot.close()
    threads.shutdown()
    return 0 if stop.is_set() else 1


def policy(config: CheckerConfig) -> AddressPolicy:
    """Which addresses the installation lets its monitors' checks dial."""
    return AddressPolicy(
        allow_loopback=config.allow_loopback,
        allow_private=config.allow_private,
        denied=config.denied,
    )


async def either(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def page(running: assembly.Checker, path: str) -> str | None:
    """What `/healthz` and `/metrics` answer."""
    if path == "/healthz":
        return "ok\n"
    return running.metrics() if path == "/metrics" else None


def stopping(*, watch_stdin: bool) -> asyncio.Event:
    """An event that is set when the process is told to stop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def wait_for_parent() -> None:
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    if watch_stdin:
        Thread(target=wait_for_parent, name="parent", daemon=True).start()
    return stop
