"""Run `allswell checker`: the composition root, which alone reads clocks and environment."""

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
from allswell.checker.config import CheckerConfig, ConfigFolder
from allswell.checker.errors import BadCheckerSettings, BadConfig
from allswell.checker.health_endpoints import HealthServer
from allswell.checker.object_store_client import HttpUploadTarget
from allswell.checker.settings import CheckerSettings
from allswell.probe import AddressPolicy, Prober
from allswell.store import Store, StoreBusy, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
STORE = "checker.sqlite"
STORE_THREADS = 4
RETRY_DELAY = 0.5


def main() -> int:
    """Run a checker until it is stopped; 2 for bad settings, 1 when it cannot run."""
    logging.basicConfig(
        level=os.environ.get("ALLSWELL_LOG_LEVEL", "INFO").upper(),
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        checker_settings = settings.read(os.environ)
        folder = ConfigFolder(checker_settings.config)
        config = folder.read_changes() or CheckerConfig()
    except (BadCheckerSettings, BadConfig) as error:
        log.error("%s", error)
        return 2
    try:
        store = open_store(checker_settings)
    except StoreError as error:
        log.error("%s", error)
        return 1
    if store.set_aside is not None:
        log.error("store: unreadable file set aside, starting a new one file=%s", store.set_aside)
    try:
        return asyncio.run(run(checker_settings, folder, config, store))
    except OSError as error:
        log.error("checker: cannot run: %s", error)
        return 1
    finally:
        store.close()


def open_store(checker_settings: CheckerSettings) -> Store:
    """Open the file; an earlier checker may take a while to release it. Raises `StoreError`.

    Where a pod was deleted by force, its successor begins while it ends.
    """
    deadline = time.monotonic() + checker_settings.store_patience
    while True:
        try:
            return Store.open(checker_settings.data / STORE, now=datetime.now(UTC))
        except StoreBusy:
            if time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_DELAY)


async def run(
    checker_settings: CheckerSettings, folder: ConfigFolder, config: CheckerConfig, store: Store
) -> int:
    """Run until SIGTERM or SIGINT, or the end of standard input where that is set; 0 then.

    1 when the store is broken: whoever has started the checker is to start it again.
    """
    stop = stop_event(watch_stdin=checker_settings.stop_with_stdin)
    threads = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
    loop = asyncio.get_running_loop()
    clock = clocks.real()
    collector = HttpCollectorClient(
        checker_settings.collector, checker_settings.token_file, checker_settings.ca_file
    )
    upload_target = HttpUploadTarget(checker_settings.archive_ca_file)

    def run_blocking(call: Callable[[], T]) -> Awaitable[T]:
        return loop.run_in_executor(threads, call)

    checker = assembly.assemble(
        store=store,
        probe=Prober(policy(config), extra_ca_file=checker_settings.extra_ca_file),
        collector=collector,
        upload_target=upload_target,
        clock=clock,
        run_blocking=run_blocking,
        config=config,
        secrets=lambda: folder.secrets,
    )
    checker.start()
    following = asyncio.create_task(
        assembly.follow_config(checker, folder, clock, config, run_blocking)
    )
    health = HealthServer(
        checker_settings.host,
        checker_settings.port,
        lambda path: respond(checker, path),
        is_open=checker_settings.metrics_open,
    )
    log.info("checker: started monitors=%s health_port=%s", len(config.monitors), health.port)
    await wait_for_any(stop, checker.writer.restart_needed)
    following.cancel()
    await checker.stop()
    health.close()
    collector.close()
    upload_target.close()
    threads.shutdown()
    return 0 if stop.is_set() else 1


def policy(config: CheckerConfig) -> AddressPolicy:
    """Return which addresses the installation lets its monitors' checks dial."""
    return AddressPolicy(
        allow_loopback=config.allow_loopback,
        allow_private=config.allow_private,
        denied=config.denied,
    )


async def wait_for_any(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def respond(checker: assembly.Checker, path: str) -> str | None:
    """Return what `/healthz` and `/metrics` answer; None for any other path."""
    if path == "/healthz":
        return "ok\n"
    return checker.metrics() if path == "/metrics" else None


def stop_event(*, watch_stdin: bool) -> asyncio.Event:
    """Return an event that is set when the process is asked to stop."""
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
